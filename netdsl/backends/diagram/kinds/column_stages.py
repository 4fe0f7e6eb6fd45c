"""Stages of columns: rows whose maps have about the same size stand beside each other in every network.

A stage is a power of two between a map and the image: 55x55 of 227 and 56x56 of 224 are both a fourth. Networks
whose maps grow again (decoders) get further stages for that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram.kinds.column_parts import Column
from netdsl.backends.diagram.text import TIMES
from netdsl.shapes import Shape

POINT = 99  # the power of a vector, or of one place


class Stage(NamedTuple):
    """`sizes` are the different sizes of the maps, in the order of the networks; `power` is how often
    they were halved, `rows` are the first row and the one behind the last of every column."""

    power: int
    sizes: tuple[str, ...]
    rows: tuple[tuple[int, int], ...]


def stages(columns: Sequence[Column]) -> list[Stage]:
    """The stages of all columns from the image on. A column may have no row in a stage."""
    found: list[list[tuple[int, int]]] = [_keys(column) for column in columns]
    keys = sorted({key for own in found for key in own}, key=_order)
    out: list[Stage] = []
    at = [0] * len(columns)
    for key in keys:
        rows: list[tuple[int, int]] = []
        sizes: list[str] = []
        for i, own in enumerate(found):
            first = at[i]
            while at[i] < len(own) and own[at[i]] == key:
                size = sides_text(columns[i].rows[at[i]].shape)
                if size not in sizes:
                    sizes.append(size)
                at[i] += 1
            rows.append((first, at[i]))
        out.append(Stage(key[1], tuple(sizes), tuple(rows)))
    return out


def _order(key: tuple[int, int]) -> tuple[int, int]:
    """Even turns go down in size, odd ones up."""
    turn, power = key
    return turn, power if turn % 2 == 0 else -power


def _keys(column: Column) -> list[tuple[int, int]]:
    """(how often the maps have turned from shrinking to growing or back, power) of every row."""
    (image,) = (value.shape for value in list(column.design.inputs.values())[:1])
    assert image is not None
    turn = power = 0
    before = image
    out: list[tuple[int, int]] = []
    for row in column.rows:
        own = halved(before, row.shape) if row.flows and power < POINT else halved(image, row.shape)
        own += power if row.flows and power < POINT else 0
        own, before = min(max(0, own), POINT), row.shape
        while own != power and (own > power) != (turn % 2 == 0):
            turn += 1
        power = own
        out.append((turn, power))
    return out


def halved(before: Shape, shape: Shape) -> int:
    """How often a map was halved on the way to another, to the nearest whole number; what a convolution
    without padding takes off at the rim is less than half."""
    sides = [side for side in shape.sides if isinstance(side, int)]
    full = [side for side in before.sides if isinstance(side, int)]
    if not sides or not full or max(sides) <= 1:
        return POINT
    return round(math.log2(max(full) / max(sides)))


def sides_text(shape: Shape) -> str:
    """`56x56`; a vector is a map of one place."""
    return TIMES.join(map(str, shape.sides)) if shape.sides else f"1{TIMES}1"


def label(stage: Stage, lines: int) -> tuple[str, ...]:
    """What stands beside a stage, in at most that many lines: its sizes, else their share of the image."""
    if len(stage.sizes) <= max(1, lines):
        return stage.sizes
    return (f"1/{2**stage.power}",)
