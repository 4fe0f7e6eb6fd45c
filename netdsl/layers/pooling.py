"""Pooling: windows, adaptive and global; 1-, 2- or 3-dimensional by what flows in."""

from __future__ import annotations

from typing import ClassVar

from netdsl.code.expr import Call, Expr, Literal, call, given
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Given, Layer, Window
from netdsl.layers.fields import Bool, Extent
from netdsl.layers.geometry import (
    Motion,
    Padding,
    motion,
    padding_expr,
    size_label,
    step_label,
    window_label,
)
from netdsl.layers.inputs import sides_of
from netdsl.shapes import Shape, Size


class Pooling(Layer):
    """The base of all pooling. A subclass says how PyTorch calls it and with which arguments."""

    family: ClassVar[str] = "pooling"
    torch: ClassVar[tuple[str, str]]  # `MaxPool` and `max_pool`, without the number of sides

    def arguments(self, a: Given) -> tuple[Expr, dict[str, Expr]]:
        """What stands in both calls: the size, and the settings by name."""
        raise NotImplementedError

    def module(self, a: Given) -> Call:
        size, settings = self.arguments(a)
        return call(f"nn.{self.torch[0]}{a.dims}d", size, **settings)

    def function(self, a: Given, *x: Expr) -> Expr:
        size, settings = self.arguments(a)
        return call(f"F.{self.torch[1]}{a.dims}d", *x, size, **settings)


class WindowPooling(Pooling):
    """The base of pooling in a window that moves."""

    positional: ClassVar[int] = 1
    kind: ClassVar[str]

    kernel_size: Extent
    stride: Extent | None = None
    padding: Padding = 0
    ceil_mode: Bool = False

    def _motion(self, x: Shape) -> Motion:
        return motion(x, self.word, self.kernel_size, self.stride, self.padding)

    def output(self, x: Shape) -> Shape:
        moves = self._motion(x)
        for kernel, padding in zip(moves.kernel, moves.padding):
            if 2 * padding > kernel:
                raise Mistake(
                    "E217",
                    f"the padding of `{self.word}` is {Size(moves.padding)}, which is more than "
                    f"half of its kernel, {Size(moves.kernel)}",
                    hint="a window could lie in the padding only; put `pad` before it for more",
                )
        return x.with_sides(moves.over(x, self.word, self.ceil_mode))

    def window(self, x: Shape) -> Window:
        return self._motion(x).window

    def arguments(self, a: Given) -> tuple[Expr, dict[str, Expr]]:
        # PyTorch's stride is the kernel's size too where it is not given
        stride = Literal(None) if a.stride == a.kernel_size else a.stride
        padding = padding_expr(self, a, self.padding, self._motion(a.x).padding)
        return a.kernel_size, given(
            stride=(stride, None), padding=(padding, 0), ceil_mode=(a.ceil_mode, False)
        )

    def label(self) -> str:
        stride = self.kernel_size if self.stride is None else self.stride
        what = window_label(self.kernel_size, f"{self.kind} pool", self.dims)
        return what + step_label(stride)


class MaxPool(WindowPooling):
    """The largest number in a window; padding never wins.

    Input: C x H x W (or C x L, C x D x H x W). Output: C x H' x W' with
    H' = floor((H + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1, rounded up with
    `ceil_mode`, where the last window must start inside the input or its left padding.
    The stride is the kernel's size where it is not given. Source: Ranzato et al., 2007; Caffe for
    `ceil_mode`.
    """

    word: ClassVar[str] = "maxpool"
    torch: ClassVar[tuple[str, str]] = ("MaxPool", "max_pool")
    kind: ClassVar[str] = "max"

    dilation: Extent = 1

    def _motion(self, x: Shape) -> Motion:
        return motion(x, self.word, self.kernel_size, self.stride, self.padding, self.dilation)

    def arguments(self, a: Given) -> tuple[Expr, dict[str, Expr]]:
        size, settings = super().arguments(a)
        return size, {**settings, **given(dilation=(a.dilation, 1))}


class AvgPool(WindowPooling):
    """The mean of a window; with `count_include_pad` the padding counts as zeros.

    Input: C x H x W (or C x L, C x D x H x W). Output: C x H' x W' with
    H' = floor((H + 2 padding - kernel_size) / stride) + 1, rounded up with `ceil_mode`, where the
    last window must start inside the input or its left padding. The stride is the kernel's size
    where it is not given. Source: LeCun et al., 1998, II.B.
    """

    word: ClassVar[str] = "avgpool"
    torch: ClassVar[tuple[str, str]] = ("AvgPool", "avg_pool")
    kind: ClassVar[str] = "avg"

    count_include_pad: Bool = True

    def output(self, x: Shape) -> Shape:
        y = super().output(x)
        kernel = self.per_side("kernel_size", len(x.sides))
        larger = any(isinstance(n, int) and k > n for n, k in zip(x.sides, kernel))
        if len(x.sides) == 3 and larger:
            raise Mistake(
                "E213",
                f"the {Size(kernel)} kernel of `{self.word}` is larger than its input, "
                f"{Shape(*x.sides)}",
                hint="PyTorch demands that of volumes, whatever the padding",
            )
        return y

    def arguments(self, a: Given) -> tuple[Expr, dict[str, Expr]]:
        size, settings = super().arguments(a)
        return size, {**settings, **given(count_include_pad=(a.count_include_pad, True))}


# ------------------------------------------------------------------------------ adaptive and global
class AdaptivePooling(Pooling):
    """The base of pooling to a fixed size, in windows that cover the input evenly."""

    positional: ClassVar[int] = 1
    kind: ClassVar[str]

    output_size: Extent

    def output(self, x: Shape) -> Shape:
        dims = sides_of(x, self.word)
        return x.with_sides(self.per_side("output_size", dims))

    def window(self, x: Shape) -> Window | None:
        return even_window(x, self.output(x))

    def arguments(self, a: Given) -> tuple[Expr, dict[str, Expr]]:
        return a.output_size, {}

    def label(self) -> str:
        return f"adaptive {self.kind} pool, {size_label(self.output_size, self.dims)}"


class AdaptiveMaxPool(AdaptivePooling):
    """Max pooling to a fixed size: place i sees the places floor(i H / H') to ceil((i + 1) H / H').

    Input: C x H x W (or C x L, C x D x H x W). Output: C x output_size. Source: He et al., Spatial
    Pyramid Pooling, 2014.
    """

    word: ClassVar[str] = "adaptive_maxpool"
    torch: ClassVar[tuple[str, str]] = ("AdaptiveMaxPool", "adaptive_max_pool")
    kind: ClassVar[str] = "max"


class AdaptiveAvgPool(AdaptivePooling):
    """Average pooling to a fixed size: place i sees floor(i H / H') to ceil((i + 1) H / H').

    Input: C x H x W (or C x L, C x D x H x W). Output: C x output_size. Source: He et al., Spatial
    Pyramid Pooling, 2014; torchvision's AlexNet and VGG.
    """

    word: ClassVar[str] = "adaptive_avgpool"
    torch: ClassVar[tuple[str, str]] = ("AdaptiveAvgPool", "adaptive_avg_pool")
    kind: ClassVar[str] = "avg"


class GlobalPooling(Pooling):
    """The base of pooling over the whole map."""

    kind: ClassVar[str]

    def output(self, x: Shape) -> Shape:
        return x.with_sides((1,) * sides_of(x, self.word))

    def window(self, x: Shape) -> Window | None:
        return even_window(x, self.output(x))

    def arguments(self, a: Given) -> tuple[Expr, dict[str, Expr]]:
        return Literal(1), {}

    def label(self) -> str:
        return f"global {self.kind} pool"


class GlobalMaxPool(GlobalPooling):
    """The largest number of every channel.

    Input: C x H x W (or C x L, C x D x H x W). Output: C x 1 x 1; `flatten` gives C. Source: Oquab
    et al., 2015.
    """

    word: ClassVar[str] = "global_maxpool"
    torch: ClassVar[tuple[str, str]] = ("AdaptiveMaxPool", "adaptive_max_pool")
    kind: ClassVar[str] = "max"


class GlobalAvgPool(GlobalPooling):
    """The mean of every channel.

    Input: C x H x W (or C x L, C x D x H x W). Output: C x 1 x 1; `flatten` gives C. Source: Lin et
    al., Network in Network, 2013, 3.2.
    """

    word: ClassVar[str] = "global_avgpool"
    torch: ClassVar[tuple[str, str]] = ("AdaptiveAvgPool", "adaptive_avg_pool")
    kind: ClassVar[str] = "avg"


def even_window(x: Shape, y: Shape) -> Window | None:
    """The window of adaptive pooling where all places see equally much, else None."""
    kernel: list[int] = []
    for n, m in zip(x.sides, y.sides):
        if not isinstance(n, int) or not isinstance(m, int) or n % m:
            return None
        kernel.append(n // m)
    return Window(tuple(kernel), tuple(kernel), (0,) * len(kernel))
