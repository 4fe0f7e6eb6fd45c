"""Activations: element by element, shapes unchanged."""

from __future__ import annotations

from typing import ClassVar

from netdsl.code.expr import Call, Expr, call
from netdsl.layers.base import Given, Layer
from netdsl.shapes import Shape


class Activation(Layer):
    """The base of activations: any shape in, the same shape out."""

    family: ClassVar[str] = "activation"

    def output(self, x: Shape) -> Shape:
        return x


class Relu(Activation):
    """max(0, x). Source: Nair and Hinton, 2010; Krizhevsky et al., 2012, 3.1."""

    word: ClassVar[str] = "relu"
    inplace: ClassVar[bool] = True
    saves_output: ClassVar[bool] = True

    def module(self, a: Given) -> Call:
        return call("nn.ReLU")

    def function(self, a: Given, *x: Expr) -> Expr:
        return call("F.relu", *x)
