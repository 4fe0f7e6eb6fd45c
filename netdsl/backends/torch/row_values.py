"""What an expression of the constructor is in every row: to see whether it says the right thing."""

from __future__ import annotations

from typing import Any

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.scene import FREE
from netdsl.backends.torch.symbols import At
from netdsl.backends.torch.tokens import FUNCTIONS, plain
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Name
from netdsl.frames import Frame
from netdsl.shapes import Size

_NOTHING = object()  # a value that cannot be told; None is one


def row_values(b: Builder, expr: Expr, at: At) -> list[Any] | None:
    """What an expression of the constructor is in every row; None if that cannot be told."""
    out = []
    for i, frame in enumerate(at.rows.frames):
        names: dict[str, Any] = dict(FUNCTIONS)
        for name in expr.names:
            if name in names:
                continue
            value = _value_in(b, name, i, frame, at, whole=isinstance(expr, Name))
            if value is _NOTHING:
                return None
            names[name] = value
        try:
            out.append(code.evaluate(expr, names))
        except (ArithmeticError, TypeError, LookupError, ValueError):
            return None
    return out


def _value_in(b: Builder, name: str, row: int, frame: Frame, at: At, whole: bool = False) -> Any:
    """What a name of the constructor is in one row, whose frame this is. As a `whole` a size stays one:
    `5x5` may be written as 5 where a kernel is meant, and is no number of channels."""
    if name.startswith(FREE) and b.outer is not None:
        return _value_in(b.outer, name[1:], row, frame, at, whole)
    if name in b.meanings and name not in b.origins:
        inner = row_values(b, b.meanings[name], at)
        return _NOTHING if inner is None else inner[row]
    if name == b.in_channels_name:
        if b.outer is not None:
            return _NOTHING
        value = at.rows.lift([s.input for s in b.scopes], b.rows)[row]
        return value.shape.channels if value is not None and value.shape is not None else _NOTHING
    for param in b.params:
        if param.name == name and param.role == "channels":
            scope = at.rows.lift(b.scopes, b.rows)[row]
            return channels_in(scope.arguments[param.source])
    try:
        found = frame.find(b.origins.get(name, name))
    except KeyError:
        return _NOTHING
    if whole and isinstance(found, Size):
        return found
    return plain(found) if isinstance(found, (int, float, str, tuple)) else _NOTHING


def channels_in(value: Any) -> Any:
    """The channels of a value, or of every value of a list."""
    if isinstance(value, tuple):
        return tuple(channels_in(v) for v in value)
    return value.shape.channels
