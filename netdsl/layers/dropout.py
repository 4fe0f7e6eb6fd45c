"""Dropout in all its forms: something in training, nothing afterwards."""

from __future__ import annotations

from typing import ClassVar

from netdsl.code.expr import Call, call
from netdsl.layers.base import Given, Layer
from netdsl.layers.fields import Probability
from netdsl.layers.inputs import sides_of
from netdsl.shapes import Shape


class Dropping(Layer):
    """The base of dropout. In evaluation its output *is* its input, so it counts as a view."""

    family: ClassVar[str] = "dropout"
    positional: ClassVar[int] = 1
    module_only: ClassVar[bool] = True
    is_view: ClassVar[bool] = True
    shown: ClassVar[str]

    p: Probability

    def output(self, x: Shape) -> Shape:
        return x

    def label(self) -> str:
        return f"{self.shown} {self.p:g}"


class Dropout(Dropping):
    """Each number is zero with probability p in training, the others are divided by 1 - p.

    Input and output: any shape. Source: Srivastava et al., 2014; Krizhevsky et al., 2012, 4.2.
    """

    word: ClassVar[str] = "dropout"
    shown: ClassVar[str] = "dropout"

    p: Probability = 0.5

    def module(self, a: Given) -> Call:
        return call("nn.Dropout", a.p)


class ChannelDropout(Dropping):
    """Whole channels are zero with probability p in training, the others are divided by 1 - p.

    Input and output: C x H x W (or C x L, C x D x H x W). Source: Tompson et al., Efficient Object
    Localization, 2015, 3.2.
    """

    word: ClassVar[str] = "channel_dropout"
    shown: ClassVar[str] = "channel dropout"

    p: Probability = 0.5

    def output(self, x: Shape) -> Shape:
        sides_of(x, self.word)
        return x

    def module(self, a: Given) -> Call:
        return call(f"nn.Dropout{a.dims}d", a.p)


class DropPath(Dropping):
    """A whole sample is zero with probability p in training, the others are divided by 1 - p.

    It stands at the end of a residual's body, which is then skipped: stochastic depth.
    Input and output: any shape. Source: Huang et al., Deep Networks with Stochastic Depth, 2016.
    """

    word: ClassVar[str] = "drop_path"
    shown: ClassVar[str] = "drop path"

    def module(self, a: Given) -> Call:
        return call("DropPath", a.p)
