"""DenseNet: every layer of a block reads all the earlier ones.

Huang et al., "Densely connected convolutional networks", 2016. This is DenseNet-BC.
"""

from collections import OrderedDict
from collections.abc import Sequence

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


class DenseNet121(nn.Module):
    """Input: (N, 3, 224, 224). Output: (N, classes)."""

    def __init__(
        self,
        growth: int = 32,
        depths: Sequence[int] = (6, 12, 24, 16),
        classes: int = 1000,
    ) -> None:
        super().__init__()
        features: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(
                3, 2 * growth, kernel_size=7, stride=2, padding=3, bias=False
            ),
            norm0=nn.BatchNorm2d(2 * growth),
            relu=nn.ReLU(inplace=True),
            maxpool=nn.MaxPool2d(3, stride=2, padding=1),
        )
        channels = 2 * growth
        for i, depth in zip((1, 2, 3, 4), depths):
            features[f"denseblock{i}"] = Denseblock(channels, depth, growth)
            channels += depth * growth
            if i < 4:
                features[f"transition{i}"] = Transition(channels)
                channels = channels // 2
        features["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(features)  # ?x7x7
        self.classifier = nn.Linear(channels, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            elif isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = F.adaptive_avg_pool2d(F.relu(x, inplace=True), 1).flatten(1)
        return self.classifier(x)
