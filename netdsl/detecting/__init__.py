"""Detectors in use: pictures to learn from, training, evaluation, proposals.

A detector is a module that is called as torchvision's are: `model(images, targets)` gives a dictionary
of losses in training, `model(images)` a list of {"boxes", "labels", "scores"} in evaluation. Images are
(3, H, W) in 0..1, boxes (n, 4) are x1 y1 x2 y2 in pixels, labels are 1..classes.

This room imports torch and numpy where one of its names is taken; nothing of the compiler takes one.

    from netdsl.detecting import evaluate, make_digits, train

    model = netdsl.load("zoo:digits").module()
    train(model, make_digits(8000), minutes=10)
    print(evaluate(model, make_digits(1000, "test")).at(0.5))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netdsl.detecting.digits import make_digits
    from netdsl.detecting.drawing import draw, sheet
    from netdsl.detecting.evaluation import detect, evaluate
    from netdsl.detecting.folder import read_folder, split
    from netdsl.detecting.pictures import Pictures
    from netdsl.detecting.precision import Precision, coco_precision, voc_precision
    from netdsl.detecting.proposals import count_windows, recall, sliding_windows
    from netdsl.detecting.selective import selective_search
    from netdsl.detecting.training import Step, Training, train

__all__ = [
    "Pictures",
    "Precision",
    "Step",
    "Training",
    "coco_precision",
    "count_windows",
    "detect",
    "draw",
    "evaluate",
    "make_digits",
    "read_folder",
    "recall",
    "selective_search",
    "sheet",
    "sliding_windows",
    "split",
    "train",
    "voc_precision",
]

_HOMES = {
    "Pictures": "pictures",
    "Precision": "precision",
    "Step": "training",
    "Training": "training",
    "coco_precision": "precision",
    "count_windows": "proposals",
    "detect": "evaluation",
    "draw": "drawing",
    "evaluate": "evaluation",
    "make_digits": "digits",
    "read_folder": "folder",
    "recall": "proposals",
    "selective_search": "selective",
    "sheet": "drawing",
    "sliding_windows": "proposals",
    "split": "folder",
    "train": "training",
    "voc_precision": "precision",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
