"""What an argument of a layer may be: the types of the fields, with their bounds.

A validator's message completes the sentence "`stride` of `conv` must be ...".
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from typing import Annotated, Any

from netdsl.diagnostics import Mistake
from netdsl.layers.checked import Check, Refused
from netdsl.shapes import Shape, Size

GIVE_SIZE = "give the input a size, or pass `--input`"
LIMIT = 2**31  # PyTorch's sizes are 64 bit, but nothing sensible is larger than this


class Value:
    """Something that flows: what a layer gave. A layer may take one as an argument (`like=@x`)."""

    shape: Shape


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
        raise Refused("a size without `?`")
    if isinstance(value, Size) or is_int(value):
        return value
    raise Refused("a whole number or a size like 3x3")


def at_least(least: int) -> Callable[[Any], int | tuple[int | None, ...]]:
    """The check of a number, or one number a side, of at least `least`."""

    def check(value: Any) -> int | tuple[int | None, ...]:
        return _within(_extent(value), least)

    return check


def _whole(least: int) -> Check:
    """The check of a whole number of at least `least`."""

    def check(value: Any) -> int:
        if not is_int(value):
            raise Refused("a whole number")
        return _within(value, least)

    return check


def _within(value: Any, least: int) -> Any:
    """A number, or one number a side, between `least` and what any size may be."""
    numbers = [n for n in value if n is not None] if isinstance(value, tuple) else [value]
    if min(numbers) < least:
        raise Refused(f"at least {least}")
    if max(numbers) >= LIMIT:
        raise Refused(f"less than {LIMIT}")
    return value


def _number(wanted: str = "", holds: Callable[[float], bool] = lambda value: True) -> Check:
    """The check of a finite number for which something `holds`; it is `wanted` then."""

    def check(value: Any) -> float:
        if not isinstance(value, float) and not is_int(value):
            raise Refused("a number")
        try:
            value = float(value)
        except OverflowError:
            value = inf
        if not isfinite(value):
            raise Refused("a finite number")
        if not holds(value):
            raise Refused(wanted)
        return value

    return check


_finite = _number()


def _share(value: Any) -> float:
    value = _finite(value)
    if value < 0:
        raise Refused("at least 0")
    if value > 1:
        raise Refused("at most 1")
    return value


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Refused("`true` or `false`")


def _flowing(value: Any) -> Value:
    if isinstance(value, Value):
        return value
    raise Refused("a value like `@label`")


Positive = Annotated[int, _whole(1)]
NonNegative = Annotated[int, _whole(0)]
Number = Annotated[float, _finite]
PositiveNumber = Annotated[float, _number("more than 0", lambda value: value > 0)]
NonNegativeNumber = Annotated[float, _number("at least 0", lambda value: value >= 0)]
Probability = Annotated[float, _share]
Bool = Annotated[Any, _flag]
# One number for all sides, or a size or a list with one a side (height first): kernels, strides
Extent = Annotated[Any, at_least(1)]
# ... and paddings, which may be 0.
Extents = Annotated[Any, at_least(0)]
Flowing = Annotated[Value, _flowing]


class ArgumentMistake(Mistake):
    """A mistake in one argument; `argument` is its name, None where it is missing."""

    def __init__(
        self, code: str, message: str, argument: str | None = None, *, hint: str | None = None
    ) -> None:
        super().__init__(code, message, hint=hint)
        self.argument = argument


def spread(value: int | tuple[int | None, ...], dims: int, what: str, word: str) -> tuple[int, ...]:
    """One number a side. A size with another number of sides is a mistake."""
    if isinstance(value, tuple):
        if len(value) != dims:
            raise ArgumentMistake(
                "E210",
                f"`{what}={Size(value)}` of `{word}` has {sides_text(len(value))}, "
                f"but the input has {dims}",
                what,
                hint=f"write one number for all sides, or a size with {sides_text(dims)}",
            )
        return tuple([v for v in value if v is not None])
    return (value,) * dims


def sides_text(count: int) -> str:
    return f"{count} side{'' if count == 1 else 's'}"
