"""Solids in cabinet projection: channels to the right, the map's height upwards, its width into the depth.

A depth of d moves by (+0.30 d, -0.24 d). All solids of a row are centred on one axis, which runs to the right;
later ones stand nearer. Edges are proportional to square roots of sizes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram.kinds.volume.trunk import Solid
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Hatch, Point, Scene
from netdsl.backends.diagram.scene.themes import KINDS
from netdsl.layers.base import Window

RIGHT, UP = 0.30, 0.24  # what a depth of 1 moves by
SEAM = 1.2  # between solids that stand close together
THINNEST = 0.9  # a plate of few channels is still a plate
LEAST_WINDOW = 0.16  # of a map's side
OUTLINE = 0.5
DOTTED = "0.9 1.5"
PYRAMID = 0.45  # width of a pyramid's lines


class Scale(NamedTuple):
    """Points for the square root of a map's side, and of a number of channels."""

    side: float
    channels: float


class Prism(NamedTuple):
    """A solid in its place: `x` is where the axis enters it, `y` the axis's height."""

    x: float
    y: float
    length: float
    height: float
    depth: float

    # The corners are those of the front; the back's are moved by the depth.
    @property
    def left(self) -> float:
        return self.x - RIGHT * self.depth / 2

    @property
    def right(self) -> float:
        return self.left + self.length

    @property
    def top(self) -> float:
        return self.y + UP * self.depth / 2 - self.height / 2

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def far_right(self) -> float:
        return self.right + RIGHT * self.depth

    @property
    def far_top(self) -> float:
        return self.top - UP * self.depth

    @property
    def exit(self) -> Point:
        """The middle of its map, where the axis leaves it."""
        return self.x + self.length, self.y

    def on_map(self, across: float, down: float) -> Point:
        """A point of the map: shares of its sides, from its middle."""
        deep = across * self.depth
        return self.x + self.length + RIGHT * deep, self.y - UP * deep + down * self.height

    def moved(self, dx: float, dy: float = 0.0) -> Prism:
        return self._replace(x=self.x + dx, y=self.y + dy)


def prism(solid: Solid, scale: Scale, split: int = 1) -> Prism:
    """A solid at the origin; `split` is among how many towers its channels are shared."""
    return Prism(
        0.0,
        0.0,
        max(THINNEST, scale.channels * math.sqrt(solid.channels / split)),
        scale.side * math.sqrt(solid.height),
        scale.side * math.sqrt(solid.width),
    )


def in_a_row(solids: Sequence[Prism]) -> list[Prism]:
    """Solids close behind each other, the first one's left edge at 0."""
    found: list[Prism] = []
    for solid in solids:
        if not found:
            found.append(solid.moved(-solid.left))
            continue
        last = found[-1]
        grows = max(0.0, solid.depth - last.depth) * RIGHT / 2
        found.append(solid.moved(last.x + last.length + SEAM + grows - solid.x))
    return found


# ---------------------------------------------------------------------------------------- painting
def draw(scene: Scene, shape: Prism, kind: str, stage: int | None = None) -> None:
    """The three faces that are seen, and in themes without colours the front's hatch."""
    dx, dy = RIGHT * shape.depth, -UP * shape.depth
    left, right, top, bottom = shape.left, shape.right, shape.top, shape.bottom
    stroke = pen.role(kind, "s", stage)
    side = [(right, top), (right + dx, top + dy), (right + dx, bottom + dy), (right, bottom)]
    lid = [(left, top), (left + dx, top + dy), (right + dx, top + dy), (right, top)]
    scene.path(side, pen.role(kind, "side", stage), stroke, OUTLINE)
    scene.path(lid, pen.role(kind, "top", stage), stroke, OUTLINE)
    scene.rect(left, top, shape.length, shape.height, pen.role(kind, "f", stage), stroke, OUTLINE)
    if KINDS[kind].hatch and shape.length > 2:
        inner = [round(v, 2) for v in (left + 0.5, top + 0.5, right - 0.5, bottom - 0.5)]
        scene.items.append(Hatch(kind, inner[0], inner[1], inner[2], inner[3]))


def window_shares(window: Window, solid: Solid) -> tuple[float, float, bool]:
    """How much of a map's width and height a kernel sees, at least `LEAST_WINDOW`, and whether that is true."""
    tall = window.kernel[0] / solid.height
    wide = window.kernel[-1] / solid.width
    shown = [min(1.0, max(LEAST_WINDOW, share)) for share in (wide, tall)]
    return shown[0], shown[1], min(wide, tall) >= LEAST_WINDOW


def window_corners(shape: Prism, wide: float, tall: float, down: float = 0.0) -> list[Point]:
    """The corners of a window on a map, `down` of its height below the middle."""
    a, b = wide / 2, tall / 2
    return [shape.on_map(x, down + y) for x, y in ((-a, -b), (a, -b), (a, b), (-a, b))]


def pyramid(scene: Scene, corners: Sequence[Point], tip: Point, *, window: bool = True) -> None:
    """A kernel's window and the lines from its outermost corners to the place that it gives."""
    if window:
        scene.path(corners, "paper", "ink", OUTLINE)
    angles = [math.atan2(y - tip[1], tip[0] - x) for x, y in corners]
    ends = {angles.index(min(angles)), angles.index(max(angles))}
    for number in sorted(ends):
        points = [corners[number], tip]
        scene.path(points, None, "muted", PYRAMID, DOTTED, closed=False)
