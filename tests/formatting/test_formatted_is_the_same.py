"""A formatted text says what it said, and formatted again it is the same: for every text there is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from syntax_trees import tree_of
from work import growth

from netdsl.diagnostics import NetError
from netdsl.formatting import formatted
from netdsl.syntax.tables import grammar

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "random"))

ZOO = sorted((ROOT / "zoo").glob("*.net"))
OTHERS = sorted(
    path
    for folder in ("docs", "tests")
    for path in (ROOT / folder).rglob("*.net")
    if "goldens" not in path.parts or "torch" in path.parts
)
PROGRAMS = 25


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_zoo_is_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(text, path.name) == text
    assert max(map(len, text.splitlines())) <= 100


def check(text: str) -> str:
    found = formatted(text)
    assert tree_of(found) == tree_of(text)
    assert formatted(found) == found
    return found


def test_all_other_files() -> None:
    """Those with mistakes of syntax are refused, with the messages that `check` has."""
    refused = 0
    for path in OTHERS[::3]:
        text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        if tree_of(text) is None:
            with pytest.raises(NetError):
                formatted(text)
            refused += 1
        else:
            check(text)
    assert refused > 10 and len(OTHERS[::3]) - refused > 40


def test_random_programs() -> None:
    from drawing.programs import program

    for seed in range(PROGRAMS):
        text = program(Random(seed)).text
        found = check(text)
        assert formatted(squeezed(found, Random(seed))) == found
        check(spread(found, Random(seed)))


@pytest.mark.slow
def test_many_random_programs() -> None:
    from drawing.programs import program

    for seed in range(10_000, 12_000):
        text = program(Random(seed)).text
        check(spread(check(text), Random(seed)))


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """The tokens of a text, and what stands before each."""
    position = 0
    for token in grammar().lex(text):
        yield text[position : token.start_pos], str(token)
        position = token.end_pos


def squeezed(text: str, rng: Random) -> str:
    """The text with other spaces between its words."""
    found = ""
    for before, token in pieces(text):
        comment = before.strip()
        found += ("  " + comment) if comment else before and rng.choice([" ", "\t", "   "])
        found += token
    return found


def spread(text: str, rng: Random) -> str:
    """The text with line ends where they mean nothing."""
    found = ""
    depth = 0
    for before, token in pieces(text):
        if ((depth and token not in "{}") or token in ("->", "::")) and rng.random() < 0.5:
            before += "\n" + " " * rng.randrange(9)
        if token in ("(", "["):
            depth += 1
        elif token in (")", "]"):
            depth -= 1
        elif token.endswith("{") or token.startswith("}"):
            depth = depth if len(token) > 1 or depth else 0
        found += before + token
    return found if tree_of(found) is not None else text + "\n\n"


def test_spaces_make_no_difference() -> None:
    """Whatever spaces and tabs stand between words, the result is the same."""
    for path in ZOO[::4]:
        text = path.read_text(encoding="utf-8")
        assert formatted(squeezed(text, Random(1))) == text


LONG = {
    "chain": lambda n: f"block a {{\n{' -> '.join(['relu'] * (n // 9))}\n}}",
    "bodies": lambda n: f"block a {{\n{' -> '.join(['{ relu }'] * (n // 30))}\n}}",
    "clauses": lambda n: "block a { residual { a }" + " shortcut { b }" * (n // 40) + " }",
    "list": lambda n: f"let a = [{', '.join(['1'] * (n // 4))}]",
    "arguments": lambda n: f"block a {{ conv({', '.join(['a=1'] * (n // 6))}) }}",
    "bars": lambda n: "block a { concat {" + " | relu" * (n // 11) + " } }",
    "facts": lambda n: "block a { meta {" + " a: 1" * (n // 10) + " } }",
    "brackets": lambda n: f"let a = [{', '.join(['(' * 50 + '1' + ')' * 50] * (n // 210))}]",
    "shapes": lambda n: "block a {\n" + "relu :: 3\n" * (n // 70) + "}",
    "comments": lambda n: "block a {\n" + "relu # c\n" * (n // 16) + "}",
}


@pytest.mark.parametrize("kind", LONG)
def test_long_texts(kind: str) -> None:
    """Also what is no network, and never stood in a test: nothing is recursive but what is limited."""
    text = LONG[kind](8_192)
    check(text)


@pytest.mark.parametrize("kind", LONG)
def test_work_is_linear(kind: str) -> None:
    def laid_out(size: int) -> Callable[[], object]:
        text = LONG[kind](size)
        return lambda: formatted(text)

    assert growth(laid_out, 2_000) < 1.3
