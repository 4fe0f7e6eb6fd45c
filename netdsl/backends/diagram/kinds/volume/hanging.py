"""What stands beside the row of solids: values that are read further on, side outputs in training, and heads.

Lines to solids further on and side outputs are above the row, heads below it. In a figure of several rows lines do
not leave their row: they end at the name of where they lead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram.kinds.volume.solids import UP, Prism
from netdsl.backends.diagram.kinds.volume.spacing import Column
from netdsl.backends.diagram.kinds.volume.trunk import Hanging, Solid, Trunk
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Placed, Point, Route, Scene, rounded
from netdsl.backends.diagram.steps import summary

LANE = 6.0  # between lines that run above each other
STUB = 9.0  # of a line that ends at a name
NAMED = 9.0  # room for that name
BOX = 11.0  # height of a side output
END = 14.0  # from the last solid to a head that ends the row
DROP = 24.0  # from the solids to a head


class Place(NamedTuple):
    """Where a solid is drawn."""

    row: int
    column: Column
    solid: Solid
    shape: Prism


class Tap(NamedTuple):
    """A value that is read further on. `height` is that of its line above the axis of their row."""

    tail: Place
    head: Place
    height: float


def places(way: Trunk, rows: Sequence[Sequence[Column]]) -> list[Place]:
    """The place of every solid of a trunk, by its number."""
    found: dict[int, Place] = {}
    for number, row in enumerate(rows):
        for column in row:
            for solid, shape in zip(column.solids, column.placed):
                for part in solid.parts or [solid]:
                    found[id(part)] = Place(number, column, solid, shape)
    return [found[id(solid)] for solid in way.solids]


def taps(way: Trunk, at: Sequence[Place], rows: Sequence[Sequence[Column]]) -> list[Tap]:
    """The values that are read further on, the shortest ways first: longer ones run above them."""
    pairs = [(at[number], at[i]) for i, s in enumerate(way.solids) for number in s.reads]
    pairs.sort(key=lambda pair: (pair[1].shape.x - pair[0].shape.x, pair[0].shape.x))
    found: list[Tap] = []
    for tail, head in pairs:
        if tail.row != head.row:
            found.append(Tap(tail, head, 0.0))
            continue
        a, b = tail.shape.left, head.shape.far_right
        below = [
            p.far_top for c in rows[tail.row] for p in c.placed if a < p.far_right and p.left < b
        ]
        lanes = [
            t.height
            for t in found
            if t.tail.row == tail.row and a < t.head.shape.x and t.tail.shape.x < b
        ]
        found.append(Tap(tail, head, min([*below, *(y + LANE - 3 for y in lanes)]) - LANE))
    return found


def lid(shape: Prism) -> Point:
    """The middle of a solid's upper face."""
    return (shape.left + shape.far_right) / 2, shape.top - UP * shape.depth / 2


def room(number: int, way: Trunk, at: Sequence[Place], lines: Sequence[Tap]) -> float:
    """How far above its axis a row reaches with what is drawn above it; 0 if there is nothing."""
    tops = [0.0]
    for tap in lines:
        if tap.tail.row == tap.head.row == number:
            tops.append(-tap.height)
        else:
            ends = [end for end in (tap.tail, tap.head) if end.row == number]
            tops += [-end.shape.far_top + STUB + NAMED for end in ends]
    for side in way.hanging:
        if side.training:
            shapes = [at[i].shape for i in side.reads if at[i].row == number]
            tops += [-shape.far_top + STUB + BOX for shape in shapes]
    return max(tops)


def above(
    scene: Scene, number: int, axis: float, way: Trunk, at: Sequence[Place], lines: Sequence[Tap]
) -> None:
    """Draw what is above a row."""
    for tap in lines:
        (x0, y0), (x1, y1) = lid(tap.tail.shape), lid(tap.head.shape)
        if tap.tail.row == tap.head.row == number:
            y = axis + tap.height
            points = [(x0, axis + y0), (x0, y), (x1, y), (x1, axis + y1)]
            pen.arrow(scene, points, line=pen.SHORTCUT)
            _route(scene, tap.tail.solid.name, tap.head.solid.name, points, "shortcut")
        elif tap.tail.row == number:
            top = axis + tap.tail.shape.far_top - STUB
            pen.arrow(scene, [(x0, axis + y0), (x0, top)], line=pen.SHORTCUT)
            scene.text(x0, top - 5, f"to {tap.head.column.stage.name}", pen.SMALL, fill="muted")
        elif tap.head.row == number:
            top = axis + tap.head.shape.far_top - STUB
            points = [(x1, top), (x1, axis + y1)]
            pen.arrow(scene, points, line=pen.SHORTCUT)
            scene.text(x1, top - 5, f"from {tap.tail.column.stage.name}", pen.SMALL, fill="muted")
            _route(scene, tap.tail.solid.name, tap.head.solid.name, points, "shortcut")
    for side in way.hanging:
        for i in side.reads[:1] if side.training else ():
            if at[i].row == number:
                _side(scene, side, at[i], axis)


def _side(scene: Scene, side: Hanging, place: Place, axis: float) -> None:
    """A side output: a small box above what it reads."""
    x, y = lid(place.shape)
    bottom = axis + place.shape.far_top - STUB
    points = [(x, axis + y), (x, bottom)]
    pen.arrow(scene, points, dash=pen.TRAINING)
    wide = text_width(side.title, pen.SMALL) + 8
    pen.box(
        scene, x, bottom - BOX / 2, wide, BOX, "softmax", (side.title,), pen.SMALL, training=True
    )
    box = (x - wide / 2, bottom - BOX, wide, BOX)
    _node(scene, side, "softmax", box, (side.title,))
    _route(scene, place.solid.name, side.name, points, "training")


# ------------------------------------------------------------------------------------------- heads
def ending(way: Trunk) -> Hanging | None:
    """The head that ends the row, if there is one that reads nothing but the last solid."""
    found = [head for head in way.hanging if not head.training]
    last = len(way.solids) - 1
    reads = {i for i in found[0].reads if i > 0} if len(found) == 1 else set()
    return found[0] if reads == {last} else None


def end_lines(head: Hanging) -> tuple[str, ...]:
    """What a head is, in short lines."""
    total = sum(head.boxes.values())
    said = [summary(head.steps)] if head.steps else []
    return (head.title, *said, *([f"{total} boxes"] if total else []))


def end_width(head: Hanging) -> float:
    return max(text_width(t, pen.TEXT, i == 0) for i, t in enumerate(end_lines(head))) + 9


def end(scene: Scene, head: Hanging, last: Place, axis: float) -> None:
    """The head at the end of the row."""
    lines, wide = end_lines(head), end_width(head)
    high = 6 + 8.5 * len(lines)
    left = last.column.x + last.column.width + END
    pen.box(scene, left + wide / 2, axis, wide, high, "softmax", lines, pen.TEXT, bold=(0,))
    _node(scene, head, "softmax", (left, axis - high / 2, wide, high), lines)
    points = [(last.shape.exit[0], axis), (left, axis)]
    pen.arrow(scene, points)
    _route(scene, last.solid.name, head.name, points, "flow")


def heads(
    scene: Scene, way: Trunk, at: Sequence[Place], axes: Sequence[float], top: float, width: float
) -> float:
    """Draw the heads below `top`, each with lines from the maps that it reads if these are in the only row; the
    result is the bottom of the last."""
    left, _, right, _ = scene.bounds()
    last = top
    known: dict[int, str] = {}
    for number, head in enumerate(way.hanging):
        if head.training or head is ending(way):
            continue
        reads = sorted({i for i in head.reads if i > 0} or set(head.reads))
        reads = reads if len(axes) == 1 else []
        lines = _lines(head, [at[i] for i in sorted(head.reads)], not reads, width)
        xs = [_foot(at[i].shape)[0] for i in reads] or [(left + right) / 2]
        wide = max(text_width(line, pen.TEXT, i == 0) for i, line in enumerate(lines)) + 12
        start, end = min(xs) - 14, max(xs) + 14
        if end - start < wide:
            start = (start + end - wide) / 2
            end = start + wide
        shift = min(0.0, max(right, left + wide) - end) or max(0.0, left - start)
        start, end = start + shift, end + shift
        high = 5.5 + 8.5 * len(lines)
        if reads and not known:  # as high as what stands beside it allows
            beside = [
                p.shape.bottom for p in at if p.shape.far_right > start and p.shape.left < end
            ]
            top = axes[0] + max(beside)
        top += DROP if reads else 4.0
        x, y = (start + end) / 2, top + high / 2
        pen.box(scene, x, y, end - start, high, "softmax", lines, pen.TEXT, bold=(0,))
        _node(scene, head, "softmax", (start, top, end - start, high), lines)
        for i in reads:
            foot = _foot(at[i].shape)
            points = [(foot[0], axes[0] + foot[1]), (foot[0], top)]
            pen.arrow(scene, points)
            _route(scene, at[i].solid.name, head.name, points, "tap")
            if i in head.boxes and len(reads) > 1:
                scene.text(
                    foot[0] + 2.6, top - 8.5, str(head.boxes[i]), pen.SMALL, "start", fill="muted"
                )
        for i in () if reads else head.reads:
            _route(scene, at[i].solid.name, head.name, [(x, top - 4), (x, top)], "tap")
        for other in head.others:
            _route(scene, known.get(other, head.name), head.name, [(x, top - 4), (x, top)], "flow")
        known[number] = head.name
        top += high + 4
        last = max(last, top)
    return last


def _lines(head: Hanging, read: Sequence[Place], named: bool, width: float) -> tuple[str, ...]:
    """What a head is: its layers, its boxes, and which maps it reads if no line says it."""
    lines = [f"{head.title}: {summary(head.steps)}" if head.steps else head.title]
    if head.boxes:
        counts = [head.boxes[i] for i in sorted(head.boxes)]
        total = f"{sum(counts)} boxes"
        added = f"{' + '.join(map(str, counts))} = {total}"
        lines.append(
            added if len(counts) > 1 and text_width(added, pen.TEXT) < width - 16 else total
        )
    if named:
        names = list(dict.fromkeys(place.column.stage.name for place in read))
        text = f"reads {', '.join(names)}"
        while text_width(text, pen.TEXT) > width - 16 and " " in text:
            text = text[: text.rindex(" ")].rstrip(",") + "\N{HORIZONTAL ELLIPSIS}"
        lines.append(text)
    return tuple(lines)


def _foot(shape: Prism) -> Point:
    """The middle of a front's lower edge."""
    return (shape.left + shape.right) / 2, shape.bottom


def _node(
    scene: Scene, what: Hanging, kind: str, box: tuple[float, ...], lines: tuple[str, ...]
) -> None:
    left, top, wide, high = (round(v, 2) for v in box)
    steps = tuple(sorted(what.steps.items()))
    scene.nodes.append(Placed(what.name, kind, left, top, wide, high, lines, steps))


def _route(scene: Scene, tail: str, head: str, points: Sequence[Point], role: str) -> None:
    dashed = role == "training"
    scene.routes.append(Route(tail, head, rounded(points), role, dashed))
