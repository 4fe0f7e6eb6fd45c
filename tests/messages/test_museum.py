"""A museum of mistakes: a wrong text and, beside it, what is said about it.

`NETDSL_ACCEPT=1 pytest tests/messages` writes what is said now; the messages are then read in the
diff. A first line `# --set width=32` (or --input, --net) is what is asked for from outside.
"""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import Any

import pytest
from verdicts import said_about

from netdsl.diagnostics import Diagnostic, render
from netdsl.reading import read_text

MUSEUM = Path(__file__).parent / "museum"
EXHIBITS = sorted(p for p in MUSEUM.rglob("*.net") if not p.name.startswith("_"))
WARN = ("open_branches", "missing_io", "unused_names")  # exhibits of other rooms
OPTION = re.compile(r"# --(set|input|net) (.*)")


def found_in(path: Path) -> list[Diagnostic]:
    """What is wrong with a file, called by its name."""
    text = read_text(path)
    option = OPTION.match(text)
    kind, value = option.groups() if option is not None else ("", "")
    return said_about(
        text,
        path,
        net=value if kind == "net" else None,
        settings=dict([value.split("=", 1)]) if kind == "set" else None,
        size=value if kind == "input" else None,
    )


@pytest.mark.parametrize("path", EXHIBITS, ids=[f"{p.parent.name}/{p.stem}" for p in EXHIBITS])
def test_message(path: Path) -> None:
    found = found_in(path)
    assert found, "nothing is wrong with this file"
    said = "\n\n".join(map(render, found)) + "\n"
    golden = path.with_suffix(".txt")
    if os.environ.get("NETDSL_ACCEPT"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")
    warns = path.parent.name == "warnings" or path.stem in WARN
    assert {d.severity for d in found} == {"warning" if warns else "error"}
    for diagnostic in found:
        assert len(diagnostic.message) < 130
        if diagnostic.span is not None:
            source = diagnostic.span.source
            assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(source.text)


def test_every_message_has_its_mistake() -> None:
    assert {p.stem for p in MUSEUM.rglob("*.txt")} == {p.stem for p in EXHIBITS}
    assert len(EXHIBITS) > 350


def test_what_should_be_better_is_listed() -> None:
    room = MUSEUM / "to_improve"
    page = (room / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| (\w+) \| [^|]{20,} \|$", page, re.MULTILINE))
    assert listed == {path.stem for path in room.glob("*.net")}


# Words of the compiler's own that no reader knows.
INTERNAL = re.compile(
    r"\b(scopes?|RPAR|LPAR|RSQB|LSQB|RBRACE|LBRACE|VBAR|NoneType|Val|Tapped|Target|UNKNOWN|"
    r"missing__step|ast|tuple|dict|str|AST|pydantic|__ANON\w*|END_NAME|_NL)\b"
)


@pytest.mark.parametrize("golden", sorted(MUSEUM.rglob("*.txt")), ids=lambda p: p.stem)
def test_no_words_of_the_compiler(golden: Path) -> None:
    for line in golden.read_text(encoding="utf-8").splitlines():
        if re.match(r"\s+\d* \|", line) is None:  # what is quoted of the text
            assert INTERNAL.search(line) is None, line


def test_every_error_helps() -> None:
    """Nearly all messages say what to do; those that do not are few."""
    said = "".join(path.read_text(encoding="utf-8") for path in MUSEUM.rglob("*.txt"))
    messages = re.split(r"(?=^(?:error|warning)\[)", said, flags=re.MULTILINE)[1:]
    with_hint = [message for message in messages if "   hint: " in message]
    assert len(messages) > 500
    assert len(with_hint) / len(messages) > 0.75


def test_a_slip_in_a_loop_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing a name with all words takes a thousand times as long as running a step."""
    calls: list[str] = []
    compare = difflib.get_close_matches

    def counted(word: str, *others: Any, **named: Any) -> list[str]:
        calls.append(word)
        return compare(word, *others, **named)

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    text = "net N {\n  input x: 3x8x8\n  repeat 1000 { rleux }\n}\n"
    (found,) = said_about(text, Path("loop.net"))
    assert found.hint == "did you mean `relu`?"
    assert 1 <= len(calls) <= 4
