"""Lines: from box to box, through no other, and two on one place only where they are one in truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.backends.diagram.scene import faults
from netdsl.backends.diagram.scene.faults import Fault, quoted
from netdsl.backends.diagram.scene.geometry import (
    Box,
    Segment,
    around,
    clipped,
    grown,
    length,
    pieces,
    portions,
    to_box,
    to_segment,
)
from netdsl.backends.diagram.scene.grid import Grid
from netdsl.backends.diagram.scene.ink import Ink, Line
from netdsl.backends.diagram.scene.lint_boxes import Panels, place
from netdsl.backends.diagram.scene.lint_pairs import on_each_other
from netdsl.backends.diagram.scene.routes import HEAD, Routes, named
from netdsl.backends.diagram.scene.scene import Cluster, Placed, Point, Scene

REACH = 3.0  # points between the end of a line and its box: the plate behind a stack is 1.8
JOIN = (
    1.0  # between the end of a line and another that it leaves or joins: a line's width and a bit
)
HOPS = 3  # lines that may lie between a line and its box: a rail, the stub above it, one more
THROUGH = 0.3  # points of a line inside of a box: half of an outline
BORDER = 0.5  # of a box that does not count: its outline
ENDS = (
    1.5  # within so much of a box a painted line ends there: an arrow's line stops short of its tip
)


def line_faults(scene: Scene, ink: Ink, panels: Panels) -> Iterator[Fault]:
    """Everything that is wrong with lines."""
    routes = Routes(scene)
    crossed: set[str] = set()
    for name, fault in _through(scene, routes, panels):
        crossed.add(name)
        yield fault
    yield from _painted_through(scene, ink, crossed)
    yield from on_each_other(routes)
    yield from _loose(scene, routes, ink)


# ----------------------------------------------------------------------------------- through a box
def _core(box: Box) -> Box:
    """A box without its outline; a thin one keeps half of its height."""
    thin = min(box[2] - box[0], box[3] - box[1])
    return grown(box, -min(BORDER, thin / 4))


def _through(scene: Scene, routes: Routes, panels: Panels) -> Iterator[tuple[str, Fault]]:
    """Routes through boxes and panels that they have nothing to do with; the name of what is crossed."""
    nodes: Grid[Placed] = Grid()
    for node in scene.nodes:
        if node.width > 0 and node.height > 0:
            nodes.add(place(node), node)
    clusters: Grid[Cluster] = Grid()
    for cluster in scene.clusters:
        clusters.add(place(cluster), cluster)
    for route, points in zip(routes.all, routes.points):
        own = panels.around(route.tail) | panels.around(route.head)
        ends = {route.tail, route.head}
        inside: dict[tuple[str, str], tuple[float, Box]] = {}
        for reach, segments in portions(pieces(points)):
            for node in nodes.near(reach):
                # an end that is a panel has boxes in it, and its line may lead to one of them
                if node.name in ends or ends.intersection(panels.of_node(node.name)):
                    continue
                _add(inside, (faults.LINE_BOX, node.name), segments, _core(place(node)))
            for cluster in clusters.near(reach):
                if cluster.name in own or ends.intersection(panels.of_panel(cluster.name)):
                    continue
                _add(inside, (faults.LINE_PANEL, cluster.name), segments, _core(place(cluster)))
        for (kind, name), (far, where) in inside.items():
            if far > THROUGH:
                yield name, Fault(kind, f"{quoted(name)} by {named(route)}", where)


def _add(
    found: dict[tuple[str, str], tuple[float, Box]],
    key: tuple[str, str],
    segments: Sequence[Segment],
    core: Box,
) -> None:
    for segment in segments:
        part = clipped(segment, core)
        if part is not None:
            far, where = found.get(key, (0.0, around(part)))
            joined = around([*part, (where[0], where[1]), (where[2], where[3])])
            found[key] = (far + length(part), joined)


def _painted_through(scene: Scene, ink: Ink, said: set[str]) -> Iterator[Fault]:
    """Painted lines, whatever they are for, that can be seen to enter a box and to leave it. `said` are the
    names of boxes of which it is known."""
    nodes: Grid[tuple[int, Placed]] = Grid()
    for number, node in enumerate(scene.nodes):
        if node.width > 0 and node.height > 0:
            nodes.add(place(node), (number, node))
    for line in ink.lines:
        if line.kind != "line" or not line.segments:
            continue
        ends = (line.segments[0][0], line.segments[-1][1])
        inside: dict[int, list[Segment]] = {}
        for reach, segments in portions(line.segments):
            for number, node in nodes.near(reach):
                core = _core(place(node))
                parts = [part for s in segments if (part := clipped(s, core)) is not None]
                if parts:
                    inside.setdefault(number, []).extend(parts)
        for number, parts in inside.items():
            name, box = scene.nodes[number].name, place(scene.nodes[number])
            if name in said or sum(map(length, parts)) <= THROUGH:
                continue
            if min(to_box(end, box) for end in ends) <= ENDS:
                continue
            where = around([point for part in parts for point in part])
            if not ink.hidden(where, line.order):
                said.add(name)
                yield Fault(faults.LINE_BOX, quoted(name), where)


# --------------------------------------------------------------------------------------- loose ends
def _loose(scene: Scene, routes: Routes, ink: Ink) -> Iterator[Fault]:
    """Routes that do not reach their boxes: not themselves, and not by a rail or stub that they share.
    Those without points are edges that are told and not drawn, such as to a part that is drawn elsewhere."""
    places: dict[str, Box] = {}
    for thing in (*scene.clusters, *scene.nodes):
        places[thing.name] = place(thing)
    for route in scene.routes:
        if len(route.points) == 1:
            yield Fault(faults.LOOSE, f"{named(route)} has no length", around(route.points))
    for route in routes.all:
        for name, point, word in (
            (route.tail, route.points[0], "start"),
            (route.head, route.points[-1], "end"),
        ):
            box = places.get(name)
            if box is None or to_box(point, box) <= REACH:
                continue
            if _joined(ink, point, box, upstream=word == "start"):
                continue
            far = to_box(point, box)
            what = f"the {word} of {named(route)} is {far:.1f} pt from {quoted(name)}"
            yield Fault(faults.LOOSE, what, around([point]))


def _joined(ink: Ink, point: Point, box: Box, upstream: bool) -> bool:
    """Whether a point lies on a painted line that comes from a box (`upstream`) or leads to it, over a few
    others: lines of several routes share a stub and a rail."""
    reach = REACH if upstream else REACH + HEAD  # the line of an arrow ends before its tip
    seen: set[int] = set()
    waiting = _touching(ink, point)
    for _ in range(HOPS):
        further: list[Line] = []
        for line in waiting:
            if line.order in seen:
                continue
            seen.add(line.order)
            end = _end(line, start=upstream)
            if to_box(end, box) <= reach:
                return True
            further += _touching(ink, end)
            further += _ending_on(ink, line, start=not upstream)
        waiting = further
    return False


def _end(line: Line, start: bool) -> Point:
    return line.segments[0][0] if start else line.segments[-1][1]


def _touching(ink: Ink, point: Point) -> list[Line]:
    """The open lines that pass a point."""
    return [
        line
        for line, segments in ink.lines_near(grown(around([point]), JOIN))
        if line.kind == "line" and min(to_segment(point, segment) for segment in segments) <= JOIN
    ]


def _ending_on(ink: Ink, line: Line, start: bool) -> list[Line]:
    """The open lines that start (or end) on a line."""
    found: list[Line] = []
    for other, _ in ink.lines_near(grown(line.box, JOIN)):
        if other.kind == "line" and other.order != line.order:
            end = _end(other, start)
            if min(to_segment(end, segment) for segment in line.segments) <= JOIN:
                found.append(other)
    return found
