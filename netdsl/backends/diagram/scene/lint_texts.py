"""Texts: legible, in their boxes, and with nothing across them."""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.backends.diagram.scene import faults
from netdsl.backends.diagram.scene.faults import Fault, quoted
from netdsl.backends.diagram.scene.geometry import (
    Box,
    around,
    clipped,
    depth,
    grown,
    holds,
    shared,
)
from netdsl.backends.diagram.scene.grid import Grid
from netdsl.backends.diagram.scene.ink import Ink, Letters, Line
from netdsl.backends.diagram.scene.pen import SIGNS
from netdsl.backends.diagram.scene.scene import Placed, Scene
from netdsl.backends.diagram.scene.themes import LEAST_CONTRAST, contrast

LEAST_SIZE = (
    7.0  # points on paper: what journals ask for, and what reads well beside text of 9 or 10
)

# The box of a text is that of its advance widths and of the tallest and deepest letters: round it, the ink
# of the letters leaves about 0.05 em (0.35 points) on the left and right. Less than that is no contact.
TOUCH = 0.3
MARGIN = 1.0  # that a label keeps from the left and right border of its box: 2 points of its width


def text_faults(scene: Scene, ink: Ink) -> Iterator[Fault]:
    """Everything that is wrong with texts, in the order of painting."""
    places: Grid[Letters] = Grid()
    for letters in ink.texts:
        places.add(letters.box, letters)
    wide: set[int] = set()  # places in the order of painting
    for fault, letters in _labels(scene, places):
        yield fault
        if letters is not None:
            wide.add(letters.order)
    for letters in ink.texts:
        yield from _legible(ink, letters)
        for other in places.near(letters.box):
            if other.order > letters.order and depth(other.box, letters.box) > TOUCH:
                what = f"{quoted(letters.item.text)} and {quoted(other.item.text)}"
                yield Fault(faults.TEXT_TEXT, what, shared(letters.box, other.box))
        yield from _crossed(ink, letters, letters.order in wide)


def lowest_contrast(ink: Ink) -> float:
    """The lowest ratio between a text and what it stands on; 21 without texts."""
    return min((_contrast(ink, letters) for letters in ink.texts), default=21.0)


def _contrast(ink: Ink, letters: Letters) -> float:
    return min(contrast(letters.item.fill, ground) for ground in ink.grounds(letters))


def _legible(ink: Ink, letters: Letters) -> Iterator[Fault]:
    item = letters.item
    if item.size < LEAST_SIZE - 1e-6:
        yield Fault(faults.SMALL, f"{quoted(item.text)} has {item.size:g} pt", letters.box)
    ratio = _contrast(ink, letters)
    if ratio < LEAST_CONTRAST:
        what = f"{quoted(item.text)} has {ratio:.2f}:1, not {LEAST_CONTRAST}:1"
        yield Fault(faults.CONTRAST, what, letters.box)
    inner = grown(letters.box, -TOUCH)
    if any(area.order > letters.order and area.meets(inner) for area in ink.areas.near(inner)):
        yield Fault(faults.HIDDEN, quoted(item.text), letters.box)


def _crossed(ink: Ink, letters: Letters, wide: bool) -> Iterator[Fault]:
    """Lines whose ink lies on a text and can be seen there. Of a text that is too wide for its box it is
    said already that it reaches the outline."""
    reach = grown(letters.box, 1.0)  # no line is wider than two points
    for line, segments in ink.lines_near(reach):
        if wide and line.kind == "outline":
            continue
        box = grown(letters.box, line.half - TOUCH)
        if line.kind == "hatch" and ink.hidden(box, line.order, letters.order):
            continue  # at a glance: it has many lines
        for segment in segments:
            part = clipped(segment, box)
            if part is None or ink.hidden(around(part), line.order, letters.order):
                continue
            yield Fault(faults.LINE_TEXT, quoted(letters.item.text), around(part))
            break
        else:
            if line.kind == "head" and _on(line, box):
                yield Fault(faults.LINE_TEXT, quoted(letters.item.text), shared(line.box, box))


def _on(head: Line, box: Box) -> bool:
    """Whether an arrowhead lies on a box although none of its edges does: the box is in it."""
    return holds(head.box, box)


# -------------------------------------------------------------------------------------------- labels
def _labels(scene: Scene, places: Grid[Letters]) -> Iterator[tuple[Fault, Letters | None]]:
    """Labels that reach out of their boxes, and lines of a label that are missing there (None). Signs are
    drawn, not written; a box without any of its lines has its label elsewhere, as solids have."""
    for node in scene.nodes:
        if node.kind in SIGNS:
            continue
        box = (node.left, node.top, node.left + node.width, node.top + node.height)
        room = (box[0] + MARGIN, box[1], box[2] - MARGIN, box[3])
        lines = [line for line in node.lines if line]
        found = [label_of(node, line, places) for line in lines]
        for line, letters in zip(lines, found):
            if letters is None:
                if any(found):
                    what = f"{quoted(line)} of {quoted(node.name)}"
                    yield Fault(faults.UNWRITTEN, what, box), None
            elif not holds(room, letters.box, TOUCH):
                yield Fault(faults.OUTSIDE_BOX, quoted(line), letters.box), letters


def label_of(node: Placed, line: str, places: Grid[Letters]) -> Letters | None:
    """The text in a box that is one of its lines; of several the one whose middle is in it."""
    box = (node.left, node.top, node.right, node.bottom)
    touching = [
        letters
        for letters in places.near(box)
        if letters.item.text == line and depth(letters.box, box) > 0
    ]

    def middle(letters: Letters) -> bool:
        left, top, right, bottom = letters.box
        x, y = (left + right) / 2, (top + bottom) / 2
        return box[0] <= x <= box[2] and box[1] <= y <= box[3]

    return next(filter(middle, touching), touching[0] if touching else None)
