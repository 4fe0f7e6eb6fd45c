"""A museum of mistakes: a wrong text and, beside it, what is said about it.

`NETDSL_ACCEPT=1 pytest tests/messages` writes what is said now; the messages are then read in the
diff. A first line `# --set width=32` (or --input, --net) is what is asked for from outside.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from netdsl.compiler import Compilation
from netdsl.diagnostics import Diagnostic, NetError, render
from netdsl.elaborate.program import read_text
from netdsl.network import parse_size
from netdsl.source import Source

MUSEUM = Path(__file__).parent / "museum"
EXHIBITS = sorted(p for p in MUSEUM.rglob("*.net") if not p.name.startswith("_"))
OPTION = re.compile(r"# --(set|input|net) (.*)")


def found_in(path: Path) -> list[Diagnostic]:
    """What is wrong with a file, called by its name."""
    text = read_text(path)
    compilation = Compilation(Source(path.name, text), path)
    option = OPTION.match(text)
    if option is None:
        return compilation.check()
    kind, value = option.groups()
    try:
        settings = dict([value.split("=", 1)]) if kind == "set" else {}
        sizes = {"": parse_size(value)} if kind == "input" else {}
        compilation.design(value if kind == "net" else None, settings, sizes)
    except NetError as error:
        return list(error.diagnostics)
    return compilation.report.diagnostics


@pytest.mark.parametrize("path", EXHIBITS, ids=[f"{p.parent.name}/{p.stem}" for p in EXHIBITS])
def test_message(path: Path) -> None:
    found = found_in(path)
    assert found, "nothing is wrong with this file"
    said = "\n\n".join(map(render, found)) + "\n"
    golden = path.with_suffix(".txt")
    if os.environ.get("NETDSL_ACCEPT"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")
    warns = path.parent.name == "warnings" or path.stem == "open_branches"
    assert {d.severity for d in found} == {"warning" if warns else "error"}
    for diagnostic in found:
        assert len(diagnostic.message) < 130
        if diagnostic.span is not None:
            source = diagnostic.span.source
            assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(source.text)


def test_every_message_has_its_mistake() -> None:
    assert {p.stem for p in MUSEUM.rglob("*.txt")} == {p.stem for p in EXHIBITS}
    assert len(EXHIBITS) > 120
