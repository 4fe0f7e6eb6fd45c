"""Statements in which every expression is changed, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netdsl.code.expr import Expr, rename
from netdsl.code.stmt import Statement
from netdsl.record import Record


def transform(
    item: Any, change: Callable[[Expr], Expr], text: Callable[[str], str] | None = None
) -> Any:
    """A statement with `change` done to every expression in it, and `text` to what is no expression:
    names of classes and parameters, annotations, documentation."""
    if isinstance(item, Expr):
        return change(item)
    if isinstance(item, str) and text is not None:
        return text(item)
    if isinstance(item, tuple):
        return tuple(transform(i, change, text) for i in item)
    if isinstance(item, Record):
        return item.but(**{f: transform(getattr(item, f), change, text) for f in item._fields})
    return item


def renamed(statement: Statement, names: dict[str, Expr]) -> Statement:
    """A statement with other expressions in place of some of the names that it reads."""
    return transform(statement, lambda expr: rename(expr, names)) if names else statement
