"""Pictures with the objects in them: what detectors learn from and are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.utils.data import Dataset

Target = dict[str, Tensor]


class Pictures(Dataset[tuple[Tensor, Target]]):
    """A data set of (picture, target).

    A picture is (3, H, W), uint8. A target has "boxes" (n, 4), float32, x1 y1 x2 y2 in pixels, and
    "labels" (n,), int64, from 1; n may be 0. `classes` are the names of the labels, in order.
    """

    def __init__(
        self, images: Sequence[Tensor] | Tensor, targets: Sequence[Target], classes: Sequence[str]
    ) -> None:
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
