"""Faster R-CNN: a network that proposes regions, and Fast R-CNN on the same maps.

Ren et al., "Faster R-CNN: towards real-time object detection with region proposal
networks", 2015, on one map of VGG-16 or ZF. Lin et al., "Feature pyramid networks for
object detection", 2016, sections 4 and 5: on five maps of ResNet-50, as torchvision has
it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

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

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        layer1 = self.layer1(x)
        layer2 = self.layer2(layer1)
        layer3 = self.layer3(layer2)
        layer4 = self.layer4(layer3)
        return layer1, layer2, layer3, layer4


class Fpn(nn.Module):
    """Maps p0, p1, ... for `maps`, from fine to coarse, and after them `extra` of the
    coarsest.

    Input: maps: Sequence[Tensor]. Output: (N, 256, H / 2, W / 2).
    """

    def __init__(self, maps_channels: Sequence[int]) -> None:
        super().__init__()
        self.inner0 = nn.Conv2d(maps_channels[0], 256, kernel_size=1)
        self.inner1 = nn.Conv2d(maps_channels[1], 256, kernel_size=1)
        self.inner2 = nn.Conv2d(maps_channels[2], 256, kernel_size=1)
        self.inner3 = nn.Conv2d(maps_channels[3], 256, kernel_size=1)
        self.p3 = nn.Conv2d(256, 256, kernel_size=3, padding=1)
        self.p2 = nn.Conv2d(256, 256, kernel_size=3, padding=1)
        self.p1 = nn.Conv2d(256, 256, kernel_size=3, padding=1)
        self.p0 = nn.Conv2d(256, 256, kernel_size=3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, nonlinearity="linear")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(
        self, maps: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        inner0 = self.inner0(maps[0])
        inner1 = self.inner1(maps[1])
        inner2 = self.inner2(maps[2])
        inner3 = self.inner3(maps[3])
        p3 = self.p3(inner3)
        sum2 = inner2 + F.interpolate(inner3, inner2.shape[-2:])
        p2 = self.p2(sum2)
        sum1 = inner1 + F.interpolate(sum2, inner1.shape[-2:])
        p1 = self.p1(sum1)
        sum0 = inner0 + F.interpolate(sum1, inner0.shape[-2:])
        p0 = self.p0(sum0)
        p4 = F.max_pool2d(p3, 1, stride=2)
        return p0, p1, p2, p3, p4


class RPNHead(nn.Module):
    """For every map: scores (N, 3 * H * W), offsets (N, 3 * H * W, 4)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, 256, kernel_size=3, padding=1)
        self.scores = nn.Conv2d(256, 3, kernel_size=1)
        self.offsets = nn.Conv2d(256, 12, kernel_size=1)

    def forward(self, maps: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        scores, offsets = [], []
        for x in maps:
            x = F.relu(self.conv(x), inplace=True)
            scores.append(flatten_map(self.scores(x), 1).squeeze(2))
            offsets.append(flatten_map(self.offsets(x), 4))
        return scores, offsets


class RCNNHead(nn.Module):
    """Regions (R, 256, 7, 7): scores (R, classes + 1), offsets (R, classes + 1, 4)."""

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.fc6 = nn.Linear(in_channels * 7 * 7, 1024)
        self.fc7 = nn.Linear(1024, 1024)
        self.scores = nn.Linear(1024, classes + 1)
        self.offsets = nn.Linear(1024, 4 * (classes + 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = x.flatten(1)
        x = F.relu(self.fc6(x), inplace=True)
        x = F.relu(self.fc7(x), inplace=True)
        return self.scores(x), self.offsets(x).unflatten(1, (-1, 4))


class FasterRCNN(nn.Module):
    """Images (3, H, W) in 0..1; in training also targets: boxes and labels, from 1."""

    mean = (0.485, 0.456, 0.406)
    std = (0.229, 0.224, 0.225)
    variances = (0.1, 0.1, 0.2, 0.2)
    published: ClassVar[dict[str, str]] = {
        "fpn.inner0": "backbone.fpn.inner_blocks.0.0",
        "fpn.inner1": "backbone.fpn.inner_blocks.1.0",
        "fpn.inner2": "backbone.fpn.inner_blocks.2.0",
        "fpn.inner3": "backbone.fpn.inner_blocks.3.0",
        "fpn.p0": "backbone.fpn.layer_blocks.0.0",
        "fpn.p1": "backbone.fpn.layer_blocks.1.0",
        "fpn.p2": "backbone.fpn.layer_blocks.2.0",
        "fpn.p3": "backbone.fpn.layer_blocks.3.0",
        "rcnn.offsets": "roi_heads.box_predictor.bbox_pred",
        "rcnn.scores": "roi_heads.box_predictor.cls_score",
        "rpn.conv": "rpn.head.conv.0.0",
        "rpn.offsets": "rpn.head.bbox_pred",
        "rpn.scores": "rpn.head.cls_logits",
        "body": "backbone.body",
        "rcnn": "roi_heads.box_head",
    }

    def __init__(self, classes: int = 90) -> None:
        super().__init__()
        self.body = Trunk(3, (3, 4, 6, 3))
        self.fpn = Fpn((256, 512, 1024, 2048))
        self.rpn = RPNHead(256)
        self.rcnn = RCNNHead(256, classes)
        for module in self.body.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(
                    module.weight, mode="fan_out", nonlinearity="relu"
                )
        for module in self.rpn.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=0.01)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def predict(self, x: Tensor) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Five maps, and for each its proposals' scores and offsets."""
        layer1, layer2, layer3, layer4 = self.body(x)
        p0, p1, p2, p3, p4 = self.fpn([layer1, layer2, layer3, layer4])
        maps = [p0, p1, p2, p3, p4]
        return maps, *self.rpn(maps)

    def anchors(self, maps: Sequence[Tensor], size: Sequence[int]) -> list[Tensor]:
        """Three boxes at every cell of every map, for a batch of (height, width)."""
        anchors = []
        for x, side in zip(maps, ANCHORS):
            cell = centred_boxes(anchor_sizes([side], [0.5, 1, 2]), rounded=True)
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
        boxes = [decode(o.detach(), a, (1, 1, 1, 1)) for o, a in zip(offsets, anchors)]
        before, after = (2000, 2000) if self.training else (1000, 1000)
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
                count=256,
                positive=0.5,
            )
            return losses | self.region_loss(maps, regions, targets)
        return self.detect(maps, regions, sizes)

    def classify(
        self, maps: Sequence[Tensor], regions: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Scores and offsets of the regions of all images, one after the other."""
        return self.rcnn(pool_regions(maps[:4], regions, (4, 8, 16, 32), (7, 7), 2))

    def region_loss(
        self,
        maps: Sequence[Tensor],
        regions: Sequence[Tensor],
        targets: Sequence[Target],
    ) -> dict[str, Tensor]:
        samples = [
            sample_regions(r, t, match=0.5, count=512, positive=0.25)
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

    def load_published(self, state_dict: Mapping[str, Tensor]) -> None:
        """Load a published checkpoint: its names begin as `published` says."""
        self.load_state_dict(
            rename_published(state_dict, self.state_dict(), self.published)
        )
