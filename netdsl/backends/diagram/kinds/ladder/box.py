"""A box of a ladder: what is drawn as one, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from netdsl.backends.diagram.items import Sub
from netdsl.backends.diagram.kinds.ladder.cells import Cell

SIGNS = ("sum", "product", "difference", "quotient", "power")


class Box:
    """What is drawn as one: cells one after another, of which the last gives what leaves. `x` and `y` are
    its middle."""

    __slots__ = ("bold", "cells", "height", "kind", "lines", "width", "x", "y")

    def __init__(self, cells: Sequence[Cell], kind: str, lines: Sequence[str]) -> None:
        self.cells = list(cells)
        self.kind = kind
        self.lines = tuple(lines)
        self.bold = kind == "stack" and any(isinstance(c.item, Sub) for c in cells)
        self.x = self.y = self.width = self.height = 0.0

    @property
    def name(self) -> str:
        return self.cells[0].name

    @property
    def last(self) -> Cell:
        return self.cells[-1]

    @property
    def stride(self) -> Fraction:
        return self.last.row

    @property
    def steps(self) -> tuple[tuple[str, int], ...]:
        total: Counter[str] = Counter()
        for cell in self.cells:
            total.update(cell.steps)
        return tuple(sorted(total.items()))

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2

    def __repr__(self) -> str:
        return f"Box({self.kind} {self.lines})"
