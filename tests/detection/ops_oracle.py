"""The helpers of detectors as they are shipped, beside torchvision, and torchvision itself."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from netdsl.data import data_file

sys.path.append(str(Path(__file__).parents[1] / "oracles"))
from torchvision_cpu import import_torchvision  # pyright: ignore[reportMissingImports]

torch.set_num_threads(1)
torchvision: Any = import_torchvision()


def load(name: str) -> Any:
    """A new module of a shipped file, under its own name while it is imported."""
    path = data_file(f"templates/torch/{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, {name: module}):
        spec.loader.exec_module(module)
    return module


class Broken:
    """A torchvision that cannot be imported, for a reason."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] == "torchvision":
            raise self.error("operator torchvision::nms does not exist")


def load_without_torchvision(error: type[Exception]) -> Any:
    """The helpers where the import of torchvision ends with this error."""
    kept = {k: v for k, v in sys.modules.items() if k.partition(".")[0] != "torchvision"}
    own: dict[str, ModuleType] = {**kept, "detection_fallback": fallback}
    finders: Sequence[Any] = [Broken(error), *sys.meta_path]
    with (
        mock.patch.dict(sys.modules, own, clear=True),
        mock.patch.object(sys, "meta_path", finders),
    ):
        return load("detection_ops")


ops = load("detection_ops")
fallback = load("detection_fallback")


def random_boxes(count: int, size: Sequence[float] = (100, 100), largest: float = 40) -> Tensor:
    """Boxes (count, 4) inside (height, width), with sides of 1 to `largest`."""
    whole = torch.tensor([size[1], size[0]], dtype=torch.float)
    side = 1 + torch.rand(count, 2) * (largest - 1)
    corner = torch.rand(count, 2) * (whole - side)
    return torch.cat([corner, corner + side], dim=1)


def random_targets(
    counts: Sequence[int], classes: int, size: Sequence[float] = (100, 100), largest: float = 40
) -> list[dict[str, Tensor]]:
    """A target per image, with labels 1..classes; a count may be 0."""
    return [
        {"boxes": random_boxes(n, size, largest), "labels": torch.randint(1, classes + 1, (n,))}
        for n in counts
    ]


def close(ours: Any, theirs: Any, atol: float = 1e-6, rtol: float = 1e-5) -> None:
    torch.testing.assert_close(ours, theirs, atol=atol, rtol=rtol)
