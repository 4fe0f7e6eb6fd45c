"""Pictures with the objects in them: what detectors learn from and are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

Target = dict[str, Tensor]


Images = Sequence[Tensor] | Tensor  # a list, or one tensor where all are of one size


class Pictures(Dataset[tuple[Tensor, Target]]):
    """A data set of (picture, target).

    A picture is (3, H, W), uint8. A target has "boxes" (n, 4), float32, x1 y1 x2 y2 in pixels, and
    "labels" (n,), int64, from 1; n may be 0. `classes` are the names of the labels, in order.
    """

    def __init__(self, images: Images, targets: Sequence[Target], classes: Sequence[str]) -> None:
        if len(images) != len(targets):
            raise ValueError(f"{len(images)} pictures, but {len(targets)} targets")
        self.images = images
        self.targets = list(targets)
        self.classes = tuple(classes)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: Any) -> tuple[Tensor, Target]:
        return self.images[index], self.targets[index]

    def __repr__(self) -> str:
        objects = sum(len(target["boxes"]) for target in self.targets)
        return f"Pictures({len(self):,} with {objects:,} objects of {len(self.classes)} classes)"


def as_input(images: Sequence[Tensor], device: torch.device) -> Images:
    """Pictures as a detector takes them: floats in 0..1."""
    if len({image.shape for image in images}) == 1:
        return torch.stack(list(images)).to(device).float() / 255
    return [image.to(device).float() / 255 for image in images]


def prepared(
    images: Sequence[Tensor], targets: Sequence[Target], device: torch.device, labels_from: int = 1
) -> tuple[Images, list[Target]]:
    """Pictures and targets as a detector takes them in training; its labels begin at `labels_from`."""
    moved = [{name: value.to(device) for name, value in target.items()} for target in targets]
    for target in moved:
        target["labels"] = target["labels"] + (labels_from - 1)
    return as_input(images, device), moved


def mirrored(image: Tensor, target: Target) -> tuple[Tensor, Target]:
    """A picture and its boxes with left and right exchanged."""
    x1, y1, x2, y2 = target["boxes"].unbind(dim=1)
    width = image.shape[-1]
    boxes = torch.stack([width - x2, y1, width - x1, y2], dim=1)
    return image.flip(-1), {**target, "boxes": boxes}
