"""Networks that others wrote: those of torchvision, timm and pytorchcv, and their weights in ours.

Their names for weights differ from ours, their order does not: two `state_dict`s are zipped. Where their names
are ours, they are loaded by name.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from peer_table import Peer
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from zoo_oracle import difference, images, theirs, torchvision, weights
from zoo_table import BY_NAME, IN_TORCHVISION

import netdsl

# Small images, where the side output of Inception-v3 is not too large for them: `test_parity.py` has the
# usual ones, gradients and side outputs.
BESIDE_TORCHVISION = tuple(
    Peer(
        row.name,
        f"torchvision:{row.torchvision}",
        row.parameters,
        "3x96x96" if row.input == "3x224x224" else row.input,
        named=True,
    )
    for row in IN_TORCHVISION
)


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
        return theirs(name)


def in_order(source: nn.Module, target: nn.Module) -> None:
    """Give both networks, on the meta device, the same weights: the n-th tensor of one is the n-th of
    the other, in the shape that it has there."""
    given = weights(source)
    names = list(target.state_dict())
    assert len(names) == len(given), f"{len(names)} tensors against {len(given)}"
    renamed = {}
    for name, like, (other, tensor) in zip(names, target.state_dict().values(), given.items()):
        assert like.numel() == tensor.numel(), f"{name} {tuple(like.shape)} is no {other}"
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


class Gap(NamedTuple):
    """The largest difference between what two networks give, and their largest output."""

    difference: float
    output: float


def gap(peer: Peer) -> Gap:
    """Our network and theirs on the same images, with the same weights, in evaluation."""
    net = netdsl.load(f"zoo:{peer.name}", input=peer.input, **dict(peer.values))
    with torch.device("meta"):
        our = net.module()
    their = made(peer.model)
    (by_name if peer.named else in_order)(their, our)
    x = images(2, peer.input)
    if not peer.named:
        settle(their, x)
    with torch.no_grad():
        found, wanted = our.eval()(x), their.eval()(x)
    return Gap(difference(found, wanted), float(wanted.abs().max()))


class Counted(NamedTuple):
    """What torch counts of a network of others, for one image of the usual size."""

    parameters: int
    macs: int
    output: tuple[int, ...]


def counted(peer: Peer) -> Counted:
    their = made(peer.model).eval()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        result = their(images(1, BY_NAME[peer.name].input).to("meta"))
    parameters = sum(p.numel() for p in their.parameters())
    return Counted(parameters, counter.get_total_flops() // 2, tuple(result.shape[1:]))
