"""R-CNN: regions that are given, warped to one size and classified one by one.

Girshick et al., "Rich feature hierarchies for accurate object detection and semantic
segmentation", 2013, section 2 and appendices A to C. The features are those of
CaffeNet.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detection_ops import (
    Target,
    clip_boxes,
    decode,
    detections,
    encode,
    ridge_loss,
    ridge_regions,
    svm_loss,
    svm_regions,
    warp_regions,
)


class SVMHead(nn.Module):
    """Regions (R, 4096): scores (R, classes), offsets (R, classes, 4)."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.scores = nn.Linear(in_channels, classes)
        self.offsets = nn.Linear(in_channels, 4 * classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.scores(x), self.offsets(x).unflatten(1, (-1, 4))


class RCNN(nn.Module):
    """Images (3, H, W) in 0..1; in training also targets: boxes and labels, from 1."""

    size = (227, 227)

    def __init__(self, classes: int = 20) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, kernel_size=11, stride=4)
        self.conv2 = nn.Conv2d(96, 256, kernel_size=5, padding=2, groups=2)
        self.conv3 = nn.Conv2d(256, 384, kernel_size=3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, kernel_size=3, padding=1, groups=2)
        self.conv5 = nn.Conv2d(384, 256, kernel_size=3, padding=1, groups=2)
        self.fc6 = nn.Linear(256 * 6 * 6, 4096)
        self.dropout = nn.Dropout(0.5)
        self.fc7 = nn.Linear(4096, 4096)
        self.svm = SVMHead(4096, classes)
        self.classes = classes

    def predict(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Of warped regions: scores (R, classes), offsets (R, classes, 4)."""
        x = F.relu(self.conv1(x), inplace=True)
        x = F.local_response_norm(F.max_pool2d(x, 3, stride=2), 5)
        x = F.relu(self.conv2(x), inplace=True)
        x = F.local_response_norm(F.max_pool2d(x, 3, stride=2), 5)
        x = F.relu(self.conv3(x), inplace=True)
        x = F.relu(self.conv4(x), inplace=True)
        x = F.relu(self.conv5(x), inplace=True)
        x = F.max_pool2d(x, 3, stride=2).flatten(1)
        x = self.dropout(F.relu(self.fc6(x), inplace=True))
        x = F.relu(self.fc7(x), inplace=True)
        return self.svm(x)

    def forward(
        self,
        images: Sequence[Tensor],
        proposals: Sequence[Tensor],
        targets: Sequence[Target] | None = None,
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        if self.training:
            if targets is None:
                raise ValueError("training needs targets: boxes and labels per image")
            return self.region_loss(images, proposals, targets)
        scores, offsets = self.predict(warp_regions(images, proposals, self.size, 16))
        boxes = decode(offsets, torch.cat(list(proposals))[:, None], (1, 1, 1, 1))
        counts = [len(p) for p in proposals]
        found = []
        for box, score, image in zip(boxes.split(counts), scores.split(counts), images):
            box = clip_boxes(box, image.shape[-2:])
            place, label = torch.where(score > 0)
            chosen = score[place, label]
            found.append(
                detections(box[place, label], chosen, label + 1, nms=0.3, limit=100)
            )
        return found

    def region_loss(
        self,
        pictures: Sequence[Tensor],
        proposals: Sequence[Tensor],
        targets: Sequence[Target],
    ) -> dict[str, Tensor]:
        """Hinge losses of the classes, and the squares of the box regression."""
        labelled = [
            svm_regions(p, t, self.classes, low=0.3) for p, t in zip(proposals, targets)
        ]
        regions, labels = zip(*labelled)
        scores, offsets = self.predict(warp_regions(pictures, regions, self.size, 16))
        near = [ridge_regions(r, t, match=0.6) for r, t in zip(regions, targets)]
        classes, objects = zip(*near)
        wanted = encode(torch.cat(objects), torch.cat(regions), (1, 1, 1, 1))
        return svm_loss(scores, torch.cat(labels)) | ridge_loss(
            offsets, torch.cat(classes), wanted, self.svm.offsets.weight, penalty=1000
        )
