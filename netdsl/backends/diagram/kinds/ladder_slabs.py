"""The figure of a U-Net: every map as a slab, as high and as wide as the square roots of its height and its
channels say, every step as an arrow."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from netdsl.backends.diagram.items import Op
from netdsl.backends.diagram.kinds.ladder_maps import Map, Row, copied_shape
from netdsl.backends.diagram.kinds.ladder_passes import Ladder
from netdsl.backends.diagram.kinds.ladder_text import doing, sides_text
from netdsl.backends.diagram.scene import legend, pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Placed, Point, Route, Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import clean

PAGE = 496.8  # points: the width of a page's text
TALLEST, LOWEST = 50.0, 26.0  # of the largest map's slab, as room allows
WIDEST, THINNEST = 15.0, 2.6  # of the slab with most channels; of that with fewest
GAP, LEAST_GAP = 21.0, 11.0  # between slabs of a row
STRETCH = 1.25  # how much longer the lowest row's arrows may be, for the words on the rung above
NUMBER = 8.6  # height of the channels above a slab
DROP = 17.0  # least length of a vertical arrow
SIDE = 4.0  # from a slab to the size that stands beside it
RUNG = 1.8  # width of a rung's line
CLEAR = 1.4  # between a slab and the end of an arrow
MARGIN = 2.0


def sized(rows: Sequence[Row], tallest: float, widest: float) -> None:
    """Heights and widths of all slabs."""
    maps = [item for row in rows for item in row.all]
    high = tallest / math.sqrt(max(item.side for item in maps))
    wide = widest / math.sqrt(max(item.shape.channels for item in maps))
    for item in maps:
        item.height = max(2.6, high * math.sqrt(item.side))
        item.width = max(THINNEST, wide * math.sqrt(item.shape.channels))
    for row in rows:
        if row.copied is not None:  # two parts of one map
            row.copied.height = row.up[0].height


def slabs(ladder: Ladder, rows: Sequence[Row], settings: Settings) -> Scene | None:
    """The figure with every map; None if it is too wide."""
    room = (settings.width or PAGE) - 2 * MARGIN
    tallest = _tallest(rows, settings)
    for widest in (WIDEST, 0.8 * WIDEST, 0.65 * WIDEST):
        sized(rows, tallest, widest)
        for tenths in range(round(10 * GAP), round(10 * LEAST_GAP) - 1, -5):
            form = _columns(rows, tenths / 10)
            if _extent(rows) <= room:
                return _Drawing(ladder, rows, form, settings).scene
    return None


def _tallest(rows: Sequence[Row], settings: Settings) -> float:
    """The height of the largest slab, for the figure's."""
    if settings.height is None:
        return TALLEST
    sized(rows, 1.0, 1.0)
    total = sum(math.sqrt(row.all[0].side) for row in rows) / math.sqrt(rows[0].all[0].side)
    free = settings.height - 45 - len(rows) * (DROP + NUMBER + 4)
    return max(LOWEST, min(TALLEST, free / max(total, 1.0)))


# ------------------------------------------------------------------------------------------- columns
def _columns(rows: Sequence[Row], gap: float) -> int:
    """Give every slab its x; the result is the form of the rungs' texts (`rung_forms`)."""
    for form in range(FORMS):
        for bottom in (gap, gap * (1 + STRETCH) / 2, gap * STRETCH):
            _place(rows, gap, bottom)
            if all(_fits(row, form) for row in rows):
                return form
    _place(rows, gap, gap)
    return FORMS


def _place(rows: Sequence[Row], gap: float, bottom: float) -> None:
    """The pass down as stairs from the left, the pass up as stairs to the right; arrows between rows are
    straight."""
    middle = 0.0
    for i, row in enumerate(rows):
        if not row.down:
            continue
        own = bottom if not row.up and i else gap
        at = middle - row.down[0].width / 2
        for item in row.down:
            item.left = at
            at = item.right + own
        middle = row.down[-1].middle
    for row in reversed(rows):
        if row.up:
            first = row.up[0]
            first.left = middle - first.width / 2
            before = row.copied.width if row.copied is not None else 0.0
            source = row.down[-1].right if row.down else -math.inf
            first.left = max(first.left, source + gap + before)
            if row.copied is not None:
                row.copied.left = first.left - before
            at = first.right + gap
            for item in row.up[1:]:
                item.left = at
                at = item.right + gap
            middle = row.up[-1].middle
        at = row.last.right + gap
        for item in row.extra:
            item.left = at
            at = item.right + gap


def _extent(rows: Sequence[Row]) -> float:
    """The width of all that is drawn."""
    lefts, rights = [], []
    for row in rows:
        beside = SIDE + pen.SMALL
        lefts.append(min(item.left for item in row.all) - beside)
        rights.append(max(item.right for item in row.all) + beside)
        for item in row.all:
            half = text_width(str(item.shape.channels), pen.SMALL) / 2
            lefts.append(item.middle - half)
            rights.append(item.middle + half)
    return max(rights) - min(lefts)


# ---------------------------------------------------------------------------------------------- rungs
FORMS = 4  # of the text on a rung, longest first


def rung_text(row: Row, form: int) -> str:
    """What a rung does: `copy, crop to 392x392` in several lengths; nothing in the last."""
    rung, shape = row.rung, copied_shape(row)
    if rung is None or form >= FORMS:
        return ""
    if not rung.cells:
        return ("copy", "copy", "copy", "")[form]
    if all(cell.kind == "shape" for cell in rung.cells):
        size = sides_text(shape)
        return (f"copy, crop to {size}", f"crop to {size}", size, "")[form]
    return (doing(rung.cells), doing(rung.cells), doing(rung.cells[:1]), "")[form]


def _fits(row: Row, form: int) -> bool:
    text = rung_text(row, form)
    if not text or row.copied is None:
        return True
    free = row.copied.left - row.down[-1].right
    return text_width(text, pen.SMALL) + 4 <= free


# -------------------------------------------------------------------------------------------- drawing
class _Drawing:
    def __init__(self, ladder: Ladder, rows: Sequence[Row], form: int, settings: Settings) -> None:
        self.ladder = ladder
        self.rows = rows
        self.form = form
        self.scene = Scene(clean(ladder.graph.design.name))
        self._heights()
        for row in rows:
            self._row(row)
        self._between()
        self._ends()
        if settings.legend:
            self._legend()
        self.scene.crop(MARGIN)

    def _heights(self) -> None:
        """Give every row its middle: vertical arrows are as long on both sides as they must be."""
        before: Row | None = None
        for row in self.rows:
            half = max(item.height for item in row.all) / 2
            if before is None:
                row.y = half
            else:
                above = max(item.height for item in before.all) / 2
                row.y = before.y + above + DROP + NUMBER + half
            before = row
            for item in row.all:
                item.top = row.y - item.height / 2

    def _row(self, row: Row) -> None:
        """The slabs of a row, and the arrows between them."""
        for i, item in enumerate(row.down):
            self.slab(item)
            if i:
                self.arrow(row.down[i - 1], item)
        if row.copied is not None and row.rung is not None:
            self.slab(row.copied, number=False)
            self._rung(row, row.copied)
        for i, item in enumerate(row.up):
            joined = i == 0 and row.copied is not None
            self.slab(item, number=not joined)
            if joined and row.rung is not None:
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
            (str(item.shape.channels), sides_text(item.shape)),
            item.steps,
        )
        self.scene.nodes.append(place)

    def number(self, x: float, top: float, channels: int) -> None:
        self.scene.text(x, top - NUMBER / 2, str(channels), pen.SMALL)

    def arrow(self, tail: Map, head: Map, points: Sequence[Point] | None = None) -> None:
        """The step that makes `head` of `tail`."""
        if points is None:
            y = tail.top + tail.height / 2
            points = [(tail.right + CLEAR, y), (head.left - CLEAR, y)]
        pen.arrow(self.scene, points, stroke=f"{head.kind}.s", line=1.0)
        self.scene.routes.append(Route(tail.name, head.name, tuple(points)))

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
        own = sides_text(first.shape)
        self.beside(first.left - SIDE, row.y, own, before=True)
        if last is not first and (row.up or sides_text(last.shape) != own):
            self.beside(last.right + SIDE, row.y, sides_text(last.shape), before=False)

    def beside(self, x: float, y: float, text: str, before: bool) -> None:
        x += -pen.SMALL * 0.36 if before else pen.SMALL * 0.36
        self.scene.text(x, y, text, pen.SMALL, fill="muted", turned=True)

    def _ends(self) -> None:
        """What the network calls its input and its outputs, above their channels."""
        graph = self.ladder.graph
        names = {cell.index: name for name, cell in graph.outputs.items()}
        names |= {cell.index: cell.path[-1] for cell in graph.cells if cell.kind == "input"}
        for item in (item for row in self.rows for item in row.all):
            for cell in item.cells:
                name = clean(names.get(cell.index, ""))
                y = item.top - NUMBER - pen.SMALL / 2
                self.scene.text(item.middle, y, name, pen.SMALL, fill="muted")

    # ---------------------------------------------------------------------------------- between rows
    def _between(self) -> None:
        down = [row for row in self.rows if row.down]
        for above, below in zip(down, down[1:]):
            tail, head = above.down[-1], below.down[0]
            points = self._vertical(tail, head, tail.top + tail.height, head.top - NUMBER)
            self.arrow(tail, head, points)
            self._word(points, head, before=True)
        up = [row for row in self.rows if row.up]
        below = down[-1]
        for row in reversed(up):
            tail, head = below.last, row.up[0]
            points = self._vertical(tail, head, tail.top - NUMBER, head.top + head.height)
            self.arrow(tail, head, points)
            self._word(points, head, before=False)
            below = row

    def _vertical(self, tail: Map, head: Map, start: float, end: float) -> list[Point]:
        """From below a slab to above another, or the other way; with a step aside where they do not
        stand below each other."""
        way = CLEAR if end > start else -CLEAR
        points = [(tail.middle, start + way), (head.middle, end - way)]
        if abs(tail.middle - head.middle) > 0.05:
            half = (start + end) / 2
            points[1:1] = [(tail.middle, half), (head.middle, half)]
        return points

    def _word(self, points: Sequence[Point], head: Map, before: bool) -> None:
        """What a vertical arrow does, on its outer side."""
        (x0, y0), (x1, y1) = points[0], points[-1]
        x = min(x0, x1) - 3.4 if before else max(x0, x1) + 3.4
        text = doing([c for c in head.cells if isinstance(c.item, Op)][:1])
        self.scene.text(x, (y0 + y1) / 2, text, pen.SMALL, "end" if before else "start")

    # ---------------------------------------------------------------------------------------- legend
    def _legend(self) -> None:
        left, _, right, bottom = self.scene.bounds()
        entries, notes = entries_of(self.rows)
        legend.legend(self.scene, left, bottom + 6, right - left, entries, notes)


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
            crops = any(cell.kind == "shape" for cell in row.rung.cells)
            add(legend.Entry("@copy", "copy and crop" if crops else "copy"))
    return entries, ["heights and widths as square roots of H and C"]
