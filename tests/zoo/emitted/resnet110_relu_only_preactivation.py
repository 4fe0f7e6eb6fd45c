"""Five residual units, each in a ResNet-110 for CIFAR-10: what goes before the sum?

He et al., "Identity mappings in deep residual networks", 2016, figure 4 and table 2.
"""

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


class ReluFirst(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H / stride, W / stride)."""

    def __init__(self, in_channels: int, width: int, stride: int) -> None:
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(
                in_channels, width, kernel_size=3, stride=stride, padding=1, bias=False
            ),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )


class OptionA(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H / stride, W / stride)."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__(nn.MaxPool2d(1, stride=stride), PadChannels(width))


class Unit(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, width, H / stride, W / stride)."""

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.body = ReluFirst(in_channels, width, stride)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1:
            self.downsample = OptionA(width, stride)

    def forward(self, x: Tensor) -> Tensor:
        out = self.body(x)
        return out + self.downsample(x)


class Stage(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H / stride, W / stride)."""

    def __init__(
        self, in_channels: int, width: int, depth: int, stride: int = 1
    ) -> None:
        super().__init__(
            Unit(in_channels, width, stride=stride),
            *(Unit(width, width) for _ in range(depth - 1)),
        )


class ResNet110_ReLU_only_preactivation(nn.Module):
    """Input: (N, 3, 32, 32). Output: (N, classes)."""

    def __init__(self, n: int = 18, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1, bias=False)
        self.start = nn.BatchNorm2d(16)
        self.layer1 = Stage(16, 16, n)  # 16x32x32
        self.layer2 = Stage(16, 32, n, stride=2)  # 32x16x16
        self.layer3 = Stage(32, 64, n, stride=2)  # 64x8x8
        self.fc = nn.Linear(64, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.start(self.conv1(x))
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = F.relu(x, inplace=True)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))
