"""Formulas of open sizes against brute force: every formula, at every size, is the number that it says."""

from __future__ import annotations

import math
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sides import walked

from netdsl.formulas import (
    Formula,
    at,
    atoms_of,
    elements,
    latex,
    multiple_for,
    product,
    shortened,
)
from netdsl.shapes import Dim, Open, Shape, ceil_div

H, W = Open.symbol("H"), Open.symbol("W")
SIZES = range(1, 201)
# What layers do to a side: a convolution, a rounded-up pool, a transposed convolution, padding, cropping.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["floor", "ceil", "times", "plus", "minus"]),
        st.integers(1, 5),
        st.integers(0, 6),
    ),
    max_size=5,
)


@given(STEPS)
def test_a_side_is_what_its_formula_says(steps: list[tuple[str, int, int]]) -> None:
    formula = walked(H, steps)
    for n in SIZES:
        assert at(formula, {"H": n}) == walked(n, steps)


@given(STEPS, STEPS, st.integers(1, 99), st.integers(-99, 99))
def test_sums_and_products(
    a: list[tuple[str, int, int]], b: list[tuple[str, int, int]], k: int, more: int
) -> None:
    left, right = walked(H, a), walked(W, b)
    formula = product([k, left, right]) + product([left, left]) - right + more
    squared = formula * formula
    for n in (1, 2, 3, 5, 8, 31, 64, 97, 200):
        for m in (1, 2, 7, 16, 33, 199):
            x, y = walked(n, a), walked(m, b)
            said = k * x * y + x * x - y + more
            assert at(formula, {"H": n, "W": m}) == said
            assert at(squared, {"H": n, "W": m}) == said * said
    assert formula - formula == 0


@given(STEPS)
def test_short_formulas_hold_for_their_multiples(steps: list[tuple[str, int, int]]) -> None:
    formula = walked(H, steps)
    work = product([formula, formula, W]) + formula
    multiple = multiple_for([d for d in (formula,) if isinstance(d, Open)])
    short, short_work = shortened(formula, multiple), shortened(work, multiple)
    assert "floor" not in str(short_work) and "ceil" not in str(short_work)
    for n in range(multiple, 4 * multiple + 1, multiple):
        values: dict[str, Dim] = {"H": n, "W": 3 * multiple}
        assert at(short, values) == at(formula, values)
        assert at(short_work, values) == at(work, values)


@given(STEPS)
def test_texts_can_be_computed(steps: list[tuple[str, int, int]]) -> None:
    """What people read is arithmetic, and gives the number."""
    formula = walked(H, steps)
    work = product([7, formula, W]) + formula * 3 + 1
    names = {"floor": math.floor, "ceil": math.ceil}
    for n in (1, 2, 3, 10, 33, 64, 101):
        values = {"H": n, "W": 5}
        assert eval(str(formula), {**names, **values}) == at(formula, values)
        assert eval(str(work), {**names, **values}) == at(work, values)
        assert eval(f"{work:_}", {**names, **values}) == at(work, values)


def test_equal_formulas_are_equal_however_they_were_made() -> None:
    one = product([H - 2, W - 2])
    two: Any = product([H, W]) - 2 * H - 2 * W + 4
    assert one == two and hash(one) == hash(two)
    assert product([H]) == H and product([3, 4]) == 12 and product([]) == 1
    assert one != 4 and one != product([H, W])
    assert {one: "a"}[two] == "a"


def test_texts() -> None:
    half = ceil_div(H, 2)
    assert str(product([9408, half, ceil_div(W, 2)])) == "9408*ceil(H/2)*ceil(W/2)"
    assert f"{product([9408, half, W]):,}" == "9,408*ceil(H/2)*W"
    assert str(product([36, H - 2, W - 2])) == "36*(H-2)*(W-2)"
    assert str(product([36, H - 2]) + product([3, H - 2])) == "39*(H-2)"
    assert str(product([2, H, W]) + product([half, half]) + 7) == "2*H*W + ceil(H/2)*ceil(H/2) + 7"
    assert str((H + 17) // 48) == "floor((H+17)/48)"
    assert str(shortened(product([half, W]), 2)) == "H*W/2"
    assert str(Shape(512, *(shortened(ceil_div(s, 32), 32) for s in (H, W)))) == "512x(H/32)x(W/32)"
    with pytest.raises(ValueError, match="format"):
        format(product([H, W]), ".2f")


def test_latex() -> None:
    half = ceil_div(H, 2)
    assert latex(product([9408, half, H - 2])) == (
        r"9{,}408 \, \lceil H/2 \rceil \, \left(H - 2\right)"
    )
    assert latex((H + 17) // 48 + 1) == r"\lfloor (H + 17)/48 \rfloor + 1"
    assert latex(Open.symbol("H2") * 3) == r"3 \, H_{2}"
    assert latex(12) == "12"


def test_partly_known() -> None:
    work: Any = product([3, H, W])
    assert work.at({"H": 5}) == 15 * W and isinstance(work, Formula)
    assert elements(Shape(3, H, 2)) == 6 * H and elements(Shape(3, 2)) == 6
    assert [str(a) for a in atoms_of(cast(Formula, work * ceil_div(H, 2)))] == [
        "H",
        "W",
        "ceil(H/2)",
    ]
    assert work.symbols == ("H", "W")
