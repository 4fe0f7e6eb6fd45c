"""The words of a figure: what stands in a box, and of which kind it is."""

from __future__ import annotations

import re

from netdsl.escaping.letters import plain
from netdsl.layers.base import Layer
from netdsl.shapes import Dim, Open, Shape

TIMES = "\N{MULTIPLICATION SIGN}"
MOST_LETTERS = 48  # of one line; a network can call things anything

# `3x3` and `x2`, but not the x of a name
_SIZE = re.compile(r"(?<=[0-9?)])x(?=[0-9A-Z?(])|(?<![A-Za-z0-9_])x(?=[0-9])")
_PART = re.compile(r"(?:ceil|floor)\(([A-Z]/\d+)\)")
_SCALED = re.compile(rf"{TIMES}H/(\d+){TIMES}W/\1$")
_FAMILIES = {
    "pooling": "pool",
    "normalization": "norm",
    "activation": "activation",
    "linear": "linear",
    "dropout": "dropout",
    "extern": "extern",
}


def clean(text: str, most: int = MOST_LETTERS) -> str:
    """A text on one line: nothing that moves a cursor, turns a line around or is no character."""
    shown = plain(text)
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


LONGEST_SIDE = 12  # characters of a formula


def shape_text(shape: Shape | None) -> str:
    """`64x56x56` with the sign of multiplication; of open sides `H/16`, rounded or not, and about that where
    the formula is long."""
    if shape is None:
        return ""
    return TIMES.join(map(_side_text, shape))


def _side_text(side: Dim) -> str:
    text = _PART.sub(r"\1", str(Shape(side)))
    if len(text) <= LONGEST_SIDE or not isinstance(side, Open) or len(side.symbols) != 1:
        return text
    (symbol,) = side.symbols
    far = 2**24
    many = side.at({symbol: far})
    assert isinstance(many, int)
    return f"≈{symbol}/{round(far / many)}" if 0 < many < far else text


def short_text(shape: str) -> str:
    """`512, 1/16` for `512xH/16xW/16`: there is not much room beside a line."""
    return _SCALED.sub(r", 1/\1", shape)


def layer_text(layer: Layer) -> str:
    """A layer in a paper's words: `3x3 conv, 64, /2`."""
    label = layer.label()
    return clean(label if layer.family == "extern" else _SIZE.sub(TIMES, label))


def kind_of(layer: Layer) -> str:
    """The kind of box that a layer is drawn as."""
    return layer.look() or _FAMILIES.get(layer.family, "shape")


def part_of(layer: Layer) -> str | None:
    """What a layer is when it stands in the box of the one before it; None if it does not.

    "norm", "activation" or "flatten": a box has each at most once.
    """
    return layer.joins or None


def takes(first: Layer, part: str) -> bool:
    """Whether a box that begins with `first` takes such a part."""
    if part == "flatten":
        return first.family in ("convolution", "linear", "pooling", "normalization", "activation")
    if first.family in ("convolution", "linear") or (first.family == "pooling" and first.weighted):
        return True
    return part == "activation" and part_of(first) == "norm"


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 layer`, `12 layers`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def large(number: int) -> str:
    """`6,998,552` as `7.0 M`, for captions."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return str(number)
