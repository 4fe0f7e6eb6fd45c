"""The routes of a scene with the lines that were painted for them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from netdsl.backends.diagram.scene.faults import quoted
from netdsl.backends.diagram.scene.geometry import around, grown, sampled
from netdsl.backends.diagram.scene.grid import Grid
from netdsl.backends.diagram.scene.scene import Curve, Point, Route, Scene

HEAD = 5.0  # an arrow's line stops so much before its tip, at most
START = 0.5  # between the start of a route and that of its curve: they are one place, rounded


class Routes:
    """The scene's routes and the lines that were painted for them."""

    def __init__(self, scene: Scene) -> None:
        curves = [item for item in (*scene.under, *scene.items) if isinstance(item, Curve)]
        self._curves: Grid[Curve] = Grid()
        for curve in curves:
            self._curves.add(around(curve.points[:1]), curve)
        self.all = [route for route in scene.routes if len(route.points) > 1]
        self.points = [self._points(route) for route in self.all]

    def _points(self, route: Route) -> Sequence[Point]:
        """The points of its line: where it was drawn as a curve, those of the curve."""
        start, end = route.points[0], route.points[-1]
        for curve in self._curves.near(grown(around([start]), START)):
            if math.dist(curve.points[-1], end) <= HEAD:
                return [*sampled(curve.points), end]
        return route.points


def named(route: Route) -> str:
    """A route in a message."""
    return f"the line from {quoted(route.tail)} to {quoted(route.head)}"
