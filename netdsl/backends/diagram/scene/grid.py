"""Things by place: what is near a box, without looking at everything."""

from __future__ import annotations

from typing import Generic, TypeVar

from netdsl.backends.diagram.scene.geometry import Box

T = TypeVar("T")

CELL = 32.0  # points: a few boxes, so that a cell holds a handful of things
MOST_CELLS = 2_000  # of one thing; larger ones are near everything


class Grid(Generic[T]):
    """Things with a box each, in the cells of a grid that they touch."""

    def __init__(self) -> None:
        self._things: list[tuple[Box, T]] = []
        self._cells: dict[tuple[int, int], list[int]] = {}
        self._large: list[int] = []

    def add(self, box: Box, thing: T) -> None:
        number = len(self._things)
        self._things.append((box, thing))
        left, top, right, bottom = _cells(box)
        if (right - left + 1) * (bottom - top + 1) > MOST_CELLS:
            self._large.append(number)
            return
        for column in range(left, right + 1):
            for row in range(top, bottom + 1):
                self._cells.setdefault((column, row), []).append(number)

    def near(self, box: Box) -> list[T]:
        """The things whose boxes touch this one, in the order in which they were added."""
        left, top, right, bottom = _cells(box)
        if (right - left + 1) * (bottom - top + 1) > len(self._things):
            found = range(len(self._things))
        else:
            numbers = set(self._large)
            for column in range(left, right + 1):
                for row in range(top, bottom + 1):
                    numbers.update(self._cells.get((column, row), ()))
            found = sorted(numbers)
        out = []
        for number in found:
            other, thing = self._things[number]
            if (
                other[0] <= box[2]
                and box[0] <= other[2]
                and other[1] <= box[3]
                and box[1] <= other[3]
            ):
                out.append(thing)
        return out


def _cells(box: Box) -> tuple[int, int, int, int]:
    return (
        *(int(box[0] // CELL), int(box[1] // CELL)),
        *(int(box[2] // CELL), int(box[3] // CELL)),
    )
