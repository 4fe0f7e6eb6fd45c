"""What an expression is, and its arithmetic, which folds.

`Expr` has Python's operators, so what expressions are made of and how their sums and products fold
is one idea, and here: the atoms (`Literal`, `Name`), the arithmetic (`Op`, `Product`, `Minus`), and
the functions that build it. The other modules of this package build on this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, ClassVar

from netdsl.code.expr.literals import literal_text
from netdsl.code.expr.operators import ATOM, LEVELS, NEGATION, OPERATIONS, POWER, PRODUCT, SUM
from netdsl.record import Record


class Expr(Record):
    """An expression. Two with the same text are the same expression."""

    level = ATOM

    @cached_property
    def text(self) -> str:
        """The expression on one line."""
        return self._text()

    def _text(self) -> str:
        raise NotImplementedError

    def parts(self) -> Iterable[Expr]:
        """The expressions directly inside."""
        return ()

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that is read in it."""
        return frozenset().union(*[part.names for part in self.parts()])

    @property
    def is_plain(self) -> bool:
        """A number, or a name, with attributes or without: what ruff sets close to `**`."""
        return False

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        """The expression with `change` done to every part, folded anew."""
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expr) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __add__(self, other: Any) -> Expr:
        return binary("+", self, lift(other))

    def __radd__(self, other: Any) -> Expr:
        return binary("+", lift(other), self)

    def __sub__(self, other: Any) -> Expr:
        return binary("-", self, lift(other))

    def __rsub__(self, other: Any) -> Expr:
        return binary("-", lift(other), self)

    def __mul__(self, other: Any) -> Expr:
        return binary("*", self, lift(other))

    def __rmul__(self, other: Any) -> Expr:
        return binary("*", lift(other), self)

    def __floordiv__(self, other: Any) -> Expr:
        return binary("//", self, lift(other))

    def __truediv__(self, other: Any) -> Expr:
        return binary("/", self, lift(other))

    def __pow__(self, other: Any) -> Expr:
        return binary("**", self, lift(other))

    def __neg__(self) -> Expr:
        return negative(self)


class Literal(Expr):
    """A constant; `written` is its text where the source has one (`1e-3`)."""

    value: Any
    written: str | None = None

    def _text(self) -> str:
        return self.written if self.written is not None else literal_text(self.value)

    @property
    def level(self) -> int:  # type: ignore[override]
        return NEGATION if self.text.startswith("-") else ATOM

    @property
    def is_plain(self) -> bool:
        return isinstance(self.value, (int, float)) and "(" not in self.text


class Name(Expr):
    """A variable, a parameter, or something imported (`nn.Conv2d`)."""

    id: str

    def _text(self) -> str:
        return self.id

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset([self.id])

    @property
    def is_plain(self) -> bool:
        return True


class Op(Expr):
    """`left op right`: arithmetic, and `|` in annotations."""

    op: str
    left: Expr
    right: Expr

    @property
    def level(self) -> int:  # type: ignore[override]
        return LEVELS[self.op]

    def operands(self) -> list[tuple[Expr, int]]:
        """The two sides, and the level below which each goes into brackets."""
        if self.op == "**":
            return [(self.left, POWER + 1), (self.right, NEGATION)]
        return [(self.left, self.level), (self.right, self.level + 1)]

    def _text(self) -> str:
        left, right = (bracketed(side, level) for side, level in self.operands())
        tight = self.op == "**" and is_tight_power(self.left, self.right)
        return f"{left}**{right}" if tight else f"{left} {self.op} {right}"

    def parts(self) -> Iterable[Expr]:
        return (self.left, self.right)

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return binary(self.op, change(self.left), change(self.right))


def is_tight_power(base: Expr, exponent: Expr) -> bool:
    """Whether ruff writes the power without spaces: `x**2`, `self.base**-n`."""
    while isinstance(exponent, Op) and exponent.op == "**" and exponent.left.level == ATOM:
        exponent = exponent.left  # `x**y**2`
    if isinstance(exponent, Minus):
        exponent = exponent.of
    return base.level == ATOM and base.is_plain and exponent.is_plain


class Many(Expr):
    """Operands with one sign between them: no tree as deep as it is long."""

    items: tuple[Expr, ...]
    sign: ClassVar[str]

    def operands(self) -> list[tuple[Expr, int]]:
        """The items, and the level below which each goes into brackets."""
        return [(item, self.level + (i > 0)) for i, item in enumerate(self.items)]

    def _text(self) -> str:
        texts = [bracketed(item, level) for item, level in self.operands()]
        return f" {self.sign} ".join(texts)

    def parts(self) -> Iterable[Expr]:
        return self.items

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return type(self)(tuple(change(i) for i in self.items))


class Product(Many):
    """A product that is not folded: `512 * 7 * 7` says where a number comes from."""

    sign: ClassVar[str] = "*"
    level = PRODUCT

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return product(tuple(change(i) for i in self.items))


class Sum(Many):
    """A sum of many terms, which `total` makes."""

    sign: ClassVar[str] = "+"
    level = SUM

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return total([change(i) for i in self.items])


class Terms(Many):
    """A sum of tensors, which is not folded: what is added twice stays there twice."""

    sign: ClassVar[str] = "+"
    level = SUM


class Factors(Many):
    """A product of tensors, which is not folded."""

    sign: ClassVar[str] = "*"
    level = PRODUCT


class Minus(Expr):
    """`-of`."""

    of: Expr
    level = NEGATION

    def _text(self) -> str:
        return f"-{bracketed(*self.operands()[0])}"

    def operands(self) -> list[tuple[Expr, int]]:
        """What is negated, and the level below which it goes into brackets: ruff has them round a
        power."""
        return [(self.of, ATOM if isinstance(self.of, Op) else NEGATION)]

    def parts(self) -> Iterable[Expr]:
        return (self.of,)

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return negative(change(self.of))


def lift(value: Any) -> Expr:
    """The expression of a value; expressions stay what they are."""
    return value if isinstance(value, Expr) else Literal(value)


def bracketed(expr: Expr, level: int) -> str:
    """The text, in brackets if it binds looser than `level`."""
    return f"({expr.text})" if expr.level < level else expr.text


# ------------------------------------------------------------------------------------------ folding
def is_number(expr: Expr) -> bool:
    """A whole number or a float; a flag is none."""
    return isinstance(expr, Literal) and type(expr.value) in (int, float)


def is_whole(expr: Expr) -> bool:
    """A whole number; a flag is none."""
    return isinstance(expr, Literal) and type(expr.value) is int


def is_literal(expr: Expr, value: Any) -> bool:
    """This very value, of the same type."""
    return isinstance(expr, Literal) and type(expr.value) is type(value) and expr.value == value


def binary(op: str, left: Expr, right: Expr) -> Expr:
    """`left op right`; what Python cannot reckon (`1 // 0`) stays as it is written."""
    if is_number(left) and is_number(right):
        try:
            return Literal(OPERATIONS[op](left.value, right.value))  # type: ignore[attr-defined]
        except (ArithmeticError, ValueError):
            return Op(op, left, right)
    if op == "*" and is_literal(right, 1):
        return left
    if op == "*" and is_literal(left, 1):
        return right
    if op in "+-" and is_literal(right, 0):
        return left
    if op == "+" and is_literal(left, 0):
        return right
    if op == "//" and is_literal(right, 1):
        return left
    if isinstance(left, Op) and left.op == "*":
        if op == "//" and is_whole(right) and not is_literal(right, 0):
            if left.right == right:
                return left.left
            if left.left == right:
                return left.right
        if op == "*" and is_whole(left.right) and is_whole(right):
            return binary("*", left.left, binary("*", left.right, right))
    inner = right if op == "*" and isinstance(right, Op) and right.op == "*" else None
    if inner is not None and is_whole(left) and is_whole(inner.left):
        return binary("*", binary("*", left, inner.left), inner.right)
    return Op(op, left, right)


def negative(of: Expr) -> Expr:
    """`-of`; of a number, the number."""
    if is_number(of):
        return Literal(-of.value)  # type: ignore[attr-defined]
    return Minus(of)


def product(items: Sequence[Expr]) -> Expr:
    """A product that keeps its factors, but for ones."""
    kept = [i for i in items if not is_literal(i, 1)]
    if not kept:
        return Literal(1)
    if len(kept) == 1:
        return kept[0]
    flat: list[Expr] = []
    for i in kept:
        flat += i.items if isinstance(i, Product) else [i]
    return Product(tuple(flat))


def added(terms: Sequence[Expr]) -> Expr:
    """A sum whose terms stay apart."""
    if len(terms) > 2:
        return Sum(tuple(terms))
    return binary("+", *terms) if len(terms) == 2 else terms[0] if terms else Literal(0)


def summands(expr: Expr) -> list[Expr]:
    """The terms of a sum, one by one."""
    if isinstance(expr, Sum):
        return [term for item in expr.items for term in summands(item)]
    if isinstance(expr, Op) and expr.op == "+":
        return [*summands(expr.left), *summands(expr.right)]
    return [expr]


def total(items: Sequence[Expr]) -> Expr:
    """A sum: the literals together where the first of them stands, and what is added several times counted
    where it stands first."""
    counts: dict[Expr | None, int] = {}  # None: the literals
    for item in items:
        for term in summands(item):
            count, of = _multiple(term)
            counts[of] = counts.get(of, 0) + count
    return added([Literal(n) if of is None else n * of for of, n in counts.items() if n])


def _multiple(term: Expr) -> tuple[Any, Expr | None]:
    """How often a term counts, and of what; None for a number."""
    if is_number(term):
        return term.value, None  # type: ignore[attr-defined]
    if isinstance(term, Op) and term.op == "*" and is_whole(term.left):
        return term.left.value, term.right  # type: ignore[attr-defined]
    return 1, term
