"""One module used again and again, alone in a block and in a loop."""

from torch import Tensor, nn
from torch.nn import functional as F


class Refine(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, in_channels, H, W)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.step = nn.Sequential(
            nn.Conv2d(in_channels, in_channels, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.step(x)
        x = self.step(x)
        x = self.step(x)
        return self.step(x)


class Recurrent(nn.Module):
    """Input: (N, 3, 8, 8). Output: (N, 8, 8, 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, kernel_size=1)
        self.refine = Refine(8)
        self.shared = nn.Conv2d(8, 8, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        x = self.refine(x)
        out = self.shared(F.relu(x))
        x = x + out
        out = self.shared(F.relu(x))
        return x + out
