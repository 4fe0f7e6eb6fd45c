"""A block whose arms flow differently: one class for each."""

from torch import Tensor, nn
from torch.nn import functional as F


class Preact(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, width, H / stride, W / stride)."""

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(
            in_channels, width, kernel_size=3, stride=stride, padding=1, bias=False
        )
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)
        self.projection = nn.Conv2d(
            in_channels, width, kernel_size=1, stride=stride, bias=False
        )

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(x), inplace=True)
        out = F.relu(self.bn2(self.conv1(x)), inplace=True)
        out = self.conv2(out)
        return out + self.projection(x)


class Preact2(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, width, H, W)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv1(F.relu(self.bn1(x), inplace=True))
        out = self.conv2(F.relu(self.bn2(out), inplace=True))
        return x + out


class Finish2(nn.Module):
    """Input: (N, in_channels). Output: (N, in_channels)."""

    def __init__(self, drop: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(drop)

    def forward(self, x: Tensor) -> Tensor:
        x = self.dropout(x)
        return F.relu(x)


class Finish(nn.Module):
    """Input: (N, in_channels). Output: (N, 2 * in_channels)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(in_channels, 2 * in_channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.hidden(x), inplace=True)


class Conditions(nn.Module):
    """Input: (N, 3, 8, 8). Output: (N, 32)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Preact(3, 8)
        self.second = Preact2(8, 8)
        self.third = Preact(8, 16, stride=2)
        self.finish1 = Finish2(0.2)
        self.finish2 = Finish(16)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        x = self.second(x)
        x = self.third(x)
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.finish2(self.finish1(x))
