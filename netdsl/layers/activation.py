"""Activations: the shape of the output is the input's, whatever it is."""

from __future__ import annotations

from typing import ClassVar, Literal

from netdsl.code.expr import Call, Expr, call, given
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given, Layer, Tensor
from netdsl.layers.fields import NonNegativeNumber, Number, Positive, PositiveNumber
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
    torch: ClassVar[tuple[str, str]]  # `nn.ReLU` and `F.relu`
    shown: ClassVar[str]  # its name in papers

    def output(self, x: Shape) -> Shape:
        return x

    def settings(self, a: Given) -> tuple[list[Expr], dict[str, Expr]]:
        """The arguments that are not PyTorch's defaults; a first one needs no name."""
        fields = type(self).model_fields
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


# --------------------------------------------------------------------------------------- rectifiers
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
    weighted: ClassVar[bool] = True
    module_only: ClassVar[bool] = True

    num_parameters: Positive = 1
    init: Number = 0.25

    def output(self, x: Shape) -> Shape:
        if self.num_parameters not in (1, x.channels):
            raise Mistake(
                "E228",
                f"`prelu` has {self.num_parameters} parameters for {x.channels} channels",
                hint=f"num_parameters is 1, or {x.channels} for one a channel",
            )
        return x

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        return (Tensor("weight", (self.num_parameters,)),)

    def function(self, a: Given, *x: Expr) -> None:
        return None


class Elu(Activation):
    """x where positive, else alpha * (exp(x) - 1). Source: Clevert et al., 2015.

    Alpha is not negative: PyTorch's in-place form cannot be differentiated then.
    """

    word: ClassVar[str] = "elu"
    torch: ClassVar[tuple[str, str]] = ("nn.ELU", "F.elu")
    shown: ClassVar[str] = "ELU"
    positional: ClassVar[int] = 1
    inplace: ClassVar[bool] = True
    saves_output: ClassVar[bool] = True

    alpha: NonNegativeNumber = 1.0


class Selu(Activation):
    """1.0507 times elu with alpha = 1.6733. Source: Klambauer et al., 2017."""

    word: ClassVar[str] = "selu"
    torch: ClassVar[tuple[str, str]] = ("nn.SELU", "F.selu")
    shown: ClassVar[str] = "SELU"
    inplace: ClassVar[bool] = True
    saves_output: ClassVar[bool] = True


class Gelu(Activation):
    """x times the probability that a normal number is below x; "tanh" is a faster approximation.
    Source: Hendrycks and Gimpel, 2016."""

    word: ClassVar[str] = "gelu"
    torch: ClassVar[tuple[str, str]] = ("nn.GELU", "F.gelu")
    shown: ClassVar[str] = "GELU"

    approximate: Literal["none", "tanh"] = "none"


class Silu(Activation):
    """x * sigmoid(x), also called swish. Source: Elfwing et al., 2017; Ramachandran et al."""

    word: ClassVar[str] = "silu"
    torch: ClassVar[tuple[str, str]] = ("nn.SiLU", "F.silu")
    shown: ClassVar[str] = "SiLU"
    inplace: ClassVar[bool] = True


class Mish(Activation):
    """x * tanh(softplus(x)). Source: Misra, 2019; YOLOv4."""

    word: ClassVar[str] = "mish"
    torch: ClassVar[tuple[str, str]] = ("nn.Mish", "F.mish")
    shown: ClassVar[str] = "Mish"
    inplace: ClassVar[bool] = True


class Hardswish(Activation):
    """x * relu6(x + 3) / 6. Source: Howard et al., MobileNetV3, 2019."""

    word: ClassVar[str] = "hardswish"
    torch: ClassVar[tuple[str, str]] = ("nn.Hardswish", "F.hardswish")
    shown: ClassVar[str] = "h-swish"
    inplace: ClassVar[bool] = True


class Softplus(Activation):
    """log(1 + exp(beta * x)) / beta; x itself where beta * x is above the threshold.
    Source: Dugas et al., 2000."""

    word: ClassVar[str] = "softplus"
    torch: ClassVar[tuple[str, str]] = ("nn.Softplus", "F.softplus")
    shown: ClassVar[str] = "softplus"

    beta: PositiveNumber = 1.0
    threshold: Number = 20.0


# ---------------------------------------------------------------------------------------- squashing
class Sigmoid(Activation):
    """1 / (1 + exp(-x)). Source: Rumelhart et al., 1986."""

    word: ClassVar[str] = "sigmoid"
    torch: ClassVar[tuple[str, str]] = ("nn.Sigmoid", "torch.sigmoid")
    shown: ClassVar[str] = "sigmoid"
    saves_output: ClassVar[bool] = True


class Hardsigmoid(Activation):
    """relu6(x + 3) / 6. Source: Howard et al., MobileNetV3, 2019."""

    word: ClassVar[str] = "hardsigmoid"
    torch: ClassVar[tuple[str, str]] = ("nn.Hardsigmoid", "F.hardsigmoid")
    shown: ClassVar[str] = "h-sigmoid"
    inplace: ClassVar[bool] = True


class Tanh(Activation):
    """The hyperbolic tangent. Source: LeCun et al., Efficient BackProp, 1998."""

    word: ClassVar[str] = "tanh"
    torch: ClassVar[tuple[str, str]] = ("nn.Tanh", "torch.tanh")
    shown: ClassVar[str] = "tanh"
    saves_output: ClassVar[bool] = True


class Hardtanh(Activation):
    """x, but at least min_val and at most max_val. Source: Collobert, 2004."""

    word: ClassVar[str] = "hardtanh"
    torch: ClassVar[tuple[str, str]] = ("nn.Hardtanh", "F.hardtanh")
    shown: ClassVar[str] = "hard tanh"
    positional: ClassVar[int] = 2
    inplace: ClassVar[bool] = True

    min_val: Number = -1.0
    max_val: Number = 1.0

    def output(self, x: Shape) -> Shape:
        if self.min_val >= self.max_val:
            raise Mistake(
                "E230",
                f"`hardtanh` cuts below {self.min_val:g} and above {self.max_val:g}: all is cut",
                hint="`min_val` must be smaller than `max_val`",
            )
        return x


class ScaledTanh(Activation):
    """amplitude * tanh(slope * x): with 1.7159 and 2/3, f(1) = 1 and f(-1) = -1.
    Source: LeCun et al., 1998, appendix A."""

    word: ClassVar[str] = "scaled_tanh"
    torch: ClassVar[tuple[str, str]] = ("ScaledTanh", "scaled_tanh")
    shown: ClassVar[str] = "scaled tanh"

    amplitude: Number = 1.7159
    slope: Number = 2 / 3


class Softsign(Activation):
    """x / (1 + |x|). Source: Bergstra et al., 2009; Glorot and Bengio, 2010."""

    word: ClassVar[str] = "softsign"
    torch: ClassVar[tuple[str, str]] = ("nn.Softsign", "F.softsign")
    shown: ClassVar[str] = "softsign"


# ------------------------------------------------------------------------------------ over channels
class OverChannels(Activation):
    """The base of what normalises each place's channels against each other."""

    saves_output: ClassVar[bool] = True

    def settings(self, a: Given) -> tuple[list[Expr], dict[str, Expr]]:
        return [], given(dim=(1, None))


class Softmax(OverChannels):
    """exp(x_c) over the sum of exp(x_c) over the channels, at every place.

    Input and output: C x ... . Source: Bridle, 1990.
    """

    word: ClassVar[str] = "softmax"
    torch: ClassVar[tuple[str, str]] = ("nn.Softmax", "F.softmax")
    shown: ClassVar[str] = "softmax"


class LogSoftmax(OverChannels):
    """The logarithm of softmax over the channels, at every place.

    Input and output: C x ... . Source: Bridle, 1990.
    """

    word: ClassVar[str] = "log_softmax"
    torch: ClassVar[tuple[str, str]] = ("nn.LogSoftmax", "F.log_softmax")
    shown: ClassVar[str] = "log softmax"
