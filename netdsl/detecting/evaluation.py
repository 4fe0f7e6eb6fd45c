"""What a trained detector finds, and how good that is."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from netdsl.detecting.pictures import Images, Pictures, as_input
from netdsl.detecting.precision import Precision, coco_precision

Found = dict[str, Tensor]


def detect(
    model: nn.Module,
    images: Images,
    *,
    batch: int = 32,
    device: str | torch.device | None = None,
    labels_from: int = 1,
    report: Callable[[int], None] | None = None,
) -> list[Found]:
    """What the model finds in pictures (3, H, W), uint8: one dictionary each, on the CPU.

    "boxes" (n, 4) are x1 y1 x2 y2 in pixels, "labels" (n,) from 1, "scores" (n,) in 0..1. `device` is
    where the model is moved to, else it is used where it stands; its mode is restored. `report` is told
    how many pictures are done.
    """
    place = torch.device(device) if device is not None else next(model.parameters()).device
    training = model.training
    model.to(place).eval()
    found: list[Found] = []
    try:
        with torch.inference_mode():
            for start in range(0, len(images), batch):
                chosen = [images[i] for i in range(start, min(start + batch, len(images)))]
                for result in model(as_input(chosen, place)):
                    here = {name: value.cpu() for name, value in result.items()}
                    here["labels"] = here["labels"] + (1 - labels_from)
                    found.append(here)
                if report is not None:
                    report(len(found))
    finally:
        model.train(training)
    return found


def evaluate(
    model: nn.Module,
    pictures: Pictures,
    *,
    batch: int = 32,
    device: str | torch.device | None = None,
    labels_from: int = 1,
) -> Precision:
    """Mean average precision on pictures, as COCO: `evaluate(model, pictures).at(0.5)`."""
    found = detect(model, pictures.images, batch=batch, device=device, labels_from=labels_from)
    return coco_precision(found, pictures.targets, range(1, len(pictures.classes) + 1))
