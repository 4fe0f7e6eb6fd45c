"""FCN: VGG-16 made convolutional scores every place, and inner maps make that finer.

Long et al., "Fully convolutional networks for semantic segmentation", 2014. The names
are torchfcn's. It pads by 100 and crops from fixed places on, like the authors' models.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def crop(x: Tensor, like: Tensor, top: int = 0, left: int = 0) -> Tensor:
    """The part of `x` as high and wide as `like`, `top` places from above and `left` from the left."""
    height, width = like.shape[-2:]
    return x[..., top : top + height, left : left + width]


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


class FCN8s(nn.Module):
    """Input: (N, 3, 500, 500). Output: (N, classes, 500, 500)."""

    def __init__(self, classes: int = 21) -> None:
        super().__init__()
        self.conv1_1 = nn.Conv2d(3, 64, kernel_size=3, padding=100)
        self.conv1_2 = nn.Conv2d(64, 64, kernel_size=3, padding=1)
        self.conv2_1 = nn.Conv2d(64, 128, kernel_size=3, padding=1)
        self.conv2_2 = nn.Conv2d(128, 128, kernel_size=3, padding=1)
        self.conv3_1 = nn.Conv2d(128, 256, kernel_size=3, padding=1)
        self.conv3_2 = nn.Conv2d(256, 256, kernel_size=3, padding=1)
        self.conv3_3 = nn.Conv2d(256, 256, kernel_size=3, padding=1)
        self.conv4_1 = nn.Conv2d(256, 512, kernel_size=3, padding=1)
        self.conv4_2 = nn.Conv2d(512, 512, kernel_size=3, padding=1)
        self.conv4_3 = nn.Conv2d(512, 512, kernel_size=3, padding=1)
        self.conv5_1 = nn.Conv2d(512, 512, kernel_size=3, padding=1)
        self.conv5_2 = nn.Conv2d(512, 512, kernel_size=3, padding=1)
        self.conv5_3 = nn.Conv2d(512, 512, kernel_size=3, padding=1)
        self.fc6 = nn.Conv2d(512, 4096, kernel_size=7)
        self.channel_dropout1 = nn.Dropout2d(0.5)
        self.fc7 = nn.Conv2d(4096, 4096, kernel_size=1)
        self.channel_dropout2 = nn.Dropout2d(0.5)
        self.score_fr = nn.Conv2d(4096, classes, kernel_size=1)
        self.upscore2 = nn.ConvTranspose2d(
            classes, classes, kernel_size=4, stride=2, bias=False
        )
        self.score_pool4 = nn.Conv2d(512, classes, kernel_size=1)
        self.upscore_pool4 = nn.ConvTranspose2d(
            classes, classes, kernel_size=4, stride=2, bias=False
        )
        self.score_pool3 = nn.Conv2d(256, classes, kernel_size=1)
        self.upscore8 = nn.ConvTranspose2d(
            classes, classes, kernel_size=16, stride=8, bias=False
        )
        nn.init.zeros_(self.score_fr.weight)
        bilinear_(self.upscore2.weight)
        nn.init.zeros_(self.score_pool4.weight)
        bilinear_(self.upscore_pool4.weight)
        nn.init.zeros_(self.score_pool3.weight)
        bilinear_(self.upscore8.weight)
        if self.score_fr.bias is not None:
            nn.init.zeros_(self.score_fr.bias)
        if self.score_pool4.bias is not None:
            nn.init.zeros_(self.score_pool4.bias)
        if self.score_pool3.bias is not None:
            nn.init.zeros_(self.score_pool3.bias)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.conv1_1(x), inplace=True)
        out = F.relu(self.conv1_2(out), inplace=True)
        out = F.max_pool2d(out, 2, ceil_mode=True)
        out = F.relu(self.conv2_1(out), inplace=True)
        out = F.relu(self.conv2_2(out), inplace=True)
        out = F.max_pool2d(out, 2, ceil_mode=True)
        out = F.relu(self.conv3_1(out), inplace=True)
        out = F.relu(self.conv3_2(out), inplace=True)
        out = F.relu(self.conv3_3(out), inplace=True)
        pool3 = F.max_pool2d(out, 2, ceil_mode=True)
        out = F.relu(self.conv4_1(pool3), inplace=True)
        out = F.relu(self.conv4_2(out), inplace=True)
        out = F.relu(self.conv4_3(out), inplace=True)
        pool4 = F.max_pool2d(out, 2, ceil_mode=True)
        out = F.relu(self.conv5_1(pool4), inplace=True)
        out = F.relu(self.conv5_2(out), inplace=True)
        out = F.relu(self.conv5_3(out), inplace=True)
        out = F.max_pool2d(out, 2, ceil_mode=True)
        out = self.channel_dropout1(F.relu(self.fc6(out), inplace=True))
        out = self.channel_dropout2(F.relu(self.fc7(out), inplace=True))
        out = self.score_fr(out)
        upscore2 = self.upscore2(out)
        out = self.score_pool4(pool4)
        skip4 = crop(out, upscore2, top=5, left=5)
        out = upscore2 + skip4
        upscore_pool4 = self.upscore_pool4(out)
        out = self.score_pool3(pool3)
        skip3 = crop(out, upscore_pool4, top=9, left=9)
        out = upscore_pool4 + skip3
        out = self.upscore8(out)
        return crop(out, x, top=31, left=31)
