"""Which layers of a dense block are drawn, and where they stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from netdsl.backends.diagram.items import DenseItem
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Point
from netdsl.design import Value

ALL, FIRST = 8, 3  # layers that are all drawn; of more the first ones, and the last
PITCH, WIDE_PITCH, MOST_PITCH = 27.0, 38.0, 74.0  # between layers: of one, of several, at most
TO = "\N{EN DASH}"  # between the first and the last number of a range


class Slot:
    """A column: layer number `first`, or all of `first` to `last`."""

    def __init__(self, first: int, last: int, reads: str, channels: int) -> None:
        self.first, self.last, self.reads, self.channels = first, last, reads, channels
        self.x = 0.0
        self.dot: Point = (0.0, 0.0)
        self.tensor = ""  # the node of what it gives

    @property
    def many(self) -> int:
        return self.last - self.first + 1

    @property
    def title(self) -> str:
        return f"H{self.first}" if self.many == 1 else f"H{self.first}{TO}{self.last}"


def slots(item: DenseItem, fits: Callable[[int, float], bool]) -> list[Slot]:
    """The columns: all layers, or the first, those between as one, and the last. `fits` says whether there
    is room for so many columns, so far apart."""
    count = len(item.iterations)
    if count <= ALL and fits(count, PITCH):
        return [_slot(item, i, i) for i in range(1, count + 1)]
    ahead = next((n for n in range(FIRST, 1, -1) if fits(n + 2, WIDE_PITCH)), 1)
    spans = [(i, i) for i in range(1, ahead + 1)]
    spans += [(ahead + 1, count - 1), (count, count)]
    return [_slot(item, first, last) for first, last in spans if last >= first]


def _slot(item: DenseItem, first: int, last: int) -> Slot:
    chains = item.iterations
    reads = [str(channels(chains[i - 1].entry)) for i in (first, last)]
    shown = reads[0] if reads[0] == reads[1] else TO.join(reads)
    return Slot(first, last, shown, channels(chains[first - 1].result))


class Grid(NamedTuple):
    """Where columns stand, from the first dot on: the first layer, the others, the last bar; how wide bars and
    layers are, and all of it."""

    lead: float
    pitch: float
    end: float
    wide: float
    width: float


def grid_of(count: int, ending: float, room: float, least: float = PITCH) -> Grid:
    """The widest grid for so many layers that fits into a room, no wider than looks good."""
    pitch = MOST_PITCH
    while True:
        wide = min(max(pitch * 0.58, 15.5), pitch - 11.5)
        lead = max(pitch * 0.52, wide / 2 + 11)
        last = lead + pitch * (count - 1)
        end = last + max(pitch * 0.98, wide / 2 + pen.PLATE + ending / 2 + 3)
        width = end + max(ending, wide) / 2
        if width <= room or pitch <= least:
            return Grid(lead, pitch, end, wide, width)
        pitch -= 0.5


def channels(value: Value | None) -> int:
    return value.shape.channels if value is not None and value.shape is not None else 0
