"""Trainable subsampling, which came before pooling without weights."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from netdsl.code.expr import Call, call
from netdsl.formulas import Count, product
from netdsl.layers.base import Given, Layer, Tensor, Window
from netdsl.layers.fields import Extent
from netdsl.layers.geometry import Motion, motion, step_label, window_label
from netdsl.layers.inputs import sides_of
from netdsl.shapes import Shape


class Subsample(Layer):
    """The sum of a window times a coefficient plus a bias, both learned, one of each a map.

    Windows lie side by side. The coefficients start at 1 over the places of a window, the biases at
    0, so that it starts as the mean. What squashes the sum is a step of its own:
    `subsample(2x2) -> scaled_tanh`.
    Input: C x H x W. Output: C x floor(H / kernel_size) x floor(W / kernel_size). Weights: C and C.
    Source: LeCun et al., 1998, II.B.
    """

    word: ClassVar[str] = "subsample"
    family: ClassVar[str] = "pooling"
    positional: ClassVar[int] = 1
    weighted: ClassVar[bool] = True
    module_only: ClassVar[bool] = True

    kernel_size: Extent

    def _motion(self, x: Shape) -> Motion:
        sides_of(x, self.word, (2,))
        return motion(x, self.word, self.kernel_size, stride=None)

    def output(self, x: Shape) -> Shape:
        return x.with_sides(self._motion(x).over(x, self.word))

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        return Tensor("weight", (x.channels,)), Tensor("bias", (x.channels,))

    def connections_of(self, x: Shape, y: Shape) -> Count:
        return product([prod(self.per_side("kernel_size", 2)) + 1, *y])

    def window(self, x: Shape) -> Window:
        return self._motion(x).window

    def module(self, a: Given) -> Call:
        return call("Subsample2d", a.in_channels, a.kernel_size)

    def label(self) -> str:
        what = window_label(self.kernel_size, "subsampling", self.dims)
        return what + step_label(self.kernel_size)
