"""Fast R-CNN: regions that are given, pooled from one map of the image and classified.

Girshick, "Fast R-CNN", 2015, sections 2 and 3. The small network is the ZF of He et
al.,
"Spatial pyramid pooling in deep convolutional networks for visual recognition", 2014
(table 1, ZF-5), as in the authors' models: it normalises each channel by itself.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detection_ops import (
    Target,
    batch_images,
    clip_boxes,
    decode,
    detections,
    encode,
    pool_regions_max,
    rcnn_loss,
    sample_regions,
)


def local_response_norm_within(
    x: Tensor,
    size: int,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 2.0,
) -> Tensor:
    """x / (k + alpha * s)^beta, s the sum of x^2 over size x size places of the channel.

    Input and output: (N, C, H, W).
    """
    means = F.avg_pool2d(x.square(), size, stride=1, padding=size // 2)
    return x / (k + alpha * size**2 * means) ** beta


class Zf(nn.Module):
    """The five convolutions of ZF, whose last map has a stride of 16.

    Input: (N, in_channels, H, W). Output: (N, 256, (H + 10) / 16, (W + 10) / 16).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 96, kernel_size=7, stride=2, padding=3)
        self.conv2 = nn.Conv2d(96, 256, kernel_size=5, stride=2, padding=2)
        self.conv3 = nn.Conv2d(256, 384, kernel_size=3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, kernel_size=3, padding=1)
        self.conv5 = nn.Conv2d(384, 256, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv1(x), inplace=True)
        x = local_response_norm_within(x, 3, alpha=5.555555555555556e-6, k=1.0)
        x = F.max_pool2d(x, 3, stride=2, padding=1, ceil_mode=True)
        x = F.relu(self.conv2(x), inplace=True)
        x = local_response_norm_within(x, 3, alpha=5.555555555555556e-6, k=1.0)
        x = F.max_pool2d(x, 3, stride=2, padding=1, ceil_mode=True)
        x = F.relu(self.conv3(x), inplace=True)
        x = F.relu(self.conv4(x), inplace=True)
        return F.relu(self.conv5(x), inplace=True)


class RCNNHead(nn.Module):
    """Regions (R, 256, 6, 6): scores (R, classes + 1), offsets (R, classes + 1, 4)."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.fc6 = nn.Linear(in_channels * 6 * 6, 4096)
        self.dropout1 = nn.Dropout(0.5)
        self.fc7 = nn.Linear(4096, 4096)
        self.dropout2 = nn.Dropout(0.5)
        self.scores = nn.Linear(4096, classes + 1)
        self.offsets = nn.Linear(4096, 4 * (classes + 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = x.flatten(1)
        x = self.dropout1(F.relu(self.fc6(x), inplace=True))
        x = self.dropout2(F.relu(self.fc7(x), inplace=True))
        return self.scores(x), self.offsets(x).unflatten(1, (-1, 4))


class FastRCNNZF(nn.Module):
    """Images (3, H, W) in 0..1; in training also targets: boxes and labels, from 1."""

    mean = (122.7717 / 255, 115.9465 / 255, 102.9801 / 255)
    std = (1 / 255, 1 / 255, 1 / 255)
    variances = (0.1, 0.1, 0.2, 0.2)

    def __init__(self, classes: int = 20) -> None:
        super().__init__()
        self.features = Zf(3)
        self.rcnn = RCNNHead(256, classes)
        nn.init.normal_(self.rcnn.scores.weight, std=0.01)
        nn.init.normal_(self.rcnn.offsets.weight, std=0.001)
        nn.init.zeros_(self.rcnn.scores.bias)
        nn.init.zeros_(self.rcnn.offsets.bias)

    def predict(self, x: Tensor) -> list[Tensor]:
        """The map."""
        features = self.features(x)
        return [features]

    def forward(
        self,
        images: Sequence[Tensor],
        proposals: Sequence[Tensor],
        targets: Sequence[Target] | None = None,
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        batch, sizes = batch_images(images, self.mean, self.std, divisor=32)
        maps = self.predict(batch)
        regions = proposals
        if self.training:
            if targets is None:
                raise ValueError("training needs targets: boxes and labels per image")
            return self.region_loss(maps, regions, targets)
        return self.detect(maps, regions, sizes)

    def classify(
        self, maps: Sequence[Tensor], regions: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Scores and offsets of the regions of all images, one after the other."""
        return self.rcnn(pool_regions_max(maps, regions, (16,), (6, 6)))

    def region_loss(
        self,
        maps: Sequence[Tensor],
        regions: Sequence[Tensor],
        targets: Sequence[Target],
    ) -> dict[str, Tensor]:
        samples = [
            sample_regions(r, t, match=0.5, count=64, positive=0.25)
            for r, t in zip(regions, targets)
        ]
        boxes, labels, objects = zip(*samples)
        scores, offsets = self.classify(maps, boxes)
        wanted = encode(torch.cat(objects), torch.cat(boxes), self.variances)
        return rcnn_loss(scores, offsets, torch.cat(labels), wanted)

    def detect(
        self,
        maps: Sequence[Tensor],
        regions: Sequence[Tensor],
        sizes: Sequence[tuple[int, int]],
    ) -> list[dict[str, Tensor]]:
        scores, offsets = self.classify(maps, regions)
        boxes = decode(offsets, torch.cat(list(regions))[:, None], self.variances)
        counts = [len(r) for r in regions]
        found = []
        for box, probability, size in zip(
            boxes.split(counts), scores.softmax(dim=1).split(counts), sizes
        ):
            box = clip_boxes(box, size)
            large = (box[..., 2:] - box[..., :2] >= 1e-2).all(dim=-1)
            good = (probability > 0.05) & large
            good[:, 0] = False
            place, label = torch.where(good)
            score = probability[place, label]
            result = detections(box[place, label], score, label, nms=0.3, limit=100)
            found.append(result)
        return found
