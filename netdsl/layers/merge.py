"""Merges: several values become one."""

from __future__ import annotations

from functools import reduce
from operator import add, mul
from typing import ClassVar

from netdsl.code.expr import Expr, ListOf, call, total
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given, Layer
from netdsl.layers.inputs import equal_shapes
from netdsl.shapes import Shape, ceil_div


class MergeMistake(Mistake):
    """Values of unequal shapes met.

    `shapes` are those of all inputs, in order. `different` are the numbers of the inputs (from 0)
    that are not like input `reference`, which most others are like.
    """

    def __init__(
        self, word: str, shapes: tuple[Shape, ...], reference: int, different: tuple[int, ...]
    ) -> None:
        but = " but for the channels" if word == "concat" else ""
        hint = _hint(shapes[reference], shapes[different[0]], word == "concat")
        super().__init__("E203", f"`{word}` needs equal shapes{but}", hint=hint)
        self.shapes = shapes
        self.reference = reference
        self.different = different


class Merge(Layer):
    """The base of merges: at least one input. With one a merge is that input."""

    family: ClassVar[str] = "merge"
    many: ClassVar[bool] = True
    skipped: ClassVar[int] = 0  # how many leading dimensions may differ

    def output(self, *xs: Shape) -> Shape:  # type: ignore[override]
        self._compare(xs)
        return xs[0]

    def condition(self, *xs: Shape) -> int:
        return self._compare(xs)

    def _compare(self, xs: tuple[Shape, ...]) -> int:
        """What open sizes must be multiples of for all shapes to be equal."""
        matches = self._matches(xs[0], xs)
        if None not in matches:
            return max(match for match in matches if match)
        all_matches = [self._matches(x, xs) for x in xs]
        reference = min(range(len(xs)), key=lambda i: all_matches[i].count(None))
        different = tuple(i for i, match in enumerate(all_matches[reference]) if match is None)
        raise MergeMistake(self.word, xs, reference, different)

    def _matches(self, x: Shape, xs: tuple[Shape, ...]) -> list[int | None]:
        return [equal_shapes(x[self.skipped :], other[self.skipped :]) for other in xs]

    def function(self, a: Given, *x: Expr) -> Expr:
        raise NotImplementedError


class Concat(Merge):
    """The channels of all inputs, one after another.

    Input: C1 x H x W, C2 x H x W, ... Output: C1 + C2 + ... x H x W. Source: Szegedy et al., Going
    Deeper with Convolutions, 2014.
    """

    word: ClassVar[str] = "concat"
    skipped: ClassVar[int] = 1

    def output(self, *xs: Shape) -> Shape:  # type: ignore[override]
        return super().output(*xs).with_channels(sum(x.channels for x in xs))

    def out_channels(self, a: Given) -> Expr:
        return total(a.incoming)

    def function(self, a: Given, *x: Expr) -> Expr:
        return call("torch.cat", ListOf(x), dim=1)


class Add(Merge):
    """The sum of all inputs, number by number.

    Input and output: equal shapes. Source: He et al., Deep Residual Learning, 2015.
    """

    word: ClassVar[str] = "add"

    def function(self, a: Given, *x: Expr) -> Expr:
        return reduce(add, x)


class Mul(Merge):
    """The product of all inputs, number by number.

    Input and output: equal shapes. Source: Hochreiter and Schmidhuber, 1997 (gates).
    """

    word: ClassVar[str] = "mul"

    def function(self, a: Given, *x: Expr) -> Expr:
        return reduce(mul, x)


# ------------------------------------------------------------------------------------------- advice
def _hint(a: Shape, b: Shape, only_sides: bool) -> str:
    """What might make two shapes equal, or only their sides."""
    if len(a) != len(b):
        flat = "; does `flatten` stand too early?" if 1 in (len(a), len(b)) else ""
        return f"{a} and {b} have different numbers of sides{flat}"
    if a.sides == b.sides:
        return f"`conv({a.channels}, 1x1)` would make {a} of {b}"
    larger, smaller = (a, b) if _is_larger(a, b) else (b, a)
    stride = _stride(larger, smaller)
    if stride is not None and only_sides:
        target = larger.with_sides(smaller.sides)
        return f"`maxpool(1x1, stride={stride})` would make {target} of {larger}"
    if stride is not None:
        return f"`conv({smaller.channels}, 1x1, stride={stride})` would make {smaller} of {larger}"
    if not (a.known and b.known):
        return f"{a} and {b} are not equal for every size; pad, or write the sizes after `input`"
    return "padding keeps the sides as they are; `center_crop(@label)` cuts the larger one"


def _is_larger(a: Shape, b: Shape) -> bool:
    pairs = zip(a.sides, b.sides)
    return all(n >= m for n, m in pairs if isinstance(n, int) and isinstance(m, int))


def _stride(larger: Shape, smaller: Shape) -> int | None:
    """The stride that would bring the sides of one to those of the other."""
    for stride in range(2, 33):
        if all(ceil_div(n, stride) == m for n, m in zip(larger.sides, smaller.sides)):
            return stride
    return None
