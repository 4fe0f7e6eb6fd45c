"""Any height and width."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def center_crop(x: Tensor, like: Tensor) -> Tensor:
    """The middle of `x`, as high and wide as `like`."""
    height, width = like.shape[-2:]
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x[..., top : top + height, left : left + width]


class Down(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H / 2, W / 2)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, kernel_size=3, stride=2, padding=1),
            nn.InstanceNorm2d(width),
            nn.ReLU(inplace=True),
        )


class OpenSizes(nn.Module):
    """Input: (N, 3, H, W). Output: (N, classes, H, W)."""

    def __init__(self, classes: int = 5) -> None:
        super().__init__()
        self.first = Down(3, 8)
        self.second = Down(8, 16)
        self.conv_transpose = nn.ConvTranspose2d(
            16, 8, kernel_size=4, stride=2, padding=1
        )
        self.conv = nn.Conv2d(16, classes, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        first = self.first(x)
        out = self.second(first)
        out = self.conv_transpose(out)
        up = center_crop(out, first)
        out = self.conv(torch.cat([first, up], dim=1))
        return F.interpolate(out, x.shape[-2:], mode="bilinear")
