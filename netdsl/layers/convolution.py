"""Convolutions: 1-, 2- or 3-dimensional by what flows in."""

from __future__ import annotations

import math
from typing import ClassVar

from netdsl.code.expr import Call, Expr, call, given
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Bool, Extent, Extents, Given, Layer, Positive, Tensor, Window
from netdsl.layers.geometry import (
    Padding,
    moved,
    padding_expr,
    padding_of,
    sides_of,
    size_label,
    spread,
)
from netdsl.shapes import Shape


def check_groups(word: str, groups: int, incoming: int, channels: int) -> None:
    """Both numbers of channels must fall into equal groups."""
    for what, number in (("input", incoming), ("output", channels)):
        if number % groups:
            fitting = [
                g
                for g in range(1, min(incoming, channels) + 1)
                if incoming % g == channels % g == 0
            ]
            near = min(fitting, key=lambda g: abs(g - groups))
            raise Mistake(
                "E214",
                f"`{word}` cannot divide its {number} {what} channels into {groups} groups",
                hint=f"groups must divide {incoming} and {channels}: {near} would do",
            )


class Conv(Layer):
    """Convolution (cross-correlation, as everywhere in deep learning).

    Input: C x H x W (or C x L, C x D x H x W). Output: channels x H' x W' with
    H' = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1.
    Weights: channels x C/groups x kernel_size, and channels for the bias.
    Source: LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998, II.A; groups:
    Krizhevsky et al., 2012, 3.5.
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

    def _geometry(self, x: Shape) -> tuple[tuple[int, ...], ...]:
        dims = sides_of(x, self.word)
        kernel = spread(self.kernel_size, dims, "kernel_size")
        dilation = spread(self.dilation, dims, "dilation")
        stride = spread(self.stride, dims, "stride")
        return kernel, stride, padding_of(self.padding, kernel, dilation), dilation

    def output(self, x: Shape) -> Shape:
        kernel, stride, padding, dilation = self._geometry(x)
        check_groups(self.word, self.groups, x.channels, self.channels)
        return Shape(self.channels, *moved(x, kernel, stride, padding, dilation, self.word))

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        kernel = spread(self.kernel_size, len(x) - 1, "kernel_size")
        weight = Tensor("weight", (self.channels, x.channels // self.groups, *kernel))
        return (weight, Tensor("bias", (self.channels,))) if self.bias else (weight,)

    def macs(self, x: Shape, y: Shape) -> int | None:
        kernel = spread(self.kernel_size, len(x) - 1, "kernel_size")
        places = y.elements
        return None if places is None else places * (x.channels // self.groups) * math.prod(kernel)

    def window(self, x: Shape) -> Window:
        kernel, stride, padding, dilation = self._geometry(x)
        return Window(tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation)), stride, padding)

    def out_channels(self, a: Given) -> Expr:
        return a.channels

    def module(self, a: Given) -> Call:
        return call(
            f"nn.Conv{a.dims}d",
            a.in_channels,
            a.channels,
            kernel_size=a.kernel_size,
            **given(
                stride=(a.stride, 1),
                padding=(padding_expr(a, self.padding), 0),
                dilation=(a.dilation, 1),
                groups=(a.groups, 1),
                bias=(a.bias, True),
            ),
        )

    def label(self) -> str:
        stride = "" if self.stride == 1 else f", /{size_label(self.stride, 1)}"
        groups = "" if self.groups == 1 else f", g{self.groups}"
        return f"{size_label(self.kernel_size)} conv, {self.channels}{groups}{stride}"


class ConvTranspose(Layer):
    """Transposed convolution, which widens a map.

    Input: C x H x W (or 1-d, 3-d). Output: channels x H' x W' with
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
        check_groups(self.word, self.groups, x.channels, self.channels)
        names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
        spread_out = [spread(getattr(self, name), dims, name) for name in names]
        sides = []
        for n, k, s, p, extra, d in zip(x.sides, *spread_out):
            if extra >= max(s, d):
                raise Mistake(
                    "E215",
                    f"output_padding={extra} must be smaller than the stride or the dilation, {max(s, d)}",
                )
            side = (n - 1) * s - 2 * p + d * (k - 1) + extra + 1
            if isinstance(side, int) and side < 1:
                raise Mistake("E213", f"the padding of `{self.word}` leaves nothing of {x}")
            sides.append(side)
        return Shape(self.channels, *sides)

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        kernel = spread(self.kernel_size, len(x) - 1, "kernel_size")
        weight = Tensor("weight", (x.channels, self.channels // self.groups, *kernel))
        return (weight, Tensor("bias", (self.channels,))) if self.bias else (weight,)

    def macs(self, x: Shape, y: Shape) -> int | None:
        kernel = spread(self.kernel_size, len(x) - 1, "kernel_size")
        places = x.elements
        return (
            None if places is None else places * (self.channels // self.groups) * math.prod(kernel)
        )

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
        stride = "" if self.stride == 1 else f", x{size_label(self.stride, 1)}"
        return f"{size_label(self.kernel_size)} up-conv, {self.channels}{stride}"
