"""Emitted detectors as a user has them, and torchvision's, with one set of weights."""

from __future__ import annotations

import functools
import importlib
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from ops_oracle import torchvision
from skimage import data
from torch import Tensor, nn

import netdsl
from netdsl.data import data_file
from netdsl.network import Network

Found = dict[str, Tensor]

models = torchvision.models
detection = torchvision.models.detection


# ----------------------------------------------------------------------------------------- emitted
@functools.cache
def folder() -> Path:
    """A folder from which Python imports, with the two files that stand beside detectors."""
    _kept.append(tempfile.TemporaryDirectory())
    path = Path(_kept[-1].name)
    for name in ("detection_ops.py", "detection_fallback.py"):
        text = data_file(f"templates/torch/{name}").read_text(encoding="utf-8")
        (path / name).write_text(text, encoding="utf-8")
    sys.path.insert(0, str(path))
    return path


_kept: list[tempfile.TemporaryDirectory[str]] = []  # deleted when Python ends


@functools.cache
def network(name: str, input: str | None = None) -> Network:
    return netdsl.load(f"zoo:{name}", input=input)


@functools.cache
def emitted(name: str, input: str | None = None) -> ModuleType:
    """The file of a detector of the zoo, imported."""
    file = f"{name}_{input or ''}_parity"
    text = network(name, input).torch_source()
    (folder() / f"{file}.py").write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    return importlib.import_module(file)


def emitted_class(name: str, input: str | None = None) -> Any:
    return getattr(emitted(name, input), network(name, input).torch_class)


# ------------------------------------------------------------------------------------- torchvision
def ssd300() -> nn.Module:
    return detection.ssd300_vgg16(weights=None, weights_backbone=None)


def ssdlite() -> nn.Module:
    return detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None)


def faster_rcnn() -> nn.Module:
    """As `fasterrcnn_resnet50_fpn` makes it for its published weights, without them."""
    extractor = detection.backbone_utils._resnet_fpn_extractor
    return detection.FasterRCNN(extractor(_frozen_resnet50(), 5), num_classes=91)


def retinanet() -> nn.Module:
    """As `retinanet_resnet50_fpn` makes it for its published weights, without them."""
    pyramid = torchvision.ops.feature_pyramid_network.LastLevelP6P7(256, 256)
    extractor = detection.backbone_utils._resnet_fpn_extractor
    backbone = extractor(_frozen_resnet50(), 5, returned_layers=[2, 3, 4], extra_blocks=pyramid)
    return detection.RetinaNet(backbone, num_classes=91)


def _frozen_resnet50() -> nn.Module:
    return models.resnet50(norm_layer=torchvision.ops.misc.FrozenBatchNorm2d)


def without_resizing(model: Any) -> Any:
    """Images as they are: torchvision resizes to sides of 800 to 1333, we leave that to the data."""
    model.transform.resize = lambda image, target: (image, target)
    return model


# ----------------------------------------------------------------------------------------- weights
def seeded(model: nn.Module, seed: int = 0) -> nn.Module:
    """Numbers of batch normalisation that are not 0 and 1, and of a size at which nothing vanishes."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if hasattr(module, "running_var"):
            numbers: Any = module
            for name, least, most in (
                ("weight", 0.4, 0.8),
                ("bias", -0.2, 0.2),
                ("running_mean", -0.2, 0.2),
                ("running_var", 0.5, 1.5),
            ):
                getattr(numbers, name).data.uniform_(least, most, generator=generator)
    return model


def settled(model: Any, run: Callable[[], Any]) -> Any:
    """The model, whose batch normalisation knows what `run` shows it: else, in evaluation, maps could be
    the same everywhere, and all scores equal."""
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    momenta = [m.momentum for m in norms]
    for module in norms:
        module.train()
        module.momentum = 1.0
    with torch.no_grad():
        run()
    for module, momentum in zip(norms, momenta):
        module.eval()
        module.momentum = momentum
    return model


@torch.no_grad()
def spread(
    layers: Sequence[Any], run: Callable[[], Any], deviation: float, mean: float = 0.0
) -> None:
    """Random weights with which every channel of the layers has this mean and standard deviation in
    what `run` runs."""
    said: dict[Any, list[Tensor]] = {layer: [] for layer in layers}

    def keep(layer: nn.Module, given: Any, out: Tensor) -> None:
        said[layer].append((out.movedim(1, -1) if out.dim() == 4 else out).flatten(0, -2))

    for layer in layers:
        nn.init.normal_(layer.weight, std=0.01)
        nn.init.zeros_(layer.bias)
    hooks = [layer.register_forward_hook(keep) for layer in layers]
    run()
    for hook in hooks:
        hook.remove()
    for layer, found in said.items():
        rows = torch.cat(found)
        factor = deviation / rows.std(dim=0).clamp(min=1e-6)
        layer.weight.mul_(factor.view(-1, *[1] * (layer.weight.dim() - 1)))
        layer.bias.copy_(mean - rows.mean(dim=0) * factor)


# ------------------------------------------------------------------------------------------ images
@functools.cache
def photographs(shrink: int = 1) -> tuple[Tensor, ...]:
    """Photographs that are shipped in scikit-image, (3, H, W) in 0..1, every `shrink`-th pixel."""
    pictures = [data.astronaut(), data.chelsea(), data.coffee(), data.rocket()]
    return tuple(
        (torch.from_numpy(p).permute(2, 0, 1).float() / 255)[:, ::shrink, ::shrink].contiguous()
        for p in pictures
    )


def objects(
    images: Sequence[Tensor], counts: Sequence[int], classes: int, seed: int = 0, start: int = 1
) -> list[Found]:
    """Random boxes of many sizes in the images; labels from `start` on."""
    torch.manual_seed(seed)
    targets = []
    for image, count in zip(images, counts):
        whole = torch.tensor([image.shape[2], image.shape[1]])
        side = whole * (0.08 + 0.6 * torch.rand(count, 2) ** 2)
        corner = torch.rand(count, 2) * (whole - side)
        labels = torch.randint(start, classes + start, (count,))
        targets.append({"boxes": torch.cat([corner, corner + side], dim=1), "labels": labels})
    return targets


# ---------------------------------------------------------------------------------------- watching
def outputs(model: nn.Module, names: Sequence[str], run: Callable[[], Any]) -> tuple[Any, Found]:
    """What `run` gives, and what parts and methods of the model gave meanwhile, by their names; under
    `name of` what a method was called with."""
    seen: dict[str, Any] = {}
    hooks, methods = [], []
    parts: Any = dict(model.named_modules())
    for name in names:
        if name in parts:

            def keep(_: nn.Module, given: Any, out: Any, name: str = name) -> None:
                seen[name] = out

            hooks.append(parts[name].register_forward_hook(keep))
        else:
            method = getattr(model, name)

            def wrapped(*given: Any, name: str = name, method: Any = method) -> Any:
                seen[f"{name} of"], seen[name] = given, method(*given)
                return seen[name]

            setattr(model, name, wrapped)
            methods.append(name)
    try:
        return run(), seen
    finally:
        for hook in hooks:
            hook.remove()
        for name in methods:
            delattr(model, name)


def close(ours: Any, theirs: Any, atol: float = 1e-5, rtol: float = 1e-5) -> None:
    torch.testing.assert_close(ours, theirs, atol=atol, rtol=rtol)


def same_detections(ours: Found, theirs: Found, least: int = 20) -> None:
    """The same boxes, in any order: within 0.01 pixel, scores within 1e-5, labels equal."""
    assert len(ours["boxes"]) == len(theirs["boxes"]) >= least
    assert ours["labels"].dtype == theirs["labels"].dtype == torch.int64
    distance = (ours["boxes"][:, None] - theirs["boxes"]).abs().amax(dim=2)
    score = (ours["scores"][:, None] - theirs["scores"]).abs()
    label = ours["labels"][:, None] == theirs["labels"]
    near = (distance <= 1e-2) & (score <= 1e-5) & label
    # Every box has a partner of its own: duplicates would not be told apart by `any`.
    partner = torch.where(near, distance, torch.inf).argmin(dim=1)
    assert near.any(dim=1).all(), f"{int((~near.any(dim=1)).sum())} boxes are only ours"
    assert len(partner.unique()) == len(partner)


def same_losses(
    ours: Found, theirs: Found, names: dict[str, str], atol: float = 1e-4, rtol: float = 1e-4
) -> None:
    """Losses by their names here and in torchvision."""
    assert set(ours) == set(names) and set(theirs) == set(names.values())
    for name, their_name in names.items():
        torch.testing.assert_close(
            ours[name],
            theirs[their_name],
            atol=atol,
            rtol=rtol,
            msg=lambda said, name=name: f"{name}: {said}",
        )


def strictly(ours: Any, theirs: nn.Module) -> None:
    """Every tensor there is one here and the other way round; then they are equal."""
    published = theirs.state_dict()
    renamed = sys.modules[type(ours).__module__].rename_published(
        published, ours.state_dict(), ours.published
    )
    assert set(renamed) == set(ours.state_dict()) and len(renamed) == len(published)
    ours.load_published(published)
