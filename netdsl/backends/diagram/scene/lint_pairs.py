"""Two routes on one line: what reads as if everything on it were joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

from netdsl.backends.diagram.scene import faults
from netdsl.backends.diagram.scene.faults import Fault, quoted
from netdsl.backends.diagram.scene.geometry import (
    Box,
    Segment,
    around,
    grown,
    length,
    pieces,
)
from netdsl.backends.diagram.scene.grid import Grid
from netdsl.backends.diagram.scene.routes import Routes, named

SAME = 0.7  # points between two lines below which their ink is one: the width of an edge
MOST_SHARED = 4.0  # points that they may do so: a crossing at a flat angle, a corner
SLOPE = 0.05  # between directions that are the same: 3 degrees
FLAT = 0.15  # points that a level line may rise: rounded coordinates


def on_each_other(routes: Routes) -> Iterator[Fault]:
    """Pairs of routes with one line that reads as if everything on it were joined. It may, where one box is
    the start of both or the end of both, or where each start does lead to each end (a bus)."""
    edges = {(route.tail, route.head) for route in routes.all}
    lying: dict[tuple[int, int], tuple[float, Box]] = {}
    for first, second, part in _close(routes):
        a, b = routes.all[first], routes.all[second]
        if (a.tail, b.head) in edges and (b.tail, a.head) in edges:
            continue
        key = (min(first, second), max(first, second))
        far, where = lying.get(key, (0.0, around(part)))
        joined = around([*part, (where[0], where[1]), (where[2], where[3])])
        lying[key] = (far + length(part), joined)
    for (first, second), (far, where) in sorted(lying.items()):
        if far > MOST_SHARED:
            what = f"{named(routes.all[first])} and that from "
            other = routes.all[second]
            yield Fault(
                faults.LINE_LINE, f"{what}{quoted(other.tail)} to {quoted(other.head)}", where
            )


def _close(routes: Routes) -> Iterator[tuple[int, int, Segment]]:
    """Pairs of routes without a common end, and where they lie on each other."""
    level: list[tuple[float, float, float, int]] = []  # y, left, right, route
    upright: list[tuple[float, float, float, int]] = []
    slanted: list[tuple[int, Segment]] = []
    for number, points in enumerate(routes.points):
        for segment in pieces(points):
            (x0, y0), (x1, y1) = segment
            if x0 == x1 and y0 == y1:
                continue
            if abs(y1 - y0) <= FLAT:
                level.append(((y0 + y1) / 2, min(x0, x1), max(x0, x1), number))
            elif abs(x1 - x0) <= FLAT:
                upright.append(((x0 + x1) / 2, min(y0, y1), max(y0, y1), number))
            else:
                slanted.append((number, segment))
    for first, second, at, start, end in _side_by_side(routes, level):
        yield first, second, ((start, at), (end, at))
    for first, second, at, start, end in _side_by_side(routes, upright):
        yield first, second, ((at, start), (at, end))
    yield from _slanted(routes, slanted)


def _side_by_side(
    routes: Routes, lines: list[tuple[float, float, float, int]]
) -> Iterator[tuple[int, int, float, float, float]]:
    """Pairs of parallel lines that lie on each other: both routes, where, from, to. Many lines of one bus
    have a common start or end, and then nobody looks at their pairs."""
    lines.sort()
    first = 0
    while first < len(lines):
        last = first + 1
        while last < len(lines) and lines[last][0] - lines[last - 1][0] < SAME:
            last += 1
        active: list[tuple[float, float, float, int]] = []  # right, left, y, route: a heap
        tails: Counter[str] = Counter()
        heads: Counter[str] = Counter()
        for at, start, end, number in sorted(lines[first:last], key=lambda line: line[1:]):
            while active and active[0][0] <= start:
                gone = routes.all[heappop(active)[3]]
                tails[gone.tail] -= 1
                heads[gone.head] -= 1
            route = routes.all[number]
            if max(tails[route.tail], heads[route.head]) < len(active):
                for right, left, other_at, other in active:
                    second = routes.all[other]
                    if route.tail == second.tail or route.head == second.head:
                        continue
                    if abs(other_at - at) < SAME:
                        yield other, number, at, max(left, start), min(right, end)
            heappush(active, (end, start, at, number))
            tails[route.tail] += 1
            heads[route.head] += 1
        first = last


def _slanted(
    routes: Routes, slanted: Sequence[tuple[int, Segment]]
) -> Iterator[tuple[int, int, Segment]]:
    """The same of lines that are neither level nor upright, such as pieces of curves."""
    places: Grid[tuple[int, Segment]] = Grid()
    for number, segment in slanted:
        places.add(grown(around(segment), SAME), (number, segment))
    for number, segment in slanted:
        first = routes.all[number]
        for other, second in places.near(around(segment)):
            route = routes.all[other]
            if other <= number or route.tail == first.tail or route.head == first.head:
                continue
            part = _along(segment, second)
            if part is not None:
                yield number, other, part


def _along(first: Segment, second: Segment) -> Segment | None:
    """The part of the first segment on which the second one lies."""
    (x0, y0), (x1, y1) = first
    far = length(first)
    ux, uy = (x1 - x0) / far, (y1 - y0) / far
    (a, b), (c, d) = second
    if abs(ux * (d - b) - uy * (c - a)) > SLOPE * length(second):
        return None
    if abs(ux * (b - y0) - uy * (a - x0)) >= SAME:
        return None
    start, end = sorted((ux * (a - x0) + uy * (b - y0), ux * (c - x0) + uy * (d - y0)))
    start, end = max(start, 0.0), min(end, far)
    if end <= start:
        return None
    return (x0 + ux * start, y0 + uy * start), (x0 + ux * end, y0 + uy * end)
