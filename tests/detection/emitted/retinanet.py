"""RetinaNet: every place of a feature pyramid classified, and rare objects not drowned.

Lin et al., "Focal loss for dense object detection", 2017, sections 4 and 4.1, on
ResNet-50 as in torchvision: p6 is made of p5, and the first of the 91 classes is
unused.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detection_ops import (
    Target,
    batch_images,
    centred_boxes,
    clip_boxes,
    decode,
    detections,
    flatten_map,
    octave_sizes,
    retina_loss,
    tile_boxes,
)

# sizes of the anchors, map by map
ANCHORS = (32, 64, 128, 256, 512)


class FrozenBatchNorm2d(nn.Module):
    """Batch normalisation with fixed statistics, scale and shift.

    Input and output: (N, num_features, H, W).
    """

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer("weight", torch.ones(num_features))
        self.register_buffer("bias", torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x: Tensor) -> Tensor:
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        shift = self.bias - self.running_mean * scale
        return x * scale.view(-1, 1, 1) + shift.view(-1, 1, 1)


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


class Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1, beside a shortcut.

    Input: (N, in_channels, H, W). Output: (N, 4 * width, H / stride, W / stride).
    """

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.bn1 = FrozenBatchNorm2d(width)
        self.conv2 = nn.Conv2d(
            width, width, kernel_size=3, stride=stride, padding=1, bias=False
        )
        self.bn2 = FrozenBatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, kernel_size=1, bias=False)
        self.bn3 = FrozenBatchNorm2d(4 * width)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != 4 * width:
            self.downsample = nn.Sequential(
                nn.Conv2d(
                    in_channels, 4 * width, kernel_size=1, stride=stride, bias=False
                ),
                FrozenBatchNorm2d(4 * width),
            )

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = F.relu(self.bn2(self.conv2(out)), inplace=True)
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.downsample(x), inplace=True)


class Stage(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, 4 * width, H / stride, W / stride)."""

    def __init__(
        self, in_channels: int, width: int, depth: int, stride: int = 1
    ) -> None:
        super().__init__(
            Bottleneck(in_channels, width, stride=stride),
            *(Bottleneck(4 * width, width) for _ in range(depth - 1)),
        )


class Trunk(nn.Module):
    """Four stages, whose maps have strides of 4, 8, 16 and 32.

    Input: (N, in_channels, H, W). Output: (N, 2048, H / 32, W / 32).
    """

    def __init__(self, in_channels: int, depths: Sequence[int]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels, 64, kernel_size=7, stride=2, padding=3, bias=False
        )
        self.bn1 = FrozenBatchNorm2d(64)
        self.layer1 = Stage(64, 64, depths[0])
        self.layer2 = Stage(256, 128, depths[1], stride=2)
        self.layer3 = Stage(512, 256, depths[2], stride=2)
        self.layer4 = Stage(1024, 512, depths[3], stride=2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        x = self.layer1(x)
        layer2 = self.layer2(x)
        layer3 = self.layer3(layer2)
        layer4 = self.layer4(layer3)
        return layer2, layer3, layer4


class Fpn(nn.Module):
    """Maps p0, p1, ... for `maps`, from fine to coarse, and after them `extra` of the
    coarsest.

    Input: maps: Sequence[Tensor]. Output: (N, 256, H, W).
    """

    def __init__(self, maps_channels: Sequence[int]) -> None:
        super().__init__()
        self.inner0 = nn.Conv2d(maps_channels[0], 256, kernel_size=1)
        self.inner1 = nn.Conv2d(maps_channels[1], 256, kernel_size=1)
        self.inner2 = nn.Conv2d(maps_channels[2], 256, kernel_size=1)
        self.p2 = nn.Conv2d(256, 256, kernel_size=3, padding=1)
        self.p1 = nn.Conv2d(256, 256, kernel_size=3, padding=1)
        self.p0 = nn.Conv2d(256, 256, kernel_size=3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, nonlinearity="linear")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        inner0 = self.inner0(maps[0])
        inner1 = self.inner1(maps[1])
        inner2 = self.inner2(maps[2])
        p2 = self.p2(inner2)
        sum1 = inner1 + F.interpolate(inner2, inner1.shape[-2:])
        p1 = self.p1(sum1)
        sum0 = inner0 + F.interpolate(sum1, inner0.shape[-2:])
        p0 = self.p0(sum0)
        return p0, p1, p2


class Coarser(nn.Module):
    """Two maps more, p6 and p7.

    Input: (N, in_channels, H, W). Output: (N, 256, H / 4, W / 4).
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.p6 = nn.Conv2d(in_channels, 256, kernel_size=3, stride=2, padding=1)
        self.p7 = nn.Conv2d(256, 256, kernel_size=3, stride=2, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, nonlinearity="linear")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        p6 = self.p6(x)
        p7 = self.p7(F.relu(p6))
        return p6, p7


class Tower(nn.Sequential):
    """Input: (N, in_channels, H, W). Output: (N, 256, H, W)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
        )


class RetinaHead(nn.Module):
    """For every map: scores (N, 9 * H * W, classes), offsets (N, 9 * H * W, 4)."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.classification = Tower(in_channels)
        self.regression = Tower(in_channels)
        self.scores = nn.Conv2d(256, 9 * classes, kernel_size=3, padding=1)
        self.offsets = nn.Conv2d(256, 36, kernel_size=3, padding=1)
        self.classes = classes

    def forward(self, maps: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        scores, offsets = [], []
        for x in maps:
            classification = self.classification(x)
            regression = self.regression(x)
            scores.append(flatten_map(self.scores(classification), self.classes))
            offsets.append(flatten_map(self.offsets(regression), 4))
        return scores, offsets


class RetinaNet(nn.Module):
    """Images (3, H, W) in 0..1; in training also targets: boxes and labels, from 0."""

    mean = (0.485, 0.456, 0.406)
    std = (0.229, 0.224, 0.225)
    published: ClassVar[dict[str, str]] = {
        "retina.classification.0": "head.classification_head.conv.0.0",
        "retina.classification.2": "head.classification_head.conv.1.0",
        "retina.classification.4": "head.classification_head.conv.2.0",
        "retina.classification.6": "head.classification_head.conv.3.0",
        "retina.regression.0": "head.regression_head.conv.0.0",
        "retina.regression.2": "head.regression_head.conv.1.0",
        "retina.regression.4": "head.regression_head.conv.2.0",
        "retina.regression.6": "head.regression_head.conv.3.0",
        "fpn.inner0": "backbone.fpn.inner_blocks.0.0",
        "fpn.inner1": "backbone.fpn.inner_blocks.1.0",
        "fpn.inner2": "backbone.fpn.inner_blocks.2.0",
        "fpn.p0": "backbone.fpn.layer_blocks.0.0",
        "fpn.p1": "backbone.fpn.layer_blocks.1.0",
        "fpn.p2": "backbone.fpn.layer_blocks.2.0",
        "retina.offsets": "head.regression_head.bbox_reg",
        "retina.scores": "head.classification_head.cls_logits",
        "body": "backbone.body",
        "coarser": "backbone.fpn.extra_blocks",
    }

    def __init__(self, classes: int = 91) -> None:
        super().__init__()
        self.body = Trunk(3, (3, 4, 6, 3))
        self.fpn = Fpn((512, 1024, 2048))
        self.coarser = Coarser(256)
        self.retina = RetinaHead(256, classes)
        for module in self.body.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(
                    module.weight, mode="fan_out", nonlinearity="relu"
                )
        for module in self.retina.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=0.01)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        if self.retina.scores.bias is not None:
            nn.init.constant_(self.retina.scores.bias, -4.59512)

    def predict(self, x: Tensor) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Five maps, and for each its anchors' scores and offsets."""
        layer2, layer3, layer4 = self.body(x)
        p0, p1, p2 = self.fpn([layer2, layer3, layer4])
        p6, p7 = self.coarser(p2)
        maps = [p0, p1, p2, p6, p7]
        return maps, *self.retina(maps)

    def anchors(self, maps: Sequence[Tensor], size: Sequence[int]) -> list[Tensor]:
        """Nine boxes at every cell of every map, for a batch of (height, width)."""
        anchors = []
        for x, side in zip(maps, ANCHORS):
            cell = centred_boxes(octave_sizes(side, 3, [0.5, 1, 2]), rounded=True)
            height, width = x.shape[-2:]
            step = (size[0] // height, size[1] // width)
            anchors.append(tile_boxes(cell.to(x.device), (height, width), step))
        return anchors

    def forward(
        self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        batch, sizes = batch_images(images, self.mean, self.std, divisor=32)
        maps, scores, offsets = self.predict(batch)
        anchors = self.anchors(maps, batch.shape[-2:])
        if self.training:
            if targets is None:
                raise ValueError("training needs targets: boxes and labels per image")
            return retina_loss(
                torch.cat(scores, dim=1),
                torch.cat(offsets, dim=1),
                torch.cat(anchors),
                targets,
                high=0.5,
                low=0.4,
                gamma=2,
                alpha=0.25,
            )
        found = []
        for i, size in enumerate(sizes):
            levels = ([s[i] for s in scores], [o[i] for o in offsets])
            found.append(self.detect(*levels, anchors, size))
        return found

    def detect(
        self,
        scores: Sequence[Tensor],
        offsets: Sequence[Tensor],
        anchors: Sequence[Tensor],
        size: tuple[int, int],
    ) -> dict[str, Tensor]:
        """One image: the best 1000 of every level, suppressed, the best 300."""
        boxes, kept, labels = [], [], []
        for level, offset, anchor in zip(scores, offsets, anchors):
            best = min(1000, level.numel())
            score, place = level.sigmoid().flatten().topk(best)
            place, score = place[score > 0.05], score[score > 0.05]
            row = place // level.shape[1]
            box = decode(offset[row], anchor[row], (1, 1, 1, 1))
            boxes.append(clip_boxes(box, size))
            kept.append(score)
            labels.append(place % level.shape[1])
        return detections(
            torch.cat(boxes), torch.cat(kept), torch.cat(labels), nms=0.5, limit=300
        )

    def load_published(self, state_dict: Mapping[str, Tensor]) -> None:
        """Load a published checkpoint: its names begin as `published` says."""
        self.load_state_dict(
            rename_published(state_dict, self.state_dict(), self.published)
        )
