"""What stands above a row of solids: lines to solids further on, and side outputs in training.

In a figure of several rows lines do not leave their row: they end at the name of where they lead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram.kinds.volume.solids import RIGHT, UP, Prism
from netdsl.backends.diagram.kinds.volume.spacing import Column
from netdsl.backends.diagram.kinds.volume.trunk import Hanging, Solid, Trunk
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Placed, Point, Route, Scene, rounded
from netdsl.backends.diagram.text import clean

LANE = 6.0  # between lines that run above each other
STUB = 9.0  # of a line that ends at a name
NAMED = 9.0  # room for that name
BOX = 11.0  # height of a side output
LONGEST_STUB = 28  # letters of names
BETWEEN = 4.0  # side outputs


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
        below += [p.far_top - STUB - BOX for p in _with_sides(way, at, tail.row) if a < p.x < b]
        found.append(Tap(tail, head, min([*below, *(y + LANE - 3 for y in lanes)]) - LANE))
    return found


def _with_sides(way: Trunk, at: Sequence[Place], row: int) -> list[Prism]:
    """The solids of a row that side outputs read."""
    places = [at[i] for side in way.hanging if side.training for i in side.reads[:1]]
    return [place.shape for place in places if place.row == row]


def lid(place: Place) -> Point:
    """The middle of a solid's upper face, or a point nearer to its front where the next one stands behind."""
    shape = place.shape
    around = place.column.placed
    after = next((other for other in around if other.x > shape.x), None)
    deep = 0.5
    x, y = (shape.left + shape.far_right) / 2, shape.top - UP * shape.depth / 2
    if after is not None and after.left < x and after.far_top < y:
        deep = min(0.5, shape.length / 2 / (RIGHT * shape.depth))
    return (
        (shape.left + shape.right) / 2 + deep * RIGHT * shape.depth,
        shape.top - deep * UP * shape.depth,
    )


def edge(place: Place, axis: float) -> Point:
    """The middle of a front's upper edge: where a line over the upper face comes from, or leads to."""
    return (place.shape.left + place.shape.right) / 2, axis + place.shape.top


def room(number: int, way: Trunk, at: Sequence[Place], lines: Sequence[Tap]) -> float:
    """How far above its axis a row reaches with what is drawn above it; 0 if there is nothing."""
    tops = [0.0]
    for tap in lines:
        if tap.tail.row == tap.head.row == number:
            tops.append(-tap.height)
        else:
            ends = [end for end in (tap.tail, tap.head) if end.row == number]
            tops += [-end.shape.far_top + STUB + NAMED for end in ends]
    tops += [-shape.far_top + STUB + BOX for shape in _with_sides(way, at, number)]
    return max(tops)


def widen(way: Trunk, columns: Sequence[Column], rows: bool) -> None:
    """Give columns the room that texts above them take; with several `rows` names may stand there."""
    of = {id(solid): column for column in columns for solid in column.stage.solids}
    names: dict[int, tuple[Column, list[str]]] = {}
    for i, solid in enumerate(way.solids):
        for number in solid.reads if rows else ():
            for one, other in ((i, number), (number, i)):
                found = names.setdefault(one, (of[id(way.solids[one])], []))
                found[1].append(of[id(way.solids[other])].stage.name)
    for column, others in names.values():
        text = clean(f"from {', '.join(dict.fromkeys(others))}", LONGEST_STUB)
        column.over = max(column.over, text_width(text, pen.SMALL) + 6)
    for side in way.hanging:
        if side.training and side.reads:
            column = of[id(way.solids[side.reads[0]])]
            column.over = max(column.over, box_width(side))


def above(
    scene: Scene, number: int, axis: float, way: Trunk, at: Sequence[Place], lines: Sequence[Tap]
) -> None:
    """Draw what is above a row."""
    sent: dict[str, tuple[Place, list[str]]] = {}
    got: dict[str, tuple[Place, list[str]]] = {}
    for tap in lines:
        tail, head = tap.tail, tap.head
        if tail.row == head.row == number:
            (x0, y0), (x1, y1) = lid(tail), lid(head)
            y = axis + tap.height
            points = [(x0, axis + y0), (x0, y), (x1, y), (x1, axis + y1)]
            pen.arrow(scene, points, line=pen.SHORTCUT)
            points = [edge(tail, axis), *points, edge(head, axis)]
            route(scene, tail.solid.name, head.solid.name, points, "shortcut")
        elif tail.row != head.row:
            sent.setdefault(tail.solid.name, (tail, []))[1].append(head.column.stage.name)
            got.setdefault(head.solid.name, (head, []))[1].append(tail.column.stage.name)
    for place, names in sent.values():
        if place.row == number:
            _stub(scene, place, axis, "to", names)
    for place, names in got.values():
        if place.row == number:
            _stub(scene, place, axis, "from", names)
    taken: dict[str, float] = {}
    for side in way.hanging:
        place = at[side.reads[0]] if side.training and side.reads else None
        if place is not None and place.row == number:
            before = taken.get(place.solid.name, 0.0)
            _side(scene, side, place, axis, before)
            taken[place.solid.name] = before + box_width(side) + BETWEEN


def _stub(scene: Scene, place: Place, axis: float, word: str, names: list[str]) -> None:
    """A short line above a solid `to` others in other rows or `from` them."""
    x, y = lid(place)
    top = axis + place.shape.far_top - STUB
    text = clean(f"{word} {', '.join(dict.fromkeys(names))}", LONGEST_STUB)
    name = token(scene, f"{place.solid.name} {word} elsewhere", text, x, top - 5)
    points = [(x, axis + y), (x, top)]
    ends = (place.solid.name, name)
    if word == "from":
        points.reverse()
        ends = (name, place.solid.name)
    pen.arrow(scene, points, line=pen.SHORTCUT)
    points = [edge(place, axis), *points] if word == "to" else [*points, edge(place, axis)]
    route(scene, *ends, points, "shortcut")


def box_width(side: Hanging) -> float:
    return text_width(side.title, pen.SMALL) + 8


def _side(scene: Scene, side: Hanging, place: Place, axis: float, aside: float) -> None:
    """A side output: a small box above what it reads, `aside` of others there."""
    x, y = lid(place)
    bottom = axis + place.shape.far_top - STUB
    points = [(x, axis + y), (x, bottom)]
    if aside:
        points[1:] = [(x, bottom + STUB / 2), (x + aside, bottom + STUB / 2), (x + aside, bottom)]
    pen.arrow(scene, points, dash=pen.TRAINING)
    wide = box_width(side)
    x += aside
    lines = (side.title,)
    pen.box(scene, x, bottom - BOX / 2, wide, BOX, "softmax", lines, pen.SMALL, training=True)
    note(scene, side, "softmax", (x - wide / 2, bottom - BOX, wide, BOX), lines)
    route(scene, place.solid.name, side.name, [edge(place, axis), *points], "training")


def token(scene: Scene, name: str, text: str, x: float, y: float) -> str:
    """A name in the place of what it stands for; the result is what its node is called."""
    scene.text(x, y, text, pen.SMALL, fill="muted")
    wide = text_width(text, pen.SMALL)
    left, top = round(x - wide / 2 - 3, 2), round(y - 4.5, 2)
    scene.nodes.append(Placed(name, "shape", left, top, round(wide + 6, 2), 9.0, (text,)))
    return name


def note(
    scene: Scene, what: Hanging, kind: str, box: tuple[float, ...], lines: tuple[str, ...]
) -> None:
    left, top, wide, high = (round(v, 2) for v in box)
    steps = tuple(sorted(what.steps.items()))
    scene.nodes.append(Placed(what.name, kind, left, top, wide, high, lines, steps))


def route(scene: Scene, tail: str, head: str, points: Sequence[Point], role: str) -> None:
    dashed = role == "training"
    scene.routes.append(Route(tail, head, rounded(points), role, dashed))
