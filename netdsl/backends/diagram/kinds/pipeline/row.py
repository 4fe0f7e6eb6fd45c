"""A detector with one map, or none, as a row: R-CNN's features of a region, YOLO's grid, scores of every pixel."""

from __future__ import annotations

from netdsl.backends.diagram.items import HeadItem
from netdsl.backends.diagram.kinds.pipeline.across import across, across_size
from netdsl.backends.diagram.kinds.pipeline.flow import Flow
from netdsl.backends.diagram.kinds.pipeline.stages import Backbone
from netdsl.backends.diagram.kinds.pipeline.units import is_map, row_parts
from netdsl.backends.diagram.kinds.pipeline.words import described
from netdsl.backends.diagram.kinds.row import End, Ends, Unit, row
from netdsl.backends.diagram.kinds.sheet import Sheet
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.text import plural

STRIP, PAD, INDENT = 13.0, 6.0, 9.0
PLATE_WIDE, PLATE_HIGH = 44.0, 34.0  # of the image from which regions are cut


class HeadPart:
    """A head in its panel, as a part of a row. Lines enter the panel where its first box is."""

    inset = 0.0

    def __init__(self, sheet: Sheet, head: HeadItem) -> None:
        self.head = head
        self.flow = Flow(head, sheet)
        self.title = head.event.kind.title
        self.note = described(head)
        wide, high = across_size(self.flow)
        first = INDENT if len(self.flow.stem) else INDENT + 6
        title = text_width(self.title, pen.TITLE, True)
        said = text_width(self.note, pen.SMALL)
        self.begin = first
        self.width = max(wide + first + 2 * PAD, title + 8)
        if title + said + 14 > self.width and said and title + said + 14 < 1.5 * self.width:
            self.width = title + said + 14
        elif title + said + 14 > self.width and said:
            sheet.note(f"{self.title}: {self.note}")
            self.note = ""
        self.down = high / 2 + PAD
        self.up = high / 2 + PAD + STRIP

    def paint(self, sheet: Sheet, left: float, axis: float, top: float) -> Ends:
        room = self.width - self.begin - 2 * PAD
        ports = across(sheet, self.flow, left + self.begin + PAD - 2, axis, room)
        name = f"{self.head.event.word}.panel"
        top = axis - self.up  # its own
        members = list(ports.names)
        sheet.panel(name, left, top, self.width, self.up + self.down, self.title, members)
        after = left + text_width(self.title, pen.TITLE, True) + 8
        sheet.scene.text(after, top + 6.2, self.note, pen.SMALL, "start", fill="muted")
        enters: list[End] = []
        for entry, (x, y) in ports.entries:
            turn = left + self.begin - 5
            points = [(left, axis), (turn, axis), (turn, y), (x, y)]
            if abs(y - axis) < 0.1:
                points = [(left, axis), (x, y)]
            pen.arrow(sheet.scene, points)
            enters.append(End(entry, tuple(points[1:])))
        last = ports.last or (ports.names[-1], (left + self.width, axis))
        return Ends(tuple(enters), End(last[0]))


class RegionsPart:
    """An image and the regions that another method proposed, before they are cut out and warped."""

    def __init__(self, head: HeadItem) -> None:
        self.context = getattr(head.event.kind, "context", 0)
        around = f"warped, {plural(self.context, 'pixel')}" if self.context else "warped"
        self.lines = ("image, proposals", around, *(("around",) if self.context else ()))
        self.width = max(PLATE_WIDE, *(text_width(line, pen.SMALL) for line in self.lines))
        self.inset = (self.width - PLATE_WIDE) / 2
        self.up = PLATE_HIGH / 2
        self.down = PLATE_HIGH / 2 + 3 + 8.3 * len(self.lines)

    def paint(self, sheet: Sheet, left: float, axis: float, top: float) -> Ends:
        x, y = left + self.width / 2, axis
        box = (x - PLATE_WIDE / 2, y - PLATE_HIGH / 2, PLATE_WIDE, PLATE_HIGH)
        sheet.scene.rect(*box, "input.f", "input.s", 0.6)
        for dx, dy, wide, high in ((-17, -12, 14, 18), (-8, -5, 20, 14), (8, -13, 9, 24)):
            place = (x + dx, y + dy, wide, high)
            sheet.scene.rect(*place, None, "accent", 0.8)
        for number, text in enumerate(self.lines):
            below = y + PLATE_HIGH / 2 + 6.5 + 8.3 * number
            sheet.scene.text(x, below, text, pen.SMALL, fill="text" if not number else "muted")
        name = sheet.placed("image", "input", box)
        return Ends((End(name),), End(name))


def in_row(sheet: Sheet, backbone: Backbone, width: float) -> None:
    """Draw the stages and then the heads, each behind the stage that it reads."""
    stages = backbone.stages
    parts: list[Unit] = list(row_parts(stages, backbone.design))
    at = {id(stage): number for number, stage in enumerate(stages)}
    reads = [sorted(at[id(source)] for source in stage.reads) for stage in stages]
    given = next((h for h in backbone.heads if h.event.kind.form == "vector"), None)
    if given is not None and len(backbone.inputs) == 1 and is_map(stages[0]):
        parts.insert(0, RegionsPart(given))
        reads = [[], [0], *([j + 1 for j in found] for found in reads[1:])]
        at = {key: number + 1 for key, number in at.items()}
    for head in backbone.heads:
        found = [at[id(stage)] for stage in backbone.read(head)]
        parts.append(HeadPart(sheet, head))
        reads.append(sorted(found))
    row(sheet, parts, width, reads)


def few(backbone: Backbone) -> bool:
    """Whether every head reads at most one map, and none of them regions."""
    for head in backbone.heads:
        if head.event.kind.form == "regions":
            return False
        if len(backbone.read(head)) > 1 or len(head.predictors) > 1:
            return False
    return all(head.event.kind.form != "maps" for head in backbone.heads)
