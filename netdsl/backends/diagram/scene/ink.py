"""What a theme paints of a scene, sorted for the lint: texts, lines and areas, each with its place in the order
of painting. What is painted later hides what is below it: only so a label stands on a hatch or across a line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram.scene.geometry import (
    Box,
    Segment,
    around,
    corners,
    crosses,
    depth,
    grown,
    holds,
    inside,
    outline,
    pieces,
    portions,
    sampled,
    with_corners,
)
from netdsl.backends.diagram.scene.grid import Grid
from netdsl.backends.diagram.scene.paint import Painted, Strokes, painted
from netdsl.backends.diagram.scene.scene import (
    Circle,
    Curve,
    Path,
    Point,
    Rect,
    Scene,
    Text,
    text_extent,
)
from netdsl.backends.diagram.scene.themes import Theme

# Outlines are centred on the edges of their shapes, so what is said to end at an edge may end half of an
# outline (0.3 points) from it, and coordinates are rounded to 0.01.
SLACK = 0.35
SMALL_AREA = (
    40.0  # square points: a filled triangle below it is an arrowhead, not what a text stands on
)


class Letters(NamedTuple):
    """A text, its colour and the box of its letters."""

    order: int
    item: Text
    box: Box


class Line(NamedTuple):
    """What was drawn with a pen: an open line, the outline of a shape, a hatch or an arrowhead."""

    order: int
    kind: str  # "line", "outline", "hatch", "head"
    segments: Sequence[Segment]
    half: float  # of its width
    box: Box


class Area(NamedTuple):
    """A filled shape. `corners` is None where it fills its box."""

    order: int
    colour: str
    box: Box
    corners: list[Point] | None

    def holds(self, box: Box, slack: float = SLACK) -> bool:
        """Whether the whole of a box lies on it."""
        if not holds(self.box, box, slack):
            return False
        return self.corners is None or all(
            inside(corner, self.corners) for corner in corners(grown(box, -slack))
        )

    def meets(self, box: Box) -> bool:
        """Whether any of a box lies on it."""
        if depth(self.box, box) <= 0:
            return False
        return self.corners is None or crosses(self.corners, box)

    def at(self, point: Point) -> bool:
        x, y = point
        left, top, right, bottom = self.box
        if not (left <= x <= right and top <= y <= bottom):
            return False
        return self.corners is None or inside(point, self.corners)


class Ink:
    """A scene as a theme paints it. `extents` is what every item covers, its outline included."""

    def __init__(self, scene: Scene, theme: Theme) -> None:
        self.paper = theme["paper"]
        self.texts: list[Letters] = []
        self.lines: list[Line] = []
        self.extents: list[tuple[Painted, Box]] = []
        self.areas: Grid[Area] = Grid()
        self._pieces: Grid[tuple[Line, Sequence[Segment]]] = Grid()
        for order, item in enumerate(painted(scene, theme)):
            self._take(order, item)

    def _take(self, order: int, item: Painted) -> None:
        if isinstance(item, Text):
            box = text_extent(item)
            self.texts.append(Letters(order, item, box))
            self.extents.append((item, box))
        elif isinstance(item, Strokes):
            if item.lines:
                box = around([point for line in item.lines for point in line])
                self._draw(order, "hatch", item.lines, item.line, box)
        elif isinstance(item, Curve) or (isinstance(item, Path) and not item.closed):
            self._open(order, item)
        else:
            self._closed(order, item)

    def _open(self, order: int, item: Path | Curve) -> None:
        if isinstance(item, Curve):
            points = sampled(item.points)
        else:
            points = with_corners(item.points, item.radius)
        box = around(points)
        self.extents.append((item, grown(box, item.line / 2)))
        if item.stroke is not None:
            self._draw(order, "line", pieces(points), item.line, box)

    def _closed(self, order: int, item: Rect | Path | Circle) -> None:
        points = outline(item)
        box = around(points)
        line = item.line if item.stroke is not None else 0.0
        self.extents.append((item, grown(box, line / 2)))
        edges = pieces([*points, points[0]])
        if item.fill is not None:
            if isinstance(item, Path) and len(points) == 3 and _area(points) < SMALL_AREA:
                self._draw(order, "head", edges, 0.0, box)
            else:
                plain = isinstance(item, Rect) and len(points) == 4
                self.areas.add(box, Area(order, item.fill, box, None if plain else points))
        if line:
            self._draw(order, "outline", edges, line, box)

    def _draw(
        self, order: int, kind: str, segments: Sequence[Segment], width: float, box: Box
    ) -> None:
        line = Line(order, kind, segments, width / 2, box)
        self.lines.append(line)
        if kind == "hatch":  # many short ones in a small place
            self._pieces.add(box, (line, segments))
            return
        for place, part in portions(segments):
            self._pieces.add(place, (line, part))

    def lines_near(self, box: Box) -> list[tuple[Line, list[Segment]]]:
        """The lines near a box, each once, with those of their segments that may be near it."""
        found: dict[int, tuple[Line, list[Segment]]] = {}
        for line, segments in self._pieces.near(box):
            # an area's outline has the same place in the order as the area, but there is one line a place
            found.setdefault(line.order, (line, []))[1].extend(segments)
        return list(found.values())

    def hidden(self, box: Box, after: int, before: float = math.inf) -> bool:
        """Whether what was painted at place `after` is covered, all over the box, by one area that was
        painted later (and earlier than `before`)."""
        return any(after < area.order < before and area.holds(box) for area in self.areas.near(box))

    def grounds(self, letters: Letters) -> list[str]:
        """The colours that a text stands on, each once."""
        below = [area for area in self.areas.near(letters.box) if area.order < letters.order]
        below = [area for area in below if area.meets(letters.box)][::-1]
        if not below:
            return [self.paper]
        if below[0].holds(letters.box):
            return [below[0].colour]
        found: dict[str, None] = {}
        for point in _places(letters.box):
            top = next((area.colour for area in below if area.at(point)), self.paper)
            found[top] = None
        return list(found)


def _places(box: Box) -> list[Point]:
    """Points all over a box, at most three apart; none within half a point of its border, where an area
    that merely touches the text ends."""
    left, top, right, bottom = grown(box, -0.5)
    columns = max(2, math.ceil((right - left) / 3) + 1)
    rows = max(3, math.ceil((bottom - top) / 3) + 1)
    return [
        (
            left + (right - left) * i / (columns - 1),
            top + (bottom - top) * k / (rows - 1),
        )
        for i in range(columns)
        for k in range(rows)
    ]


def _area(points: Sequence[Point]) -> float:
    twice = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, (*points[1:], points[0])))
    return abs(twice) / 2
