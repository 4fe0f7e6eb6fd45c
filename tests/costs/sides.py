"""What layers do to a side, as a list of steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netdsl.shapes import ceil_div

Step = tuple[str, int, int]


def walked(side: Any, steps: Sequence[Step]) -> Any:
    """A side after steps `(kind, by, more)`: a convolution rounds down, some pools up."""
    for kind, by, more in steps:
        if kind == "floor":
            side = (side + more) // by
        elif kind == "ceil":
            side = ceil_div(side + more, by)
        elif kind == "times":
            side = side * by + more
        else:
            side = side + more if kind == "plus" else side - more
    return side
