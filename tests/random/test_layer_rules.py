"""The rules that the programs are written by, beside those of the compiler: both take the same layers."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from reading.layer_rules import Invalid, layer_shape

from netdsl.diagnostics import Mistake
from netdsl.layers import find
from netdsl.layers.arguments import ArgumentMistake, create
from netdsl.shapes import Shape

WINDOWS: dict[str, dict[str, Any]] = {"maxpool": {}, "avgpool": {}, "conv": {"channels": 4}}


def by_the_rules(word: str, arguments: dict[str, Any], entered: tuple[int, ...]) -> str:
    try:
        return str(tuple(layer_shape(word, arguments, entered)))
    except Invalid:
        return "refused"


def by_the_compiler(word: str, arguments: dict[str, Any], entered: tuple[int, ...]) -> str:
    layer = find(word)
    assert layer is not None
    try:
        return str(tuple(create(layer, arguments).output(Shape(*entered))))
    except (ArgumentMistake, Mistake):
        return "refused"


@pytest.mark.parametrize("word", WINDOWS)
def test_windows(word: str) -> None:
    outcomes = set()
    for kernel, stride, padding, side in product(
        (0, 1, 2, 3, 5), (None, 0, 1, 2), range(4), (1, 4, 7)
    ):
        arguments = {**WINDOWS[word], "kernel_size": kernel, "padding": padding}
        if stride is not None:
            arguments["stride"] = stride
        ours = by_the_rules(word, arguments, (2, side, side))
        assert ours == by_the_compiler(word, arguments, (2, side, side)), (arguments, side)
        outcomes.add(ours)
    assert "refused" in outcomes and len(outcomes) > 5
