"""Connection tables: row i lists the input maps, from 0, that output map i of a convolution reads.

LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998, table I.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from netdsl.diagnostics import Mistake
from netdsl.layers.checked import Refused
from netdsl.layers.fields import LIMIT, is_int, is_list
from netdsl.shapes import Shape

Rows: TypeAlias = "tuple[tuple[int, ...], ...]"


def _rows(value: Any) -> Rows:
    if not is_list(value) or not all(is_list(row) for row in value):
        raise Refused("a list of lists of numbers of input maps")
    if not all(is_int(i) and 0 <= i < LIMIT for row in value for i in row):
        raise Refused("a list of lists of numbers of input maps")
    return tuple(tuple(row) for row in value)


Connections = Annotated[Any, _rows]


def kernels_in(rows: Rows) -> int:
    """How many pairs of an output and an input map a table connects; each has a kernel."""
    return sum(len(row) for row in rows)


def check_connections(word: str, rows: Rows, x: Shape, channels: int, groups: int) -> None:
    """A table must have a row for every output map, and every row must read maps that are there."""
    if len(x) != 3:
        raise _wrong(f"`{word}` with a connection table needs an image (CxHxW), but gets {x}")
    if groups != 1:
        raise _wrong(
            f"`{word}` has a connection table and groups={groups}: both say which maps are read",
            "leave one of them out",
        )
    if len(rows) != channels:
        raise _wrong(
            f"the connection table of `{word}` has {len(rows)} rows, but there are {channels} "
            "output maps",
            "row i lists the input maps that output map i reads",
        )
    for i, row in enumerate(rows):
        what = f"row {i} of the connection table of `{word}`"
        if not row:
            raise _wrong(f"{what} is empty", "every output map must read a map")
        twice = next((j for k, j in enumerate(row) if j in row[:k]), None)
        if twice is not None:
            raise _wrong(f"{what} has map {twice} twice", "a pair of maps has one kernel")
        if max(row) >= x.channels:
            raise _wrong(
                f"{what} reads map {max(row)}, but the input has {x.channels}",
                f"maps are counted from 0: the last one is {x.channels - 1}",
            )


def _wrong(message: str, hint: str | None = None) -> Mistake:
    return Mistake("E231", message, hint=hint)
