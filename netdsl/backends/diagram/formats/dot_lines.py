"""Lines with round corners as the cubic curves that Graphviz draws."""

from __future__ import annotations

import math
from collections.abc import Sequence

from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Point

ROUND = (
    0.55  # how far the controls of a curve stand from its ends, so that it is a quarter of a circle
)


def distinct(points: Sequence[Point]) -> list[Point]:
    """Points without those that lie on the one before."""
    kept: list[Point] = []
    for point in points:
        if not kept or math.dist(point, kept[-1]) > 0.05:
            kept.append(point)
    return kept


def shortened(points: Sequence[Point]) -> list[Point]:
    """A line without the head at its end: Graphviz draws a head from where the curve stops, and turns one
    at random whose curve runs to its tip."""
    before, tip = points[-2:]
    far = math.dist(before, tip)
    return [*points[:-1], _towards(tip, before, min(pen.HEAD, 0.8 * far))]


def curves(points: Sequence[Point], radius: float = pen.CORNER) -> list[Point]:
    """One cubic curve after another: a start, then two controls and an end each."""
    out = [points[0]]

    def straight(end: Point) -> None:
        (x0, y0), (x1, y1) = out[-1], end
        if math.dist(out[-1], end) > 0.01:
            first = ((2 * x0 + x1) / 3, (2 * y0 + y1) / 3)
            out.extend((first, ((x0 + 2 * x1) / 3, (y0 + 2 * y1) / 3), end))

    for before, corner, after in zip(points, points[1:], points[2:]):
        r = min(radius, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        first, last = _towards(corner, before, r), _towards(corner, after, r)
        straight(first)
        out += [_towards(first, corner, r * ROUND), _towards(last, corner, r * ROUND), last]
    straight(points[-1])
    return out if len(out) > 1 else out * 4


def _towards(start: Point, end: Point, far: float) -> Point:
    share = far / (math.dist(start, end) or 1.0)
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
