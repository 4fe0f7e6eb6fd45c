"""What a network with open sizes demands of them, at the beginning of `forward`.

`add` and `concat` may take some sizes only. PyTorch would say so late and in its own words, or not at all
where one side is 1 and is repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm

from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import If, Raise, Statement
from netdsl.design import Design
from netdsl.shapes import Open


def guards(design: Design, parameters: Sequence[str]) -> list[Statement]:
    """The test of what `parameters` hold, which are the inputs in their order; nothing where all sizes will
    do, and for detectors, which make images as large as they must be."""
    if design.heads or not design.conditions:
        return []
    multiples: dict[str, int] = {}
    for multiple, _, names in design.conditions:
        for name in names:
            multiples[name] = lcm(multiples.get(name, 1), multiple)
    found: list[Statement] = []
    for parameter, value in zip(parameters, design.inputs.values()):
        wanted: dict[int, list[int]] = {}  # multiple -> dimensions
        for place, dim in enumerate(value.shape):
            if isinstance(dim, Open) and multiples.get(str(dim), 1) > 1:
                wanted.setdefault(multiples[str(dim)], []).append(place + 1)
        for multiple, places in wanted.items():
            tests = [_rest(parameter, place, multiple) for place in places]
            sizes = "x".join("?" if isinstance(d, Open) else str(d) for d in value.shape)
            said = f"the open sizes of {sizes} must be multiples of {multiple}"
            error = code.call("ValueError", Literal(said))
            found.append(If(code.logical("or", tests), (Raise(error),)))
    return found


def _rest(parameter: str, place: int, multiple: int) -> Expr:
    """`x.shape[2] % 16`."""
    side = code.Subscript(code.Attribute(Name(parameter), "shape"), Literal(place))
    return code.binary("%", side, Literal(multiple))
