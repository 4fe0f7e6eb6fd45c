"""The figure of a U-Net in a narrow column: one slab for the steps of a level on the way down, one for those on
the way up, and what they are in words beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from netdsl.backends.diagram.kinds.ladder.cells import PASSING
from netdsl.backends.diagram.kinds.ladder.maps import Map, Row
from netdsl.backends.diagram.kinds.ladder.passes import Ladder
from netdsl.backends.diagram.kinds.ladder.places import (
    CLEAR,
    FORMS,
    MARGIN,
    PAGE,
    RUNG,
    WIDEST,
    rung_text,
    sized,
)
from netdsl.backends.diagram.kinds.ladder.slabs import entries_of, joined
from netdsl.backends.diagram.kinds.ladder.text import doing, runs, said, titled
from netdsl.backends.diagram.scene import legend, pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Placed, Point, Route, Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import clean, shape_text

TALLEST = 40.0
BETWEEN = 21.0  # rows
GAP = 10.0  # from the joined slabs to what is made of them
ASIDE = 3.6  # from a slab to its words
LEAST_RUNG, ROOMY = 16.0, 62.0  # of the arrow that a rung is, as room allows
ENDS = 13.0  # from the input's name to its slab


def levels(ladder: Ladder, rows: Sequence[Row], settings: Settings) -> Scene | None:
    """The figure with one slab for each row and pass; None if even that is too wide, or if more than one
    map leaves."""
    if any(row.extra for row in rows) or any(not row.down for row in rows[1:]):
        return None
    sized(rows, TALLEST, 0.8 * WIDEST)
    sides = [_Side(row.down) for row in rows]
    others = [_Side(row.up) if len(row.up) > 1 or row.copied is None else None for row in rows]
    drawing = _Levels(ladder, rows, sides, others, settings)
    return drawing.scene if drawing.fits else None


class _Side:
    """The steps of a row on one of the passes: the map that they give, and their words."""

    def __init__(self, maps: Sequence[Map]) -> None:
        self.map = maps[-1] if maps else None
        self.chain = list(maps)

    def lines(self, first: int) -> list[str]:
        """The words of all steps from the map `first` on."""
        texts = [
            said(cell.item)
            for item in self.chain[first:]
            for cell in item.cells
            if cell.item is not None and cell.kind not in (*PASSING, "concat")
        ]
        return runs(texts)

    def steps(self, first: int) -> tuple[tuple[str, int], ...]:
        total: Counter[str] = Counter()
        for item in self.chain[first:]:
            total.update(dict(item.steps))
        return tuple(sorted(total.items()))


class _Levels:
    def __init__(
        self,
        ladder: Ladder,
        rows: Sequence[Row],
        downs: Sequence[_Side],
        ups: Sequence[_Side | None],
        settings: Settings,
    ) -> None:
        self.ladder = ladder
        self.rows = rows
        self.downs = downs
        self.ups = ups
        self.scene = Scene(*titled(ladder))
        self.fits = self._columns(settings.width or PAGE)
        if not self.fits:
            return
        self._heights()
        for i in range(len(rows)):
            self._row(i)
        self._between()
        self._ends()
        if settings.legend:
            left, _, right, bottom = self.scene.bounds()
            entries, notes = entries_of(rows, [r.down[0] for r in rows if len(r.down) > 1])
            legend.legend(self.scene, left, bottom + 5, right - left, entries, notes)
        self.scene.crop(MARGIN)

    # ---------------------------------------------------------------------------------------- places
    def _words(self, i: int, up: bool) -> list[tuple[str, str]]:
        """The lines beside a slab and their colours: its steps, its size."""
        side = self.ups[i] if up else self.downs[i]
        if side is None or side.map is None:
            return []
        if up:
            first = 1 if self.rows[i].copied is not None else 0
        else:
            first = 1 if i or side.chain[0].kind == "input" else 0
        lines = [(text, "text") for text in side.lines(first)]
        return [*lines, (side.map.sides, "muted")]

    def _columns(self, width: float) -> bool:
        """The middles of the columns; whether they have room."""
        lefts = [text for i in range(len(self.rows)) for text, _ in self._words(i, False)]
        rights = [text for i in range(len(self.rows)) for text, _ in self._words(i, True)]
        before = max(text_width(text, pen.SMALL) for text in lefts)
        behind = max((text_width(text, pen.SMALL) for text in rights), default=0.0)
        down = max(side.map.width for side in self.downs if side.map is not None)
        made = max(
            (s.map.width for s in self.ups if s is not None and s.map is not None), default=0.0
        )
        joined = max((row.up[0].width for row in self.rows if row.up), default=0.0)
        copied = max((row.copied.width for row in self.rows if row.copied), default=0.0)
        self.down = before + ASIDE + down / 2
        wide = 2 * ASIDE + before + behind + down + copied + joined + GAP + made
        self.form = next(
            (f for f in range(FORMS) if self._longest(f) <= width - 2 * MARGIN - wide), FORMS
        )
        rung = max(self._longest(self.form), LEAST_RUNG, min(ROOMY, width - 2 * MARGIN - wide))
        self.larger = self.down + down / 2 + rung + copied + joined / 2
        self.made = self.larger + joined / 2 + GAP + made / 2
        return wide + rung <= width - 2 * MARGIN

    def _longest(self, form: int) -> float:
        texts = [rung_text(row, form) for row in self.rows]
        return max(text_width(text, pen.SMALL) for text in texts) + 6

    def _heights(self) -> None:
        at = 0.0
        for i, (row, down, up) in enumerate(zip(self.rows, self.downs, self.ups)):
            tall = max(item.height for item in row.all)
            words = max(len(self._words(i, False)), len(self._words(i, True)))
            row.y = at + max(tall, words * pen.SMALL * pen.LEADING) / 2
            at = row.y + max(tall, words * pen.SMALL * pen.LEADING) / 2 + BETWEEN
            places = [(down.map, self.down), (up.map if up is not None else None, self.made)]
            if row.up:
                joined = len(row.up) > 1 or row.copied is not None
                places.append((row.up[0] if joined else None, self.larger))
            for item, middle in places:
                if item is not None:
                    item.left, item.top = middle - item.width / 2, row.y - item.height / 2
            if row.copied is not None:
                row.copied.left = row.up[0].left - row.copied.width
                row.copied.top = row.y - row.copied.height / 2

    # --------------------------------------------------------------------------------------- drawing
    def _row(self, i: int) -> None:
        row, down, up = self.rows[i], self.downs[i], self.ups[i]
        assert down.map is not None
        self.slab(down.map, down.steps(0))
        self.words(down.map.left - ASIDE, row.y, self._words(i, False), "end")
        if row.copied is not None:
            self.slab(row.copied, row.copied.steps)
            self.slab(row.up[0], row.up[0].steps)
            self.scene.routes.append(joined(row.copied, row.up[0]))
            start, end = down.map.right + CLEAR, row.copied.left - CLEAR
            pen.arrow(
                self.scene, [(start, row.y), (end, row.y)], stroke="muted", line=RUNG, length=6.0
            )
            self.route(down.map, row.copied, [(start, row.y), (end, row.y)], "tap")
            text = rung_text(row, self.form)
            self.scene.text((start + end) / 2, row.y - 6.2, text, pen.SMALL)
        if up is None or up.map is None:
            return
        self.slab(up.map, up.steps(1 if row.copied is not None else 0))
        if row.copied is not None:
            self.arrow(row.up[0], up.map, [(row.up[0].right, row.y), (up.map.left, row.y)])
        self.words(up.map.right + ASIDE, row.y, self._words(i, True), "start")

    def slab(self, item: Map, steps: tuple[tuple[str, int], ...]) -> None:
        place = (item.left, item.top, item.width, item.height)
        pen.slab(self.scene, *place, item.kind, stage=item.stage)
        note = shape_text(item.shape)
        self.scene.nodes.append(Placed(item.name, item.kind, *place, (), steps, note=note))

    def words(self, x: float, y: float, lines: Sequence[tuple[str, str]], anchor: str) -> None:
        for i, (text, fill) in enumerate(lines):
            middle = y + (i - (len(lines) - 1) / 2) * pen.SMALL * pen.LEADING
            self.scene.text(x, middle, text, pen.SMALL, anchor, fill=fill)

    def arrow(self, tail: Map, head: Map, points: list[Point], kind: str = "") -> None:
        """An arrow in the colour of a kind, clear of what it connects."""
        (x0, y0), (x1, y1) = points[0], points[1]
        points[0] = (x0 + _sign(x1 - x0) * CLEAR, y0 + _sign(y1 - y0) * CLEAR)
        (x0, y0), (x1, y1) = points[-2], points[-1]
        points[-1] = (x1 - _sign(x1 - x0) * CLEAR, y1 - _sign(y1 - y0) * CLEAR)
        pen.arrow(self.scene, points, stroke=f"{kind or head.kind}.s", line=1.0)
        self.route(tail, head, points)

    def route(self, tail: Map, head: Map, points: Sequence[Point], role: str = "flow") -> None:
        self.scene.routes.append(Route(tail.name, head.name, tuple(points), role))

    def _between(self) -> None:
        """From row to row: down on the left, up on the right."""
        words: list[tuple[float, float, str, str]] = []
        for i, (above, below) in enumerate(zip(self.downs, self.downs[1:])):
            tail, head = above.map, below.map
            assert tail is not None and head is not None
            step = below.chain[0]
            ends = [(self.down, tail.top + tail.height), (self.down, head.top)]
            self.arrow(tail, head, ends, step.kind)
            y = (ends[0][1] + ends[1][1]) / 2
            words.append((self.down - 3.4, y, doing(step.cells[:1]), "end"))
            row = self.rows[i]
            if row.up:
                self._upwards(i, words)
        left, _, right, _ = self.scene.bounds()
        for x, y, text, anchor in words:
            wide = text_width(text, pen.SMALL)
            if (
                left - 4 <= x - (wide if anchor == "end" else 0)
                and x + (wide if anchor == "start" else 0) <= right + 4
            ):
                self.scene.text(x, y, text, pen.SMALL, anchor)

    def _upwards(self, i: int, words: list[tuple[float, float, str, str]]) -> None:
        """The arrow into the pass up of a row, from the next row in which that pass is."""
        head = self.rows[i].up[0]
        bottom = head.top + head.height
        text = doing([c for c in head.cells if c.item is not None][:1])
        below = next(
            (k for k in range(i + 1, len(self.rows)) if self.rows[k].up), len(self.rows) - 1
        )
        at = head.left + head.width / 2
        if self.rows[below].up:
            side = self.ups[below]
            tail = side.map if side is not None and side.map is not None else self.rows[below].up[0]
            half = (bottom + max(tail.top, self.rows[i].y)) / 2
            middle = tail.left + tail.width / 2
            points = [(middle, tail.top), (middle, half), (at, half), (at, bottom)]
            if abs(middle - at) < 0.05:
                points = [points[0], points[-1]]
            words.append((middle + 3.4, half, text, "start"))
        else:
            tail = self.downs[below].map
            assert tail is not None
            y = tail.top + tail.height / 2
            points = [(tail.right, y), (at, y), (at, bottom)]
            width = text_width(text, pen.SMALL)
            if width + 6 <= at - tail.right:
                self.scene.text((tail.right + at) / 2, y - 5.2, text, pen.SMALL)
        self.arrow(tail, head, points)

    def _ends(self) -> None:
        """The input and the output above the first row."""
        graph = self.ladder.graph
        first = self.downs[0].map
        source = self.downs[0].chain[0]
        assert first is not None
        top = min(item.top for item in (first, *(self.rows[0].up)))
        y = top - ENDS
        if first is not source:
            text = f"{source.name} {shape_text(source.shape)}"
            self.scene.text(max(first.middle, text_width(text, pen.SMALL) / 2), y, text, pen.SMALL)
            points = [(first.middle, y + 4.4), (first.middle, first.top)]
            pen.arrow(
                self.scene,
                [points[0], (first.middle, first.top - CLEAR)],
                stroke=f"{first.kind}.s",
                line=1.0,
            )
        side = self.ups[0]
        last = side.map if side is not None else None
        if last is None:
            return
        for name, cell in graph.outputs.items():
            if cell in last.cells:
                text = f"{clean(name)} {shape_text(last.shape)}"
                self.scene.text(last.middle, y, text, pen.SMALL)
                pen.arrow(self.scene, [(last.middle, last.top - CLEAR), (last.middle, y + 4.4)])


def _sign(value: float) -> float:
    return (value > 0.05) - (value < -0.05)
