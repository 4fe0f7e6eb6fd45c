"""One column that has its places, as shapes: title, rows, brackets, totals."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.kinds.column_clusters import clusters
from netdsl.backends.diagram.kinds.column_layout import sums_below
from netdsl.backends.diagram.kinds.column_margin import ENTRY, Margin, hundredth
from netdsl.backends.diagram.kinds.column_measures import LINE, RADIUS, TITLE, entry_text
from netdsl.backends.diagram.kinds.column_parts import Span
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import LEADING
from netdsl.backends.diagram.text import TIMES

HEAD = 11.5  # from a column's title to its input
FOOT = 5.5  # from the last band to the totals


class ColumnPen(Margin):
    """Draws one column."""

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
        left, right = place.axis - place.left, place.axis + place.right
        top = -ENTRY - HEAD - TITLE * LEADING * len(place.title)
        clusters(scene, column, start, box_of(left - 2, top, right + 2, foot), self.extent)

    def extent(self, span: Span) -> tuple[float, float, float, float]:
        """The place of rows that are repeated, with the shortcuts beside them."""
        left, right = self.place.axis - self.place.width / 2, self.place.axis + self.place.width / 2
        for arc, lane in zip(self.column.arcs, self.place.arcs):
            if span.first <= arc.first and arc.last <= span.last:
                wide = max((box.width for box in lane.boxes), default=0.0)
                right = max(right, lane.x + wide / 2)
        top, bottom = self.top(span.first) - 1, self.end(span.last) + 0.5
        return box_of(left - 1, top, right + 1, bottom)

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
        left, unread = axis - wide / 2, self.column.unread
        self.node(self.entry, "input", left, y - tall / 2, wide, tall, (said,), unread)

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
        # the second plate stands out on two sides
        plate = pen.PLATE if row.kind == "stack" else 0.0
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


def box_of(
    left: float, top: float, right: float, bottom: float
) -> tuple[float, float, float, float]:
    """Left, top, width and height."""
    return hundredth(left), hundredth(top), hundredth(right - left), hundredth(bottom - top)
