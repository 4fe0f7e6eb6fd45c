"""GoogLeNet, the first Inception network, and its sister with batch normalisation.

Szegedy et al., "Going deeper with convolutions", 2014.
"""

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ConvRelu(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, channels, H / stride, W / stride)."""

    def __init__(
        self, in_channels: int, channels: int, kernel_size: int, stride: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, channels, kernel_size, stride=stride, padding=kernel_size // 2
        )
        nn.init.kaiming_uniform_(self.conv.weight, nonlinearity="linear")
        if self.conv.bias is not None:
            nn.init.constant_(self.conv.bias, 0.2)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x), inplace=True)


class Inception(nn.Module):
    """Four branches side by side; `r3` and `r5` channels before the larger
    convolutions.

    Input: (N, in_channels, H, W). Output: (N, c1 + c3 + c5 + proj, H, W).
    """

    def __init__(
        self, in_channels: int, c1: int, r3: int, c3: int, r5: int, c5: int, proj: int
    ) -> None:
        super().__init__()
        self.branch1 = ConvRelu(in_channels, c1, 1)
        self.branch2 = nn.Sequential(ConvRelu(in_channels, r3, 1), ConvRelu(r3, c3, 3))
        self.branch3 = nn.Sequential(ConvRelu(in_channels, r5, 1), ConvRelu(r5, c5, 5))
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True),
            ConvRelu(in_channels, proj, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)]
        return torch.cat(branches, dim=1)


class SideClassifier(nn.Module):
    """Input: (N, in_channels, 14, 14). Output: (N, classes)."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.conv = ConvRelu(in_channels, 128, 1)
        self.fc1 = nn.Linear(128 * 4 * 4, 1024)
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(1024, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.avg_pool2d(x, 5, stride=3)).flatten(1)
        x = self.dropout(F.relu(self.fc1(x), inplace=True))
        return self.fc2(x)


class GoogLeNetOutput(NamedTuple):
    """What `GoogLeNet` gives in training."""

    output: Tensor
    aux1: Tensor
    aux2: Tensor


class GoogLeNet(nn.Module):
    """Input: (N, 3, 224, 224). Output: (N, classes), in training with aux1 and aux2."""

    aux_weights: ClassVar[dict[str, float]] = {"aux1": 0.3, "aux2": 0.3}

    def __init__(self, drop: float = 0.4, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = ConvRelu(3, 64, 7, stride=2)
        self.conv2 = ConvRelu(64, 64, 1)
        self.conv3 = ConvRelu(64, 192, 3)
        self.inception3a = Inception(192, 64, 96, 128, 16, 32, 32)  # 256x28x28
        self.inception3b = Inception(256, 128, 128, 192, 32, 96, 64)  # 480x28x28
        self.inception4a = Inception(480, 192, 96, 208, 16, 48, 64)  # 512x14x14
        self.aux1 = SideClassifier(512, classes)
        self.inception4b = Inception(512, 160, 112, 224, 24, 64, 64)  # 512x14x14
        self.inception4c = Inception(512, 128, 128, 256, 24, 64, 64)  # 512x14x14
        self.inception4d = Inception(512, 112, 144, 288, 32, 64, 64)  # 528x14x14
        self.aux2 = SideClassifier(528, classes)
        self.inception4e = Inception(528, 256, 160, 320, 32, 128, 128)  # 832x14x14
        self.inception5a = Inception(832, 256, 160, 320, 32, 128, 128)  # 832x7x7
        self.inception5b = Inception(832, 384, 192, 384, 48, 128, 128)  # 1024x7x7
        self.dropout = nn.Dropout(drop)
        self.fc = nn.Linear(1024, classes)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.01)

    def forward(self, x: Tensor) -> Tensor | GoogLeNetOutput:
        x = F.max_pool2d(self.conv1(x), 3, stride=2, ceil_mode=True)
        x = F.local_response_norm(x, 5, alpha=5e-4, k=2.0)
        x = self.conv3(self.conv2(x))
        x = F.local_response_norm(x, 5, alpha=5e-4, k=2.0)
        x = F.max_pool2d(x, 3, stride=2, ceil_mode=True)
        x = self.inception3a(x)
        x = self.inception3b(x)
        x = F.max_pool2d(x, 3, stride=2, ceil_mode=True)
        x = self.inception4a(x)
        aux1 = self.aux1(x) if self.training else None
        x = self.inception4b(x)
        x = self.inception4c(x)
        x = self.inception4d(x)
        aux2 = self.aux2(x) if self.training else None
        x = self.inception4e(x)
        x = F.max_pool2d(x, 3, stride=2, ceil_mode=True)
        x = self.inception5a(x)
        x = self.inception5b(x)
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        x = self.fc(self.dropout(x))
        if aux1 is not None and aux2 is not None:
            return GoogLeNetOutput(x, aux1, aux2)
        return x
