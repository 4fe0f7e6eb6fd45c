"""Convolutions: 1-, 2- or 3-dimensional by what flows in."""

from __future__ import annotations

from math import prod
from typing import ClassVar
from typing import Literal as OneOf

from netdsl.code.expr import Call, Expr, Literal, call, given
from netdsl.formulas import Count, product
from netdsl.layers.base import Given, Layer, Tensor, Window
from netdsl.layers.connections import Connections, check_connections, kernels_in
from netdsl.layers.fields import ArgumentMistake, Bool, Extent, Positive
from netdsl.layers.geometry import (
    Motion,
    Padding,
    motion,
    padding_expr,
    size_label,
    step_label,
    window_label,
)
from netdsl.layers.inputs import check_groups
from netdsl.layers.kernels import Kernels, check_kernels
from netdsl.shapes import Shape


class Conv(Layer):
    """Convolution (cross-correlation, as everywhere in deep learning).

    Input: C x H x W (or C x L, C x D x H x W). Output: channels x H' x W' with
    H' = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1.
    Weights: channels x C/groups x kernel_size, and channels for the bias. With `connections`, a list
    of lists, output map i of an image reads only the input maps (from 0) that row i lists, and only
    the kernels of these are there. With `trainable=false` an image's kernels are given: `weights` is
    one kernel for all, or a list with one for every output map, or for every one of these a list with
    one for every input map; they are a buffer then, and there is no bias. `flip` turns kernels by 180
    degrees: the convolution of textbooks.
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
    trainable: Bool = True
    weights: Kernels | None = None
    flip: Bool = False

    def _motion(self, x: Shape) -> Motion:
        return motion(x, self.word, self.kernel_size, self.stride, self.padding, self.dilation)

    def output(self, x: Shape) -> Shape:
        sides = self._motion(x).over(x, self.word)
        if self.connections is not None:
            check_connections(self.word, self.connections, x, self.channels, self.groups)
        check_groups(self.word, self.groups, input=x.channels, output=self.channels)
        self._check_form(x)
        return Shape(self.channels, *sides)

    def _check_form(self, x: Shape) -> None:
        """What is given of the kernels must be one thing."""
        wrong, about, hint = "", "weights", ""
        if self.trainable and self.weights is not None:
            wrong, hint = "has `weights`, but learns them", "add `trainable=false`"
        elif not self.trainable and self.weights is None:
            wrong, about = "is not trainable, and has no `weights`", "trainable"
            hint = "give a kernel, like `weights=[[0, 1], [1, 0]]`, or leave `trainable=false` out"
        elif not self.trainable and self.bias and "bias" in self.given:
            wrong, about = "is not trainable, and has a bias", "bias"
            hint = "leave `bias` out: there is none then"
        elif self.connections is not None and (self.flip or not self.trainable):
            other = "`flip`" if self.flip else "given `weights`"
            wrong, about = f"has a connection table and {other}", "connections"
            hint = "leave one of them out"
        elif self.flip and len(x) != 3:
            wrong, about = f"with `flip` needs an image (CxHxW), but gets {x}", "flip"
            hint = "leave `flip` out: kernels that are learned do without"
        if wrong:
            raise ArgumentMistake("E233", f"`{self.word}` {wrong}", about, hint=hint)
        if self.weights is not None:
            (weight,) = self.tensors(x)
            check_kernels(self.word, self.weights, x, weight.shape)

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        kernel = self.per_side("kernel_size", len(x) - 1)
        if self.connections is not None:
            weight = Tensor("weight", (kernels_in(self.connections), *kernel), even=False)
        else:
            shape = (self.channels, x.channels // self.groups, *kernel)
            weight = Tensor("weight", shape, learned=self.trainable)
        biased = self.bias and self.trainable
        return (weight, Tensor("bias", (self.channels,))) if biased else (weight,)

    def macs(self, x: Shape, y: Shape) -> Count:
        kernels = self.channels * (x.channels // self.groups)
        if self.connections is not None:
            kernels = kernels_in(self.connections)
        area = prod(self.per_side("kernel_size", len(x) - 1))
        return product([kernels * area, *y.sides])

    def window(self, x: Shape) -> Window:
        return self._motion(x).window

    @property
    def form(self) -> OneOf["plain", "table", "fixed", "flipped"]:
        if self.connections is not None:
            return "table"
        if not self.trainable:
            return "fixed"
        return "flipped" if self.flip else "plain"

    def out_channels(self, a: Given) -> Expr:
        return a.channels

    def module(self, a: Given) -> Call:
        same = a.stride == Literal(1)  # else PyTorch does not take its own word
        padding = padding_expr(
            self, a, self.padding, self._motion(a.x).padding, torch_has_same=same
        )
        torch = {
            "plain": f"nn.Conv{a.dims}d",
            "table": "TableConv2d",
            "fixed": "FixedConv2d",
            "flipped": "FlippedConv2d",
        }[self.form]
        fixed = self.form == "fixed"
        kernels = {"weights": a.weights} if fixed else {"kernel_size": a.kernel_size}
        return call(
            torch,
            a.in_channels,
            a.channels,
            **kernels,
            **given(
                connections=(a.connections, None),
                stride=(a.stride, 1),
                padding=(padding, 0),
                dilation=(a.dilation, 1),
                groups=(a.groups, 1),
                **({"flip": (a.flip, False)} if fixed else {"bias": (a.bias, True)}),
            ),
        )

    def label(self) -> str:
        dilation = size_label(self.dilation, 1)
        spaced = "" if dilation == "1" else f" dil {dilation}"
        kind = {"fixed": "fixed conv", "flipped": "flipped conv"}.get(self.form, "conv")
        what = window_label(self.kernel_size, kind, self.dims)
        parts = [f"{what}{spaced}", str(self.channels)]
        if self.groups != 1:
            parts.append(f"g{self.groups}")
        if self.connections is not None:
            parts.append(f"{kernels_in(self.connections)} kernels")
        return ", ".join(parts) + step_label(self.stride)

    def look(self) -> str:
        if not self.trainable:
            return "fixed"
        if self.groups > 1:
            return "grouped"
        return "conv1" if size_label(self.kernel_size) in ("1", "1x1", "1x1x1") else "conv"
