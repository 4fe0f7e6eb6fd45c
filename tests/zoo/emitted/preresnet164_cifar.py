"""ResNets of pre-activated units: nothing but the sum stands between two of them.

He et al., "Identity mappings in deep residual networks", 2016. Those for CIFAR-10 have
6n + 2 layers, or 9n + 2 with bottlenecks; where the shortcut is a convolution, it reads
what the first normalisation and relu of the unit made. Bottlenecks have the stride on
the 3x3, where the authors' code has it on the first 1x1; the errors are the paper's.
"""

from torch import Tensor, nn
from torch.nn import functional as F


class Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1, beside a shortcut.

    Input: (N, in_channels, H, W). Output: (N, 4 * width, H / stride, W / stride).
    """

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(
            width, width, kernel_size=3, stride=stride, padding=1, bias=False
        )
        self.bn3 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, kernel_size=1, bias=False)
        self.downsample = nn.Conv2d(
            in_channels, 4 * width, kernel_size=1, stride=stride, bias=False
        )

    def forward(self, x: Tensor) -> Tensor:
        active = F.relu(self.bn1(x), inplace=True)
        x = self.conv1(active)
        x = self.conv2(F.relu(self.bn2(x), inplace=True))
        x = self.conv3(F.relu(self.bn3(x), inplace=True))
        return x + self.downsample(active)


class Bottleneck2(nn.Module):
    """A 3x3 convolution between two of 1x1, beside a shortcut.

    Input: (N, in_channels, H, W). Output: (N, 4 * width, H, W).
    """

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, kernel_size=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(x), inplace=True)
        out = self.conv1(out)
        out = self.conv2(F.relu(self.bn2(out), inplace=True))
        out = self.conv3(F.relu(self.bn3(out), inplace=True))
        return x + out


class Stage(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, 4 * width, H / stride, W / stride)."""

    def __init__(
        self, in_channels: int, width: int, depth: int, stride: int = 1
    ) -> None:
        super().__init__(
            Bottleneck(in_channels, width, stride=stride),
            *(Bottleneck2(4 * width, width) for _ in range(depth - 1)),
        )


class PreResNet164_CIFAR(nn.Module):
    """Input: (N, 3, 32, 32). Output: (N, classes)."""

    def __init__(self, n: int = 18, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1, bias=False)
        self.layer1 = Stage(16, 16, n)  # ?x32x32
        self.layer2 = Stage(64, 32, n, stride=2)  # ?x16x16
        self.layer3 = Stage(128, 64, n, stride=2)  # ?x8x8
        self.bn = nn.BatchNorm2d(256)
        self.fc = nn.Linear(256, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = F.adaptive_avg_pool2d(F.relu(self.bn(x), inplace=True), 1)
        return self.fc(x.flatten(1))
