"""Boxes and panels: side by side or one in the other, never across; names; what is cut off."""

from __future__ import annotations

import math
from collections.abc import Iterator

from netdsl.backends.diagram.scene import faults
from netdsl.backends.diagram.scene.faults import Fault, quoted
from netdsl.backends.diagram.scene.geometry import Box, depth, grown, holds, shared
from netdsl.backends.diagram.scene.grid import Grid
from netdsl.backends.diagram.scene.ink import Ink
from netdsl.backends.diagram.scene.scene import (
    Cluster,
    Curve,
    Hatch,
    Path,
    Placed,
    Primitive,
    Scene,
    Text,
)

# Two boxes that share an outline of 0.6 points stand in one another by 0.6 at most and by 0 at least; what
# is less than a line's width cannot be seen.
OVERLAP = 0.5
CUT = 0.1  # of what may stick out of the figure: less than a sixth of the thinnest outline


def place(thing: Placed | Cluster) -> Box:
    return thing.left, thing.top, thing.left + thing.width, thing.top + thing.height


class Panels:
    """Which panels a box or a panel stands in, by name: `of_node` and `of_panel` are the panels around one,
    innermost first."""

    def __init__(self, scene: Scene) -> None:
        self.by_name = {cluster.name: cluster for cluster in scene.clusters}
        self.nodes = {node.name for node in scene.nodes}
        self._node_in: dict[str, str] = {}
        self._panel_in: dict[str, str] = {}
        for cluster in scene.clusters:
            for member in cluster.members:
                if member in self.nodes:
                    self._node_in.setdefault(member, cluster.name)
                if member in self.by_name and member != cluster.name:
                    self._panel_in.setdefault(member, cluster.name)

    def of_node(self, name: str) -> list[str]:
        return self._up(self._node_in.get(name))

    def of_panel(self, name: str) -> list[str]:
        return self._up(self._panel_in.get(name))

    def around(self, name: str) -> set[str]:
        """The panels that have to do with an end of a line: those around it, and itself if it is one."""
        own = [name] if name in self.by_name else []
        return {*own, *self.of_node(name), *self.of_panel(name)}

    def _up(self, name: str | None) -> list[str]:
        found: list[str] = []
        while name is not None and name not in found:  # a panel in itself would be endless
            found.append(name)
            name = self._panel_in.get(name)
        return found


def box_faults(scene: Scene, panels: Panels) -> Iterator[Fault]:
    """Boxes that overlap, and boxes and panels that are neither in one another nor apart."""
    nodes: Grid[tuple[int, Placed]] = Grid()
    for number, node in enumerate(scene.nodes):
        nodes.add(place(node), (number, node))
    for number, node in enumerate(scene.nodes):
        for other, second in nodes.near(place(node)):
            if other > number and depth(place(node), place(second)) > OVERLAP:
                yield _both(faults.BOX_BOX, node, second)
    for cluster in scene.clusters:
        box = place(cluster)
        for _, node in nodes.near(box):
            if depth(place(node), box) > OVERLAP and cluster.name not in panels.of_node(node.name):
                yield _both(faults.BOX_PANEL, node, cluster)
    for node in scene.nodes:
        for name in panels.of_node(node.name)[:1]:
            if not holds(place(panels.by_name[name]), place(node), OVERLAP):
                yield _both(faults.BOX_PANEL, node, panels.by_name[name])
    yield from _panel_faults(scene, panels)


def _panel_faults(scene: Scene, panels: Panels) -> Iterator[Fault]:
    found: Grid[tuple[int, Cluster]] = Grid()
    for number, cluster in enumerate(scene.clusters):
        found.add(place(cluster), (number, cluster))
    for number, cluster in enumerate(scene.clusters):
        above = panels.of_panel(cluster.name)
        for name in above[:1]:
            if not holds(place(panels.by_name[name]), place(cluster), OVERLAP):
                yield _both(faults.PANEL_PANEL, cluster, panels.by_name[name])
        for other, second in found.near(place(cluster)):
            related = second.name in above or cluster.name in panels.of_panel(second.name)
            if other > number and not related and depth(place(cluster), place(second)) > OVERLAP:
                yield _both(faults.PANEL_PANEL, cluster, second)


def _both(kind: str, first: Placed | Cluster, second: Placed | Cluster) -> Fault:
    what = f"{quoted(first.name)} and {quoted(second.name)}"
    if depth(place(first), place(second)) < 0:  # a member far from its panel
        return Fault(kind, what, place(first))
    return Fault(kind, what, shared(place(first), place(second)))


# --------------------------------------------------------------------------------------------- names
def name_faults(scene: Scene) -> Iterator[Fault]:
    """Names that are there twice or empty, and names of nothing: a graph is made from them."""
    for things in (scene.nodes, scene.clusters):
        seen: set[str] = set()
        for thing in things:
            if not thing.name or thing.name in seen:
                said = "is there twice" if thing.name else "is no name"
                yield Fault(faults.NAME, f"{quoted(thing.name)} {said}", place(thing))
            seen.add(thing.name)
    known = {thing.name for thing in (*scene.nodes, *scene.clusters)}
    for cluster in scene.clusters:
        for member in cluster.members:
            if member not in known:
                what = f"{quoted(member)} in {quoted(cluster.name)} is not there"
                yield Fault(faults.NAME, what, place(cluster))
    for route in scene.routes:
        for end in dict.fromkeys((route.tail, route.head)):
            if end not in known:
                what = f"{quoted(end)}, an end of a line, is not there"
                x, y = route.points[0] if route.points else (0.0, 0.0)
                yield Fault(faults.NAME, what, (x, y, x, y))


# ---------------------------------------------------------------------------------------- the figure
def crop_faults(scene: Scene, ink: Ink) -> Iterator[Fault]:
    """What is painted outside of the part of the plane that is shown."""
    shown = (scene.left, scene.top, scene.left + scene.width, scene.top + scene.height)
    for item, box in ink.extents:
        if not holds(grown(shown, CUT), box):
            what = quoted(item.text) if isinstance(item, Text) else type(item).__name__.lower()
            yield Fault(faults.CROPPED, what, box)


def coordinate_faults(scene: Scene) -> Iterator[Fault]:
    """Places that are no numbers. Nothing else can be said about such a scene."""
    nowhere = (0.0, 0.0, 0.0, 0.0)
    numbers = [scene.left, scene.top, scene.width, scene.height]
    if not all(map(math.isfinite, numbers)):
        yield Fault(faults.COORDINATE, "the figure's size", nowhere)
    for item in (*scene.under, *scene.items):
        if not all(map(math.isfinite, _numbers(item))):
            yield Fault(faults.COORDINATE, type(item).__name__.lower(), nowhere)
    for thing in (*scene.nodes, *scene.clusters):
        if not all(map(math.isfinite, place(thing))):
            yield Fault(faults.COORDINATE, quoted(thing.name), nowhere)
    for route in scene.routes:
        if not all(math.isfinite(value) for point in route.points for value in point):
            what = f"the line from {quoted(route.tail)} to {quoted(route.head)}"
            yield Fault(faults.COORDINATE, what, nowhere)


def _numbers(item: Primitive) -> list[float]:
    if isinstance(item, (Path, Curve)):
        return [value for point in item.points for value in point]
    if isinstance(item, Hatch):
        return [item.left, item.top, item.right, item.bottom, *(v for b in item.labels for v in b)]
    return [value for value in item if isinstance(value, float)]
