"""What a Design adds up to: the `state_dict`, parameters, multiply-adds, layers on the longest path."""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.design import (
    Applied,
    Computed,
    Dense,
    Design,
    Inlined,
    Link,
    Merge,
    Region,
    Residual,
    Scope,
    Shared,
    Taken,
)
from netdsl.layers.base import Cost, Layer
from netdsl.syntax import ast
from netdsl.walks import inner_value, links_of, own_links, value_inputs


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
        shape = weight.value.shape
        assert shape is not None
        yield name, tuple(d for d in shape if isinstance(d, int)), True
    for key, link in scope.children.items():
        for name, shape, learned in walk_tensors(link):
            yield f"{key}.{name}", shape, learned


def scope_cost(scope: Scope) -> Cost:
    """Parameters and multiply-adds of a scope, side outputs included. Shared modules are counted once in
    parameters, and in multiply-adds as often as they are used."""
    if scope.cost_ is None:
        total = Cost()
        for weight in scope.weights.values():
            size = 1
            for side in weight.value.shape or ():
                size *= side if isinstance(side, int) else 1
            total += Cost(size)
        for link in scope.children.values():
            total += link_cost(link, declared=True)
        for link in uses_of_shared(scope):
            total += _shared_work(link)
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
def depth(design: Design) -> int:
    """Convolutions and linear layers on the longest path from an input to the output; side outputs do
    not count."""
    net = design.net
    known: dict[int, int] = {id(v): 0 for v in net.values.values()}
    if net.input is not None:
        known[id(net.input)] = 0
    _region_depth(net.region, known)
    ends = list(net.outputs.values()) or ([net.result] if net.result is not None else [])
    return max((known.get(id(v), 0) for v in ends), default=0)


def _region_depth(region: Region, known: dict[int, int]) -> None:
    for link in own_links(region):
        if not isinstance(link.node, ast.Aux):
            _link_depth(link, known)


def _link_depth(link: Link, known: dict[int, int]) -> None:
    what = link.what
    start = max((known.get(id(v), 0) for v in link.inputs), default=0)
    if isinstance(what, Applied):
        own = 1 if what.layer.family in ("convolution", "linear") else 0
        _set(link, start + own if what.layer.word != "identity" else start, known)
    elif isinstance(what, Shared):
        if isinstance(what.scope, Layer):
            own = 1 if what.scope.family in ("convolution", "linear") else 0
            _set(link, start + own, known)
        else:
            _scope_depth(link, what.scope, known)
    elif isinstance(what, Scope):
        _scope_depth(link, what, known)
    elif isinstance(what, Merge):
        _region_depth(what.region, known)
        _set(link, max((known.get(id(v), 0) for v in what.branches), default=0), known)
    elif isinstance(what, Residual):
        _region_depth(what.body, known)
        ends = [what.body.exit]
        if what.adds:
            if what.shortcut is not None:
                _region_depth(what.shortcut, known)
            ends.append(what.shortcut.exit if what.shortcut is not None else link.inputs[0])
        _set(link, max((known.get(id(v), 0) for v in ends), default=0), known)
    elif isinstance(what, Dense):
        at = start
        for region in what.iterations:
            known[id(region.entry)] = at
            _region_depth(region, known)
            at = max(at, known.get(id(region.exit), at))
        _set(link, at, known)
    elif isinstance(what, Inlined):
        _region_depth(what.region, known)
    elif isinstance(what, Computed):
        _set(link, start, known)
    elif isinstance(what, Taken):
        pass


def _set(link: Link, value: int, known: dict[int, int]) -> None:
    if link.output is not None:
        known[id(link.output)] = value


def _scope_depth(link: Link, scope: Scope, known: dict[int, int]) -> None:
    """Through a level: a block's values are its own, a group's are those around it."""
    inner = dict(known) if scope.outer is None else known
    if scope.outer is None:
        inside = ([scope.input] if scope.input is not None else []) + value_inputs(scope)
        for a, b in zip(link.inputs, inside):
            inner[id(b)] = known.get(id(a), 0)
    elif link.inputs and scope.input is not None:
        inner[id(scope.input)] = known.get(id(link.inputs[0]), 0)
    _region_depth(scope.region, inner)
    for path, value in link.exports.items():
        known[id(value)] = inner.get(id(inner_value(scope, path)), 0)
    if scope.result is not None:
        _set(link, inner.get(id(scope.result), 0), known)
