"""What stands in a box, in three lengths: `3x3 conv, 64, /2` where there is room, `3x3, 64, /2` where colour and
legend say the kind, and two lines in the figure of one block. In a paper's words or in PyTorch's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netdsl.backends.diagram.text import clean, kind_of, layer_text
from netdsl.code.expr import Literal
from netdsl.layers.base import Given, Layer
from netdsl.shapes import Shape

VALID = "V"  # no padding, as Szegedy et al. (2016) mark it
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
        if layer.dims == 1:
            return (first, rest or "/1")
        return (word, f"{size}, {rest or '/1'}")
    return (text,)


def torch_words(layer: Layer, shapes: Sequence[Shape | None]) -> str:
    """`Conv2d(3, 64, 7, stride=2)`: the module as PyTorch constructs it; without one, the paper's words."""
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes) or not known or layer.references() or layer.family == "extern":
        return layer_text(layer)
    fields = {name: Literal(getattr(layer, name)) for name in type(layer).fields}
    call = layer.module(Given(fields, known, [Literal(shape.channels) for shape in known]))
    if call is None:
        return layer_text(layer)
    return clean(re.sub(r"\bnn\.|\bkernel_size=|, inplace=True", "", call.text))


def depthwise(text: str, layer: Layer, shapes: Sequence[Shape | None]) -> str:
    """`3x3 dw conv, 960` for a convolution with a group for every channel."""
    groups = getattr(layer, "groups", 1)
    if groups == 1 or not shapes or shapes[0] is None or shapes[0].channels != groups:
        return text
    return re.sub(r"\bconv", "dw conv", text, count=1).replace(f", g{groups}", "")


def unpadded(layer: Layer, shapes: Sequence[Shape | None]) -> bool:
    """Whether a window that overlaps itself stays inside of the map, so that the borders are lost."""
    if layer.family not in ("convolution", "pooling") or not shapes or shapes[0] is None:
        return False
    window = layer.window(shapes[0]) if shapes[0].sides else None
    if window is None or any(window.padding):
        return False
    return any(kernel > stride for kernel, stride in zip(window.kernel, window.stride))


class Words:
    """The texts of layers in the words of papers, or of PyTorch."""

    def __init__(self, language: str) -> None:
        self.torch = language == "torch"

    def long(self, layer: Layer, shapes: Sequence[Shape | None]) -> str:
        return torch_words(layer, shapes) if self.torch else depthwise(long(layer), layer, shapes)

    def short(self, layer: Layer, shapes: Sequence[Shape | None]) -> str:
        if not self.torch:
            return depthwise(short(layer), layer, shapes)
        return re.sub(r"(, \w+=\w+)+\)$", ")", torch_words(layer, shapes))

    def cell(self, layer: Layer, shapes: Sequence[Shape | None]) -> tuple[str, ...]:
        if not self.torch:
            *before, last = (depthwise(line, layer, shapes) for line in cell(layer))
            return (*before, f"{last} {VALID}" if unpadded(layer, shapes) else last)
        name, bracket, rest = torch_words(layer, shapes).partition("(")
        return (name, rest.removesuffix(")")) if bracket and rest != ")" else (name,)
