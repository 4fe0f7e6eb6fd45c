"""One run of an emitted module, watched: what every part of it gives, and the multiply-adds it does.

Multiply-adds are counted from what torch holds and gives: every number of a kernel once for every
place of the output (of the input where a convolution is transposed). No rule of netdsl's is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from netdsl import design as d

Shape = tuple[int, ...]
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
HELPERS = frozenset(["TableConv2d", "FixedConv2d"])  # convolutions that helpers.py brings
RADIAL = frozenset(["RBF", "RandomRBF", "BitmapRBF"])


class Watched:
    """A run in evaluation: `results`, `macs`, and `shapes`, those that each part gave, by its path."""

    def __init__(self, module: nn.Module, inputs: list[Tensor]) -> None:
        self.macs = 0
        self.shapes: dict[str, list[Shape]] = {}
        hooks = [
            part.register_forward_hook(self._hook(path))
            for path, part in module.named_modules()
            if path
        ]
        try:
            with torch.no_grad():
                self.results = module.eval()(*inputs)
        finally:
            for hook in hooks:
                hook.remove()

    def _hook(self, path: str) -> Any:
        def hook(part: nn.Module, given: Any, result: Any) -> None:
            if isinstance(result, Tensor):
                self.shapes.setdefault(path, []).append(tuple(result.shape[1:]))
                self.macs += macs_of(part, given[0], result)

        return hook


def macs_of(part: nn.Module, given: Tensor, result: Tensor) -> int:
    """What a layer multiplies for one sample."""
    kind = type(part).__name__
    if isinstance(part, CONVOLUTIONS) or kind in HELPERS:
        return _numbers(part) * prod(result.shape[2:])
    if isinstance(part, TRANSPOSED):
        return _numbers(part) * prod(given.shape[2:])
    return _numbers(part) if isinstance(part, nn.Linear) or kind in RADIAL else 0


def _numbers(part: nn.Module) -> int:
    weight = part.weight
    assert isinstance(weight, Tensor)
    return weight.numel()


def said_shapes(design: d.Design) -> Iterator[tuple[str, Shape]]:
    """What the network says of every step that may be a part of the module: its path and its shape."""

    def below(scope: d.Scope, path: str) -> Iterator[tuple[str, Shape]]:
        for key, link in scope.children.items():
            if link.output is not None and link.output.shape is not None:
                yield f"{path}{key}", tuple(d for d in link.output.shape if isinstance(d, int))
            if isinstance(link.what, d.Scope):
                yield from below(link.what, f"{path}{key}.")

    yield from below(design.net, "")


def check_shapes(design: d.Design, watched: Watched) -> int:
    """Every part of the module gave what the network says of it; how many parts."""
    shared = tuple(f"{name}." for scope in _scopes(design) for name in scope.shared)
    checked = 0
    for path, shape in said_shapes(design):
        found = watched.shapes.get(path)
        if found is None or any(f"{path}.".startswith(s) or f".{s}" in f".{path}." for s in shared):
            continue  # not run in evaluation, or written as a function, or run for several shapes
        assert set(found) == {shape}, f"{path} gives {found}, and should give {shape}"
        checked += 1
    return checked


def _scopes(design: d.Design) -> list[d.Scope]:
    found: dict[int, d.Scope] = {}

    def visit(scope: d.Scope) -> None:
        if id(scope) not in found:
            found[id(scope)] = scope
            for link in scope.children.values():
                what = link.what.scope if isinstance(link.what, d.Shared) else link.what
                if isinstance(what, d.Scope):
                    visit(what)

    visit(design.net)
    return list(found.values())
