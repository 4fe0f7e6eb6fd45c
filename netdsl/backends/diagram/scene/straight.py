"""Whether the trunk of a figure is straight: the boxes through which everything passes, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from netdsl.backends.diagram.scene.scene import Placed, Point, Route, Scene

# roles of what leads on; shortcuts lead past, taps and what trains aside
TRUNK = ("flow", "operand")
OFF = 0.5  # points between two axes that nobody sees: less than a line's width


class Straightness(NamedTuple):
    """The trunk's boxes by name, in their order; `bends` are the places where its axis moves or its line has
    a corner, `drift` is the farthest that the axis moves, in points. Turns from column to column are none."""

    trunk: tuple[str, ...]
    bends: int
    drift: float

    @property
    def straight(self) -> bool:
        return self.bends == 0


def straightness(scene: Scene) -> Straightness:
    """How straight the trunk of a figure is. Its flow goes down or to the right, whichever it does more often."""
    nodes = {node.name: node for node in scene.nodes}
    routes = [
        route
        for route in scene.routes
        if route.role in TRUNK
        and route.tail in nodes
        and route.head in nodes
        and len(route.points) > 1
    ]
    leaving: dict[str, list[Route]] = {}
    arriving: dict[str, list[Route]] = {}
    for route in routes:
        leaving.setdefault(route.tail, []).append(route)
        arriving.setdefault(route.head, []).append(route)
    trunk = _trunk([name for name in nodes if name in leaving or name in arriving], routes)
    steps = [_step(nodes[a], nodes[b]) for a, b in pairwise(trunk)]
    down = sum(dy >= dx for dx, dy in steps) * 2 >= len(steps)
    bends, drift = 0, 0.0
    axis: float | None = None
    for name, following in zip(trunk, (*trunk[1:], "")):
        leave = _axis([route.points for route in leaving.get(name, ())], down)
        for at in (_entry(arriving.get(name, ()), down), leave):
            if at is not None:
                if axis is not None and abs(at - axis) > OFF:
                    bends += 1
                    drift = max(drift, abs(at - axis))
                axis = at
        if not following:
            break
        ways = leaving[name]
        back = any(_goes_back(route.points, down) for route in ways)
        if back or _turns(nodes[name], nodes[following], down):
            axis = None
        elif all(route.head == following for route in ways):
            entry = _entry(arriving[following], down)
            # else it is counted there
            if axis is None or entry is None or abs(entry - axis) <= OFF:
                bends += min((_corners(r.points) for r in ways if r.role == "flow"), default=0)
    return Straightness(tuple(trunk), bends, round(drift, 2))


def _entry(arriving: Sequence[Route], down: bool) -> float | None:
    """Where the lines into a box reach it, if that is one place."""
    return _axis([route.points[::-1] for route in arriving], down)


def _step(a: Placed, b: Placed) -> tuple[float, float]:
    """How far the middle of a box lies from that of another: across and down."""
    dx = b.left + b.width / 2 - a.left - a.width / 2
    dy = b.top + b.height / 2 - a.top - a.height / 2
    return abs(dx), abs(dy)


def _turns(a: Placed, b: Placed, down: bool) -> bool:
    """Whether the flow starts again at the top of another column, or at the left of another row."""
    return b.top < a.top + a.height - 1 if down else b.left < a.left + a.width - 1


def _goes_back(points: Sequence[Point], down: bool) -> bool:
    """Whether a line goes back to where another column or row begins."""
    along = 1 if down else 0
    return any(b[along] < a[along] - 1 for a, b in pairwise(points))


def _axis(lines: Sequence[Sequence[Point]], down: bool) -> float | None:
    """Where the lines that leave a box along the flow leave it, if that is one place."""
    across = 0 if down else 1
    found: list[float] = []
    for points in lines:
        start, second = points[0], points[1]
        if abs(start[across] - second[across]) <= abs(start[1 - across] - second[1 - across]):
            found.append(start[across])
    if not found or max(found) - min(found) > OFF:
        return None
    return found[0]


def _corners(points: Sequence[Point]) -> int:
    """The corners of a line: where its direction changes by more than three degrees."""
    kept = [points[0]]
    for point in points[1:]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) > 0.05:
            kept.append(point)
    count = 0
    for (x0, y0), (x1, y1), (x2, y2) in zip(kept, kept[1:], kept[2:]):
        ax, ay, bx, by = x1 - x0, y1 - y0, x2 - x1, y2 - y1
        turn = abs(ax * by - ay * bx)
        count += turn > 0.05 * ((ax * ax + ay * ay) * (bx * bx + by * by)) ** 0.5
    return count


# -------------------------------------------------------------------------------------- the trunk
def _trunk(names: Sequence[str], routes: Sequence[Route]) -> list[str]:
    """The boxes that lie on every way from where the flow starts to where it ends, in the largest part of
    the figure that hangs together. None if it goes in circles."""
    part = _largest(names, routes)
    heads: dict[str, list[str]] = {name: [] for name in part}
    tails: dict[str, list[str]] = {name: [] for name in part}
    for route in routes:
        if route.tail in heads:
            heads[route.tail].append(route.head)
            tails[route.head].append(route.tail)
    order = _ordered(part, heads, tails)
    if order is None:
        return []
    before: dict[str, int] = {}  # ways from a start; of many branches there are very many
    for name in order:
        before[name] = sum(before[tail] for tail in tails[name]) or 1
    after: dict[str, int] = {}
    for name in reversed(order):
        after[name] = sum(after[head] for head in heads[name]) or 1
    every = sum(before[name] for name in order if not heads[name])
    return [name for name in order if before[name] * after[name] == every]


def _largest(names: Sequence[str], routes: Sequence[Route]) -> list[str]:
    beside: dict[str, list[str]] = {name: [] for name in names}
    for route in routes:
        beside[route.tail].append(route.head)
        beside[route.head].append(route.tail)
    best: list[str] = []
    seen: set[str] = set()
    for name in names:
        if name in seen:
            continue
        seen.add(name)
        found = [name]
        for one in found:  # grows
            for other in beside[one]:
                if other not in seen:
                    seen.add(other)
                    found.append(other)
        if len(found) > len(best):
            best = found
    return best


def _ordered(
    part: Sequence[str], heads: dict[str, list[str]], tails: dict[str, list[str]]
) -> list[str] | None:
    """Each box after those that lead to it, None if there is no such order."""
    missing = {name: len(tails[name]) for name in part}
    order = [name for name in part if not missing[name]]
    for name in order:  # grows
        for head in heads[name]:
            missing[head] -= 1
            if not missing[head]:
                order.append(head)
    return order if len(order) == len(part) else None
