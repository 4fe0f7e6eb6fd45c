"""Panels of heads beside a backbone: lines from the maps into them, proposals from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from netdsl.backends.diagram.items import HeadItem
from netdsl.backends.diagram.kinds.pipeline.across import across, across_size
from netdsl.backends.diagram.kinds.pipeline.down import down, down_size
from netdsl.backends.diagram.kinds.pipeline.flow import Flow, Ports
from netdsl.backends.diagram.kinds.pipeline.rows import RowsPanel
from netdsl.backends.diagram.kinds.pipeline.stages import Backbone
from netdsl.backends.diagram.kinds.pipeline.words import described, proposals
from netdsl.backends.diagram.kinds.sheet import Sheet, fitted
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Point
from netdsl.record import Record

STRIP, PAD = 13.0, 7.0
APART = 22.0  # between panels
INDENT = 10.0  # before the first box of a panel: a line enters there
MOST = 44.0  # of room that boxes take more than they need
GIVEN = 26.0  # for regions that come from outside, above the panel that reads them
SPREAD = 4.5  # between lines that enter one box


class Tap(Record):
    """A map that heads read: the node that gives it, where its line begins, and the upright part of it."""

    name: str
    point: Point
    rail: float


class Panel:
    """A head in its panel, whose boxes stand across it or, where there is no room, below each other."""

    def __init__(self, sheet: Sheet, head: HeadItem, room: float, note: str, upright: bool) -> None:
        self.head = head
        self.flow = Flow(head, sheet)
        for brief in (0, 1) if upright else (0, 1, 2):
            tried = Flow(head, sheet, brief)
            if across_size(tried)[0] + 2 * PAD + INDENT <= room:
                self.flow = tried
                break
        self.title = head.event.kind.title
        self.note = note
        wide, high = across_size(self.flow)
        self.across = wide + 2 * PAD + INDENT <= room
        self.width = wide + 2 * PAD + INDENT
        if not self.across:
            wide, high = down_size(self.flow)
            self.width = max(wide + 2 * PAD, text_width(self.title, pen.TITLE, True) + 8)
        self.height = STRIP + high + 2 * PAD

    @property
    def wants(self) -> bool:
        """Whether it reads regions."""
        return self.head.event.kind.form == "regions"

    @property
    def gives(self) -> bool:
        """Whether it proposes regions."""
        return hasattr(self.head.event.kind, "proposals")

    def paint(self, sheet: Sheet, left: float, top: float, width: float) -> Ports:
        if self.across:
            middle = top + STRIP + (self.height - STRIP) / 2 - 1
            start = left + PAD + INDENT
            ports = across(sheet, self.flow, start, middle, width - 2 * PAD - INDENT)
        else:
            ports = down(sheet, self.flow, left + width / 2, top + STRIP + PAD)
        begin = 3.2
        if self.wants and ports.above is not None and self.across:
            begin = ports.above[1][0] - left + 6  # behind the line of the regions
        if self.flow.words:
            sheet.note(f"detections: {self.flow.words}")
        words = self.note
        taken = begin + text_width(self.title, pen.TITLE, True) + 5
        if words and taken + text_width(words, pen.SMALL) > width - 3:
            sheet.note(f"{self.title}: {words}")
            words = ""
        name = f"{self.head.event.word}.panel"
        sheet.panel(name, left, top, width, self.height, "", ports.names)
        sheet.scene.text(left + begin, top + 6.8, self.title, pen.TITLE, "start", bold=True)
        sheet.scene.text(left + taken, top + 6.8, words, pen.SMALL, "start", fill="muted")
        return ports


AnyPanel = Panel | RowsPanel


def panel_of(
    sheet: Sheet, head: HeadItem, room: float, maps: str = "", *, upright: bool = False
) -> AnyPanel:
    """The panel of a head; `maps` names the maps that it reads, if they are several. With little room boxes
    stand below each other at once if it is to be `upright`, else only where words do not help."""
    if head.event.kind.form == "bars" and len(head.predictors) > 1:
        return RowsPanel(sheet, head, room)
    return Panel(sheet, head, room, described(head, maps), upright)


def height_of(panels: Sequence[AnyPanel]) -> float:
    """How much room panels take one below the other."""
    total, proposed = 0.0, False
    for number, panel in enumerate(panels):
        total += APART if number else 0.0
        total += GIVEN if panel.wants and not proposed else 0.0
        total += panel.height
        proposed = proposed or panel.gives
    return total


def painted(
    sheet: Sheet,
    panels: Sequence[AnyPanel],
    enter: Callable[[AnyPanel, Ports], None],
    left: float,
    top: float,
    width: float,
) -> float:
    """Draw panels one below the other; `enter` draws the lines of the maps to each. The result is their
    bottom."""
    y = top
    width = min(width, max(panel.width for panel in panels) + MOST)
    before: tuple[AnyPanel, Ports] | None = None
    for number, panel in enumerate(panels):
        y += APART if number else 0.0
        given = panel.wants and before is None
        y += GIVEN if given else 0.0
        ports = panel.paint(sheet, left, y, width)
        if given:
            _outside(sheet, ports, y)
        elif panel.wants and before is not None:
            _proposals(sheet, before, ports, y)
        enter(panel, ports)
        if panel.gives:
            before = panel, ports
        y += panel.height
    return y


def tapped(
    sheet: Sheet, backbone: Backbone, taps: Mapping[int, Tap]
) -> Callable[[AnyPanel, Ports], None]:
    """Lines from the stages that a head reads."""

    def lines(panel: AnyPanel, ports: Ports) -> None:
        if isinstance(panel, RowsPanel):
            for predictor, entry in zip(panel.head.predictors, ports.entries, strict=True):
                stage = backbone.maker(predictor.chain.entry or predictor.predicted.map)
                if stage is not None and id(stage) in taps:
                    _line(sheet, taps[id(stage)], entry, 0.0, None)
            return
        enter(sheet, [taps[id(stage)] for stage in backbone.read(panel.head)], ports)

    return lines


def enter(sheet: Sheet, taps: Sequence[Tap], ports: Ports) -> None:
    """Lines from maps to the boxes that read them."""
    for entry in ports.entries:
        for number, tap in enumerate(taps):
            shift = (number - (len(taps) - 1) / 2) * SPREAD
            _line(sheet, tap, entry, shift, ports.fork)


def _line(
    sheet: Sheet, tap: Tap, entry: tuple[str, Point], shift: float, fork: float | None
) -> None:
    """From a map into a box, by the upright line that is the map's."""
    name, (x, y) = entry
    if fork is not None:
        x += shift
        points = [tap.point, (tap.rail, tap.point[1]), (tap.rail, fork), (x, fork), (x, y)]
        sheet.edge(tap.name, name, points, "tap")
        return
    at = y + shift
    points = [tap.point, (tap.rail, tap.point[1]), (tap.rail, at), (x, at)]
    if abs(tap.point[1] - at) < 0.1:
        points = [tap.point, (x, at)]
    sheet.edge(tap.name, name, points, "tap")


def _outside(sheet: Sheet, ports: Ports, top: float) -> None:
    """Regions that another method proposed."""
    assert ports.above is not None
    name, (x, y) = ports.above
    text = ("region proposals, given",)
    wide = fitted(text, pen.TEXT) + 8
    middle = top - GIVEN + 8.0
    x = max(x, ports.entries[0][1][0] + wide / 2 - 6)
    tip = ports.above[1][0]
    node = sheet.box("proposals", "input", x, middle, wide, 14.0, text)
    sheet.edge(node, name, [(tip, middle + 7.0), (tip, y)])


def _proposals(sheet: Sheet, before: tuple[AnyPanel, Ports], ports: Ports, top: float) -> None:
    """From the box that chooses regions to the one that cuts them out."""
    panel, giving = before
    if giving.last is None or ports.above is None:
        return
    tail, (x0, y0) = giving.last
    head, (x1, y1) = ports.above
    middle = top - APART / 2 + 1.5
    text = proposals(panel.head.event.kind)
    if abs(x0 - x1) < 8:
        sheet.edge(tail, head, [(x0, y0), (x0, y1)])
        sheet.scene.text(x0 + 3, middle - 1.5, text, pen.TEXT, "start")
        return
    sheet.edge(tail, head, [(x0, y0), (x0, middle), (x1, middle), (x1, y1)])
    sheet.scene.text((x0 + x1) / 2, middle - 5.5, text, pen.TEXT)
