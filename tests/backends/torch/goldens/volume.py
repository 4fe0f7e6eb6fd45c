"""Three-dimensional convolution, in parts."""

from torch import Tensor, nn
from torch.nn import functional as F


class Spatiotemporal(nn.Sequential):
    """Input: (N, in_channels, D, H, W).
    Output: (N, width, D / stride, H / stride, W / stride).
    """

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv3d(
                in_channels,
                width,
                kernel_size=(1, 3, 3),
                stride=(1, stride, stride),
                padding=(0, 1, 1),
                bias=False,
            ),
            nn.BatchNorm3d(width),
            nn.ReLU(inplace=True),
            nn.Conv3d(
                width,
                width,
                kernel_size=(3, 1, 1),
                stride=(stride, 1, 1),
                padding=(1, 0, 0),
                bias=False,
            ),
            nn.BatchNorm3d(width),
            nn.ReLU(inplace=True),
        )


class Volume(nn.Module):
    """Input: (N, 3, 8, 16, 16). Output: (N, classes)."""

    def __init__(self, classes: int = 4) -> None:
        super().__init__()
        self.spatiotemporal1 = Spatiotemporal(3, 8)
        self.spatiotemporal2 = Spatiotemporal(8, 16, stride=2)
        self.channel_dropout = nn.Dropout3d(0.2)
        self.fc = nn.Linear(16, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool3d(self.spatiotemporal1(x), (1, 2, 2))
        x = self.spatiotemporal2(x)
        x = self.channel_dropout(F.avg_pool3d(x, 2))
        return self.fc(F.adaptive_avg_pool3d(x, 1).flatten(1))
