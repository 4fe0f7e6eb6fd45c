"""Larger maps and more channels, without weights."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Annotated, Any, ClassVar
from typing import Literal as OneOf

from netdsl.code.expr import (
    Attribute,
    Call,
    Expr,
    Literal,
    Range,
    Subscript,
    call,
    given,
    sequence,
)
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given, Layer, Window
from netdsl.layers.checked import Refused
from netdsl.layers.fields import (
    LIMIT,
    Bool,
    Extent,
    Extents,
    Flowing,
    Number,
    Positive,
    at_least,
    is_int,
    is_list,
    sides_text,
)
from netdsl.layers.geometry import size_label
from netdsl.layers.inputs import MAP, open_size, sides_like, sides_of
from netdsl.shapes import Dim, Shape


class Resizing(Layer):
    """The base of what changes sizes."""

    family: ClassVar[str] = "shape"


# ----------------------------------------------------------------------------------------- upsample
def _scale(value: Any) -> Any:
    if isinstance(value, float) or is_int(value):
        if not 0 < value < LIMIT:
            raise Refused("more than 0" if value <= 0 else f"less than {LIMIT}")
        return value
    if isinstance(value, (list, tuple)):
        return at_least(1)(value)
    raise Refused("a number or a size like 2x1")


# Which numbers of sides a mode can take; those of one number interpolate between places.
MODES = {
    "nearest": MAP,
    "nearest-exact": MAP,
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
    "area": MAP,
}


class Upsample(Resizing):
    """A map made larger or smaller by interpolation: by a factor, to a size or to another's.

    Input: C x H x W (or C x L, C x D x H x W). Output: C x floor(scale * H) x floor(scale * W),
    C x size, or C and the sides of `like`.
    """

    word: ClassVar[str] = "upsample"
    positional: ClassVar[int] = 1

    scale: Annotated[Any, _scale] | None = None
    size: Extent | None = None
    like: Flowing | None = None
    mode: OneOf[
        "nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area"
    ] = "nearest"
    align_corners: Bool | None = None

    def output(self, x: Shape) -> Shape:
        dims = sides_of(x, self.word)
        self._check_mode(dims)
        targets = [n for n in ("scale", "size", "like") if getattr(self, n) is not None]
        if len(targets) != 1:
            got = " and ".join(f"`{n}`" for n in targets) or "none of them"
            raise Mistake(
                "E221",
                f"`upsample` takes one of `scale`, `size` and `like`, but gets {got}",
                hint="write `upsample(scale=2)`, `upsample(size=56x56)` or `upsample(like=@label)`",
            )
        if self.size is not None:
            return x.with_sides(self.per_side("size", dims))
        if self.like is not None:
            return x.with_sides(sides_like(self.word, x, self.like.shape))
        assert self.scale is not None
        if isinstance(self.scale, float):
            return x.with_sides(self._scaled(x, side, self.scale) for side in x.sides)
        factors = self.per_side("scale", dims)
        return x.with_sides(side * factor for side, factor in zip(x.sides, factors))

    def _check_mode(self, dims: int) -> None:
        if dims not in MODES[self.mode]:
            fitting = ", ".join(f'"{mode}"' for mode, ranks in MODES.items() if dims in ranks)
            raise Mistake(
                "E222",
                f'`mode="{self.mode}"` of `upsample` is for {sides_text(MODES[self.mode][0])}, '
                f"but the input has {dims}",
                hint=f"with {sides_text(dims)} there are {fitting}",
            )
        if self.align_corners is not None and len(MODES[self.mode]) > 1:
            raise Mistake(
                "E225",
                f'`align_corners` of `upsample` means nothing with mode="{self.mode}"',
                hint="it belongs to linear, bilinear, bicubic and trilinear; leave it away",
            )

    def _scaled(self, x: Shape, side: Dim, scale: float) -> Dim:
        """The side times a fraction, as PyTorch rounds it."""
        if isinstance(side, int):
            result = floor(side * scale)
            if result < 1:
                raise Mistake(
                    "E213",
                    f"`upsample(scale={scale:g})` leaves nothing of {x}",
                    hint="a larger scale or fewer strides above would fit",
                )
            return result
        # a power of two below the line, so nothing is rounded but the result
        exact = Fraction(scale)
        if exact.denominator > 64:
            raise open_size(self.word, x, f"{scale:g} times an open size is no whole formula")
        return side * exact.numerator // exact.denominator

    def _settings(self, a: Given) -> dict[str, Expr]:
        return given(mode=(a.mode, "nearest"), align_corners=(a.align_corners, None))

    def _target(self, a: Given) -> dict[str, Expr]:
        return {"scale_factor": a.scale} if self.scale is not None else {"size": a.size}

    def module(self, a: Given) -> Call | None:
        if self.like is not None:
            return None
        return call("nn.Upsample", **self._target(a), **self._settings(a))

    def function(self, a: Given, *x: Expr) -> Expr:
        if self.like is not None:
            value, like = x
            return call("F.interpolate", value, _sides_of(like, a.dims), **self._settings(a))
        return call("F.interpolate", *x, **self._target(a), **self._settings(a))

    def label(self) -> str:
        mode = "" if self.mode == "nearest" else f", {self.mode}"
        if self.scale is None:
            target = "" if self.size is None else f" to {size_label(self.size, self.dims)}"
            return f"upsample{target}{mode}"
        factor = f"{self.scale:g}" if isinstance(self.scale, float) else size_label(self.scale, 1)
        return f"upsample, x{factor}{mode}"

    def look(self) -> str:
        return "up"


def _sides_of(value: Expr, dims: int) -> Expr:
    """`like.shape[-2:]`."""
    return Subscript(Attribute(value, "shape"), Range(Literal(-dims), None))


# ---------------------------------------------------------------------------------------------- pad
# The longest padding that a mode can take from a side of n places; the others take any.
LONGEST = {"reflect": -1, "circular": 0}
PAD_MODULES = {
    "constant": "ZeroPad",
    "reflect": "ReflectionPad",
    "replicate": "ReplicationPad",
    "circular": "CircularPad",
}


class Pad(Resizing):
    """Places added around a map: a number for all ends, a size with one number for both ends of
    each side, or a list [top, bottom, left, right] ([left, right] of a sequence, [front, back, top,
    bottom, left, right] of a volume).

    Input: C x H x W (or C x L, C x D x H x W). Output: C x top + H + bottom x left + W + right.
    They hold `value`, or what `mode` takes from the map: "reflect", "replicate" or "circular".
    """

    word: ClassVar[str] = "pad"
    positional: ClassVar[int] = 1

    padding: Extents
    mode: OneOf["constant", "reflect", "replicate", "circular"] = "constant"
    value: Number = 0.0

    def output(self, x: Shape) -> Shape:
        dims = sides_of(x, self.word)
        ends = self._ends(dims)
        if self.mode != "constant" and self.value:
            raise Mistake(
                "E225",
                f'`value` of `pad` means nothing with mode="{self.mode}"',
                hint=f'mode="{self.mode}" takes its numbers from the map; leave `value` away',
            )
        for side, pair in zip(x.sides, ends):
            longest = side + LONGEST[self.mode] if self.mode in LONGEST else None
            if isinstance(longest, int) and max(pair) > longest:
                raise Mistake(
                    "E224",
                    f'`pad` with mode="{self.mode}" can add at most {longest} places to a side of '
                    f"{side}, not {max(pair)}",
                    hint=f'its input is {x}; mode="replicate" takes any number',
                )
        return x.with_sides(side + before + after for side, (before, after) in zip(x.sides, ends))

    def _ends(self, dims: int) -> list[tuple[int, int]]:
        """What is added before and after each side."""
        if self._lists_ends(dims):
            return [(self.padding[2 * i], self.padding[2 * i + 1]) for i in range(dims)]
        return [(p, p) for p in self.per_side("padding", dims)]

    def _lists_ends(self, dims: int) -> bool:
        return is_list(self.padding) and len(self.padding) == 2 * dims

    def _settings(self, a: Given) -> tuple[list[Expr], str, dict[str, Expr]]:
        """The ends in PyTorch's order, last side first; the mode; the value if it is not zero."""
        if self._lists_ends(a.dims):
            entries = a.entries("padding", self.padding, 2 * a.dims)
            pairs = [entries[2 * i : 2 * i + 2] for i in range(a.dims)]
        else:
            pairs = [[end, end] for end in a.entries("padding", self.padding, a.dims)]
        ends = [end for pair in reversed(pairs) for end in pair]
        return ends, self.mode, given(value=(a.value, 0.0))

    def module(self, a: Given) -> Call:
        ends, mode, value = self._settings(a)
        padding = ends[0] if len(set(ends)) == 1 else sequence(ends)
        name = "ConstantPad" if value else PAD_MODULES[mode]
        return call(f"nn.{name}{a.dims}d", padding, *value.values())

    def function(self, a: Given, *x: Expr) -> Expr:
        ends, mode, value = self._settings(a)
        return call("F.pad", *x, sequence(ends), **given(mode=(mode, "constant")), **value)

    def window(self, x: Shape) -> Window:
        ones = (1,) * len(x.sides)
        return Window(ones, ones, tuple(before for before, _ in self._ends(len(x.sides))))

    def label(self) -> str:
        mode = "" if self.mode == "constant" else f"{self.mode} "
        padding = self.padding
        ends = ", ".join(str(p) for p in padding) if is_list(padding) else str(padding)
        return f"{mode}pad {ends}"


class PadChannels(Resizing):
    """Zeros appended behind the channels, up to a number of channels: the weightless shortcut.

    Input: C x H x W, or any shape. Output: channels x H x W. Source: He et al., 2015, 3.3, option
    A.
    """

    word: ClassVar[str] = "pad_channels"
    positional: ClassVar[int] = 1

    channels: Positive

    def output(self, x: Shape) -> Shape:
        if x.channels > self.channels:
            raise Mistake(
                "E227",
                f"`pad_channels({self.channels})` gets {x.said}, which has more channels already",
                hint="`slice` takes channels away, and so does a `conv` with a 1x1 kernel",
            )
        return x.with_channels(self.channels)

    def out_channels(self, a: Given) -> Expr:
        return a.channels

    def module(self, a: Given) -> Call:
        return call("PadChannels", a.channels)

    def function(self, a: Given, *x: Expr) -> Expr:
        return call("pad_channels", *x, a.channels)

    def label(self) -> str:
        return f"zero pad, {self.channels}"
