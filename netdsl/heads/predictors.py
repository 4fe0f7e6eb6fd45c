"""The steps that predict in a head: `multibox`, `anchors`, `boxes`, `cells`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from netdsl.code.expr import number_text
from netdsl.diagnostics import Mistake
from netdsl.heads.fields import Grid, Pairs, Ratios, Sizes
from netdsl.layers.checked import Checked
from netdsl.layers.fields import Bool, Positive, PositiveNumber

PREDICTORS: dict[str, type[Predictor]] = {}
SAME = 1e-6  # ratios that differ by less give the same box


class Predictor(Checked):
    """The last step of a bar or a body. `heads` are the kinds in which it stands."""

    heads: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        PREDICTORS[cls.word] = cls


class Multibox(Predictor):
    """Default boxes of SSD at every place of a map: a square of `min` pixels, one of sqrt(min * max),
    and for each of the `ratios` a wide and a tall box of min * min; `step` pixels lie between places.

    `predict` makes scores and offsets of the map. Without `step` the image is divided by the map.
    Source: Liu et al., 2015, 2.2.
    """

    word: ClassVar[str] = "multibox"
    heads: ClassVar[tuple[str, ...]] = ("ssd",)

    min: PositiveNumber
    max: PositiveNumber
    ratios: Ratios = (2,)
    step: PositiveNumber | None = None
    predict: Any = None

    def boxes(self) -> int:
        """How many boxes a place has."""
        return 2 + 2 * len(self.ratios)

    def check(self) -> None:
        """Raises `Mistake` (E151) where sizes or ratios contradict each other."""
        if self.min >= self.max:
            message = f"`min={self.min:g}` of `multibox` is not below `max={self.max:g}`"
            hint = f"the smaller one comes first: `min={self.max:g}, max={self.min:g}`"
            if self.min == self.max:
                hint = f"like `min={self.min:g}, max={2 * self.min:g}`: the second square has a side of sqrt(min * max)"
            raise Mistake("E151", message, hint=hint)
        known: list[float] = []
        for ratio in self.ratios:
            twice = next((r for r in known if _alike(r, ratio) or _alike(r, 1 / ratio)), None)
            if _alike(ratio, 1) or twice is not None:
                message = f"ratio {ratio:g} gives the same box twice"
                if twice is not None and not _alike(twice, ratio):
                    message = f"ratios {twice:g} and {ratio:g} give the same boxes twice"
                hint = "`multibox` adds 1 and the inverse of each ratio itself"
                needed = list(dict.fromkeys(max(r, 1 / r) for r in self.ratios if not _alike(r, 1)))
                if needed:
                    written = ", ".join(number_text(round(r, 6)) for r in needed)
                    hint += f": `ratios=[{written}]`"
                if twice is not None and _alike(twice, ratio):
                    hint = f"{ratio:g} is listed twice"
                raise Mistake("E151", message, hint=hint)
            known.append(ratio)


def _alike(a: float, b: float) -> bool:
    return abs(a - b) <= SAME * max(a, b)


class Anchors(Predictor):
    """Anchors at every place of every map: for each of the `ratios` (height / width) boxes of
    size * size pixels. One map has all `sizes`; several have one each, or a list each.

    `octaves` puts so many sizes between a size and its double. `predict` makes the scores of the value
    `scores` and the offsets of `offsets`, both else what flows in. With `softmax` an anchor of a
    proposal network has two scores, as its authors have it. Source: Ren et al., 2015, 3.1.1.
    """

    word: ClassVar[str] = "anchors"
    heads: ClassVar[tuple[str, ...]] = ("rpn", "retina")

    sizes: Sizes
    ratios: Ratios = (0.5, 1, 2)
    octaves: Positive = 1
    step: PositiveNumber | None = None
    softmax: Bool = False
    predict: Any = None
    scores: Any = None
    offsets: Any = None

    def of_maps(self, count: int) -> tuple[tuple[float, ...], ...]:
        """The sizes of each of `count` maps. Raises `Mistake` (E152) where they are not as many, or have
        octaves between them."""
        sizes = self._listed(count)
        if self.octaves > 1 and len(sizes[0]) > 1:
            message = (
                f"`octaves={self.octaves}` is for one size per map, and there are {len(sizes[0])}"
            )
            hint = "name every size of a map in a list, without `octaves`"
            raise Mistake("E152", message, hint=hint)
        return sizes

    def _listed(self, count: int) -> tuple[tuple[float, ...], ...]:
        sizes = self.sizes
        if not isinstance(sizes[0], tuple):
            if count == 1:
                return (sizes,)
            sizes = tuple((size,) for size in sizes)
        if len(sizes) != count:
            maps = f"{count} map{'s' * (count != 1)}"
            message = f"{maps} but {len(sizes)} size{'s' * (len(sizes) != 1)}"
            raise Mistake("E152", message, hint="give one size (or one list of sizes) per map")
        if len({len(s) for s in sizes}) > 1:
            shown = " and ".join(str(n) for n in sorted({len(s) for s in sizes}))
            message = f"these maps have {shown} sizes; with shared weights all need equally many"
            raise Mistake("E152", message)
        return sizes

    def boxes(self, count: int) -> int:
        """How many anchors a place of one of `count` maps has."""
        return len(self.of_maps(count)[0]) * self.octaves * len(self.ratios)

    def sides(self, sizes: Sequence[float]) -> list[tuple[float, float]]:
        """(width, height) of the anchors of a map, ratio by ratio."""
        every = [
            int(size * 2 ** (i / self.octaves)) if self.octaves > 1 else size
            for size in sizes
            for i in range(self.octaves)
        ]
        return [
            (size / math.sqrt(ratio), size * math.sqrt(ratio))
            for ratio in self.ratios
            for size in every
        ]


class Boxes(Predictor):
    """YOLO's predictions on a map: for each of the `anchors` (width x height, in pixels) offsets,
    objectness and the classes. The map has len(anchors) * (5 + classes) channels, and its places lie
    `stride` pixels apart. No weights of its own. Source: Redmon and Farhadi, 2016, 2.
    """

    word: ClassVar[str] = "boxes"
    heads: ClassVar[tuple[str, ...]] = ("yolo",)

    anchors: Pairs
    stride: Positive | None = None

    def boxes(self) -> int:
        """How many predictions a place has."""
        return len(self.anchors)


class Cells(Predictor):
    """The predictions of the first YOLO: every cell of a `grid` has class probabilities and `boxes` boxes
    with their confidences. A vector of grid * grid * (boxes * 5 + classes) numbers, in the order of its
    authors: all classes, all confidences, all boxes. Source: Redmon et al., 2015, 2.
    """

    word: ClassVar[str] = "cells"
    heads: ClassVar[tuple[str, ...]] = ("yolo",)

    grid: Grid
    boxes: Positive = 2
