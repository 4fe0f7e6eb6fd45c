"""What PyTorch allocates, counted on a CPU: every storage from the operation that gives it until it dies."""

from __future__ import annotations

from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from netdsl.network import Network

torch.set_num_threads(1)


class Allocations(TorchDispatchMode):
    """Bytes of all storages that live after an operation, but for those of `known` tensors; `peak` is the
    most there were."""

    def __init__(self, known: list[torch.Tensor]) -> None:
        super().__init__()
        self.known = {tensor.untyped_storage()._cdata for tensor in known}
        self.living: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = 0

    def add(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage._cdata not in self.known:
            reference = StorageWeakRef(storage)
            self.living.setdefault(reference.cdata, (reference, storage.nbytes()))

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        out = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                self.add(tensor)
        for key in [key for key, (reference, _) in self.living.items() if reference.expired()]:
            del self.living[key]
        self.peak = max(self.peak, sum(size for _, size in self.living.values()))
        return out


def images(network: Network, batch: int) -> list[torch.Tensor]:
    return [
        torch.randn([batch, *(d for d in shape if isinstance(d, int))])
        for shape in network.input_shapes.values()
    ]


def inference(network: Network, batch: int) -> int:
    """The peak of a run without gradients."""
    module = network.module().eval()
    counted = Allocations([*module.parameters(), *module.buffers()])
    given = images(network, batch)
    with torch.no_grad(), counted:
        for image in given:
            counted.add(image)
        module(*given)
    return counted.peak


def training(network: Network, batch: int) -> tuple[int, int]:
    """The peak of a step of training without the loss's own tensors, gradients of parameters included, and
    what was saved for the backward pass."""
    module = network.module().train()
    known = [*module.parameters(), *module.buffers()]
    given = images(network, batch)
    own = {tensor.untyped_storage()._cdata for tensor in known}
    saved: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            saved[storage._cdata] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        kept = module(*given)
    del kept
    counted = Allocations(known)
    with counted:
        for image in given:
            counted.add(image)
        out = module(*given)
        total = sum(
            (t.sum() for t in tree_leaves(out) if isinstance(t, torch.Tensor)), torch.tensor(0.0)
        )
        total.backward()
    return counted.peak, sum(saved.values())
