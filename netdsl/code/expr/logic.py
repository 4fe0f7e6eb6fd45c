"""Comparisons, conditions, and the choice between two values.

Each kind stands with the function that builds it; what is decided already is not asked: constant
conditions, arms that are equal, `not not`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from netdsl.code.expr.arithmetic import Expr, Literal, bracketed
from netdsl.code.expr.operators import AND, CHOOSE, COMPARE, NOT, OPERATIONS, OR


class Compare(Expr):
    """`left op right`: equal, unequal, or in order."""

    op: str
    left: Expr
    right: Expr
    level = COMPARE

    def operands(self) -> list[tuple[Expr, int]]:
        """The two sides, and the level below which each goes into brackets."""
        return [(self.left, COMPARE + 1), (self.right, COMPARE + 1)]

    def _text(self) -> str:
        left, right = (bracketed(side, level) for side, level in self.operands())
        return f"{left} {self.op} {right}"

    def parts(self) -> Iterable[Expr]:
        return (self.left, self.right)

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return compare(self.op, change(self.left), change(self.right))


def compare(op: str, left: Expr, right: Expr) -> Expr:
    """A comparison, decided where its sides are known or the same."""
    if isinstance(left, Literal) and isinstance(right, Literal):
        try:
            return Literal(bool(OPERATIONS[op](left.value, right.value)))
        except TypeError:
            return Compare(op, left, right)
    if left == right:  # names of plain numbers, texts and lists: no value differs from itself
        return Literal(op in ("==", "<=", ">="))
    return Compare(op, left, right)


class Not(Expr):
    """`not of`."""

    of: Expr
    level = NOT

    def _text(self) -> str:
        return f"not {bracketed(*self.operands()[0])}"

    def operands(self) -> list[tuple[Expr, int]]:
        """What is denied, and the level below which it goes into brackets."""
        return [(self.of, NOT)]

    def parts(self) -> Iterable[Expr]:
        return (self.of,)

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return negate(change(self.of))


def negate(of: Expr) -> Expr:
    """The opposite of a condition; of `==` it is `!=`."""
    if isinstance(of, Literal):
        return Literal(not of.value)
    if isinstance(of, Not):
        return of.of
    if isinstance(of, Compare) and of.op in ("==", "!="):
        return Compare("!=" if of.op == "==" else "==", of.left, of.right)
    return Not(of)


class Bool(Expr):
    """`a and b and c`, or the same with `or`: `op` tells which."""

    op: str
    items: tuple[Expr, ...]

    @property
    def level(self) -> int:  # type: ignore[override]
        return AND if self.op == "and" else OR

    def operands(self) -> list[tuple[Expr, int]]:
        """The conditions, and the level below which each goes into brackets."""
        return [(item, self.level + 1) for item in self.items]

    def _text(self) -> str:
        return f" {self.op} ".join(bracketed(item, level) for item, level in self.operands())

    def parts(self) -> Iterable[Expr]:
        return self.items

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return logical(self.op, [change(i) for i in self.items])


def logical(op: str, items: Sequence[Expr]) -> Expr:
    """`and` or `or`, without the constants that decide nothing."""
    decisive = op == "or"
    kept: list[Expr] = []
    for i in items:
        if isinstance(i, Literal):
            if bool(i.value) == decisive:
                return Literal(decisive)
            continue
        if i not in kept:
            kept.append(i)
    if not kept:
        return Literal(not decisive)
    return kept[0] if len(kept) == 1 else Bool(op, tuple(kept))


class Choose(Expr):
    """`then if condition else other`."""

    then: Expr
    condition: Expr
    other: Expr
    level = CHOOSE

    def _text(self) -> str:
        then, condition = bracketed(self.then, OR), bracketed(self.condition, OR)
        return f"{then} if {condition} else {self.other.text}"

    def parts(self) -> Iterable[Expr]:
        return (self.then, self.condition, self.other)

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return choose(change(self.then), change(self.condition), change(self.other))


def choose(then: Expr, condition: Expr, other: Expr) -> Expr:
    """One of two values; without the question where it does not matter."""
    if isinstance(condition, Literal):
        return then if condition.value else other
    if then == other:
        return then
    return Choose(then, condition, other)
