"""Initial values of every kind."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def bilinear_(weight: Tensor) -> Tensor:
    """Fill a transposed convolution so that it interpolates: channel i comes from channel i.

    Weight: (in_channels, out_channels / groups, height, width).
    """
    sides = []
    for size in weight.shape[-2:]:
        factor = (size + 1) // 2
        center = factor - 1 if size % 2 else factor - 0.5
        places = torch.arange(size, dtype=weight.dtype, device=weight.device)
        sides.append(1 - (places - center).abs() / factor)
    with torch.no_grad():
        weight.zero_()
        for i in range(weight.shape[0]):
            weight[i, i % weight.shape[1]] = torch.outer(*sides)
    return weight


class Unit(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, width, H, W)."""

    def __init__(self, in_channels: int, width: int, gain: float = 1.0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, width, kernel_size=3, padding=1)
        self.bn = nn.BatchNorm2d(width)
        nn.init.xavier_uniform_(self.conv.weight, gain=gain)
        if self.conv.bias is not None:
            nn.init.constant_(self.conv.bias, 0.2)
        nn.init.constant_(self.bn.weight, 0.5)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Initial(nn.Module):
    """Input: (N, 3, 8, 8). Output: (N, 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Unit(3, 8)
        self.features = nn.Sequential(
            Unit(8, 8, gain=0.5),
            Unit(8, 8),
            nn.Conv2d(8, 16, kernel_size=3, stride=2, padding=1),
            nn.ReLU(inplace=True),
        )
        self.up = nn.ConvTranspose2d(
            16, 16, kernel_size=4, stride=2, padding=1, groups=16, bias=False
        )
        self.same = nn.Conv2d(16, 16, kernel_size=3, padding=1)
        self.scale = nn.Parameter(torch.zeros(16))
        self.fc1 = nn.Linear(16 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 4)
        self.prelu = nn.PReLU()
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.PReLU):
                nn.init.constant_(module.weight, 0.1)
        bilinear_(self.up.weight)
        nn.init.dirac_(self.same.weight)
        nn.init.uniform_(self.scale, a=0.9, b=1.1)
        nn.init.orthogonal_(self.fc2.weight, gain=0.1)
        for module in self.features.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(
                    module.weight, mode="fan_out", nonlinearity="relu"
                )
        nn.init.normal_(self.stem.conv.weight, std=0.01)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = self.features(x)
        x = self.up(x)
        same = self.same(x)
        x = same * self.scale[:, None, None]
        x = x.flatten(1)
        x = F.relu(self.fc1(x), inplace=True)
        return self.prelu(self.fc2(x))
