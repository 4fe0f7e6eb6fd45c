"""DenseNets for CIFAR-10: three blocks of equally many layers.

Huang et al., "Densely connected convolutional networks", 2016, section 3. Those called
BC have bottlenecks in their layers and halve the channels between the blocks.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class DenseLayer(nn.Module):
    """What one layer adds: `growth` channels, by way of four times as many.

    Input: (N, in_channels, H, W). Output: (N, growth, H, W).
    """

    def __init__(self, in_channels: int, growth: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, 4 * growth, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, kernel_size=3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(F.relu(self.norm1(x), inplace=True))
        return self.conv2(F.relu(self.norm2(x), inplace=True))


class Denseblock(nn.ModuleDict):
    """Input: (N, in_channels, H, W).
    Output: (N, in_channels + depth * growth, H, W).
    """

    def __init__(self, in_channels: int, depth: int, growth: int) -> None:
        super().__init__()
        for i in range(depth):
            self[f"denselayer{i + 1}"] = DenseLayer(in_channels + i * growth, growth)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.values():
            x = torch.cat([x, layer(x)], dim=1)
        return x


class Transition(nn.Module):
    """Halves channels, height and width.

    Input: (N, in_channels, H, W). Output: (N, in_channels // 2, H / 2, W / 2).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(in_channels)
        self.conv = nn.Conv2d(in_channels, in_channels // 2, kernel_size=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.relu(self.norm(x), inplace=True))
        return F.avg_pool2d(x, 2)


class DenseNet40_k12_BC_CIFAR(nn.Module):
    """Input: (N, 3, 32, 32). Output: (N, classes)."""

    def __init__(
        self, growth: int = 12, depth: int = 6, start: int = 24, classes: int = 10
    ) -> None:
        super().__init__()
        features: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(3, start, kernel_size=3, padding=1, bias=False)
        )
        channels = start
        for i in (1, 2, 3):
            features[f"denseblock{i}"] = Denseblock(channels, depth, growth)
            channels += depth * growth
            if i < 3:
                features[f"transition{i}"] = Transition(channels)
                channels = channels // 2
        features["norm"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(features)  # ?x8x8
        self.classifier = nn.Linear(channels, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.zeros_(self.classifier.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = F.adaptive_avg_pool2d(F.relu(x, inplace=True), 1).flatten(1)
        return self.classifier(x)
