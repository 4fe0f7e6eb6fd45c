"""How the kinds of a figure look: Okabe and Ito's colours, and shapes that differ where colours may not.

Fills are a hue mixed with white, outlines the same hue darkened; text is nearly black. Colour is
never alone: the box says what it is, and pooling, upsampling and dropout have shapes of their own.
"""

from __future__ import annotations

from netdsl.record import Record

INK = "#1A1A1A"
MUTED = "#5F5F5F"
PAPER = "#FFFFFF"
PANEL = "#F3F3F3"
GREY = "#D4D4D4"  # what is frozen
PANEL_LINE = "#B4B4B4"
BAR = "#3D3D3D"
FONT = "Helvetica,Arial,Liberation Sans,Nimbus Sans,sans-serif"

ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"


class Look(Record):
    """Fill and outline, Graphviz's shape with its settings, and the style of the outline."""

    fill: str
    line: str
    shape: str = "box"
    style: str = "filled"
    extra: tuple[tuple[str, str], ...] = ()


def mix(hue: str, strength: float) -> str:
    """A hue on white."""
    parts = [int(hue[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - (255 - p) * strength):02X}" for p in parts)


def dark(hue: str) -> str:
    """A hue with black."""
    return "#" + "".join(f"{round(int(hue[i : i + 2], 16) * 0.62):02X}" for i in (1, 3, 5))


def _look(
    hue: str, strength: float, shape: str = "box", style: str = "filled", **extra: str
) -> Look:
    return Look(mix(hue, strength), dark(hue), shape, style, tuple(extra.items()))


LOOKS = {
    "conv": _look(SKY, 0.54),
    "conv1": _look(SKY, 0.20),
    "grouped": _look(BLUE, 0.42),
    "fixed": _look(SKY, 0.20, style="filled,dashed"),
    "pool": _look(VERMILION, 0.45, "polygon", sides="4", fixedsize="true"),
    "up": _look(ORANGE, 0.55, "polygon", sides="4", fixedsize="true"),
    "norm": _look(GREEN, 0.22),
    "activation": _look(GREEN, 0.12),
    "linear": _look(PURPLE, 0.56, style="rounded,filled"),
    "softmax": _look(YELLOW, 0.62, style="rounded,filled"),
    "dropout": Look(PAPER, MUTED, "box", "filled,dashed"),
    "shape": Look("#F7F7F7", MUTED),
    "extern": Look("#E8E8E8", INK, "component"),
    "stack": _look(BLUE, 0.17, "box3d"),
    "input": Look(PAPER, INK, "box", "rounded,filled"),
    "output": Look(PAPER, INK, "box", "rounded,filled"),
    "param": Look(PAPER, dark(GREEN), "hexagon"),
    "compute": Look(PAPER, INK, "box", "rounded,filled"),
}
SLANTS = {"pool": 2.0, "up": -2.0}  # narrower below, or above: in points, over the whole height
SIGNS = {
    "sum": "+",
    "difference": "\N{MINUS SIGN}",
    "product": "\N{MULTIPLICATION SIGN}",
    "quotient": "\N{DIVISION SIGN}",
    "power": "^",
}
