"""Inception-v3, with torchvision's names.

Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015.
"""

from typing import ClassVar, NamedTuple

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
        padding: int | tuple[int, int] = 0,
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


class InceptionA(nn.Module):
    """For maps of 35x35.

    Input: (N, in_channels, H, W). Output: (N, 224 + proj, H, W).
    """

    def __init__(self, in_channels: int, proj: int) -> None:
        super().__init__()
        self.branch1x1 = Unit(in_channels, 64, 1)
        self.branch5x5_1 = Unit(in_channels, 48, 1)
        self.branch5x5_2 = Unit(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = Unit(in_channels, 64, 1)
        self.branch3x3dbl_2 = Unit(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Unit(96, 96, 3, padding=1)
        self.branch_pool = Unit(in_channels, proj, 1)

    def forward(self, x: Tensor) -> Tensor:
        branches = [
            self.branch1x1(x),
            self.branch5x5_2(self.branch5x5_1(x)),
            self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x))),
            self.branch_pool(F.avg_pool2d(x, 3, stride=1, padding=1)),
        ]
        return torch.cat(branches, dim=1)


class InceptionB(nn.Module):
    """From maps of 35x35 to 17x17.

    Input: (N, in_channels, H, W).
    Output: (N, 480 + in_channels, (H - 1) / 2, (W - 1) / 2).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch3x3 = Unit(in_channels, 384, 3, stride=2)
        self.branch3x3dbl_1 = Unit(in_channels, 64, 1)
        self.branch3x3dbl_2 = Unit(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Unit(96, 96, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        branches = [
            self.branch3x3(x),
            self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x))),
            F.max_pool2d(x, 3, stride=2),
        ]
        return torch.cat(branches, dim=1)


class InceptionC(nn.Module):
    """For maps of 17x17: 7x7 convolutions, each as a 1x7 and a 7x1.

    Input: (N, in_channels, H, W). Output: (N, 768, H, W).
    """

    def __init__(self, in_channels: int, inner: int) -> None:
        super().__init__()
        self.branch1x1 = Unit(in_channels, 192, 1)
        self.branch7x7_1 = Unit(in_channels, inner, 1)
        self.branch7x7_2 = Unit(inner, inner, (1, 7), padding=(0, 3))
        self.branch7x7_3 = Unit(inner, 192, (7, 1), padding=(3, 0))
        self.branch7x7dbl_1 = Unit(in_channels, inner, 1)
        self.branch7x7dbl_2 = Unit(inner, inner, (7, 1), padding=(3, 0))
        self.branch7x7dbl_3 = Unit(inner, inner, (1, 7), padding=(0, 3))
        self.branch7x7dbl_4 = Unit(inner, inner, (7, 1), padding=(3, 0))
        self.branch7x7dbl_5 = Unit(inner, 192, (1, 7), padding=(0, 3))
        self.branch_pool = Unit(in_channels, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        branch3 = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        branches = [
            self.branch1x1(x),
            self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x))),
            self.branch7x7dbl_5(self.branch7x7dbl_4(branch3)),
            self.branch_pool(F.avg_pool2d(x, 3, stride=1, padding=1)),
        ]
        return torch.cat(branches, dim=1)


class AuxLogits(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, classes)."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.conv0 = Unit(in_channels, 128, 1)
        self.conv1 = Unit(128, 768, 5)  # 768x1x1
        self.fc = nn.Linear(768, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.avg_pool2d(x, 5, stride=3)
        x = self.conv1(self.conv0(x))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class InceptionD(nn.Module):
    """From maps of 17x17 to 8x8.

    Input: (N, in_channels, H, W).
    Output: (N, 512 + in_channels, (H - 1) / 2, (W - 1) / 2).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch3x3_1 = Unit(in_channels, 192, 1)
        self.branch3x3_2 = Unit(192, 320, 3, stride=2)
        self.branch7x7x3_1 = Unit(in_channels, 192, 1)
        self.branch7x7x3_2 = Unit(192, 192, (1, 7), padding=(0, 3))
        self.branch7x7x3_3 = Unit(192, 192, (7, 1), padding=(3, 0))
        self.branch7x7x3_4 = Unit(192, 192, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        branch2 = self.branch7x7x3_2(self.branch7x7x3_1(x))
        branches = [
            self.branch3x3_2(self.branch3x3_1(x)),
            self.branch7x7x3_4(self.branch7x7x3_3(branch2)),
            F.max_pool2d(x, 3, stride=2),
        ]
        return torch.cat(branches, dim=1)


class InceptionE(nn.Module):
    """For maps of 8x8, with branches that fork.

    Input: (N, in_channels, H, W). Output: (N, 2048, H, W).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1x1 = Unit(in_channels, 320, 1)
        self.branch3x3_1 = Unit(in_channels, 384, 1)
        self.branch3x3_2a = Unit(384, 384, (1, 3), padding=(0, 1))
        self.branch3x3_2b = Unit(384, 384, (3, 1), padding=(1, 0))
        self.branch3x3dbl_1 = Unit(in_channels, 448, 1)
        self.branch3x3dbl_2 = Unit(448, 384, 3, padding=1)
        self.branch3x3dbl_3a = Unit(384, 384, (1, 3), padding=(0, 1))
        self.branch3x3dbl_3b = Unit(384, 384, (3, 1), padding=(1, 0))
        self.branch_pool = Unit(in_channels, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        branch1 = self.branch1x1(x)
        branch2 = self.branch3x3_1(x)
        branches = [self.branch3x3_2a(branch2), self.branch3x3_2b(branch2)]
        branch2 = torch.cat(branches, dim=1)
        branch5 = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        branches = [
            branch1,
            branch2,
            torch.cat(
                [self.branch3x3dbl_3a(branch5), self.branch3x3dbl_3b(branch5)], dim=1
            ),
            self.branch_pool(F.avg_pool2d(x, 3, stride=1, padding=1)),
        ]
        return torch.cat(branches, dim=1)


class InceptionV3Output(NamedTuple):
    """What `InceptionV3` gives in training."""

    output: Tensor
    AuxLogits: Tensor


class InceptionV3(nn.Module):
    """Input: (N, 3, 299, 299). Output: (N, classes), in training with AuxLogits."""

    aux_weights: ClassVar[dict[str, float]] = {"AuxLogits": 0.4}

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Unit(3, 32, 3, stride=2)  # 32x149x149
        self.Conv2d_2a_3x3 = Unit(32, 32, 3)  # 32x147x147
        self.Conv2d_2b_3x3 = Unit(32, 64, 3, padding=1)  # 64x147x147
        self.Conv2d_3b_1x1 = Unit(64, 80, 1)  # 80x73x73
        self.Conv2d_4a_3x3 = Unit(80, 192, 3)  # 192x71x71
        self.Mixed_5b = InceptionA(192, 32)  # 256x35x35
        self.Mixed_5c = InceptionA(256, 64)  # 288x35x35
        self.Mixed_5d = InceptionA(288, 64)  # 288x35x35
        self.Mixed_6a = InceptionB(288)  # 768x17x17
        self.Mixed_6b = InceptionC(768, 128)  # 768x17x17
        self.Mixed_6c = InceptionC(768, 160)  # 768x17x17
        self.Mixed_6d = InceptionC(768, 160)  # 768x17x17
        self.Mixed_6e = InceptionC(768, 192)  # 768x17x17
        self.AuxLogits = AuxLogits(768, classes)
        self.Mixed_7a = InceptionD(768)  # 1280x8x8
        self.Mixed_7b = InceptionE(1280)  # 2048x8x8
        self.Mixed_7c = InceptionE(2048)  # 2048x8x8
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(2048, classes)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.trunc_normal_(module.weight, std=0.1)
        nn.init.trunc_normal_(self.AuxLogits.conv1.conv.weight, std=0.01)
        nn.init.trunc_normal_(self.AuxLogits.fc.weight, std=0.001)

    def forward(self, x: Tensor) -> Tensor | InceptionV3Output:
        x = self.Conv2d_1a_3x3(x)
        x = self.Conv2d_2a_3x3(x)
        x = self.Conv2d_2b_3x3(x)
        x = F.max_pool2d(x, 3, stride=2)
        x = self.Conv2d_3b_1x1(x)
        x = self.Conv2d_4a_3x3(x)
        x = F.max_pool2d(x, 3, stride=2)
        x = self.Mixed_5b(x)
        x = self.Mixed_5c(x)
        x = self.Mixed_5d(x)
        x = self.Mixed_6a(x)
        x = self.Mixed_6b(x)
        x = self.Mixed_6c(x)
        x = self.Mixed_6d(x)
        x = self.Mixed_6e(x)
        AuxLogits = self.AuxLogits(x) if self.training else None
        x = self.Mixed_7a(x)
        x = self.Mixed_7b(x)
        x = self.Mixed_7c(x)
        x = self.dropout(F.adaptive_avg_pool2d(x, 1)).flatten(1)
        x = self.fc(x)
        if AuxLogits is not None:
            return InceptionV3Output(x, AuxLogits)
        return x
