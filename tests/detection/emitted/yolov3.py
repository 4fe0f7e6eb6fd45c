"""YOLOv3: Darknet-53, and boxes on three maps.

Redmon and Farhadi, "YOLOv3: an incremental improvement", 2018, section 2 and table 1;
what stands between the maps is that of the authors' model.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detection_ops import (
    Target,
    centred_boxes,
    clip_boxes,
    decode_yolo,
    detections,
    flatten_map,
    resize_images,
    scale_boxes,
    tile_boxes,
    yolo_loss,
)

# side of the map, stride, (width, height) of the anchors
ANCHORS = (
    (13, 32, ((116, 90), (156, 198), (373, 326))),
    (26, 16, ((30, 61), (62, 45), (59, 119))),
    (52, 8, ((10, 13), (16, 30), (33, 23))),
)


class Unit(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, channels, H / stride, W / stride)."""

    def __init__(
        self, in_channels: int, channels: int, kernel_size: int, stride: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels,
            channels,
            kernel_size,
            stride=stride,
            padding=kernel_size // 2,
            bias=False,
        )
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.bn(self.conv(x)), 0.1, inplace=True)


class ShrinkGrow(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, channels, H, W)."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.unit1 = Unit(in_channels, channels // 2, 1)
        self.unit2 = Unit(channels // 2, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        out = self.unit2(self.unit1(x))
        return x + out


class Neck(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H, W)."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__(
            Unit(in_channels, width, 1),
            Unit(width, 2 * width, 3),
            Unit(2 * width, width, 1),
            Unit(width, 2 * width, 3),
            Unit(2 * width, width, 1),
        )


class Finer(nn.Module):
    """The map, halved in width and twice as fine, beside that of an earlier stage.

    Input: (N, in_channels, H, W) and skip: (N, skip_channels, 2 * H, 2 * W).
    Output: (N, width + skip_channels, 2 * H, 2 * W).
    """

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.unit = Unit(in_channels, width, 1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        branches = [F.interpolate(self.unit(x), scale_factor=2), skip]
        return torch.cat(branches, dim=1)


class Predictor(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, anchors * (5 + classes), H, W)."""

    def __init__(
        self, in_channels: int, width: int, anchors: int, classes: int
    ) -> None:
        super().__init__()
        self.unit = Unit(in_channels, 2 * width, 3)
        self.conv = nn.Conv2d(2 * width, anchors * (5 + classes), kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.unit(x)
        return self.conv(x)


class YOLOHead(nn.Module):
    """Offsets, objectness and classes of the anchors on every map."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.branch1 = Predictor(512, 512, 3, classes)
        self.branch2 = Predictor(256, 256, 3, classes)
        self.branch3 = Predictor(128, 128, 3, classes)
        self.columns = 5 + classes

    def forward(self, neck1: Tensor, neck2: Tensor, neck3: Tensor) -> Tensor:
        branch1 = self.branch1(neck1)
        branch2 = self.branch2(neck2)
        branch3 = self.branch3(neck3)
        maps = [branch1, branch2, branch3]
        return torch.cat([flatten_map(x, self.columns) for x in maps], dim=1)


class YOLOv3(nn.Module):
    """Images (3, H, W) in 0..1; in training also targets: boxes and labels, from 1."""

    size = (416, 416)
    anchors: Tensor
    strides: Tensor

    def __init__(self, classes: int = 80) -> None:
        super().__init__()
        self.stem = Unit(3, 32, 3)
        self.stage1 = nn.Sequential(Unit(32, 64, 3, stride=2), ShrinkGrow(64, 64))
        self.stage2 = nn.Sequential(
            Unit(64, 128, 3, stride=2),
            *(ShrinkGrow(128, 128) for _ in range(2)),
        )
        self.stage3 = nn.Sequential(
            Unit(128, 256, 3, stride=2),
            *(ShrinkGrow(256, 256) for _ in range(8)),
        )
        self.stage4 = nn.Sequential(
            Unit(256, 512, 3, stride=2),
            *(ShrinkGrow(512, 512) for _ in range(8)),
        )
        self.stage5 = nn.Sequential(
            Unit(512, 1024, 3, stride=2),
            *(ShrinkGrow(1024, 1024) for _ in range(4)),
        )
        self.neck1 = Neck(1024, 512)  # 512x13x13
        self.up2 = Finer(512, 256)
        self.neck2 = Neck(768, 256)  # 256x26x26
        self.up3 = Finer(256, 128)
        self.neck3 = Neck(384, 128)  # 128x52x52
        self.yolo = YOLOHead(classes)
        anchors, strides = self.default_boxes()
        self.register_buffer("anchors", anchors, persistent=False)
        self.register_buffer("strides", strides, persistent=False)

    def predict(self, x: Tensor) -> Tensor:
        """(N, 10647, 5 + classes): offsets, objectness, classes."""
        x = self.stem(x)
        x = self.stage1(x)
        x = self.stage2(x)
        stage3 = self.stage3(x)
        stage4 = self.stage4(stage3)
        x = self.stage5(stage4)
        neck1 = self.neck1(x)
        neck2 = self.neck2(self.up2(neck1, stage4))
        neck3 = self.neck3(self.up3(neck2, stage3))
        return self.yolo(neck1, neck2, neck3)

    @staticmethod
    def default_boxes() -> tuple[Tensor, Tensor]:
        """Anchors (10647, 4) around their cells, and their maps' strides (10647, 1)."""
        boxes, strides = [], []
        for side, stride, sizes in ANCHORS:
            cell = centred_boxes(sizes)
            boxes.append(tile_boxes(cell, (side, side), (stride, stride), shift=0.5))
            strides.append(torch.full((len(boxes[-1]), 1), float(stride)))
        return torch.cat(boxes), torch.cat(strides)

    def forward(
        self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        sizes = [image.shape[-2:] for image in images]
        batch = resize_images(images, self.size)
        raw = self.predict(batch)
        if self.training:
            if targets is None:
                raise ValueError("training needs targets: boxes and labels per image")
            targets = [scale_boxes(t, old, self.size) for t, old in zip(targets, sizes)]
            return yolo_loss(
                raw, self.anchors, self.strides, targets, self.size, ignore=0.5
            )
        found = []
        boxes = clip_boxes(decode_yolo(raw, self.anchors, self.strides), self.size)
        for box, x, size in zip(boxes, raw, sizes):
            probability = x[:, 4:5].sigmoid() * x[:, 5:].sigmoid()
            place, label = torch.where(probability > 0.01)
            score = probability[place, label]
            result = detections(box[place], score, label + 1, nms=0.45, limit=100)
            found.append(scale_boxes(result, self.size, size))
        return found
