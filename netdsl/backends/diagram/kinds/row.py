"""Parts in a row from left to right, in as few lines as a width allows, with arrows between them.

What a part reads of others than its neighbour comes in lanes: above the line, or below the one that it begins in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from netdsl.backends.diagram.kinds.sheet import Sheet
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Point

GAP, WIDEST_GAP, LANE_GAP = 6.0, 14.0, 12.0  # between parts; where lanes begin or end
LINES = 17.0  # between lines
LANE, FIRST_LANE = 5.0, 4.0  # between lanes; from the parts to the lowest
SIDE_LANE = 3.0  # between lanes at the left of all lines
TURN = 7.0  # room for a turn at the ends of lines


class Unit(Protocol):
    """A part of a row: how wide it is, how far it reaches above and below the row's axis, how far inside of
    that width arrows end."""

    width: float
    up: float
    down: float
    inset: float

    def paint(self, sheet: Sheet, left: float, axis: float, top: float) -> Ends:
        """Draw it from `left` on, in a line of parts that reaches up to `top`; the result is where the flow
        enters and leaves."""
        ...


class End(NamedTuple):
    """A node in a part, and the way between it and the part's border, which is not drawn in panels."""

    name: str
    way: tuple[Point, ...] = ()


class Ends(NamedTuple):
    """The nodes in which the flow enters a part, and the one from which it leaves."""

    enters: tuple[End, ...]
    leaves: End


class Place(NamedTuple):
    """Where a part stands, and in which line. Arrows end at `left` and `right`; all of it, with what is
    written around it, is between `start` and `stop`."""

    start: float
    left: float
    right: float
    stop: float
    top: float
    bottom: float
    axis: float
    line: int
    ends: Ends


class Row(NamedTuple):
    places: list[Place]
    lines: int


def neighbours(count: int) -> list[list[int]]:
    """Each part reads the one before it."""
    return [[i - 1] if i else [] for i in range(count)]


def broken(units: Sequence[Unit], width: float, gaps: Sequence[float]) -> list[list[int]]:
    """Which units stand in which line: the fewest lines, and the most even ones of these."""

    def packed(most: float) -> list[list[int]]:
        out: list[list[int]] = []
        at = 0.0
        for i, unit in enumerate(units):
            wide = unit.width + (gaps[i] if out and out[-1] else 0.0)
            if not out or at + wide > most:
                out.append([])
                at, wide = 0.0, unit.width
            out[-1].append(i)
            at += wide
        return out

    best = packed(width)
    if len(best) == 1:
        return best
    least = max(unit.width for unit in units)
    most = width = width - 2 * TURN
    best = packed(width)
    while most - 4 >= least and len(packed(most - 4)) == len(best):
        most -= 4
    return packed(most)


def row(
    sheet: Sheet,
    units: Sequence[Unit],
    width: float,
    reads: list[list[int]] | None = None,
    left: float = 0.0,
    top: float = 0.0,
) -> Row:
    """Draw parts from the left; where a line ends, the flow turns back to the beginning of the next. `reads`
    are the numbers of the parts that each reads, the one before it by default."""
    reads = reads or neighbours(len(units))
    gaps = _gaps(len(units), reads)
    lines = broken(units, width, gaps)
    where = {i: number for number, line in enumerate(lines) for i in line}
    afar = _afar(where, reads)
    beside = [slot for (j, i), (_, slot) in afar.items() if where[i] > where[j] + 1]
    if beside:  # lines lead past others on the left
        side = SIDE_LANE * (max(beside) + 1)
        lines = broken(units, width - side, gaps)
        where = {i: number for number, line in enumerate(lines) for i in line}
        afar = _afar(where, reads)
        left += side
    if len(lines) == 1:
        gaps = _spread(units, gaps, width)
    else:
        left += TURN
    places: list[Place] = []
    y = top
    for number, line in enumerate(lines):
        y += LANE * max((slot + 1 for a, slot in afar.values() if a == number - 1), default=0)
        lanes = _lanes(line, reads)
        up = max(units[i].up for i in line)
        axis = y + up + (FIRST_LANE + LANE * (1 + max(lanes.values())) if lanes else 0.0)
        x = left
        for i in line:
            unit = units[i]
            if i != line[0]:
                x += gaps[i]
            found = unit.paint(sheet, x, axis, axis - up)
            sides = (x, x + unit.inset, x + unit.width - unit.inset, x + unit.width)
            highs = (axis - unit.up, axis + unit.down, axis)
            places.append(Place(*sides, *highs, number, found))
            x += unit.width
            for j in reads[i]:
                if j == i - 1:
                    _straight(sheet, places[j], places[i], y - LINES / 2)
                elif (j, i) in lanes:
                    y_lane = axis - up - FIRST_LANE - LANE * lanes[j, i]
                    _lane(sheet, places[j], places[i], y_lane, alone=j not in reads[j + 1])
                else:
                    alone = j not in reads[j + 1]
                    _far_lane(sheet, places, (j, i), afar[j, i][1], alone)
        y = axis + max(units[i].down for i in line) + LINES
    return Row(places, len(lines))


def _afar(where: dict[int, int], reads: list[list[int]]) -> dict[tuple[int, int], tuple[int, int]]:
    """Of each line that leads to another line of parts: the line that it begins in, and its place among those
    that run below that one."""
    out: dict[tuple[int, int], tuple[int, int]] = {}
    count: dict[int, int] = {}
    for i, found in enumerate(reads):
        for j in found:
            if j != i - 1 and where[i] != where[j]:
                line = where[j]
                out[j, i] = (line, count.get(line, 0))
                count[line] = count.get(line, 0) + 1
    return out


def _far_lane(
    sheet: Sheet, places: list[Place], link: tuple[int, int], slot: int, alone: bool
) -> None:
    """Below the line that it begins in, and, if there are others between, on at their left."""
    tail, head = places[link[0]], places[link[1]]
    floor = max(place.bottom for place in places if place.line == tail.line)
    roof = min(place.top for place in places if place.line == head.line)
    last = places[link[0] + 1].line != tail.line or alone
    out, into = tail.stop + (TURN - 1 if last else 4.0), head.start - 5.5
    points = [(tail.right, tail.axis), (out, tail.axis), (out, floor + LANE * (slot + 1))]
    if head.line > tail.line + 1:
        side = min(place.start for place in places) - TURN - SIDE_LANE * (slot + 1)
        points += [(side, points[-1][1]), (side, roof - 3.0)]
    points.append((into, points[-1][1]))
    _end_lane(sheet, tail, head, points if last else points[1:])


def _gaps(count: int, reads: list[list[int]]) -> list[float]:
    """The gap before each part."""
    out = [GAP] * count
    for i, found in enumerate(reads):
        for j in found:
            if j != i - 1:
                out[i] = LANE_GAP
                if j + 1 < count:
                    out[j + 1] = LANE_GAP
    return out


def _spread(units: Sequence[Unit], gaps: list[float], width: float) -> list[float]:
    """The gaps of one line, wider where there is room."""
    used = sum(unit.width for unit in units) + sum(gaps[1:])
    more = max(0.0, (width - used) / max(1, len(units) - 1))
    return [min(gap + more, max(WIDEST_GAP, gap)) for gap in gaps]


def _lanes(line: list[int], reads: list[list[int]]) -> dict[tuple[int, int], int]:
    """The lane of each line that passes parts: shortest first, each takes the lowest that is free."""
    wanted = [(j, i) for i in line for j in reads[i] if j != i - 1 and j in line]
    out: dict[tuple[int, int], int] = {}
    for j, i in sorted(wanted, key=lambda pair: (pair[1] - pair[0], pair)):
        taken = {n for (a, b), n in out.items() if a < i and j < b}
        out[j, i] = next(n for n in range(len(out) + 1) if n not in taken)
    return out


def _straight(sheet: Sheet, tail: Place, head: Place, between: float) -> None:
    """To the neighbour, or from the end of a line to the beginning of the next."""
    if tail.line == head.line:
        points = [(tail.right, tail.axis), (head.left, head.axis)]
        length = min(pen.HEAD, max(1.0, head.left - tail.right - 2))
        _edge(sheet, tail, head, points, length=length)
        return
    out, back = tail.stop + TURN - 1, head.start - TURN + 0.5
    points = [(tail.right, tail.axis), (out, tail.axis), (out, between), (back, between)]
    _edge(sheet, tail, head, [*points, (back, head.axis), (head.left, head.axis)])


def _lane(sheet: Sheet, tail: Place, head: Place, y: float, alone: bool) -> None:
    """Above the parts between two parts of a line. It leaves the line to the neighbour, unless it is the
    only one."""
    out, into = tail.stop + 4.0, head.start - 5.5
    start = [(tail.right, tail.axis)] if alone else []
    _end_lane(sheet, tail, head, [*start, (out, tail.axis), (out, y), (into, y)])


def _end_lane(sheet: Sheet, tail: Place, head: Place, points: list[Point]) -> None:
    """Draw a lane, which enters its part on the left, above the arrow from the neighbour."""
    high = min(4.5, (head.axis - head.top) / 2)
    into = points[-1][0]
    points = [*points, (into, head.axis - high), (head.left, head.axis - high)]
    _edge(sheet, tail, head, points, "shortcut", line=pen.SHORTCUT, length=3.0)


def _edge(
    sheet: Sheet,
    tail: Place,
    head: Place,
    points: list[Point],
    role: str = "flow",
    line: float = pen.EDGE,
    length: float = pen.HEAD,
) -> None:
    """Draw a line from part to part, and note where it leads inside of them."""
    way = tail.ends.leaves
    for number, end in enumerate(head.ends.enters):
        whole = [*way.way, *points, *end.way]
        if number:
            sheet.route(way.name, end.name, whole, role)
        else:
            sheet.edge(way.name, end.name, points, role, line=line, length=length, whole=whole)
