"""From arguments to a layer, and what is said where an argument is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import isfinite
from typing import Any, TypeVar

from netdsl.code.expr import number_text
from netdsl.diagnostics import did_you_mean, nearest
from netdsl.layers.checked import Checked, Refused
from netdsl.layers.fields import GIVE_SIZE, ArgumentMistake, Value, is_list
from netdsl.shapes import Open, Size

Made = TypeVar("Made", bound=Checked)

WHOLE = "whole numbers have no point"
SHOWN = 80  # characters of the parameters of a layer that a hint shows


def create(layer: type[Made], arguments: dict[str, Any]) -> Made:
    """The layer (or head, or predictor) with these parameters; a `Mistake` that names the parameter where one is wrong.

    The mistake's `argument` tells which one, so that the caller can point at it.
    """
    try:
        return layer(**arguments)
    except Refused as refused:
        raise _mistake(layer, refused, arguments) from None


@cache
def needs(layer: type[Checked]) -> dict[str, bool]:
    """The parameters of a layer, and of each whether it must be given."""
    return {name: field.required for name, field in layer.fields.items()}


@cache
def signature(layer: type[Checked], longest: int = 0) -> str:
    """`conv(channels, kernel_size, stride=1)`; of what is longer than `longest` characters (0 for any
    length) the rest is `...`."""
    parts = []
    for name, field in layer.fields.items():
        parts.append(name if field.required else f"{name}={source_text(field.default)}")
    return call_text(layer.word, parts, longest)


def call_text(word: str, parts: Sequence[str], longest: int = 0) -> str:
    """A word with its parameters."""
    if not parts:
        return word
    kept = list(parts)
    while longest and len(kept) > 1 and len(word) + len(", ".join(kept)) > longest:
        kept.pop()
    if len(kept) < len(parts):
        kept.append("...")
    return f"{word}({', '.join(kept)})"


def source_text(value: Any) -> str:
    """A value as a `.net` text writes it; what has no text there in words."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        return _float_text(value)
    if is_list(value):
        return f"[{', '.join(source_text(v) for v in value)}]"
    if isinstance(value, Value):
        return "a value"
    return str(value)


def _float_text(value: float) -> str:
    """`0.5`, `1e-5`, and `2 / 3` where the digits would not end."""
    if not isfinite(value):
        return str(value)
    text = number_text(value)
    if len(text) > 12:
        fraction = Fraction(value).limit_denominator(99)
        if float(fraction) == value:
            return f"{fraction.numerator} / {fraction.denominator}"
    return text


def _mistake(layer: type[Checked], refused: Refused, arguments: dict[str, Any]) -> ArgumentMistake:
    name = refused.name
    form = f"it is `{signature(layer, SHOWN)}`"
    if refused.problem == "missing":
        return ArgumentMistake("E111", f"`{layer.word}` needs `{name}`", hint=form)
    if refused.problem == "unknown":
        hint = did_you_mean(name, layer.fields) or form
        return ArgumentMistake("E110", f"`{layer.word}` has no argument `{name}`", name, hint=hint)
    wanted, value = refused.wanted, arguments[name]
    message = f"`{name}` of `{layer.word}` must be {wanted}, not {source_text(value)}"
    meant = f"write `{name}={refused.meant}`" if refused.meant else None
    kernel = arguments.get("kernel_size")
    if name == "channels" and isinstance(value, Size) and isinstance(kernel, int):
        meant = f"the channels come first: `{layer.word}({kernel}, {value})`"
    if isinstance(value, Value):
        meant = _hint_of_value(layer, name)
    return ArgumentMistake("E112", message, name, hint=meant or _argument_hint(value, wanted))


def _hint_of_value(layer: type[Checked], name: str) -> str | None:
    """What to write where a value was given for a number: `conv(@a, 3x3)`, `upsample(size=@a)`."""
    if name == "size" and "like" in layer.fields:
        return "`like=@label` takes the size of a value"
    if name == next(iter(layer.fields)) and name in ("channels", "features"):
        call = (
            f"{layer.word}({name}, 3x3)"
            if "kernel_size" in layer.fields
            else f"{layer.word}({name})"
        )
        return f"what flows in stands before a step: `@label -> {call}`; its channels are `@label.channels`"
    return None


def _argument_hint(value: Any, wanted: str) -> str | None:
    if wanted.startswith("`true` or `false`") and value in (0, 1) and isinstance(value, int):
        return f"write `{'true' if value else 'false'}`"
    if wanted.startswith("`true` or `false`") and value in ("true", "false"):
        return f"without quotes: {value}"
    if isinstance(value, str) and "number" in wanted and re.fullmatch(r"[0-9][0-9x.]*", value):
        return f"numbers and sizes have no quotes: {value}"
    if isinstance(value, float) and wanted.startswith("a whole number"):
        return WHOLE
    entries = value if isinstance(value, (list, tuple)) else [value]
    quoted = [v for v in entries if isinstance(v, str) and v.isdecimal()]
    if quoted and len(entries) > 1:
        return f"numbers have no quotes: {quoted[0]}"
    opened = [v for v in entries if isinstance(v, Open)]
    if opened:
        return f"`{opened[0]}` is an open size, which cannot stand here: {GIVE_SIZE}"
    if isinstance(value, Value) and "number" in wanted:
        return "`@label.channels` is a number of a value: so are `.height` and `.width`"
    if isinstance(value, str):
        meant = nearest(value, wanted.split('"')[1::2])  # the texts that it may be
        return f'did you mean "{meant}"?' if meant else None
    return None
