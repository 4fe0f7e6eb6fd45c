"""Texts of awful layout, and what becomes of them. NETDSL_WRITE_GOLDENS=1 writes that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from syntax_trees import tree_of

from netdsl.formatting import formatted

GOLDENS = sorted(Path(__file__).with_name("goldens").glob("*.net"))


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_golden(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    wanted = path.with_suffix(".formatted")
    found = formatted(text, path.name)
    if os.environ.get("NETDSL_WRITE_GOLDENS"):
        wanted.write_text(found, encoding="utf-8")
    assert found == wanted.read_text(encoding="utf-8")
    assert formatted(found) == found
    assert tree_of(found) == tree_of(text) is not None


def test_no_line_is_too_long_that_can_be_broken() -> None:
    text = Path(__file__).with_name("goldens").joinpath("long_lines.formatted").read_text()
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ""),
        ("\n\n\n", ""),
        ("# only a comment", "# only a comment\n"),
        ("\ufefflet a = 1", "let a = 1\n"),
        ("let a = 1\r\n\r\n\r\nlet b = 2\r\n", "let a = 1\n\nlet b = 2\n"),
        ("let a = 1 # x\rlet b = 2", "let a = 1   # x\nlet b = 2\n"),
        ('"""Doc."""\nlet a = 1\n', '"""Doc."""\n\nlet a = 1\n'),
        ('"""Two\n   lines."""   \n\n\n\nlet a = 1', '"""Two\n   lines."""\n\nlet a = 1\n'),
        ('"""Two  \nlines."""  # c', '"""Two  \nlines."""   # c\n'),
        ("let a = [\n1,\n2,\n]", "let a = [1, 2]\n"),
        ("let a = [\n]", "let a = []\n"),
        ("let a = f(\n)", "let a = f()\n"),
        ("let a = (\n((1))\n)", "let a = (((1)))\n"),
        ("let a = -1 - -2", "let a = -1 - -2\n"),
        ("block a { x: relu\n(@x+@x) }", "block a {\n  x: relu\n  (@x + @x)\n}\n"),
        ("block a { layer{ i }x{ j }_y :relu }", "block a { layer{i}x{j}_y: relu }\n"),
    ],
)
def test_small_texts(text: str, wanted: str) -> None:
    assert formatted(text) == wanted
    assert formatted(wanted) == wanted


def test_what_fits_on_a_line_only_there() -> None:
    """A line of 100 columns stays whole, one of 101 does not."""
    call = "conv(64, 3x3, padding=1)"
    for more in (0, 1):
        chain = f"{call} -> {'x' * (100 - 2 - 2 * len(call) - 8 + more)} -> {call}"
        text = f"block a {{\n{chain}\n}}"
        lines = formatted(text).splitlines()
        assert len(lines) == 3 + more
        assert max(map(len, lines)) <= 100


def test_shapes_that_have_no_room_stand_below() -> None:
    step = "unit(" + ", ".join(["1000"] * 14) + ")"
    found = formatted(f"block a {{\n{step} :: 1024x1024x1024\nrelu :: 1x1x1\n}}")
    assert found == (
        f"block a {{\n  {step}\n{' ' * 64}:: 1024x1024x1024\n  relu{' ' * 58}:: 1x1x1\n}}\n"
    )
    assert formatted(found) == found
