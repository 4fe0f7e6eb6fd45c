"""The boxes that a detector begins with, map by map: default boxes, anchors, and where they stand over the image.
Numbers are those of the emitted module, which tiles the same boxes over all places."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from netdsl.backends.diagram.text import clean
from netdsl.design import Design, HeadEvent, Predicted, Value
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.heads.predictors import Anchors, Boxes, Cells, Multibox

FAR = 8  # steps back from a map to a label that names it


class Prior(NamedTuple):
    """A box around the origin, in pixels: left, top, right, bottom. Those with one `hue` belong together."""

    box: tuple[float, float, float, float]
    hue: int
    dashed: bool

    @property
    def size(self) -> tuple[float, float]:
        return self.box[2] - self.box[0], self.box[3] - self.box[1]


class Level(NamedTuple):
    """A map with its boxes. Place i, j has its boxes around (i + shift, j + shift) times `step`, which is
    (down, right) in pixels. Without priors each place says `boxes` boxes freely."""

    name: str
    rows: int
    columns: int
    step: tuple[float, float]
    shift: float
    priors: tuple[Prior, ...]
    boxes: int

    @property
    def count(self) -> int:
        return self.rows * self.columns * self.boxes

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """(x, y) of a place's boxes, in pixels."""
        return (column + self.shift) * self.step[1], (row + self.shift) * self.step[0]

    def tiled(self) -> Iterator[tuple[float, float, float, float]]:
        """Every box over the image, in the order of the emitted module: place after place."""
        for row in range(self.rows):
            for column in range(self.columns):
                x, y = self.centre(row, column)
                for prior in self.priors:
                    left, top, right, bottom = prior.box
                    yield x + left, y + top, x + right, y + bottom


def image_size(design: Design) -> tuple[int, int]:
    """(height, width) of the image. Raises `NetError` (E432) while they are open."""
    shape = next(iter(design.inputs.values())).shape
    sides = [side for side in shape.sides if isinstance(side, int)] if shape is not None else []
    if len(sides) != 2:
        message = f"the input of `{clean(design.name)}` is {shape}: boxes are drawn over an image with a size"
        raise NetError([Diagnostic("E432", message, hint="give it one, as in `--input 3x600x600`")])
    return sides[0], sides[1]


def levels(design: Design) -> list[Level]:
    """The maps of all heads that have boxes at places. Raises `NetError` (E432) while sizes are open."""
    found: list[Level] = []
    for event in design.heads.values():
        steps = [link.what for link in event.predicted]
        known = [w for w in steps if isinstance(w, Predicted) and w.predictor is not None]
        if known:
            image = image_size(design)
            found += [_level(event, what, i, image) for i, what in enumerate(known)]
    return found


def _level(event: HeadEvent, what: Predicted, number: int, image: tuple[int, int]) -> Level:
    said = what.predictor
    shape = what.map.shape
    assert shape is not None
    name = map_name(event.maps[number] if number < len(event.maps) else what.map, number)
    if isinstance(said, Cells):
        rows, columns = said.grid
        step = (image[0] / rows, image[1] / columns)
        return Level(name, rows, columns, step, 0.5, (), said.boxes)
    rows, columns = (side for side in shape.sides if isinstance(side, int))
    given = getattr(said, "step", None) or getattr(said, "stride", None)
    step = (given or image[0] / rows, given or image[1] / columns)
    if isinstance(said, Multibox):
        limit = float(image[0]) if getattr(event.kind, "clip", False) else math.inf
        priors = _default_boxes(said, limit)
    elif isinstance(said, Boxes):
        priors = [Prior(_centred(*size), i, False) for i, size in enumerate(said.anchors)]
    else:
        assert isinstance(said, Anchors)
        priors = _anchors(said, len(event.maps), number)
        step = (given or image[0] // rows, given or image[1] // columns)
        return Level(name, rows, columns, step, 0.0, tuple(priors), len(priors))
    return Level(name, rows, columns, step, 0.5, tuple(priors), len(priors))


def _default_boxes(said: Multibox, limit: float) -> list[Prior]:
    """SSD's: a square, a larger square, a wide and a tall box for every ratio."""
    between = math.sqrt(said.min * said.max)
    sizes = [(said.min, said.min, 0), (between, between, 1)]
    for i, ratio in enumerate(said.ratios):
        long, short = said.min * math.sqrt(ratio), said.min / math.sqrt(ratio)
        sizes += [(long, short, i + 2), (short, long, i + 2)]
    return [
        Prior(_centred(min(width, limit), min(height, limit)), hue, hue > 1)
        for width, height, hue in sizes
    ]


def _anchors(said: Anchors, maps: int, number: int) -> list[Prior]:
    """Those of a proposal network or RetinaNet, at whole pixels; one hue a size."""
    sides = said.sides(said.of_maps(maps)[number])
    each = len(sides) // len(said.ratios)
    out: list[Prior] = []
    for i, (width, height) in enumerate(sides):
        left, top, right, bottom = _centred(width, height)
        # To whole pixels, halves to even ones, as torch rounds.
        box = (float(round(left)), float(round(top)), float(round(right)), float(round(bottom)))
        out.append(Prior(box, i % each, said.ratios[i // each] != 1))
    return out


def _centred(width: float, height: float) -> tuple[float, float, float, float]:
    return -width / 2, -height / 2, width / 2, height / 2


def map_name(value: Value, number: int) -> str:
    """The label of a map, or the nearest one before it: what the text calls it."""
    at: Any = value
    for _ in range(FAR):
        if at is None:
            break
        if at.label:
            return clean(at.label)
        at = at.maker.inputs[0] if at.maker is not None and at.maker.inputs else None
    return f"map {number + 1}"
