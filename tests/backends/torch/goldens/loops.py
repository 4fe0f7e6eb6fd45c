"""Loops: repeats with labels, computed labels, conditions on the index."""

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


class Tail(nn.Module):
    """Input: (N, in_channels). Output: (N, width)."""

    def __init__(self, in_channels: int, depth: int, width: int) -> None:
        super().__init__()
        channels = in_channels
        for i in range(depth):
            self.add_module(f"fc{i + 1}", nn.Linear(channels, width))
            channels = width
        self.depth = depth

    def forward(self, x: Tensor) -> Tensor:
        for i in range(self.depth):
            x = F.relu(getattr(self, f"fc{i + 1}")(x), inplace=True)
        return x


class Loops(nn.Module):
    """Input: (N, 3, 16, 16). Output: (N, classes)."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.stem1 = Unit(3, 4)
        self.stem2 = Unit(4, 4)
        self.stage1 = nn.Sequential(Unit(4, 8), Unit(8, 8))
        self.stage2 = nn.Sequential(Unit(8, 16), Unit(16, 16))
        self.stage3 = nn.Sequential(Unit(16, 32), Unit(32, 32))
        self.side5 = nn.Conv2d(32, 4, kernel_size=(1, 1))
        self.side7 = nn.Conv2d(4, 4, kernel_size=(3, 3), padding=1)
        self.tail = Tail(4, 12, 20)
        self.fc = nn.Linear(20, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem1(x)
        x = self.stem2(x)
        x = self.stage1(x)
        x = F.max_pool2d(x, 2)
        x = self.stage2(x)
        x = F.max_pool2d(x, 2)
        x = self.stage3(x)
        x = self.side5(x)
        x = self.side7(x)
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        x = self.tail(x)
        return self.fc(x)
