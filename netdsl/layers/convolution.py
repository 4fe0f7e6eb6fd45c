"""Convolutions: 1-, 2- or 3-dimensional by what flows in."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from netdsl.code.expr import Call, Expr, Literal, call, given
from netdsl.layers.base import Given, Layer, Tensor, Window
from netdsl.layers.connections import Connections, check_connections, kernels_in
from netdsl.layers.fields import Bool, Extent, Positive
from netdsl.layers.geometry import Motion, Padding, motion, padding_expr, size_label, step_label
from netdsl.layers.inputs import check_groups
from netdsl.shapes import Shape


def times(places: int | None, each: int) -> int | None:
    """The multiply-adds of a number of places, which is None while a size is open."""
    return None if places is None else places * each


class Conv(Layer):
    """Convolution (cross-correlation, as everywhere in deep learning).

    Input: C x H x W (or C x L, C x D x H x W). Output: channels x H' x W' with
    H' = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1.
    Weights: channels x C/groups x kernel_size, and channels for the bias. With `connections`, a list
    of lists, output map i of an image reads only the input maps (from 0) that row i lists, and only
    the kernels of these are there.
    Source: LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998, II.A and
    table I; groups: Krizhevsky et al., 2012, 3.5; dilation: Yu and Koltun, 2016.
    """

    word: ClassVar[str] = "conv"
    family: ClassVar[str] = "convolution"
    positional: ClassVar[int] = 2
    weighted: ClassVar[bool] = True
    module_only: ClassVar[bool] = True

    channels: Positive
    kernel_size: Extent
    stride: Extent = 1
    padding: Padding = 0
    dilation: Extent = 1
    groups: Positive = 1
    bias: Bool = True
    connections: Connections | None = None

    def _motion(self, x: Shape) -> Motion:
        return motion(x, self.word, self.kernel_size, self.stride, self.padding, self.dilation)

    def output(self, x: Shape) -> Shape:
        sides = self._motion(x).over(x, self.word)
        if self.connections is not None:
            check_connections(self.word, self.connections, x, self.channels, self.groups)
        check_groups(self.word, self.groups, input=x.channels, output=self.channels)
        return Shape(self.channels, *sides)

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        kernel = self.per_side("kernel_size", len(x) - 1)
        if self.connections is not None:
            weight = Tensor("weight", (kernels_in(self.connections), *kernel), even=False)
        else:
            weight = Tensor("weight", (self.channels, x.channels // self.groups, *kernel))
        return (weight, Tensor("bias", (self.channels,))) if self.bias else (weight,)

    def macs(self, x: Shape, y: Shape) -> int | None:
        kernels = self.channels * (x.channels // self.groups)
        if self.connections is not None:
            kernels = kernels_in(self.connections)
        area = prod(self.per_side("kernel_size", len(x) - 1))
        return times(y.with_channels(1).elements, kernels * area)

    def window(self, x: Shape) -> Window:
        return self._motion(x).window

    @property
    def form(self) -> Any:
        return self.connections is None

    def out_channels(self, a: Given) -> Expr:
        return a.channels

    def module(self, a: Given) -> Call:
        same = a.stride == Literal(1)  # else PyTorch does not take its own word
        padding = padding_expr(
            self, a, self.padding, self._motion(a.x).padding, torch_has_same=same
        )
        torch = f"nn.Conv{a.dims}d" if self.connections is None else "TableConv2d"
        return call(
            torch,
            a.in_channels,
            a.channels,
            kernel_size=a.kernel_size,
            **given(
                connections=(a.connections, None),
                stride=(a.stride, 1),
                padding=(padding, 0),
                dilation=(a.dilation, 1),
                groups=(a.groups, 1),
                bias=(a.bias, True),
            ),
        )

    def label(self) -> str:
        dilation = size_label(self.dilation, 1)
        spaced = "" if dilation == "1" else f" dil {dilation}"
        parts = [f"{size_label(self.kernel_size)} conv{spaced}", str(self.channels)]
        if self.groups != 1:
            parts.append(f"g{self.groups}")
        if self.connections is not None:
            parts.append(f"{kernels_in(self.connections)} kernels")
        return ", ".join(parts) + step_label(self.stride)
