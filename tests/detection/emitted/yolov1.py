"""YOLO: a grid of cells, each of which says what stands on it and where.

Redmon et al., "You only look once: unified, real-time object detection", 2015, section
2.1 and figure 3. Biases and no normalisation, as printed; the authors' later models
have batch normalisation, and a locally connected layer for the first linear one.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from detection_ops import (
    Target,
    cells_loss,
    clip_boxes,
    decode_cells,
    detections,
    resize_images,
    scale_boxes,
    split_cells,
)


class Unit(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, channels, H / stride, W / stride)."""

    def __init__(
        self, in_channels: int, channels: int, kernel_size: int, stride: int = 1
    ) -> None:
        super().__init__(
            nn.Conv2d(
                in_channels,
                channels,
                kernel_size,
                stride=stride,
                padding=kernel_size // 2,
            ),
            nn.LeakyReLU(0.1, inplace=True),
        )


class YOLOHead(nn.Module):
    """Class probabilities, confidences and boxes of all cells."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.branch1 = nn.Linear(4096, 49 * (10 + classes))

    def forward(self, fc: Tensor) -> Tensor:
        return self.branch1(fc)


class YOLOv1(nn.Module):
    """Images (3, H, W) in 0..1; in training also targets: boxes and labels, from 1."""

    size = (448, 448)

    def __init__(self, classes: int = 20) -> None:
        super().__init__()
        features: list[nn.Module] = [
            Unit(3, 64, 7, stride=2),
            nn.MaxPool2d(2),
            Unit(64, 192, 3),
            nn.MaxPool2d(2),
            Unit(192, 128, 1),
            Unit(128, 256, 3),
            Unit(256, 256, 1),
            Unit(256, 512, 3),
            nn.MaxPool2d(2),
        ]
        for _ in range(4):
            features += [Unit(512, 256, 1), Unit(256, 512, 3)]
        features += [Unit(512, 512, 1), Unit(512, 1024, 3), nn.MaxPool2d(2)]
        for _ in range(2):
            features += [Unit(1024, 512, 1), Unit(512, 1024, 3)]
        features += [Unit(1024, 1024, 3), Unit(1024, 1024, 3, stride=2)]
        for _ in range(2):
            features.append(Unit(1024, 1024, 3))
        self.features = nn.Sequential(*features)
        self.fc = nn.Sequential(
            nn.Linear(1024 * 7 * 7, 4096),
            nn.LeakyReLU(0.1, inplace=True),
            nn.Dropout(0.5),
        )
        self.yolo = YOLOHead(classes)
        self.classes = classes

    def predict(self, x: Tensor) -> Tensor:
        """(N, numbers): the probabilities, confidences and boxes of all cells."""
        x = self.features(x)
        x = x.flatten(1)
        fc = self.fc(x)
        return self.yolo(fc)

    def forward(
        self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        sizes = [image.shape[-2:] for image in images]
        batch = resize_images(images, self.size)
        probabilities, objects, places = split_cells(
            self.predict(batch), 7, 2, self.classes
        )
        if self.training:
            if targets is None:
                raise ValueError("training needs targets: boxes and labels per image")
            targets = [scale_boxes(t, old, self.size) for t, old in zip(targets, sizes)]
            return cells_loss(probabilities, objects, places, targets, 7, self.size)
        found = []
        boxes = clip_boxes(decode_cells(places, 7, self.size), self.size)
        scores = objects[..., None] * probabilities[:, :, None]
        for box, score, size in zip(boxes, scores, sizes):
            cell, place, label = torch.where(score > 0.01)
            chosen = score[cell, place, label]
            result = detections(
                box[cell, place], chosen, label + 1, nms=0.45, limit=100
            )
            found.append(scale_boxes(result, self.size, size))
        return found
