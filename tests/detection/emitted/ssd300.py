"""SSD: classes and offsets of default boxes on maps of many strides, in one pass.

Liu et al., "SSD: single shot multibox detector", 2015, sections 2 and 3.1. Scales and
steps, and what SSD512 has beyond SSD300, are those of the authors' models for PASCAL
VOC.
fc6 and fc7 are the first two linear layers of VGG-16 as convolutions, a part of each.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detection_ops import (
    Target,
    centred_boxes,
    clip_boxes,
    decode,
    detections,
    flatten_map,
    multibox_loss,
    prior_sizes,
    resize_images,
    scale_boxes,
    tile_boxes,
    top_per_class,
)

# side of the map, step, smallest, largest, ratios
PRIORS = (
    (38, 8, 30, 60, (2,)),
    (19, 16, 60, 111, (2, 3)),
    (10, 32, 111, 162, (2, 3)),
    (5, 64, 162, 213, (2, 3)),
    (3, 100, 213, 264, (2,)),
    (1, 300, 264, 315, (2,)),
)


class L2Norm(nn.Module):
    """Every place's channels at length one, times a learned scale per channel.

    Input and output: (N, channels, ...).
    """

    def __init__(self, channels: int, scale: float, eps: float = 1e-12) -> None:
        super().__init__()
        self.eps = eps
        self.scale = nn.Parameter(torch.full((channels,), float(scale)))

    def forward(self, x: Tensor) -> Tensor:
        scale = self.scale.view([-1] + [1] * (x.dim() - 2))
        return scale * F.normalize(x, eps=self.eps)


class Coarser(nn.Sequential):
    """Input: (N, in_channels, H, W).
    Output: (N, width, (H + 2 * padding - 2) / stride, (W + 2 * padding - 2) / stride).
    """

    def __init__(
        self, in_channels: int, width: int, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width // 2, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width // 2, width, kernel_size=3, stride=stride, padding=padding),
            nn.ReLU(inplace=True),
        )


class SSDHead(nn.Module):
    """Scores and offsets of the default boxes on every map."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.norm4_3 = L2Norm(512, scale=20.0)
        channels = (512, 1024, 512, 256, 256, 256)
        boxes = (4, 6, 6, 6, 4, 4)
        self.scores = nn.ModuleList(
            nn.Conv2d(c, n * (classes + 1), kernel_size=3, padding=1)
            for c, n in zip(channels, boxes)
        )
        self.offsets = nn.ModuleList(
            nn.Conv2d(c, 4 * n, kernel_size=3, padding=1)
            for c, n in zip(channels, boxes)
        )
        self.columns = classes + 1

    def forward(
        self,
        relu4_3: Tensor,
        fc7: Tensor,
        conv8: Tensor,
        conv9: Tensor,
        conv10: Tensor,
        conv11: Tensor,
    ) -> tuple[Tensor, Tensor]:
        norm4_3 = self.norm4_3(relu4_3)
        maps = [norm4_3, fc7, conv8, conv9, conv10, conv11]
        scores = [
            flatten_map(predict(x), self.columns)
            for predict, x in zip(self.scores, maps)
        ]
        offsets = [flatten_map(predict(x), 4) for predict, x in zip(self.offsets, maps)]
        return torch.cat(scores, dim=1), torch.cat(offsets, dim=1)


class SSD300(nn.Module):
    """Images (3, H, W) in 0..1; in training also targets: boxes and labels, from 1."""

    size = (300, 300)
    mean = (0.48235, 0.45882, 0.40784)
    std = (1 / 255, 1 / 255, 1 / 255)
    variances = (0.1, 0.1, 0.2, 0.2)
    priors: Tensor

    def __init__(self, classes: int = 20) -> None:
        super().__init__()
        channels = 3
        features: list[nn.Module] = []
        for s, width, depth in zip((1, 2, 3, 4), (64, 128, 256, 512), (2, 2, 3, 3)):
            for _ in range(depth):
                features += [
                    nn.Conv2d(channels, width, kernel_size=3, padding=1),
                    nn.ReLU(inplace=True),
                ]
                channels = width
            features.append(nn.MaxPool2d(2, ceil_mode=s == 3))
        for _ in range(3):
            features += [
                nn.Conv2d(512, 512, kernel_size=3, padding=1),
                nn.ReLU(inplace=True),
            ]
        features.append(nn.MaxPool2d(3, stride=1, padding=1))
        self.features = nn.Sequential(*features)  # 512x?x?
        self.fc6 = nn.Sequential(
            nn.Conv2d(512, 1024, kernel_size=3, padding=6, dilation=6),
            nn.ReLU(inplace=True),
        )
        self.fc7 = nn.Sequential(
            nn.Conv2d(1024, 1024, kernel_size=1),
            nn.ReLU(inplace=True),
        )
        self.conv8 = Coarser(1024, 512, stride=2, padding=1)
        self.conv9 = Coarser(512, 256, stride=2, padding=1)
        self.conv10 = Coarser(256, 256)
        self.conv11 = Coarser(256, 256)
        self.ssd = SSDHead(classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        self.register_buffer("priors", self.default_boxes(), persistent=False)

    def predict(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (N, 8732, classes + 1) and offsets (N, 8732, 4)."""
        relu4_3 = self.features[:23](x)
        x = self.features[23:](relu4_3)
        x = self.fc6(x)
        fc7 = self.fc7(x)
        conv8 = self.conv8(fc7)
        conv9 = self.conv9(conv8)
        conv10 = self.conv10(conv9)
        conv11 = self.conv11(conv10)
        return self.ssd(relu4_3, fc7, conv8, conv9, conv10, conv11)

    @staticmethod
    def default_boxes() -> Tensor:
        """(8732, 4)"""
        boxes = []
        for side, step, smallest, largest, ratios in PRIORS:
            cell = centred_boxes(prior_sizes(smallest, largest, ratios))
            boxes.append(tile_boxes(cell, (side, side), (step, step), shift=0.5))
        return torch.cat(boxes)

    def forward(
        self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        sizes = [image.shape[-2:] for image in images]
        batch = resize_images(images, self.size, self.mean, self.std)
        scores, offsets = self.predict(batch)
        if self.training:
            if targets is None:
                raise ValueError("training needs targets: boxes and labels per image")
            targets = [scale_boxes(t, old, self.size) for t, old in zip(targets, sizes)]
            return multibox_loss(
                scores,
                offsets,
                self.priors,
                targets,
                match=0.5,
                negatives=3,
                variances=self.variances,
            )
        found = []
        boxes = clip_boxes(decode(offsets, self.priors, self.variances), self.size)
        for box, probability, size in zip(boxes, scores.softmax(dim=-1), sizes):
            place, score, label = top_per_class(probability, 0.01, candidates=400)
            result = detections(box[place], score, label, nms=0.45, limit=200)
            found.append(scale_boxes(result, self.size, size))
        return found
