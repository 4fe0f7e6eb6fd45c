"""The figure of a feature pyramid: placed boxes with their lines and notes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netdsl.backends.diagram.kinds.ladder.box import SIGNS, Box
from netdsl.backends.diagram.kinds.ladder.boxes import LINE, NOTE, PAD, STEP, Boxes, plate
from netdsl.backends.diagram.kinds.ladder.cells import Cell
from netdsl.backends.diagram.kinds.ladder.text import size_note, titled
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Placed, Point, Route, Scene
from netdsl.backends.diagram.text import clean, shape_text


class Lines:
    """A ladder of boxes, drawn: `scene` has the boxes and their lines, `outs` the cells whose values leave
    and their boxes, from the coarsest down the page."""

    def __init__(self, boxes: Boxes) -> None:
        self.boxes = boxes
        self.ladder = boxes.ladder
        self.stages = boxes.stages
        self.density = boxes.density
        self.scene = Scene(*titled(boxes.ladder))
        self.outs: list[tuple[Cell, Box]] = []
        self._draw()

    def _draw(self) -> None:
        stages = self.stages
        for box in stages.all:
            self.box(box)
        column = [stages.input, *stages.down]
        for below, above in pairwise(column):
            points = [(below.x, below.top - plate(below)), (above.x, above.bottom)]
            self.arrow(below, above, points)
            if below is not stages.input:
                self._note(below, points)
        for rung in self.ladder.rungs:
            boxes = stages.laterals[rung.merge.row]
            merge = self.boxes.box_of(rung.merge)
            self._across([self.boxes.box_of(rung.source), *boxes, merge], "tap")
        self._turn()
        for section in pairwise(stages.up):
            above, below = section
            self.arrow(above, below, [(above.x, above.bottom), (below.x, below.top)])
        for anchor, boxes in stages.tails:
            self._tail(anchor, boxes)
        self.outs = [(cell, self.boxes.box_of(cell)) for cell in self.ladder.outs]
        self.outs.sort(key=lambda out: out[1].y)
        if stages.single and not self.ladder.heads:
            self._output(stages.up[-1], self.ladder.outs[0])

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
        self.scene.text(
            x + NOTE, (y0 + y1) / 2, size_note(box.last), pen.SMALL, "start", fill="muted"
        )

    def _across(self, boxes: Sequence[Box], role: str) -> None:
        """Lines from box to box in one row."""
        for tail, head in pairwise(boxes):
            y = head.y if head.kind not in ("concat", *SIGNS) else tail.y
            self.arrow(tail, head, [(tail.right + plate(tail), y), (head.left, y)], role)

    def _turn(self) -> None:
        """Where the way leads from the deepest map to the first larger one."""
        stages = self.stages
        last = stages.down[-1]
        x, y = last.x, last.top - plate(last)
        self.scene.text(x, y - 5.5, size_note(last.last), pen.SMALL, fill="muted")
        row = [last, *stages.deepest]
        self._across(row, "flow")
        tail, head = row[-1], stages.up[0]
        if stages.start:
            self._across([tail, head], "flow")
            return
        start = (tail.right + plate(tail), tail.y)
        self.arrow(tail, head, [start, (head.x, tail.y), (head.x, head.top)])

    def _tail(self, anchor: Cell, boxes: Sequence[Box]) -> None:
        """The lines of what hangs from the ladder."""
        before = self.boxes.box_of(anchor)
        for box in boxes:
            if box.stride == before.stride or box.y == before.y:
                points = [(before.right + plate(before), box.y), (box.left, box.y)]
            elif abs(box.x - before.x) < 0.05:
                points = [(box.x, before.top - plate(before)), (box.x, box.bottom)]
            else:  # beside the rung, and past the note above the box
                x, y = before.right + 5.0, before.top + 5.0
                points = [(before.right + plate(before), y), (x, y), (x, box.y), (box.left, box.y)]
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
        place = Placed(
            self.ladder.graph.unused("output"),
            "output",
            last.x - wide / 2,
            y - high / 2,
            wide,
            high,
            (text,),
        )
        self.scene.nodes.append(place)
        points = ((last.x, last.bottom), (last.x, y - high / 2))
        pen.arrow(self.scene, points, length=pen.TIGHT_HEAD + 0.4)
        self.scene.routes.append(Route(last.name, place.name, points))
