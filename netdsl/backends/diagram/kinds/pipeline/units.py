"""Parts of a detector's row: maps as solids with captions above them, layers without maps as boxes, sums."""

from __future__ import annotations

import math
from collections.abc import Sequence

from netdsl.backends.diagram.items import Arithmetic
from netdsl.backends.diagram.kinds.pipeline.opened import side
from netdsl.backends.diagram.kinds.pipeline.stages import Stage
from netdsl.backends.diagram.kinds.row import End, Ends
from netdsl.backends.diagram.kinds.sheet import Sheet, fitted, tall
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.text import shape_text, short_text
from netdsl.design import Design
from netdsl.record import Record

LINE = 8.3  # from line to line of a caption
DEEP, RISE = 0.30, 0.24  # of a solid's height: how far its back stands to the right, and above
TALLEST, WIDEST = 56.0, 15.0  # of a front: the largest map, the most channels
THINNEST, LOWEST = 2.4, 4.5
BETWEEN = 4.5  # from a caption to the solid below it


class Scale(Record):
    """The largest side and the most channels of a figure: edges of solids are square roots of theirs."""

    far: float
    most: float

    def front(self, stage: Stage) -> tuple[float, float]:
        """Width and height of a map's front."""
        shape = stage.value.shape
        assert shape is not None and is_map(stage)
        wide = WIDEST * math.sqrt(shape.channels / self.most)
        high = TALLEST * math.sqrt(side(shape[1]) / self.far)
        return max(THINNEST, wide), max(LOWEST, high)


def scale_of(stages: Sequence[Stage]) -> Scale:
    maps = [
        stage.value.shape for stage in stages if is_map(stage) and stage.value.shape is not None
    ]
    far = max((side(shape[1]) for shape in maps), default=1.0)
    return Scale(max(1.0, far), max((float(shape.channels) for shape in maps), default=1.0))


def is_map(stage: Stage) -> bool:
    """Whether a stage gives a map, and nothing simpler."""
    shape = stage.value.shape
    return shape is not None and len(shape) == 3


def size_text(stage: Stage) -> str:
    """`512x38x38`, or `512, /16` where the image's size is open."""
    shown = shape_text(stage.value.shape)
    brief = short_text(shown).replace(", 1/", ", /")
    if brief != shown or len(shown) <= 12 or "≈" not in shown:
        return brief
    found = [part.rpartition("/")[2] for part in shown.split("\N{MULTIPLICATION SIGN}")[1:]]
    assert stage.value.shape is not None
    return f"{stage.value.shape.channels}, ≈/{found[0]}" if len({*found}) == 1 else brief


def caption(stage: Stage) -> list[str]:
    """Title, size, and what leads to it."""
    return [stage.title, size_text(stage), *stage.lines]


def caption_width(lines: Sequence[str]) -> float:
    return max(text_width(text, pen.SMALL, i == 0) for i, text in enumerate(lines))


def paint_caption(sheet: Sheet, x: float, top: float, lines: Sequence[str]) -> None:
    for i, text in enumerate(lines):
        y = top + LINE * (i + 0.5)
        fill = "muted" if i == 1 else "text"
        sheet.scene.text(x, y, text, pen.SMALL, bold=i == 0, fill=fill)


def solid(sheet: Sheet, stage: Stage, x: float, y: float, scale: Scale) -> str:
    """A map around `x`, `y`, the middle of its front; the result is its node."""
    wide, high = scale.front(stage)
    kind = "input" if not stage.units else "conv"
    tint = f"@{stage.number}" if stage.units else ""
    left, right = x - wide / 2, x + wide / 2
    top, bottom = y - high / 2, y + high / 2
    dx, dy = high * DEEP, high * RISE
    fill = [f"{kind}.{part}{tint}" for part in ("f", "top", "side")]
    faces = [
        [(left, top), (right, top), (right, bottom), (left, bottom)],
        [(left, top), (left + dx, top - dy), (right + dx, top - dy), (right, top)],
        [(right, top), (right + dx, top - dy), (right + dx, bottom - dy), (right, bottom)],
    ]
    for points, role in zip(faces, fill, strict=True):
        sheet.scene.path(points, role, f"{kind}.s{tint}", 0.5)
    sheet.kinds["@solid"] = None
    place = (left, top - dy, wide + dx, high + dy)
    return sheet.placed(stage.name, "map" if stage.units else "input", place, (), stage.steps)


def right_of(stage: Stage, x: float, scale: Scale) -> float:
    """The right edge of a solid around `x`."""
    wide, high = scale.front(stage)
    return x + wide / 2 + high * DEEP


def above(stage: Stage, scale: Scale) -> float:
    """How far a solid reaches above the middle of its front."""
    high = scale.front(stage)[1]
    return high / 2 + high * RISE


class SolidPart:
    """A map in a row. All captions of a line begin at its top."""

    def __init__(self, stage: Stage, scale: Scale) -> None:
        self.stage, self.scale = stage, scale
        wide, high = scale.front(stage)
        own = wide + high * DEEP
        self.lines = caption(stage)
        self.width = max(own, caption_width(self.lines) + 1.0)
        self.shift = (self.width - own) / 2
        self.inset = self.shift
        self.up = LINE * len(self.lines) + BETWEEN + above(stage, scale)
        self.down = high / 2

    def paint(self, sheet: Sheet, left: float, axis: float, top: float) -> Ends:
        wide, _ = self.scale.front(self.stage)
        x = left + self.shift + wide / 2
        name = solid(sheet, self.stage, x, axis, self.scale)
        paint_caption(sheet, left + self.width / 2, top, self.lines)
        return Ends((End(name),), End(name))


class LayerPart:
    """A layer, or some, without a map: a box."""

    inset = 0.0

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        shown = size_text(stage)
        self.lines = [stage.title, *stage.lines]
        if len(stage.lines) == 1 and stage.lines[0].partition(",")[0] == stage.title:
            self.lines = list(stage.lines)
        if shown and not any(shown in line for line in self.lines):
            self.lines.append(shown)
        self.plate = pen.PLATE if stage.kind == "stack" else 0.0
        self.width = fitted(self.lines, pen.TEXT, bold=(0,)) + self.plate
        self.down = tall(len(self.lines)) / 2
        self.up = self.down + self.plate

    def paint(self, sheet: Sheet, left: float, axis: float, top: float) -> Ends:
        stage, wide = self.stage, self.width - self.plate
        name = sheet.box(
            *(stage.name, stage.kind, left + wide / 2, axis, wide, 2 * self.down),
            *(self.lines, stage.steps),
            bold=(0,) if self.lines[0] == stage.title else (),
            sideways=True,
        )
        return Ends((End(name),), End(name))


class SumPart:
    """A sum or product of maps."""

    inset = 0.0

    def __init__(self, stage: Stage, sign: str) -> None:
        self.stage, self.sign = stage, sign
        self.width = 2 * pen.CIRCLE
        self.up = self.down = pen.CIRCLE

    def paint(self, sheet: Sheet, left: float, axis: float, top: float) -> Ends:
        x = left + pen.CIRCLE
        name = sheet.sign(self.stage.name, x, axis, self.sign, self.stage.steps)
        return Ends((End(name),), End(name))


RowPart = SolidPart | LayerPart | SumPart


def sign_of(stage: Stage, design: Design) -> str:
    """`sum` or `product`, if a stage is only that."""
    only = stage.units[0].item if len(stage.units) == 1 else None
    if not isinstance(only, Arithmetic) or len(only.computed.values) != 2:
        return ""
    from netdsl.backends.diagram.arithmetic import operation

    found = operation(design, only.link, only.computed.values)
    simple = all(read in only.computed.values for read in found.reads)
    return found.kind if simple and found.kind in ("sum", "product") else ""


def row_parts(stages: Sequence[Stage], design: Design) -> list[RowPart]:
    """The parts of a row of stages."""
    scale = scale_of(stages)
    out: list[RowPart] = []
    for stage in stages:
        sign = sign_of(stage, design)
        if sign:
            out.append(SumPart(stage, sign))
        elif is_map(stage):
            out.append(SolidPart(stage, scale))
        else:
            out.append(LayerPart(stage))
    return out
