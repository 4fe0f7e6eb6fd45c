"""How large the parts of columns are, in points: boxes, gaps, the boxes on shortcuts."""

from __future__ import annotations

from typing import NamedTuple

from netdsl.backends.diagram.kinds.column_parts import Arc, Column, Row
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.text import clean, shape_text
from netdsl.record import Record

BARE = 3.2  # between two boxes with nothing but an arrow between them
RADIUS = 2.15  # of a sum's circle
SUM = 2.4  # from a box to the middle of the circle below it
NEXT = 2 * RADIUS + 0.6  # from circle to circle, where several residuals end
FORK = 2.7  # from where a shortcut leaves to the box below: the length of an arrowhead
APART = 2.5  # between lines that lead to the right
LANE = 6.0  # from shortcut to shortcut around it
CUT = 2.6  # beside a text in a narrow box with cut corners
ARRIVING = 3.4  # between lines that arrive at a box
WIDEST = 44.0  # between columns, where a page is wide
TITLE, AIR = 9.0, 8.0  # size of titles, and room between them
LINE = 8.6  # from line to line of small texts


class Measures(Record):
    """How much room is taken: `size` of letters, `long` labels or short ones, `height` of boxes, points `beside`
    columns, from boxes `out` to the innermost shortcut, and `clear` to a box on a shortcut. Where it is `narrow`
    boxes are tight around their texts, and what may break stands in more lines."""

    size: float = pen.TEXT
    long: bool = True
    height: float = 9.4
    narrow: bool = False
    beside: float = 20.0
    out: float = 12.0
    clear: float = 4.5

    def width(self, text: str) -> float:
        wide = text_width(text, self.size)
        return wide * 1.02 + 3.6 if self.narrow else max(30.0, wide * 1.12 + 5)

    def needed(self, row: Row) -> float:
        """The width of a row's box; where corners are cut there is more around the text."""
        cut = CUT if row.kind in ("pool", "up") and self.narrow else 0.0
        return self.width(self.said(row)) + cut

    def said(self, row: Row) -> str:
        return row.words.long if self.long else row.words.short


class LaneBox(NamedTuple):
    """A box on a shortcut: its lines, and how wide and high it is."""

    row: Row
    lines: tuple[str, ...]
    width: float
    height: float


class Lane(NamedTuple):
    """A shortcut: where it runs, and its boxes from above."""

    x: float
    boxes: tuple[LaneBox, ...]


def high(column: Column, row: int, measures: Measures) -> float:
    """The height of a row: more where a second plate stands out, or many lines arrive."""
    arriving = sum(tap.head == row for tap in column.taps)
    plate = pen.PLATE if column.rows[row].kind == "stack" else 0.0
    lines = ARRIVING * (arriving + 1)
    boxes = [len(arc.boxes) for arc in column.arcs if arc.first == arc.last == row and arc.boxes]
    if arriving and boxes:  # room for the lines, and above them for boxes of one or two lines
        box = measures.height + (measures.size * 1.2 if measures.narrow else 0.0)
        lines += max(boxes) * (box + BARE) + box + 4
    return max(measures.height, lines) + plate


def lane_boxes(arc: Arc, room: float, measures: Measures) -> tuple[LaneBox, ...]:
    """The boxes of a shortcut; if they are higher than its body, one box that says less."""
    boxes = []
    for row in arc.boxes:
        text = row.words.short
        first, comma, rest = text.partition(", ")
        lines = (first, rest) if comma and measures.narrow else (text,)
        boxes.append(_lane_box(row, lines, measures))
    if sum(box.height for box in boxes) + BARE * (len(boxes) - 1) > room:
        boxes = [_lane_box(row, (row.words.short,), measures) for row in arc.boxes]
    if sum(box.height for box in boxes) + BARE * (len(boxes) - 1) > room:
        whole = Row(arc.boxes[0].name, "stack", arc.boxes[0].words, arc.boxes[-1].shape)
        for row in arc.boxes:
            whole.steps.update(row.steps)
        boxes = [_lane_box(whole, ("shortcut",), measures)]
    return tuple(boxes)


def _lane_box(row: Row, lines: tuple[str, ...], measures: Measures) -> LaneBox:
    wide = max(text_width(line, measures.size) for line in lines) * 1.02 + (
        3.4 if measures.narrow else 5.0
    )
    wide += CUT if row.kind in ("pool", "up") else 0.0
    high = measures.height + (len(lines) - 1) * measures.size * 1.17
    return LaneBox(row, lines, wide, high)


def broken(title: str, most: float) -> tuple[str, ...]:
    """A title in one line, or in two if it is much wider than its column and can be broken near its middle."""
    if text_width(title, TITLE, True) <= most + AIR:
        return (title,)
    places = [i + 1 for i, letter in enumerate(title[:-1]) if letter in " _-"]
    if not places:
        return (title,)
    at = min(places, key=lambda i: abs(len(title) - 2 * i))
    return title[:at].rstrip(), title[at:]


def entry_text(column: Column, measures: Measures) -> str:
    """`image 3x224x224`."""
    ((name, value),) = column.design.inputs.items()
    return clean(name) if measures.narrow else f"{clean(name)} {shape_text(value.shape)}"


def facts(column: Column, narrow: bool = False) -> tuple[str, ...]:
    """What a network adds up to, in lines."""
    *said, last = column.subject.facts
    return column.subject.facts if narrow else (", ".join(said), last)
