"""Layers and blocks as arguments, and some of their arguments given before."""

from torch import Tensor, nn
from torch.nn import functional as F


class Unit(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H, W)."""

    def __init__(self, in_channels: int, width: int, kernel_size: int = 3) -> None:
        super().__init__(
            nn.Conv2d(
                in_channels, width, kernel_size, padding=kernel_size // 2, bias=False
            ),
            nn.BatchNorm2d(width, eps=1e-3, momentum=0.01),
            nn.ReLU(inplace=True),
        )


class UnitLeakyRelu(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H, W)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(width, eps=1e-3, momentum=0.01),
            nn.LeakyReLU(0.1, inplace=True),
        )


class UnitGroupnormIdentity(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H, W)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, kernel_size=3, padding=1, bias=False),
            nn.GroupNorm(4, width),
        )


class StageUnit(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H / 2, W / 2)."""

    def __init__(self, in_channels: int, width: int, depth: int) -> None:
        super().__init__(
            Unit(in_channels, width, kernel_size=1),
            *(Unit(width, width, kernel_size=1) for _ in range(depth - 1)),
            nn.MaxPool2d(2),
        )


class Separable(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, width, H, W)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, kernel_size=3, padding=1, groups=in_channels
        )
        self.pointwise = nn.Conv2d(in_channels, width, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.hardswish(self.depthwise(x), inplace=True)
        return self.pointwise(x)


class StageSeparable(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H / 2, W / 2)."""

    def __init__(self, in_channels: int, width: int, depth: int) -> None:
        super().__init__(
            Separable(in_channels, width),
            *(Separable(width, width) for _ in range(depth - 1)),
            nn.MaxPool2d(2),
        )


class Passing(nn.Module):
    """Input: (N, 4, 16, 16). Output: (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.unit1 = Unit(4, 8)
        self.unit2 = UnitLeakyRelu(8, 8)
        self.unit3 = UnitGroupnormIdentity(8, 8)
        self.stage1 = StageUnit(8, 16, 3)
        self.stage2 = StageSeparable(16, 16, 2)
        self.small = Unit(16, 32, kernel_size=1)
        self.head = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.unit3(self.unit2(self.unit1(x)))
        x = self.stage1(x)
        x = self.stage2(x)
        x = self.small(x)
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))
