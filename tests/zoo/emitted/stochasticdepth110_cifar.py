"""ResNets for CIFAR-10 whose blocks are left out at random while they are trained.

Huang et al., "Deep networks with stochastic depth", 2016. Block l of all 3n counts with
the chance 1 - l / 3n (1 - last), and times that when the network is used. Where maps
shrink, the shortcut pools means, and appends zeros as channels.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def pad_channels(x: Tensor, channels: int) -> Tensor:
    """Zeros behind the channels. Input: (N, C, ...). Output: (N, channels, ...)."""
    sides = [0, 0] * (x.dim() - 2)
    return F.pad(x, sides + [0, channels - x.shape[1]])


class PadChannels(nn.Module):
    """Zeros behind the channels. Input: (N, C, ...). Output: (N, channels, ...)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        return pad_channels(x, self.channels)


def stochastic_depth(x: Tensor, survival: float, training: bool) -> Tensor:
    """In training all of `x` or zeros, by chance; else `x` times the chance of surviving."""
    if not training:
        return x * survival
    return x * torch.bernoulli(torch.full((), survival, dtype=x.dtype, device=x.device))


class Basic(nn.Module):
    """Two 3x3 convolutions, left out at times, beside a shortcut.

    Input: (N, in_channels, H, W). Output: (N, width, H / stride, W / stride).
    """

    def __init__(
        self, in_channels: int, width: int, survival: float, stride: int = 1
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels, width, kernel_size=3, stride=stride, padding=1, bias=False
        )
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.survival = survival
        self.downsample: nn.Module = nn.Identity()
        if stride != 1:
            self.downsample = nn.Sequential(
                nn.AvgPool2d((stride, stride)),
                PadChannels(width),
            )

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.bn2(self.conv2(out))
        x = stochastic_depth(out, self.survival, self.training) + self.downsample(x)
        return F.relu(x, inplace=True)


class Stage(nn.Sequential):
    """n of the 3n blocks, from the one with the number `first`.

    Input: (N, in_channels, H, W). Output: (N, width, H / stride, W / stride).
    """

    def __init__(
        self,
        in_channels: int,
        width: int,
        n: int,
        first: int,
        last: float,
        stride: int = 1,
    ) -> None:
        channels = in_channels
        layers: list[nn.Module] = []
        for i in range(n):
            layers.append(
                Basic(
                    channels,
                    width,
                    1 - (first + i) / (3 * n) * (1 - last),
                    stride=stride if i == 0 else 1,
                )
            )
            channels = width
        super().__init__(*layers)


class StochasticDepth110_CIFAR(nn.Module):
    """Input: (N, 3, 32, 32). Output: (N, classes)."""

    def __init__(self, n: int = 18, last: float = 0.5, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = Stage(16, 16, n, 1, last)  # 16x32x32
        self.layer2 = Stage(16, 32, n, n + 1, last, stride=2)  # 32x16x16
        self.layer3 = Stage(32, 64, n, 2 * n + 1, last, stride=2)  # 64x8x8
        self.fc = nn.Linear(64, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))
