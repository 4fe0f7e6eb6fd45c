"""Long figures in columns: where the chain breaks, and the turns from one column to the next."""

from __future__ import annotations

from netdsl.backends.diagram.layout.brush import Brush, Source
from netdsl.backends.diagram.layout.build import Built
from netdsl.backends.diagram.layout.chain import Chain
from netdsl.backends.diagram.layout.frames import Frame, LetterMark
from netdsl.backends.diagram.layout.pieces import Leaf, Piece, Row
from netdsl.backends.diagram.layout.style import GUTTER, TURN_ROOM, Style
from netdsl.backends.diagram.scene import pen


def partition(lengths: list[float], gap: float, columns: int, cuts: set[int]) -> list[int] | None:
    """Where to break a chain into at most that many columns so that the tallest is as short as can be:
    the numbers of the pieces that begin a column, the first one left out. Only `cuts` may be broken at;
    None if there are too few."""
    if columns == 1:
        return []

    def packed(most: float) -> list[int] | None:
        breaks: list[int] = []
        start, at = 0, 0.0
        last: int | None = None  # the last place where this column could end
        number = 0
        while number < len(lengths):
            if number > start and number in cuts:
                last = number
            longer = at + lengths[number] + (gap if number > start else 0.0)
            if longer <= most or number == start:
                at = longer
                if at > most:
                    return None
                number += 1
                continue
            if last is None:
                return None
            breaks.append(last)
            if len(breaks) >= columns:
                return None
            start = number = last
            at, last = 0.0, None
        return breaks

    low, high = max(lengths, default=0.0), sum(lengths) + gap * len(lengths)
    best = packed(high)
    for _ in range(30):
        middle = (low + high) / 2
        found = packed(middle)
        if found is not None:
            best, high = found, middle
        else:
            low = middle
    return best if best is not None and len(best) == columns - 1 else None


class Columns:
    """A figure's pieces in columns; side outputs stand in the columns where there is room."""

    def __init__(self, built: Built, breaks: list[int], style: Style) -> None:
        self.style = style
        self.letters = built.letters
        self.low = 0.0  # the height of what stands below all columns
        pieces = built.trunk.pieces
        for crossing in (c for lane in built.trunk.lanes for c in lane.crossings):
            crossing.letter = ""
        for piece in pieces:
            if isinstance(piece, Row):
                piece.broken = {}
        starts = [0, *breaks]
        ends = [*breaks, len(pieces)]
        self.chains = [self._chain(built.trunk, a, b) for a, b in zip(starts, ends)]
        self.below: list[list[Piece]] = [[] for _ in self.chains]
        self.rows = self._rows(built)
        for aside in built.asides if not self.rows else ():
            shortest = min(range(len(self.chains)), key=lambda i: (self.length(i), -i))
            self.below[shortest].append(aside)

    def _rows(self, built: Built) -> list[Frame]:
        """Side outputs as rows below all columns, if that is lower than a column with them would be."""
        if self.style.right or not built.asides:
            return []
        lengths = [chain.length for chain in self.chains]
        for frame in built.asides:
            frame.measure(self.style)
        upright = sum(frame.length + 2 * self.style.gap for frame in built.asides)
        sideways = self.style.but(right=True)
        wide, high = 0.0, 0.0
        for frame in built.asides:
            frame.measure(sideways)
            wide = max(wide, frame.length)
            high += frame.a + frame.b + 2 * self.style.gap
        if wide <= self.width and max(lengths) + high < max(max(lengths), min(lengths) + upright):
            self.low = high
            return built.asides
        for frame in built.asides:
            frame.measure(self.style)
        return []

    def _chain(self, trunk: Chain, start: int, end: int) -> Chain:
        """A part of the trunk, with the lanes that are in it."""
        part = Chain(trunk.pieces[start:end])
        for lane in trunk.lanes:
            if start <= lane.first and lane.last < end:
                moved = lane.moved(-start)
                part.lanes.append(moved)
        part.asides = {k - start: list(v) for k, v in trunk.asides.items() if start <= k < end}
        for lane in trunk.lanes:
            if start <= lane.first < end <= lane.last:
                tail = lane.crossings[0].edge.tail
                letter = self.letters.of(tail)
                first = trunk.pieces[lane.first]
                if isinstance(first, Row) and tail != first.exit:
                    first.broken[tail] = letter
                    for crossing in lane.crossings:
                        crossing.letter = letter
                    continue
                marks = [
                    t for row in part.asides.values() for t in row if isinstance(t, LetterMark)
                ]
                if letter not in [mark.letter for mark in marks]:
                    # to the right titles stand above, so lines leave below
                    side = 1 if self.style.right else lane.side
                    beside = part.asides.setdefault(lane.first - start, [])
                    beside.append(LetterMark(letter, tail, side))
                for crossing in lane.crossings:
                    crossing.letter = letter
        part.turns = end < len(trunk.pieces)
        part.arrange(self.style)
        return part

    def length(self, number: int) -> float:
        own = self.chains[number].length
        return own + sum(piece.length + 2 * self.style.gap for piece in self.below[number])

    def reach(self, number: int) -> tuple[float, float]:
        """How far a column reaches to the left and right of its axis."""
        chain = self.chains[number]
        a = max(chain.a, *(p.a for p in self.below[number]), 0.0)
        return a, max(chain.b, *(p.b for p in self.below[number]), 0.0)

    @property
    def width(self) -> float:
        return sum(sum(self.reach(i)) for i in range(len(self.chains))) + GUTTER * (
            len(self.chains) - 1
        )

    @property
    def height(self) -> float:
        tallest = max(self.length(i) for i in range(len(self.chains)))
        return tallest + self.low + (2 * TURN_ROOM if len(self.chains) > 1 else 0.0)

    def place(self, brush: Brush) -> None:
        """Paint all columns; each begins where the last one's line turns to."""
        at = 0.0
        source: Source | None = None
        for number, chain in enumerate(self.chains):
            a, b = self.reach(number)
            axis = at + a
            if source is not None and chain.pieces[0].edge is None:
                source = None
            if source is not None:
                source = self._turn(brush, source, at - GUTTER / 2, axis, number)
            source = chain.place(brush, axis, 0.0, source)
            v = chain.length
            for piece in self.below[number]:
                v += 2 * self.style.gap
                piece.place(brush, axis, v, None)
                v += piece.length
            at += a + b + GUTTER
        brush.draw_letters()
        top = self.height - self.low - (TURN_ROOM if len(self.chains) > 1 else 0.0)
        for frame in self.rows:
            top += 2 * self.style.gap + frame.a
            left = (self.width - frame.length) / 2
            row = Brush(brush.scene, self.style.but(right=True), (left, top))
            frame.place(row, 0.0, 0.0, None)
            top += frame.b

    def _turn(
        self, brush: Brush, source: Source, gutter: float, axis: float, number: int
    ) -> Source:
        """Down, up the gutter before a column, over the top, with a head midway."""
        u, v = source.points[-1]
        # below the panel that the line comes out of, not on its border
        low, top = max(v, self.chains[number - 1].length) + 7, -TURN_ROOM
        x, y = brush.at(gutter, (low + top) / 2)
        if brush.right:
            brush.scene.path(
                [(x - 2.2, y), (x + 2.4, y - 1.9), (x + 2.4, y + 1.9)], "edge", None, 0
            )
        else:
            pen.midway(brush.scene, x, y)
        first = self.chains[number].pieces[0]
        source = source.to((u, low), (gutter, low), (gutter, top), (axis, top))
        source = source._replace(span=None)
        return source if isinstance(first, Leaf) else source.to((axis, 0.0))
