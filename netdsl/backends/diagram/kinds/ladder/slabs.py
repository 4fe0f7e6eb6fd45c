"""The figure of a U-Net: every map as a slab, as high and as wide as the square roots of its height and its
channels say, every step as an arrow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from netdsl.backends.diagram.items import Op
from netdsl.backends.diagram.kinds.ladder.maps import Map, Row
from netdsl.backends.diagram.kinds.ladder.passes import Ladder
from netdsl.backends.diagram.kinds.ladder.places import (
    CLEAR,
    DROP,
    GAP,
    LEAST_GAP,
    MARGIN,
    NUMBER,
    PAGE,
    RUNG,
    THINNEST,
    WIDEST,
    columns,
    extent,
    half,
    rung_text,
    sized,
    tallest_for,
)
from netdsl.backends.diagram.kinds.ladder.text import doing, titled
from netdsl.backends.diagram.scene import legend, pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Placed, Point, Route, Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import clean, shape_text

LETTERS = 10.0  # twice the height of a word above or below its middle, and a little air


def slabs(ladder: Ladder, rows: Sequence[Row], settings: Settings) -> Scene | None:
    """The figure with every map; None if it is too wide."""
    room = (settings.width or PAGE) - 2 * MARGIN
    tallest = tallest_for(rows, settings)
    for widest in (WIDEST, 0.8 * WIDEST, 0.65 * WIDEST):
        sized(rows, tallest, widest)
        for tenths in range(round(10 * GAP), round(10 * LEAST_GAP) - 1, -5):
            form = columns(rows, tenths / 10)
            if extent(rows) <= room:
                scene = _Drawing(ladder, rows, form, settings).scene
                if scene.width <= room + 2 * MARGIN:  # words of arrows stand out too
                    return scene
    return None


# -------------------------------------------------------------------------------------------- drawing
class _Drawing:
    def __init__(self, ladder: Ladder, rows: Sequence[Row], form: int, settings: Settings) -> None:
        self.ladder = ladder
        self.rows = rows
        self.form = form
        self.scene = Scene(*titled(ladder))
        self._heights()
        for row in rows:
            self._row(row)
        self._between()
        self._ends()
        if settings.legend:
            self._legend()
        self.scene.crop(MARGIN)

    def _heights(self) -> None:
        """Give every row its middle: vertical arrows are as long as they must be, and longer where their
        words would meet a size."""
        before: Row | None = None
        for row in self.rows:
            own = max(item.height for item in row.all) / 2
            if before is None:
                row.y = own
            else:
                above = max(item.height for item in before.all) / 2
                row.y = before.y + max(above + DROP + NUMBER + own, self._least(before, row))
            before = row
            for item in row.all:
                item.top = row.y - item.height / 2

    def _least(self, above: Row, below: Row) -> float:
        """How far two rows must be apart for the words between them to keep clear of the sizes beside their
        slabs: words stand in the middle of their arrow."""
        ways: list[
            tuple[Map, Map, Map, Map]
        ] = []  # an arrow's upper and lower map, and the outermost
        if above.down and below.down:
            ways.append((above.down[-1], below.down[0], above.all[0], below.down[0]))
        if above.up:
            outer = (above.extra or above.up)[-1]
            ways.append((above.up[0], below.last, outer, (below.extra or [below.last])[-1]))
        least = 0.0
        for upper, lower, first, second in ways:
            rise = (upper.height - lower.height) / 2 - NUMBER
            least = max(least, text_width(second.sides, pen.SMALL) + LETTERS + rise)
            tail = upper if lower in below.down else lower
            reach = abs(first.middle - tail.middle) + half(first) - pen.SMALL
            if reach < 3.4 + text_width(_word(lower if lower in below.down else upper), pen.SMALL):
                least = max(least, text_width(first.sides, pen.SMALL) + LETTERS - rise)
        return least

    def _row(self, row: Row) -> None:
        """The slabs of a row, and the arrows between them."""
        for i, item in enumerate(row.down):
            self.slab(item)
            if i:
                self.arrow(row.down[i - 1], item)
        if row.copied is not None and row.rung is not None:
            self.slab(row.copied, number=False)
            self._rung(row, row.copied)
            self.scene.routes.append(joined(row.copied, row.up[0]))
        for i, item in enumerate(row.up):
            beside = i == 0 and row.copied is not None
            self.slab(item, number=not beside)
            if beside and row.rung is not None:
                assert row.copied is not None and row.rung.merge.value is not None
                both = (row.copied.left + item.right) / 2
                self.number(both, item.top, row.rung.merge.value.shape.channels)
            if i:
                self.arrow(row.up[i - 1], item)
        for i, item in enumerate(row.extra):
            self.slab(item)
            self.arrow(row.extra[i - 1] if i else row.last, item)
        self._sizes(row)

    def slab(self, item: Map, number: bool = True) -> None:
        pen.slab(
            self.scene,
            *(item.left, item.top, item.width, item.height, item.kind),
            stage=item.stage,
        )
        if number:
            self.number(item.middle, item.top, item.shape.channels)
        place = Placed(
            *(item.name, item.kind, item.left, item.top, item.width, item.height),
            (),
            item.steps,
            note=shape_text(item.shape),
        )
        self.scene.nodes.append(place)

    def number(self, x: float, top: float, channels: int) -> None:
        self.scene.text(x, top - NUMBER / 2, str(channels), pen.SMALL)

    def arrow(self, tail: Map, head: Map, points: Sequence[Point] = ()) -> None:
        """The step that makes `head` of `tail`. Where a number stands between a slab and the arrow, the
        edge of the graph reaches on to the slab."""
        if not points:
            y = tail.top + tail.height / 2
            points = [(tail.right + CLEAR, y), (head.left - CLEAR, y)]
        pen.arrow(self.scene, points, stroke=f"{head.kind}.s", line=1.0)
        way = list(points)
        for i, item in ((0, tail), (-1, head)):
            if way[i][1] < item.top:
                way[i] = (way[i][0], item.top)
        self.scene.routes.append(Route(tail.name, head.name, tuple(way)))

    def _rung(self, row: Row, copied: Map) -> None:
        source = row.down[-1]
        points = ((source.right + CLEAR, row.y), (copied.left - CLEAR, row.y))
        pen.arrow(self.scene, points, stroke="muted", line=RUNG, length=6.0)
        self.scene.routes.append(Route(source.name, copied.name, points, "tap"))
        text = rung_text(row, self.form)
        self.scene.text((points[0][0] + points[1][0]) / 2, row.y - 6.2, text, pen.SMALL)

    def _sizes(self, row: Row) -> None:
        """Heights and widths, beside the first and the last map of the row."""
        first = row.all[0]
        last = (row.extra or row.up or row.down)[-1]
        own = first.sides
        self.beside(first.middle - half(first), row.y, own, before=True)
        if last is not first and (row.up or last.sides != own):
            self.beside(last.middle + half(last), row.y, last.sides, before=False)

    def beside(self, x: float, y: float, text: str, before: bool) -> None:
        # a turned line reaches farther to its right, where letters hang below the line they stand on
        x += -pen.SMALL * 0.56 if before else pen.SMALL * 0.37
        self.scene.text(x, y, text, pen.SMALL, fill="muted", turned=True)

    def _ends(self) -> None:
        """What the network calls its input and its outputs, above their channels."""
        graph = self.ladder.graph
        names = {cell.index: name for name, cell in graph.outputs.items()}
        names |= {cell.index: cell.path[-1] for cell in graph.cells if cell.kind == "input"}
        for item in (item for row in self.rows for item in row.all):
            for cell in item.cells:
                name = clean(names.get(cell.index, ""))
                x, y, anchor = item.middle, item.top - NUMBER - pen.SMALL / 2, "middle"
                if item.top > self.rows[0].y:  # there an arrow's words stand above it
                    x, y, anchor = (
                        item.middle + half(item) + 8,
                        item.top + item.height / 2,
                        "start",
                    )
                self.scene.text(x, y, name, pen.SMALL, anchor, fill="muted")

    # ---------------------------------------------------------------------------------- between rows
    def _between(self) -> None:
        down = [row for row in self.rows if row.down]
        for above, below in pairwise(down):
            tail, head = above.down[-1], below.down[0]
            points = self._vertical(tail, head, tail.top + tail.height, head.top - NUMBER)
            self.arrow(tail, head, points)
            self._word(points, head, before=True)
        up = [row for row in self.rows if row.up]
        below = down[-1]
        for row in reversed(up):
            tail, head = below.last, row.up[0]
            end = head.top + head.height
            # under the arrow that leads to it
            if below.down and tail is below.down[0] and not below.up:
                points = [
                    (tail.right + CLEAR, below.y),
                    (head.middle, below.y),
                    (head.middle, end + CLEAR),
                ]
            else:
                points = self._vertical(tail, head, tail.top - NUMBER, end)
            self.arrow(tail, head, points)
            self._word(points, head, before=False)
            below = row

    def _vertical(self, tail: Map, head: Map, start: float, end: float) -> list[Point]:
        """From below a slab to above another, or the other way; with a step aside where they do not
        stand below each other."""
        way = CLEAR if end > start else -CLEAR
        points = [(tail.middle, start + way), (head.middle, end - way)]
        if abs(tail.middle - head.middle) > 0.05:
            between = (start + end) / 2
            points[1:1] = [(tail.middle, between), (head.middle, between)]
        return points

    def _word(self, points: Sequence[Point], head: Map, before: bool) -> None:
        """What a vertical arrow does, on its outer side."""
        (x0, y0), (x1, y1) = points[0], points[-1]
        x = min(x0, x1) - 3.4 if before else max(x0, x1) + 3.4
        self.scene.text(x, (y0 + y1) / 2, _word(head), pen.SMALL, "end" if before else "start")

    # ---------------------------------------------------------------------------------------- legend
    def _legend(self) -> None:
        left, _, right, bottom = self.scene.bounds()
        entries, notes = entries_of(self.rows)
        legend.legend(self.scene, left, bottom + 6, right - left, entries, notes)


def joined(copied: Map, larger: Map) -> Route:
    """The edge of the graph between the two slabs of one map; nothing is drawn for it."""
    y = larger.top + larger.height / 2
    points = ((copied.right - 0.5, y), (larger.left + 0.5, y))
    return Route(copied.name, larger.name, points, "operand")


def _word(head: Map) -> str:
    """What an arrow to a map of another row says."""
    return doing([cell for cell in head.cells if isinstance(cell.item, Op)][:1])


def entries_of(
    rows: Sequence[Row], hidden: Collection[Map] = ()
) -> tuple[list[legend.Entry], list[str]]:
    """What the arrows mean, in the order of the way, and the scale; of `hidden` maps there is an arrow
    but no slab."""
    entries: list[legend.Entry] = []

    def add(entry: legend.Entry) -> None:
        if entry not in entries:
            entries.append(entry)

    for row in rows:
        for item in row.down:
            if item.kind != "input":
                sample = "@to" if item in hidden else "@step"
                add(legend.Entry(f"{sample}.{item.kind}", item.text))
    for row in reversed(rows):
        for item in (*row.up, *row.extra):
            add(legend.Entry(f"@step.{item.kind}", item.text))
        if row.rung is not None:
            assert row.copied is not None
            steps = [cell for cell in row.rung.cells if cell.kind != "shape"]
            crops = len(steps) < len(row.rung.cells)
            kind = "@copy" if not steps else f"@copy.{row.copied.kind}"
            add(legend.Entry(kind, doing(steps) or ("copy and crop" if crops else "copy")))
    note = "heights and widths as square roots of H and C"
    if any(item.width <= THINNEST for row in rows for item in row.all):
        note += f" (at least {THINNEST:g} pt)"
    return entries, [note]
