"""The same numbers in another order or grouping."""

from __future__ import annotations

from functools import reduce
from math import prod
from operator import mul
from typing import Annotated, Any, ClassVar

from netdsl.code.expr import (
    Attribute,
    Call,
    Comprehension,
    Expr,
    Literal,
    Name,
    Star,
    Tuple,
    call,
    evaluate,
    sequence,
)
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given, Layer, Window
from netdsl.layers.checked import Refused
from netdsl.layers.fields import LIMIT, Positive, is_int, is_list
from netdsl.layers.inputs import check_groups, elements_of, equal_shapes, open_size, sides_of
from netdsl.shapes import Dim, Open, Shape, Size


class Reshaping(Layer):
    """The base of what moves numbers and changes none."""

    family: ClassVar[str] = "shape"


class Identity(Reshaping):
    """The value itself. It counts in no name and leaves nothing in the emitted code.

    Input and output: any shape.
    """

    word: ClassVar[str] = "identity"
    passes: ClassVar[bool] = True
    is_view: ClassVar[bool] = True

    def output(self, x: Shape) -> Shape:
        return x

    def module(self, a: Given) -> Call:
        return call("nn.Identity")

    def function(self, a: Given, *x: Expr) -> Expr:
        return x[0]


# --------------------------------------------------------------------------------- the same numbers
class Flatten(Reshaping):
    """All numbers of the value in one row: channel by channel, each of them row by row.

    Input: C x H x W, or any shape. Output: C * H * W.
    """

    word: ClassVar[str] = "flatten"
    joins: ClassVar[str] = "flatten"
    is_view: ClassVar[bool] = True

    def output(self, x: Shape) -> Shape:
        return Shape(elements_of(x, self.word))

    def out_channels(self, a: Given) -> Expr:
        return a.elements

    def module(self, a: Given) -> Call:
        return call("nn.Flatten")

    def function(self, a: Given, *x: Expr) -> Expr:
        return call(Attribute(x[0], "flatten"), 1)


def _target(value: Any) -> tuple[int | None, ...]:
    """A size in which one side may be `?`, or a list in which one entry may be -1."""
    if is_list(value) and value and all(is_int(v) for v in value):
        value = tuple(None if v == -1 else v for v in value)
    sides = value if isinstance(value, tuple) else (None, "")
    if not all(side is None or is_int(side) for side in sides):  # as `in.height` of an open input
        raise Refused("a size like 64x7x7, or a list of whole numbers")
    if value.count(None) > 1:
        raise Refused("a size with at most one open side")
    if any(side is not None and not 1 <= side < LIMIT for side in value):
        raise Refused("a size whose sides are at least 1")
    return value


def volume(x: Shape) -> Dim | None:
    """All numbers of a value; None if two of its sides are open: their product is no formula."""
    open_sides = [d for d in x if isinstance(d, Open)]
    known = prod(d for d in x if isinstance(d, int))
    if len(open_sides) > 1:
        return None
    return open_sides[0] * known if open_sides else known


class Reshape(Reshaping):
    """The same numbers in the same order, in another shape, channels first.

    One side may be left open: `?` in a size (`64x?`), -1 in a list. It gets what is left.
    Input: any shape. Output: `shape`.
    """

    word: ClassVar[str] = "reshape"
    positional: ClassVar[int] = 1
    is_view: ClassVar[bool] = True

    shape: Annotated[Any, _target]

    def output(self, x: Shape) -> Shape:
        numbers = volume(x)
        if numbers is None:
            raise open_size(self.word, x, "only one side of its input may be open")
        known = prod(side for side in self.shape if side is not None)
        rest = numbers // known
        fits = rest * known == numbers and rest != 0 and (None in self.shape or rest == 1)
        if not fits:
            several = "a multiple of " if None in self.shape else ""
            raise Mistake(
                "E219",
                f"`reshape` cannot turn {x.said}, which holds {numbers} numbers, into {Size(self.shape)}",
                hint=f"{Size(self.shape)} needs {several}{known} numbers",
            )
        if self.shape[0] is None and isinstance(rest, Open):
            raise open_size(self.word, x, "the channels of its output cannot be open")
        return Shape(*(rest if side is None else side for side in self.shape))

    def doubt(self, x: Shape) -> tuple[str, str] | None:
        given = self.output(x)
        if self.shape[0] is not None or given[0] != 1 or len(self.shape) == 1:
            return None
        said = f"the -1 is the number of channels, and 1 is left for it: this gives {given.said}"
        sides = ", ".join(map(str, self.shape[1:]))
        return said, f"the batch is not counted: `reshape([{sides}])`"

    def _entries(self, a: Given) -> list[Expr]:
        """The sides of the target; -1 is the open one."""
        entries = a.entries("shape", self.shape, len(self.shape))
        return [Literal(-1) if side is None else e for side, e in zip(self.shape, entries)]

    def out_channels(self, a: Given) -> Expr:
        entries = self._entries(a)
        if self.shape[0] is None:  # what the others leave
            rest = a.elements // reduce(mul, entries[1:], Literal(1))
            return rest if rest.names else Literal(evaluate(rest, {}))
        return entries[0]

    def module(self, a: Given) -> Call:
        if len(self.shape) == 1:
            return call("nn.Flatten")
        if a.dims == 0:
            return call("nn.Unflatten", 1, sequence(self._entries(a)))
        return call("Reshape", *self._entries(a))

    def function(self, a: Given, *x: Expr) -> Expr:
        flat = x[0] if a.dims == 0 else call(Attribute(x[0], "flatten"), 1)
        if len(self.shape) == 1:
            return flat
        return call(Attribute(flat, "unflatten"), 1, sequence(self._entries(a)))

    def label(self) -> str:
        return f"reshape, {Size(self.shape)}"


def _order(value: Any) -> tuple[int, ...]:
    if is_list(value) and value and all(is_int(v) and v >= 0 for v in value):
        return tuple(value)
    raise Refused("a list of whole numbers, from 0 for the channels")


class Permute(Reshaping):
    """The dimensions in another order; 0 are the channels, the sides follow.

    Input: C x H x W, or any shape. Output with [1, 2, 0]: H x W x C.
    """

    word: ClassVar[str] = "permute"
    positional: ClassVar[int] = 1
    is_view: ClassVar[bool] = True

    order: Annotated[Any, _order]

    def output(self, x: Shape) -> Shape:
        if sorted(self.order) != list(range(len(x))):
            hint = f"each of {', '.join(str(i) for i in range(len(x)))} must stand there once"
            if sorted(self.order) == list(range(len(x) + 1)) and self.order[0] == 0:
                order = ", ".join(str(i - 1) for i in self.order[1:])
                hint = f"the batch is not counted: `permute([{order}])`"
            raise Mistake(
                "E220",
                f"`permute` cannot order the {len(x)} dimensions of {x.said} as {list(self.order)}",
                hint=hint,
            )
        if isinstance(x[self.order[0]], Open):
            raise open_size(self.word, x, "the channels of its output cannot be open")
        return Shape(*(x[i] for i in self.order))

    def out_channels(self, a: Given) -> Expr:
        first = self.order[0]
        return a.in_channels if first == 0 else a.sides[first - 1]  # open sides are not asked for

    def _dimensions(self, a: Given) -> list[Expr]:
        """PyTorch's numbers: the batch comes first."""
        if isinstance(a.order, (Literal, Tuple)):
            return [
                Literal(0),
                *(entry + 1 for entry in a.entries("order", self.order, len(self.order))),
            ]
        return [Literal(0), Star(Comprehension(Name("d") + 1, ("d",), a.order))]

    def module(self, a: Given) -> Call:
        return call("Permute", *self._dimensions(a))

    def function(self, a: Given, *x: Expr) -> Expr:
        return call(Attribute(x[0], "permute"), *self._dimensions(a))


# --------------------------------------------------------------------- between channels and places
class ChannelShuffle(Reshaping):
    """Channels dealt out anew: the first of every group, the second of every group, ...

    Input and output: C x H x W (or C x L, C x D x H x W). Source: Zhang et al., ShuffleNet, 2017,
    3.1.
    """

    word: ClassVar[str] = "channel_shuffle"
    positional: ClassVar[int] = 1

    groups: Positive

    def output(self, x: Shape) -> Shape:
        sides_of(x, self.word)
        check_groups(self.word, self.groups, input=x.channels)
        return x

    def module(self, a: Given) -> Call:
        return call("nn.ChannelShuffle", a.groups)

    def function(self, a: Given, *x: Expr) -> Expr:
        return call("F.channel_shuffle", *x, a.groups)

    def label(self) -> str:
        return f"channel shuffle, g{self.groups}"


class PixelShuffle(Reshaping):
    """Channels laid out as places: factor * factor channels become one that is larger.

    Input: C x H x W. Output: C / factor^2 x factor * H x factor * W. Source: Shi et al., 2016.
    """

    word: ClassVar[str] = "pixel_shuffle"
    positional: ClassVar[int] = 1

    factor: Positive

    def output(self, x: Shape) -> Shape:
        sides_of(x, self.word, (2,))
        channels, rest = divmod(x.channels, self.factor**2)
        if rest:
            raise Mistake(
                "E223",
                f"`pixel_shuffle({self.factor})` needs channels in multiples of "
                f"{self.factor**2}, but gets {x}",
                hint=f"a `conv({(channels + 1) * self.factor**2}, ...)` before it would fit",
            )
        return Shape(channels, *(side * self.factor for side in x.sides))

    def out_channels(self, a: Given) -> Expr:
        return a.in_channels // a.factor**2

    def module(self, a: Given) -> Call:
        return call("nn.PixelShuffle", a.factor)

    def function(self, a: Given, *x: Expr) -> Expr:
        return call("F.pixel_shuffle", *x, a.factor)

    def label(self) -> str:
        return f"pixel shuffle, x{self.factor}"

    def look(self) -> str:
        return "up"


class SpaceToDepth(Reshaping):
    """Places laid out as channels: squares of factor * factor places become one, the reverse of
    pixel_shuffle.

    Input: C x H x W. Output: C * factor^2 x H / factor x W / factor. Source: YOLOv2's "reorg", 2016
    (which orders the channels otherwise); YOLOv5's focus.
    """

    word: ClassVar[str] = "space_to_depth"
    positional: ClassVar[int] = 1

    factor: Positive

    def output(self, x: Shape) -> Shape:
        sides_of(x, self.word, (2,))
        if self._multiple(x) is None:
            raise Mistake(
                "E223",
                f"`space_to_depth({self.factor})` needs sides in multiples of {self.factor}, "
                f"but gets {x}",
                hint="`pad` before it, or let the layers above give sides that can be divided",
            )
        sides = (side // self.factor for side in x.sides)
        return Shape(x.channels * self.factor**2, *sides)

    def _multiple(self, x: Shape) -> int | None:
        """What open sizes must be multiples of so that the squares fill the map; None if never."""
        return equal_shapes(x.sides, [side // self.factor * self.factor for side in x.sides])

    def condition(self, *xs: Shape) -> int:
        return self._multiple(xs[0]) or 1

    def window(self, x: Shape) -> Window:
        return Window((self.factor,) * 2, (self.factor,) * 2, (0, 0))

    def out_channels(self, a: Given) -> Expr:
        return a.factor**2 * a.in_channels

    def module(self, a: Given) -> Call:
        return call("nn.PixelUnshuffle", a.factor)

    def function(self, a: Given, *x: Expr) -> Expr:
        return call("F.pixel_unshuffle", *x, a.factor)

    def label(self) -> str:
        return f"space to depth, /{self.factor}"

    def look(self) -> str:
        return "pool"
