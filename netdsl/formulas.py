"""Costs while sizes are open: exact polynomials over the rounded sizes of `netdsl.shapes`.

A layer's work is a product of sides, and a network's is a sum of such products, so that neither is one
of the linear forms that a side is: `9408*ceil(H/2)*ceil(W/2) + 2048000`. Equal formulas compare equal,
because both are written out in products of the same atoms (H, floor(H/2), ...).

>>> h, w = Open.symbol("H"), Open.symbol("W")
>>> work = product([64, (h + 1) // 2, (w + 1) // 2])
>>> print(work)
64*ceil(H/2)*ceil(W/2)
>>> work.at({"H": 5, "W": 6})
576
>>> print(shortened(work, 2))
16*H*W
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, Union

from netdsl.shapes import Atom, Dim, Open, Quotient, Shape

Monomial: TypeAlias = tuple[Atom, ...]
Count: TypeAlias = Union[int, "Formula"]


class Formula:
    """A polynomial with whole coefficients over the atoms of open sizes; never a plain number, which is
    an `int` instead.

    `factors` are what it is the product of, where it was made as one: people read
    `36*(H-2)*(W-2)` more easily than what it is written out. Two formulas are equal if they are so for
    all sizes that the normal form can tell.
    """

    __slots__ = ("_terms", "factors")

    def __init__(self, terms: Mapping[Monomial, Any], factors: Sequence[Dim] = ()) -> None:
        self._terms = {monomial: k for monomial, k in terms.items() if k}
        self.factors = tuple(factors)

    @property
    def terms(self) -> tuple[tuple[Monomial, int], ...]:
        """Products of atoms with their coefficients: larger sizes first, the constant last."""
        return tuple(sorted(self._terms.items(), key=_place))

    @property
    def symbols(self) -> tuple[str, ...]:
        """The open sizes it depends on, in the order of the alphabet."""
        return tuple(sorted({n for monomial in self._terms for a in monomial for n in _names(a)}))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Open):
            other = _terms_of(other)
        elif isinstance(other, Formula):
            other = other._terms
        return self._terms == other

    def __hash__(self) -> int:
        return hash(frozenset(self._terms.items()))

    def __bool__(self) -> bool:
        return True

    def __add__(self, other: Count | Open) -> Count:
        if not isinstance(other, (int, Open, Formula)):
            return NotImplemented
        if isinstance(other, int) and other == 0:
            return self
        terms = dict(self._terms)
        for monomial, k in _terms_of(other).items():
            terms[monomial] = terms.get(monomial, 0) + k
        return _collapsed(terms, self._together(other))

    def _together(self, other: Count | Open) -> Sequence[Dim]:
        """The factors of a sum of two products that differ in their number only: 3*H*W and H*W."""
        theirs = other.factors if isinstance(other, Formula) else ()
        if not self.factors or not theirs:
            return ()
        (k, mine), (n, rest) = _gathered(self.factors), _gathered(theirs)
        return (k + n, *mine) if mine == rest else ()

    __radd__ = __add__

    def __neg__(self) -> Formula:
        factors = (-1, *self.factors) if self.factors else ()
        return Formula({monomial: -k for monomial, k in self._terms.items()}, factors)

    def __sub__(self, other: Count | Open) -> Count:
        if not isinstance(other, (int, Open, Formula)):
            return NotImplemented
        return self + -other

    def __rsub__(self, other: int) -> Count:
        return -self + other

    def __mul__(self, other: Count | Open) -> Count:
        if not isinstance(other, (int, Open, Formula)):
            return NotImplemented
        found: dict[Monomial, int] = {}
        theirs = _terms_of(other)
        for left, k in self._terms.items():
            for right, n in theirs.items():
                monomial = (
                    tuple(sorted((*left, *right), key=str)) if left and right else left or right
                )
                found[monomial] = found.get(monomial, 0) + k * n
        added = other.factors if isinstance(other, Formula) else (other,)
        return _collapsed(found, (*self.factors, *added) if self.factors and added else ())

    __rmul__ = __mul__

    def at(self, values: Mapping[str, Dim]) -> Count:
        """The value where the symbols have these values, which may be formulas again; symbols without
        one stay open."""
        total: Count = 0
        for monomial, k in self._terms.items():
            total = total + product([k, *(_atom_at(atom, values) for atom in monomial)])
        if isinstance(total, Formula) and self.factors:
            total.factors = tuple(f.at(values) if isinstance(f, Open) else f for f in self.factors)
        return total

    # -------------------------------------------------------------------------------------- people
    def __str__(self) -> str:
        return self._text("")

    def __format__(self, spec: str) -> str:
        """`f"{formula:,}"` groups the digits of its coefficients, as it does those of numbers."""
        if spec not in ("", ",", "_"):
            raise ValueError(f"a formula has no format {spec!r}")
        return self._text(spec)

    def __repr__(self) -> str:
        return f"Formula({self})"

    def _text(self, spec: str) -> str:
        if self.factors:
            number, rest = _gathered(self.factors)
            shown = [_bracketed(str(f)) for f in rest]
            return "*".join([*([] if number == 1 else [_number(number, spec)]), *shown])
        out = ""
        for monomial, k in self.terms:
            sign = (" - " if out else "-") if k < 0 else (" + " if out else "")
            size = _number(abs(k), spec)
            parts = [size] if not monomial or size != "1" else []
            under = f"/{k.denominator:{spec}}" if k.denominator != 1 else ""
            out += sign + "*".join([*parts, *map(str, monomial)]) + under
        return out

    def latex(self) -> str:
        r"""It in the letters of mathematics: `9408 \lceil H/2 \rceil \lceil W/2 \rceil`."""
        if self.factors:
            number, rest = _gathered(self.factors)
            shown = [latex(f) if _single(f) else rf"\left({latex(f)}\right)" for f in rest]
            return r" \, ".join([*([] if number == 1 else [_latex_number(number)]), *shown])
        out = ""
        for monomial, k in self.terms:
            sign = (" - " if out else "-") if k < 0 else (" + " if out else "")
            parts = [_latex_number(abs(k))] if not monomial or abs(k) != 1 else []
            out += sign + r" \, ".join([*parts, *map(_latex_atom, monomial)])
        return out


# ------------------------------------------------------------------------------------------- making
def product(factors: Iterable[Count | Dim]) -> Count:
    """The product of numbers, sizes and formulas; 1 of none.

    What it is made of stays together in its text.
    """
    number = 1
    formula: Formula | None = None
    for factor in factors:
        if not isinstance(factor, (Open, Formula)):
            number = number * factor
        elif formula is None:
            formula = (
                factor if isinstance(factor, Formula) else Formula(_terms_of(factor), (factor,))
            )
        else:
            made = formula * (
                factor if isinstance(factor, Formula) else Formula(_terms_of(factor), (factor,))
            )
            assert isinstance(made, Formula)  # whole polynomials have no divisors of zero
            formula = made
    if formula is None:
        return number
    return formula if number == 1 else formula * number


def elements(shape: Iterable[Dim]) -> Count:
    """How many numbers a value of this shape has, whether its sizes are open or not."""
    return product(shape)


def at(count: Any, values: Mapping[str, Dim]) -> Any:
    """A number, a size, a shape or a formula where the symbols have these values; None of None."""
    return count.at(values) if isinstance(count, (Open, Formula, Shape)) else count


def _terms_of(value: Count | Open) -> dict[Monomial, int]:
    if isinstance(value, Formula):
        return value._terms
    if isinstance(value, Open):
        terms: dict[Monomial, int] = {(atom,): k for atom, k in value.terms}
        if value.constant:
            terms[()] = value.constant
        return terms
    return {(): value} if value else {}


def _collapsed(terms: dict[Monomial, int], factors: Sequence[Any] = ()) -> Count:
    """A number where nothing open is left of it."""
    if not any(k for monomial, k in terms.items() if monomial):
        return terms.get((), 0)
    return Formula(terms, factors)


def _atom_at(atom: Atom, values: Mapping[str, Dim]) -> Dim:
    if isinstance(atom, str):
        return values.get(atom, Open.symbol(atom))
    return atom.of.at(values) // atom.by


def _names(atom: Atom) -> tuple[str, ...]:
    return (atom,) if isinstance(atom, str) else atom.of.symbols


def _place(term: tuple[Monomial, int]) -> tuple[Any, ...]:
    """Products of more sizes first, then of larger ones: H*W, ceil(H/2)*ceil(W/2), ..."""
    monomial = term[0]
    by = max((a.by for a in monomial if isinstance(a, Quotient)), default=1)
    return (-len(monomial), by, [str(a) for a in monomial])


# ------------------------------------------------------------------------------------------ shorter
def atoms_of(formula: Formula) -> list[Open]:
    """The rounded sizes that a formula is made of."""
    found = {atom: None for monomial, _ in formula.terms for atom in monomial}
    return [Open({atom: 1}) for atom in found]


def multiple_for(dims: Iterable[Dim]) -> int:
    """The number of which all open sizes must be multiples for nothing in these sizes to be rounded."""
    found = 1
    for dim in dims:
        if isinstance(dim, Open):
            for atom, _ in dim.terms:
                if isinstance(atom, Quotient):
                    found = math.lcm(found, atom.by * multiple_for([atom.of]))
    return found


def shortened(value: Any, multiple: int) -> Any:
    """A size, shape or formula for open sizes that are multiples of `multiple`: `ceil(H/32)` is `H/32`.

    It holds for such sizes only, which whoever shows it must say.
    """
    from fractions import Fraction  # not at every start: few ask for it

    if isinstance(value, Shape):
        return Shape(*(shortened(d, multiple) for d in value))
    if isinstance(value, Open):
        scaled = value.at(_scaled(value.symbols, multiple))
        if isinstance(scaled, int):
            return scaled
        return Open({a: _whole(Fraction(k, multiple)) for a, k in scaled.terms}, scaled.constant)
    if isinstance(value, Formula):
        scaled = value.at(_scaled(value.symbols, multiple))
        if isinstance(scaled, int):
            return scaled
        terms = {m: _whole(Fraction(k, multiple ** len(m))) for m, k in scaled.terms}
        return Formula(terms)
    return value


def _scaled(names: Iterable[str], multiple: int) -> dict[str, Dim]:
    return {name: Open.symbol(name) * multiple for name in names}


def _whole(number: Any) -> Any:
    return number.numerator if number.denominator == 1 else number


# -------------------------------------------------------------------------------------------- texts
def latex(value: Dim | Formula) -> str:
    """A number, a size or a formula in LaTeX's letters for mathematics, without the dollars."""
    if isinstance(value, Formula):
        return value.latex()
    if isinstance(value, Open):
        return Formula(_terms_of(value)).latex()
    return _latex_number(value)


def _latex_number(number: Any) -> str:
    if number.denominator != 1:
        return rf"\frac{{{number.numerator}}}{{{number.denominator}}}"
    return f"{number:,}".replace(",", "{,}")


def _latex_atom(atom: Atom) -> str:
    if isinstance(atom, str):
        letter, digits = atom.rstrip("0123456789"), atom[len(atom.rstrip("0123456789")) :]
        return f"{letter}_{{{digits}}}" if digits else letter
    if atom.of.constant == atom.by - 1:
        return rf"\lceil {_over(atom.of - atom.of.constant)}/{atom.by} \rceil"
    return rf"\lfloor {_over(atom.of)}/{atom.by} \rfloor"


def _over(value: Dim) -> str:
    return latex(value) if _single(value) else f"({latex(value)})"


def _gathered(factors: Sequence[Dim]) -> tuple[int, list[Open]]:
    """The number among factors, and the others. `2*H` gives its 2 to the number."""
    number, rest = 1, []
    for factor in factors:
        if not isinstance(factor, Open):
            number = number * factor
        elif len(factor.terms) == 1 and not factor.constant:
            ((atom, k),) = factor.terms
            number = number * k
            rest.append(Open({atom: 1}))
        else:
            rest.append(factor)
    return number, rest


def _single(value: Dim) -> bool:
    return not isinstance(value, Open) or (len(value.terms) == 1 and not value.constant)


def _bracketed(text: str) -> str:
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter in "+-/*" and not depth:
            return f"({text})"
    return text


def _number(number: Any, spec: str) -> str:
    return f"{number.numerator:{spec}}"
