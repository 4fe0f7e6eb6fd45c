"""Python's `reversed` and `zip` give what one loop spends and what has no entries; the language's are lists."""

from __future__ import annotations

from netdsl.code.expr import Call, Expr, Literal, Minus, Name, Range, Subscript, call

BACKWARDS = Range(None, None, Minus(Literal(1)))
SPENT = ("zip", "enumerate")


def lasting(expr: Expr) -> Expr:
    """What is kept and read as often as one likes: `widths[::-1]`, `tuple(zip(...))`."""
    if not isinstance(expr, Call) or not isinstance(expr.function, Name):
        return expr
    if expr.function.id == "reversed":
        return Subscript(lasting(expr.positional[0]), BACKWARDS)
    return call("tuple", expr) if expr.function.id in SPENT else expr


def passing(expr: Expr) -> Expr:
    """The same where one loop reads it, as one would write it: `reversed(widths)`, `zip(...)`."""
    if isinstance(expr, Subscript) and is_backwards(expr.index):
        return call("reversed", expr.of)
    if isinstance(expr, Call) and isinstance(expr.function, Name):
        if expr.function.id == "tuple" and isinstance(expr.positional[0], Call):
            return passing(expr.positional[0])
        if expr.function.id in SPENT:
            return Call(expr.function, tuple(map(passing, expr.positional)), expr.named)
    return expr


def is_backwards(index: Expr) -> bool:
    """Whether a subscript turns a list round."""
    return isinstance(index, Range) and index.text == BACKWARDS.text
