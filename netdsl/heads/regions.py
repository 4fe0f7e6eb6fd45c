"""`roi_align` and `roi_pool`: a region of a map at a fixed size."""

from __future__ import annotations

from typing import Any, ClassVar

from netdsl.diagnostics import Mistake
from netdsl.heads.fields import Sides
from netdsl.layers.base import Layer
from netdsl.layers.fields import NonNegative
from netdsl.shapes import Shape

REGIONS: dict[str, type[Region]] = {}


class Region(Layer):
    """The first step of `head rcnn`. Input: a map, C x H x W. Output, for one region: C x output_size."""

    registry: ClassVar[dict[str, Any]] = REGIONS
    family: ClassVar[str] = "region"
    positional: ClassVar[int] = 1
    many: ClassVar[bool] = True  # of several maps the one that fits is cut
    said: ClassVar[str] = ""

    output_size: Sides

    def output(self, x: Shape) -> Shape:
        if len(x.sides) != 2:
            message = f"`{self.word}` cuts regions out of a map, not out of {x.said}"
            raise Mistake("E211", message)
        return x.with_sides(self.output_size)

    def function(self, a: Any, *x: Any) -> None:
        """Regions are pooled by the network, not by its head."""

    def label(self) -> str:
        height, width = self.output_size
        return f"{self.said} {height}x{width}"


class RoiAlign(Region):
    """The mean of bilinear samples in every bin of a region: `sampling_ratio` in each direction, 0 for as
    many as the bin has places. Input: C x H x W. Output: C x output_size, for every region.
    Source: He et al., "Mask R-CNN", 2017, 3.
    """

    word: ClassVar[str] = "roi_align"
    said: ClassVar[str] = "RoI align"

    sampling_ratio: NonNegative = 2


class RoiPool(Region):
    """The largest number in every bin of a region, whose corners are rounded to places of the map.
    Input: C x H x W. Output: C x output_size, for every region. Source: Girshick, 2015, 2.1.
    """

    word: ClassVar[str] = "roi_pool"
    said: ClassVar[str] = "RoI pool"
