"""Branches side by side, with and without labels."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class MixedMaxpool(nn.Module):
    """Two branches with names, one of a single step, one of several.

    Input: (N, in_channels, H, W). Output: (N, 2 * width + width // 2, H, W).
    """

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, width, kernel_size=1)
        self.bn = nn.BatchNorm2d(width)
        self.branch2 = nn.Conv2d(in_channels, width, kernel_size=1)
        self.branch3 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            nn.Conv2d(in_channels, width // 2, kernel_size=1),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = [
            F.relu(self.bn(self.squeeze(x)), inplace=True),
            self.branch2(x),
            self.branch3(x),
        ]
        return torch.cat(branches, dim=1)


class MixedAvgpool(nn.Module):
    """Two branches with names, one of a single step, one of several.

    Input: (N, in_channels, H, W). Output: (N, 2 * width + width // 2, H, W).
    """

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, width, kernel_size=1)
        self.bn = nn.BatchNorm2d(width)
        self.branch2 = nn.Conv2d(in_channels, width, kernel_size=1)
        self.branch3 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1),
            nn.Conv2d(in_channels, width // 2, kernel_size=1),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = [
            F.relu(self.bn(self.squeeze(x)), inplace=True),
            self.branch2(x),
            self.branch3(x),
        ]
        return torch.cat(branches, dim=1)


class Merges(nn.Module):
    """Input: (N, 3, 16, 16). Output: (N, 24, 8, 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.mixed1 = MixedMaxpool(3, 16)
        self.mixed2 = MixedAvgpool(40, 32)  # 80x16x16
        self.branch1 = nn.Conv2d(80, 8, kernel_size=3, stride=2, padding=1)
        self.branch4 = nn.Sequential(
            nn.Conv2d(88, 88, kernel_size=1),
            nn.BatchNorm2d(88),
        )
        self.branch5 = nn.Sequential(
            nn.Conv2d(88, 88, kernel_size=3, padding=1),
            nn.BatchNorm2d(88),
        )
        self.branch6 = nn.Sequential(
            nn.Conv2d(88, 8, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
        )
        self.branch7 = nn.Sequential(
            nn.Conv2d(88, 8, kernel_size=3, padding=2, dilation=2),
            nn.ReLU(inplace=True),
        )
        self.branch8 = nn.Sequential(
            nn.Conv2d(88, 8, kernel_size=3, padding=3, dilation=3),
            nn.ReLU(inplace=True),
        )
        self.branch9 = nn.Sequential(nn.Conv2d(24, 24, kernel_size=1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        x = self.mixed1(x)
        x = self.mixed2(x)
        x = torch.cat([self.branch1(x), F.max_pool2d(x, 2)], dim=1)
        x = x + self.branch4(x) + self.branch5(x)
        branches = [self.branch6(x), self.branch7(x), self.branch8(x)]
        x = torch.cat(branches, dim=1)
        return self.branch9(x) * x
