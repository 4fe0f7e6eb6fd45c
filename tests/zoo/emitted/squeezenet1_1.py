"""SqueezeNet: fire modules, which squeeze the channels before they expand them.

Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and
<0.5MB model size", 2016. Version 1.1 pools earlier and needs 2.3 times less work.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Fire(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, 8 * width, H, W)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, width, kernel_size=1)
        self.expand1x1 = nn.Conv2d(width, 4 * width, kernel_size=1)
        self.expand3x3 = nn.Conv2d(width, 4 * width, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.squeeze(x), inplace=True)
        branches = [
            F.relu(self.expand1x1(x), inplace=True),
            F.relu(self.expand3x3(x), inplace=True),
        ]
        return torch.cat(branches, dim=1)


class SqueezeNet1_1(nn.Module):
    """Input: (N, 3, 224, 224). Output: (N, classes)."""

    def __init__(
        self,
        stages: Sequence[Sequence[int]] = ((16, 16), (32, 32), (48, 48, 64, 64)),
        classes: int = 1000,
    ) -> None:
        super().__init__()
        features: list[nn.Module] = [
            nn.Conv2d(3, 64, kernel_size=3, stride=2),
            nn.ReLU(inplace=True),
        ]
        channels = 64
        for widths in stages:
            features.append(nn.MaxPool2d(3, stride=2, ceil_mode=True))
            for width in widths:
                features.append(Fire(channels, width))
                channels = 8 * width
        self.features = nn.Sequential(*features)  # 512x13x13
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Conv2d(channels, classes, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(1),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        nn.init.normal_(self.get_parameter("classifier.1.weight"), std=0.01)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = self.classifier(x)
        return x.flatten(1)
