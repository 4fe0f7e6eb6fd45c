"""What an argument of a layer may be: the types of the fields, with their bounds.

A validator's message completes the sentence "`stride` of `conv` must be ...".
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from netdsl.diagnostics import Mistake
from netdsl.shapes import Shape, Size

LIMIT = 2**31  # PyTorch's sizes are 64 bit, but nothing sensible is larger than this


class Value:
    """Something that flows: what a layer gave. A layer may take one as an argument (`like=@x`)."""

    shape: Shape


def refuse(wanted: str) -> PydanticCustomError:
    """The error for an argument that is not what is `wanted`."""
    return PydanticCustomError("argument", wanted)  # type: ignore[arg-type]


def is_int(value: Any) -> bool:
    """Whether it is a whole number; `true` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether it is a finite number."""
    return is_int(value) or (isinstance(value, float) and isfinite(value))


def is_list(value: Any) -> bool:
    """Whether it is a list of the language, which a size is not."""
    return isinstance(value, (list, tuple)) and not isinstance(value, Size)


def is_one_number(value: Any) -> bool:
    """Whether emitted code says it as one number: a number, or a size with equal sides. A list
    stays a list there."""
    if isinstance(value, Size):
        return len(set(value)) == 1
    return not isinstance(value, (list, tuple))


def _extent(value: Any) -> int | tuple[int | None, ...]:
    if is_list(value) and value and all(is_int(v) for v in value):
        return tuple(value)
    if isinstance(value, Size) and None in value:
        raise refuse("a size without `?`")
    if isinstance(value, Size) or is_int(value):
        return value
    raise refuse("a whole number or a size like 3x3")


def at_least(least: int) -> Callable[[Any], int | tuple[int | None, ...]]:
    """The check of a number, or one number a side, of at least `least`."""

    def check(value: Any) -> int | tuple[int | None, ...]:
        value = _extent(value)
        numbers = [n for n in value if n is not None] if isinstance(value, tuple) else [value]
        if min(numbers) < least:
            raise refuse(f"at least {least}")
        if max(numbers) >= LIMIT:
            raise refuse(f"less than {LIMIT}")
        return value

    return check


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise refuse("`true` or `false`")


Positive = Annotated[int, Field(ge=1, lt=LIMIT)]
NonNegative = Annotated[int, Field(ge=0, lt=LIMIT)]
Number = Annotated[float, Field(allow_inf_nan=False)]
PositiveNumber = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegativeNumber = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]
Bool = Annotated[Any, BeforeValidator(_flag)]
# One number for all sides, or a size or a list with one a side (height first): kernels, strides
Extent = Annotated[Any, BeforeValidator(at_least(1))]
# ... and paddings, which may be 0.
Extents = Annotated[Any, BeforeValidator(at_least(0))]


class ArgumentMistake(Mistake):
    """A mistake in one argument; `argument` is its name, None where it is missing."""

    argument: str | None = None


def spread(value: int | tuple[int | None, ...], dims: int, what: str, word: str) -> tuple[int, ...]:
    """One number a side. A size with another number of sides is a mistake."""
    if isinstance(value, tuple):
        if len(value) != dims:
            mistake = ArgumentMistake(
                "E210",
                f"`{what}={Size(value)}` of `{word}` has {sides_text(len(value))}, "
                f"but the input has {dims}",
                hint=f"write one number for all sides, or a size with {sides_text(dims)}",
            )
            mistake.argument = what
            raise mistake
        return tuple([v for v in value if v is not None])
    return (value,) * dims


def sides_text(count: int) -> str:
    return f"{count} side{'' if count == 1 else 's'}"
