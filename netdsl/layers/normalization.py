"""Normalisation: by group, sample, channel or neighbourhood. Shapes are unchanged."""

from __future__ import annotations

from typing import ClassVar

from netdsl.code.expr import Attribute, Call, Expr, ListOf, Literal, call, given
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given, Tensor, Window
from netdsl.layers.batchnorm import (
    BATCHES,
    Normalization,
    WeightedNormalization,
    as_float,
    running_statistics,
    scale_and_shift,
)
from netdsl.layers.fields import Bool, Number, Positive, PositiveNumber, Probability
from netdsl.layers.inputs import MAP, check_groups, elements_of, sides_of
from netdsl.shapes import Shape


class GroupNorm(WeightedNormalization):
    """Each group of channels minus its mean over its standard deviation, for every sample.

    Input and output: C, or C x H x W (or C x L, C x D x H x W). Weights: C and C with `affine`.
    Source: Wu and He, 2018.
    """

    word: ClassVar[str] = "groupnorm"
    positional: ClassVar[int] = 1

    num_groups: Positive
    eps: PositiveNumber = 1e-5
    affine: Bool = True

    def output(self, x: Shape) -> Shape:
        check_groups(self.word, self.num_groups, input=x.channels)
        return super().output(x)

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        return scale_and_shift(x.channels) if self.affine else ()

    def module(self, a: Given) -> Call:
        settings = given(eps=(a.eps, 1e-5), affine=(a.affine, True))
        return call("nn.GroupNorm", a.num_groups, a.in_channels, **settings)

    def label(self) -> str:
        return f"group norm, {self.num_groups}"


# --------------------------------------------------------------------------------------- by sample
class LayerNorm(WeightedNormalization):
    """A sample minus the mean of all its numbers over their standard deviation.

    Input and output: C, or C x H x W (or C x L, C x D x H x W). Weights: as many as the input has
    numbers, twice, with `affine`; so every side must be known. Source: Ba et al., 2016.
    """

    word: ClassVar[str] = "layernorm"
    shown: ClassVar[str] = "layer norm"

    eps: PositiveNumber = 1e-5
    affine: Bool = True

    def output(self, x: Shape) -> Shape:
        elements_of(x, self.word)
        return super().output(x)

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        if not self.affine:
            return ()
        return scale_and_shift(*(d for d in x if isinstance(d, int)))

    def module(self, a: Given) -> Call:
        shape = ListOf((a.in_channels, *a.sides)) if a.dims else a.in_channels
        settings = given(eps=(a.eps, 1e-5), elementwise_affine=(a.affine, True))
        return call("nn.LayerNorm", shape, **settings)


class InstanceNorm(WeightedNormalization):
    """Each channel minus its mean over its standard deviation, for every sample.

    Input and output: C x H x W (or C x L, C x D x H x W) of more than one place. Weights: C and C
    with `affine`; buffers as batch normalisation's with `track_running_stats`, which then take the
    place of the sample's own mean in evaluation. Source: Ulyanov et al., 2016.
    """

    word: ClassVar[str] = "instancenorm"
    shown: ClassVar[str] = "instance norm"
    allowed: ClassVar[tuple[int, ...]] = MAP

    eps: PositiveNumber = 1e-5
    momentum: Probability = 0.1
    affine: Bool = False
    track_running_stats: Bool = False

    def output(self, x: Shape) -> Shape:
        super().output(x)
        if x.elements == x.channels:
            raise Mistake(
                "E229",
                f"`instancenorm` needs more than one place in a channel, but gets {x}",
                hint="one number minus its own mean is zero; `layernorm` compares channels",
            )
        return x

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        learned = scale_and_shift(x.channels) if self.affine else ()
        if not self.track_running_stats:
            return learned
        return (*learned, *running_statistics(x.channels), BATCHES)

    def module(self, a: Given) -> Call:
        return call(
            f"nn.InstanceNorm{a.dims}d",
            a.in_channels,
            **given(
                eps=(a.eps, 1e-5),
                momentum=(a.momentum, 0.1),
                affine=(a.affine, False),
                track_running_stats=(a.track_running_stats, False),
            ),
        )


# ---------------------------------------------------------------------------------- over channels
class LocalResponseNorm(Normalization):
    """x_c / (k + alpha * (the sum of x^2 over `size` channels around c)) ^ beta.

    The numbers are the paper's. PyTorch divides the sum by `size`, so it gets alpha * size. With
    `within` the sum is over size x size places around an image's place, within its channel.
    Input and output: C x H x W (or C x L, C x D x H x W). Source: Krizhevsky et al., 2012, 3.3;
    Caffe for `within`, which divides alpha by size * size.
    """

    word: ClassVar[str] = "lrn"
    joins: ClassVar[str] = ""
    shown: ClassVar[str] = "LRN"
    positional: ClassVar[int] = 1
    allowed: ClassVar[tuple[int, ...]] = MAP

    size: Positive = 5
    alpha: Number = 1e-4
    beta: Number = 0.75
    k: Number = 2.0
    within: Bool = False

    @property
    def form(self) -> bool:
        return self.within

    def output(self, x: Shape) -> Shape:
        if not self.within:
            return super().output(x)
        sides_of(x, self.word, (2,))
        if self.size % 2 == 0:
            raise Mistake(
                "E212",
                f"`{self.word}` within channels needs an odd size, not {self.size}",
                hint=f"write {self.size - 1} or {self.size + 1}: an even neighbourhood has no middle",
            )
        return x

    def window(self, x: Shape) -> Window | None:
        if not self.within:
            return None
        return Window((self.size,) * 2, (1, 1), (self.size // 2,) * 2)

    def settings(self, a: Given) -> tuple[Expr, dict[str, Expr]]:
        if self.within:
            named = given(alpha=(a.alpha, 1e-4), beta=(a.beta, 0.75), k=(as_float(a.k), 2.0))
            return a.size, named
        alpha = a.size * a.alpha
        if isinstance(alpha, Literal):  # without the last digit's noise
            alpha = Literal(float(f"{alpha.value:.15g}"))
        named = given(alpha=(alpha, 1e-4), beta=(a.beta, 0.75), k=(as_float(a.k), 1.0))
        return a.size, named

    def module(self, a: Given) -> Call:
        size, named = self.settings(a)
        if self.within:
            return call("LocalResponseNormWithin", size, **named)
        return call("LocalResponseNorm3d" if a.dims == 3 else "nn.LocalResponseNorm", size, **named)

    def function(self, a: Given, *x: Expr) -> Expr:
        size, named = self.settings(a)
        name = "local_response_norm_within" if self.within else "F.local_response_norm"
        # PyTorch views two sides of volumes as one, which permuted ones do not allow
        if a.dims == 3:
            x = (call(Attribute(x[0], "contiguous")),)
        return call(name, *x, size, **named)

    def label(self) -> str:
        return "LRN within" if self.within else self.shown


class L2Norm(WeightedNormalization):
    """Each place's channels at length one, times a learned number a channel that starts at `scale`.

    Input and output: C, or C x H x W (or C x L, C x D x H x W). Weights: C.
    Source: Liu et al., ParseNet, 2015; SSD, 2016.
    """

    word: ClassVar[str] = "l2norm"
    joins: ClassVar[str] = ""
    shown: ClassVar[str] = "L2 norm"
    trained: ClassVar[tuple[str, ...]] = ("scale",)
    positional: ClassVar[int] = 1

    scale: Number = 20.0
    eps: PositiveNumber = 1e-12

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        return (Tensor("scale", (x.channels,)),)

    def module(self, a: Given) -> Call:
        settings = given(eps=(a.eps, 1e-12))
        return call("L2Norm", a.in_channels, scale=as_float(a.scale), **settings)
