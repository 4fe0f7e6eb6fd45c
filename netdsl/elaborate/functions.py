"""The functions of the language: a closed list, on numbers and lists."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from netdsl.diagnostics import Mistake
from netdsl.elaborate.values import LONGEST, kind_of
from netdsl.shapes import Open, Size

MOST_ENTRIES = f"a list has at most {LONGEST:,} entries"
ENTRIES = 8  # of a list that are as much work as an expression
LARGEST = 2**63  # whole numbers stay below: multiply-adds need more than 2**31


def make_divisible(value: float, divisor: int) -> int:
    """The multiple of `divisor` nearest to `value`, never less than 90 % of it (MobileNet)."""
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest if nearest >= 0.9 * value else nearest + divisor


def bounded(value: Any) -> Any:
    """The same value; a mistake if it is too large or no number at all."""
    if isinstance(value, int) and abs(value) >= LARGEST:
        raise Mistake(
            "E127",
            f"{value if abs(value) < 10**21 else 'this number'} is too large",
            hint="whole numbers stay below 2**63",
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise Mistake("E127", "this is not a finite number")
    if isinstance(value, complex):
        raise Mistake("E127", "this power of a negative number is not a real number")
    return value


def _number(name: str, value: Any) -> Any:
    if isinstance(value, Open):
        raise Mistake(
            "E209",
            f"`{name}` needs a number, but this size is open: {value}",
            hint="give the input a size, or pass `--input`",
        )
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Mistake("E122", f"`{name}` needs a number, not {kind_of(value)}")
    return value


def _whole(name: str, value: Any) -> int:
    value = _number(name, value)
    if not isinstance(value, int):
        raise Mistake(
            "E122", f"`{name}` needs a whole number, not {value}", hint="`//` divides whole numbers"
        )
    return value


def _list(name: str, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, tuple):
        raise Mistake("E122", f"`{name}` needs a list, not {kind_of(value)}")
    return tuple(value)


def _range(*ends: Any) -> tuple[int, ...]:
    numbers = [_whole("range", e) for e in ends]
    if len(numbers) == 3 and numbers[2] == 0:
        raise Mistake("E127", "the step of `range` cannot be 0")
    found = range(*numbers)
    if len(found) > LONGEST:
        raise Mistake("E127", f"a list of {len(found):,} numbers is too long", hint=MOST_ENTRIES)
    return tuple(found)


def _zip(*lists: Any) -> tuple[Any, ...]:
    columns = [_list("zip", entries) for entries in lists]
    lengths = [len(c) for c in columns]
    if len(set(lengths)) > 1:
        said = f"{', '.join(map(str, lengths[:-1]))} and {lengths[-1]}"
        raise Mistake("E125", f"`zip` needs lists of one length, not of {said}")
    return tuple(zip(*columns))


def _enumerate(entries: Any) -> tuple[Any, ...]:
    return tuple(enumerate(_list("enumerate", entries)))


def _most(name: str, pick: Callable[..., Any]) -> Callable[..., Any]:
    def function(*values: Any) -> Any:
        numbers = _list(name, values[0]) if len(values) == 1 else values
        if not numbers:
            raise Mistake("E127", f"`{name}` of an empty list")
        return pick(_number(name, v) for v in numbers)

    return function


def _length(value: Any) -> int:
    return len(_list("len", value))


def _root(value: Any) -> float:
    if _number("sqrt", value) < 0:
        raise Mistake("E127", "`sqrt` of a negative number")
    return math.sqrt(value)


def _log2(value: Any) -> float:
    if _number("log2", value) <= 0:
        raise Mistake("E127", "`log2` needs a number above 0")
    return math.log2(value)


def _sum(values: Any) -> Any:
    return bounded(sum(_number("sum", v) for v in _list("sum", values)))


def _divisible(value: Any, divisor: Any) -> int:
    if _whole("make_divisible", divisor) < 1:
        raise Mistake("E127", "the divisor of `make_divisible` must be at least 1")
    return make_divisible(_number("make_divisible", value), divisor)


def _one(name: str, function: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda value: function(_number(name, value))


# name -> (function, fewest and most arguments)
FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "len": (_length, 1, 1),
    "range": (_range, 1, 3),
    "zip": (_zip, 1, 99),
    "enumerate": (_enumerate, 1, 1),
    "reversed": (lambda entries: tuple(reversed(_list("reversed", entries))), 1, 1),
    "min": (_most("min", min), 1, 99),
    "max": (_most("max", max), 1, 99),
    "sum": (_sum, 1, 1),
    "int": (_one("int", int), 1, 1),
    "round": (_one("round", round), 1, 1),
    "ceil": (_one("ceil", math.ceil), 1, 1),
    "floor": (_one("floor", math.floor), 1, 1),
    "abs": (_one("abs", abs), 1, 1),
    "sqrt": (_root, 1, 1),
    "log2": (_log2, 1, 1),
    "make_divisible": (_divisible, 2, 2),
}

# Functions that work on values too, or on values only; how many values they take.
ON_VALUES: dict[str, tuple[int, int]] = {
    "abs": (1, 1),
    "exp": (1, 1),
    "log": (1, 1),
    "sqrt": (1, 1),
    "sigmoid": (1, 1),
    "tanh": (1, 1),
    "relu": (1, 1),
    "min": (1, 99),
    "max": (1, 99),
    "mean": (1, 99),
}


def size_side(size: Size, index: int) -> int | None:
    """`(1x7)[1]` is 7."""
    return size[index]
