"""Activations beside the rectifiers: the shape of the output is the input's, whatever it is."""

from __future__ import annotations

from typing import ClassVar, Literal

from netdsl.code.expr import Expr, given
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given
from netdsl.layers.fields import NonNegativeNumber, Number, PositiveNumber
from netdsl.layers.rectifier import Activation
from netdsl.shapes import Shape


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

    joins: ClassVar[str] = ""

    saves_output: ClassVar[bool] = True

    def settings(self, a: Given) -> tuple[list[Expr], dict[str, Expr]]:
        return [], given(dim=(1, None))

    def look(self) -> str:
        return "softmax"


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
