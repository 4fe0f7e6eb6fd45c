"""Arithmetic on values, and learned tensors."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Highway(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, channels, H, W)."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.h = nn.Conv2d(in_channels, channels, kernel_size=3, padding=1)
        self.conv = nn.Conv2d(in_channels, channels, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        activated = F.relu(self.h(x), inplace=True)
        t = torch.sigmoid(self.conv(x))
        return t * activated + (1 - t) * x


class SqueezeExcite(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, in_channels, H, W)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(in_channels, in_channels // 4)
        self.linear2 = nn.Linear(in_channels // 4, in_channels)

    def forward(self, x: Tensor) -> Tensor:
        out = F.adaptive_avg_pool2d(x, 1).flatten(1)
        out = F.relu(self.linear1(out), inplace=True)
        weight = torch.sigmoid(self.linear2(out))
        return x * weight[:, :, None, None]


class LayerScale(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, in_channels, H, W)."""

    def __init__(self, in_channels: int, start: float = 1e-4) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((in_channels,), start))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma[:, None, None]


class Arithmetic(nn.Module):
    """Input: (N, 8, 8, 8). Output: (N, 8, 8, 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(8))
        self.shift = nn.Parameter(torch.zeros(8))
        self.highway = Highway(8, 8)
        self.squeeze_excite = SqueezeExcite(8)
        self.layer_scale1 = LayerScale(8)
        self.layer_scale2 = LayerScale(8, start=0.1)
        self.scaled = nn.Conv2d(8, 8, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.gain[:, None, None] * x + self.shift[:, None, None]
        out = self.squeeze_excite(self.highway(out))
        seen = self.layer_scale2(self.layer_scale1(out))
        x = seen / (1 + seen.amax(dim=(2, 3), keepdim=True)) - x.mean(
            dim=(2, 3), keepdim=True
        )
        scaled = self.scaled(x)
        return torch.sqrt(torch.abs(scaled)) ** 3
