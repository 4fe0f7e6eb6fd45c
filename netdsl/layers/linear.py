"""Fully connected layers."""

from __future__ import annotations

from typing import ClassVar

from netdsl.code.expr import Call, Expr, call, given
from netdsl.layers.base import Given, Layer, Tensor
from netdsl.layers.fields import Bool, Positive
from netdsl.layers.inputs import check_flat
from netdsl.shapes import Shape


class Linear(Layer):
    """Fully connected layer: y = W x + b.

    Input: a flat vector of n numbers. Output: features. Weights: features x n, and features for the
    bias. Maps must be flattened first, because whether they may be averaged instead is the author's
    choice. Source: Rumelhart et al., 1986.
    """

    word: ClassVar[str] = "linear"
    family: ClassVar[str] = "linear"
    positional: ClassVar[int] = 1
    weighted: ClassVar[bool] = True
    module_only: ClassVar[bool] = True

    features: Positive
    bias: Bool = True

    def output(self, x: Shape) -> Shape:
        check_flat(self.word, x)
        return Shape(self.features)

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        weight = Tensor("weight", (self.features, x.channels))
        return (weight, Tensor("bias", (self.features,))) if self.bias else (weight,)

    def macs(self, x: Shape, y: Shape) -> int:
        return x.channels * self.features

    def out_channels(self, a: Given) -> Expr:
        return a.features

    def module(self, a: Given) -> Call:
        return call("nn.Linear", a.in_channels, a.features, **given(bias=(a.bias, True)))

    def label(self) -> str:
        return f"fc, {self.features}"
