"""What a Design adds up to: the `state_dict`, parameters, multiply-adds, layers on the longest path."""

from __future__ import annotations

import math
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from netdsl.design import (
    Applied,
    Design,
    Link,
    Scope,
    Shared,
    WeightEvent,
)
from netdsl.follow import Follower, Path
from netdsl.layers.base import Cost, Layer
from netdsl.syntax import ast
from netdsl.walks import links_of


def tensors_of(link: Link) -> dict[str, tuple[int, ...]]:
    """The part of the `state_dict` below one step: names relative to it, and shapes."""
    return {path: shape for path, shape, _ in walk_tensors(link)}


def walk_tensors(link: Link) -> Iterator[tuple[str, tuple[int, ...], bool]]:
    what = link.what
    if isinstance(what, Applied):
        shape = link.inputs[0].shape
        if shape is not None:
            for tensor in what.layer.tensors(shape):
                yield tensor.name, tensor.shape, tensor.learned
    elif isinstance(what, Scope):
        yield from scope_tensors(what)


def scope_tensors(scope: Scope) -> Iterator[tuple[str, tuple[int, ...], bool]]:
    """(name, shape, learned) of everything in a scope's `state_dict`, in PyTorch's order."""
    for name, weight in scope.weights.items():
        yield name, weight_sides(weight), True
    for key, link in scope.children.items():
        for name, shape, learned in walk_tensors(link):
            yield f"{key}.{name}", shape, learned


def extern_names(scope: Scope, path: str = "") -> Iterator[str]:
    """The names of extern layers, of which nobody knows what they put into the `state_dict`."""
    for key, link in scope.children.items():
        what = link.what
        if isinstance(what, Scope):
            yield from extern_names(what, f"{path}{key}.")
        elif isinstance(what, Applied) and what.layer.family == "extern":
            yield f"{path}{key}"


def weight_sides(weight: WeightEvent) -> tuple[int, ...]:
    """The shape of a learned tensor (`param`)."""
    shape = weight.value.shape
    assert shape is not None
    return tuple(side for side in shape if isinstance(side, int))


def scope_cost(scope: Scope) -> Cost:
    """Parameters and multiply-adds of a scope, side outputs included. Shared modules are counted once in
    parameters, and in multiply-adds as often as they are used."""
    if scope.cost_ is None:
        total = Cost()
        for weight in scope.weights.values():
            total += Cost(math.prod(weight_sides(weight)))
        for link in scope.children.values():
            total += link_cost(link, declared=True)
        for link in uses_of_shared(scope):
            total += _shared_work(link)
        for head in scope.heads.values():
            for link in head.others:  # the same weights on other maps
                total += link_cost(link)._replace(parameters=0)
        scope.cost_ = total
    return scope.cost_


def link_cost(link: Link, declared: bool = False) -> Cost:
    """The cost of one step. A `module` declaration holds the parameters; its uses do the work."""
    what = link.what
    if isinstance(what, Applied):
        cost = layer_cost(what.layer, link)
    elif isinstance(what, Scope):
        cost = scope_cost(what)
    else:
        return Cost()
    return Cost(cost.parameters) if isinstance(link.node, ast.Module) else cost


def layer_cost(layer: Layer, link: Link) -> Cost:
    x, y = link.inputs[0].shape, link.output.shape if link.output is not None else None
    if x is None or y is None:
        return Cost()
    return layer.cost(x, y)


def uses_of_shared(scope: Scope) -> Iterator[Link]:
    """The steps of a scope that use a shared module."""
    for link in links_of(scope.region):
        if isinstance(link.what, Shared):
            yield link


def _shared_work(link: Link) -> Cost:
    what = link.what
    assert isinstance(what, Shared)
    cost = scope_cost(what.scope) if isinstance(what.scope, Scope) else layer_cost(what.scope, link)
    return cost._replace(parameters=0)


def aux_cost(design: Design) -> Cost:
    """What the side outputs of training add."""
    total = Cost()
    for event in design.net.aux.values():
        total += link_cost(event.link)
    return total


def cost_used(design: Design) -> Cost:
    """The cost in evaluation: without the side outputs."""
    return scope_cost(design.net) - aux_cost(design)


# ----------------------------------------------------------------------------------------- depth
class _Depth(Follower[int]):
    def layer(self, layer: Layer, link: Link, state: int, path: Path) -> int:
        return state + (layer.family in ("convolution", "linear"))

    def meet(self, states: list[int]) -> int:
        return max(states)


# Files say how deep their network is (`expect`), tables say it again, and a walk costs as much as a table.
_DEPTHS: WeakKeyDictionary[Design, int] = WeakKeyDictionary()


def depth(design: Design) -> int:
    """Convolutions and linear layers on the longest path from an input to the output; side outputs do
    not count."""
    if design not in _DEPTHS:
        _DEPTHS[design] = max(_Depth(aux=False).follow(design, 0), default=0)
    return _DEPTHS[design]
