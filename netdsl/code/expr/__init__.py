"""Expressions of the Python that is emitted.

They are built with the functions and operators here, which fold: what has only literal leaves is a
literal (`64 + 128 + 32 + 32` is `256`). Beyond that only `e * 1`, `e + 0`, `e // 1`, `(e * k) // k`,
`e * a * b`, equal arms and conditions that are constant are simplified: what an author wrote stays
recognisable. `evaluate` runs an expression on numbers, which is how emission is checked.

Each kind of expression stands with the function that builds it, in the order in which they build on
each other: `operators` and `literals` (how Python writes), `arithmetic` (what an expression is),
`logic`, `lists`, `access` (attributes, elements, calls), `fstring`, `names`.
"""

from netdsl.code.expr.access import Attribute, Call, Range, Subscript, call, given, subscript
from netdsl.code.expr.arithmetic import (
    Expr,
    Literal,
    Many,
    Minus,
    Name,
    Op,
    Product,
    Sum,
    added,
    binary,
    bracketed,
    is_literal,
    is_number,
    is_tight_power,
    is_whole,
    lift,
    negative,
    product,
    summands,
    total,
)
from netdsl.code.expr.fstring import Text, text_of
from netdsl.code.expr.lists import Comprehension, ListOf, Star, Tuple, sequence
from netdsl.code.expr.literals import escaped, literal_text, number_text, quote_for, quoted
from netdsl.code.expr.logic import Bool, Choose, Compare, Not, choose, compare, logical, negate
from netdsl.code.expr.names import evaluate, rename
from netdsl.code.expr.operators import (
    AND,
    ATOM,
    CHOOSE,
    COMPARE,
    NEGATION,
    NOT,
    OPERATIONS,
    OR,
    POWER,
    PRODUCT,
    SUM,
    UNION,
)

__all__ = [
    "AND",
    "ATOM",
    "CHOOSE",
    "COMPARE",
    "NEGATION",
    "NOT",
    "OPERATIONS",
    "OR",
    "POWER",
    "PRODUCT",
    "SUM",
    "UNION",
    "Attribute",
    "Bool",
    "Call",
    "Choose",
    "Compare",
    "Comprehension",
    "Expr",
    "ListOf",
    "Literal",
    "Many",
    "Minus",
    "Name",
    "Not",
    "Op",
    "Product",
    "Range",
    "Star",
    "Subscript",
    "Sum",
    "Text",
    "Tuple",
    "added",
    "binary",
    "bracketed",
    "call",
    "choose",
    "compare",
    "escaped",
    "evaluate",
    "given",
    "is_literal",
    "is_number",
    "is_tight_power",
    "is_whole",
    "lift",
    "literal_text",
    "logical",
    "negate",
    "negative",
    "number_text",
    "product",
    "quote_for",
    "quoted",
    "rename",
    "sequence",
    "subscript",
    "summands",
    "text_of",
    "total",
]
