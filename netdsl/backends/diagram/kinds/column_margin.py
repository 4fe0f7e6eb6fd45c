"""What stands in the right margin of a column: shortcuts with their sums, values that are read further down, side
outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from netdsl.backends.diagram.kinds.column_layout import Placed, leaving, leaving_above, sums_below
from netdsl.backends.diagram.kinds.column_measures import (
    APART,
    ARRIVING,
    BARE,
    FORK,
    NEXT,
    RADIUS,
    SUM,
    LaneBox,
    Measures,
    high,
)
from netdsl.backends.diagram.kinds.column_parts import START, Arc, Column
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Placed as Node
from netdsl.backends.diagram.scene.scene import Point, Route, Scene

ENTRY = 5.5  # from the input to the first band
ROUND = 9.0  # radius of a shortcut's corners


class Margin:
    """A column that is drawn: where its rows are, and what leaves and meets its chain."""

    def __init__(
        self,
        scene: Scene,
        column: Column,
        place: Placed,
        measures: Measures,
        numbers: Sequence[tuple[float, int]],
    ) -> None:
        self.scene = scene
        self.column = column
        self.place = place
        self.measures = measures
        self.numbers = numbers
        self.entry = column.entry

    def top(self, row: int) -> float:
        return self.place.tops[row]

    def bottom(self, row: int) -> float:
        return self.place.tops[row] + high(self.column, row, self.measures)

    def end(self, row: int) -> float:
        """Where the line to the next row begins: below the box and its sums."""
        if row == START:
            return -ENTRY
        sums = len(sums_below(self.column, row))
        return self.bottom(row) + (SUM + NEXT * (sums - 1) + RADIUS if sums else 0)

    def leave(self, row: int, number: int) -> float:
        """Where the line with that number leaves the chain above a row, the lowest first."""
        if row == len(self.column.rows):
            return self.end(row - 1) + FORK
        return self.top(row) - FORK - APART * number

    def tail(self, row: int) -> str:
        """The node that gives what a row gives."""
        if row == START:
            return self.entry
        sums = sums_below(self.column, row)
        return sums[-1].name if sums else self.column.rows[row].name

    def stage(self, y: float) -> int:
        return max(number for top, number in self.numbers if top <= y)

    def arcs(self) -> None:
        for arc, lane in zip(self.column.arcs, self.place.arcs):
            x, axis = lane.x, self.place.axis
            start = self.leave(arc.first, leaving_above(self.column, arc.first).index(arc))
            sums = sums_below(self.column, arc.last)
            end = self.bottom(arc.last) + SUM + NEXT * sums.index(arc)
            dash = pen.CHANGES if arc.changes else None
            tail, before = self.tail(arc.first - 1), [(axis, start), (x, start)]
            if not self.column.rows[arc.first].flows:  # there is no chain for it to leave
                before.insert(0, (axis, self.end(arc.first - 1)))
            around = min(ROUND, (end - start) / 2)
            if not lane.boxes:
                points = [*before, (x, end), (axis + RADIUS, end)]
                self.line(tail, arc.name, points, dash, around)
            else:
                tall = sum(box.height for box in lane.boxes) + BARE * (len(lane.boxes) - 1)
                y = self.clear(arc, start, end, tall)
                around = min(around, y - start)
                for box in lane.boxes:
                    self.lane_box(box, x, y)
                    self.line(tail, box.row.name, [*before, (x, y)], dash, around, head_drawn=False)
                    tail, before = box.row.name, [(x, y + box.height)]
                    y += box.height + BARE
                points = [*before, (x, end), (axis + RADIUS, end)]
                self.line(tail, arc.name, points, dash, around)
            if arc is sums[0]:
                middle = [(axis, self.bottom(arc.last)), (axis, end - RADIUS)]
                self.scene.path(middle, None, "edge", pen.EDGE, closed=False)
                self.route(self.column.rows[arc.last].name, arc.name, middle)
            else:
                inner = sums[sums.index(arc) - 1].name
                self.route(inner, arc.name, [(axis, end - NEXT + RADIUS), (axis, end - RADIUS)])
            pen.sign(self.scene, axis, end, "sum", RADIUS)
            box = (axis - RADIUS, end - RADIUS, 2 * RADIUS, 2 * RADIUS)
            self.node(arc.name, "sum", *box, (), arc.steps)

    def clear(self, arc: Arc, start: float, end: float, tall: float) -> float:
        """Where boxes on a shortcut begin: in its middle, or where no line crosses them."""
        own = range(arc.first, arc.last + 1)
        lines = [self.leave(t.tail + 1, 0) for t in self.column.taps if t.tail + 1 in own[1:]]
        lines += [self.arrival(i) for i, t in enumerate(self.column.taps) if t.head in own]
        middle = (start + end - tall) / 2
        steps = [k * 1.5 * side for k in range(1, 40) for side in (1, -1)]
        for y in (middle, *(middle + step for step in steps)):
            inside = start + 2 < y < end - 2 - tall
            if inside and not any(y - 4 < line < y + tall + 4 for line in lines):
                return y
        return middle

    def lane_box(self, box: LaneBox, x: float, top: float) -> None:
        row = box.row
        pen.box(
            *(self.scene, x, top + box.height / 2, box.width, box.height, row.kind, box.lines),
            self.measures.size,
            stage=self.stage(top),
            thick="started" in row.treated,
            grey="frozen" in row.treated,
        )
        self.node(
            row.name, row.kind, x - box.width / 2, top, box.width, box.height, box.lines, row.steps
        )

    def arrival(self, number: int) -> float:
        """Where the tap with that number arrives at its row: those of one row stand one below the other, at its
        end if there is a box on a shortcut beside it."""
        tap = self.column.taps[number]
        alike = [i for i, other in enumerate(self.column.taps) if other.head == tap.head]
        top, bottom = self.top(tap.head), self.bottom(tap.head)
        top = max(top, bottom - max(self.measures.height, ARRIVING * (len(alike) + 1)))
        return top + (bottom - top) * (alike.index(number) + 1) / (len(alike) + 1)

    def taps(self) -> None:
        """Lines in the right margin to what reads a value further down."""
        right = self.place.axis + self.place.width / 2
        for i, (tap, x) in enumerate(zip(self.column.taps, self.place.taps)):
            start = self.leave(tap.tail + 1, len(leaving_above(self.column, tap.tail + 1)))
            end = self.arrival(i)
            points = [(self.place.axis, start), (x, start), (x, end), (right, end)]
            if not self.column.rows[tap.tail + 1].flows:  # there is no chain for it to leave
                points.insert(0, (self.place.axis, self.end(tap.tail)))
            self.line(self.tail(tap.tail), self.column.rows[tap.head].name, points, None, 3, "tap")

    def sides(self) -> None:
        """Side outputs, which exist in training only."""
        tall = self.measures.height
        for side, left in zip(self.column.sides, self.place.sides):
            y = self.leave(side.after + 1, leaving(self.column, side.after + 1) - 1)
            said, wide = (side.row.words.short,), self.measures.width(side.row.words.short)
            pen.box(
                *(self.scene, left + wide / 2, y, wide, tall, side.row.kind, said),
                self.measures.size,
                training=True,
            )
            self.node(
                side.row.name, side.row.kind, left, y - tall / 2, wide, tall, said, side.row.steps
            )
            points = [(self.place.axis, y), (left, y)]
            following = self.column.rows[side.after + 1 : side.after + 2]
            if not following or not following[0].flows:
                points.insert(0, (self.place.axis, self.end(side.after)))
            self.line(self.tail(side.after), side.row.name, points, pen.TRAINING, 3, "training")

    def line(
        self,
        tail: str,
        head: str,
        points: Sequence[Point],
        dash: str | None,
        around: float,
        role: str = "shortcut",
        *,
        head_drawn: bool = True,
    ) -> None:
        pen.arrow(
            *(self.scene, points),
            head=head_drawn,
            line=pen.SHORTCUT if role == "shortcut" else pen.EDGE,
            dash=dash,
            radius=around,
            length=pen.TIGHT_HEAD,
        )
        self.route(tail, head, points, role, dash is not None, head_drawn)

    def route(
        self,
        tail: str,
        head: str,
        points: Sequence[Point],
        role: str = "flow",
        dashed: bool = False,
        headed: bool = True,
    ) -> None:
        spots = tuple((hundredth(x), hundredth(y)) for x, y in points)
        self.scene.routes.append(Route(tail, head, spots, role, dashed, headed))

    def node(
        self,
        name: str,
        kind: str,
        left: float,
        top: float,
        wide: float,
        tall: float,
        lines: tuple[str, ...],
        steps: Counter[str] | None = None,
    ) -> None:
        spot, size = (hundredth(left), hundredth(top)), (hundredth(wide), hundredth(tall))
        counted = tuple((steps or Counter()).items())
        self.scene.nodes.append(Node(name, kind, *spot, *size, lines, counted))


def hundredth(value: float) -> float:
    return round(value, 2)
