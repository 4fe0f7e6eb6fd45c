"""Chains side by side: merges between a rail and a bar (or a circle), residuals, fans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netdsl.backends.diagram import figure
from netdsl.backends.diagram.figure import BARS, Edge, Node
from netdsl.backends.diagram.layout.brush import WIDE_LETTER, Brush, Source, lettered
from netdsl.backends.diagram.layout.chain import Chain
from netdsl.backends.diagram.layout.pieces import Piece, bar_text
from netdsl.backends.diagram.layout.style import Style
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width

if TYPE_CHECKING:
    from netdsl.backends.diagram.layout.crossing import Crossing

RAIL = 2.5  # below the top of a merge
LETTERED = 8.0  # more room for a letter above a branch
ROWS = 3.6  # between lines that come from elsewhere


class Split(Piece):
    """Branches side by side, in the order of the text. `joins` are the edges from each branch to what joins
    them (None if nothing does), `opened` the lines from elsewhere that enter branches, by number."""

    __slots__ = (
        *("body", "branches", "fork", "high", "join", "joins", "low", "main", "offsets", "opened"),
        "top",
    )

    def __init__(self, split: figure.Split) -> None:
        super().__init__()
        self.fork = split.fork
        self.join = split.join
        self.main = split.main
        self.branches: list[Chain] = []
        self.joins: list[Edge | None] = []
        self.opened: dict[int, Crossing] = {}
        self.offsets: list[float] = []
        self.body = self.top = 0.0
        self.low = self.high = 0.0  # how far what joins the branches reaches to both sides

    def chains(self) -> Sequence[Chain]:
        return self.branches

    def measure(self, style: Style) -> None:
        at, axes = 0.0, []
        for number, branch in enumerate(self.branches):
            branch.measure(style)
            opened = self.opened.get(number)
            least = WIDE_LETTER + 0.3 if opened is not None and opened.letter else 0.0
            axes.append(at + max(branch.a, least))
            at += max(branch.a, least) + max(branch.b, least) + style.beside
            if branch.empty:  # a bare line needs room beside it
                at += style.beside
        wide = at - style.beside
        middle = (axes[0] + axes[-1]) / 2 if self.main is None else axes[self.main]
        self.offsets = [axis - middle for axis in axes]
        self.a, self.b = middle, wide - middle
        text = bar_text(self.join, style) if self.join is not None else ""
        self._widen(text)
        self.low, self.high = self.a, self.b
        left, right = lettered(self.beside)
        self.a, self.b = self.a + left, self.b + right
        self.body = max(branch.length for branch in self.branches)
        self.top = style.gap + 2 + ROWS * max(0, len(self.opened) - (0 if self.main is None else 1))
        self.top += LETTERED * any(crossing.letter for crossing in self.opened.values())
        self.length = self.top + self.body + self._foot(style)

    def _widen(self, text: str) -> None:
        """Make room for the text of a bar."""
        need = text_width(text, pen.SMALL, bold=True) + 4 if text else 0.0
        short = need - self.a - self.b
        if short > 0:
            self.a, self.b = self.a + short / 2, self.b + short / 2

    @property
    def beside(self) -> list[Crossing]:
        """Lines from elsewhere that end at a side of what joins the branches."""
        return self.crossings[1:] if self.edge is None else self.crossings

    def _foot(self, style: Style) -> float:
        """The room from the end of the branches to the end of the piece."""
        if self.join is None:
            return 0.0
        if self.join.kind in BARS:
            return style.gap - 1 + self._tall(style)
        return style.gap + 2 * pen.CIRCLE

    def _tall(self, style: Style) -> float:
        assert self.join is not None
        if not bar_text(self.join, style):
            return pen.BAR
        return 12.0 if style.words == "cell" else pen.LABELLED_BAR

    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        if source is None and self.crossings:
            source = brush.entering(self.crossings[0], u, v)
        if source is not None and self.fork is not None:
            brush.stands_for(self.fork.name, source)
            brush.tapped(self.fork.name, u, v)
        start, end = v + self.top, v + self.top + self.body
        below = end + brush.style.gap - 1
        ends: list[Source | None] = []
        for number, (branch, offset) in enumerate(zip(self.branches, self.offsets)):
            line = self._into(brush, number, u, v, source)
            top = end - branch.length if self.join is not None else start
            ends.append(branch.place(brush, u + offset, top, line) if not branch.empty else line)
        if self.join is None:
            return ends[0] if len(ends) == 1 else None
        return self._joined(brush, u, below, ends)

    def _into(
        self, brush: Brush, number: int, u: float, v: float, source: Source | None
    ) -> Source | None:
        """The line that enters a branch: from the rail, from the bar above, or from elsewhere."""
        axis = u + self.offsets[number]
        opened = self.opened.get(number)
        if opened is not None:
            order = sorted(self.opened).index(number)
            row = v + RAIL + 2 + ROWS * order
            return brush.entering(opened, axis, row)
        if source is None:
            return None
        span = source.span
        if span is not None and len(source.points) == 1 and self._covered(u, span):
            (_, bottom) = source.points[0]
            return source._replace(points=((axis, bottom),), span=None)
        if abs(axis - u) < 0.1:
            if number > 0 and 0 not in self.opened:
                return source._replace(span=None, begin=len(source.points) - 1)
            return source._replace(span=None)
        points = (*source.points, (u, v + RAIL), (axis, v + RAIL))
        first = next(n for n in range(len(self.branches)) if n not in self.opened) == number
        begin = source.begin if first else len(source.points) - 1  # what all share is painted once
        return source._replace(points=points, span=None, begin=begin)

    def _covered(self, u: float, span: tuple[float, float]) -> bool:
        low, high = span
        return low - 0.1 <= u + self.offsets[0] and u + self.offsets[-1] <= high + 0.1

    def _joined(
        self, brush: Brush, u: float, below: float, ends: Sequence[Source | None]
    ) -> Source:
        """The bar or circle, and the lines into it."""
        join = self.join
        assert join is not None
        if join.kind in BARS:
            for offset, line, edge in zip(self.offsets, ends, self.joins):
                if line is not None and edge is not None:
                    at = (u + offset, below)
                    brush.arrive(brush.typed(line, edge), join.name, at, length=pen.HEAD)
            low, high = u - self.low, u + self.high
            tall = self._tall(brush.style)
            middle = below + tall / 2
            brush.bar(join, low, high, middle, tall, bar_text(join, brush.style))
            for crossing in self.beside:
                brush.from_side(crossing, (low + high) / 2, middle, (high - low) / 2)
            return Source(join.name, ((u, below + tall),), span=(low, high))
        middle = below + pen.CIRCLE + 1
        for offset, line, edge in zip(self.offsets, ends, self.joins):
            if line is None or edge is None:
                continue
            if abs(offset) < 0.1:
                brush.arrive(brush.typed(line, edge), join.name, (u, middle - pen.CIRCLE))
            else:
                side = pen.CIRCLE if offset > 0 else -pen.CIRCLE
                corner = (u + offset, middle)
                brush.arrive(brush.typed(line, edge), join.name, corner, (u + side, middle))
        self._sign(brush, join, u, middle)
        return Source(join.name, ((u, middle + pen.CIRCLE),))

    def _sign(self, brush: Brush, join: Node, u: float, middle: float) -> None:
        brush.sign(join, u, middle)
        if join.fused and brush.style.words == "cell":
            brush.word(u - pen.CIRCLE - 2.5, middle, join.fused)
        for crossing in self.beside:
            brush.from_side(crossing, u, middle, pen.CIRCLE)


class Residual(Split):
    """A body on the axis and a way around it in a lane on the right; what joins them is a circle, or the bar
    of a dense layer."""

    __slots__ = ("dashed", "lane", "note")

    def __init__(self, split: figure.Split, dashed: bool) -> None:
        super().__init__(split)
        self.dashed = dashed
        self.lane = 0.0

    def measure(self, style: Style) -> None:
        body, way = self.branches
        body.measure(style)
        way.measure(style)
        self.a = body.a
        if way.empty:
            self.lane = body.b + style.lane
            self.b = self.lane
        else:
            self.lane = body.b + style.lane * 0.55 + way.a
            self.b = self.lane + way.b
        self.offsets = [0.0, self.lane]
        if self._bar and self.join is not None:
            self.a = max(self.a, 12.0)
            self._widen(bar_text(self.join, style))
        self.low, self.high = self.a, self.b
        left, right = lettered(self.beside)
        if self._bar:
            self.a, self.b = self.a + left, self.b + right
        else:
            self.a, self.b = max(self.a, pen.CIRCLE + left), max(self.b, pen.CIRCLE + right)
        self.top = 4 + style.gap * 0.75
        self.body = max(body.length, way.length)
        foot = style.gap * 0.8 + (self._tall(style) if self._bar else 2 * pen.CIRCLE)
        self.length = self.top + self.body + foot

    @property
    def _bar(self) -> bool:
        return self.join is not None and self.join.kind in BARS

    def place(self, brush: Brush, u: float, v: float, source: Source | None) -> Source | None:
        style, join = brush.style, self.join
        assert join is not None
        if source is None and self.crossings:
            source = brush.entering(self.crossings[0], u, v)
        if source is not None:
            source = source._replace(span=None)
            if self.fork is not None:
                brush.stands_for(self.fork.name, source)
                brush.tapped(self.fork.name, u, v)
        body = self.branches[0]
        start = v + self.top
        end = start + self.body
        line = source
        if 0 in self.opened:
            line = brush.entering(self.opened[0], u, v + RAIL)
        rest = (self.body - body.length) / 2
        result = body.place(brush, u, start + rest, line) if not body.empty else line
        middle = end + style.gap * 0.8 + (self._tall(style) / 2 if self._bar else pen.CIRCLE)
        half = self._tall(style) / 2 if self._bar else pen.CIRCLE
        edges = self.joins
        if result is not None and edges[0] is not None:
            line = brush.typed(result, edges[0])
            brush.arrive(line, join.name, (u, middle - half), length=3.4)
        self._around(brush, u, v, source, middle, half)
        if self._bar:
            low, high = u - self.low, u + self.high
            brush.bar(join, low, high, middle, self._tall(brush.style), bar_text(join, brush.style))
            for crossing in self.beside:
                brush.from_side(crossing, (low + high) / 2, middle, (high - low) / 2)
            return Source(join.name, ((u, middle + half),))
        self._sign(brush, join, u, middle)
        return Source(join.name, ((u, middle + half),))

    def _around(
        self,
        brush: Brush,
        u: float,
        v: float,
        source: Source | None,
        middle: float,
        half: float,
    ) -> None:
        """The way around the body."""
        way, lane = self.branches[1], u + self.lane
        join, edge = self.join, self.joins[1]
        assert join is not None
        dash = pen.CHANGES if self.dashed else None
        if 1 in self.opened:
            line = brush.entering(self.opened[1], lane, v + RAIL)
            line = line._replace(role="shortcut", dash=dash or line.dash)
        elif source is None:
            line = None
        else:
            corners = (*source.points, (u, v + RAIL), (lane, v + RAIL))
            line = source._replace(
                points=corners,
                role="shortcut",
                dash=dash or source.dash,
                begin=len(source.points),
            )
        if not way.empty:
            top = v + self.top + (self.body - way.length) / 2
            if line is not None:
                top = max(top, line.points[-1][1] + brush.style.gap)
            line = way.place(brush, lane, top, line)
            if line is not None:
                line = line._replace(role="shortcut", dash=dash)
        if line is None or edge is None:
            return
        if self._bar:
            brush.arrive(line, join.name, (lane, middle - half))
        else:
            brush.arrive(line, join.name, (lane, middle), (u + pen.CIRCLE, middle))
