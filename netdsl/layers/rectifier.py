"""Rectifiers, the activations that nearly every network has: linear where positive."""

from __future__ import annotations

from typing import ClassVar

from netdsl.code.expr import Call, Expr, call, given
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given, Layer, Tensor
from netdsl.layers.fields import NonNegativeNumber, Number, Positive
from netdsl.shapes import Shape


class Activation(Layer):
    """The base of activations: any shape in, the same shape out.

    A subclass says how PyTorch calls it, as a module and as a function. Its fields have PyTorch's
    names and defaults, so that the calls follow from them.

    Some keep their output for the backward pass only where they work in place (leaky_relu, elu and
    selu: the input is gone). The emitter may always choose to, so `saves_output` holds for them
    too.
    """

    family: ClassVar[str] = "activation"
    joins: ClassVar[str] = "activation"
    torch: ClassVar[tuple[str, str]]  # `nn.ReLU` and `F.relu`
    shown: ClassVar[str]  # its name in papers

    def output(self, x: Shape) -> Shape:
        return x

    def settings(self, a: Given) -> tuple[list[Expr], dict[str, Expr]]:
        """The arguments that are not PyTorch's defaults; a first one needs no name."""
        fields = type(self).fields
        named = given(**{name: (getattr(a, name), field.default) for name, field in fields.items()})
        leading: list[Expr] = []
        for name in list(fields)[: self.positional]:
            if name not in named:
                break
            leading.append(named.pop(name))
        return leading, named

    def module(self, a: Given) -> Call:
        leading, named = self.settings(a)
        return call(self.torch[0], *leading, **named)

    def function(self, a: Given, *x: Expr) -> Expr | None:
        leading, named = self.settings(a)
        return call(self.torch[1], *x, *leading, **named)

    def label(self) -> str:
        return self.shown


class Relu(Activation):
    """max(0, x). Source: Nair and Hinton, 2010; Krizhevsky et al., 2012, 3.1."""

    word: ClassVar[str] = "relu"
    torch: ClassVar[tuple[str, str]] = ("nn.ReLU", "F.relu")
    shown: ClassVar[str] = "ReLU"
    inplace: ClassVar[bool] = True
    saves_output: ClassVar[bool] = True


class Relu6(Activation):
    """min(max(0, x), 6). Source: Krizhevsky, 2010; Howard et al., MobileNets, 2017."""

    word: ClassVar[str] = "relu6"
    torch: ClassVar[tuple[str, str]] = ("nn.ReLU6", "F.relu6")
    shown: ClassVar[str] = "ReLU6"
    inplace: ClassVar[bool] = True


class LeakyRelu(Activation):
    """x where positive, else negative_slope * x. Source: Maas et al., 2013.

    The slope is not negative: PyTorch's in-place form cannot be differentiated then.
    """

    word: ClassVar[str] = "leaky_relu"
    torch: ClassVar[tuple[str, str]] = ("nn.LeakyReLU", "F.leaky_relu")
    shown: ClassVar[str] = "leaky ReLU"
    positional: ClassVar[int] = 1
    inplace: ClassVar[bool] = True
    saves_output: ClassVar[bool] = True

    negative_slope: NonNegativeNumber = 0.01


class PRelu(Activation):
    """x where positive, else a learned number times x. Source: He et al., 2015.

    Input and output: C x ... . Weights: num_parameters, which is 1 for one number for all channels
    or C for one each; they start at `init`.
    """

    word: ClassVar[str] = "prelu"
    torch: ClassVar[tuple[str, str]] = ("nn.PReLU", "")
    shown: ClassVar[str] = "PReLU"
    positional: ClassVar[int] = 1
    trained: ClassVar[tuple[str, ...]] = ("weight",)
    weighted: ClassVar[bool] = True
    module_only: ClassVar[bool] = True

    num_parameters: Positive = 1
    init: Number = 0.25

    def output(self, x: Shape) -> Shape:
        if self.num_parameters not in (1, x.channels):
            raise Mistake(
                "E228",
                f"`prelu` has {self.num_parameters} parameters for {x.channels} channels",
                hint=f"num_parameters is 1, or {x.channels} for one per channel",
            )
        return x

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        return (Tensor("weight", (self.num_parameters,)),)

    def function(self, a: Given, *x: Expr) -> None:
        return None
