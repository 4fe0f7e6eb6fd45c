"""Python's operators: how tightly each binds, and what it does with values.

The levels decide where an expression needs brackets; `OPERATIONS` is the one table by which literals
are folded, emitted expressions are checked, and the language itself reckons.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

# Python's own order of precedence, loosest first.
CHOOSE, OR, AND, NOT, COMPARE, UNION, BOTH, SUM, PRODUCT, NEGATION, POWER, ATOM = range(12)
LEVELS = {
    "|": UNION,
    "&": BOTH,
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
    "&": operator.and_,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
