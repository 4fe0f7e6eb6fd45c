"""What `netdsl layers` tells about heads and the steps that stand in them."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from netdsl.compiler import Compilation
from netdsl.heads.kinds import KINDS, Kind
from netdsl.heads.predictors import PREDICTORS, Predictor
from netdsl.heads.regions import REGIONS, Region
from netdsl.layers import WORDS
from netdsl.layers.arguments import source_text
from netdsl.reference import describe_layer, list_layers, words
from netdsl.source import Source

IN_HEADS: dict[str, Any] = {**PREDICTORS, **REGIONS}

# The smallest net with each head: what the reference shows is read back into its places.
MAP = "net N {\n  input image: 3x64x64\n  map: conv(16, 3x3, stride=4, padding=1)\n"
HEADS = {
    "ssd": "head ssd(ARGUMENTS) { | @map -> multibox(min=5, max=9) }",
    "yolo": "head yolo(ARGUMENTS) { | @map -> conv(25, 1x1) -> boxes(anchors=[9x9]) }",
    "rpn": (
        "head rpn(ARGUMENTS) { anchors(sizes=[9]) }\n"
        "  head rcnn(features=@map, classes=20) { roi_align(4x4) -> flatten }"
    ),
    "rcnn": "head rcnn(ARGUMENTS) { roi_pool(4x4) -> flatten }",
    "retina": "head retina(ARGUMENTS) { anchors(sizes=[9]) }",
    "fcn": "head fcn(ARGUMENTS) { conv(20, 1x1) -> upsample(like=@image) }",
    "svm": "head svm(ARGUMENTS) { flatten }",
}
STEPS = {
    "multibox": ("head ssd(classes=20) { | @map -> STEP }", {"min": "5", "max": "9"}),
    "anchors": ("head retina(features=@map, classes=20) { STEP }", {"sizes": "[9]"}),
    "boxes": ("head yolo(classes=20) { | @map -> conv(25, 1x1) -> STEP }", {"anchors": "[9x9]"}),
    "cells": (
        "head yolo(classes=20) { | @map -> flatten -> linear(270) -> STEP }",
        {"grid": "3x3"},
    ),
    "roi_align": (
        "head rcnn(features=@map, classes=20) { STEP -> flatten }",
        {"output_size": "4x4"},
    ),
    "roi_pool": (
        "head rcnn(features=@map, classes=20) { STEP -> flatten }",
        {"output_size": "4x4"},
    ),
}
GIVEN = {"classes": "20", "features": "@map"}


def shown(word: str) -> tuple[str, dict[str, str | None]]:
    """The first line of a page without its arguments, and these with their defaults."""
    page = describe_layer(word)
    assert page is not None
    first = page.splitlines()[0]
    before, _, inside = first.partition("(")
    depth, parts = 0, [""]
    for letter in inside[: inside.rindex(")")]:
        depth += letter in "([" and 1 or letter in ")]" and -1 or 0
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    found: dict[str, str | None] = {}
    for part in parts:
        name, _, default = part.strip().partition("=")
        found[name] = default or None
    return before, found


def said_about(body: str) -> list[str]:
    text = f"{MAP}  {body}\n}}\n"
    return [d.message for d in Compilation(Source("text.net", text)).check()]


def test_every_head_and_step_is_here() -> None:
    assert HEADS.keys() == KINDS.keys()
    assert STEPS.keys() == IN_HEADS.keys()
    assert {c for c in Kind.__subclasses__() if c.word} == set(KINDS.values())
    assert set(Predictor.__subclasses__()) == set(PREDICTORS.values())
    assert set(Region.__subclasses__()) == set(REGIONS.values())
    assert not (KINDS.keys() | IN_HEADS.keys()) & set(WORDS), "a word means one thing"
    assert len(words()) == len(set(words()))


@pytest.mark.parametrize("word", HEADS)
def test_defaults_of_heads_can_be_written(word: str) -> None:
    """With every argument as it is shown the text is right, so the page shows the language."""
    before, arguments = shown(word)
    assert before == f"head {word}"
    written = [f"{name}={default or GIVEN[name]}" for name, default in arguments.items()]
    assert said_about(HEADS[word].replace("ARGUMENTS", ", ".join(written))) == []
    for name, default in arguments.items():
        if default is None:
            rest = ", ".join(w for w in written if not w.startswith(f"{name}="))
            said = said_about(HEADS[word].replace("ARGUMENTS", rest))
            assert said == [f"`head {word}` needs `{name}`"]


@pytest.mark.parametrize("word", STEPS)
def test_defaults_of_steps_can_be_written(word: str) -> None:
    body, given = STEPS[word]
    before, arguments = shown(word)
    assert before == word
    written = [
        f"{name}={default or given[name]}"
        for name, default in arguments.items()
        if name not in ("scores", "offsets")
    ]
    assert said_about(body.replace("STEP", f"{word}({', '.join(written)})")) == []
    for name, default in arguments.items():
        if default is None:
            rest = ", ".join(w for w in written if not w.startswith(f"{name}="))
            (said,) = said_about(body.replace("STEP", f"{word}({rest})"))
            assert said == f"`{word}` needs `{name}`"


@pytest.mark.parametrize("word", [*KINDS, *IN_HEADS])
def test_a_page(word: str) -> None:
    kind: Any = KINDS.get(word) or IN_HEADS[word]
    page = describe_layer(word)
    assert page is not None
    doc = inspect.cleandoc(kind.__doc__ or "")
    assert all(f"  {line}".rstrip() in page for line in doc.splitlines())
    assert re.search(r"Source: [A-Z]", page), "where it comes from"
    for name, field in kind.fields.items():
        assert name in page.splitlines()[0]
        if not field.required:
            assert f"{name}={source_text(field.default)}" in page.splitlines()[0]
    assert all(len(line) < 110 for line in page.splitlines()[1:])


@pytest.mark.parametrize("word", PREDICTORS)
def test_a_page_says_where_a_step_stands(word: str) -> None:
    page = describe_layer(word)
    assert page is not None
    for head in KINDS:
        assert (f"`head {head}`" in page.splitlines()[-1]) == (head in PREDICTORS[word].heads)


def test_the_list_has_them() -> None:
    lines = list_layers().splitlines()
    heads, inside = lines.index("heads:"), lines.index("in heads:")
    assert heads < inside
    for word in KINDS:
        assert sum(line.startswith(f"  head {word}(") for line in lines[heads:inside]) == 1
    for word in IN_HEADS:
        assert sum(line.startswith(f"  {word}(") for line in lines[inside:]) == 1
    assert max(map(len, lines)) <= 96
    assert describe_layer("ssdd") is None
