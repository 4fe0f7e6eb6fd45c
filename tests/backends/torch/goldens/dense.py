"""Dense connections, with a label for the layers and without one."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class DenseLayer(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, growth, H, W)."""

    def __init__(self, in_channels: int, growth: int, drop: float = 0) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(in_channels)
        self.conv = nn.Conv2d(in_channels, growth, kernel_size=3, padding=1, bias=False)
        self.dropout: nn.Module = nn.Identity()
        if drop > 0:
            self.dropout = nn.Dropout(drop)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.relu(self.norm(x), inplace=True))
        return self.dropout(x)


class Dense1(nn.ModuleDict):
    """Input: (N, in_channels, H, W). Output: (N, in_channels + 3 * growth, H, W)."""

    def __init__(self, in_channels: int, growth: int, drop: float) -> None:
        super().__init__()
        for i in range(3):
            self[f"layer{i + 1}"] = DenseLayer(
                in_channels + i * growth, growth, drop=drop
            )

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.values():
            x = torch.cat([x, layer(x)], dim=1)
        return x


class Dense2(nn.ModuleDict):
    """Input: (N, in_channels, H, W). Output: (N, in_channels + 2 * growth, H, W)."""

    def __init__(self, in_channels: int, growth: int) -> None:
        super().__init__()
        for i in range(2):
            self[f"dense_layer{i + 1}"] = DenseLayer(in_channels + i * growth, growth)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.values():
            x = torch.cat([x, layer(x)], dim=1)
        return x


class Dense(nn.Module):
    """Input: (N, 8, 8, 8). Output: (N, 8 + 7 * growth, 8, 8)."""

    def __init__(self, growth: int = 4, drop: float = 0.1) -> None:
        super().__init__()
        self.dense1 = Dense1(8, growth, drop)  # 20x8x8
        self.bn = nn.BatchNorm2d(8 + 3 * growth)
        self.dense2 = Dense2(8 + 3 * growth, growth)  # 28x8x8
        self.conv1 = nn.Conv2d(
            8 + 3 * growth + 2 * growth, growth, kernel_size=3, padding=1
        )
        self.conv2 = nn.Conv2d(8 + 6 * growth, growth, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.dense1(x)
        x = F.relu(self.bn(x), inplace=True)
        x = self.dense2(x)
        out = F.relu(self.conv1(x), inplace=True)
        x = torch.cat([x, out], dim=1)
        out = F.relu(self.conv2(x), inplace=True)
        return torch.cat([x, out], dim=1)
