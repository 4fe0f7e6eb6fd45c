"""Normalisation by batch, and the bases of every normalisation. Shapes are unchanged."""

from __future__ import annotations

from typing import ClassVar

from netdsl.code.expr import Call, Expr, Literal, call, given, is_whole
from netdsl.layers.base import Given, Layer, Tensor
from netdsl.layers.fields import Bool, NonNegativeNumber, PositiveNumber, Probability
from netdsl.layers.inputs import ANY, sides_of
from netdsl.shapes import Shape


class Normalization(Layer):
    """The base of normalisation; `allowed` says how many sides the input may have."""

    family: ClassVar[str] = "normalization"
    joins: ClassVar[str] = "norm"
    allowed: ClassVar[tuple[int, ...]] = ANY
    shown: ClassVar[str]

    def output(self, x: Shape) -> Shape:
        sides_of(x, self.word, self.allowed)
        return x

    def label(self) -> str:
        return self.shown


class WeightedNormalization(Normalization):
    """The base of normalisation that has weights."""

    weighted: ClassVar[bool] = True
    module_only: ClassVar[bool] = True


def scale_and_shift(*shape: int) -> tuple[Tensor, ...]:
    return Tensor("weight", shape), Tensor("bias", shape)


def running_statistics(channels: int) -> tuple[Tensor, ...]:
    return (
        Tensor("running_mean", (channels,), learned=False),
        Tensor("running_var", (channels,), learned=False),
    )


BATCHES = Tensor("num_batches_tracked", (), learned=False)


def as_float(expr: Expr) -> Expr:
    """A whole number with its `.0`, where PyTorch must get a float."""
    return Literal(float(expr.value)) if isinstance(expr, Literal) and is_whole(expr) else expr


class BatchNorm(WeightedNormalization):
    """Each channel minus its mean over its standard deviation, both over the batch and all places.

    In evaluation running averages take their place, which move by `momentum` (the plain average of
    all batches where that is none). With `affine` a learned scale and shift follow.
    Input and output: C, or C x H x W (or C x L, C x D x H x W).
    Weights: C and C; buffers: C and C, and the number of batches.
    Source: Ioffe and Szegedy, 2015.
    """

    word: ClassVar[str] = "bn"
    shown: ClassVar[str] = "BN"

    eps: PositiveNumber = 1e-5
    momentum: Probability | None = 0.1
    affine: Bool = True

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        learned = scale_and_shift(x.channels) if self.affine else ()
        return (*learned, *running_statistics(x.channels), BATCHES)

    def module(self, a: Given) -> Call:
        return call(
            f"nn.BatchNorm{max(a.dims, 1)}d",
            a.in_channels,
            **given(eps=(a.eps, 1e-5), momentum=(a.momentum, 0.1), affine=(a.affine, True)),
        )


class FrozenBatchNorm(WeightedNormalization):
    """Batch normalisation whose statistics, scale and shift stay as they were loaded.

    Input and output: C x H x W. Buffers: C each of weight, bias, running_mean and running_var.
    Source: He et al., 2016, appendix A; torchvision.ops.FrozenBatchNorm2d.
    """

    word: ClassVar[str] = "frozen_bn"
    shown: ClassVar[str] = "frozen BN"
    allowed: ClassVar[tuple[int, ...]] = (2,)

    eps: NonNegativeNumber = 1e-5  # 0 for variances that had it added before they were published

    def tensors(self, x: Shape) -> tuple[Tensor, ...]:
        fixed = (t._replace(learned=False) for t in scale_and_shift(x.channels))
        return (*fixed, *running_statistics(x.channels))

    def module(self, a: Given) -> Call:
        return call("FrozenBatchNorm2d", a.in_channels, **given(eps=(a.eps, 1e-5)))
