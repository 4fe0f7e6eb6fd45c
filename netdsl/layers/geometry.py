"""How windows move over maps: kernels, strides, paddings, and the sizes that come out.

The arithmetic holds for open sizes too (`netdsl.shapes`). Dumoulin and Visin, "A guide to
convolution arithmetic for deep learning", 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, TypeAlias

from netdsl.code.expr import Expr, Literal, Tuple, sequence
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given, Layer, Window
from netdsl.layers.checked import Refused
from netdsl.layers.fields import at_least, is_one_number, spread
from netdsl.layers.inputs import sides_of
from netdsl.shapes import Dim, Shape, Size, ceil_div

Sides: TypeAlias = "int | tuple[int, ...]"  # one number for all, or one for each

_extents = at_least(0)


def _padding(value: Any) -> Any:
    if isinstance(value, str):
        if value in ("same", "valid", "full"):
            return value
        raise Refused('a number, a size, "same", "valid" or "full"')
    return _extents(value)


# A number, a size, "same" (dilation * (k - 1) // 2 on both sides, whatever the stride),
# "valid" (0) or "full" (dilation * (k - 1)).
Padding = Annotated[Any, _padding]


class Motion(NamedTuple):
    """How a window moves over a map: one number a side."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]

    @property
    def reach(self) -> tuple[int, ...]:
        """How many places of the input the window spans."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation))

    @property
    def window(self) -> Window:
        return Window(self.reach, self.stride, self.padding)

    def over(self, x: Shape, word: str, ceil_mode: bool = False) -> tuple[Dim, ...]:
        """The sides of what the window gives.

        floor((n + 2p - reach) / s) + 1. With `ceil_mode` the quotient is rounded up, but the last
        window must start inside the input or its left padding:
        ceil((n + min(2p - reach + s, p)) / s).
        """
        sides: list[Dim] = []
        for n, reach, s, p in zip(x.sides, self.reach, self.stride, self.padding):
            if ceil_mode:
                side = ceil_div(n + min(2 * p - reach + s, p), s)
            else:
                side = (n + 2 * p - reach) // s + 1
            if isinstance(side, int) and side < 1:
                raise self._too_large(x, word)
            sides.append(side)
        return tuple(sides)

    def _too_large(self, x: Shape, word: str) -> Mistake:
        padded = f" with padding {Size(self.padding)}" if any(self.padding) else ""
        spans = ""
        if set(self.dilation) != {1}:
            spans = f", which spans {Size(self.reach)} with dilation {Size(self.dilation)},"
        fits = [
            min(k, (n + 2 * p - 1) // d + 1) if isinstance(n, int) else k
            for n, k, p, d in zip(x.sides, self.kernel, self.padding, self.dilation)
        ]
        hint = f"a kernel of at most {Size(fits)} fits; with fewer strides above, more of the map is left"
        if word in ("avgpool", "maxpool"):
            hint = f"`global_{word}` pools the whole map, whatever its size"
        return Mistake(
            "E213",
            f"the {Size(self.kernel)} kernel of `{word}`{spans} is larger than its input, "
            f"{Shape(*x.sides)}{padded}",
            hint=hint,
        )


def motion(
    x: Shape,
    word: str,
    kernel_size: Sides,
    stride: Sides | None = 1,
    padding: Sides | str = 0,
    dilation: Sides = 1,
) -> Motion:
    """The arguments of a layer, one number a side of `x`. `stride=None` is the kernel's."""
    dims = sides_of(x, word)
    kernel = spread(kernel_size, dims, "kernel_size", word)
    steps = kernel if stride is None else spread(stride, dims, "stride", word)
    spaces = spread(dilation, dims, "dilation", word)
    return Motion(kernel, steps, padding_of(padding, kernel, spaces, word), spaces)


def padding_of(
    padding: Sides | str, kernel: tuple[int, ...], dilation: tuple[int, ...], word: str
) -> tuple[int, ...]:
    """The padding of both ends, one number a side."""
    if padding == "valid":
        return (0,) * len(kernel)
    if padding == "full":
        return tuple(d * (k - 1) for k, d in zip(kernel, dilation))
    if padding == "same":
        for k in kernel:
            if k % 2 == 0:
                raise Mistake(
                    "E212",
                    f'`{word}` with padding="same" needs an odd kernel, not {Size(kernel)}',
                    hint="an even kernel has no middle: write the padding as a number",
                )
        return tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation))
    assert not isinstance(padding, str)
    return spread(padding, len(kernel), "padding", word)


def padding_expr(
    layer: Layer,
    a: Given,
    padding: Sides | str,
    concrete: tuple[int, ...],
    torch_has_same: bool = False,
) -> Expr:
    """The padding in emitted code: as it was given, or in terms of the kernel if it is a word.

    A name for a kernel that is no number for all sides may stand for a number in one instance and
    for a size in another, so no formula holds. Then it is PyTorch's own "same" if the call knows
    that word, else the number of this instance, which the emitter finds wrong for the others.
    """
    if not isinstance(padding, str):
        return a.padding
    if padding == "valid":
        return Literal(0)
    kernel, dilation = _sides(layer, a, "kernel_size"), _sides(layer, a, "dilation")
    if kernel is not None and dilation is not None:
        ends = [_end(padding, k, d) for k, d in zip(kernel, dilation)]
        return ends[0] if len(set(ends)) == 1 else sequence(ends)
    if padding == "same" and torch_has_same:
        return Literal("same")
    return Literal(Size(concrete))


def _sides(layer: Layer, a: Given, name: str) -> Sequence[Expr] | None:
    """The expressions of an `Extent`, one a side; None for a name that may stand for a size."""
    if name not in type(layer).fields:
        return [Literal(1)] * a.dims
    value, expr = getattr(layer, name), a.get(name, Literal(1))
    known = isinstance(expr, (Literal, Tuple)) or (is_one_number(value) and a.one_number(name))
    return a.entries(name, value, a.dims) if known else None


def _end(padding: str, kernel: Expr, dilation: Expr) -> Expr:
    if kernel == Literal(1):
        return Literal(0)
    if padding == "full":
        return dilation * (kernel - 1)
    if dilation == Literal(1):
        return kernel // 2  # the kernel is odd
    return dilation * (kernel - 1) // 2


def window_label(size: Sides, what: str, dims: int) -> str:
    """A window and what it does: `3x3 conv`, on sequences `conv 3`."""
    text = size_label(size, dims)
    return f"{what} {text}" if dims == 1 else f"{text} {what}"


def size_label(value: Sides, dims: int = 2) -> str:
    """A size in a paper's words: `3x3`; with dims=1 equal sides are one number."""
    sides = value if isinstance(value, tuple) else (value,) * dims
    return str(sides[0]) if dims == 1 and len(set(sides)) == 1 else str(Size(sides))


def step_label(stride: Sides, sign: str = "/") -> str:
    """`, /2` behind a label; nothing for a stride of 1."""
    text = size_label(stride, 1)
    return "" if text == "1" else f", {sign}{text}"
