"""Transposed convolutions: 1-, 2- or 3-dimensional by what flows in."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from netdsl.code.expr import Call, Expr, call, given
from netdsl.diagnostics import Mistake
from netdsl.formulas import Count, product
from netdsl.layers.base import Given, Layer, Tensor
from netdsl.layers.fields import Bool, Extent, Extents, Positive
from netdsl.layers.geometry import step_label, window_label
from netdsl.layers.inputs import check_groups, sides_of
from netdsl.shapes import Dim, Shape


class ConvTranspose(Layer):
    """Transposed convolution, which widens a map.

    Input: C x H x W (or C x L, C x D x H x W). Output: channels x H' x W' with
    H' = (H - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1.
    Weights: C x channels/groups x kernel_size, and channels for the bias.
    Source: Zeiler et al., Deconvolutional Networks, 2010; Dumoulin and Visin, 2016, 4.
    """

    word: ClassVar[str] = "conv_transpose"
    family: ClassVar[str] = "convolution"
    positional: ClassVar[int] = 2
    weighted: ClassVar[bool] = True
    module_only: ClassVar[bool] = True

    channels: Positive
    kernel_size: Extent
    stride: Extent = 1
    padding: Extents = 0
    output_padding: Extents = 0
    dilation: Extent = 1
    groups: Positive = 1
    bias: Bool = True

    def output(self, x: Shape) -> Shape:
        dims = sides_of(x, self.word)
        names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
        geometry = [self.per_side(name, dims) for name in names]
        sides = [self._side(*side) for side in zip(x.sides, *geometry)]
        if any(isinstance(side, int) and side < 1 for side in sides):
            raise Mistake(
                "E213",
                f"`{self.word}` leaves nothing of {x}: padding={self.padding} cuts all away",
                hint="the padding of a transposed convolution is cut off its output",
            )
        check_groups(self.word, self.groups, input=x.channels, output=self.channels)
        return Shape(self.channels, *sides)

    def _side(self, n: Dim, kernel: int, stride: int, padding: int, extra: int, space: int) -> Dim:
        if extra >= max(stride, space):
            raise Mistake(
                "E215",
                f"`output_padding={extra}` of `{self.word}` must be smaller than its stride or "
                f"its dilation, {stride} and {space}",
                hint="it chooses among the sizes that a convolution with this stride makes equal",
            )
        return (n - 1) * stride - 2 * padding + space * (kernel - 1) + extra + 1

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        kernel = self.per_side("kernel_size", len(x) - 1)
        weight = Tensor("weight", (x.channels, self.channels // self.groups, *kernel))
        return (weight, Tensor("bias", (self.channels,))) if self.bias else (weight,)

    def macs(self, x: Shape, y: Shape) -> Count:
        kernel = self.per_side("kernel_size", len(x) - 1)
        return product([self.channels // self.groups * prod(kernel), *x])

    def out_channels(self, a: Given) -> Expr:
        return a.channels

    def module(self, a: Given) -> Call:
        return call(
            f"nn.ConvTranspose{a.dims}d",
            a.in_channels,
            a.channels,
            kernel_size=a.kernel_size,
            **given(
                stride=(a.stride, 1),
                padding=(a.padding, 0),
                output_padding=(a.output_padding, 0),
                groups=(a.groups, 1),
                bias=(a.bias, True),
                dilation=(a.dilation, 1),
            ),
        )

    def label(self) -> str:
        groups = "" if self.groups == 1 else f", g{self.groups}"
        what = window_label(self.kernel_size, "up-conv", self.dims)
        return f"{what}, {self.channels}{groups}" + step_label(self.stride, "x")

    def look(self) -> str:
        return "up"
