"""What leads from a stage to the next: a kernel's pyramid where there is room, else an arrow; between two towers
also lines in the accent's colour."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netdsl.backends.diagram.kinds.volume import towers
from netdsl.backends.diagram.kinds.volume.solids import (
    RIGHT,
    UP,
    Prism,
    pyramid,
    window_corners,
    window_shares,
)
from netdsl.backends.diagram.kinds.volume.spacing import Column
from netdsl.backends.diagram.kinds.volume.style import Style
from netdsl.backends.diagram.kinds.volume.trunk import Solid
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Point, Route, Scene, rounded
from netdsl.layers.base import Window

TURN = 9.0  # room beside a row for the way to the next
OFF = 0.27  # where kernels of two towers lie on the image: shares of its height from its middle


def kernel(before: Solid, after: Solid) -> Window | None:
    """How a solid sees the one before it, if it sees it through a window of more than one place."""
    layer = after.layer
    if layer is None or before.flat or not before.shape.sides:
        return None
    if layer.family == "linear":
        return Window((before.height, before.width), (1, 1), (0, 0))
    if layer.family not in ("convolution", "pooling") or after.kind == "up":
        return None
    window = layer.window(before.shape)
    return window if window is not None and max(window.kernel) > 1 else None


def join(
    scene: Scene, before: Column, after: Column, axis: float, far: float, style: Style
) -> None:
    """The ways from a column to the next one in its row; `far` is how far towers are from the axis."""
    tail, head = before.solids[-1], after.solids[0]
    start, end = before.placed[-1], after.placed[0]
    window = kernel(tail, head) if style.pyramids else None
    starts, ends = towers.offsets(before, far), towers.offsets(after, far)
    both = len(starts) > 1 and len(ends) > 1 and towers.groups_of(head) == 1
    if both and head.kind != "pool":
        for a, b in ((0, 1), (1, 0)):
            side = 0.3 if starts[a] < 0 else -0.3
            here, there = start.moved(0, axis + starts[a]), end.moved(0, axis + ends[b])
            points = across(scene, here, there, side)
            names = (node_name(tail, before, a), node_name(head, after, b))
            scene.routes.append(Route(*names, rounded(points)))
    for i in range(max(len(starts), len(ends))):
        a, b = min(i, len(starts) - 1), min(i, len(ends) - 1)
        here, there = start.moved(0, axis + starts[a]), end.moved(0, axis + ends[b])
        points = [here.exit, entrance(here, there)]
        if window is None or len(starts) > len(ends):
            pen.arrow(scene, points)
        else:
            down = (2 * i - 1) * OFF if len(starts) < len(ends) else 0.0
            points = [here.on_map(0, down), (there.left, there.y)]
            look(scene, tail, head, here, points[1], window, down)
        scene.routes.append(
            Route(node_name(tail, before, a), node_name(head, after, b), rounded(points))
        )


def touching(scene: Scene, column: Column, tower: int, axis: float) -> None:
    """The ways between solids that stand close behind each other: nothing is drawn between them."""
    for (tail, start), (head, end) in pairwise(zip(column.solids, column.placed)):
        y = axis + min(max(0.0, end.top), end.bottom)
        names = (node_name(tail, column, tower), node_name(head, column, tower))
        points = ((start.right, y), (end.left, y))
        scene.routes.append(Route(*names, rounded(points), headed=False))


def node_name(solid: Solid, column: Column, tower: int) -> str:
    """What the node of a solid is called, in the first tower or the second."""
    return solid.name if tower == 0 or column.split == 1 else f"{solid.name}, tower {tower + 1}"


def entrance(start: Prism, end: Prism) -> Point:
    """Where an arrow meets a solid: on its axis, or nearer to where it comes from."""
    side = (start.y > end.y) - (start.y < end.y)
    if not side:
        return end.left, end.y
    return end.left, (end.top + end.bottom) / 2 + side * 0.28 * end.height


def across(scene: Scene, start: Prism, end: Prism, side: float) -> list[Point]:
    """A line from one tower to the other, from the part of the map that is nearer to it."""
    points = [start.on_map(0, side), entrance(start, end)]
    pen.arrow(scene, points, stroke="accent", line=pen.SHORTCUT)
    return points


def turn(
    scene: Scene,
    before: Column,
    after: Column,
    axes: tuple[float, float],
    between: float,
    right: float,
) -> None:
    """The way from the end of a row to the start of the next: down beside it, back below its captions, and down to
    the axis of the next."""
    start, end = before.placed[-1].moved(0, axes[0]), after.placed[0].moved(0, axes[1])
    over = after.middle - after.over / 2 if after.over else end.left
    left = min(end.left, over) - TURN
    points = [start.exit, (right, axes[0]), (right, between), (left, between), (left, axes[1])]
    points.append((end.left, axes[1]))
    pen.arrow(scene, points, radius=pen.TURN)
    scene.routes.append(Route(before.solids[-1].name, after.solids[0].name, rounded(points)))


def look(
    scene: Scene, tail: Solid, head: Solid, shape: Prism, tip: Point, window: Window, down: float
) -> None:
    """A kernel on a map and what it leads to; a stride stands below it."""
    wide, tall, _ = window_shares(window, tail)
    whole = head.kind == "linear" or min(wide, tall) == 1.0
    corners = window_corners(shape, wide, tall, down)
    pyramid(scene, corners, tip, window=not whole)
    stride = max(window.stride)
    if stride > 1 and not whole:
        below(scene, shape, corners, f"/{stride}")


def below(scene: Scene, shape: Prism, corners: Sequence[Point], text: str) -> None:
    """What is said of a window, on the map below it; nothing if the map has no room."""
    x = (corners[0][0] + corners[1][0]) / 2
    y = max(corner[1] for corner in corners) + 4.6
    half, low = text_width(text, pen.SMALL) / 2 + 1.2, y + 3.0
    edge = shape.bottom - (x + half - shape.right) * UP / RIGHT  # the map's lower edge there
    if x - half >= shape.right and x + half <= shape.far_right and low <= edge:
        scene.text(x, y, text, pen.SMALL)
