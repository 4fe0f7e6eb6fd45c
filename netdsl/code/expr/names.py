"""What names stand for: other expressions (`rename`), or values (`evaluate`).

Emission inlines and renames with the first, and checks with the second that what it wrote gives the
numbers of the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from netdsl.code.expr.access import Call, Range, Subscript
from netdsl.code.expr.arithmetic import Expr, Literal, Many, Minus, Name, Op
from netdsl.code.expr.fstring import Text
from netdsl.code.expr.lists import Comprehension, ListOf, Tuple
from netdsl.code.expr.logic import Bool, Choose, Compare, Not
from netdsl.code.expr.operators import OPERATIONS
from netdsl.shapes import Size


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
    if isinstance(expr, Many):
        return reduce(OPERATIONS[expr.sign], [evaluate(i, names) for i in expr.items])
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
            ends = (expr.index.start, expr.index.stop, expr.index.step)
            return of[slice(*(None if e is None else evaluate(e, names) for e in ends))]
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
