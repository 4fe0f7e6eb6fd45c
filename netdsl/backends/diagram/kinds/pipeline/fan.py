"""SSD and its like: the maps of the backbone in a row, what predicts on each below it, and one bar for all boxes."""

from __future__ import annotations

from netdsl.backends.diagram.items import HeadItem
from netdsl.backends.diagram.kinds.parts import Cell
from netdsl.backends.diagram.kinds.pipeline.predictors import predictor_cells
from netdsl.backends.diagram.kinds.pipeline.stages import Backbone, Stage, merged
from netdsl.backends.diagram.kinds.pipeline.units import (
    BETWEEN,
    LINE,
    above,
    caption,
    caption_width,
    is_map,
    paint_caption,
    right_of,
    scale_of,
    solid,
)
from netdsl.backends.diagram.kinds.pipeline.words import (
    choosing,
    each_box,
    total_text,
)
from netdsl.backends.diagram.kinds.sheet import Sheet, fitted, tall
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.legend import folded
from netdsl.backends.diagram.scene.metrics import text_width

PAD = 4.0  # between columns
DROP = 15.0  # from the solids to the panel
STEP = 10.0  # between boxes of a column
COUNT = 17.0  # from a predictor to the bar, beside which the number of boxes stands
LANE, ASIDE = 5.5, 2.5  # between lanes; from the line to a map's own predictor
SIDE = 88.0  # beside the panel, for what it says in words


class Column:
    """A map, and what predicts on it if something does."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.cells: list[Cell] = []
        self.count = ""
        self.x = self.bottom = 0.0
        self.node = ""

    @property
    def width(self) -> float:
        boxes = [fitted(cell.lines, pen.TEXT) for cell in self.cells]
        return max(caption_width(caption(self.stage)), *boxes, 22.0) + PAD


def columns_of(backbone: Backbone, head: HeadItem, sheet: Sheet) -> list[Column]:
    """A column for every stage of the backbone."""
    found = {id(stage): Column(stage) for stage in backbone.stages}
    for number, predictor in enumerate(head.predictors):
        entry = predictor.chain.entry or predictor.predicted.map
        maker = backbone.maker(entry)
        if maker is None:
            continue
        column = found[id(maker)]
        prefix = f"{head.event.word}.{number}."
        column.cells += predictor_cells(predictor, sheet, prefix)
        count = predictor.predicted.count
        column.count = str(count) if count is not None else ""
    return list(found.values())


def fits(backbone: Backbone, head: HeadItem, sheet: Sheet, width: float) -> bool:
    """Whether all maps stand side by side, each with no more than one predictor. To that end stages that
    nothing predicts on become one, those at the image first."""
    makers = [backbone.maker(p.chain.entry or p.predicted.map) for p in head.predictors]
    if None in makers or len({id(maker) for maker in makers}) < max(2, len(makers)):
        return False
    if not all(is_map(stage) for stage in backbone.stages):
        return False
    whole = backbone.stages
    while sum(column.width for column in columns_of(backbone, head, sheet)) > width:
        fewer = merged(backbone.stages, sheet.steps)
        if fewer is None:
            backbone.merge(whole)
            return False
        backbone.merge(fewer)
    return True


def fan(sheet: Sheet, backbone: Backbone, head: HeadItem, width: float) -> None:
    """Draw a head whose maps all have a predictor of their own."""
    columns = columns_of(backbone, head, sheet)
    spare = (width - sum(column.width for column in columns)) / len(columns)
    spare = min(spare, 16.0)
    x = 0.0
    for column in columns:
        wide = column.width + spare
        column.x = x + wide / 2
        x += wide
    floor = _row(sheet, columns)
    _head(sheet, head, columns, floor, x)


def _row(sheet: Sheet, columns: list[Column]) -> float:
    """The maps; the result is where what is free below them begins."""
    stages = [column.stage for column in columns]
    scale = scale_of(stages)
    head = LINE * max(len(caption(stage)) for stage in stages)
    axis = head + BETWEEN + max(above(stage, scale) for stage in stages)
    for column in columns:
        column.node = solid(sheet, column.stage, column.x, axis, scale)
        paint_caption(sheet, column.x, 0.0, caption(column.stage))
    at = {id(column.stage): number for number, column in enumerate(columns)}
    floor = axis + max(scale.front(stage)[1] for stage in stages) / 2
    taken: list[tuple[int, int, int]] = []
    for number, column in enumerate(columns):
        for source in column.stage.reads:
            other = columns[at[id(source)]]
            if at[id(source)] == number - 1:
                start = right_of(other.stage, other.x, scale) + 1.0
                end = column.x - scale.front(column.stage)[0] / 2 - 1.0
                sheet.edge(other.node, column.node, [(start, axis), (end, axis)])
                continue
            a, b = at[id(source)], number
            used = {slot for c, d, slot in taken if c < b and a < d}
            slot = next(i for i in range(len(taken) + 1) if i not in used)
            taken.append((a, b, slot))
            y = floor + 6.0 + LANE * slot
            ends = [axis + scale.front(c.stage)[1] / 2 for c in (other, column)]
            start = other.x + (ASIDE if other.cells else 0.0)
            end = column.x - (ASIDE if column.cells else 0.0)
            points = [(start, ends[0]), (start, y), (end, y), (end, ends[1] + 0.5)]
            sheet.edge(other.node, column.node, points, "shortcut", line=pen.SHORTCUT)
    for column in columns:
        column.bottom = axis + scale.front(column.stage)[1] / 2
    lanes = max((slot + 1 for *_, slot in taken), default=0)
    return floor + (6.0 + LANE * lanes if lanes else 0.0)


def _head(sheet: Sheet, head: HeadItem, columns: list[Column], floor: float, width: float) -> None:
    """The panel of the head below the maps, its bar, and how detections are chosen."""
    used = [column for column in columns if column.cells]
    left = min(column.x - column.width / 2 for column in used) - 2.0
    top = floor + DROP
    beside = left >= SIDE
    said = each_box(head)
    strip = 6.0
    depth = max(len(column.cells) for column in used)
    highs = [max(_height(column, back) for column in used) for back in range(depth, 0, -1)]
    lasts = top + strip + sum(highs) + STEP * (depth - 1) + (STEP - 4.0 if depth > 1 else 0.0)
    bar_y = lasts + COUNT + pen.LABELLED_BAR / 2
    text = total_text(head)
    ends = (left + 4.0, width - 4.0)
    bar = sheet.bar(f"{head.event.word}.boxes", *ends, bar_y, text, None, pen.LABELLED_BAR + 2)
    members = [bar]
    for column in used:
        members += _column(sheet, column, highs, lasts, bar, bar_y)
    bottom = bar_y + pen.LABELLED_BAR / 2 + 6.0
    if not beside:  # above are lines everywhere
        bottom = _title(sheet, head, said, (left, width - 34.0), bottom + 3.0)
    sheet.panel(head.event.word, left, top, width - left, bottom - top, "", members, "")
    if beside:
        _words(sheet, head, said, left - 6.0, lasts - highs[-1] / 2, min(left - 8.0, 130.0))
    x = (left + width) / 2 if beside else width - 24.0
    _choose(sheet, head, bar, (x, width), bar_y + pen.LABELLED_BAR / 2 + 1, bottom)


def _title(
    sheet: Sheet, head: HeadItem, said: str, sides: tuple[float, float], top: float
) -> float:
    """The head's name, and behind it what it predicts, below its bar; the result is where that ends."""
    left, right = sides
    title = head.event.kind.title
    start = left + 4.0 + text_width(title, pen.TITLE, True) + 5
    sheet.scene.text(left + 4.0, top + 1.5, title, pen.TITLE, "start", bold=True)
    lines = folded([said], right - start)
    for number, text in enumerate(lines):
        y = top + 1.5 + LINE * number
        sheet.scene.text(start, y, text, pen.SMALL, "start", fill="muted")
    return top + LINE * max(1, len(lines)) + 1.0


def _height(column: Column, back: int) -> float:
    """The height of a column's box that is so many from the last."""
    return tall(len(column.cells[-back].lines)) if back <= len(column.cells) else 0.0


def _column(
    sheet: Sheet, column: Column, highs: list[float], lasts: float, bar: str, bar_y: float
) -> list[str]:
    """The boxes of a map, the last of which stands where those of all others do."""
    names: list[str] = []
    before, start = column.node, column.bottom + 1.0
    y = lasts
    tops: list[tuple[Cell, float, float]] = []
    for cell, high in zip(reversed(column.cells), reversed(highs), strict=False):
        tops.append((cell, y - high, high))
        y -= high + STEP
    for cell, top, high in reversed(tops):
        wide = fitted(cell.lines, pen.TEXT)
        place = (column.x, top + high / 2, wide, high)
        name = sheet.box(cell.name, cell.kind, *place, cell.lines, cell.steps)
        role = "tap" if before == column.node else "flow"
        sheet.edge(before, name, [(column.x, start), (column.x, top)], role)
        before, start = name, top + high
        names.append(name)
    over = bar_y - pen.LABELLED_BAR / 2 - 1
    sheet.edge(before, bar, [(column.x, start), (column.x, over)])
    sheet.scene.text(column.x + 3, start + 7.5, column.count, pen.SMALL, "start", fill="muted")
    return names


def _words(sheet: Sheet, head: HeadItem, said: str, x: float, y: float, width: float) -> None:
    """What the head is, on the left of its panel."""
    lines = folded([said], width)
    first = y - LINE * len(lines) / 2
    sheet.scene.text(x, first, head.event.kind.title, pen.TITLE, "end", bold=True)
    for number, text in enumerate(lines, 1):
        sheet.scene.text(x, first + LINE * number + 0.5, text, pen.SMALL, "end", fill="muted")


def _choose(
    sheet: Sheet,
    head: HeadItem,
    bar: str,
    place: tuple[float, float],
    start: float,
    bottom: float,
) -> None:
    """How detections are chosen of all boxes; `place` is where the line leads down, and the right end."""
    x, right = place
    first = "decode" if head.event.word == "yolo" else "softmax, decode"
    text = ", ".join((first, *choosing(head.event.kind)))
    wide, high = fitted((text,), pen.TEXT) + 12, 15.0
    y = bottom + 11.0 + high / 2
    middle = min(x, right - wide / 2)
    name = sheet.box(f"{head.event.word}.detections", "softmax", middle, y, wide, high, (text,))
    sheet.edge(bar, name, [(x, start), (x, y - high / 2)])
