"""Layers of the classics: means, given kernels, connection tables, subsampling,
distances to codes.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# What blurs an image.
BLUR = ((1, 2, 1), (2, 4, 2), (1, 2, 1))
EDGES = ((0, 1, 0), (1, -4, 1), (0, 1, 0))


class TableConv2d(nn.Module):
    """Convolution in which output channel i reads the input channels of row i of a table.

    Only their kernels are stored, row after row (C3 of LeNet-5; LeCun et al., 1998).
    Input: (N, in_channels, H, W). Output: (N, out_channels, H', W').
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        connections: Sequence[Sequence[int]],
        stride: int | tuple[int, int] = 1,
        padding: str | int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        size = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
        self.shape = (out_channels, in_channels, *size)
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.outputs = [i for i, row in enumerate(connections) for _ in row]
        self.inputs = [j for row in connections for j in row]
        # As nn.Conv2d starts, by how many numbers the output channel reads.
        reads = [len(row) * size[0] * size[1] for row in connections]
        bounds = torch.tensor(reads).rsqrt()
        kernels = torch.empty(len(self.inputs), *size).uniform_(-1, 1)
        self.weight = nn.Parameter(kernels * bounds[self.outputs].view(-1, 1, 1))
        start = bounds * torch.empty(out_channels).uniform_(-1, 1)
        self.bias = nn.Parameter(start) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        kernels = self.weight.new_zeros(self.shape)
        kernels[self.outputs, self.inputs] = self.weight
        return F.conv2d(x, kernels, self.bias, self.stride, self.padding, self.dilation)


class FixedConv2d(nn.Module):
    """Convolution with kernels that are given: one for all, one an output channel, or one a pair.

    With `flip` they are turned by 180 degrees.
    Input: (N, in_channels, H, W). Output: (N, out_channels, H', W').
    """

    weight: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        weights: Sequence[Any],
        stride: int | tuple[int, int] = 1,
        padding: str | int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        flip: bool = False,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
        kernels = torch.tensor(weights, dtype=torch.get_default_dtype())
        if kernels.dim() == 3:
            kernels = kernels.unsqueeze(1)
        if flip:
            kernels = kernels.flip(-2, -1)
        size = (out_channels, in_channels // groups, *kernels.shape[-2:])
        self.register_buffer("weight", kernels.expand(size).clone())

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(
            x,
            self.weight,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
        )


class FlippedConv2d(nn.Conv2d):
    """The convolution of textbooks: its kernels are turned by 180 degrees.

    Input: (N, in_channels, H, W). Output: (N, out_channels, H', W').
    """

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight.flip(-2, -1), self.bias)


class Subsample2d(nn.Module):
    """The sum of a window times a learned coefficient plus a bias, one of each a channel.

    Windows lie side by side; it starts as their mean (S2 of LeNet-5; LeCun et al., 1998).
    Input: (N, channels, H, W). Output: (N, channels, H', W').
    """

    def __init__(self, channels: int, kernel_size: int | tuple[int, int]) -> None:
        super().__init__()
        self.size = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
        start = 1 / (self.size[0] * self.size[1])
        self.weight = nn.Parameter(torch.full((channels,), start))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        sums = F.avg_pool2d(x, self.size, divisor_override=1)
        return self.weight.view(-1, 1, 1) * sums + self.bias.view(-1, 1, 1)


def squared_distances(x: Tensor, codes: Tensor) -> Tensor:
    """How far vectors are from codes. Input: (N, C) and (M, C). Output: (N, M)."""
    return (x.unsqueeze(1) - codes).square().sum(dim=2)


class RBF(nn.Module):
    """Squared distances to learned codes.

    Input: (N, in_features). Output: (N, out_features).
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        codes = torch.empty(out_features, in_features).uniform_(-1, 1)
        self.weight = nn.Parameter(codes)

    def forward(self, x: Tensor) -> Tensor:
        return squared_distances(x, self.weight)


class RandomRBF(nn.Module):
    """Squared distances to fixed codes of 1 and -1, the same ones for a seed wherever it runs.

    Input: (N, in_features). Output: (N, out_features).
    """

    weight: Tensor

    def __init__(self, in_features: int, out_features: int, seed: int) -> None:
        super().__init__()
        chance = torch.Generator().manual_seed(seed)
        size = (out_features, in_features)
        coins = torch.randint(2, size, generator=chance, device="cpu")
        self.register_buffer("weight", torch.tensor((2.0 * coins - 1).tolist()))

    def forward(self, x: Tensor) -> Tensor:
        return squared_distances(x, self.weight)


def digit_bitmaps() -> Tensor:
    """The digits 0 to 9 as pictures of 7x12 places, 1 or -1 (LeCun et al., 1998, figure 3).

    Output: (10, 84).
    """
    pictures = """
    .#####.  ...##..  .#####.  #######  .#####.
    .......  ..###..  .......  .....##  .......
    ..###..  .####..  .#####.  ....##.  .......
    .##.##.  ...##..  ##...##  ...##..  .##..##
    ##...##  ...##..  #....##  ..####.  .##..##
    ##...##  ...##..  ....##.  .....##  ###..##
    ##...##  ...##..  ..###..  .....##  ##...##
    ##...##  ...##..  .##....  .....##  ##...##
    .##.##.  ...##..  ##.....  ##...##  ##..###
    ..###..  .######  #######  .#####.  .######
    .......  .......  .......  .......  .....##
    .......  .......  .......  .......  .....##

    .#####.  ..####.  #######  .#####.  .#####.
    .......  .##....  .....##  ##...##  ##..###
    #######  ##.....  .....##  ##...##  ##...##
    ##.....  ##.....  ....##.  ##...##  ##...##
    ##.....  ######.  ...##..  .#####.  ##..###
    .####..  ###..##  ...##..  ##...##  .######
    ..####.  ##...##  ..##...  ##...##  .....##
    .....##  ##...##  ..##...  ##...##  .....##
    ##...##  ###..##  ..##...  ##...##  ....##.
    .#####.  .#####.  ..##...  .#####.  .####..
    .......  .......  .......  .......  .......
    .......  .......  .......  .......  .......
    """
    lines = [line.split() for line in pictures.splitlines() if line.strip()]
    digits = [*zip(*lines[:12]), *zip(*lines[12:])]
    codes = [[1.0 if c == "#" else -1.0 for c in "".join(rows)] for rows in digits]
    return torch.tensor(codes)


class BitmapRBF(nn.Module):
    """Squared distances to the bitmaps of ten digits. Input: (N, 84). Output: (N, 10)."""

    weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weight", digit_bitmaps())

    def forward(self, x: Tensor) -> Tensor:
        return squared_distances(x, self.weight)


def local_response_norm_within(
    x: Tensor,
    size: int,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 2.0,
) -> Tensor:
    """x / (k + alpha * s)^beta, s the sum of x^2 over size x size places of the channel.

    Input and output: (N, C, H, W).
    """
    means = F.avg_pool2d(x.square(), size, stride=1, padding=size // 2)
    return x / (k + alpha * size**2 * means) ** beta


class Normalize(nn.Module):
    """Take off a mean and divide by a deviation, of every channel or one for all.

    Input and output: (N, C, ...).
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        mean: float | Sequence[float],
        std: float | Sequence[float] = 1.0,
    ) -> None:
        super().__init__()
        dtype = torch.get_default_dtype()
        self.register_buffer("mean", torch.tensor(mean, dtype=dtype), persistent=False)
        self.register_buffer("std", torch.tensor(std, dtype=dtype), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        shape = [-1] + [1] * (x.dim() - 2)
        return (x - self.mean.view(shape)) / self.std.view(shape)


class SubtractImage(nn.Module):
    """Take off a mean image: zeros until one is loaded. Input and output: (N, *shape)."""

    mean: Tensor

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        return x - self.mean


def scaled_tanh(x: Tensor, amplitude: float = 1.7159, slope: float = 2 / 3) -> Tensor:
    """The squashing of LeNet-5: f(1) = 1 and f(-1) = -1 (LeCun et al., 1998)."""
    return amplitude * torch.tanh(slope * x)


class Filtered(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, in_channels, H, W)."""

    def __init__(
        self,
        in_channels: int,
        kernel: Sequence[Sequence[int]],
        mean: float | Sequence[float] = 0.5,
    ) -> None:
        super().__init__(
            Normalize(mean),
            FixedConv2d(
                in_channels, in_channels, weights=kernel, padding=1, groups=in_channels
            ),
        )


class Unit(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, channels, H, W)."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return scaled_tanh(self.conv(x))


class Table(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, channels, H, W)."""

    def __init__(
        self, in_channels: int, channels: int, rows: Sequence[Sequence[int]]
    ) -> None:
        super().__init__()
        self.conv = TableConv2d(
            in_channels, channels, kernel_size=3, connections=rows, padding=1
        )

    def forward(self, x: Tensor) -> Tensor:
        return scaled_tanh(self.conv(x))


class Unit2(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, channels, H, W)."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.conv = FlippedConv2d(in_channels, channels, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return scaled_tanh(self.conv(x))


class Head(nn.Sequential):
    """Input: (N, in_channels, 2, 2). Output: (N, classes)."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__(
            nn.Flatten(),
            nn.Linear(in_channels * 2 * 2, 84),
            RBF(84, classes),
        )


class Head2(nn.Sequential):
    """Input: (N, in_channels, 2, 2). Output: (N, classes)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__(nn.Flatten(), nn.Linear(in_channels * 2 * 2, 84), BitmapRBF())


class ClassicsOutput(NamedTuple):
    """What `Classics` gives."""

    learned: Tensor
    drawn: Tensor
    chance: Tensor


class Classics(nn.Module):
    """Input: (N, 3, 8, 8).
    Output: learned (N, classes), drawn (N, 10), chance (N, classes).
    """

    def __init__(
        self, classes: int = 4, mean: Sequence[float] = (0.1, 0.2, 0.3), seed: int = 5
    ) -> None:
        super().__init__()
        self.normalize = SubtractImage(3, 8, 8)
        self.filtered1 = Filtered(3, BLUR)
        self.filtered2 = Filtered(3, EDGES, mean)
        self.first = Unit(3, 4)
        self.second = Table(4, 3, ((0, 1), (2, 3), (0, 2, 3)))
        self.third = Table(3, 2, ((0,), (1, 2)))
        self.fourth = Unit2(2, 2)
        self.subsample1 = Subsample2d(2, 2)
        self.subsample2 = Subsample2d(2, 2)
        self.learned = Head(2, classes)
        self.drawn = Head2(2)
        self.chance = nn.Sequential(
            nn.Flatten(),
            RandomRBF(2 * 2 * 2, classes, seed=seed),
        )
        for module in self.modules():
            if (
                isinstance(module, (FlippedConv2d, TableConv2d, nn.Conv2d))
                and module.bias is not None
            ):
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.get_parameter("learned.2.weight"), std=0.5)
        nn.init.uniform_(self.second.conv.weight, a=-0.1, b=0.1)
        nn.init.kaiming_normal_(self.fourth.conv.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> ClassicsOutput:
        x = self.normalize(x)
        x = self.filtered2(self.filtered1(x))
        x = self.first(x)
        x = self.second(x)
        x = self.third(x)
        x = local_response_norm_within(self.fourth(x), 5)
        x = local_response_norm_within(x, 3, k=1.0)
        x = scaled_tanh(self.subsample1(x))
        shrunk = scaled_tanh(self.subsample2(x))
        learned = self.learned(shrunk)
        drawn = self.drawn(shrunk)
        chance = self.chance(shrunk)
        return ClassicsOutput(learned, drawn, chance)
