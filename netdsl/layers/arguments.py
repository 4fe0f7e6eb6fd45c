"""From arguments to a layer, and what is said where an argument is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from netdsl.code.expr import number_text
from netdsl.diagnostics import Mistake, did_you_mean, nearest
from netdsl.layers.fields import ArgumentMistake, Value, is_list

if TYPE_CHECKING:
    from netdsl.layers.base import Layer


SHOWN = 80  # characters of the parameters of a layer that a hint shows
BOUNDS = ("at least", "at most", "less than", "more than")


def create(layer: type[Layer], arguments: dict[str, Any]) -> Layer:
    """The layer with these parameters; a `Mistake` that names the parameter where one is wrong.

    The mistake's `argument` tells which one, so that the caller can point at it.
    """
    try:
        return layer(**arguments)
    except ValidationError as error:
        raise _mistake(layer, error, arguments) from None


@cache
def needs(layer: type[Layer]) -> dict[str, bool]:
    """The parameters of a layer, and of each whether it must be given."""
    return {name: field.is_required() for name, field in layer.model_fields.items()}


@cache
def signature(layer: type[Layer], longest: int = 0) -> str:
    """`conv(channels, kernel_size, stride=1)`; of what is longer than `longest` characters (0 for any
    length) the rest is `...`."""
    parts = []
    for name, field in layer.model_fields.items():
        parts.append(name if field.is_required() else f"{name}={source_text(field.default)}")
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


def _mistake(layer: type[Layer], error: ValidationError, arguments: dict[str, Any]) -> Mistake:
    first = error.errors()[0]
    name = str(first["loc"][0])
    form = f"it is `{signature(layer, SHOWN)}`"
    if first["type"] == "missing":
        return ArgumentMistake("E111", f"`{layer.word}` needs `{name}`", hint=form)
    if first["type"] == "extra_forbidden":
        hint = did_you_mean(name, layer.model_fields) or form
        found = ArgumentMistake("E110", f"`{layer.word}` has no argument `{name}`", hint=hint)
    else:
        value = arguments.get(name)
        annotation = layer.model_fields[name].annotation
        wanted = _wanted(first["type"], first.get("ctx", {}), first["msg"])
        if type(None) in get_args(annotation) and not wanted.startswith(BOUNDS):
            wanted += f"{',' if ' or ' in wanted else ''} or `none`"
        found = ArgumentMistake(
            "E112",
            f"`{name}` of `{layer.word}` must be {wanted}, not {source_text(value)}",
            hint=_argument_hint(value, wanted),
        )
    found.argument = name
    return found


def _wanted(kind: str, context: dict[str, Any], message: str) -> str:
    """What pydantic's error asks for, as a complement of "must be"."""
    bound = next((source_text(context[k]) for k in ("ge", "gt", "le", "lt") if k in context), "")
    bound = bound.removesuffix(".0")
    return {
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "finite_number": "a finite number",
        "is_instance_of": "a value like `@label`",
        "greater_than_equal": f"at least {bound}",
        "greater_than": f"more than {bound}",
        "less_than_equal": f"at most {bound}",
        "less_than": f"less than {bound}",
        "literal_error": str(context.get("expected", "")).replace("'", '"'),
    }.get(kind, message)


def _argument_hint(value: Any, wanted: str) -> str | None:
    if wanted.startswith("`true` or `false`") and value in (0, 1) and isinstance(value, int):
        return f"write `{'true' if value else 'false'}`"
    if wanted.startswith("`true` or `false`") and value in ("true", "false"):
        return f"without quotes: {value}"
    if isinstance(value, str) and "number" in wanted and re.fullmatch(r"[0-9][0-9x.]*", value):
        return f"numbers and sizes have no quotes: {value}"
    if isinstance(value, float) and wanted.startswith("a whole number"):
        return "whole numbers have no point, and `//` divides without a rest"
    if isinstance(value, Value) and "number" in wanted:
        return "`@label.channels` is a number of a value: so are `.height` and `.width`"
    if isinstance(value, str):
        meant = nearest(value, wanted.split('"')[1::2])  # the texts that it may be
        return f'did you mean "{meant}"?' if meant else None
    return None
