"""Merges: sums of channels, equal shapes, and what is said where they are not."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from layer_oracle import batch, function, layer, literal

from netdsl.code.expr import Literal, Name, rename
from netdsl.layers.base import Given
from netdsl.layers.merge import Merge, MergeMistake
from netdsl.shapes import Open, Shape

H, W = Open.symbol("H"), Open.symbol("W")
MERGES = ("concat", "add", "mul")


def merge(word: str) -> Merge:
    made = layer(word)
    assert isinstance(made, Merge)
    return made


@given(st.sampled_from(MERGES), st.integers(1, 4), st.integers(1, 3), st.booleans())
def test_as_pytorch(word: str, count: int, channels: int, flat: bool) -> None:
    made = merge(word)
    sides = () if flat else (3, 2)
    xs = [Shape(channels + i * (word == "concat"), *sides) for i in range(count)]
    values = [batch(x, seed=i) for i, x in enumerate(xs)]
    expected = values[0]
    for value in values[1:]:
        if word == "concat":
            expected = torch.cat([expected, value], dim=1)
        else:
            expected = expected + value if word == "add" else expected * value
    y = function(made, *values)
    assert torch.equal(y, expected)
    assert y.shape == (2, *made.output(*xs))
    assert made.out_channels(literal(made, *xs)) == Literal(y.shape[1])
    assert made.condition(*xs) == 1
    assert made.macs(xs[0], made.output(*xs)) == 0


def test_phrases() -> None:
    def said(word: str) -> list[str]:
        made = merge(word)
        a = Given({}, [Shape(3, 5)] * 3, [Name("width"), Literal(8), Literal(4)])
        function = made.function(a, Name("a"), Name("b"), Name("c"))
        assert function is not None
        return [function.text, made.out_channels(a).text]

    assert said("concat") == ["torch.cat([a, b, c], dim=1)", "width + 12"]
    assert said("add") == ["a + b + c", "width"]
    assert said("mul") == ["a * b * c", "width"]


@pytest.mark.parametrize("word", ["add", "mul"])
def test_python_takes_however_many_are_joined(word: str) -> None:
    """Its compiler goes down one level for each operator in a row, and refuses three thousand."""
    count = 3_500
    names = [Name(f"x{i}") for i in range(count)]
    a = Given({}, [Shape(3, 5)] * count, [Literal(3)] * count)
    joined = merge(word).function(a, *names)
    assert joined is not None and joined.names == {n.id for n in names}
    renamed = rename(joined, {n.id: Name("y") for n in names})
    compile(joined.text, "joined", "eval")
    assert renamed.text.count("y") == count


def mistake(word: str, *xs: Shape) -> MergeMistake:
    with pytest.raises(MergeMistake) as caught:
        merge(word).output(*xs)
    found = caught.value
    assert found.diagnostic.code == "E203"
    assert found.shapes == xs
    return found


def test_the_odd_ones_are_named() -> None:
    a, b = Shape(64, 28, 28), Shape(64, 56, 56)
    found = mistake("add", a, b)
    assert str(found) == "`add` needs equal shapes"
    assert (found.reference, found.different) == (0, (1,))
    found = mistake("add", b, a, a)
    assert (found.reference, found.different) == (1, (0,))
    found = mistake("concat", Shape(3, 7, 7), Shape(4, 8, 8), Shape(5, 7, 7), Shape(9, 6, 6))
    assert str(found) == "`concat` needs equal shapes but for the channels"
    assert (found.reference, found.different) == (0, (1, 3))


def test_open_sizes() -> None:
    x = Shape(8, H, W)
    down_and_up = Shape(8, 2 * ((H + 1) // 2), 2 * ((W + 1) // 2))
    four = Shape(8, 4 * (H // 4), W)
    assert merge("add").condition(x, x) == 1
    assert merge("add").condition(x, down_and_up) == 2
    assert merge("concat").condition(x, four, down_and_up) == 4
    assert merge("concat").output(x, four, down_and_up) == Shape(24, H, W)
    mistake("add", x, Shape(8, H, H))
    mistake("add", x, Shape(8, H, 7))
