"""A network as volumes to scale: every tensor along its trunk a solid, channels wide and a map high and deep.

Stages stand over their captions; poolings lean on the last map of theirs. Where there is room, kernels and what
they see are drawn, else arrows. A network of two towers is drawn as two rows about an axis (`towers`).
"""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.backends.diagram.kinds.volume import hanging, heads, key, links, towers
from netdsl.backends.diagram.kinds.volume.captions import Usual, caption, node_lines
from netdsl.backends.diagram.kinds.volume.solids import draw
from netdsl.backends.diagram.kinds.volume.spacing import Column, extent, fit, shown
from netdsl.backends.diagram.kinds.volume.stages import ALL, LAYERS, MAPS, Stage, stages
from netdsl.backends.diagram.kinds.volume.style import ANY, Style
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
UNROLLED = 10_000  # equal solids of a stage
SHARES = (1.0, 0.85, 0.72, 0.6, 0.5, 0.42)  # of the usual height, for those who want less
LINE = 8.7  # from line to line of captions
BETWEEN_ROWS = 12.0
ABOVE = 9.0  # from the lowest solid to the middle of a caption's first line


def volumes(design: Design, settings: Settings) -> Scene:
    """The figure of a network whose trunk is a chain. Raises `NetError` where its input has no size (E430)
    and where it is no chain (E431)."""
    way = trunk(design)
    usual = Usual(way.solids)
    width = (settings.width or PAGE) - 2 * MARGIN
    tallest = min(112.0, max(56.0, 0.225 * width))
    best: Scene | None = None
    for share in SHARES:
        scene = Scene(clean(design.name), description(design, way.steps))
        style, rows = arranged(way, usual, settings, width, tallest * share)
        bottom = draw_rows(scene, way, rows, style, width)
        if settings.legend:
            key.draw(scene, way, [c for row in rows for c in row], usual, style, width, bottom)
        scene.crop(MARGIN)
        best = scene if best is None or scene.height < best.height else best
        if settings.height is None or scene.height <= settings.height:
            break
    assert best is not None
    return best


def arranged(
    way: Trunk, usual: Usual, settings: Settings, width: float, tallest: float
) -> tuple[Style, list[list[Column]]]:
    """The first style that fits, and its columns in rows; solids are about `tallest` points high at most. Where
    one stage is too wide for the page, the figure is."""
    split = towers.splits(way.solids)
    width -= heads.end_width(way) or (1.0 if heads.heads_of(way) else 0.0)  # arrowheads at an edge
    known = {grain: stages(way.solids, grain) for grain in (ALL, LAYERS, MAPS)}
    while True:
        for style in styles(split is not None):
            found = known[style.grain]
            if settings.unroll:
                style = style.but(most=UNROLLED)
            if found is None:
                continue
            if style.towers and any(map(towers.hides, found)):
                continue
            shares = dict(zip(map(id, way.solids), split or ())) if style.towers else {}
            made = columns(found, usual, style, settings.sizes != "none", shares)
            hanging.widen(way, made, style.rows != 1)
            room = width - 2 * links.TURN * (style.rows != 1)
            rows = fit(made, style, room, tallest * (1.2 if style.towers else 1.0))
            if rows is not None:
                return style, rows
        width = max(60.0, width * 1.25)


def columns(
    found: list[Stage], usual: Usual, style: Style, sizes: bool, shares: dict[int, int]
) -> list[Column]:
    """A column for every stage; `shares` says among how many towers a solid is split."""
    made: list[Column] = []
    for stage, after in zip(found, [*found[1:], None]):
        split = shares.get(id(stage.solids[0]), 1)
        told = caption(stage, after, usual, style, sizes, bool(shares))
        column = Column(stage, shown(stage.solids, style), told, split)
        column.crossed = bool(
            made
            and split == made[-1].split == towers.TOWERS
            and towers.groups_of(stage.solids[0]) == 1
        )
        if shares and stage.kind != "input":
            towers.leave_room(column)
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
    for rows in (3, 4):
        for grain in (LAYERS, MAPS):
            for short in (False, True):
                yield Style(grain, False, short, rows, 3)
    for grain in (MAPS, LAYERS):
        for short in (False, True):
            yield Style(grain, False, short, ANY, 1)


def draw_rows(
    scene: Scene, way: Trunk, rows: list[list[Column]], style: Style, width: float
) -> float:
    """Draw rows below each other, with their captions and what stands beside them; the result is the bottom of
    the last. Captions stand above a row at which heads hang."""
    at = hanging.places(way, rows)
    lines = hanging.taps(way, at, rows)
    at_end, any_heads = heads.ends(way), bool(heads.heads_of(way))
    over = len(rows) == 1 and any_heads and not at_end
    right = max(max(c.x + c.width, c.middle + c.reach) for row in rows for c in row) + links.TURN
    top, bottom, axes = 0.0, 0.0, []
    for number, row in enumerate(rows):
        far = towers.distance(row)
        up, down = extent(row, far)
        if number == len(rows) - 1:
            up, down = max(up, heads.end_height(way)), max(down, heads.end_height(way))
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
    if at_end:
        heads.at_end(scene, way, at[-1], axes[-1])
    elif any_heads:
        bottom = max(bottom, heads.below(scene, way, at, axes, bottom, width))
    return bottom


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
    for i, (solid, shape) in enumerate(zip(column.solids, column.placed), 1):
        shape = shape.moved(0, axis)
        kind = towers.shown_kind(solid, column)
        draw(scene, shape, kind, column.stage.tint if kind != "pool" else None)
        # a solid's place is what is seen of it: of one behind another not the side
        right = shape.far_right if i == len(column.solids) else shape.right
        box = (shape.left, shape.far_top, right - shape.left, shape.bottom - shape.far_top)
        left, top, wide, high = (round(v, 2) for v in box)
        steps = tuple(sorted(solid.steps.items())) if tower == 0 else ()
        name = links.node_name(solid, column, tower)
        scene.nodes.append(Placed(name, kind, left, top, wide, high, node_lines(solid), steps))
    links.touching(scene, column, tower, axis)
    if column.split > 1:
        towers.number(scene, column, axis)


def captions(scene: Scene, row: list[Column], top: float) -> float:
    """The captions of a row below `top`, in lines that all columns share; the result is their bottom."""
    layers = max(len(column.caption.layers) for column in row)
    lowest = 0
    for column in row:
        for line, text, look in column.caption.lines(layers):
            size = {"name": pen.TITLE, "plain": pen.TEXT, "muted": pen.SMALL}[look]
            fill = "muted" if look == "muted" else "text"
            y = top + LINE * line
            scene.text(column.middle, y, text, size, bold=look == "name", fill=fill)
            lowest = max(lowest, line)
    return top + LINE * (lowest + 1)
