"""Networks that others wrote: those of torchvision, timm and pytorchcv, and their weights in ours.

Their names for weights differ from ours, their order does not: two `state_dict`s are zipped. Where their names
are ours, they are loaded by name.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from zoo_oracle import torchvision, weights


class Peer(NamedTuple):
    """A network of the zoo, with `values` for parameters of it, and one that must give the same: `model` is
    "library:name"; "composed" are those of `composed.py`. `named` says that its names are those that we load.
    """

    name: str
    model: str
    parameters: int
    input: str
    named: bool = False
    values: tuple[tuple[str, str], ...] = ()


def made(model: str) -> nn.Module:
    """A network of another library, on the meta device."""
    library, _, name = model.partition(":")
    torchvision()  # makes the others importable beside a CPU build of torch
    with torch.device("meta"):
        if library == "timm":
            import timm

            return timm.create_model(name, pretrained=False)
        if library == "pytorchcv":
            from pytorchcv.model_provider import get_model

            return get_model(name, pretrained=False)
        if library == "composed":
            import composed

            return getattr(composed, name)()
        return getattr(torchvision().models, name)(weights=None)


def in_order(source: nn.Module, target: nn.Module) -> None:
    """Give both networks, on the meta device, the same weights: the n-th tensor of one is the n-th of
    the other, in the shape that it has there."""
    given = weights(source)
    names = list(target.state_dict())
    assert len(names) == len(given), f"{len(names)} tensors against {len(given)}"
    renamed = {}
    for name, like, (theirs, tensor) in zip(names, target.state_dict().values(), given.items()):
        assert like.numel() == tensor.numel(), f"{name} {tuple(like.shape)} is no {theirs}"
        renamed[name] = tensor.reshape(like.shape)
    source.load_state_dict(given, strict=True, assign=True)
    target.load_state_dict(renamed, strict=True, assign=True)


def by_name(source: nn.Module, target: Any) -> None:
    """The same by the names of the source, which are published ones of ours."""
    given = weights(source)
    source.load_state_dict(given, strict=True, assign=True)
    target.to_empty(device="cpu")
    getattr(target, "load_published", target.load_state_dict)(given)


def settle(model: nn.Module, x: Tensor) -> None:
    """Let normalisations keep the statistics of these images, as after training: through hundreds of
    residual blocks numbers grow beyond measure with others. What shares the tensors has them too."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        model.train()(x)
