"""The figure of a feature pyramid: stages stacked upwards, rungs to the right of them, the way up (down the page)
beside those, and what leaves at the right."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from netdsl.backends.diagram.kinds.ladder_cells import Cell
from netdsl.backends.diagram.kinds.ladder_passes import Ladder
from netdsl.backends.diagram.kinds.ladder_stages import SIGNS, Box, Stages
from netdsl.backends.diagram.kinds.ladder_text import size_note
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Placed, Point, Route, Scene
from netdsl.backends.diagram.text import clean, shape_text

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


DENSITIES = (Density(True, 17, 7.2), Density(True, 13, 7.2), Density(False, 13, 7.2), Density(False, 9, 7.0))


class Boxes:
    """A ladder of boxes, placed: `scene` has them and their lines, `outs` the cells whose values leave and
    the point at which each does, from the coarsest down the page."""

    def __init__(self, ladder: Ladder, density: Density) -> None:
        self.ladder = ladder
        self.density = density
        self.stages = Stages(ladder, density.full)
        self.scene = Scene(clean(ladder.graph.design.name))
        self.strides = self._strides()
        self.rows: dict[Fraction, float] = {}
        self.outs: list[tuple[Cell, float, float]] = []
        for box in self.stages.all:
            self._size(box)
        self._widths()
        self._columns()
        self._heights()
        self._draw()

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
        found = [self.ladder.down[-1].stride, *(rung.merge.stride for rung in self.ladder.rungs)]
        return [stride for stride in found if stride is not None]

    # --------------------------------------------------------------------------------------- columns
    def _columns(self) -> None:
        """Middles of the columns from left to right."""
        stages, gap = self.stages, self.density.gap
        first = stages.down[0] if stages.down else stages.input
        for box in (stages.input, *stages.down):
            box.x = first.width / 2
        at = first.width + pen.PLATE
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
            y, last = self._y_of(anchor), anchor.stride
            for i, box in enumerate(boxes):
                if box.stride != last:
                    above = boxes[i - 1].height / 2 if i else feeding[0][0].height / 2 + 8
                    y -= above + STEP + 4 + box.height / 2
                box.y, last = y, box.stride

    def _sections(self) -> list[list[Box]]:
        """The way up, cut at the merges: each section begins with what stands in its row."""
        out: list[list[Box]] = [[]]
        for box in self.stages.up:
            if box.kind in SIGNS or box.kind == "concat":
                out.append([])
            out[-1].append(box)
        if not self.stages.start:  # nothing stands where the deepest map turns
            corner = Box([self.stages.up[0].cells[0]], "sum", ())
            corner.x = self.trunk
            out[0].insert(0, corner)
        for section, below in zip(out, out[1:]):
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
        for column, below in zip(out, out[1:]):
            column.append(below[0])
        return out

    def _beside(self, above: Fraction, below: Fraction) -> float:
        """What rungs and tails of two rows need."""
        halves = []
        for stride in (above, below):
            boxes = self.stages.laterals.get(stride, self.stages.deepest)
            boxes = [*boxes, *(b for _, tail in self.stages.tails for b in tail if b.stride == stride)]
            halves.append(max((box.height for box in boxes), default=0.0) / 2)
        return sum(halves) + APART

    def _y_of(self, cell: Cell) -> float:
        """The height at which a cell's value leaves its column."""
        box = self._box_of(cell)
        return box.y

    def _box_of(self, cell: Cell) -> Box:
        return next(box for box in self.stages.all if cell in box.cells)

    # --------------------------------------------------------------------------------------- drawing
    def _draw(self) -> None:
        stages = self.stages
        for box in stages.all:
            self.box(box)
        column = [stages.input, *stages.down]
        for below, above in zip(column, column[1:]):
            points = [(below.x, below.top - _plate(below)), (above.x, above.bottom)]
            self.arrow(below, above, points)
            if below is not stages.input:
                self._note(below, points)
        for rung in self.ladder.rungs:
            boxes = stages.laterals[rung.merge.stride]  # type: ignore[index]
            merge = self._box_of(rung.merge)
            self._across([self._box_of(rung.source), *boxes, merge], "tap")
        self._turn()
        for section in zip(stages.up, stages.up[1:]):
            above, below = section
            self.arrow(above, below, [(above.x, above.bottom), (below.x, below.top)])
        for anchor, boxes in stages.tails:
            self._tail(anchor, boxes)
        if stages.single:
            self._output(stages.up[-1], self.ladder.outs[0])
        else:
            for cell in self.ladder.outs:
                box = self._box_of(cell)
                self.outs.append((cell, box.right + _plate(box), box.y))
            self.outs.sort(key=lambda out: out[2])

    def box(self, box: Box) -> None:
        place = (box.left, box.top, box.width, box.height)
        if box.kind in SIGNS:
            pen.sign(self.scene, box.x, box.y, box.kind)
        elif box.kind == "concat":
            pen.bar(self.scene, box.left, box.right, box.y, box.lines[0])
        else:
            treated = box.cells[0].treated
            pen.box(
                self.scene,
                *(box.x, box.y, box.width, box.height, box.kind, box.lines, self.density.size),
                bold=(0,) if box.bold else (),
                stage=self._stage(box),
                training=any(cell.training for cell in box.cells),
                thick="started" in treated,
                grey="frozen" in treated,
            )
        self.scene.nodes.append(Placed(box.name, box.kind, *place, box.lines, box.steps))

    def _stage(self, box: Box) -> int:
        """The number of the row that a box belongs to, for themes that tint by it."""
        strides = sorted({b.stride for b in self.stages.all})
        return strides.index(box.stride)

    def arrow(
        self, tail: Box, head: Box, points: Sequence[Point], role: str = "flow", clear: float = 0.0
    ) -> None:
        dash = pen.TRAINING if any(cell.training for cell in head.cells) else None
        pen.arrow(self.scene, points, dash=dash, length=pen.TIGHT_HEAD + 0.4)
        self.scene.routes.append(Route(tail.name, head.name, tuple(points), role))

    def _note(self, box: Box, points: Sequence[Point]) -> None:
        """Channels and stride of what a stage gives, beside the line that leads on from it."""
        (x, y0), (_, y1) = points
        self.scene.text(x + NOTE, (y0 + y1) / 2, size_note(box.last), pen.SMALL, "start", fill="muted")

    def _across(self, boxes: Sequence[Box], role: str) -> None:
        """Lines from box to box in one row."""
        for tail, head in zip(boxes, boxes[1:]):
            y = head.y if head.kind not in ("concat", *SIGNS) else tail.y
            self.arrow(tail, head, [(tail.right + _plate(tail), y), (head.left, y)], role)

    def _turn(self) -> None:
        """Where the way leads from the deepest map to the first larger one."""
        stages = self.stages
        last = stages.down[-1]
        x, y = last.x, last.top - _plate(last)
        self.scene.text(x, y - 5.5, size_note(last.last), pen.SMALL, fill="muted")
        row = [last, *stages.deepest]
        self._across(row, "flow")
        tail, head = row[-1], stages.up[0]
        if stages.start:
            self._across([tail, head], "flow")
            return
        start = (tail.right + _plate(tail), tail.y)
        self.arrow(tail, head, [start, (head.x, tail.y), (head.x, head.top)])

    def _tail(self, anchor: Cell, boxes: Sequence[Box]) -> None:
        """The lines of what hangs from the ladder."""
        before = self._box_of(anchor)
        for box in boxes:
            if box.stride == before.stride or box.y == before.y:
                points = [(before.right + _plate(before), box.y), (box.left, box.y)]
            elif abs(box.x - before.x) < 0.05:
                points = [(box.x, before.top - _plate(before)), (box.x, box.bottom)]
            else:
                points = [(before.x, before.top - _plate(before)), (before.x, box.y), (box.left, box.y)]
            self.arrow(before, box, points)
            before = box

    def _output(self, last: Box, cell: Cell) -> None:
        """The only thing that leaves, at the foot of the way up."""
        names = [name for name, found in self.ladder.graph.outputs.items() if found is cell]
        value = cell.value
        assert value is not None
        text = f"{clean(names[0]) if names else 'output'} {shape_text(value.shape)}"
        wide = text_width(text, self.density.size) + 12
        high = LINE + PAD
        y = last.bottom + STEP + 2 + high / 2
        pen.box(self.scene, last.x, y, wide, high, "output", (text,), self.density.size)
        place = Placed("output", "output", last.x - wide / 2, y - high / 2, wide, high, (text,))
        self.scene.nodes.append(place)
        points = ((last.x, last.bottom), (last.x, y - high / 2))
        pen.arrow(self.scene, points, length=pen.TIGHT_HEAD + 0.4)
        self.scene.routes.append(Route(last.name, place.name, points))


def _plate(box: Box) -> float:
    """How far a box stands out above and to the right."""
    return pen.PLATE if box.kind == "stack" else 0.0


def _length(boxes: Sequence[Box], gap: float) -> float:
    """From the middle of the first box to that of the last, if they stand as tight as may be."""
    heights = [box.height + _plate(box) for box in boxes]
    return sum(heights) - (heights[0] + heights[-1]) / 2 + gap * (len(boxes) - 1)


def _spread(boxes: Sequence[Box], top: float, bottom: float) -> None:
    """Boxes from one height to another, with equal gaps."""
    if len(boxes) < 2:
        return
    gap = (bottom - top - _length(boxes, 0.0)) / (len(boxes) - 1)
    at = top
    for before, box in zip([None, *boxes], boxes):
        if before is not None:
            at += (before.height + _plate(before) + box.height + _plate(box)) / 2 + gap
        box.y = at


def _stack(boxes: Sequence[Box], top: float, gap: float) -> None:
    """Boxes below each other, as tight as may be."""
    _spread(boxes, top, top + _length(boxes, gap))
    if boxes:
        boxes[0].y = top
