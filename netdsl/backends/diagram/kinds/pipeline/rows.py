"""A head whose maps have predictors of their own, beside a column of stages: a row for every map, one bar for all."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.items import HeadItem
from netdsl.backends.diagram.kinds.parts import Cell
from netdsl.backends.diagram.kinds.pipeline.flow import Ports
from netdsl.backends.diagram.kinds.pipeline.predictors import predictor_cells
from netdsl.backends.diagram.kinds.pipeline.words import choosing, each_box, total_lines
from netdsl.backends.diagram.kinds.sheet import Sheet, fitted, tall
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.legend import folded
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Point

STRIP, PAD, INDENT = 13.0, 7.0, 10.0
GAP, ROW = 8.0, 6.0  # between boxes of a row; between rows
WALL = 3.6  # the bar's width
LINE = 8.4


class RowsPanel:
    """The panel: rows from the last map to the first, as the column stands."""

    wants = gives = False

    def __init__(self, sheet: Sheet, head: HeadItem, room: float) -> None:
        self.head = head
        self.title = head.event.kind.title
        word = head.event.word
        self.rows: list[list[Cell]] = []
        self.counts: list[str] = []
        for number, predictor in enumerate(head.predictors):
            self.rows.append(predictor_cells(predictor, sheet, f"{word}.{number}."))
            count = predictor.predicted.count
            self.counts.append(str(count) if count is not None else "")
        self.counted = max((text_width(text, pen.SMALL) for text in self.counts), default=0.0)
        boxes = [sum(_wide(c) for c in row) + GAP * (len(row) - 1) for row in self.rows]
        inner = max(boxes, default=0.0) + self.counted + 12 + WALL
        self.total = total_lines(head, max(room - 2 * PAD, 110.0))
        first = "decode" if word == "yolo" else "softmax, decode"
        self.chosen = (first, ", ".join(choosing(head.event.kind)))
        texts = [text_width(line, pen.SMALL, True) for line in self.total]
        texts.append(fitted(self.chosen, pen.TEXT))
        self.said = folded([each_box(head)], max(inner + INDENT, *texts, 110.0))
        self.width = max(inner + INDENT + 2 * PAD, *(t + 2 * PAD for t in texts))
        said = max((text_width(line, pen.SMALL) for line in self.said), default=0.0)
        self.width = max(self.width, said + 2 * PAD)
        self.pitch = max(tall(len(c.lines)) for row in self.rows for c in row) + ROW
        self.strip = STRIP + LINE * len(self.said)
        self.below = LINE * len(self.total) + 6 + tall(2) + PAD
        self.height = self.strip + PAD + self.pitch * len(self.rows) + self.below

    def around(self, middles: Sequence[float]) -> tuple[float, float]:
        """The top and bottom of the panel if its rows stand at these heights."""
        half = self.pitch / 2
        return min(middles) - half - PAD - self.strip, max(middles) + half + self.below

    def paint(
        self, sheet: Sheet, left: float, top: float, width: float, at: Sequence[float] | None = None
    ) -> Ports:
        """Draw it; `at` are the heights of the rows, else they are even."""
        width = min(width, self.width)
        count = len(self.rows)
        first = top + self.strip + PAD + self.pitch / 2
        middles = list(at or [first + self.pitch * (count - 1 - n) for n in range(count)])
        if at:
            top = self.around(middles)[0]
        half = self.pitch / 2
        wall = left + width - PAD - WALL
        ends = (min(middles) - half + 2, max(middles) + half - 2)
        bar = sheet.wall(
            f"{self.head.event.word}.boxes", wall + WALL / 2, sum(ends) / 2, ends[1] - ends[0]
        )
        names = [bar]
        entries: list[tuple[str, Point]] = []
        for row, text, y in zip(self.rows, self.counts, middles, strict=True):
            entries.append(self._row(sheet, row, text, y, wall, bar, names))
        y = self._end(sheet, left, width, wall, ends[1], bar, names)
        name = f"{self.head.event.word}.panel"
        sheet.panel(name, left, top, width, y - top, self.title, names)
        for number, line in enumerate(self.said):
            below = top + STRIP + 1.5 + LINE * number
            sheet.scene.text(left + 3.2, below, line, pen.SMALL, "start", fill="muted")
        return Ports(tuple(entries), None, None, tuple(names), left + width, y)

    def _row(
        self,
        sheet: Sheet,
        row: list[Cell],
        text: str,
        y: float,
        wall: float,
        bar: str,
        names: list[str],
    ) -> tuple[str, Point]:
        """The boxes of a map, the last of which stand below each other."""
        x = wall - self.counted - 12 - sum(_wide(c) for c in row) - GAP * (len(row) - 1)
        entry: tuple[str, Point] | None = None
        before = ""
        for cell in row:
            wide = _wide(cell)
            box = (x + wide / 2, y, wide, tall(len(cell.lines)))
            name = sheet.box(cell.name, cell.kind, *box, cell.lines, cell.steps)
            names.append(name)
            if entry is None:
                entry = name, (x, y)
            else:
                sheet.edge(before, name, [(x - GAP, y), (x, y)], length=pen.TIGHT_HEAD)
            before = name
            x += wide + GAP
        sheet.edge(before, bar, [(x - GAP, y), (wall, y)])
        sheet.scene.text((x - GAP + wall) / 2 - 1, y - 5, text, pen.SMALL, fill="muted")
        assert entry is not None
        return entry

    def _end(
        self,
        sheet: Sheet,
        left: float,
        width: float,
        wall: float,
        y: float,
        bar: str,
        names: list[str],
    ) -> float:
        """The sum below the bar, and how detections are chosen."""
        x = wall + WALL / 2
        wide, high = fitted(self.chosen, pen.TEXT), tall(2)
        middle = left + width - PAD - wide / 2
        top = y + 8 + LINE * len(self.total)
        for number, line in enumerate(self.total):
            below = y + 7 + LINE * number
            sheet.scene.text(x - 4, below, line, pen.SMALL, "end", bold=True)
        place = (middle, top + high / 2, wide, high)
        name = sheet.box(f"{self.head.event.word}.detections", "softmax", *place, self.chosen)
        names.append(name)
        sheet.edge(bar, name, [(x, y), (x, top)])
        return top + high + PAD


def _wide(cell: Cell) -> float:
    return fitted(cell.lines, pen.TEXT)
