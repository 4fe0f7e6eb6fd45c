"""Checks. (Filled in below.)"""

from __future__ import annotations

import math
from typing import Any

from netdsl.elaborate.functions import make_divisible

FUNCTIONS: dict[str, Any] = {
    "len": len,
    "range": range,
    "zip": zip,
    "enumerate": enumerate,
    "reversed": lambda v: tuple(reversed(v)),
    "min": min,
    "max": max,
    "sum": sum,
    "int": int,
    "round": round,
    "abs": abs,
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.sqrt": math.sqrt,
    "math.log2": math.log2,
    "make_divisible": make_divisible,
}
