"""Several values in one expression: tuples, lists, and comprehensions that make them.

The lists of the language become tuples, which do not change; `[...]` is for what PyTorch takes as a
list, such as modules and branches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from netdsl.code.expr.arithmetic import Expr, Literal, bracketed
from netdsl.code.expr.operators import OR, UNION


class Tuple(Expr):
    """`(a, b)`, `(a,)`, `()`."""

    items: tuple[Expr, ...]

    def _text(self) -> str:
        inner = ", ".join(i.text for i in self.items)
        return f"({inner},)" if len(self.items) == 1 else f"({inner})"

    def parts(self) -> Iterable[Expr]:
        return self.items

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return sequence([change(i) for i in self.items])


def sequence(items: Sequence[Expr]) -> Expr:
    """A list of the language: a tuple in Python; of literals only, a literal."""
    if all(isinstance(i, Literal) for i in items) and not any(i.written for i in items):  # type: ignore[attr-defined]
        return Literal(tuple(i.value for i in items))  # type: ignore[attr-defined]
    return Tuple(tuple(items))


class ListOf(Expr):
    """`[a, b]`: a list in the emitted code (of modules, of branches)."""

    items: tuple[Expr, ...]

    def _text(self) -> str:
        return f"[{', '.join(i.text for i in self.items)}]"

    def parts(self) -> Iterable[Expr]:
        return self.items

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return ListOf(tuple(change(i) for i in self.items))


class Star(Expr):
    """`*of`: its elements one by one, inside of a list or a call."""

    of: Expr

    def _text(self) -> str:
        return f"*{bracketed(self.of, UNION)}"

    def parts(self) -> Iterable[Expr]:
        return (self.of,)

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return Star(change(self.of))


class Comprehension(Expr):
    """`item for names in iterable if condition`, in the given brackets."""

    item: Expr
    targets: tuple[str, ...]
    iterable: Expr
    condition: Expr | None = None
    brackets: str = "()"

    def clauses(self) -> list[str]:
        found = [f"for {', '.join(self.targets)} in {bracketed(self.iterable, OR)}"]
        if self.condition is not None:
            found.append(f"if {bracketed(self.condition, OR)}")
        return found

    def _text(self) -> str:
        opening, closing = self.brackets
        return f"{opening}{' '.join([self.item.text, *self.clauses()])}{closing}"

    def parts(self) -> Iterable[Expr]:
        kept = () if self.condition is None else (self.condition,)
        return (self.item, self.iterable, *kept)

    @cached_property
    def names(self) -> frozenset[str]:
        inside = self.item.names | (self.condition.names if self.condition else frozenset())
        return (inside - set(self.targets)) | self.iterable.names

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return Comprehension(
            change(self.item),
            self.targets,
            change(self.iterable),
            None if self.condition is None else change(self.condition),
            self.brackets,
        )
