"""What an argument of a head may be: the types of the fields that layers do not have."""

from __future__ import annotations

from typing import Annotated, Any

from netdsl.layers.checked import Refused
from netdsl.layers.fields import is_int, is_list, is_number
from netdsl.shapes import Size


def _share(value: Any) -> float:
    if is_number(value) and 0 <= value <= 1:
        return float(value)
    raise Refused("a number from 0 to 1")


def _band(value: Any) -> tuple[float, float]:
    """[low, high]; one number is both."""
    meant = None
    if is_number(value):
        value = (value, value)
    if is_list(value) and len(value) == 2 and all(is_number(v) for v in value):
        low, high = value
        if 0 <= low <= high <= 1:
            return float(low), float(high)
        if 0 <= high < low <= 1:
            meant = f"[{high:g}, {low:g}]"
    raise Refused("an overlap from 0 to 1, or two as [low, high]", meant=meant)


def _variances(value: Any) -> tuple[float, ...]:
    if is_list(value) and len(value) == 4 and all(is_number(v) and v > 0 for v in value):
        return tuple(float(v) for v in value)
    raise Refused("four numbers above 0, for x, y, width and height")


def _modes(value: Any) -> tuple[int, int]:
    """[in training, in evaluation]; one number is both."""
    if is_int(value):
        value = (value, value)
    if is_list(value) and len(value) == 2 and all(is_int(v) and v > 0 for v in value):
        return value[0], value[1]
    raise Refused("a whole number above 0, or two as [training, evaluation]")


def _sides(value: Any) -> tuple[int, int]:
    found = (value, value) if is_int(value) else value
    if isinstance(found, (Size, tuple)) and len(found) == 2 and all(is_int(v) for v in found):
        height, width = tuple(found)
        if min(height, width) > 0:  # type: ignore[type-var]
            return height, width  # type: ignore[return-value]
    raise Refused("a size like 7x7")


def _grid(value: Any) -> tuple[int, int]:
    try:
        rows, columns = _sides(value)
    except ValueError:
        rows, columns = 0, 1
    if rows == columns:
        return rows, columns
    raise Refused("a grid with as many rows as columns, like 7x7")


def _positive(value: Any, wanted: str) -> tuple[float, ...]:
    if is_list(value) and value and all(is_number(v) and v > 0 for v in value):
        return tuple(value)
    raise Refused(wanted, meant=f"[{value:g}]" if is_number(value) and value > 0 else None)


def _ratios(value: Any) -> tuple[float, ...]:
    if is_list(value) and not value:
        raise Refused("a list of numbers above 0", meant="[2]")
    return _positive(value, "a list of numbers above 0")


def _sizes(value: Any) -> tuple[Any, ...]:
    """Sizes of anchors, or a list of them for every map."""
    wanted = "a list of sizes in pixels, or of such lists, one a map"
    if is_list(value) and value and all(is_list(v) for v in value):
        return tuple(_positive(v, wanted) for v in value)
    return _positive(value, wanted)


def _pairs(value: Any) -> tuple[tuple[float, float], ...]:
    """Widths and heights of anchors: `116x90`, or `[3.19, 4.0]` for numbers that are not whole."""
    wanted = "a list of sizes, width first, like [116x90, 156x198]"
    if isinstance(value, Size) and len(value) == 2:
        raise Refused(wanted, meant=f"[{value}]")
    if not is_list(value) or not value:
        raise Refused(wanted)
    found = []
    for pair in value:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise Refused(wanted, meant=_paired(value))
        if not all(is_number(v) and v > 0 for v in pair):
            raise Refused("a list of sizes above 0, width first, like [116x90, 156x198]")
        found.append((pair[0], pair[1]))
    return tuple(found)


def _paired(numbers: Any) -> str | None:
    """What to write where widths and heights stand one by one."""
    if len(numbers) % 2 or not all(is_int(n) and n > 0 for n in numbers):
        return None
    pairs = ", ".join(f"{w}x{h}" for w, h in zip(numbers[::2], numbers[1::2]))
    return f"[{pairs}]"


Share = Annotated[Any, _share]
Band = Annotated[Any, _band]
Variances = Annotated[Any, _variances]
Modes = Annotated[Any, _modes]
Sides = Annotated[Any, _sides]
Grid = Annotated[Any, _grid]
Ratios = Annotated[Any, _ratios]
Sizes = Annotated[Any, _sizes]
Pairs = Annotated[Any, _pairs]
