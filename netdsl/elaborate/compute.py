"""Arithmetic on values: `(@gate * @h + (1 - @gate) * @in)`, as shapes.

Values of equal rank are combined as PyTorch broadcasts: sides are equal, or one of them is 1. A learned
tensor of one dimension is one number a channel. Numbers are known when the network is compiled.
"""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from netdsl.design import Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate.functions import ON_VALUES
from netdsl.elaborate.paths import value_of
from netdsl.elaborate.unequal import unequal
from netdsl.elaborate.values import Silent, Tapped, kind_of
from netdsl.shapes import Shape, equal_when
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names

OVER_SIDES = ("min", "max", "mean")  # of one value; of several, number by number
ARITHMETIC = ("+", "-", "*", "/", "**")


def holds_value(node: ast.Expr, names: Names) -> bool:
    """Whether an expression reads a value, so that it is computed when the network runs."""
    if isinstance(node, ast.Tap):
        return True
    if isinstance(node, ast.Attribute):
        from netdsl.elaborate.lookup import FACTS

        return node.name.plain not in FACTS and holds_value(node.of, names)
    if isinstance(node, ast.Binary):
        return holds_value(node.left, names) or holds_value(node.right, names)
    if isinstance(node, ast.Unary):
        return node.op == "-" and holds_value(node.of, names)
    if isinstance(node, ast.Apply):
        return any(holds_value(a.value, names) for a in node.args)
    if isinstance(node, ast.Choose):
        return holds_value(node.then, names) or holds_value(node.other, names)
    if isinstance(node, ast.Index):
        return holds_value(node.of, names) or _is_value(node, names)
    if isinstance(node, ast.Ref):
        return _is_value(node, names)
    return False


def _is_value(node: ast.Expr, names: Names) -> bool:
    from netdsl.elaborate.expressions import evaluate

    try:
        return isinstance(evaluate(node, names), (Tapped, Value))
    except (Mistake, Silent):
        return False


def numbers_in(node: ast.Expr, names: Names) -> list[object]:
    """The numbers that stand in arithmetic on values, and which arm of a choice is taken."""
    from netdsl.elaborate.expressions import evaluate, truth

    if not holds_value(node, names):
        return [evaluate(node, names)]
    if isinstance(node, ast.Unary):
        return numbers_in(node.of, names)
    if isinstance(node, ast.Choose):
        holds = truth(node.condition, names)
        return [holds, *numbers_in(node.then if holds else node.other, names)]
    if isinstance(node, ast.Binary):
        return [*numbers_in(node.left, names), *numbers_in(node.right, names)]
    if isinstance(node, ast.Apply):
        return [n for a in node.args for n in numbers_in(a.value, names)]
    return []


class Found(NamedTuple):
    """What arithmetic reads, in order, and what its shapes need of open sizes: the pairs of shapes that are
    equal where all open sizes are multiples of a number, with that number."""

    values: list[Value]
    conditions: list[tuple[int, Shape, Shape]]


def computed_shape(node: ast.Expr, names: Names) -> tuple[Shape, Found]:
    """The shape of the result, and what it was made of."""
    found = Found([], [])
    shape = _shape(node, names, found)
    if shape is None:
        raise Mistake(
            "E207",
            "no value stands in this arithmetic",
            node.span,
            hint="`@name` is the value that a labelled step gave",
        )
    if all(v.tensor for v in found.values):
        raise Mistake(
            "E207", "only learned tensors stand in this arithmetic, no value that flows", node.span
        )
    return shape, found


def _shape(node: ast.Expr, names: Names, read: Found) -> Shape | None:
    """The shape of a part; None for a number."""
    from netdsl.elaborate.expressions import evaluate, truth

    if not holds_value(node, names):
        number = evaluate(node, names)
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise Mistake(
                "E207",
                f"arithmetic on values needs values and numbers, not {kind_of(number)}",
                node.span,
                hint="the value itself is `@in`" if isinstance(node, ast.In) else None,
            )
        return None
    if isinstance(node, ast.Unary):
        return _shape(node.of, names, read)
    if isinstance(node, ast.Choose):
        return _shape(node.then if truth(node.condition, names) else node.other, names, read)
    if isinstance(node, ast.Binary):
        if node.op not in ARITHMETIC:
            raise Mistake(
                "E207",
                f"`{node.op}` does not work on values",
                node.span,
                hint=f"there are {' '.join(ARITHMETIC)} and {', '.join(ON_VALUES)}",
            )
        left = _shape(node.left, names, read)
        right = _shape(node.right, names, read)
        return _broadcast([(left, node.left), (right, node.right)], node, names, read)
    if isinstance(node, ast.Apply):
        return _function(node, names, read)
    found = evaluate(node, names)
    if not isinstance(found, (Tapped, Value)):
        raise Mistake("E207", f"`{node.span.text}` is {kind_of(found)}, not a value", node.span)
    value = value_of(found)
    if value.shape is None:
        raise Silent
    read.values.append(value)
    return value.shape


def _function(node: ast.Apply, names: Names, read: Found) -> Shape | None:
    name = node.of.name if isinstance(node.of, ast.Ref) else ""
    if name not in ON_VALUES:
        raise Mistake(
            "E207",
            f"`{node.of.span.text}` does not work on values",
            node.of.span,
            hint=f"there are {', '.join(ON_VALUES)}; a layer is a step of its own",
        )
    fewest, most = ON_VALUES[name]
    if not fewest <= len(node.args) <= most:
        raise Mistake(
            "E111",
            f"`{name}` takes one value" if most == 1 else f"`{name}` needs a value",
            node.span,
        )
    over = f"`{name}(@label)` goes over height and width, channel by channel"
    for argument in node.args:
        if argument.name is not None:
            message = f"`{name}` has no argument `{argument.name.text}`"
            hint = over if name in OVER_SIDES else None
            raise Mistake("E110", message, argument.name.span, hint=hint)
    shapes = [(_shape(a.value, names, read), a.value) for a in node.args]
    if len(shapes) == 1 and name in OVER_SIDES:
        shape = shapes[0][0]
        assert shape is not None
        if not shape.sides:
            message = f"`{name}` goes over height and width, and {shape.said} has none"
            hint = "`linear(1)` turns a vector into one number"
            raise Mistake("E207", message, node.span, hint=hint)
        return Shape(shape[0], *(1 for _ in shape.sides))  # over the sides, channel by channel
    number = next((part for shape, part in shapes if shape is None), None)
    if name == "mean" and number is not None:
        message = f"`mean` of several values takes values, not the number {number.span.text}"
        raise Mistake("E207", message, number.span, hint=over)
    return _broadcast(shapes, node, names, read)


def _broadcast(
    parts: list[tuple[Shape | None, ast.Expr]], node: ast.Expr, names: Names, read: Found
) -> Shape | None:
    """The common shape."""
    result: Shape | None = None
    before: ast.Expr | None = None
    for shape, part in parts:
        if shape is None:
            continue
        if result is None:
            result, before = shape, part
            continue
        joined = _join(result, shape)
        if joined is None:
            assert before is not None
            raise unequal((result, before), (shape, part), node, names)
        result, multiple = joined
        if multiple > 1:
            read.conditions.append((multiple, shape, result))
    return result


def _join(a: Shape, b: Shape) -> tuple[Shape, int] | None:
    """The common shape, and of what open sizes must be multiples for it."""
    if len(a) == 1 or len(b) == 1:
        # of two flat ones too: one number for all channels
        short, long = (a, b) if len(a) < len(b) or a[0] == 1 else (b, a)
        return (long, 1) if short[0] in (long[0], 1) else None
    if len(a) != len(b):
        return None
    sides, multiple = [], 1
    for x, y in zip(a, b):
        equal = equal_when(x, y)
        if y == 1 or equal is not None:
            sides.append(x)
        elif x == 1:
            sides.append(y)
        else:
            return None
        if y != 1 and equal is not None:
            multiple = lcm(multiple, equal)
    return Shape(*sides), multiple
