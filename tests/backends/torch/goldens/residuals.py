"""Residuals, with shortcuts, conditions, a scale and stochastic depth."""

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


class Projected(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, width, H / stride, W / stride)."""

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels, width, kernel_size=3, stride=stride, padding=1, bias=False
        )
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3: nn.Module = nn.Identity()
        if stride != 1 or in_channels != width:
            self.conv3 = nn.Conv2d(
                in_channels, width, kernel_size=1, stride=stride, bias=False
            )

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.conv3(x), inplace=True)


class Padded(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, width, H / stride, W / stride)."""

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, width, kernel_size=3, stride=stride, padding=1, bias=False
        )
        self.bn = nn.BatchNorm2d(width)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1:
            self.shortcut = nn.Sequential(
                nn.MaxPool2d(1, stride=stride),
                PadChannels(width),
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn(self.conv(x))
        return stochastic_depth(out, 0.8, self.training) + self.shortcut(x)


class Conditional(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, width, H, W)."""

    def __init__(self, in_channels: int, width: int, scale: float = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, width, kernel_size=3, padding=1)
        self.scale = scale
        self.residual = in_channels == width

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.conv(x), inplace=True)
        return x + self.scale * out if self.residual else out


class Residuals(nn.Module):
    """Input: (N, 8, 16, 16). Output: (N, 32, 4, 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.projected1 = Projected(8, 8)
        self.projected2 = Projected(8, 16, stride=2)  # 16x8x8
        self.padded1 = Padded(16, 16)
        self.padded2 = Padded(16, 24, stride=2)  # 24x4x4
        self.conditional1 = Conditional(24, 24, scale=0.5)
        self.conditional2 = Conditional(24, 32)
        self.conv1 = nn.Conv2d(32, 32, kernel_size=1)
        self.bn = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 32, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.projected2(self.projected1(x))
        x = self.padded2(self.padded1(x))
        x = self.conditional2(self.conditional1(x))
        out = self.conv1(x)
        x = x + 0.17 * out
        out = self.conv2(F.relu(self.bn(x), inplace=True))
        return x + out
