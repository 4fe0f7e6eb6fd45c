"""After a mistake reading goes on: every mistake is told in one run, each once, and nothing that only
follows from one.

Slips of syntax are put into a right program, one, two or many at a time. Each has a line of its own, so that
it is known on which lines something must be said.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from verdicts import said_about

from netdsl.diagnostics import Diagnostic, render

PROGRAM = """\
let classes = 10
block unit(width, stride=1) {
  conv(width, 3x3, stride=stride, padding=1, bias=false) -> bn -> relu
}
block stage(width, depth=2) {
  unit(width, stride=2)
  repeat depth { unit(width) }
}
net Small(width=16, wide=[16, 32]) {
  input image: 3x32x32
  stem: conv(width, 3x3, padding=1)
  unit(width) -> act: relu
  residual {
    conv1: conv(width, 3x3, padding=1)
    bn1: bn -> relu
  }
  concat {
    | conv(width, 1x1) -> relu
    | conv(width, 5x5, padding=2)
  }
  for i, w in enumerate(wide) {
    layer{i}: stage(w)
  }
  global_avgpool -> flatten
  fc: linear(classes)
  init { stem: kaiming(mode="fan_out") }
  meta { year: 2014  paper: "none" }
}
net Wide = Small(width=32)
"""

# What stands in the program, and what is written by mistake. Every line is another one.
SLIPS = {
    "missing let": ("let classes = 10", "classes = 10"),
    "single quotes": ("padding=1, bias=false) -> bn", "padding='same', bias=false) -> bn"),
    "unclosed bracket": ("unit(width, stride=2)", "unit(width, stride=2"),
    "closed twice": ("stem: conv(width, 3x3, padding=1)", "stem: conv(width, 3x3, padding=1))"),
    "colon for an argument": ("unit(width) -> act: relu", "unit(width: width) -> act: relu"),
    "missing arrow": ("bn1: bn -> relu", "bn1: bn relu"),
    "other arrow": ("| conv(width, 1x1) -> relu", "| conv(width, 1x1) => relu"),
    "spread size": ("5x5, padding=2", "5 x 5, padding=2"),
    "semicolon": ("layer{i}: stage(w)", "layer{i}: stage(w);"),
    "arrow at the end": ("global_avgpool -> flatten", "global_avgpool -> flatten ->"),
    "missing comma": ("conv1: conv(width, 3x3, padding=1)", "conv1: conv(width 3x3, padding=1)"),
    "comma between entries": ('year: 2014  paper: "none"', 'year: 2014, paper: "none"'),
    "list in parentheses": ("input image: 3x32x32", "input image: (3, 32, 32)"),
    "comment": ("repeat depth { unit(width) }", "repeat depth { unit(width) } // more"),
}
# Slips of names, arguments and shapes, which are found in what could be read.
WRONG = {
    "unknown argument": ("unit(width, stride=2)", "unit(width, stried=2)"),
    "unknown layer": ("global_avgpool -> flatten", "global_avgpol -> flatten"),
    "unknown name": ("fc: linear(classes)", "fc: linear(clases)"),
    "branches": ("| conv(width, 5x5, padding=2)", "| conv(width, 5x5)"),
    "unknown net": ("net Wide = Small(width=32)", "net Wide = Smal(width=32)"),
}


def with_slips(slips: list[tuple[str, str]]) -> tuple[str, set[int]]:
    """The program with slips, and the lines on which they stand."""
    text, lines = PROGRAM, set()
    for right, wrong in slips:
        assert text.count(right) == 1, right
        lines.add(text[: text.index(right)].count("\n") + 1)
        text = text.replace(right, wrong)
    return text, lines


def errors(text: str) -> list[Diagnostic]:
    return [d for d in said_about(text, Path("small.net")) if d.severity == "error"]


def lines_of(found: list[Diagnostic]) -> list[int]:
    """The line of each; a merge stands above the branch that does not fit."""
    lines = []
    for diagnostic in found:
        assert diagnostic.span is not None
        line = diagnostic.span.place[0]
        lines.append(19 if diagnostic.code == "E203" else line)
    return sorted(lines)


def test_the_program_is_right() -> None:
    assert said_about(PROGRAM, Path("small.net")) == []


@pytest.mark.parametrize("slip", [*SLIPS, *WRONG])
def test_one_mistake_gives_one_message(slip: str) -> None:
    text, lines = with_slips([{**SLIPS, **WRONG}[slip]])
    found = errors(text)
    assert lines_of(found) == sorted(lines), "\n\n".join(map(render, found))


@pytest.mark.parametrize("pair", list(combinations(SLIPS, 2)), ids=" and ".join)
def test_two_slips_give_two_messages(pair: tuple[str, str]) -> None:
    text, lines = with_slips([SLIPS[slip] for slip in pair])
    found = errors(text)
    assert lines_of(found) == sorted(lines), "\n\n".join(map(render, found))


def test_all_slips_at_once() -> None:
    text, lines = with_slips(list(SLIPS.values()))
    found = errors(text)
    assert lines_of(found) == sorted(lines), "\n\n".join(map(render, found))
    assert len(found) == len(SLIPS) > 12


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("wrong", WRONG)
def test_names_and_shapes_are_told_beside_syntax(slip: str, wrong: str) -> None:
    """What could be read is checked as if the slip were not there."""
    (right, _), (other, _) = SLIPS[slip], WRONG[wrong]
    if right in other or other in right:
        return
    if wrong == "branches" and right.startswith("input"):
        return  # without its input no shape is known
    text, lines = with_slips([SLIPS[slip], WRONG[wrong]])
    found = errors(text)
    assert lines_of(found) == sorted(lines), "\n\n".join(map(render, found))


def test_another_net_is_checked_in_full() -> None:
    text, lines = with_slips([SLIPS["missing arrow"]])
    text += "net Other {\n  input image: 3x8x8\n  conv(4, 3x3, groups=2)\n  linear(3)\n}\n"
    found = errors(text)
    assert [d.code for d in found] == ["E009", "E214", "E216"]
    assert lines_of(found)[0] in lines


def test_a_definition_that_cannot_be_read_is_known() -> None:
    """Its uses are no second mistake."""
    text = PROGRAM.replace("block unit(width, stride=1) {", "block unit(width, stride=) {")
    found = errors(text)
    assert lines_of(found) == [2], "\n\n".join(map(render, found))
