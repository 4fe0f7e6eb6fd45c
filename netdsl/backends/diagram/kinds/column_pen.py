"""One column that has its places, as shapes: rows, sums, shortcuts in the right margin, taps, brackets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from netdsl.backends.diagram.kinds.column_layout import (
    Placed,
    leaving,
    leaving_above,
    sums_below,
)
from netdsl.backends.diagram.kinds.column_measures import (
    APART,
    BARE,
    FORK,
    LINE,
    NEXT,
    RADIUS,
    SUM,
    TITLE,
    LaneBox,
    Measures,
    entry_text,
    high,
)
from netdsl.backends.diagram.kinds.column_parts import START, Column
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import LEADING
from netdsl.backends.diagram.scene.scene import Cluster, Point, Route, Scene
from netdsl.backends.diagram.scene.scene import Placed as Node
from netdsl.backends.diagram.text import TIMES

HEAD = 11.5  # from a column's title to its input
ENTRY = 5.5  # from the input to the first band
FOOT = 5.5  # from the last band to the totals
ROUND = 9.0  # radius of a shortcut's corners


class ColumnPen:
    """Draws one column."""

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
        self.entry = ""

    # ---------------------------------------------------------------------------------------- places
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

    # --------------------------------------------------------------------------------------- drawing
    def draw(self, foot: float, facts: Sequence[str]) -> None:
        column, place, scene = self.column, self.place, self.scene
        start = len(scene.nodes)
        self.head()
        for row in range(len(column.rows)):
            self.chain(row)
        for row in range(len(column.rows)):
            self.row(row)
        self.arcs()
        self.taps()
        self.sides()
        for span, x in zip(column.spans, place.spans):
            end = self.end(span.last) - (RADIUS if sums_below(column, span.last) else 0)
            pen.bracket(scene, x, self.top(span.first), end, f"{TIMES}{span.times}")
        middle = foot + FOOT + LINE * len(facts) / 2
        pen.texts(scene, place.axis, middle, facts, pen.SMALL, fill="muted")
        members = tuple(node.name for node in scene.nodes[start:])
        left, right = place.axis - place.left, place.axis + place.right
        top = -ENTRY - HEAD - TITLE * LEADING * len(place.title)
        size = (_rounded(right - left), _rounded(foot - top))
        spot = (_rounded(left), _rounded(top))
        scene.clusters.append(Cluster(column.name, column.title, *spot, *size, members))

    def head(self) -> None:
        """The title, and what enters."""
        said = entry_text(self.column, self.measures)
        place = self.place
        tall, axis = self.measures.height, place.axis
        y = -ENTRY - tall / 2
        scene = self.scene
        lines = place.title
        middle = y - HEAD - TITLE * LEADING * (len(lines) - 1) / 2
        pen.texts(scene, axis, middle, lines, TITLE, bold=range(len(lines)))
        wide = place.width
        pen.box(scene, axis, y, wide, tall, "input", (said,), self.measures.size)
        self.entry = f"{self.column.name}.{next(iter(self.column.design.inputs))}"
        while any(row.name == self.entry for row in self.column.rows):
            self.entry += "#"
        self.node(self.entry, "input", axis - wide / 2, y - tall / 2, wide, tall, (said,))

    def chain(self, row: int) -> None:
        """The line from the row above."""
        if not self.column.rows[row].flows:
            return
        x, y = self.place.axis, self.end(row - 1)
        points = [(x, y), (x, self.top(row))]
        length = pen.TIGHT_HEAD if self.top(row) - y < 12 else pen.HEAD
        pen.arrow(self.scene, points, length=min(length, max(2.6, (self.top(row) - y) * 0.9)))
        self.route(self.tail(row - 1), self.column.rows[row].name, points)

    def row(self, number: int) -> None:
        row, place, measures = self.column.rows[number], self.place, self.measures
        said = (measures.said(row),)
        plate = (
            pen.PLATE if row.kind == "stack" else 0.0
        )  # the second plate stands out on two sides
        wide, left = place.width - plate, place.axis - place.width / 2
        top = self.top(number) + plate
        tall = self.bottom(number) - top
        pen.box(
            *(
                self.scene,
                left + wide / 2,
                top + tall / 2,
                wide,
                tall,
                row.kind,
                said,
                measures.size,
            ),
            stage=self.stage(top),
            thick="started" in row.treated,
            grey="frozen" in row.treated,
        )
        self.node(row.name, row.kind, left, top, wide, tall, said, row.steps)

    def arcs(self) -> None:
        for arc, lane in zip(self.column.arcs, self.place.arcs):
            x, axis = lane.x, self.place.axis
            start = self.leave(arc.first, leaving_above(self.column, arc.first).index(arc))
            sums = sums_below(self.column, arc.last)
            end = self.bottom(arc.last) + SUM + NEXT * sums.index(arc)
            dash = pen.CHANGES if arc.changes else None
            tail, before = self.tail(arc.first - 1), [(axis, start), (x, start)]
            around = min(ROUND, (end - start) / 2)
            if not lane.boxes:
                points = [*before, (x, end), (axis + RADIUS, end)]
                self.line(tail, arc.name, points, dash, around)
            else:
                tall = sum(box.height for box in lane.boxes) + BARE * (len(lane.boxes) - 1)
                y = (start + end - tall) / 2
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

    def taps(self) -> None:
        """Lines in the right margin to what reads a value further down."""
        right = self.place.axis + self.place.width / 2
        arriving = Counter(tap.head for tap in self.column.taps)
        seen: Counter[int] = Counter()
        for tap, x in zip(self.column.taps, self.place.taps):
            number = len(leaving_above(self.column, tap.tail + 1))
            start = self.leave(tap.tail + 1, number)
            seen[tap.head] += 1
            share = seen[tap.head] / (arriving[tap.head] + 1)
            end = self.top(tap.head) + (self.bottom(tap.head) - self.top(tap.head)) * share
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

    # ----------------------------------------------------------------------------------------- notes
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
        spots = tuple((_rounded(x), _rounded(y)) for x, y in points)
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
        spot, size = (_rounded(left), _rounded(top)), (_rounded(wide), _rounded(tall))
        counted = tuple((steps or Counter()).items())
        self.scene.nodes.append(Node(name, kind, *spot, *size, lines, counted))


def _rounded(value: float) -> float:
    return round(value, 2)
