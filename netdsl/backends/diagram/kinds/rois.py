"""How a region is cut out of a map: the bins of RoI pooling, the bins and samples of RoI align. All places are in
cells of the map, from its first one on."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from netdsl.backends.diagram.kinds.priors import image_size, map_name
from netdsl.design import Applied, Design, HeadEvent

# A region that shows what rounding does: its left, top, width and height as parts of the image.
REGION = (0.173, 0.284, 0.553, 0.417)


class Region(NamedTuple):
    """A region on the map that it is cut from. `box` is left, top, right, bottom, `rows` and `columns` are the
    beginnings and ends of the bins; `samples` are (x, y) where a map is read, none where cells are."""

    name: str
    word: str
    size: tuple[int, int]
    cells: tuple[int, int]
    pixels: tuple[float, float]
    box: tuple[float, float, float, float]
    rows: tuple[tuple[float, float], ...]
    columns: tuple[tuple[float, float], ...]
    samples: tuple[tuple[float, float], ...]
    each: tuple[int, int]


def pooled(design: Design) -> Region | None:
    """An example for the head that pools regions; None if there is none. Raises `NetError` (E432) while the
    image's size is open."""
    for event in design.heads.values():
        if event.pool is not None and isinstance(event.pool.what, Applied):
            return _region(event, event.pool.what.layer, image_size(design))
    return None


def _region(event: HeadEvent, layer: Any, image: tuple[int, int]) -> Region:
    height, width = image
    left, top = REGION[0] * width, REGION[1] * height
    box = (left, top, left + REGION[2] * width, top + REGION[3] * height)
    number = level_of(box, event.strides, len(event.maps))
    shape = event.maps[number].shape
    assert shape is not None
    rows, columns = (side for side in shape.sides if isinstance(side, int))
    stride = event.strides[number]
    x0, y0, x1, y1 = (side / stride for side in box)
    name = map_name(event.maps[number], number)
    down, right = layer.output_size
    pixels = (box[2] - box[0], box[3] - box[1])
    known = (name, layer.word, (down, right), (rows, columns), pixels, (x0, y0, x1, y1))
    if layer.word == "roi_pool":
        return Region(*known, bins(y0, y1, down, rows), bins(x0, x1, right, columns), (), (0, 0))
    tall, wide = max(1.0, y1 - y0) / down, max(1.0, x1 - x0) / right
    ratio = layer.sampling_ratio
    each = (ratio or math.ceil(tall), ratio or math.ceil(wide))
    ys = [y0 + tall * (i + (k + 0.5) / each[0]) for i in range(down) for k in range(each[0])]
    xs = [x0 + wide * (i + (k + 0.5) / each[1]) for i in range(right) for k in range(each[1])]
    return Region(
        *known,
        tuple((y0 + tall * i, y0 + tall * (i + 1)) for i in range(down)),
        tuple((x0 + wide * i, x0 + wide * (i + 1)) for i in range(right)),
        tuple((x, y) for y in ys for x in xs),
        each,
    )


def level_of(box: tuple[float, float, float, float], strides: list[int], maps: int) -> int:
    """The number of the map that a region is cut from: one of 224x224 pixels from that of stride 16, one of half
    the side from the next finer one."""
    side = math.sqrt(max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1]))
    if side <= 0:
        return 0
    level = math.floor(math.log2(side / 224) + math.log2(16 / strides[0]) + 1e-6)
    return min(max(0, level), maps - 1)


def bins(first: float, last: float, count: int, side: int) -> tuple[tuple[int, int], ...]:
    """Of the bins between two corners, rounded to cells, the first cell and the end. Neighbours may share one."""
    start, end = half_up(first), half_up(last)
    step = max(1, end - start + 1) / count
    out = []
    for i in range(count):
        low, high = start + math.floor(i * step), start + math.ceil((i + 1) * step)
        out.append((min(max(0, low), side), min(max(0, high), side)))
    return tuple(out)


def half_up(value: float) -> int:
    """To the nearest whole number, a half away from 0."""
    return math.floor(value + 0.5) if value >= 0 else math.ceil(value - 0.5)
