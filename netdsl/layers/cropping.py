"""Parts of a value: rectangles of the map, some of the channels."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from netdsl.code.expr import Call, Expr, Literal, Range, Subscript, Tuple, call, given, is_literal
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given, Layer, Window
from netdsl.layers.checked import Refused
from netdsl.layers.fields import NonNegative, Positive, Value, at_least, is_int
from netdsl.layers.geometry import size_label
from netdsl.layers.inputs import sides_like, sides_of
from netdsl.shapes import Dim, Shape

EVERYTHING = Literal(Ellipsis, "...")


def _size_or_value(value: Any) -> Any:
    if isinstance(value, Value):
        return value
    if is_int(value) or isinstance(value, (list, tuple)):
        return at_least(1)(value)
    raise Refused("a whole number or a size like 3x3, or a value like `@label`")


class Cropping(Layer):
    """The base of what takes a part: the output is a view of the input."""

    family: ClassVar[str] = "shape"
    is_view: ClassVar[bool] = True

    def _outside(self, x: Shape, what: str, hint: str) -> Mistake:
        return Mistake("E226", f"`{self.word}` takes {what} of {x.said}", hint=hint)


class Rectangle(Cropping):
    """The base of what takes a rectangle of a map."""

    positional: ClassVar[int] = 1

    size: Annotated[Any, _size_or_value]

    def _sides(self, x: Shape) -> tuple[Dim, ...]:
        """The sides of what is taken."""
        dims = sides_of(x, self.word, (2,))
        if isinstance(self.size, Value):
            return tuple(sides_like(self.word, x, self.size.shape))
        return self.per_side("size", dims)

    def _size_label(self) -> str:
        return "" if isinstance(self.size, Value) else f", {size_label(self.size)}"


class Crop(Rectangle):
    """A rectangle of the map, `top` places from above and `left` from the left: of a fixed size, or as
    large as another value.

    Input: C x H x W. Output: C x size, or C and the sides of the value. Source: Long et al., Fully
    Convolutional Networks, 2015.
    """

    word: ClassVar[str] = "crop"

    top: NonNegative = 0
    left: NonNegative = 0

    def output(self, x: Shape) -> Shape:
        size = self._sides(x)
        for side, start, length in zip(x.sides, (self.top, self.left), size):
            if isinstance(side, int) and isinstance(length, int) and start + length > side:
                what = f"the places {start} to {start + length - 1}"
                raise self._outside(x, what, f"there are only {side}; places count from 0")
        return x.with_sides(size)

    def _corners(self, a: Given) -> tuple[list[Expr], list[Expr]]:
        return a.entries("size", self.size, 2), [a.top, a.left]

    def window(self, x: Shape) -> Window:
        return Window((1, 1), (1, 1), (-self.top, -self.left))

    def module(self, a: Given) -> Call | None:
        if isinstance(self.size, Value):
            return None
        size, _ = self._corners(a)
        return call("Crop", *size, **given(top=(a.top, 0), left=(a.left, 0)))

    def function(self, a: Given, *x: Expr) -> Expr:
        if isinstance(self.size, Value):
            return call("crop", *x, **given(top=(a.top, 0), left=(a.left, 0)))
        ranges = [places(start, start + length) for length, start in zip(*self._corners(a))]
        return Subscript(x[0], Tuple((EVERYTHING, *ranges)))

    def label(self) -> str:
        return f"crop{self._size_label()}"


def places(start: Expr, stop: Expr | None) -> Range:
    """`start:stop`, without a start of 0."""
    return Range(None if is_literal(start, 0) else start, stop)


class CenterCrop(Rectangle):
    """The middle of the map, of a fixed size or as large as another value.

    Input: C x H x W. Output: C x size, or C and the sides of the value. If an odd number of places
    is cut away, the larger half goes below and to the right.
    Source: Ronneberger et al., U-Net, 2015.
    """

    word: ClassVar[str] = "center_crop"

    def output(self, x: Shape) -> Shape:
        size = self._sides(x)
        if any(isinstance(n, int) and isinstance(m, int) and m > n for n, m in zip(x.sides, size)):
            raise self._outside(
                x, f"{Shape(*size)} from the middle", "a middle cannot be larger than the map"
            )
        return x.with_sides(size)

    def module(self, a: Given) -> Call | None:
        if isinstance(self.size, Value):
            return None
        return call("CenterCrop", *a.entries("size", self.size, 2))

    def function(self, a: Given, *x: Expr) -> Call | None:
        """Only for the size of another value; a fixed one is the module's."""
        return call("center_crop", *x) if isinstance(self.size, Value) else None

    def label(self) -> str:
        return f"center crop{self._size_label()}"


class Slice(Cropping):
    """The channels from `start` up to `stop`, which is not taken; to the last without `stop`.

    Input: C x H x W, or any shape. Output: stop - start channels, and the sides of the input.
    """

    word: ClassVar[str] = "slice"
    positional: ClassVar[int] = 2

    start: NonNegative
    stop: Positive | None = None

    def output(self, x: Shape) -> Shape:
        stop = x.channels if self.stop is None else self.stop
        if not self.start < stop <= x.channels:
            what = f"the channels from {self.start} up to {stop}"
            count = f"there are {x.channels}, counted from 0; the one at `stop` is not taken"
            raise self._outside(x, what, count)
        return x.with_channels(stop - self.start)

    def _stop(self, a: Given) -> Expr | None:
        return None if is_literal(a.stop, None) else a.stop

    def out_channels(self, a: Given) -> Expr:
        return (self._stop(a) or a.in_channels) - a.start

    def module(self, a: Given) -> Call:
        stop = self._stop(a)
        return call("ChannelSlice", a.start, *([] if stop is None else [stop]))

    def function(self, a: Given, *x: Expr) -> Expr:
        return Subscript(x[0], Tuple((Range(None, None), places(a.start, self._stop(a)))))

    def label(self) -> str:
        stop = "" if self.stop is None else self.stop
        return f"channels {self.start}:{stop}"
