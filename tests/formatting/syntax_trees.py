"""Syntax trees without their places, to be compared."""

from __future__ import annotations

from typing import Any

from netdsl.depth import with_room
from netdsl.diagnostics import Report
from netdsl.source import Source
from netdsl.syntax import ast
from netdsl.syntax.parse import parse


@with_room
def tree_of(text: str) -> Any:
    """What a text says; None if it has mistakes."""
    report = Report()
    tree = parse(Source("<text>", text), report)
    return None if report.errors else _plain(tree)


def _plain(value: Any) -> Any:
    if isinstance(value, ast.Node):
        fields = (f for f in value._fields if f not in ("span", "source"))
        return (type(value).__name__, *(_plain(getattr(value, f)) for f in fields))
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value
