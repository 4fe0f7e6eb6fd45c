"""Values as arguments of layers and blocks."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Fuse(nn.Module):
    """Input: (N, in_channels, H, W) and skip: (N, skip_channels, H, W).
    Output: (N, width, H, W).
    """

    def __init__(self, in_channels: int, width: int, skip_channels: int) -> None:
        super().__init__()
        self.lateral = nn.Conv2d(in_channels, width, kernel_size=1)
        self.reduced = nn.Conv2d(skip_channels, width, kernel_size=1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        lateral = self.lateral(x)
        reduced = self.reduced(skip)
        return reduced + lateral


class Decode(nn.Module):
    """Input: (N, in_channels, H, W) and skips: Sequence[Tensor].
    Output: (N, width, 2 * H, 2 * W).
    """

    def __init__(
        self, in_channels: int, width: int, skips_channels: Sequence[int]
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels + skips_channels[0] + skips_channels[1],
            width,
            kernel_size=3,
            padding=1,
        )

    def forward(self, x: Tensor, skips: Sequence[Tensor]) -> Tensor:
        x = F.interpolate(x, skips[0].shape[-2:])
        x = self.conv(torch.cat([x, skips[0], F.avg_pool2d(skips[1], 2)], dim=1))
        return F.relu(x, inplace=True)


class Values(nn.Module):
    """Input: (N, 3, 16, 16). Output: (N, classes, 16, 16)."""

    def __init__(self, classes: int = 5) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3, padding=1)
        self.fuse = Fuse(16, 16, 16)
        self.coarse = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.decode = Decode(32, 16, (16, 8))
        self.classify = nn.Conv2d(16, classes, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        fine = F.relu(self.conv1(x), inplace=True)
        out = F.max_pool2d(fine, 2)
        middle = F.relu(self.conv2(out), inplace=True)
        out = self.fuse(middle, middle)
        out = self.coarse(F.max_pool2d(out, 2))
        out = self.decode(out, [middle, fine])
        out = self.classify(out)
        return F.interpolate(out, x.shape[-2:])
