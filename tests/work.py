"""How much Python a call does, in lines: the same number on any machine, however busy it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines(call: Callable[[], object]) -> int:
    """How many lines run while a call lasts, each round of a loop or a comprehension counted by itself.

    What C does in one line (a copy, a search in a list) counts as one.
    """
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def growth(call: Callable[[int], Callable[[], object]], size: int, times: int = 4) -> float:
    """How much more a call does for something so many times as large, by its size: 1.0 is linear.

    `call(size)` prepares what is large, and returns what is measured.
    """
    call(2)()  # what is imported or remembered at a first call
    small, large = (lines(call(n)) for n in (size, size * times))
    return large / small / times
