"""Subtotals by stage: layers whose maps are equally many times smaller than the image.

A stage holds the layers whose output is 1/1, 1/2, 1/4, ... of the input along a side, to the nearest
power of two: convolutions without padding, which take off a few pixels, stay in their stage. What has
no map (after `flatten`) is a stage of its own, and so are heads that look at regions. The stages add up
to the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, log2

from netdsl.backends.table.measures import sum_of
from netdsl.backends.table.model import Row, added
from netdsl.design import Design
from netdsl.layers.base import Layer
from netdsl.shapes import Dim, Open, Shape

LARGE = 4096  # what an open side of the input is taken for, to compare sizes
NO_MAP = "no map"
REGIONS = "regions"


def stage_rows(design: Design, rows: Sequence[Row]) -> list[Row]:
    """A row for every stage, the largest maps first. `rows` are those of the network, unfolded and of full
    depth."""
    scales = _Scales(design)
    found: dict[str, Row] = {}
    sizes: dict[str, set[tuple[Dim, ...]]] = {}
    layers: dict[str, int] = {}
    order: dict[str, float] = {}
    for row, regions in _leaves(rows, False):
        if row.auxiliary or row.kind in ("input", "output"):
            continue
        scale = None if regions else scales.add(row)
        place = inf if scale is None else round(scale)
        name = _name(place, regions)
        if name not in found:
            found[name] = Row("stage", name, "", "", None)
            found[name].amounts = dict.fromkeys(row.amounts, 0)
            order[name], layers[name], sizes[name] = place, 0, set()
        stage = found[name]
        stage.parameters = added(stage.parameters, 0 if row.kind == "extern" else row.parameters)
        stage.macs = added(stage.macs, 0 if row.kind == "extern" else row.macs)
        stage.buffers += row.buffers
        stage.unknown |= row.unknown
        stage.amounts = {n: sum_of(a, row.amounts[n]) for n, a in stage.amounts.items()}
        shape = row.shape if row.shape is not None else _first(row.inputs)
        if shape is not None:
            sizes[name].add(shape.sides)
        family = getattr(row.what, "family", "")
        layers[name] += family in ("convolution", "linear") and not row.declared
    for name, stage in found.items():
        stage.layers = count = layers[name]
        stage.layer = f"{count} layer{'s' * (count != 1)}" if count else ""
        (size,) = sizes[name] if len(sizes[name]) == 1 else ((),)
        stage.shape = Shape(*size) if size else None
    return [found[name] for name in sorted(found, key=lambda name: order[name])]


def _leaves(rows: Sequence[Row], regions: bool) -> Iterator[tuple[Row, bool]]:
    """Rows that count for themselves, and whether they are about regions."""
    for row in rows:
        inside = regions or (row.kind == "head" and row.word in ("rcnn", "svm"))
        if row.children:
            yield from _leaves(row.children, inside)
        else:
            yield row, inside


class _Scales:
    """How much smaller maps are than the image, as powers of two: the maps of a size are what the steps
    that led to it make of the image's. `add` is called with every row, in order."""

    def __init__(self, design: Design) -> None:
        shapes = [v.shape for v in design.inputs.values() if v.shape is not None and v.shape.sides]
        self.image = max(shapes, key=_side, default=None)
        self.known: dict[tuple[Dim, ...], float] = {}
        if self.image is not None:
            self.known[self.image.sides] = 0.0

    def add(self, row: Row) -> float | None:
        """The scale of a row's map; None if it has none."""
        before, after = _first(row.inputs), row.shape
        shape = after if after is not None else before
        if shape is None or self.image is None or row.kind == "param" or set(shape.sides) <= {1}:
            return None
        scale = self.known.get(before.sides if before is not None else shape.sides)
        if scale is None:
            scale = log2(_side(self.image) / max(_side(shape), 1.0))
        elif before is not None and after is not None:
            scale += _change(row, before, after)
        self.known[shape.sides] = scale
        return scale


def _change(row: Row, before: Shape, after: Shape) -> float:
    """How much smaller a step makes its map. A few pixels that are cut off or added are nothing."""
    window = row.what.window(before) if isinstance(row.what, Layer) else None
    if window is not None:
        return log2(max(window.stride))
    ratio = _side(before) / max(_side(after), 1.0)
    stride = getattr(row.what, "stride", None)
    if ratio < 1 and isinstance(stride, (int, tuple)):  # a transposed convolution
        return -log2(stride if isinstance(stride, int) else max(stride))
    return log2(ratio) if not 2 / 3 < ratio < 3 / 2 else 0.0


def _name(place: float, regions: bool) -> str:
    if place == inf:
        return REGIONS if regions else NO_MAP
    power = int(place)
    return f"stage 1/{2**power}" if power >= 0 else f"stage {2**-power}/1"


def _first(inputs: Sequence[Shape]) -> Shape | None:
    return inputs[0] if inputs else None


def _side(shape: Shape | None) -> float:
    """The longest side of a shape, 0 without sides."""
    if shape is None:
        return 0.0
    return max((_number(side) for side in shape.sides), default=0.0)


def _number(side: Dim) -> float:
    if isinstance(side, Open):
        side = side.at(dict.fromkeys(side.symbols, LARGE))
    return float(side) if isinstance(side, int) else 0.0
