"""Where the boxes of a feature pyramid stand: stages stacked upwards, rungs to the right of them, the way up (down
the page) beside those, and what leaves at the right."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from netdsl.backends.diagram.kinds.ladder.box import SIGNS, Box
from netdsl.backends.diagram.kinds.ladder.cells import Cell
from netdsl.backends.diagram.kinds.ladder.passes import Ladder
from netdsl.backends.diagram.kinds.ladder.stages import Stages
from netdsl.backends.diagram.kinds.ladder.text import size_note
from netdsl.backends.diagram.labels import Words
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width

LINE = 8.4  # height of a line of text in a box
PAD = 5.6  # of a box, above and below its lines together
NOTED = 15.0  # between stages, with a note beside the arrow
STEP = 9.0  # between boxes of the way up
APART = 9.0  # between boxes of different rows
NOTE = 3.2  # from a line to its note


class Density(NamedTuple):
    """How tight a figure is: whether layers are named in full, the gap between columns, the letters."""

    full: bool
    gap: float
    size: float


DENSITIES = (
    Density(True, 17, 7.2),
    Density(True, 13, 7.2),
    Density(False, 13, 7.2),
    Density(False, 9, 7.0),
)


class Boxes:
    """A ladder of boxes, placed. `trunk` is the middle of the way up, `right` where the boxes end."""

    def __init__(self, ladder: Ladder, density: Density, words: Words) -> None:
        self.ladder = ladder
        self.density = density
        self.stages = Stages(ladder, density.full, words)
        self.strides = self._strides()
        self.rows: dict[Fraction, float] = {}
        for box in self.stages.all:
            self._size(box)
        self._widths()
        self._columns()
        self._heights()

    # ---------------------------------------------------------------------------------------- sizes
    def _size(self, box: Box) -> None:
        size = self.density.size
        if box.kind in SIGNS:
            box.width = box.height = 2 * pen.CIRCLE
            return
        if box.kind == "concat":
            box.height = pen.LABELLED_BAR
            box.width = max(24.0, text_width(box.lines[0], pen.SMALL, True) + 8)
            return
        wide = max(text_width(line, size, box.bold and not i) for i, line in enumerate(box.lines))
        box.width = max(26.0, wide + (9.0 if self.density.gap > 9 else 6.0))
        box.height = len(box.lines) * LINE + PAD
        if box.kind == "stack":
            box.height += 1.0

    def _widths(self) -> None:
        """Boxes of a column are equally wide."""
        stages = self.stages
        columns = [[stages.input, *stages.down]]
        rungs = [*stages.laterals.values(), stages.deepest]
        for i in range(max(map(len, rungs))):
            columns.append([boxes[i] for boxes in rungs if len(boxes) > i])
        columns.append([box for box in stages.up if box.kind not in SIGNS])
        columns.append([box for _, boxes in stages.tails for box in boxes])
        for column in columns:
            widest = max((box.width for box in column), default=0.0)
            for box in column:
                box.width = widest

    def _strides(self) -> list[Fraction]:
        """The strides of rows, coarsest first: of the deepest map and of merges."""
        return [self.ladder.down[-1].row, *(rung.merge.row for rung in self.ladder.rungs)]

    # --------------------------------------------------------------------------------------- columns
    def _columns(self) -> None:
        """Middles of the columns from left to right."""
        stages, gap = self.stages, self.density.gap
        first = stages.down[0] if stages.down else stages.input
        for box in (stages.input, *stages.down):
            box.x = first.width / 2
        notes = [size_note(box.last) for box in stages.down[:-1]]
        noted = max((text_width(note, pen.SMALL) for note in notes), default=0.0)
        at = max(first.width + pen.PLATE, first.width / 2 + NOTE + noted + 2 - gap)
        rungs = [*stages.laterals.values(), stages.deepest]
        for i in range(max(map(len, rungs))):
            column = [boxes[i] for boxes in rungs if len(boxes) > i]
            wide = max(box.width for box in column)
            for box in column:
                box.x = at + gap + wide / 2
            at += gap + wide
        wide = max(box.width for box in stages.up)
        self.trunk = at + gap + wide / 2
        for box in stages.up:
            box.x = self.trunk
        at += gap + wide
        self.right = at
        for _, boxes in stages.tails:
            left = at + gap
            for i, box in enumerate(boxes):
                if i and box.stride == boxes[i - 1].stride:
                    left = boxes[i - 1].right + gap
                box.x = left + box.width / 2
                self.right = max(self.right, box.right)

    # --------------------------------------------------------------------------------------- heights
    def _heights(self) -> None:
        """Middles of the rows from the deepest map down the page, then of all that stands between."""
        stages = self.stages
        ways = self._sections()
        feeding = self._feeding()
        y = 0.0
        for i, stride in enumerate(self.strides):
            if i:
                before = self.strides[i - 1]
                need = max(
                    _length(ways[i - 1], STEP),
                    _length(feeding[i - 1], NOTED),
                    self._beside(before, stride),
                )
                y += need
            self.rows[stride] = y
        for i, way in enumerate(ways[: len(self.strides) - 1]):
            _spread(way, self.rows[self.strides[i]], self.rows[self.strides[i + 1]])
        _stack(ways[-1], self.rows[self.strides[-1]], STEP)
        for i, column in enumerate(feeding[: len(self.strides) - 1]):
            _spread(column, self.rows[self.strides[i]], self.rows[self.strides[i + 1]])
        _stack(feeding[-1], self.rows[self.strides[-1]], NOTED)
        for stride, boxes in ((self.strides[0], stages.deepest), *stages.laterals.items()):
            for box in boxes:
                box.y = self.rows[stride]
        for anchor, boxes in stages.tails:
            y, last = self._y_of(anchor), anchor.row
            for i, box in enumerate(boxes):
                if box.stride != last:
                    above = boxes[i - 1].height / 2 if i else feeding[0][0].height / 2 + 8
                    y -= above + STEP + 4 + box.height / 2
                box.y, last = y, box.stride

    def _sections(self) -> list[list[Box]]:
        """The way up, cut at the merges: each section begins with what stands in its row."""
        out: list[list[Box]] = [[]]
        for box in self.stages.up:
            if len(box.cells[0].reads) > 1:
                out.append([])
            out[-1].append(box)
        if not self.stages.start:  # nothing stands where the deepest map turns
            corner = Box([self.stages.up[0].cells[0]], "sum", ())
            corner.x = self.trunk
            out[0].insert(0, corner)
        for section, below in pairwise(out):
            section.append(below[0])
        return out

    def _feeding(self) -> list[list[Box]]:
        """The stages by the rows that they feed, each from its row downwards."""
        sources = {rung.source.index for rung in self.ladder.rungs}
        out: list[list[Box]] = [[]]
        for box in reversed(self.stages.down):
            if any(cell.index in sources for cell in box.cells):
                out.append([])
            out[-1].append(box)
        out[-1].append(self.stages.input)
        for column, below in pairwise(out):
            column.append(below[0])
        return out

    def _beside(self, above: Fraction, below: Fraction) -> float:
        """What rungs and tails of two rows need."""
        halves = []
        for stride in (above, below):
            boxes = self.stages.laterals.get(stride, self.stages.deepest)
            boxes = [
                *boxes,
                *(b for _, tail in self.stages.tails for b in tail if b.stride == stride),
            ]
            halves.append(max((box.height for box in boxes), default=0.0) / 2)
        return sum(halves) + APART

    def _y_of(self, cell: Cell) -> float:
        """The height at which a cell's value leaves its column."""
        box = self.box_of(cell)
        return box.y

    def box_of(self, cell: Cell) -> Box:
        return next(box for box in self.stages.all if cell in box.cells)


def plate(box: Box) -> float:
    """How far a box stands out above and to the right."""
    return pen.PLATE if box.kind == "stack" else 0.0


def _length(boxes: Sequence[Box], gap: float) -> float:
    """From the middle of the first box to that of the last, if they stand as tight as may be."""
    heights = [box.height + plate(box) for box in boxes]
    return sum(heights) - (heights[0] + heights[-1]) / 2 + gap * (len(boxes) - 1)


def _spread(boxes: Sequence[Box], top: float, bottom: float) -> None:
    """Boxes from one height to another, with equal gaps."""
    if len(boxes) < 2:
        return
    gap = (bottom - top - _length(boxes, 0.0)) / (len(boxes) - 1)
    at = top
    for before, box in zip([None, *boxes], boxes):
        if before is not None:
            at += (before.height + plate(before) + box.height + plate(box)) / 2 + gap
        box.y = at


def _stack(boxes: Sequence[Box], top: float, gap: float) -> None:
    """Boxes below each other, as tight as may be."""
    _spread(boxes, top, top + _length(boxes, gap))
    if boxes:
        boxes[0].y = top
