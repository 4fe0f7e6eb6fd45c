"""What stands right of a ladder of boxes: the names of what leaves, and the heads that read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram.items import HeadItem
from netdsl.backends.diagram.kinds.ladder.box import Box
from netdsl.backends.diagram.kinds.ladder.boxes import DENSITIES, LINE, PAD, STEP, plate
from netdsl.backends.diagram.kinds.ladder.cells import Cell
from netdsl.backends.diagram.kinds.ladder.lines import Lines
from netdsl.backends.diagram.kinds.ladder.passes import Ladder
from netdsl.backends.diagram.kinds.ladder.text import size_note
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Placed, Route, Scene
from netdsl.backends.diagram.steps import summary
from netdsl.backends.diagram.text import clean

ABOVE = 5.4  # from a line to the name above it
OVER = 7.0  # how far a bracket reaches beyond its lines
APART = 14.0  # between heads
INTO = 12.0  # from a bracket to a head
PROPOSALS = "proposals"  # what the heads of regions take from the head before them


def names_of(ladder: Ladder) -> dict[int, str]:
    """What leaving values are called, by cell: `P4` of stride 16 where heads read several strides (Lin et
    al., 2017), else as the network calls its outputs."""
    strides = [cell.stride for cell in ladder.outs]
    powers = [s.numerator.bit_length() - 1 for s in strides if s is not None]
    exact = [s is not None and s.numerator == 2**n for s, n in zip(strides, powers)]
    if ladder.heads and len(set(strides)) == len(strides) > 1 and all(exact):
        return {cell.index: f"P{n}" for cell, n in zip(ladder.outs, powers)}
    outputs = {cell.index: clean(name) for name, cell in ladder.graph.outputs.items()}
    return {cell.index: outputs.get(cell.index) or clean(_label(cell)) for cell in ladder.outs}


def _label(cell: Cell) -> str:
    """What the text calls a value, else the step that gives it."""
    return (cell.value.label if cell.value is not None else None) or cell.path[-1]


class Out(NamedTuple):
    """A value that leaves: its cell's box, its name, and where its line begins."""

    box: Box
    name: str
    x: float
    y: float


def outs_of(drawing: Lines) -> list[Out]:
    """What leaves, from the coarsest down the page."""
    names = names_of(drawing.ladder)
    return [
        Out(box, names[cell.index], box.right + plate(box), box.y) for cell, box in drawing.outs
    ]


# --------------------------------------------------------------------------------------------- names
def named(drawing: Lines, outs: Sequence[Out]) -> float:
    """The names above lines to a common x, which is the result."""
    wide = max((text_width(out.name, pen.TITLE, True) for out in outs), default=0.0)
    right = max((out.x for out in outs), default=0.0) + wide + 7
    for out in outs:
        x = right - 3 - wide / 2
        drawing.scene.text(x, out.y - ABOVE, out.name, pen.TITLE, bold=True)
    return right


def outputs(drawing: Lines, outs: Sequence[Out]) -> None:
    """Without heads every value is an output of the network."""
    right = max(out.x for out in outs) + drawing.density.gap
    tight = drawing.density is DENSITIES[-1]
    lines = [out.name if tight else f"{out.name}: {size_note(out.box.last)}" for out in outs]
    wide = max(text_width(line, drawing.density.size) for line in lines) + 12
    high = LINE + PAD
    for out, line in zip(outs, lines):
        x = right + wide / 2
        pen.box(drawing.scene, x, out.y, wide, high, "output", (line,), drawing.density.size)
        name = drawing.ladder.graph.unused(f"output.{out.name}")
        place = (right, out.y - high / 2, wide, high)
        drawing.scene.nodes.append(Placed(name, "output", *place, (line,)))
        points = ((out.x, out.y), (right, out.y))
        pen.arrow(drawing.scene, points, length=pen.TIGHT_HEAD + 0.4)
        drawing.scene.routes.append(Route(out.box.name, name, points))


# --------------------------------------------------------------------------------------------- heads
class _Head(NamedTuple):
    cell: Cell
    lines: tuple[str, ...]
    width: float
    height: float


def heads(drawing: Lines, outs: Sequence[Out], room: float) -> None:
    """A box for each head. Several values are gathered by a bracket; the heads stand right of it where `room`
    is wide enough, else below what leaves, beside the first stages. One value leads down to its heads."""
    scene = drawing.scene
    found = [_head(drawing, cell, outs) for cell in drawing.ladder.heads]
    wide = max(head.width for head in found)
    bottom = max(out.y for out in outs)
    if len(outs) == 1:
        _below(drawing, outs[0], found, wide)
        return
    x = named(drawing, outs)
    top = min(out.y for out in outs)
    beside = x - scene.bounds()[0] + INTO + wide + pen.PLATE + 4 <= room
    tall = sum(head.height for head in found) + APART * (len(found) - 1)
    start = (top + bottom - tall) / 2 if beside else bottom + OVER + STEP
    middle = x + INTO + wide / 2 if beside else x - INTO - wide / 2
    ends = _placed(drawing, found, middle, start, wide)
    _bracket(scene, x, top - OVER, bottom + OVER if beside else ends[-1], beside)
    for out in outs:
        pen.arrow(scene, [(out.x, out.y), (x, out.y)], head=False)
    for head, y in zip(found, ends):
        side = x + INTO if beside else x - INTO + pen.PLATE
        pen.arrow(scene, [(x, y), (side, y)], length=pen.TIGHT_HEAD + 0.4)
        for out in outs:
            if any(cell in head.cell.reads for cell in out.box.cells):
                points = ((out.x, out.y), (x, out.y))
                scene.routes.append(Route(out.box.name, head.cell.name, points, "tap"))


def _below(drawing: Lines, out: Out, found: Sequence[_Head], wide: float) -> None:
    """The heads of a single value, below the last box."""
    start = out.box.bottom + STEP + 2 + pen.PLATE
    _placed(drawing, found, out.box.x, start, wide)
    points = ((out.box.x, out.box.bottom), (out.box.x, start - pen.PLATE))
    pen.arrow(drawing.scene, points, length=pen.TIGHT_HEAD + 0.4)
    for head in found:
        drawing.scene.routes.append(Route(out.box.name, head.cell.name, points))


def _placed(
    drawing: Lines, found: Sequence[_Head], x: float, top: float, wide: float
) -> list[float]:
    """The heads' boxes, one below the other, and their middles; proposals lead from one to the next."""
    ends: list[float] = []
    for head in found:
        ends.append(top + head.height / 2)
        _draw(drawing.scene, drawing, head, x, ends[-1], wide)
        if len(ends) > 1 and _takes_regions(head):
            before = found[len(ends) - 2]
            points = ((x, ends[-2] + before.height / 2), (x, top - pen.PLATE))
            pen.arrow(drawing.scene, points, length=pen.TIGHT_HEAD + 0.4)
            y = (points[0][1] + points[1][1]) / 2
            drawing.scene.text(x + 3, y, PROPOSALS, pen.SMALL, "start", fill="muted")
            drawing.scene.routes.append(Route(before.cell.name, head.cell.name, points))
        top += head.height + APART
    return ends


def _takes_regions(head: _Head) -> bool:
    """Whether a head works on regions, which the head before it proposes."""
    item = head.cell.item
    return isinstance(item, HeadItem) and item.event.kind.form == "regions"


def _bracket(scene: Scene, x: float, top: float, bottom: float, closed: bool) -> None:
    """A bracket that opens to the left; one that is not closed leads on at its lower end."""
    points = [(x - 2.5, top), (x, top), (x, bottom), *([(x - 2.5, bottom)] if closed else [])]
    scene.path(points, None, "ink", pen.BRACKET, closed=False)


def _head(drawing: Lines, cell: Cell, outs: Sequence[Out]) -> _Head:
    """What a head's box says: its kind, its layers, and which values it reads if not all."""
    item = cell.item
    assert isinstance(item, HeadItem)
    lines = [item.event.kind.title or item.event.word, summary(cell.steps)]
    read = [out.name for out in reversed(outs) if any(c in cell.reads for c in out.box.cells)]
    if read and len(read) < len(outs):
        lines.append(f"reads {read[0]} to {read[-1]}" if len(read) > 1 else f"reads {read[0]}")
    size = drawing.density.size
    wide = max(text_width(line, size, not i) for i, line in enumerate(lines)) + 10
    return _Head(cell, tuple(lines), wide, len(lines) * LINE + PAD + 1)


def _draw(scene: Scene, drawing: Lines, head: _Head, x: float, y: float, wide: float) -> None:
    size = drawing.density.size
    pen.box(scene, x, y, wide, head.height, "stack", head.lines, size, bold=(0,))
    place = (x - wide / 2, y - head.height / 2, wide, head.height)
    steps = tuple(sorted(head.cell.steps.items()))
    scene.nodes.append(Placed(head.cell.name, "stack", *place, head.lines, steps))
