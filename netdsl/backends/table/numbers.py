"""Numbers as people read them."""

from __future__ import annotations

from typing import Any

from netdsl.formulas import Formula

_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q")


def number_text(number: Any, kilo: int = 0, unit: str = "") -> str:
    """`4,089,184,256`; with a kilo of 1000 `4.09 G`, of 1024 `3.81 Gi`. Formulas as they are.

    Three digits are shown; `unit` ("B") stands behind the prefix.
    """
    if not isinstance(number, int) or not kilo:
        return f"{number:,}" if isinstance(number, (int, Formula)) else str(number)
    size, power = float(abs(number)), 0
    while power + 1 < len(_PREFIXES) and _digits(size, kilo) >= kilo:
        size, power = size / kilo, power + 1
    sign = "-" if number < 0 else ""
    if not power:
        return f"{sign}{abs(number)}{f' {unit}' if unit else ''}"
    prefix = _PREFIXES[power]
    binary = f"{prefix.upper()}i" if kilo == 1024 else prefix
    return f"{sign}{_three_digits(size)} {binary}{unit}"


def _digits(size: float, kilo: int) -> float:
    """A number as it would be shown, so that 999,999 is 1.00 M and not 1000 k."""
    return float(_three_digits(size)) if size >= 1 else size


def _three_digits(size: float) -> str:
    for least, places in ((9.995, 2), (99.95, 1)):
        if size < least:
            return f"{size:.{places}f}"
    return f"{size:.0f}"


def share_text(share: float) -> str:
    """`12.3%`."""
    return f"{100 * share:.1f}%"


def sides_text(sides: tuple[int, ...], square: bool = False) -> str:
    """One number where all sides are alike, else `1x7`; with `square` always one a side."""
    if len(set(sides)) == 1 and not square:
        return str(sides[0])
    return "x".join(map(str, sides))
