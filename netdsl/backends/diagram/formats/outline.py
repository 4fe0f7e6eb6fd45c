"""Outlines of shapes, the same for every format: round corners are cubic curves, circles four of them, dashes pieces
of a line. All lengths are in points, y downwards; nothing here knows colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from netdsl.backends.diagram.scene.scene import Circle, Curve, Path, Point, Rect

ARC = 0.5523  # how far a control stands from the end of a quarter arc, of its radius


class Outline(NamedTuple):
    """Where a line starts and its steps: straight to one point, or over two controls to a third."""

    start: Point
    steps: tuple[tuple[Point, ...], ...]
    closed: bool = False


@lru_cache(1 << 16)
def short(value: float) -> str:
    """A number with two decimals at most: `12.5`, `3`, never `-0` or `1e-05`."""
    text = f"{value:.2f}"
    if text[-1] != "0":
        return text
    text = text[:-3] if text[-2] == "0" else text[:-1]
    return "0" if text == "-0" else text


def outline(shape: Rect | Path | Curve | Circle) -> Outline:
    """A shape's outline. Rectangles begin after their upper left corner, clockwise, circles on their right:
    that is where dashes begin in SVG."""
    if isinstance(shape, Path):
        return _line(shape)
    if isinstance(shape, Curve):
        return Outline(shape.points[0], (shape.points[1:],))
    if isinstance(shape, Circle):
        return _circle(shape)
    return _rectangle(shape)


def _line(path: Path) -> Outline:
    """Straight lines; open ones with round corners."""
    points = list(path.points)
    if path.closed or not path.radius or len(points) < 3:
        return Outline(points[0], tuple([(point,) for point in points[1:]]), path.closed)
    steps: list[tuple[Point, ...]] = []
    last = len(points) - 2
    for i in range(1, last + 1):
        before, at, after = points[i - 1], points[i], points[i + 1]
        steps += _corner(before, at, after, path.radius, i == 1, i == last)
    return Outline(points[0], (*steps, (points[-1],)))


def _corner(
    before: Point, at: Point, after: Point, radius: float, first: bool, last: bool
) -> list[tuple[Point, ...]]:
    """The way around a corner: to where its arc begins, and the arc. Two corners share the line between
    them, half each."""
    (ax, ay), (bx, by), (cx, cy) = before, at, after
    came, goes = math.hypot(bx - ax, by - ay), math.hypot(cx - bx, cy - by)
    if not came or not goes:
        return [(at,)]
    ux, uy, vx, vy = (bx - ax) / came, (by - ay) / came, (cx - bx) / goes, (cy - by) / goes
    turn = math.atan2(abs(ux * vy - uy * vx), ux * vx + uy * vy)
    if turn < 0.02 or turn > 3.1:  # straight on, or straight back
        return [(at,)]
    half = math.tan(turn / 2)
    cut = min(radius * half, came if first else came / 2, goes if last else goes / 2)
    control = cut - cut / half * 4 / 3 * math.tan(turn / 4)  # how far before the corner
    begin, end = (bx - ux * cut, by - uy * cut), (bx + vx * cut, by + vy * cut)
    controls = (
        (bx - ux * control, by - uy * control),
        (bx + vx * control, by + vy * control),
    )
    return [(begin,), (*controls, end)]


def _circle(circle: Circle) -> Outline:
    x, y, r = circle.x, circle.y, circle.radius
    k = r * ARC
    steps = (
        ((x + r, y + k), (x + k, y + r), (x, y + r)),
        ((x - k, y + r), (x - r, y + k), (x - r, y)),
        ((x - r, y - k), (x - k, y - r), (x, y - r)),
        ((x + k, y - r), (x + r, y - k), (x + r, y)),
    )
    return Outline((x + r, y), steps, True)


def _rectangle(rect: Rect) -> Outline:
    left, top, right, bottom = rect.x, rect.y, rect.x + rect.width, rect.y + rect.height
    r = round_corner(rect)
    if not r:
        corners = ((right, top), (right, bottom), (left, bottom))
        return Outline((left, top), tuple((corner,) for corner in corners), True)
    k = r * (1 - ARC)
    steps = (
        ((right - r, top),),
        ((right - k, top), (right, top + k), (right, top + r)),
        ((right, bottom - r),),
        ((right, bottom - k), (right - k, bottom), (right - r, bottom)),
        ((left + r, bottom),),
        ((left + k, bottom), (left, bottom - k), (left, bottom - r)),
        ((left, top + r),),
        ((left, top + k), (left + k, top), (left + r, top)),
    )
    return Outline((left + r, top), steps, True)


def round_corner(rect: Rect) -> float:
    """The radius of a rectangle's corners, which is never more than half a side."""
    return max(0.0, min(rect.radius, rect.width / 2, rect.height / 2))


# ------------------------------------------------------------------------------------ straight lines
def flattened(line: Outline, step: float) -> list[Point]:
    """An outline as points with straight lines between them, along curves about one every `step`, and none
    twice in a row. Closed ones do not repeat their start."""
    points = [line.start]
    for way in line.steps:
        points += [way[0]] if len(way) == 1 else _flat(points[-1], way, step)
    kept = [points[0]]
    kept += [b for a, b in pairwise(points) if a != b]
    if line.closed and len(kept) > 1 and kept[0] == kept[-1]:
        kept.pop()
    return kept


def _flat(start: Point, way: tuple[Point, ...], step: float) -> list[Point]:
    """Points of a cubic curve after its start."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = start, *way
    length = math.hypot(bx - ax, by - ay) + math.hypot(cx - bx, cy - by)
    length += math.hypot(dx - cx, dy - cy)
    count = min(max(4, math.ceil(length / step)), 256)
    points: list[Point] = []
    for i in range(1, count):
        t = i / count
        s = 1 - t
        p, q, r, v = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
        points.append((ax * p + bx * q + cx * r + dx * v, ay * p + by * q + cy * r + dy * v))
    return [*points, (dx, dy)]


def dashes(points: Sequence[Point], closed: bool, pattern: str) -> list[list[Point]]:
    """The pieces of a line of which `pattern` (`on off`, in points) leaves something to see."""
    lengths = [float(part) for part in pattern.split()]
    if closed:
        points = [*points, points[0]]
    if min(lengths, default=0) < 0 or sum(lengths) <= 0:
        return [list(points)]
    if len(lengths) % 2:
        lengths *= 2
    at, left = 0, lengths[0]
    pieces: list[list[Point]] = [[points[0]]]
    for (ax, ay), (bx, by) in pairwise(points):
        far, done = math.hypot(bx - ax, by - ay), 0.0
        while far - done > left:
            done += left
            cut = (ax + (bx - ax) * done / far, ay + (by - ay) * done / far)
            if at % 2 == 0:
                pieces[-1].append(cut)
            else:
                pieces.append([cut])
            at = (at + 1) % len(lengths)
            left = lengths[at]
        left -= far - done
        if at % 2 == 0:
            pieces[-1].append((bx, by))
    return [piece for piece in pieces if len(piece) > 1]
