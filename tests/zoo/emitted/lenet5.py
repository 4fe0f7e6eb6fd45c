"""LeNet-5, which reads handwritten digits: as it was published, and as it is taught
today.

LeCun et al., "Gradient-based learning applied to document recognition", 1998.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Row i lists the maps of S2 that map i of C3 reads.
C3_TABLE = (
    (0, 1, 2),
    (1, 2, 3),
    (2, 3, 4),
    (3, 4, 5),
    (0, 4, 5),
    (0, 1, 5),
    (0, 1, 2, 3),
    (1, 2, 3, 4),
    (2, 3, 4, 5),
    (0, 3, 4, 5),
    (0, 1, 4, 5),
    (0, 1, 2, 5),
    (0, 1, 3, 4),
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)


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


def scaled_tanh(x: Tensor, amplitude: float = 1.7159, slope: float = 2 / 3) -> Tensor:
    """The squashing of LeNet-5: f(1) = 1 and f(-1) = -1 (LeCun et al., 1998)."""
    return amplitude * torch.tanh(slope * x)


class LeNet5(nn.Module):
    """LeNet-5 as it was published: the least of its outputs is the digit.

    LeCun et al., "Gradient-based learning applied to document recognition", 1998.

    Input: (N, 1, 32, 32). Output: (N, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, kernel_size=5)
        self.s2 = Subsample2d(6, 2)
        self.c3 = TableConv2d(6, 16, kernel_size=5, connections=C3_TABLE)
        self.s4 = Subsample2d(16, 2)
        self.c5 = nn.Conv2d(16, 120, kernel_size=5)
        self.f6 = nn.Linear(120, 84)
        self.output = BitmapRBF()

    def forward(self, x: Tensor) -> Tensor:
        x = scaled_tanh(self.c1(x))
        x = scaled_tanh(self.s2(x))
        x = scaled_tanh(self.c3(x))
        x = scaled_tanh(self.s4(x))
        x = scaled_tanh(self.c5(x))
        x = x.flatten(1)
        x = scaled_tanh(self.f6(x))
        return self.output(x)
