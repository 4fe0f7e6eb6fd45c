"""Highway networks: gates mix what a layer computes with what came in.

Srivastava et al., "Highway networks", 2015: 10 to 100 layers of 50 units for the digits
of MNIST, and as an example of convolutional ones 3n + 1 layers for CIFAR-10.
"""

from torch import Tensor, nn
from torch.nn import functional as F


class Highway(nn.Module):
    """H * T + x * (1 - T); the bias shuts the gate T at first.

    Input: (N, in_channels, H, W). Output: (N, in_channels, H, W).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.transform = nn.Sequential(
            nn.Conv2d(in_channels, in_channels, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
        )
        self.gate = nn.Sequential(
            nn.Conv2d(in_channels, in_channels, kernel_size=3, padding=1),
            nn.Sigmoid(),
        )
        nn.init.constant_(self.get_parameter("gate.0.bias"), -2)

    def forward(self, x: Tensor) -> Tensor:
        transform = self.transform(x)
        gate = self.gate(x)
        return transform * gate + x * (1 - gate)


class Stage(nn.Module):
    """A plain layer, which widens, and highway layers, which cannot.

    Input: (N, in_channels, H, W). Output: (N, width, H, W).
    """

    def __init__(self, in_channels: int, width: int, depth: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(in_channels, width, kernel_size=3, padding=1)
        self.highways = nn.Sequential(*(Highway(width) for _ in range(depth - 1)))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x), inplace=True)
        return self.highways(x)


class Highway19_CIFAR(nn.Module):
    """Input: (N, 3, 32, 32). Output: (N, classes)."""

    def __init__(self, n: int = 6, classes: int = 10) -> None:
        super().__init__()
        self.stage1 = Stage(3, 16, n)
        self.stage2 = Stage(16, 32, n)
        self.stage3 = Stage(32, 64, n)  # 64x8x8
        self.classifier = nn.Conv2d(64, classes, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.stage1(x), 2)
        x = F.max_pool2d(self.stage2(x), 2)
        x = self.stage3(x)
        return F.adaptive_avg_pool2d(self.classifier(x), 1).flatten(1)
