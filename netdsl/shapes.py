"""Sizes and shapes: `3x3`, `64x112x112`, and sizes that are open (`3x?x?`) with exact formulas.

A dimension is an `int`, or an `Open`: an integer-linear form of the symbols H, W, ... and of rounded
quotients of such forms. That is closed under everything a layer does to a height or a width, so the
shape rules of the layers are written once and hold for both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Self, TypeAlias


class Size(tuple[int | None, ...]):
    """A size as written, `3x3` or `1x7`: a type of its own, unlike a list. None is an open side."""

    __slots__ = ()

    def __str__(self) -> str:
        return "x".join("?" if side is None else str(side) for side in self)

    def __repr__(self) -> str:
        return f"Size({self})"


class Quotient:
    """floor(of / by), an atom of an `Open`; `of` has its constant within 0..by-1."""

    __slots__ = ("_hash", "_text", "by", "of")

    def __init__(self, of: Open, by: int) -> None:
        self.of = of
        self.by = by
        self._hash = hash((of, by))  # kept, like the text: quotients stand in each other
        self._text: str | None = None

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Quotient) and (self.of, self.by) == (other.of, other.by)

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        if self._text is None:
            if self.of.constant == self.by - 1:
                self._text = f"ceil({_over(self.of - self.of.constant)}/{self.by})"
            else:
                self._text = f"floor({_over(self.of)}/{self.by})"
        return self._text


def _over(value: Dim) -> str:
    """What stands above the line of a fraction: a sum in brackets."""
    single = isinstance(value, Open) and len(value.terms) == 1 and not value.constant
    return str(value) if single else f"({value})"


Atom: TypeAlias = str | Quotient


class Open:
    """A dimension that is known as a formula only, in normal form: equal formulas compare equal.

    >>> h = Open.symbol("H")
    >>> print((h + 2 - 3) // 2 + 1)
    ceil(H/2)
    >>> print(2 * (h * 8) // 4)
    4*H
    """

    __slots__ = ("constant", "terms")

    def __init__(self, terms: Mapping[Atom, int], constant: int = 0) -> None:
        kept = [(atom, k) for atom, k in terms.items() if k]
        if len(kept) > 1:
            kept.sort(key=lambda term: str(term[0]))
        self.terms: tuple[tuple[Atom, int], ...] = tuple(kept)
        self.constant = constant

    @classmethod
    def symbol(cls, name: str) -> Open:
        return cls({name: 1})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Open):
            return False
        return (self.terms, self.constant) == (other.terms, other.constant)

    def __hash__(self) -> int:
        return hash((self.terms, self.constant))

    def __add__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            return Open(dict(self.terms), self.constant + other)
        terms = dict(self.terms)
        for atom, k in other.terms:
            terms[atom] = terms.get(atom, 0) + k
        total = Open(terms, self.constant + other.constant)
        return total if total.terms else total.constant

    __radd__ = __add__

    def __neg__(self) -> Open:
        return Open({atom: -k for atom, k in self.terms}, -self.constant)

    def __sub__(self, other: Dim) -> Dim:
        return self + -other

    def __rsub__(self, other: int) -> Dim:
        return -self + other

    def __mul__(self, other: int) -> Dim:
        if not isinstance(other, int):
            return NotImplemented
        if other == 0:
            return 0
        return Open({atom: k * other for atom, k in self.terms}, self.constant * other)

    __rmul__ = __mul__

    def __floordiv__(self, by: int) -> Dim:
        if by == 1:
            return self
        whole = {atom: k // by for atom, k in self.terms if k % by == 0}
        rest = Open({atom: k for atom, k in self.terms if k % by}, self.constant)
        if not rest.terms:
            return Open(whole, rest.constant // by)
        # floor(floor(e / a) / by) is floor(e / (a * by)); constants of at least `by` come out
        shift, constant = divmod(rest.constant, by)
        inner = Open(dict(rest.terms), constant)
        if len(inner.terms) == 1 and inner.terms[0][1] == 1:
            atom = inner.terms[0][0]
            if isinstance(atom, Quotient):
                deeper = (atom.of + constant * atom.by) // (atom.by * by)
                return Open(whole, shift) + deeper
        common = math.gcd(by, *(k for _, k in inner.terms))
        if common > 1:  # floor((2 e + c) / (2 b)) is floor((e + floor(c / 2)) / b)
            inner = Open({a: k // common for a, k in inner.terms}, constant // common)
            return Open(whole, shift) + inner // (by // common)
        return Open({**whole, Quotient(inner, by): 1}, shift)

    def at(self, values: Mapping[str, Dim]) -> Dim:
        """The value where the symbols have these values, which may be formulas again."""
        total: Dim = self.constant
        for atom, k in self.terms:
            if isinstance(atom, str):
                total = total + values.get(atom, Open.symbol(atom)) * k
            else:
                total = total + (atom.of.at(values) // atom.by) * k
        return total

    @property
    def period(self) -> int:
        """After how many places it begins to repeat, but for growing evenly: rounding sees no further."""
        found = 1
        for atom, _ in self.terms:
            if isinstance(atom, Quotient):
                found = math.lcm(found, atom.by * atom.of.period)
        return found

    @property
    def symbols(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for atom, _ in self.terms:
            for name in (atom,) if isinstance(atom, str) else atom.of.symbols:
                found[name] = None
        return tuple(found)

    def __str__(self) -> str:
        if len(self.terms) == 1 and self.constant and isinstance(self.terms[0][0], Quotient):
            short = self._one_fraction()
            if short:
                return short
        out = ""
        for atom, k in self.terms:
            sign = "-" if k < 0 else "+" if out else ""
            # H/2 is of multiples (formulas.shortened)
            times, under = (
                abs(k.numerator),
                k.denominator,
            )
            out += f"{sign}{'' if times == 1 else f'{times}*'}{atom}"
            out += "" if under == 1 else f"/{under}"
        if self.constant or not out:
            out += f"{'+' if self.constant >= 0 and out else ''}{self.constant}"
        return out

    def _one_fraction(self) -> str:
        """`ceil((H+10)/16)` for `floor((H+9)/16)+1`; nothing where that says it no shorter."""
        atom, times = self.terms[0]
        if times != 1 or not isinstance(atom, Quotient) or self.constant < 0:
            return ""
        above = atom.of + self.constant * atom.by
        forms = (
            f"ceil({_over(above - (atom.by - 1))}/{atom.by})",
            f"floor({_over(above)}/{atom.by})",
        )
        long = len(f"{atom}+{self.constant}")
        return next((form for form in forms if len(form) < long), "")

    def __repr__(self) -> str:
        return f"Open({self})"


Dim: TypeAlias = int | Open


def ceil_div(a: Dim, b: int) -> Dim:
    """The smallest whole number not below a / b."""
    return (a + b - 1) // b  # -(-a // b) would be another formula for the same


def equal_when(a: Dim, b: Dim) -> int | None:
    """The smallest m such that a = b whenever every open size in them is a multiple of m.

    1 if they are always equal, None if there is no such number up to 1024. The answer is a proof, and for
    formulas of one size a complete one: their difference grows evenly from one period of its quotients
    to the next, so that two periods decide. Formulas of several sizes are compared in their normal form.
    """
    if a == b:
        return 1
    if isinstance(a, int) and isinstance(b, int):
        return None
    difference = a - b
    if isinstance(difference, int):
        return None  # never equal
    return _zero_when(difference)


MOST = 1024  # multiples that are looked for
LONGEST = 8192  # sizes that are tried


@lru_cache(maxsize=4096)
def _zero_when(difference: Open) -> int | None:
    names = difference.symbols
    period = difference.period
    if len(names) == 1 and 2 * period <= LONGEST:
        zero = [difference.at({names[0]: n}) == 0 for n in range(1, 2 * period + 1)]
        # n and n + period differ by the same in all periods, so that both or none of its multiples are 0
        for m in range(1, min(period, MOST) + 1):
            if period % m == 0 and all(zero[m - 1 :: m]):
                return m
        return None
    for m in (*(2**k for k in range(1, 11)), period):
        if 1 < m <= MOST and difference.at({n: Open.symbol(n) * m for n in names}) == 0:
            return m
    return None


class Shape(tuple[Dim, ...]):
    """The shape of a value, without the batch: channels first, then depth, height and width."""

    __slots__ = ()

    def __new__(cls, *dims: Dim) -> Self:
        return super().__new__(cls, dims)

    @property
    def channels(self) -> int:
        """The first dimension. Channels are never open."""
        first = self[0]
        assert isinstance(first, int)
        return first

    @property
    def sides(self) -> tuple[Dim, ...]:
        """What follows the channels: (), (L,), (H, W) or (D, H, W)."""
        return self[1:]

    def with_channels(self, channels: int) -> Shape:
        return Shape(channels, *self[1:])

    def with_sides(self, sides: Iterable[Dim]) -> Shape:
        return Shape(self[0], *sides)

    @property
    def known(self) -> bool:
        return all(isinstance(d, int) for d in self)

    @property
    def elements(self) -> int | None:
        """How many numbers a value of this shape has; None while a size is open."""
        return math.prod(d for d in self if isinstance(d, int)) if self.known else None

    def at(self, values: Mapping[str, Dim]) -> Shape:
        return Shape(*(d.at(values) if isinstance(d, Open) else d for d in self))

    @property
    def said(self) -> str:
        """The shape in a sentence, where a bare number would not say what it counts."""
        return f"a flat vector of {self}" if len(self) == 1 else str(self)

    def __str__(self) -> str:
        def shown(dim: Dim) -> str:
            text = str(dim)
            return text if text.isalnum() or text.endswith(")") and "*" not in text else f"({text})"

        return "x".join(shown(d) for d in self)

    def __repr__(self) -> str:
        return f"Shape({self})"


SIDE_NAMES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
