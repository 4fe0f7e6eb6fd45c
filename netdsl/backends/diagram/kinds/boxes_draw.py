"""Panels of boxes: the image, the grid of a map over it, and the boxes of one cell; where those are small, larger in
a corner."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from netdsl.backends.diagram.kinds.boxes_texts import (
    CAPTION,
    FINEST,
    LINE,
    caption,
    noted,
    number,
    spaced,
)
from netdsl.backends.diagram.kinds.priors import Level, Prior
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Point, Scene
from netdsl.backends.diagram.scene.themes import ACCENTS
from netdsl.backends.diagram.text import TIMES

SAMPLE, GAP = 12.0, 8.0  # a line in a box's colour, and between two of what it says
WEIGHTS = (0.8, 0.8, 1.15, 1.15, 1.5, 1.5, 1.85)  # of boxes by hue: a theme may have two greys only
DASH = "2.2 1.4"
SMALL, LENS = 0.17, 0.4  # of the image's side: boxes that are enlarged, and where they are
INSIDE = 0.84  # of that place they take so much

Box = tuple[float, float, float, float]


class Frame(NamedTuple):
    """How images are drawn: points a pixel, where the image begins in the width of a panel, its size in
    points; whether boxes lie outside of images, and grids are thinned."""

    scale: float
    left: float
    width: float
    height: float
    outside: bool
    thinned: bool


def frame_of(levels: Sequence[Level], image: tuple[int, int], side: float) -> Frame:
    """One frame for all panels of a width: the image and the farthest box beside it."""
    height, width = image
    reach = [beyond(level, image) for level in levels]
    left, right = (max((r[i] for r in reach), default=0.0) for i in (0, 2))
    scale = min(side / (left + width + right), side / height)
    start = left * scale + (side - (left + width + right) * scale) / 2
    thinned = any(min(level.step) * scale < FINEST for level in levels)
    outside = any(max(r) > 0 for r in reach)
    return Frame(scale, start, width * scale, height * scale, outside, thinned)


def beyond(level: Level, image: tuple[int, int]) -> Box:
    """How far the boxes of a map's shown cell lie outside of the image: left, above, right and below."""
    x, y = _centre(level)
    ends = [0.0, 0.0, 0.0, 0.0]
    for prior in level.priors:
        left, top, right, bottom = prior.box
        own = (-x - left, -y - top, x + right - image[1], y + bottom - image[0])
        ends = [max(a, b) for a, b in zip(ends, own)]
    return ends[0], ends[1], ends[2], ends[3]


def _centre(level: Level) -> Point:
    """The middle of the boxes of the cell that is shown, in pixels."""
    return level.centre(level.rows // 2, level.columns // 2)


def lines_below(level: Level, side: float) -> float:
    """How much room the texts below a panel take."""
    return CAPTION + LINE * len(_wrapped(_hues(level), side))


class _View(NamedTuple):
    """A part of the image on paper: its left and top, points a pixel, the paper's left and top, and the part's
    width and height on paper."""

    px: float
    py: float
    scale: float
    left: float
    top: float
    width: float
    height: float

    @property
    def inside(self) -> Box:
        return self.left, self.top, self.left + self.width, self.top + self.height

    def at(self, x: float, y: float) -> Point:
        return self.left + (x - self.px) * self.scale, self.top + (y - self.py) * self.scale


def level_panel(
    scene: Scene,
    level: Level,
    x: float,
    y: float,
    side: float,
    frame: Frame,
    below: float,
    name: str,
) -> None:
    """The image, the grid of a map over it, one cell and its boxes; the caption stands at `below`."""
    view = _View(0, 0, frame.scale, x + frame.left, y, frame.width, frame.height)
    _grid(scene, level, view)
    scene.rect(*view.inside[:2], view.width, view.height, None, "ink", pen.OUTLINE)
    largest = max((max(prior.size) for prior in level.priors), default=math.inf)
    short = min(view.width, view.height)
    if largest * frame.scale < SMALL * short:
        _lens(scene, level, view, largest, LENS * short)
    else:
        _boxes(scene, level, view)
    lines = (
        f"{level.name}, {level.rows}{TIMES}{level.columns}",
        f"{level.boxes} box{'es' if level.boxes != 1 else ''} a cell: {spaced(level.count)}",
    )
    caption(scene, x + side / 2, below, lines)
    _samples(scene, x + side / 2, below + CAPTION, _wrapped(_hues(level), side))
    noted(scene, name, level.name, (view.left, view.top, view.width, view.height), lines)


def _grid(scene: Scene, level: Level, view: _View) -> None:
    """Lines between the cells of a map, and the cell that is shown."""
    down, right = level.step
    row, column = level.rows // 2, level.columns // 2
    x0, y0 = view.at(column * right, row * down)
    x1, y1 = view.at((column + 1) * right, (row + 1) * down)
    x1, y1 = min(x1, view.inside[2]), min(y1, view.inside[3])
    scene.rect(x0, y0, x1 - x0, y1 - y0, "conv.f", None, 0)
    every = max(1, math.ceil(FINEST / (right * view.scale)))
    for i in range(every, level.columns, every):
        x, _ = view.at(i * right, 0)
        if view.inside[0] + 0.5 < x < view.inside[2] - 0.5:
            ends = ((x, view.inside[1]), (x, view.inside[3]))
            scene.path(ends, None, "line", pen.HAIR, closed=False)
    every = max(1, math.ceil(FINEST / (down * view.scale)))
    for i in range(every, level.rows, every):
        _, y = view.at(0, i * down)
        if view.inside[1] + 0.5 < y < view.inside[3] - 0.5:
            ends = ((view.inside[0], y), (view.inside[2], y))
            scene.path(ends, None, "line", pen.HAIR, closed=False)


def _boxes(scene: Scene, level: Level, view: _View) -> None:
    """The boxes of the shown cell around their centre."""
    x, y = _centre(level)
    for prior in level.priors:
        left, top, right, bottom = prior.box
        box = (*view.at(x + left, y + top), *view.at(x + right, y + bottom))
        _box(scene, box, view.inside, prior)
    scene.circle(*view.at(x, y), 1.2, "ink", None, 0)


def _lens(scene: Scene, level: Level, view: _View, largest: float, side: float) -> None:
    """Small boxes: the place that they take in the image, and that place larger in the lower right corner."""
    x, y = _centre(level)
    wide = largest / INSIDE
    x0, y0 = view.at(x - wide / 2, y - wide / 2)
    x1, y1 = view.at(x + wide / 2, y + wide / 2)
    left, top = view.inside[2] - side, view.inside[3] - side
    for a, b in (((x1, y0), (view.inside[2], top)), ((x0, y1), (left, view.inside[3]))):
        scene.path([a, b], None, "edge", pen.HAIR, closed=False)
    scene.rect(x0, y0, x1 - x0, y1 - y0, None, "edge", 0.7)
    scene.rect(left, top, side, side, "paper", "edge", 0.7)
    lens = _View(x - wide / 2, y - wide / 2, side / wide, left, top, side, side)
    _grid(scene, level, lens)
    _boxes(scene, level, lens)
    scene.rect(left, top, side, side, None, "edge", 0.7)


def _box(scene: Scene, box: Box, inside: Box, prior: Prior) -> None:
    """A box, lighter where it is outside of the image."""
    dash = DASH if prior.dashed else None
    hue, weight = _hue(prior)
    runs = cut(box, inside)
    if len(runs) == 1 and runs[0][0]:
        scene.path(runs[0][1][:-1], None, hue, weight, dash)
        return
    for within, points in sorted(runs, key=lambda run: run[0]):
        scene.path(points, None, hue if within else "line", weight, dash, closed=False)


def _hue(prior: Prior) -> tuple[str, float]:
    """The colour of a box, and how thick its line is."""
    number = prior.hue % len(ACCENTS)
    return f"accent{number}", WEIGHTS[number]


def cut(box: Box, inside: Box) -> list[tuple[bool, list[Point]]]:
    """The outline of a rectangle, clockwise, in parts that lie in another or outside of it, each as one line; the
    whole outline ends where it began."""
    left, top, right, bottom = box
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    runs: list[tuple[bool, list[Point]]] = []
    for start, end in pairwise(corners):
        for a, b in pairwise(_stops(start, end, inside)):
            x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
            within = inside[0] <= x <= inside[2] and inside[1] <= y <= inside[3]
            if runs and runs[-1][0] == within:
                runs[-1][1].append(b)
            else:
                runs.append((within, [a, b]))
    if len(runs) > 1 and runs[0][0] == runs[-1][0]:
        _, last = runs.pop()
        runs[0] = (runs[0][0], [*last, *runs[0][1][1:]])
    return runs


def _stops(start: Point, end: Point, inside: Box) -> list[Point]:
    """The ends of a level or upright line, and where it crosses the sides of a rectangle."""
    along = 0 if start[1] == end[1] else 1
    low, high = sorted((start[along], end[along]))
    between = [side for side in (inside[along], inside[along + 2]) if low < side < high]
    found = sorted([low, *between, high], reverse=start[along] > end[along])
    return [(at, start[1]) if along == 0 else (start[0], at) for at in found]


def _hues(level: Level) -> list[tuple[Prior, str]]:
    """What each colour means: the sizes of its boxes, in pixels."""
    texts: dict[int, list[str]] = {}
    first: dict[int, Prior] = {}
    for prior in level.priors:
        wide, high = prior.size
        texts.setdefault(prior.hue, []).append(f"{number(wide)}{TIMES}{number(high)}")
        if prior.hue not in first or not prior.dashed:
            first[prior.hue] = prior
    return [(first[hue], ", ".join(said)) for hue, said in texts.items()]


def _wrapped(found: list[tuple[Prior, str]], side: float) -> list[list[tuple[Prior, str]]]:
    """What colours mean, in lines of a panel's width."""
    out: list[list[tuple[Prior, str]]] = []
    at = 0.0
    for one in found:
        wide = SAMPLE + 3 + text_width(one[1], pen.SMALL)
        if not out or at + wide > side:
            out.append([])
            at = 0.0
        out[-1].append(one)
        at += wide + GAP
    return out


def _samples(scene: Scene, middle: float, top: float, rows: list[list[tuple[Prior, str]]]) -> None:
    y = top + LINE / 2
    for row in rows:
        wide = [SAMPLE + 3 + text_width(said, pen.SMALL) for _, said in row]
        x = middle - (sum(wide) + GAP * (len(row) - 1)) / 2
        for (prior, said), own in zip(row, wide):
            dash = DASH if prior.dashed else None
            hue, weight = _hue(prior)
            scene.path([(x, y), (x + SAMPLE, y)], None, hue, weight + 0.2, dash, closed=False)
            scene.text(x + SAMPLE + 3, y, said, pen.SMALL, "start", fill="muted")
            x += own + GAP
        y += LINE
