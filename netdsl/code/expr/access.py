"""What is asked of a value: its attributes, its elements, and calls.

`call` and `given` are how layers say which module of PyTorch they are: `given` keeps only the
arguments that a reader needs to see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from netdsl.code.expr.arithmetic import Expr, Literal, Minus, Name, bracketed, lift
from netdsl.code.expr.lists import Comprehension, Tuple
from netdsl.code.expr.literals import literal_text
from netdsl.code.expr.operators import ATOM


class Attribute(Expr):
    """`of.name`."""

    of: Expr
    name: str

    def _text(self) -> str:
        return f"{bracketed(self.of, ATOM)}.{self.name}"

    @property
    def is_plain(self) -> bool:
        return self.of.is_plain

    def parts(self) -> Iterable[Expr]:
        return (self.of,)

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return Attribute(change(self.of), self.name)


class Subscript(Expr):
    """`of[index]`; the index may be a `Range`, or a tuple of them."""

    of: Expr
    index: Expr

    def _text(self) -> str:
        inside = self.index.text
        if isinstance(self.index, Tuple) and self.index.items:
            inside = inside[1:-1]
        return f"{bracketed(self.of, ATOM)}[{inside}]"

    def parts(self) -> Iterable[Expr]:
        return (self.of, self.index)

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return subscript(change(self.of), change(self.index))


def subscript(of: Expr, index: Expr) -> Expr:
    """An element; of a list that is written out, the one meant."""
    if (
        isinstance(of, Literal)
        and isinstance(index, Literal)
        and isinstance(of.value, (tuple, list))
    ):
        return Literal(of.value[index.value])
    if isinstance(of, Tuple) and isinstance(index, Literal) and isinstance(index.value, int):
        return of.items[index.value]
    if (
        isinstance(of, Subscript)
        and of.index.text == "::-1"
        and isinstance(index, Literal)
        and isinstance(index.value, int)
    ):
        return subscript(of.of, Literal(-1 - index.value))
    return Subscript(of, index)


class Range(Expr):
    """`start:stop` or `start:stop:step` inside a subscript."""

    start: Expr | None
    stop: Expr | None
    step: Expr | None = None

    def _text(self) -> str:
        start = self.start.text if self.start is not None else ""
        stop = self.stop.text if self.stop is not None else ""
        step = f":{self.step.text}" if self.step is not None else ""
        return f"{start}:{stop}{step}" if self.is_tight() else f"{start} : {stop}{step}".strip()

    def is_tight(self) -> bool:
        """Whether ruff writes no spaces round the colon."""
        return all(_is_short(e.of if isinstance(e, Minus) else e) for e in self.parts())

    def parts(self) -> Iterable[Expr]:
        return [e for e in (self.start, self.stop, self.step) if e is not None]

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        ends = (e if e is None else change(e) for e in (self.start, self.stop, self.step))
        return Range(*ends)


def _is_short(end: Expr) -> bool:
    """A name without a dot, a number, a string."""
    return end.text.isidentifier() or (isinstance(end, Literal) and "(" not in end.text)


class Call(Expr):
    """`nn.Conv2d(3, 64, kernel_size=7)`."""

    function: Expr
    positional: tuple[Expr, ...] = ()
    named: tuple[tuple[str, Expr], ...] = ()

    def arguments(self) -> list[str]:
        return [*(a.text for a in self.positional), *(f"{n}={a.text}" for n, a in self.named)]

    def _text(self) -> str:
        if len(self.positional) == 1 and not self.named:
            only = self.positional[0]
            if isinstance(only, Comprehension) and only.brackets == "()":
                return f"{self.function.text}{only.text}"
        return f"{bracketed(self.function, ATOM)}({', '.join(self.arguments())})"

    def parts(self) -> Iterable[Expr]:
        return (self.function, *self.positional, *(a for _, a in self.named))

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return Call(
            change(self.function),
            tuple(change(a) for a in self.positional),
            tuple((n, change(a)) for n, a in self.named),
        )


def call(function: str | Expr, *positional: Any, **named: Any) -> Call:
    """A call; arguments may be values or expressions."""
    target = Name(function) if isinstance(function, str) else function
    return Call(
        target, tuple(lift(a) for a in positional), tuple((n, lift(a)) for n, a in named.items())
    )


def given(**named: tuple[Any, Any]) -> dict[str, Expr]:
    """The keyword arguments that are not what PyTorch takes anyway: name=(value, default)."""
    kept = {}
    for name, (value, default) in named.items():
        expr = lift(value)
        if not (isinstance(expr, Literal) and _is_default(expr.value, default)):
            kept[name] = expr
    return kept


def _is_default(value: Any, default: Any) -> bool:
    """Whether an argument is what PyTorch takes anyway; 1 is as good as 1.0."""
    if isinstance(value, (int, float)) and isinstance(default, (int, float)):
        return value == default and isinstance(value, bool) == isinstance(default, bool)
    return literal_text(value) == literal_text(default)
