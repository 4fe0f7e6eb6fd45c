"""Detectors on a feature pyramid: the ladder, a bracket that opens to its maps, and the panels of the heads."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.items import HeadItem
from netdsl.backends.diagram.kinds.ladder.figure import Part, fpn_part
from netdsl.backends.diagram.kinds.pipeline.flow import Ports
from netdsl.backends.diagram.kinds.pipeline.panels import (
    AnyPanel,
    height_of,
    painted,
    panel_of,
)
from netdsl.backends.diagram.kinds.pipeline.stages import Backbone
from netdsl.backends.diagram.kinds.sheet import Sheet
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Placed, Point
from netdsl.backends.diagram.settings import Settings
from netdsl.design import Design

BRACKET, TICK = 10.0, 3.0  # from the last name to the bracket; its ends
INTO = 12.0  # from the bracket to the panels
LEAST = 226.0  # of a panel beside a ladder
OVER = 7.0  # how far a bracket reaches beyond its lines
BELOW = 26.0  # from a ladder to panels below it
GATHERED = "maps"  # the node that the bracket is
RAIL = 11.0  # for the line on the left of panels below a ladder


class Maps:
    """The maps that leave a ladder: their nodes, names, and where their lines begin, the coarsest first."""

    def __init__(self, part: Part) -> None:
        self.names = [name for name, _, _ in part.outs]
        self.points: list[Point] = [(x, y) for _, x, y in part.outs]
        self.nodes = [_node(part, x, y) for _, x, y in part.outs]

    def of(self, head: HeadItem) -> list[int]:
        """The numbers of the maps that a head reads, the coarsest first: as many of the finest as it has."""
        count = min(len(head.event.maps), len(self.names))
        return list(range(len(self.names) - count, len(self.names)))

    def said(self, head: HeadItem) -> str:
        """`P2 to P6`."""
        found = [self.names[number] for number in reversed(self.of(head))]
        return f"{found[0]} to {found[-1]}" if len(found) > 2 else " and ".join(found)


def _node(part: Part, x: float, y: float) -> str:
    """The node whose right side a line leaves."""

    def far(node: Placed) -> float:
        return abs(node.right - x) + abs((node.top + node.bottom) / 2 - y)

    return min(part.scene.nodes, key=far).name if part.scene.nodes else ""


def on_pyramid(sheet: Sheet, design: Design, backbone: Backbone, width: float, wide: bool) -> None:
    """Draw the ladder and the heads of a detector."""
    room = width - LEAST - BRACKET - INTO if wide else width
    part = fpn_part(design, Settings(width=room))
    maps = Maps(part)
    names = [_names(maps, head) for head in backbone.heads]
    sheet.adopt(part.scene, part.entries, part.notes)
    left, top, right, bottom = part.scene.bounds()
    spine = max(right, max(x for x, _ in maps.points)) + BRACKET - 6
    ys = [y for _, y in maps.points]
    ends = (min(ys) - OVER, max(ys) + OVER)
    if wide:
        start = spine + INTO
        panels = _panels(sheet, backbone, names, left + width - start)
        y = max(top, (ends[0] + ends[1] - height_of(panels)) / 2)
        enter = _Into(sheet, spine, [])
        painted(sheet, panels, enter, start, y, left + width - start)
        first = min([ends[0], *(y - OVER for y in enter.heights)])
        last = max([ends[1], *(y + OVER for y in enter.heights)])
        _bracket(sheet, maps, spine, first, last)
        enter.note()
        return
    panels = _panels(sheet, backbone, names, width - RAIL)
    lowest = bottom + BELOW
    middle = (ends[0] + ends[1]) / 2
    rail = left + 2.0
    way: list[Point] = [(spine, middle), (spine + 6, middle), (spine + 6, bottom + BELOW / 2)]
    way.append((rail, bottom + BELOW / 2))
    enter = _Into(sheet, spine, way)
    painted(sheet, panels, enter, left + RAIL, lowest, width - RAIL)
    _bracket(sheet, maps, spine, *ends)
    enter.note()


def _bracket(sheet: Sheet, maps: Maps, x: float, top: float, bottom: float) -> None:
    """The bracket, which gathers the maps, and their lines to it."""
    name = sheet.placed(GATHERED, "gather", (x - 1.0, top, 1.4, bottom - top))
    for (start, y), node in zip(maps.points, maps.nodes, strict=True):
        sheet.edge(node, name, [(start, y), (x, y)], "tap", headed=False)
    pen.bracket(sheet.scene, x, top, bottom)


def _panels(sheet: Sheet, backbone: Backbone, names: Sequence[str], room: float) -> list[AnyPanel]:
    pairs = zip(backbone.heads, names, strict=True)
    return [panel_of(sheet, head, room, name) for head, name in pairs]


def _names(maps: Maps, head: HeadItem) -> str:
    return maps.said(head) if len(head.event.maps) > 1 else ""


class _Into:
    """Lines from the bracket, by a way, into the panels. Edges are noted when the bracket is."""

    def __init__(self, sheet: Sheet, x: float, way: Sequence[Point]) -> None:
        self.sheet, self.x, self.way = sheet, x, way
        self.heights: list[float] = []  # at which lines leave the bracket itself
        self._found: list[tuple[str, list[Point]]] = []

    def __call__(self, panel: AnyPanel, ports: Ports) -> None:
        for name, (x, y) in ports.entries:
            points: list[Point] = [(self.x, y), (x, y)]
            if self.way:
                points = [*self.way, (self.way[-1][0], y), (x, y)]
            else:
                self.heights.append(y)
            pen.arrow(self.sheet.scene, points)
            self._found.append((name, points))

    def note(self) -> None:
        for name, points in self._found:
            self.sheet.route(GATHERED, name, points, "tap")


def reads_pyramid(backbone: Backbone) -> bool:
    """Whether heads read several maps of one neck, and nothing else."""
    found = False
    for head in backbone.heads:
        if head.event.kind.form not in ("maps", "regions"):
            return False
        makers = [backbone.maker(value) for value in head.event.maps]
        if None in makers or len(makers) < 2:
            return False
        found = found or any(stage is not None and stage.necks for stage in makers)
    return found
