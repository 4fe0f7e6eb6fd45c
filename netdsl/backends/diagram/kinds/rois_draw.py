"""The panel of a region: a part of a map, the region on it, and the bins that it is pooled in."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from netdsl.backends.diagram.kinds.boxes_texts import FINEST, caption, noted, number
from netdsl.backends.diagram.kinds.rois import Region
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Point, Scene
from netdsl.backends.diagram.text import TIMES

MARGIN = 1.6  # cells around a region
DASH = "2.2 1.4"


def region_panel(
    scene: Scene,
    region: Region,
    x: float,
    y: float,
    side: float,
    high: float,
    below: float,
    name: str,
) -> None:
    """A part of a map of at most that size, a region on it, and its bins; the caption stands at `below`."""
    x0, y0, x1, y1 = region.box
    shift = 0.5 if region.samples else 0.0  # samples are read between centres of cells
    left, right, top, bottom = window(region, shift, high / side)
    unit = min(side / (right - left), high / (bottom - top))
    wide, tall = unit * (right - left), unit * (bottom - top)
    dx = x + (side - wide) / 2

    def at(px: float, py: float) -> Point:
        return dx + (px + shift - left) * unit, y + (py + shift - top) * unit

    _shared(scene, region, at)
    every = max(1, math.ceil(FINEST / unit))
    for i in range(every, right - left, every):
        ends = ((dx + i * unit, y), (dx + i * unit, y + tall))
        scene.path(ends, None, "line", pen.HAIR, closed=False)
    for i in range(every, bottom - top, every):
        ends = ((dx, y + i * unit), (dx + wide, y + i * unit))
        scene.path(ends, None, "line", pen.HAIR, closed=False)
    scene.rect(dx, y, wide, tall, None, "line", pen.HAIR)
    first, last = (
        (region.columns[0][0], region.rows[0][0]),
        (region.columns[-1][1], region.rows[-1][1]),
    )
    for start, _ in region.columns[1:]:
        ends = (at(start, first[1]), at(start, last[1]))
        scene.path(ends, None, "accent0", 0.7, closed=False)
    for start, _ in region.rows[1:]:
        ends = (at(first[0], start), at(last[0], start))
        scene.path(ends, None, "accent0", 0.7, closed=False)
    _outline(scene, at(*first), at(*last), "accent0", 1.1, None)
    if not region.samples:
        _outline(scene, at(x0, y0), at(x1, y1), "accent5", 1.0, DASH)
    for px, py in region.samples:
        scene.circle(*at(px, py), min(1.0, unit * 0.22), "accent5", None, 0)
    word = "pooling" if region.word == "roi_pool" else "align"
    down, over = region.size
    inside = (
        f"{region.each[0]}{TIMES}{region.each[1]} samples a bin" if region.samples else "maxima"
    )
    lines = (
        f"RoI {word}, {down}{TIMES}{over} bins on {region.name}",
        f"{number(region.pixels[0])}{TIMES}{number(region.pixels[1])} pixels, {inside}",
    )
    caption(scene, x + side / 2, below, lines)
    noted(scene, name, region.name, (dx, y, wide, tall), lines)


def _shared(scene: Scene, region: Region, at: Callable[[float, float], Point]) -> None:
    """Cells that two bins share, where bins are of whole cells."""
    if region.samples:
        return
    first, last = (
        (region.columns[0][0], region.rows[0][0]),
        (region.columns[-1][1], region.rows[-1][1]),
    )
    for (_, end), (start, _) in pairwise(region.columns):
        if end > start:
            (ax, ay), (bx, by) = at(start, first[1]), at(end, last[1])
            scene.rect(ax, ay, bx - ax, by - ay, "conv.f", None, 0)
    for (_, end), (start, _) in pairwise(region.rows):
        if end > start:
            (ax, ay), (bx, by) = at(first[0], start), at(last[0], end)
            scene.rect(ax, ay, bx - ax, by - ay, "conv.f", None, 0)


def _outline(
    scene: Scene, start: Point, end: Point, stroke: str, line: float, dash: str | None
) -> None:
    scene.rect(*start, end[0] - start[0], end[1] - start[1], None, stroke, line, 0, dash)


def window(region: Region, shift: float, shape: float) -> tuple[int, int, int, int]:
    """The cells that are shown: left, right, top and bottom, with some around the region, and more where the
    part would not have the panel's shape (height / width)."""
    x0, y0, x1, y1 = (side + shift for side in region.box)
    rows, columns = region.cells
    left, right = math.floor(x0 - MARGIN), math.ceil(x1 + MARGIN + 0.5)
    top, bottom = math.floor(y0 - MARGIN), math.ceil(y1 + MARGIN + 0.5)
    more = round((right - left) * shape) - (bottom - top)
    if more > 0:
        top, bottom = top - more // 2, bottom + more - more // 2
    elif more < 0:
        more = round((bottom - top) / shape) - (right - left)
        left, right = left - more // 2, right + more - more // 2
    return max(0, left), min(columns, right), max(0, top), min(rows, bottom)
