"""Open sizes: the formula that comes out holds at every size that the concrete rule allows."""

from __future__ import annotations

import random
from typing import Any

import pytest
from layer_oracle import CASES, case_id, layer

from netdsl.diagnostics import Mistake
from netdsl.shapes import SIDE_NAMES, Open, Shape

OPENABLE = [case for case in CASES if len(case[2]) > 1]
# What cannot take an open size at all; test_layer_refusals says how it is refused.
CLOSED = ("flatten", "layernorm")


@pytest.mark.parametrize(("word", "arguments", "x"), OPENABLE, ids=case_id)
def test_formula_holds(word: str, arguments: dict[str, Any], x: Shape) -> None:
    made = layer(word, **arguments)
    names = SIDE_NAMES[len(x.sides)]
    formula = x.with_sides(Open.symbol(name) for name in names)
    try:
        y = made.output(formula)
    except Mistake as mistake:
        assert mistake.diagnostic.code in ("E218", "E219", "E223")
        assert word in (*CLOSED, "reshape", "permute", "space_to_depth", "normalize")
        return
    assert word not in CLOSED
    step = made.condition(formula)
    draw = random.Random(1)
    tried = 0
    for _ in range(30):
        values = {name: draw.randrange(1, 40) * step for name in names}
        concrete = formula.at(values)
        try:
            expected = made.output(concrete)
        except Mistake:
            continue
        tried += 1
        assert y.at(values) == expected
    assert tried


def test_space_to_depth_needs_even_sides() -> None:
    h, w = Open.symbol("H"), Open.symbol("W")
    made = layer("space_to_depth", factor=2)
    assert made.condition(Shape(3, h, w)) == 2
    assert made.condition(Shape(3, 2 * h, 4 * w)) == 1
    assert made.output(Shape(3, h, w)) == Shape(12, h // 2, w // 2)


def test_costs_are_formulas_of_open_sides() -> None:
    x = Shape(3, Open.symbol("H"), 8)
    conv, up = (
        layer("conv", channels=4, kernel_size=3),
        layer("conv_transpose", channels=4, kernel_size=3),
    )
    cost = conv.cost(x, conv.output(x))
    assert cost.parameters == 4 * 3 * 9 + 4
    assert [str(cost.macs), str(cost.connections)] == ["648*(H-2)", "672*(H-2)"]
    assert str(up.cost(x, up.output(x)).macs) == "864*H"
    assert layer("global_avgpool").window(x) is None
