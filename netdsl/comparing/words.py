"""Numbers, places and columns of text, as comparisons write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netdsl.comparing.differences import Place

GAP = "  "
MOST_PLACES = 3


def number(value: Any) -> str:
    """`1,234`; a formula as it is, `?` for what is not known."""
    if value is None:
        return "?"
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def signed(value: Any) -> str:
    """`+1,234`, `-1,234`, `0`; `?` for what is not known."""
    return f"{value:+,}" if isinstance(value, int) and value else number(value)


def difference(old: Any, new: Any) -> Any:
    return None if old is None or new is None else new - old


def ratio(old: Any, new: Any) -> str:
    """`x 1.86`, or `/ 2.50` of what became less; nothing for equal numbers, or where one is 0."""
    if not (isinstance(old, int) and isinstance(new, int)) or not (old > 0 and new > 0):
        return ""
    if old == new:
        return ""
    factor = new / old if new > old else old / new
    digits = 2 if factor >= 1.1 else 4
    return f"{'x' if new > old else '/'} {factor:,.{digits}f}"


def place(at: Place) -> str:
    """`layer1.0`, or `stem -> entry` where it is called otherwise now."""
    return " -> ".join(dict.fromkeys(filter(None, at)))


def places(every: Sequence[Place], most: int = MOST_PLACES) -> str:
    """The first places, and how many more there are."""
    most = len(every) if len(every) == most + 1 else most
    shown = [place(at) for at in every[:most]]
    if len(every) > most:
        return f"{', '.join(shown)} and {len(every) - most} more"
    return ", ".join(shown)


def columns(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Rows whose cells line up: the first `left` columns begin, the others end at the same place."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [
        GAP.join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]


def counted(count: int, what: str) -> str:
    """`1 tensor`, `2 tensors`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
