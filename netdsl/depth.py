"""Room for recursion: what is nested within the limits of the language is never too deep for Python, wherever the
call comes from (a notebook or a test runner has a hundred frames of its own)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# Frames. 64 bodies in each other (`syntax.parse.DEEPEST`) take at most 40 each; far below what the stack
# of a thread holds (512 kB on some systems, about 100 bytes a frame).
ROOM = 4_000


def with_room(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function with `ROOM` frames left for it. The limit is what it was afterwards."""

    @wraps(function)
    def inner(*values: P.args, **named: P.kwargs) -> R:
        before = sys.getrecursionlimit()
        wanted = _depth() + ROOM
        if before >= wanted:
            return function(*values, **named)
        sys.setrecursionlimit(wanted)
        try:
            return function(*values, **named)
        finally:
            sys.setrecursionlimit(before)

    return inner


def _depth() -> int:
    """How many frames the caller stands in."""
    count, frame = 0, sys._getframe()
    while frame is not None:
        count, frame = count + 1, frame.f_back
    return count
