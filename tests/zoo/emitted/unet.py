"""U-Net: unpadded convolutions, and skips that are cropped at the centre.

Ronneberger et al., "U-Net: convolutional networks for biomedical image
segmentation", 2015.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def center_crop(x: Tensor, like: Tensor) -> Tensor:
    """The middle of `x`, as high and wide as `like`."""
    height, width = like.shape[-2:]
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x[..., top : top + height, left : left + width]


class DoubleConv(nn.Sequential):
    """Input: (N, in_channels, H, W).
    Output: (N, width, H + 4 * padding - 4, W + 4 * padding - 4).
    """

    def __init__(self, in_channels: int, width: int, padding: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, kernel_size=3, padding=padding),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, kernel_size=3, padding=padding),
            nn.ReLU(inplace=True),
        )


class Up(nn.Module):
    """Input: (N, in_channels, H, W) and skip: (N, skip_channels, ...).
    Output: (N, width, 2 * H + 4 * padding - 4, 2 * W + 4 * padding - 4).
    """

    def __init__(
        self, in_channels: int, width: int, skip_channels: int, padding: int
    ) -> None:
        super().__init__()
        self.upsample = nn.ConvTranspose2d(in_channels, width, kernel_size=2, stride=2)
        self.fuse = DoubleConv(skip_channels + width, width, padding)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        upsample = self.upsample(x)
        return self.fuse(torch.cat([center_crop(skip, upsample), upsample], dim=1))


class UNet(nn.Module):
    """Input: (N, 1, 572, 572). Output: (N, classes, 388, 388)."""

    def __init__(self, bottom: int = 1024, padding: int = 0, classes: int = 2) -> None:
        super().__init__()
        self.down0 = DoubleConv(1, 64, padding)
        self.down1 = DoubleConv(64, 128, padding)
        self.down2 = DoubleConv(128, 256, padding)
        self.down3 = DoubleConv(256, 512, padding)
        self.bottom = DoubleConv(512, bottom, padding)  # 1024x28x28
        self.up3 = Up(bottom, 512, 512, padding)
        self.up2 = Up(512, 256, 256, padding)
        self.up1 = Up(256, 128, 128, padding)
        self.up0 = Up(128, 64, 64, padding)
        self.head = nn.Conv2d(64, classes, kernel_size=1)  # 2x388x388
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        down0 = self.down0(x)
        x = F.max_pool2d(down0, 2)
        down1 = self.down1(x)
        x = F.max_pool2d(down1, 2)
        down2 = self.down2(x)
        x = F.max_pool2d(down2, 2)
        down3 = self.down3(x)
        x = F.max_pool2d(down3, 2)
        x = self.bottom(x)
        x = self.up3(x, down3)
        x = self.up2(x, down2)
        x = self.up1(x, down1)
        x = self.up0(x, down0)
        return self.head(x)
