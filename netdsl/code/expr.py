"""Expressions of the Python that is emitted.

They are built with the functions and operators here, which fold: what has only literal leaves is a
literal (`64 + 128 + 32 + 32` is `256`). Beyond that only `e * 1`, `e + 0`, `e // 1`, `(e * k) // k`,
`e * a * b`, equal arms and conditions that are constant are simplified: what an author wrote stays
recognisable. `evaluate` runs an expression on numbers, which is how emission is checked.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from netdsl.record import Record
from netdsl.shapes import Size

# Python's own order of precedence, loosest first.
CHOOSE, OR, AND, NOT, COMPARE, UNION, SUM, PRODUCT, NEGATION, POWER, ATOM = range(11)
_LEVELS = {
    "|": UNION,
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
    "//": PRODUCT,
    "%": PRODUCT,
    "**": POWER,
}
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "|": operator.or_,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


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
        found: frozenset[str] = frozenset()
        for part in self.parts():
            found |= part.names
        return found

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


def number_text(value: float) -> str:
    """A float as a person writes it: `0.3`, `5e-4`, `1e-3`."""
    plain = repr(value)
    if not math.isfinite(value):
        return f'float("{plain}")'
    if value == 0 or "e" in plain:
        return plain.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    digits = plain.replace("-", "").replace(".", "").strip("0")
    if abs(value) < 0.01 and len(digits) <= 3:
        exponent = math.floor(math.log10(abs(value)) + 1e-12)
        mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
        scientific = f"{'-' if value < 0 else ''}{mantissa}e{exponent}"
        if float(scientific) == value and len(scientific) < len(plain):
            return scientific
    return plain


def literal_text(value: Any) -> str:
    """The text of a value: numbers, strings, flags, sizes (`3` for 3x3), lists as tuples."""
    if isinstance(value, Size):
        if len(set(value)) == 1:
            return literal_text(value[0])
        return literal_text(tuple(value))
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, (tuple, list)):
        inner = ", ".join(literal_text(v) for v in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal_text(k)}: {literal_text(v)}' for k, v in value.items())}}}"
    return repr(value)


def quoted(text: str) -> str:
    """A string literal as ruff writes it, safe whatever the text holds."""
    quote = quote_for(text)
    return f"{quote}{escaped(text, quote)}{quote}"


def quote_for(text: str) -> str:
    """The quote that ruff writes round a text: the one with less to escape, `"` where equal."""
    return "'" if text.count('"') > text.count("'") else '"'


def escaped(text: str, quote: str) -> str:
    """A text between such quotes; what cannot be seen is written as an escape."""
    escapes = {"\\": "\\\\", quote: f"\\{quote}"}
    return "".join(escapes.get(c) or (c if c.isprintable() else ascii(c)[1:-1]) for c in text)


class Literal(Expr):
    """A constant; `written` is its text where the source has one (`1e-3`)."""

    value: Any
    written: str | None = None

    def _text(self) -> str:
        return self.written if self.written is not None else literal_text(self.value)

    @property
    def level(self) -> int:  # type: ignore[override]
        return NEGATION if self.text.startswith("-") else ATOM


class Name(Expr):
    """A variable, a parameter, or something imported (`nn.Conv2d`)."""

    id: str

    def _text(self) -> str:
        return self.id

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset([self.id])


class Op(Expr):
    op: str
    left: Expr
    right: Expr

    @property
    def level(self) -> int:  # type: ignore[override]
        return _LEVELS[self.op]

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
    return base.level == ATOM and _is_plain(base) and _is_plain(exponent)


def _is_plain(side: Expr) -> bool:
    """A number, or a name, with attributes or without."""
    while isinstance(side, Attribute):
        side = side.of
    number = isinstance(side, Literal) and isinstance(side.value, (int, float))
    return isinstance(side, Name) or (number and "(" not in side.text)


class Product(Expr):
    """A product that is not folded: `512 * 7 * 7` says where a number comes from."""

    items: tuple[Expr, ...]
    level = PRODUCT

    def operands(self) -> list[tuple[Expr, int]]:
        """The factors, and the level below which each goes into brackets."""
        return [(factor, PRODUCT + (i > 0)) for i, factor in enumerate(self.items)]

    def _text(self) -> str:
        return " * ".join(bracketed(factor, level) for factor, level in self.operands())

    def parts(self) -> Iterable[Expr]:
        return self.items

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return product(tuple(change(i) for i in self.items))


class Minus(Expr):
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


class Compare(Expr):
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


class Not(Expr):
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


class Bool(Expr):
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


class Choose(Expr):
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


class Attribute(Expr):
    of: Expr
    name: str

    def _text(self) -> str:
        return f"{bracketed(self.of, ATOM)}.{self.name}"

    def parts(self) -> Iterable[Expr]:
        return (self.of,)

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return Attribute(change(self.of), self.name)


class Subscript(Expr):
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


class Range(Expr):
    """`start:stop` inside a subscript."""

    start: Expr | None
    stop: Expr | None

    def _text(self) -> str:
        start = self.start.text if self.start is not None else ""
        stop = self.stop.text if self.stop is not None else ""
        return f"{start}:{stop}" if self.is_tight() else f"{start} : {stop}".strip()

    def is_tight(self) -> bool:
        """Whether ruff writes no spaces round the colon."""
        return all(_is_short(e.of if isinstance(e, Minus) else e) for e in self.parts())

    def parts(self) -> Iterable[Expr]:
        return [e for e in (self.start, self.stop) if e is not None]

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return Range(
            None if self.start is None else change(self.start),
            None if self.stop is None else change(self.stop),
        )


def _is_short(end: Expr) -> bool:
    """A name without a dot, a number, a string."""
    return end.text.isidentifier() or (isinstance(end, Literal) and "(" not in end.text)


class Tuple(Expr):
    items: tuple[Expr, ...]

    def _text(self) -> str:
        inner = ", ".join(i.text for i in self.items)
        return f"({inner},)" if len(self.items) == 1 else f"({inner})"

    def parts(self) -> Iterable[Expr]:
        return self.items

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return sequence([change(i) for i in self.items])


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


class Text(Expr):
    """An f-string: strings and expressions in turn."""

    pieces: tuple[str | Expr, ...]

    def _text(self) -> str:
        quote = quote_for("".join(p for p in self.pieces if isinstance(p, str)))
        inner = ""
        for piece in self.pieces:
            if isinstance(piece, str):
                inner += escaped(piece, quote).replace("{", "{{").replace("}", "}}")
            else:
                inner += f"{{{_hole(piece, quote)}}}"
        return f"f{quote}{inner}{quote}"

    def parts(self) -> Iterable[Expr]:
        return [p for p in self.pieces if isinstance(p, Expr)]

    def map(self, change: Callable[[Expr], Expr]) -> Expr:
        return text_of([p if isinstance(p, str) else change(p) for p in self.pieces])


def _hole(expr: Expr, quote: str) -> str:
    """The text of an expression in an f-string: without the string's own quote and backslashes,
    which Python 3.11 does not take there."""
    other = "'" if quote == '"' else '"'
    text = expr.text
    if other not in text:
        text = text.replace(quote, other)
    if quote in text or "\\" in text or text.startswith("{"):
        raise ValueError(f"cannot stand in an f-string: {expr.text}")
    return text


# ------------------------------------------------------------------------------------ construction
def lift(value: Any) -> Expr:
    """The expression of a value; expressions stay what they are."""
    return value if isinstance(value, Expr) else Literal(value)


def bracketed(expr: Expr, level: int) -> str:
    """The text, in brackets if it binds looser than `level`."""
    return f"({expr.text})" if expr.level < level else expr.text


def is_number(expr: Expr) -> bool:
    return isinstance(expr, Literal) and type(expr.value) in (int, float)


def is_whole(expr: Expr) -> bool:
    return isinstance(expr, Literal) and type(expr.value) is int


def is_literal(expr: Expr, value: Any) -> bool:
    return isinstance(expr, Literal) and type(expr.value) is type(value) and expr.value == value


def binary(op: str, left: Expr, right: Expr) -> Expr:
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
    return Op(op, left, right)


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


def summands(expr: Expr) -> list[Expr]:
    """The terms of a sum, one by one."""
    if isinstance(expr, Op) and expr.op == "+":
        return [*summands(expr.left), *summands(expr.right)]
    return [expr]


def total(items: Sequence[Expr]) -> Expr:
    """A sum: the literals together where the first of them stands, equal neighbours counted."""
    items = [term for item in items for term in summands(item)]
    literal = sum(i.value for i in items if is_number(i))  # type: ignore[attr-defined]
    terms: list[tuple[Expr | None, int]] = []  # None: the literals
    for i in items:
        if is_number(i):
            if all(term is not None for term, _ in terms):
                terms.append((None, 1))
        elif terms and terms[-1][0] == i:
            terms[-1] = (i, terms[-1][1] + 1)
        else:
            terms.append((i, 1))
    result: Expr | None = None
    for term, count in terms:
        piece = Literal(literal) if term is None else count * term
        result = piece if result is None else result + piece
    return result if result is not None else Literal(0)


def negative(of: Expr) -> Expr:
    if is_number(of):
        return Literal(-of.value)  # type: ignore[attr-defined]
    return Minus(of)


def compare(op: str, left: Expr, right: Expr) -> Expr:
    if isinstance(left, Literal) and isinstance(right, Literal):
        try:
            return Literal(bool(OPERATIONS[op](left.value, right.value)))
        except TypeError:
            return Compare(op, left, right)
    if left == right:  # names of plain numbers, texts and lists: no value differs from itself
        return Literal(op in ("==", "<=", ">="))
    return Compare(op, left, right)


def negate(of: Expr) -> Expr:
    if isinstance(of, Literal):
        return Literal(not of.value)
    if isinstance(of, Not):
        return of.of
    if isinstance(of, Compare) and of.op in ("==", "!="):
        return Compare("!=" if of.op == "==" else "==", of.left, of.right)
    return Not(of)


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


def choose(then: Expr, condition: Expr, other: Expr) -> Expr:
    if isinstance(condition, Literal):
        return then if condition.value else other
    if then == other:
        return then
    return Choose(then, condition, other)


def subscript(of: Expr, index: Expr) -> Expr:
    if (
        isinstance(of, Literal)
        and isinstance(index, Literal)
        and isinstance(of.value, (tuple, list))
    ):
        return Literal(of.value[index.value])
    if isinstance(of, Tuple) and isinstance(index, Literal) and isinstance(index.value, int):
        return of.items[index.value]
    return Subscript(of, index)


def sequence(items: Sequence[Expr]) -> Expr:
    """A list of the language: a tuple in Python; of literals only, a literal."""
    if all(isinstance(i, Literal) for i in items) and not any(i.written for i in items):  # type: ignore[attr-defined]
        return Literal(tuple(i.value for i in items))  # type: ignore[attr-defined]
    return Tuple(tuple(items))


def text_of(pieces: Sequence[str | Expr]) -> Expr:
    """A text with holes; without holes a plain string."""
    merged: list[str | Expr] = []
    for piece in pieces:
        if isinstance(piece, Literal):
            piece = str(piece.value)
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    if all(isinstance(p, str) for p in merged):
        return Literal("".join(p for p in merged if isinstance(p, str)))
    return Text(tuple(merged))


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


def rename(expr: Expr, names: Mapping[str, Expr]) -> Expr:
    """The expression with names replaced by expressions, folded anew."""
    if not names or expr.names.isdisjoint(names):
        return expr
    if isinstance(expr, Name):
        return names.get(expr.id, expr)
    if isinstance(expr, Comprehension):
        return _rename_inside(expr, names)
    return expr.map(lambda part: rename(part, names))


def _rename_inside(expr: Comprehension, names: Mapping[str, Expr]) -> Expr:
    """The variables of a comprehension are its own; only what it goes through is read outside."""
    inside = {n: e for n, e in names.items() if n not in expr.targets}
    brought = frozenset().union(*(e.names for e in inside.values())) if inside else frozenset()
    own = {t: Name(f"{t}_") for t in expr.targets if t in brought}
    inside = {**inside, **own}
    return Comprehension(
        rename(expr.item, inside),
        tuple(own[t].id if t in own else t for t in expr.targets),
        rename(expr.iterable, names),
        None if expr.condition is None else rename(expr.condition, inside),
        expr.brackets,
    )


# --------------------------------------------------------------------------------------- evaluation
def evaluate(expr: Expr, names: Mapping[str, Any]) -> Any:
    """The value of an expression where `names` have these values. A `KeyError` tells a name without
    one. Calls are answered by what `names` has for the function."""
    if isinstance(expr, Literal):
        value = expr.value
        if isinstance(value, Size) and len(set(value)) == 1:
            return value[0]  # emitted as one number
        return tuple(value) if isinstance(value, (Size, list)) else value
    if isinstance(expr, Name):
        return names[expr.id]
    if isinstance(expr, (Op, Compare)):
        return OPERATIONS[expr.op](evaluate(expr.left, names), evaluate(expr.right, names))
    if isinstance(expr, Product):
        return math.prod(evaluate(i, names) for i in expr.items)
    if isinstance(expr, Minus):
        return -evaluate(expr.of, names)
    if isinstance(expr, Not):
        return not evaluate(expr.of, names)
    if isinstance(expr, Bool):
        values = (bool(evaluate(i, names)) for i in expr.items)
        return all(values) if expr.op == "and" else any(values)
    if isinstance(expr, Choose):
        arm = expr.then if evaluate(expr.condition, names) else expr.other
        return evaluate(arm, names)
    if isinstance(expr, (Tuple, ListOf)):
        return tuple(evaluate(i, names) for i in expr.items)
    if isinstance(expr, Subscript):
        of = evaluate(expr.of, names)
        if isinstance(expr.index, Range):
            ends = [
                None if e is None else evaluate(e, names)
                for e in (expr.index.start, expr.index.stop)
            ]
            return of[ends[0] : ends[1]]
        return of[evaluate(expr.index, names)]
    if isinstance(expr, Comprehension):
        out = []
        for item in evaluate(expr.iterable, names):
            values = (item,) if len(expr.targets) == 1 else tuple(item)
            inner = {**names, **dict(zip(expr.targets, values))}
            if expr.condition is None or evaluate(expr.condition, inner):
                out.append(evaluate(expr.item, inner))
        return tuple(out)
    if isinstance(expr, Text):
        return "".join(p if isinstance(p, str) else str(evaluate(p, names)) for p in expr.pieces)
    if isinstance(expr, Call):
        function = evaluate(expr.function, names)
        positional = [evaluate(a, names) for a in expr.positional]
        return function(*positional, **{n: evaluate(a, names) for n, a in expr.named})
    raise TypeError(f"cannot evaluate {type(expr).__name__}: {expr.text}")
