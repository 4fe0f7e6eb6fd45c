"""Emitted networks and torchvision's beside each other, with one set of weights."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import netdsl
from netdsl.asked import parse_size
from netdsl.network import Network

sys.path.insert(0, str(Path(__file__).parents[1] / "oracles"))

from torchvision_cpu import import_torchvision  # pyright: ignore[reportMissingImports]
from zoo_table import Row

_TABLE = 1_000_003  # a prime, so that equal rows of a tensor do not meet


@functools.cache
def network(name: str, input: str | None = None) -> Network:
    """A network of the zoo, compiled once."""
    return netdsl.load(f"zoo:{name}", input=input)


def torchvision() -> Any:
    """The torchvision package. Without it nothing is proven: tests fail where there is none."""
    return import_torchvision()


def theirs(builder: str) -> nn.Module:
    """torchvision's network on the meta device, which costs neither time nor memory."""
    options: dict[str, Any] = {}
    if builder in ("googlenet", "inception_v3"):
        options = {"aux_logits": True, "init_weights": False}
    with torch.device("meta"):
        return getattr(torchvision().models, builder)(weights=None, **options)


def ours(name: str, input: str | None = None) -> nn.Module:
    """The emitted network on the meta device."""
    with torch.device("meta"):
        return network(name, input).module()


@functools.cache
def _numbers() -> Tensor:
    return torch.randn(_TABLE, generator=torch.Generator().manual_seed(20))


def _random(size: int, start: int) -> Tensor:
    """Normal numbers, cheaply: a part of a table, over and over where it is too short."""
    start %= _TABLE
    if start + size <= _TABLE:
        return _numbers()[start : start + size].clone()
    return _numbers().repeat((start + size) // _TABLE + 1)[start : start + size]


def weights(model: nn.Module) -> dict[str, Tensor]:
    """Weights for a network on the meta device: those of matrices keep the size of what flows (He et al.
    2015), all others are near their usual start."""
    found: dict[str, Tensor] = {}
    start = 0
    for name, like in model.state_dict().items():
        if not like.is_floating_point():
            found[name] = torch.zeros(like.shape, dtype=like.dtype)
            continue
        numbers = _random(like.numel(), start).reshape(like.shape)
        start += like.numel()
        if like.dim() > 1:
            found[name] = numbers.mul_(math.sqrt(2 / math.prod(like.shape[1:])))
        elif name.endswith(("running_var", "weight")):
            found[name] = numbers.mul_(0.1).abs_().add_(1)
        else:
            found[name] = numbers.mul_(0.1)
    return found


def images(batch: int, size: str) -> Tensor:
    shape = (batch, *(side for side in parse_size(size) if side is not None))
    return torch.randn(shape, generator=torch.Generator().manual_seed(math.prod(shape)))


OUR_NAMES = {
    "logits": "output",
    "aux_logits1": "aux1",
    "aux_logits2": "aux2",
    "aux_logits": "AuxLogits",
}


def outputs(result: Any) -> dict[str, Tensor]:
    """What a network gave, by our names: torchvision's are `logits`, `aux_logits1`, `aux_logits`."""
    if isinstance(result, Tensor):
        return {"output": result}
    found: dict[str, Tensor] = result._asdict()
    return {OUR_NAMES.get(name, name): value for name, value in found.items()}


def loss(found: dict[str, Tensor]) -> Tensor:
    """Cross entropy of every output for the classes 1, 2, ..., side outputs at 0.3.

    It is scaled so that the largest gradients are about 1, and absolute differences mean something.
    """
    total = torch.zeros(())
    for name in sorted(found):
        targets = torch.arange(1, len(found[name]) + 1)
        total = total + F.cross_entropy(found[name], targets) * (1.0 if name == "output" else 0.3)
    return total / 50


def without_dropout(model: nn.Module) -> nn.Module:
    for module in model.modules():
        if isinstance(module, (nn.Dropout, nn.Dropout2d)):
            module.p = 0.0
        if hasattr(module, "survival"):
            module.survival = 1.0  # type: ignore[assignment]
    return model


def difference(a: Tensor, b: Tensor) -> float:
    """The largest absolute difference; shapes must agree and nothing may be undefined."""
    assert a.shape == b.shape
    assert bool(torch.isfinite(a).all()) and bool(torch.isfinite(b).all())
    return float((a.detach() - b.detach()).abs().max())


def pair(row: Row, input: str | None = None) -> tuple[nn.Module, nn.Module]:
    """Our network and torchvision's with the same parameters (which they share) and equal buffers.

    Each loads the other's `state_dict`, strictly.
    """
    assert row.torchvision is not None
    our, their = ours(row.name, input), theirs(row.torchvision)
    their.load_state_dict(weights(their), strict=True, assign=True)
    our.load_state_dict(their.state_dict(), strict=True, assign=True)
    their.load_state_dict(our.state_dict(), strict=True, assign=True)
    for module in our.modules():
        for name, buffer in module.named_buffers(recurse=False):
            setattr(module, name, buffer.clone())
    return our, their


@contextmanager
def one_thread() -> Iterator[None]:
    """Two threads spin on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
