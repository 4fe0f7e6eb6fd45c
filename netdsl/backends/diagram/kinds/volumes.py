"""A network as volumes to scale: every tensor along its trunk a solid, channels wide and a map high and deep.

Stages stand over their captions; poolings lean on the last map of theirs. Where there is room, kernels and what
they see are drawn, else arrows. A network of two towers is drawn as two rows about an axis (`towers`).
"""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.backends.diagram.kinds.volume import hanging, key, links, towers
from netdsl.backends.diagram.kinds.volume.captions import Usual, caption, layer_words
from netdsl.backends.diagram.kinds.volume.solids import draw
from netdsl.backends.diagram.kinds.volume.spacing import Column, extent, fit, shown
from netdsl.backends.diagram.kinds.volume.stages import ALL, LAYERS, MAPS, Stage, stages
from netdsl.backends.diagram.kinds.volume.style import Style
from netdsl.backends.diagram.kinds.volume.trunk import Trunk
from netdsl.backends.diagram.kinds.volume.walk import trunk
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Placed, Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import clean
from netdsl.backends.diagram.words import description
from netdsl.design import Design

PAGE = 496.8  # points: 6.9 inches
MARGIN = 2.0
MOST_ROWS = 40
LINE = 8.7  # from line to line of captions
BETWEEN_ROWS = 12.0
ABOVE = 9.0  # from the lowest solid to the middle of a caption's first line


def volumes(design: Design, settings: Settings) -> Scene:
    """The figure of a network whose trunk is a chain. Raises `NetError` where its input has no size (E430)
    and where it is no chain (E431)."""
    way = trunk(design)
    usual = Usual(way.solids)
    width = (settings.width or PAGE) - 2 * MARGIN
    style, rows = arranged(way, usual, settings, width)
    scene = Scene(clean(design.name), description(design, way.steps))
    bottom = draw_rows(scene, way, rows, style, width)
    if settings.legend:
        key.draw(scene, way, [c for row in rows for c in row], usual, style, width, bottom)
    scene.crop(MARGIN)
    return scene


def arranged(
    way: Trunk, usual: Usual, settings: Settings, width: float
) -> tuple[Style, list[list[Column]]]:
    """The first style that fits, and its columns in rows."""
    split = towers.splits(way.solids)
    tallest = min(112.0, max(56.0, 0.225 * width))
    last = hanging.ending(way)
    if last is not None:
        width -= hanging.end_width(last) + hanging.END
    for style in styles(split is not None):
        found = stages(way.solids, style.grain)
        if found is None:
            continue
        shares = dict(zip(map(id, way.solids), split or ())) if style.towers else {}
        made = columns(found, usual, style, settings.sizes != "none", shares)
        room = width - 2 * links.TURN * (style.rows > 1)
        rows = fit(made, style, room, tallest * (1.2 if style.towers else 1.0))
        if rows is not None:
            return style, rows
    raise AssertionError("the last style fits anything")


def columns(
    found: list[Stage], usual: Usual, style: Style, sizes: bool, shares: dict[int, int]
) -> list[Column]:
    """A column for every stage; `shares` says among how many towers a solid is split."""
    made: list[Column] = []
    for stage, after in zip(found, [*found[1:], None]):
        split = shares.get(id(stage.solids[0]), 1)
        told = caption(stage, after, usual, style, sizes, bool(shares))
        column = Column(stage, shown(stage.solids, style.most), told, split)
        column.crossed = bool(
            made
            and split == made[-1].split == towers.TOWERS
            and towers.groups_of(stage.solids[0]) == 1
        )
        made.append(column)
    return made


def styles(two: bool) -> Iterator[Style]:
    """What is tried, in order; with `two` towers first."""
    if two:
        for short in (False, True):
            yield Style(LAYERS, True, short, 1, towers=True)
            yield Style(LAYERS, False, short, 1, towers=True)
    for pyramids in (True, False):
        yield Style(ALL, pyramids, False, 1)
        yield Style(LAYERS, pyramids, False, 1)
    yield Style(LAYERS, False, True, 1)
    for grain in (ALL, LAYERS):
        for short in (False, True):
            yield Style(grain, False, short, 2)
    for rows in (1, 2):
        for most in (4, 2):
            yield Style(MAPS, False, False, rows, most)
            yield Style(MAPS, False, True, rows, most)
    for rows in range(3, MOST_ROWS + 1):
        for grain in (LAYERS, MAPS):
            yield Style(grain, False, False, rows, 4)
            yield Style(grain, False, True, rows, 1)
    yield Style(MAPS, False, False, MOST_ROWS, 1)


def draw_rows(
    scene: Scene, way: Trunk, rows: list[list[Column]], style: Style, width: float
) -> float:
    """Draw rows below each other, with their captions and what stands beside them; the result is the bottom of
    the last. Captions stand above a row at which heads hang."""
    at = hanging.places(way, rows)
    lines = hanging.taps(way, at, rows)
    last = hanging.ending(way)
    over = len(rows) == 1 and any(not x.training and x is not last for x in way.hanging)
    right = max(max(c.x + c.width, c.middle + c.reach) for row in rows for c in row) + links.TURN
    top, bottom, axes = 0.0, 0.0, []
    for number, row in enumerate(rows):
        far = towers.distance(row)
        up, down = extent(row, far)
        if over:
            top = captions(scene, row, top) + ABOVE / 2
        axis = top + max(up, hanging.room(number, way, at, lines))
        axes.append(axis)
        if number:
            ends = (axes[number - 1], axis)
            links.turn(scene, rows[number - 1][-1], row[0], ends, top - BETWEEN_ROWS / 2, right)
        draw_row(scene, row, style, axis, far)
        hanging.above(scene, number, axis, way, at, lines)
        bottom = axis + down if over else captions(scene, row, axis + down + ABOVE)
        top = bottom + BETWEEN_ROWS
    if last is not None:
        hanging.end(scene, last, at[-1], axes[-1])
    return hanging.heads(scene, way, at, axes, bottom, width)


def draw_row(scene: Scene, row: list[Column], style: Style, axis: float, far: float) -> None:
    """Draw the solids of a row and what leads from one to the next; `far` is how far towers are apart."""
    if far:
        towers.between(scene, row, axis, far)
    for i, column in enumerate(row):
        if i:
            links.join(scene, row[i - 1], column, axis, far, style)
        for tower, offset in enumerate(towers.offsets(column, far)):
            solids(scene, column, tower, axis + offset)
        if far and column.split == 1:
            towers.number(scene, column, axis)


def solids(scene: Scene, column: Column, tower: int, axis: float) -> None:
    """The solids of a stage, or of its half in a tower. What is split counts once."""
    for solid, shape in zip(column.solids, column.placed):
        shape = shape.moved(0, axis)
        kind = towers.shown_kind(solid, column)
        draw(scene, shape, kind, column.stage.number if kind != "pool" else None)
        place = [round(v, 2) for v in (shape.left, shape.top, shape.length, shape.height)]
        steps = tuple(sorted(solid.steps.items())) if tower == 0 else ()
        name = links.node_name(solid, column, tower)
        scene.nodes.append(Placed(name, kind, *place, (layer_words(solid),), steps))
    if column.split > 1:
        towers.number(scene, column, axis)


def captions(scene: Scene, row: list[Column], top: float) -> float:
    """The captions of a row, in lines that all columns share; the result is their bottom."""
    layers = max(len(column.caption.layers) for column in row)
    sizes = any(column.caption.size for column in row)
    lowest = top
    for column in row:
        told, x = column.caption, column.middle
        scene.text(x, top, told.name, pen.TITLE, bold=True)
        size_at = (1 if layers > 1 else layers + 1) if sizes else 0
        at = 1 if size_at != 1 else 2
        if told.size:
            scene.text(
                x,
                top + LINE * (size_at if told.layers or layers > 1 else 1),
                told.size,
                pen.SMALL,
                fill="muted",
            )
        for text in told.layers:
            scene.text(x, top + LINE * at, text, pen.TEXT)
            at += 1
        at = max(at, size_at + 1) if layers > 1 else (size_at or layers) + 1
        for text in told.rest:
            scene.text(x, top + LINE * at, text, pen.TEXT)
            at += 1
        if told.pooled:
            scene.text(x, top + LINE * at, told.pooled, pen.SMALL, fill="muted")
            at += 1
        lowest = max(lowest, top + LINE * (at - 1))
    return lowest + LINE
