"""Merges: several values become one."""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm
from typing import ClassVar

from netdsl.code.expr import Expr, Factors, ListOf, Many, Terms, call, total
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given, Layer
from netdsl.layers.inputs import equal_shapes
from netdsl.shapes import Shape

MOST_OPERANDS = (
    1_000  # Python 3.12 refuses 3,000 in a row: its compiler goes down one level for each
)


class MergeMistake(Mistake):
    """Values of unequal shapes met.

    `shapes` are those of all inputs, in order. `different` are the numbers of the inputs (from 0)
    that are not like input `reference`, which most others are like.
    """

    def __init__(
        self, word: str, shapes: tuple[Shape, ...], reference: int, different: tuple[int, ...]
    ) -> None:
        but = " but for the channels" if word == "concat" else ""
        super().__init__("E203", f"`{word}` needs equal shapes{but}")
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
            return lcm(*(match for match in matches if match))
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
        return _joined(Terms, x)


class Mul(Merge):
    """The product of all inputs, number by number.

    Input and output: equal shapes. Source: Hochreiter and Schmidhuber, 1997 (gates).
    """

    word: ClassVar[str] = "mul"

    def function(self, a: Given, *x: Expr) -> Expr:
        return _joined(Factors, x)


def _joined(kind: type[Many], x: Sequence[Expr]) -> Expr:
    """Tensors with a sign between them, in brackets where Python's compiler would refuse so many."""
    if len(x) > MOST_OPERANDS:
        parts = range(0, len(x), MOST_OPERANDS)
        x = [_joined(kind, x[i : i + MOST_OPERANDS]) for i in parts]
    return kind(tuple(x)) if len(x) > 1 else x[0]
