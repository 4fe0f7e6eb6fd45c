"""Variants: the same network with other arguments."""

from torch import Tensor, nn
from torch.nn import functional as F


class Unit(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H, W)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )


class Variants(nn.Module):
    """Input: (N, 3, 64, 64). Output: (N, classes)."""

    def __init__(self, padding: int = 1, drop: float = 0.5, classes: int = 20) -> None:
        super().__init__()
        self.unit1 = Unit(3, 16)
        self.unit2 = Unit(16, 24)
        self.unit3 = Unit(24, 32)
        self.expand = nn.Conv2d(32, 64, kernel_size=1)
        self.conv1 = nn.Conv2d(64, 32, kernel_size=3, padding=padding)
        self.conv2 = nn.Conv2d(32, 32, kernel_size=3, padding=padding)
        self.dropout = nn.Dropout(drop)
        self.fc = nn.Linear(32, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.unit1(x)
        x = F.max_pool2d(x, 3)
        x = self.unit2(x)
        x = F.max_pool2d(x, 3)
        x = self.unit3(x)
        x = F.max_pool2d(x, 3)
        x = F.relu(self.expand(x), inplace=True)
        x = self.conv2(self.conv1(x))
        x = self.dropout(F.adaptive_avg_pool2d(x, 1).flatten(1))
        return self.fc(x)
