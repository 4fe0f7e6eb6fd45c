"""Layers of the user's own."""

from torch import Tensor, nn
from torch.nn import Softmax, Upsample


class UnitEnlarge(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, 2 * H, 2 * W)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, kernel_size=3, padding=1),
            Upsample(scale_factor=2),
        )


class UnitRelu(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H, W)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
        )


class UnitSquash(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H, W)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, kernel_size=3, padding=1),
            Softmax(dim=1),
        )


class UserLayers(nn.Module):
    """Input: (N, 3, 8, 8). Output: (N, 4, 32, 32)."""

    def __init__(self) -> None:
        super().__init__()
        self.unit1 = UnitEnlarge(3, 8)
        self.unit2 = UnitRelu(8, 8)
        self.unit3 = UnitSquash(8, 4)
        self.Enlarge = Upsample(scale_factor=2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.unit3(self.unit2(self.unit1(x)))
        return self.Enlarge(x)
