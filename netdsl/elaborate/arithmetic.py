"""Arithmetic and comparison of numbers, lists, and sizes that are open."""

from __future__ import annotations

from typing import Any

from netdsl.code.expr import OPERATIONS
from netdsl.diagnostics import Mistake
from netdsl.elaborate.functions import MOST_ENTRIES, bounded
from netdsl.elaborate.values import LONGEST, kind_of
from netdsl.layers.fields import GIVE_SIZE
from netdsl.shapes import Open
from netdsl.syntax import ast

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def _comparable(left: Any, right: Any, op: str) -> bool:
    numbers = (int, float)
    if isinstance(left, numbers) and isinstance(right, numbers):
        return isinstance(left, bool) == isinstance(right, bool) and (
            op in ("==", "!=") or not isinstance(left, bool)
        )
    return op in ("==", "!=")


def combine(op: str, left: Any, right: Any, node: ast.Expr) -> Any:
    """Arithmetic and comparison of two things that are known."""
    if op in COMPARISONS:
        if isinstance(left, Open) or isinstance(right, Open):
            if op in ("==", "!=") and left == right:
                return op == "=="
            raise Mistake(
                "E209",
                "this cannot be decided while a size is open",
                hint=GIVE_SIZE,
            )
        if not _comparable(left, right, op):
            raise Mistake("E122", f"`{op}` cannot compare {kind_of(left)} with {kind_of(right)}")
        return OPERATIONS[op](left, right)
    if op == "+" and type(left) is tuple and type(right) is tuple:
        if len(left) + len(right) > LONGEST:
            raise Mistake("E127", "this list is too long", hint=MOST_ENTRIES)
        return left + right
    if op == "*" and type(left) is tuple and isinstance(right, int) and not isinstance(right, bool):
        if len(left) * max(right, 0) > LONGEST:
            entries = len(left) * right
            raise Mistake("E127", f"a list of {entries:,} entries is too long", hint=MOST_ENTRIES)
        return left * right
    for side in (left, right):
        if isinstance(side, bool) or not isinstance(side, (int, float, Open)):
            raise Mistake("E122", f"`{op}` needs numbers, not {kind_of(side)}")
    if isinstance(left, Open) or isinstance(right, Open):
        return _open_arithmetic(op, left, right)
    if op == "**":
        if abs(left) > 1 and abs(right) > 64:  # type: ignore[arg-type]
            raise Mistake("E127", "this power is too large")
        if left == 0 and right < 0:
            raise Mistake("E127", "division by zero")
    if op in ("/", "//", "%") and right == 0:
        raise Mistake("E127", "division by zero")
    try:
        return bounded(OPERATIONS[op](left, right))
    except OverflowError:
        raise Mistake("E127", "this number is too large") from None


def _open_arithmetic(op: str, left: Any, right: Any) -> Any:
    whole = all(isinstance(s, (int, Open)) for s in (left, right))
    try:
        if (
            whole
            and op in ("+", "-", "*")
            and not (op == "*" and isinstance(left, Open) and isinstance(right, Open))
        ):
            return OPERATIONS[op](left, right)
        if whole and op == "//" and isinstance(right, int) and right > 0:
            return left // right
    except TypeError:
        pass
    raise Mistake(
        "E209",
        f"`{op}` cannot be done while a size is open",
        hint=GIVE_SIZE,
    )
