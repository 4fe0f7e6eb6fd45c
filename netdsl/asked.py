"""What is asked for from outside of a text, from Python or the command line: sizes of inputs, parameters of a net."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Number
from typing import Any

from netdsl.diagnostics import Diagnostic, NetError
from netdsl.layers.arguments import source_text
from netdsl.shapes import Size

InputSize = str | Sequence[int | None]


def parameter_text(name: str, value: Any) -> str:
    """A Python value as a `.net` text writes it. Texts are taken as they are: `norm="groupnorm(8)"`."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)) and not isinstance(value, Size):
        return f"[{', '.join(parameter_text(name, v) for v in value)}]"
    if value is not None and not isinstance(value, (Number, Size)):
        message = f"`{name}` cannot be a Python {type(value).__name__}"
        hint = "numbers, texts of the language, None, and lists of them can be set"
        raise NetError([Diagnostic("E135", message, None, hint=hint)])
    return source_text(value)


def input_sizes(given: InputSize | dict[str, InputSize] | None) -> dict[str, Size]:
    """Input sizes by the input's name; "" for a net's only one."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        given = {"": given}
    return {name: parse_size(size) for name, size in given.items()}


def parse_size(given: InputSize) -> Size:
    """`3x256x256`, or `3x?x?`; from Python (3, 256, 256) too, None where it is open. Raises `NetError`."""
    if isinstance(given, str):
        text = given
    else:
        text = "x".join("?" if side is None else str(side) for side in given)
    parts = text.strip().split("x")
    if not all(p == "?" or (p.isascii() and p.isdigit() and int(p) < 2**31) for p in parts):
        message = f"`{text}` is no size"
        raise NetError([Diagnostic("E208", message, None, hint="sizes are written like 3x256x256")])
    return Size(None if p == "?" else int(p) for p in parts)
