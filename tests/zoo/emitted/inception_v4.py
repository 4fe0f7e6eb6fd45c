"""Inception-v4, with timm's names.

Szegedy et al., "Inception-v4, Inception-ResNet and the impact of residual connections
on learning", 2016. What its figures mark with V has `padding=0`; all else keeps its
size.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Unit(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, channels, ...)."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel_size: int | tuple[int, int],
        stride: int = 1,
        padding: int | str = "same",
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels,
            channels,
            kernel_size,
            stride=stride,
            padding=padding,
            bias=False,
        )
        self.bn = nn.BatchNorm2d(channels, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Mixed3a(nn.Module):
    """Input: (N, in_channels, H, W).
    Output: (N, in_channels + 96, (H - 1) / 2, (W - 1) / 2).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv = Unit(in_channels, 96, 3, stride=2, padding=0)

    def forward(self, x: Tensor) -> Tensor:
        branches = [F.max_pool2d(x, 3, stride=2), self.conv(x)]
        return torch.cat(branches, dim=1)


class Mixed4a(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, 192, H - 2, W - 2)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = nn.Sequential(
            Unit(in_channels, 64, 1),
            Unit(64, 96, 3, padding=0),
        )
        self.branch1 = nn.Sequential(
            Unit(in_channels, 64, 1),
            Unit(64, 64, (1, 7)),
            Unit(64, 64, (7, 1)),
            Unit(64, 96, 3, padding=0),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch0(x), self.branch1(x)], dim=1)


class Mixed5a(nn.Module):
    """Input: (N, in_channels, H, W).
    Output: (N, 192 + in_channels, (H - 1) / 2, (W - 1) / 2).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv = Unit(in_channels, 192, 3, stride=2, padding=0)

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.conv(x), F.max_pool2d(x, 3, stride=2)]
        return torch.cat(branches, dim=1)


class InceptionA(nn.Module):
    """For maps of 35x35.

    Input: (N, in_channels, H, W). Output: (N, 384, H, W).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = Unit(in_channels, 96, 1)
        self.branch1 = nn.Sequential(Unit(in_channels, 64, 1), Unit(64, 96, 3))
        self.branch2 = nn.Sequential(
            Unit(in_channels, 64, 1),
            Unit(64, 96, 3),
            Unit(96, 96, 3),
        )
        self.branch3 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            Unit(in_channels, 96, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)]
        return torch.cat(branches, dim=1)


class ReductionA(nn.Module):
    """From maps of 35x35 to 17x17; table 1 of the paper has its four numbers for each
    network.

    Input: (N, in_channels, H, W).
    Output: (N, n + m + in_channels, (H - 1) / 2, (W - 1) / 2).
    """

    def __init__(self, in_channels: int, k: int, l_: int, m: int, n: int) -> None:
        super().__init__()
        self.branch0 = Unit(in_channels, n, 3, stride=2, padding=0)
        self.branch1 = nn.Sequential(
            Unit(in_channels, k, 1),
            Unit(k, l_, 3),
            Unit(l_, m, 3, stride=2, padding=0),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.branch0(x), self.branch1(x), F.max_pool2d(x, 3, stride=2)]
        return torch.cat(branches, dim=1)


class InceptionB(nn.Module):
    """For maps of 17x17.

    Input: (N, in_channels, H, W). Output: (N, 1024, H, W).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = Unit(in_channels, 384, 1)
        self.branch1 = nn.Sequential(
            Unit(in_channels, 192, 1),
            Unit(192, 224, (1, 7)),
            Unit(224, 256, (7, 1)),
        )
        self.branch2 = nn.Sequential(
            Unit(in_channels, 192, 1),
            Unit(192, 192, (7, 1)),
            Unit(192, 224, (1, 7)),
            Unit(224, 224, (7, 1)),
            Unit(224, 256, (1, 7)),
        )
        self.branch3 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            Unit(in_channels, 128, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)]
        return torch.cat(branches, dim=1)


class ReductionB(nn.Module):
    """From maps of 17x17 to 8x8.

    Input: (N, in_channels, H, W).
    Output: (N, 512 + in_channels, (H - 1) / 2, (W - 1) / 2).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = nn.Sequential(
            Unit(in_channels, 192, 1),
            Unit(192, 192, 3, stride=2, padding=0),
        )
        self.branch1 = nn.Sequential(
            Unit(in_channels, 256, 1),
            Unit(256, 256, (1, 7)),
            Unit(256, 320, (7, 1)),
            Unit(320, 320, 3, stride=2, padding=0),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.branch0(x), self.branch1(x), F.max_pool2d(x, 3, stride=2)]
        return torch.cat(branches, dim=1)


class InceptionC(nn.Module):
    """For maps of 8x8, with branches that fork.

    Input: (N, in_channels, H, W). Output: (N, 1536, H, W).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch0 = Unit(in_channels, 256, 1)
        self.branch1_0 = Unit(in_channels, 384, 1)
        self.branch1_1a = Unit(384, 256, (1, 3))
        self.branch1_1b = Unit(384, 256, (3, 1))
        self.branch2_0 = Unit(in_channels, 384, 1)
        self.branch2_1 = Unit(384, 448, (3, 1))
        self.branch2_2 = Unit(448, 512, (1, 3))
        self.branch2_3a = Unit(512, 256, (1, 3))
        self.branch2_3b = Unit(512, 256, (3, 1))
        self.branch3 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            Unit(in_channels, 256, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        branch1 = self.branch0(x)
        branch2 = self.branch1_0(x)
        branches = [self.branch1_1a(branch2), self.branch1_1b(branch2)]
        branch2 = torch.cat(branches, dim=1)
        branch5 = self.branch2_2(self.branch2_1(self.branch2_0(x)))
        branches = [
            branch1,
            branch2,
            torch.cat([self.branch2_3a(branch5), self.branch2_3b(branch5)], dim=1),
            self.branch3(x),
        ]
        return torch.cat(branches, dim=1)


class InceptionV4(nn.Module):
    """Input: (N, 3, 299, 299). Output: (N, classes)."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.features = nn.Sequential(
            Unit(3, 32, 3, stride=2, padding=0),
            Unit(32, 32, 3, padding=0),
            Unit(32, 64, 3),
            Mixed3a(64),
            Mixed4a(160),
            Mixed5a(192),
            *(InceptionA(384) for _ in range(4)),
            ReductionA(384, 192, 224, 256, 384),
            *(InceptionB(1024) for _ in range(7)),
            ReductionB(1024),
            *(InceptionC(1536) for _ in range(3)),
        )
        self.dropout = nn.Dropout(0.2)
        self.last_linear = nn.Linear(1536, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            elif isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = self.dropout(F.adaptive_avg_pool2d(x, 1).flatten(1))
        return self.last_linear(x)
