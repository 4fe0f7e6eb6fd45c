"""Small detectors of digits in photographs of 128x128 pixels, one for every kind of
head.

Made for the set of digits that netdsl draws, so that each trains in minutes without an
accelerator; the heads are those of Liu et al., 2015, Ren et al., 2015, Lin et al.,
2017,
and Redmon and Farhadi, 2018.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detection_ops import (
    Target,
    anchor_sizes,
    batch_images,
    centred_boxes,
    clip_boxes,
    decode,
    detections,
    encode,
    flatten_map,
    pool_regions,
    propose,
    rcnn_loss,
    rpn_loss,
    sample_regions,
    tile_boxes,
)

# sizes of the anchors, map by map
ANCHORS = ((14, 24, 40),)


class Unit(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H / stride, W / stride)."""

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(
                in_channels, width, kernel_size=3, stride=stride, padding=1, bias=False
            ),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )


class RPNHead(nn.Module):
    """For every map: scores (N, 9 * H * W), offsets (N, 9 * H * W, 4)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, 96, kernel_size=3, padding=1)
        self.scores = nn.Conv2d(96, 9, kernel_size=1)
        self.offsets = nn.Conv2d(96, 36, kernel_size=1)

    def forward(self, maps: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        scores, offsets = [], []
        for x in maps:
            x = F.relu(self.conv(x), inplace=True)
            scores.append(flatten_map(self.scores(x), 1).squeeze(2))
            offsets.append(flatten_map(self.offsets(x), 4))
        return scores, offsets


class RCNNHead(nn.Module):
    """Regions (R, 96, 7, 7): scores (R, classes + 1), offsets (R, classes + 1, 4)."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.fc6 = nn.Linear(in_channels * 7 * 7, 256)
        self.scores = nn.Linear(256, classes + 1)
        self.offsets = nn.Linear(256, 4 * (classes + 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = x.flatten(1)
        x = F.relu(self.fc6(x), inplace=True)
        return self.scores(x), self.offsets(x).unflatten(1, (-1, 4))


class DigitsFasterRCNN(nn.Module):
    """Images (3, H, W) in 0..1; in training also targets: boxes and labels, from 1."""

    variances = (0.1, 0.1, 0.2, 0.2)

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.body = nn.Sequential(
            Unit(3, 16, stride=2),
            Unit(16, 32, stride=2),
            Unit(32, 64, stride=2),
            Unit(64, 96),
            Unit(96, 96),
        )
        self.rpn = RPNHead(96)
        self.rcnn = RCNNHead(96, classes)

    def predict(self, x: Tensor) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """The map, and its proposals' scores and offsets."""
        body = self.body(x)
        maps = [body]
        return maps, *self.rpn(maps)

    def anchors(self, maps: Sequence[Tensor], size: Sequence[int]) -> list[Tensor]:
        """Nine boxes at every cell of every map, for a batch of (height, width)."""
        anchors = []
        for x, sides in zip(maps, ANCHORS):
            cell = centred_boxes(anchor_sizes(sides, [1, 1.6, 2.6]), rounded=True)
            height, width = x.shape[-2:]
            step = (size[0] // height, size[1] // width)
            anchors.append(tile_boxes(cell.to(x.device), (height, width), step))
        return anchors

    def forward(
        self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        batch, sizes = batch_images(images, divisor=32)
        maps, scores, offsets = self.predict(batch)
        anchors = self.anchors(maps, batch.shape[-2:])
        boxes = [decode(o.detach(), a, (1, 1, 1, 1)) for o, a in zip(offsets, anchors)]
        before, after = (1000, 300) if self.training else (300, 100)
        regions = [
            propose(
                [level[i].detach() for level in scores],
                [level[i] for level in boxes],
                size,
                nms=0.7,
                before=before,
                after=after,
            )
            for i, size in enumerate(sizes)
        ]
        if self.training:
            if targets is None:
                raise ValueError("training needs targets: boxes and labels per image")
            losses = rpn_loss(
                torch.cat(scores, dim=1),
                torch.cat(offsets, dim=1),
                torch.cat(anchors),
                targets,
                high=0.7,
                low=0.3,
                count=64,
                positive=0.5,
            )
            return losses | self.region_loss(maps, regions, targets)
        return self.detect(maps, regions, sizes)

    def classify(
        self, maps: Sequence[Tensor], regions: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Scores and offsets of the regions of all images, one after the other."""
        return self.rcnn(pool_regions(maps, regions, (8,), (7, 7), 2))

    def region_loss(
        self,
        maps: Sequence[Tensor],
        regions: Sequence[Tensor],
        targets: Sequence[Target],
    ) -> dict[str, Tensor]:
        samples = [
            sample_regions(r, t, match=0.5, count=32, positive=0.25)
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
            result = detections(box[place, label], score, label, nms=0.5, limit=100)
            found.append(result)
        return found
