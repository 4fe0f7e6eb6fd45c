"""Stages -> columns: how large solids are, which of them are drawn, and where they stand in rows of a width.

Scales and gaps are found by trying: the largest for which no two solids or captions come too close.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from netdsl.backends.diagram.kinds.volume.captions import Caption, folded, layer_words
from netdsl.backends.diagram.kinds.volume.solids import RIGHT, UP, Prism, Scale, in_a_row, prism
from netdsl.backends.diagram.kinds.volume.stages import Stage
from netdsl.backends.diagram.kinds.volume.style import Style
from netdsl.backends.diagram.kinds.volume.trunk import Solid

BETWEEN_CAPTIONS = 6.0
CROSSING = 20.0  # more room for lines that lead from tower to tower
HIGHEST = 10.0  # points of a side of 1: what is one place should not look like a map
LONGEST = 48.0  # points of the solid with most channels
ABOVE_TOWER = 9.5  # room for a number of channels above a solid
MOST_LINES = 6  # of short captions
STEPS = 24  # of bisection


class Column:
    """A stage as it is drawn: `solids` with their `prisms`, whose left edge is at `x`, over its caption.
    `split` is among how many towers they are shared, `crossed` whether lines from the other tower reach them,
    `over` the width of what stands above them, `least` how wide they must be, `told` how wide its caption is."""

    __slots__ = (
        *("caption", "crossed", "least", "over", "prisms", "solids", "split", "stage"),
        *("told", "width", "x"),
    )

    def __init__(self, stage: Stage, solids: list[Solid], caption: Caption, split: int) -> None:
        self.stage = stage
        self.solids = solids
        self.caption = caption
        self.told = caption.width
        self.split = split
        self.crossed = False
        self.over = self.least = 0.0
        self.prisms: list[Prism] = []
        self.width = 0.0
        self.x = 0.0

    def measure(self, scale: Scale) -> None:
        self.prisms = in_a_row([prism(solid, scale, self.split) for solid in self.solids])
        left = min(shape.left for shape in self.prisms)
        self.prisms = [shape.moved(-left) for shape in self.prisms]
        self.width = max(shape.far_right for shape in self.prisms)

    def least_scale(self, side: float) -> float:
        """Points for the root of a number of channels from which on it is as wide as it must be."""
        first = self.solids[0]
        free = self.least - RIGHT * side * math.sqrt(first.width)
        return max(0.0, free) / math.sqrt(first.channels / self.split)

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def reach(self) -> float:
        """How far its texts reach on either side of its middle."""
        return max(self.told, self.over) / 2

    @property
    def placed(self) -> list[Prism]:
        return [shape.moved(self.x) for shape in self.prisms]


def shown(solids: Sequence[Solid], style: Style) -> list[Solid]:
    """The solids of a stage that are drawn: of many equal ones some, the last of which stands for the rest, and
    no more than the style takes."""
    found: list[Solid] = []
    at = 0
    for texts, times in folded([f"{layer_words(s)} {s.shape} {s.kind}" for s in solids]):
        period = len(texts)
        keep = min(times, max(1, style.most // period)) * period
        found += solids[at : at + keep - 1]
        found.append(_standing_for(solids[at + keep - 1 : at + period * times]))
        at += period * times
    if len(found) > style.longest:
        found[style.longest - 1 :] = [_standing_for(found[style.longest - 1 :])]
    return found


def _standing_for(solids: Sequence[Solid]) -> Solid:
    """One solid in the place of several."""
    if len(solids) == 1:
        return solids[0]
    first, last = solids[0], solids[-1]
    one = Solid(first.name, last.kind, last.shape, last.layer)
    one.title, one.labels, one.rest = last.title, first.labels, last.rest
    for solid in solids:
        one.parts += solid.parts or [solid]
        one.steps.update(solid.steps)
    return one


# -------------------------------------------------------------------------------------------- rows
def place(columns: Sequence[Column], gap: float) -> float:
    """Set the columns of a row side by side, as close as a gap and their captions allow; the result is the
    row's width."""
    width = 0.0
    for i, column in enumerate(columns):
        width = max(width, follow(columns[i - 1] if i else None, column, gap))
    return width


def follow(before: Column | None, column: Column, gap: float) -> float:
    """Set a column behind the one before it; the result is how far to the right it reaches."""
    if before is None:
        column.x = max(0.0, column.reach - column.width / 2)
    else:
        apart = before.middle + before.reach + BETWEEN_CAPTIONS + column.reach - column.width / 2
        near = gap + (CROSSING if column.crossed else 0.0)
        column.x = max(before.x + before.width + near, apart)
    return max(column.x + column.width, column.middle + column.reach)


def broken(
    columns: Sequence[Column], width: float, gap: float, most: int = 0
) -> list[list[Column]] | None:
    """Columns in rows: as many to a row as fit; None if these are more than `most` rows (0: any number) or
    a single column is too wide."""
    rows: list[list[Column]] = []
    for column in columns:
        if rows and follow(rows[-1][-1], column, gap) <= width:
            rows[-1].append(column)
            continue
        rows.append([column])
        if most and len(rows) > most or follow(None, column, gap) > width:
            return None
    return rows


def balanced(columns: Sequence[Column], width: float, gap: float) -> list[list[Column]]:
    """The fewest rows, and of those the most even."""
    rows = broken(columns, width, gap) or [list(columns)]
    if len(rows) > 1:
        fewest = len(rows)
        even = smallest(lambda w: broken(columns, w, gap, fewest) is not None, width / 2, width)
        rows = broken(columns, even, gap) or rows
    return rows


def smallest(good: Callable[[float], bool], low: float, high: float) -> float:
    """The smallest number between two for which something holds, which does for the higher one."""
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if good(middle) else (middle, high)
    return high


def largest(good: Callable[[float], bool], low: float, high: float) -> float:
    """The largest number between two for which something holds, which does for the lower one."""
    if good(high):
        return high
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if good(middle) else (low, middle)
    return low


# ------------------------------------------------------------------------------------------- scale
def fit(
    columns: Sequence[Column], style: Style, width: float, tallest: float
) -> list[list[Column]] | None:
    """Measure columns and place them in rows of a width; None if they do not fit. Solids are no higher than
    `tallest`."""
    solids = [solid for column in columns for solid in column.solids]
    sides = max(math.sqrt(s.height) + UP * math.sqrt(s.width) for s in solids)
    channels = max(math.sqrt(s.channels / c.split) for c in columns for s in c.solids)
    highest = min(HIGHEST, tallest / sides)
    most_rows = style.rows

    def fits(scale: Scale) -> bool:
        for column in columns:
            column.measure(scale)
        if style.short and any(column.caption.count > MOST_LINES for column in columns):
            return False
        return broken(columns, width, style.gap, most_rows) is not None

    for share in (1.0, 0.92, 0.84, 0.76, 0.68, 0.6):
        side = highest * share
        least, most = 0.085 * side, min(0.30 * side, LONGEST / channels)
        least = min(least, most)
        if share < 0.65:  # the last try: thin solids are better than none
            least = min(0.05 * side, most)
        least = max([least, *(column.least_scale(side) for column in columns)])
        most = max(least, most)
        if fits(Scale(side, least)):
            most_rows = most_rows or len(broken(columns, width, style.gap) or columns)

            def good(channels: float, side: float = side) -> bool:
                return fits(Scale(side, channels))

            good(largest(good, least, most))
            return _spread(columns, style, width)
    return None


def _spread(columns: Sequence[Column], style: Style, width: float) -> list[list[Column]]:
    """The rows, with what room is left between the solids."""
    rows = balanced(columns, width, style.gap)
    wide = width if len(rows) == 1 else max(place(row, style.gap) for row in rows)
    for row in rows:

        def good(gap: float, row: list[Column] = row) -> bool:
            return place(row, gap) <= wide

        place(row, largest(good, style.gap, style.widest_gap))
    return rows


def extent(row: Sequence[Column], far: float = 0.0) -> tuple[float, float]:
    """How far the solids of a row reach above and below its axis, if towers are `far` from it."""
    shapes = [(shape, far * (c.split > 1)) for c in row for shape in c.prisms]
    above = max(off - shape.far_top + ABOVE_TOWER * (off > 0) for shape, off in shapes)
    return above, max(off + shape.bottom for shape, off in shapes)
