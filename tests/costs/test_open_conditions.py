"""Sizes that must be equal: proved for all, accepted under a condition that is said and asserted, or
refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sides import walked

import netdsl
from netdsl.compiler import Compilation
from netdsl.diagnostics import NetError
from netdsl.formulas import at
from netdsl.shapes import Open, ceil_div, equal_when
from netdsl.source import Source

H = Open.symbol("H")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["floor", "ceil", "times", "plus"]), st.integers(1, 4), st.integers(-4, 4)
    ),
    max_size=4,
)


@given(STEPS, STEPS)
def test_what_is_proved_is_so(a: list[tuple[str, int, int]], b: list[tuple[str, int, int]]) -> None:
    """The multiple is right, it is the smallest one, and none is missed."""
    left, right = walked(H, a), walked(H, b)
    found = equal_when(left, right)
    equal = [n for n in range(1, 2001) if at(left, {"H": n}) == at(right, {"H": n})]
    works = [m for m in range(1, 101) if set(range(m, 2001, m)) <= set(equal)]
    if found is None:
        assert not works
    else:
        assert set(range(found, 2001, found)) <= set(equal)
        assert not works or works[0] == found


@pytest.mark.parametrize(
    ("a", "b", "multiple"),
    [
        (H, H // 3 * 3, 3),  # no power of two
        (H // 2 + ceil_div(H, 2), H, 1),  # equal, though not in the same words
        (H - 4, (H - 4) // 2 * 2, 2),
        (ceil_div(ceil_div(H, 2), 3), ceil_div(H, 6), 1),
        (H, 2 * (H // 2) + 1, None),  # equal for odd sizes, which no multiple says
        (H, Open.symbol("W"), None),
        (H, 5, None),
        (H + Open.symbol("W"), H // 2 * 2 + Open.symbol("W"), 2),
    ],
)
def test_multiples(a: Any, b: Any, multiple: int | None) -> None:
    assert equal_when(a, b) == multiple


def test_several_conditions_hold_together() -> None:
    net = netdsl.loads(
        "net A { input x: 3x?x?\n"
        "concat { | conv(3, 1x1) | maxpool(2) -> upsample(2) | maxpool(3) -> upsample(3) } }"
    )
    assert [c.multiple for c in net.design.conditions] == [6]
    assert net.at("12x18").output_shape[1:] == (12, 18)
    with pytest.raises(NetError, match="multiples of 6"):
        net.at("12x16")
    assert "Multiples of 6 only: `concat`, line 2." in net.table()


CONDITIONAL = {
    "both": ("3x?x?", "add { | conv(3, 1x1) | maxpool(2) -> upsample(2) } -> relu", (2, 2)),
    "one side": ("3x?x?", "add { | conv(3, 1x1) | maxpool(1x4) -> upsample(1x4) }", (1, 4)),
    "width": ("3x8x?", "residual { maxpool(2) -> maxpool(2) -> upsample(4) }", (1, 4)),
    "unshuffle": ("3x?x?", "space_to_depth(2) -> conv(4, 3x3, padding=1)", (2, 2)),
    "three": ("3x?x?", "concat { | identity | maxpool(3) -> upsample(3) }", (3, 3)),
    "nested": ("3x?x?", "conv(4, 3x3, padding=1) -> up -> conv(2, 1x1)", (2, 2)),
}


@pytest.mark.parametrize("name", CONDITIONAL)
def test_the_emitted_code_asserts_them(name: str) -> None:
    shape, body, (tall, wide) = CONDITIONAL[name]
    text = f"block up {{ residual {{ maxpool(2) -> upsample(2) }} }}\nnet A {{ input x: {shape}\n {body} }}"
    network = netdsl.loads(text)
    module = network.module()
    fixed = network.input_shapes["x"][1]
    heights = (8,) if isinstance(fixed, int) else (12, 13, 14, 15, 16, 24)
    asserted = 0
    for height in heights:
        for width in (12, 13, 14, 15, 16, 24):
            image = torch.randn(1, 3, height, width)
            if height % tall or width % wide:
                with pytest.raises(ValueError, match="must be multiples of"):
                    module(image)
                asserted += 1
            else:
                expected = network.at(f"{height}x{width}").output_shape
                assert tuple(module(image).shape[1:]) == tuple(expected)
    assert asserted


def test_one_of_two_inputs_is_asserted() -> None:
    network = netdsl.loads(
        "net A { input a: 3x?x?\n input b: 3x?x?\n"
        "@a -> x: conv(3, 3x3, padding=1)\n"
        "@b -> add { | identity | maxpool(2) -> upsample(2) } -> y: relu\n output x, y }"
    )
    module = network.module()
    odd, even = torch.randn(1, 3, 7, 9), torch.randn(1, 3, 8, 10)
    assert module(odd, even)[1].shape == even.shape
    with pytest.raises(ValueError, match="multiples of 2"):
        module(even, odd)


def test_what_is_never_equal_is_refused() -> None:
    for body in (
        "add { | identity | conv(3, 3x3) }",
        "concat { | conv(3, 2x2) | conv(3, 3x3) }",
        "residual { conv(3, 2x2, padding=1) }",
    ):
        source = Source("a.net", f"net A {{ input x: 3x?x?\n {body} }}")
        (found,) = Compilation(source).check()
        assert found.code in ("E203", "E204") and found.hint


def test_known_sizes_have_no_conditions() -> None:
    text = "net A { input x: 3x8x8\n add { | identity | maxpool(2) -> upsample(2) } }"
    assert "raise" not in netdsl.loads(text).torch_source()
    assert "raise" in netdsl.loads(text, input="3x?x?").torch_source()
