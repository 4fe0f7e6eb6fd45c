"""A detector that is much shorter than a real one, called like those that are emitted.

Every place of one map, 8 pixels apart, predicts classes (column 0 is background) and where the sides of
the box are. The place of an object's centre is the object's (Zhou et al., "Objects as Points", 2019).
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netdsl.shapes import Shape

STRIDE = 8


class SmallDetector(nn.Module):
    """Images of one size, (3, H, W) in 0..1, sides multiples of 8."""

    def __init__(self, classes: int = 10, width: int = 16) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((3, width), (width, 2 * width), (2 * width, 2 * width)):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after)]
            layers += [nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(2 * width, classes + 1 + 4, 3, padding=1)
        self.classes = classes

    def forward(self, images: Any, targets: Any = None) -> Any:
        raw = self.head(self.body(torch.stack(list(images))))
        scores, sides = raw.split([self.classes + 1, 4], dim=1)
        if self.training:
            return self.losses(scores, sides, targets)
        return [self.found(*pair) for pair in zip(scores.softmax(dim=1), sides)]

    def losses(self, scores: Tensor, sides: Tensor, targets: Any) -> dict[str, Tensor]:
        label = torch.zeros_like(scores[:, 0], dtype=torch.int64)
        distance = []
        for i, target in enumerate(targets):
            for box, name in zip(target["boxes"], target["labels"]):
                x, y = ((box[:2] + box[2:]) / 2 / STRIDE).long().tolist()
                label[i, y, x] = name
                wanted = torch.stack([x - box[0] / STRIDE, y - box[1] / STRIDE])
                wanted = torch.cat([wanted, box[2:] / STRIDE - torch.tensor([x, y])])
                distance.append((sides[i, :, y, x] - wanted).abs().sum())
        weight = torch.ones(self.classes + 1)
        weight[0] = 0.05  # nearly all places are background
        boxes = torch.stack(distance).mean() if distance else sides.sum() * 0
        return {"classification": F.cross_entropy(scores, label, weight), "boxes": boxes}

    def found(self, probabilities: Tensor, sides: Tensor) -> dict[str, Tensor]:
        best, label = probabilities[1:].max(dim=0)
        peak = best == F.max_pool2d(best[None], 3, stride=1, padding=1)[0]
        y, x = torch.where(peak & (best > 0.05))
        left, top, right, bottom = sides[:, y, x] * STRIDE
        x0, y0 = x * STRIDE, y * STRIDE
        boxes = torch.stack([x0 - left, y0 - top, x0 + right, y0 + bottom], dim=1)
        return {"boxes": boxes, "labels": label[y, x] + 1, "scores": best[y, x]}


class SmallNetwork:
    """What the command needs of a compiled network, around a detector."""

    name = "Small"
    parameters = 20_000

    def __init__(self, classes: int = 10, heads: tuple[str, ...] = ("ssd",)) -> None:
        kind = SimpleNamespace(classes=classes)
        self.design = SimpleNamespace(
            heads={word: SimpleNamespace(word=word, kind=kind) for word in heads}, start=None
        )
        self.classes = classes
        self.input_shapes = {"image": Shape(3, 64, 64)}

    def module(self) -> nn.Module:
        return SmallDetector(self.classes)
