"""What stands in a box, in three lengths: `3x3 conv, 64, /2` where there is room, `3x3, 64, /2` where colour and
legend say the kind, and two lines in the figure of one block."""

from __future__ import annotations

from netdsl.backends.diagram.text import kind_of, layer_text
from netdsl.layers.base import Layer

CONVOLUTIONS = ("conv", "conv1", "grouped", "fixed")


def long(layer: Layer) -> str:
    """`3x3 conv, 64, /2`; `3x3 max pool, /2`; `fc, 1000`."""
    return layer_text(layer)


def short(layer: Layer) -> str:
    """`3x3, 64, /2`; `3x3 max, /2`."""
    text, kind = layer_text(layer), kind_of(layer)
    first, comma, rest = text.partition(",")
    size, _, word = first.rpartition(" ")
    if kind in CONVOLUTIONS and word == "conv" and size:
        return f"{size}{comma}{rest}"
    if kind == "pool" and word == "pool" and size and not size.startswith(("global", "adaptive")):
        return f"{size}{comma}{rest}"
    return text


def cell(layer: Layer) -> tuple[str, ...]:
    """`3x3 conv` over `64, /2`; a pooling says its stride even if it is 1."""
    text, kind = layer_text(layer), kind_of(layer)
    first, _, rest = text.partition(", ")
    if kind in CONVOLUTIONS or kind == "linear":
        return (first, rest) if rest else (first,)
    if kind == "pool" and not first.startswith(("global", "adaptive")):
        size, _, word = first.partition(" ")
        return (word, f"{size}, {rest or '/1'}")
    return (text,)
