"""The functions and constants that expressions may use."""

from __future__ import annotations

import math
from typing import Any

from reading.layer_rules import need


def make_divisible(value: float, divisor: int) -> int:
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest if nearest >= 0.9 * value else nearest + divisor


def _equally_long(*lists: Any) -> list[Any]:
    need(len({len(entries) for entries in lists}) == 1)
    return list(zip(*lists))


FUNCTIONS: dict[str, Any] = {
    "len": len,
    "range": lambda *ends: list(range(*ends)),
    "zip": _equally_long,
    "enumerate": lambda entries: list(enumerate(entries)),
    "reversed": lambda entries: list(reversed(entries)),
    "min": min,
    "max": max,
    "sum": sum,
    "int": int,
    "round": round,
    "ceil": math.ceil,
    "floor": math.floor,
    "abs": abs,
    "sqrt": math.sqrt,
    "log2": math.log2,
    "make_divisible": make_divisible,
    "true": True,
    "false": False,
    "none": None,
}
