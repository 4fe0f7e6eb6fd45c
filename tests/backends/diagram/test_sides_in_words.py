"""A window has as many sides as the maps: `conv(64, 3)` is 3x3 on images, 3 on sequences, 3x3x3 on clips."""

from __future__ import annotations

import pytest

import netdsl

STEPS = (
    "conv(8, 3, stride=2, padding=1) -> relu -> maxpool(2) -> conv(8, 2, groups=8) -> conv_transpose(4, 2, stride=2)\n"
    "concat {\n  | conv(4, 1)\n  | identity\n}\nadaptive_avgpool(2)"
)
SAID = {
    "40": ("conv 3, 8, /2", "max pool 2, /2", "conv 2, 8, g8", "up-conv 2, 4, x2", "conv 1, 4"),
    "40x40": (
        *("3x3 conv, 8, /2", "2x2 max pool, /2", "2x2 conv, 8, g8", "2x2 up-conv, 4, x2"),
        "1x1 conv, 4",
    ),
    "40x40x40": (
        *("3x3x3 conv, 8, /2", "2x2x2 max pool, /2", "2x2x2 conv, 8, g8", "2x2x2 up-conv, 4, x2"),
        "1x1x1 conv, 4",
    ),
}
LEGENDS = {
    "40": ("conv 1", "concat, C×L"),
    "40x40": ("1×1 conv", "concat, C×H×W"),
    "40x40x40": ("1×1×1 conv", "concat, C×D×H×W"),
}


def network(sides: str) -> netdsl.Network:
    return netdsl.loads(f"net Sides {{\n  input x: 2x{sides}\n{STEPS}\n}}\n")


@pytest.mark.parametrize("sides", SAID)
def test_tables(sides: str) -> None:
    table = network(sides).table("csv")
    for text in SAID[sides]:
        assert text in table


@pytest.mark.parametrize("sides", SAID)
@pytest.mark.parametrize("kind", ["svg", "text"])
def test_figures(sides: str, kind: str) -> None:
    drawn = network(sides).diagram(kind)
    grouped = SAID[sides][2].replace("conv", "dw conv").replace(", g8", "")
    for text in (*SAID[sides][:2], grouped, SAID[sides][4]):
        assert text.replace("x", "×").replace("ma×", "max") in drawn
    if kind == "svg":
        for text in LEGENDS[sides]:
            assert f">{text}<" in drawn


def test_cells() -> None:
    """One block in two lines: what it is, and over what."""
    drawn = network("40").diagram("svg", kind="cell")
    assert ">conv 3<" in drawn and ">max pool 2<" in drawn
