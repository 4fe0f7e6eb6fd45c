"""YOLOv2: Darknet-19, anchors, and a finer map laid beside the last one.

Redmon and Farhadi, "YOLO9000: better, faster, stronger", 2016, sections 2 and 3, table
6;
anchors, in cells of 32 pixels, from the authors' models. `space_to_depth` gives the
four
places of a 2x2 square as neighbouring maps. Darknet reads its map as one of other sides
there, `darknet_reorg`, which its published weights need.
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
    yolo2_loss,
)

# side of the map, stride, (width, height) of the anchors
ANCHORS = (
    (
        13,
        32,
        (
            (42.3072, 55.4064),
            (102.168, 128.30208),
            (161.78784, 259.16544),
            (303.07584, 154.89696),
            (359.5648, 320.2272),
        ),
    ),
)


class Unit(nn.Module):
    """Input: (N, in_channels, H, W). Output: (N, channels, H, W)."""

    def __init__(self, in_channels: int, channels: int, kernel_size: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, channels, kernel_size, padding=kernel_size // 2, bias=False
        )
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.bn(self.conv(x)), 0.1, inplace=True)


class Stage(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, width, H, W)."""

    def __init__(self, in_channels: int, width: int, depth: int) -> None:
        layers: list[nn.Module] = [Unit(in_channels, width, 3)]
        for _ in range(depth):
            layers += [Unit(width, width // 2, 1), Unit(width // 2, width, 3)]
        super().__init__(*layers)


class YOLOHead(nn.Module):
    """Offsets, objectness and classes of the anchors on every map."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.branch1 = nn.Conv2d(1024, 5 * (5 + classes), kernel_size=1)
        self.columns = 5 + classes

    def forward(self, conv9: Tensor) -> Tensor:
        return flatten_map(self.branch1(conv9), self.columns)


class YOLOv2(nn.Module):
    """Images (3, H, W) in 0..1; in training also targets: boxes and labels, from 1."""

    size = (416, 416)
    anchors: Tensor
    strides: Tensor

    def __init__(self, classes: int = 20) -> None:
        super().__init__()
        self.stage1 = Stage(3, 32, 0)
        self.stage2 = Stage(32, 64, 0)
        self.stage3 = Stage(64, 128, 1)
        self.stage4 = Stage(128, 256, 1)
        self.stage5 = Stage(256, 512, 2)
        self.stage6 = Stage(512, 1024, 2)
        self.conv7 = Unit(1024, 1024, 3)
        self.conv8 = Unit(1024, 1024, 3)
        self.passthrough = Unit(512, 64, 1)
        self.conv9 = Unit(1280, 1024, 3)
        self.yolo = YOLOHead(classes)
        anchors, strides = self.default_boxes()
        self.register_buffer("anchors", anchors, persistent=False)
        self.register_buffer("strides", strides, persistent=False)

    def predict(self, x: Tensor) -> Tensor:
        """(N, 845, 5 + classes): offsets, objectness, classes."""
        x = self.stage1(x)
        x = F.max_pool2d(x, 2)
        x = self.stage2(x)
        x = F.max_pool2d(x, 2)
        x = self.stage3(x)
        x = F.max_pool2d(x, 2)
        x = self.stage4(x)
        x = F.max_pool2d(x, 2)
        stage5 = self.stage5(x)
        x = F.max_pool2d(stage5, 2)
        x = self.stage6(x)
        x = self.conv7(x)
        x = self.conv8(x)
        branches = [F.pixel_unshuffle(self.passthrough(stage5), 2), x]
        x = torch.cat(branches, dim=1)
        conv9 = self.conv9(x)
        return self.yolo(conv9)

    @staticmethod
    def default_boxes() -> tuple[Tensor, Tensor]:
        """Anchors (845, 4) around their cells, and their maps' strides (845, 1)."""
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
            return yolo2_loss(
                raw, self.anchors, self.strides, targets, self.size, ignore=0.6
            )
        found = []
        boxes = clip_boxes(decode_yolo(raw, self.anchors, self.strides), self.size)
        for box, x, size in zip(boxes, raw, sizes):
            probability = x[:, 4:5].sigmoid() * x[:, 5:].softmax(dim=1)
            place, label = torch.where(probability > 0.01)
            score = probability[place, label]
            result = detections(box[place], score, label + 1, nms=0.45, limit=100)
            found.append(scale_boxes(result, self.size, size))
        return found
