"""Plane geometry for the lint. Points are (x, y), boxes (left, top, right, bottom), y downwards, in points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

from netdsl.backends.diagram.scene.scene import Circle, Path, Point, Rect

Box: TypeAlias = tuple[float, float, float, float]
Segment: TypeAlias = tuple[Point, Point]

ARC = 6  # straight pieces of a quarter of a circle: at radius 6 they are 0.05 points from it


# --------------------------------------------------------------------------------------------- boxes
def around(points: Sequence[Point]) -> Box:
    """The smallest box that holds the points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def grown(box: Box, by: float) -> Box:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def depth(a: Box, b: Box) -> float:
    """How far two boxes reach into each other: the smaller of what they share in width and in height,
    negative where there is a gap."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    return min(wide, min(a[3], b[3]) - max(a[1], b[1]))


def shared(a: Box, b: Box) -> Box:
    """What two boxes have in common. They must overlap."""
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def holds(outer: Box, inner: Box, slack: float = 0.0) -> bool:
    """Whether `inner` reaches nowhere more than `slack` out of `outer`."""
    return (
        outer[0] <= inner[0] + slack
        and outer[1] <= inner[1] + slack
        and outer[2] >= inner[2] - slack
        and outer[3] >= inner[3] - slack
    )


def to_box(point: Point, box: Box) -> float:
    """The distance of a point from a box, 0 inside."""
    x, y = point
    return math.hypot(max(box[0] - x, 0, x - box[2]), max(box[1] - y, 0, y - box[3]))


# --------------------------------------------------------------------------------------------- lines
def pieces(points: Sequence[Point]) -> list[Segment]:
    return list(pairwise(points))


def portions(
    segments: Sequence[Segment], compact: float = 100.0
) -> list[tuple[Box, Sequence[Segment]]]:
    """A line in parts that each lie in a small place: one where all of it does, else each segment."""
    box = around([point for segment in segments for point in segment])
    if box[2] - box[0] + box[3] - box[1] <= compact:
        return [(box, segments)]
    return [(around(segment), [segment]) for segment in segments]


def length(segment: Segment) -> float:
    (x0, y0), (x1, y1) = segment
    return math.hypot(x1 - x0, y1 - y0)


def clipped(segment: Segment, box: Box) -> Segment | None:
    """The part of a segment that lies in a box (Liang and Barsky, 1984), or None."""
    (x0, y0), (x1, y1) = segment
    dx, dy = x1 - x0, y1 - y0
    first, last = 0.0, 1.0
    for along, room in (
        (-dx, x0 - box[0]),
        (dx, box[2] - x0),
        (-dy, y0 - box[1]),
        (dy, box[3] - y0),
    ):
        if along == 0:
            if room < 0:
                return None
        elif along < 0:
            first = max(first, room / along)
        else:
            last = min(last, room / along)
    if first > last:
        return None
    return (x0 + first * dx, y0 + first * dy), (x0 + last * dx, y0 + last * dy)


def to_segment(point: Point, segment: Segment) -> float:
    """The distance of a point from a segment."""
    (x0, y0), (x1, y1) = segment
    dx, dy = x1 - x0, y1 - y0
    far = dx * dx + dy * dy
    share = ((point[0] - x0) * dx + (point[1] - y0) * dy) / far if far else 0.0
    share = min(1.0, max(0.0, share))
    return math.hypot(point[0] - x0 - share * dx, point[1] - y0 - share * dy)


def with_corners(points: Sequence[Point], radius: float) -> list[Point]:
    """An open line whose corners are as round as they are painted: two corners share the line between
    them, half each."""
    if radius <= 0 or len(points) < 3:
        return list(points)
    out = [points[0]]
    last = len(points) - 2
    for i in range(1, last + 1):
        (x0, y0), (x1, y1), (x2, y2) = points[i - 1 : i + 2]
        came, goes = math.hypot(x1 - x0, y1 - y0), math.hypot(x2 - x1, y2 - y1)
        if not came or not goes:
            continue
        ux, uy, vx, vy = (x1 - x0) / came, (y1 - y0) / came, (x2 - x1) / goes, (y2 - y1) / goes
        turn = math.atan2(abs(ux * vy - uy * vx), ux * vx + uy * vy)
        if turn < 0.02 or turn > 3.1:  # straight on, or straight back
            out.append((x1, y1))
            continue
        cut = radius * math.tan(turn / 2)
        cut = min(cut, came if i == 1 else came / 2, goes if i == last else goes / 2)
        # the middle of the arc lies this far from the corner, on the line that halves its angle
        far = cut / math.tan(turn / 2) * (1 / math.cos(turn / 2) - 1)
        wx, wy = vx - ux, vy - uy
        long = math.hypot(wx, wy)
        out += [
            (x1 - ux * cut, y1 - uy * cut),
            (x1 + wx / long * far, y1 + wy / long * far),
            (x1 + vx * cut, y1 + vy * cut),
        ]
    return [*out, points[-1]]


def sampled(curve: Sequence[Point]) -> list[Point]:
    """Points of a cubic curve, close enough that the lines between them are the curve."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = curve
    count = max(8, min(64, round(sum(map(length, pieces(curve))) / 5)))
    out: list[Point] = []
    for i in range(count + 1):
        t = i / count
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        out.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
    return out


# -------------------------------------------------------------------------------------------- shapes
def outline(shape: Rect | Path | Circle) -> list[Point]:
    """The corners of a closed shape; arcs are many."""
    if isinstance(shape, Path):
        return list(shape.points)
    if isinstance(shape, Circle):
        return _arc(shape.x, shape.y, shape.radius, 0.0, 4)
    left, top, right, bottom = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    r = min(shape.radius, shape.width / 2, shape.height / 2)
    if r <= 1.5:  # 0.4 points are cut off such a corner
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    centres = (
        (right - r, bottom - r),
        (left + r, bottom - r),
        (left + r, top + r),
        (right - r, top + r),
    )
    return [p for i, (x, y) in enumerate(centres) for p in _arc(x, y, r, i * math.pi / 2, 1)]


def _arc(x: float, y: float, radius: float, start: float, quarters: int) -> list[Point]:
    step = math.pi / 2 / ARC
    angles = [start + i * step for i in range(quarters * ARC + 1)]
    return [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether a point lies in a polygon (even-odd)."""
    x, y = point
    found = False
    for (x0, y0), (x1, y1) in zip(polygon, (*polygon[1:], polygon[0])):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            found = not found
    return found


def corners(box: Box) -> list[Point]:
    return [(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])]


def crosses(polygon: Sequence[Point], box: Box) -> bool:
    """Whether a polygon and a box have any area in common, nearly: a corner of one in the other, or an
    edge through the box."""
    if any(inside(corner, polygon) for corner in corners(box)):
        return True
    edges = zip(polygon, (*polygon[1:], polygon[0]))
    return any(clipped(edge, box) is not None for edge in edges)
