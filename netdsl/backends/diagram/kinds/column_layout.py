"""Where the rows of columns stand: stages begin at one height in all networks, and so do the rows of networks that
have equally many in a stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram.kinds.column_measures import (
    AIR,
    APART,
    BARE,
    FORK,
    LANE,
    LINE,
    NEXT,
    RADIUS,
    SUM,
    TITLE,
    Lane,
    Measures,
    broken,
    entry_text,
    facts,
    high,
    lane_boxes,
)
from netdsl.backends.diagram.kinds.column_parts import Arc, Column
from netdsl.backends.diagram.kinds.column_stages import Stage, label
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width


class Placed(NamedTuple):
    """A column: its axis, the width of its boxes, the tops of its rows, the lanes of its arcs and taps, the
    left ends of its side outputs, the places of its brackets, and how far from its axis boxes and lines
    reach to both sides; `half` is half the width of its title, which is in lines, and totals."""

    axis: float
    width: float
    tops: list[float]
    arcs: list[Lane]
    taps: list[float]
    sides: list[float]
    spans: list[float]
    left: float
    right: float
    half: float
    title: tuple[str, ...]


class Band(NamedTuple):
    top: float
    bottom: float
    label: tuple[str, ...]


class Sheet(NamedTuple):
    """All columns, from x = 0 and y = 0 where the first band begins; `facts` are lines below each."""

    columns: list[Placed]
    bands: list[Band]
    facts: list[tuple[str, ...]]
    width: float
    height: float


def sheet(
    columns: Sequence[Column],
    found: Sequence[Stage],
    measures: Measures,
    beside: float | None = None,
) -> Sheet:
    """Places for everything; `beside` is the room between columns, if it is not to be the least."""
    bands, tops = _vertical(columns, found, measures)
    said = [line for band in bands for line in band.label]
    x = max((text_width(line, pen.TITLE, True) for line in said), default=0.0) + 3 + 10
    placed = []
    text = 0.0  # where the title and the totals of the column before end
    for column, own in zip(columns, tops):
        one = _horizontal(column, own, measures)
        axis = max(x + one.left, text + one.half)
        placed.append(_moved(one, axis))
        x = axis + one.right + (measures.beside if beside is None else beside)
        text = axis + one.half + AIR
    lines = [facts(column, measures.narrow) for column in columns]
    wide = max(one.axis + max(one.right, one.half) for one in placed) if placed else x
    return Sheet(placed, bands, lines, wide + 3, bands[-1].bottom if bands else 0.0)


def _moved(one: Placed, axis: float) -> Placed:
    arcs = [lane._replace(x=lane.x + axis) for lane in one.arcs]
    taps, sides, spans = ([x + axis for x in xs] for xs in (one.taps, one.sides, one.spans))
    return one._replace(axis=axis, arcs=arcs, taps=taps, sides=sides, spans=spans)


# --------------------------------------------------------------------------------------- downwards
def sums_below(column: Column, row: int) -> list[Arc]:
    """The residuals that end below a row, the inner ones first."""
    return sorted((a for a in column.arcs if a.last == row), key=lambda a: (-a.first, a.last))


def leaving_above(column: Column, row: int) -> list[Arc]:
    """The residuals that begin above a row, the outer ones last, which leave first."""
    return sorted((a for a in column.arcs if a.first == row), key=lambda a: (a.last, -a.first))


def leaving(column: Column, row: int) -> int:
    """How many lines leave the chain above a row: shortcuts, taps and side outputs."""
    taps = {tap.tail for tap in column.taps if tap.tail == row - 1}
    sides = sum(side.after == row - 1 for side in column.sides)
    return len(leaving_above(column, row)) + len(taps) + sides


def _below(column: Column, row: int) -> float:
    """How far down from a box its sums reach."""
    sums = len(sums_below(column, row))
    return SUM + RADIUS + NEXT * (sums - 1) if sums else 0.0


def _foot(column: Column, row: int, measures: Measures) -> float:
    """How far down from the last box of a stage its sums reach, and a side output behind the last of all."""
    found = _below(column, row) + 0.9
    if row + 1 == len(column.rows) and any(side.after == row for side in column.sides):
        found += FORK + measures.height / 2 + 1
    return found


def _above(column: Column, row: int) -> float:
    """How far up from a box lines leave, the first of them at the very top."""
    lines = leaving(column, row)
    return FORK + APART * (lines - 1) if lines else 0.0


def _gap(column: Column, row: int) -> float:
    """The least gap between a row and the next."""
    below, above = _below(column, row), _above(column, row + 1)
    if below and above:
        return below + above + APART - RADIUS
    if below:
        return below + 3.0
    return above + 1.9 if above else BARE


def _vertical(
    columns: Sequence[Column], found: Sequence[Stage], measures: Measures
) -> tuple[list[Band], list[list[float]]]:
    """The bands, and the top of every row."""
    tops: list[list[float]] = [[0.0] * len(column.rows) for column in columns]
    bands = []
    y = 0.0
    for stage in found:
        top = y
        own = [(c, t, *rows) for c, t, rows in zip(columns, tops, stage.rows)]
        y += max([2.2, *(_above(c, first) + 1.7 for c, _, first, end in own if first < end)])
        floor = start = y
        for count in sorted({end - first for _, _, first, end in own}):
            alike = [(c, t, first) for c, t, first, end in own if end - first == count]
            floor = max(floor, _down(alike, count, start, measures))
        y = floor
        below = [
            tops_of[end - 1] + high(c, end - 1, measures) + _foot(c, end - 1, measures)
            for c, tops_of, first, end in own
            if first < end
        ]
        y = max([y + 1.7, *below])
        bands.append(Band(top, y, label(stage, int((y - top) / LINE))))
    return bands, tops


def _down(
    alike: Sequence[tuple[Column, list[float], int]], count: int, y: float, measures: Measures
) -> float:
    """Places the rows of columns that have equally many in a stage beside each other; the result is where
    the last ones end."""
    for k in range(count):
        for _, tops, first in alike:
            tops[first + k] = y
        y += max(high(column, first + k, measures) for column, _, first in alike)
        if k + 1 < count:
            y += max(_gap(column, first + k) for column, _, first in alike)
    return y


# ---------------------------------------------------------------------------------------- sideways
def _brackets(column: Column, reach: list[float], aside: float) -> list[float]:
    """Where brackets stand, inner ones first: their texts are wider than they."""
    found: dict[int, float] = {}
    text = text_width("\xd799", pen.TIMES, True)
    for i, span in sorted(enumerate(column.spans), key=lambda pair: pair[1].last - pair[1].first):
        rows = slice(span.first, span.last + 1)
        found[i] = max(reach[rows]) + aside
        reach[rows] = [found[i] + 2 + text] * (span.last + 1 - span.first)
    return [found[i] for i in range(len(column.spans))]


def _horizontal(column: Column, tops: list[float], measures: Measures) -> Placed:
    """Around an axis at 0."""
    entry = measures.width(entry_text(column, measures))
    width = max([entry, *(measures.needed(row) for row in column.rows)])
    reach = [width / 2] * len(column.rows)
    arcs: dict[int, Lane] = {}
    taps: dict[int, float] = {}
    ways = [(a.last - a.first, a.first, 0, i) for i, a in enumerate(column.arcs)]
    ways += [(t.head - t.tail, t.tail + 1, 1, i) for i, t in enumerate(column.taps)]
    for length, first, tap, i in sorted(ways):
        last = first + length - (1 if tap else 0)
        rows = range(max(0, first), last + 1)
        inner = max(reach[row] for row in rows)
        out = inner + (measures.out if inner == width / 2 and not tap else LANE)
        if tap:
            taps[i] = right = out
        else:
            arc = column.arcs[i]
            room = tops[arc.last] - tops[arc.first] + high(column, arc.last, measures)
            boxes = lane_boxes(arc, room + FORK / 2, measures)
            wide = max((box.width for box in boxes), default=0.0)
            x = max(out, inner + measures.clear + wide / 2) if boxes else out
            arcs[i] = Lane(x, boxes)
            right = x + wide / 2
        for row in rows:
            reach[row] = max(reach[row], right)
    sides = []
    for side in column.sides:
        near = reach[max(0, side.after) : side.after + 2]
        sides.append(max(near) + 8)
        right = sides[-1] + measures.width(side.row.words.short)
        for row in range(max(0, side.after), min(len(reach), side.after + 2)):
            reach[row] = right
    spans = _brackets(column, reach, 4.5 if measures.narrow else 6.5)
    right = max([width / 2, *reach])
    title = broken(column.title, width / 2 + right)
    half = max(
        *(text_width(line, TITLE, True) / 2 for line in title),
        *(text_width(line, pen.SMALL) / 2 for line in facts(column, measures.narrow)),
    )
    return Placed(
        *(0.0, width, tops),
        [arcs[i] for i in range(len(arcs))],
        [taps[i] for i in range(len(taps))],
        *(sides, spans, width / 2, right, half, title),
    )
