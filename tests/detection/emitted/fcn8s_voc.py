"""FCN with its loss: a class for every pixel of VOC, whose outlines (255) do not count.

Long et al., "Fully convolutional networks for semantic segmentation", 2014, sections 3
and 4. The maps and names are those of `fcn8s.net`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detection_ops import (
    Target,
    pixel_classes,
    pixel_loss,
    resize_images,
    resized_scores,
)


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


def rename_published(
    state_dict: Mapping[str, Tensor], names: Iterable[str], published: dict[str, str]
) -> dict[str, Tensor]:
    """A published `state_dict` under our names: `published` maps beginnings of them to what
    they are called there, the longest first. A tensor without a name of ours is a KeyError.
    """
    ours: dict[str, str] = {}
    for name in names:
        prefix = next((p for p in published if f"{name}.".startswith(f"{p}.")), "")
        theirs = published.get(prefix, "") + name[len(prefix) :]
        ours[theirs.removeprefix(".")] = name
    return {ours[name]: value for name, value in state_dict.items()}


class Fcn(nn.Module):
    """Input: (N, in_channels, H, W) and image: (N, ...). Output: (N, classes, ...)."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.upscore8 = nn.ConvTranspose2d(
            in_channels, classes, kernel_size=16, stride=8, bias=False
        )

    def forward(self, x: Tensor, image: Tensor) -> Tensor:
        x = self.upscore8(x)
        return crop(x, image, top=31, left=31)


class FCN8s_VOC(nn.Module):
    """Images (3, H, W) in 0..1; in training also targets: labels (H, W), from 0."""

    size = (500, 500)
    published: ClassVar[dict[str, str]] = {"fcn.upscore8": "upscore8"}

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
        self.fcn = Fcn(classes, classes)
        nn.init.zeros_(self.score_fr.weight)
        bilinear_(self.upscore2.weight)
        nn.init.zeros_(self.score_pool4.weight)
        bilinear_(self.upscore_pool4.weight)
        nn.init.zeros_(self.score_pool3.weight)
        if self.score_fr.bias is not None:
            nn.init.zeros_(self.score_fr.bias)
        if self.score_pool4.bias is not None:
            nn.init.zeros_(self.score_pool4.bias)
        if self.score_pool3.bias is not None:
            nn.init.zeros_(self.score_pool3.bias)
        bilinear_(self.fcn.upscore8.weight)

    def predict(self, x: Tensor) -> Tensor:
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
        return self.fcn(out, x)

    def forward(
        self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        sizes = [image.shape[-2:] for image in images]
        batch = resize_images(images, self.size)
        scores = resized_scores(self.predict(batch), sizes)
        if self.training:
            if targets is None:
                raise ValueError("training needs targets: labels (H, W) per image")
            return pixel_loss(scores, targets, ignore=255)
        return [pixel_classes(x) for x in scores]

    def load_published(self, state_dict: Mapping[str, Tensor]) -> None:
        """Load a published checkpoint: its names begin as `published` says."""
        self.load_state_dict(
            rename_published(state_dict, self.state_dict(), self.published)
        )
