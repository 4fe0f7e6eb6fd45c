"""The facts of a network that stand beside those of others: `netdsl compare`."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from netdsl.backends.table.words import fact_text
from netdsl.design import Applied, Design, Scope
from netdsl.layers.base import Layer
from netdsl.receptive import receptive_fields
from netdsl.record import Record
from netdsl.shapes import Shape, Size
from netdsl.totals import cost_used, depth, scope_cost, walk_tensors
from netdsl.walks import counted_links, used

# Facts of `meta` that a comparison shows, in this order, by how their names begin.
FACTS = ("year", "top1", "top5", "map", "error", "accuracy")


class Sheet(Record):
    """What a network is and costs in evaluation, for one sample.

    `depth` is convolutions and linear layers on the longest path. `weights` are parameters without
    biases, as lectures count. `activations` are numbers that convolutions and linear layers give
    (Radosavovic et al., 2020, 3.1), `kernels` how many convolutions there are by the size of their
    kernel, `field` the receptive field of the last convolution: None where it cannot be told. Numbers are
    None while a size is open.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    depth: int
    convolutions: int
    linear: int
    kernels: dict[str, int]
    parameters: int
    every: int  # with side outputs
    weights: int
    macs: Any
    activations: Any
    field: str | None
    meta: dict[str, str]


class _Count:
    """What a scope holds, as often as it is run."""

    __slots__ = ("activations", "kernels", "linear")

    def __init__(self) -> None:
        self.kernels: dict[tuple[int, ...], int] = {}
        self.linear = 0
        self.activations: Any = 0

    def layer(self, layer: Layer, x: Shape, y: Shape) -> None:
        if layer.family == "convolution":
            kernel = layer.per_side("kernel_size", len(x.sides))
            self.kernels[kernel] = self.kernels.get(kernel, 0) + 1
        elif layer.family == "linear":
            self.linear += 1
        else:
            return
        self.more(y.elements)

    def more(self, activations: Any) -> None:
        if activations is None or self.activations is None:
            self.activations = None
        else:
            self.activations = self.activations + activations

    def take(self, other: _Count) -> None:
        for kernel, count in other.kernels.items():
            self.kernels[kernel] = self.kernels.get(kernel, 0) + count
        self.linear += other.linear
        self.more(other.activations)


def sheet(design: Design) -> Sheet:
    """The facts of a compiled network."""
    found = _counted(design.net, {})
    used = cost_used(design)
    kernels = sorted(found.kernels.items(), key=lambda item: (-prod(item[0]), item[0]))
    return Sheet(
        design.name,
        tuple(str(value.shape) for value in design.inputs.values()),
        tuple(str(value.shape) for value in design.outputs.values()),
        depth(design),
        sum(found.kernels.values()),
        found.linear,
        {str(Size(kernel)): count for kernel, count in kernels},
        used.parameters,
        scope_cost(design.net).parameters,
        used.parameters - _biases(design),
        used.macs,
        found.activations,
        _last_field(design),
        {name: fact_text(design.meta[name]) for name in _shown_facts(design)},
    )


def _counted(scope: Scope, memo: dict[int, _Count]) -> _Count:
    found = memo.get(id(scope))
    if found is None:
        found = memo[id(scope)] = _Count()
        for link in counted_links(scope):
            inner = used(link)
            layer = inner.layer if isinstance(inner, Applied) else inner
            if isinstance(layer, Scope):
                found.take(_counted(layer, memo))
            elif isinstance(layer, Layer) and link.output is not None:
                x, y = link.inputs[0].shape, link.output.shape
                if x is not None and y is not None:
                    found.layer(layer, x, y)
    return found


def _biases(design: Design) -> int:
    """How many parameters are biases, without those of side outputs."""
    sides = {id(event.link) for event in design.net.aux.values()}
    return sum(
        prod(shape)
        for link in design.net.children.values()
        if id(link) not in sides
        for name, shape, learned in walk_tensors(link)
        if learned and name.rpartition(".")[2] == "bias"
    )


def _last_field(design: Design) -> str | None:
    """The receptive field of the last convolution in the order of execution."""
    fields = receptive_fields(design)
    names = dict(_convolutions(design.net, ""))
    last = next((fields[name] for name in reversed(fields) if name in names), None)
    return None if last is None else str(Size(last.size))


def _convolutions(scope: Scope, path: str) -> Iterator[tuple[str, bool]]:
    sides = {id(event.link) for event in scope.aux.values()}
    for key, link in scope.children.items():
        what = link.what
        if isinstance(what, Scope) and id(link) not in sides:
            yield from _convolutions(what, f"{path}{key}.")
        elif isinstance(what, Applied) and what.layer.family == "convolution":
            yield f"{path}{key}", True


def _shown_facts(design: Design) -> list[str]:
    """The facts that a comparison shows: the year, and published errors."""
    ranks = {
        name: next((i for i, fact in enumerate(FACTS) if fact in name.lower()), None)
        for name in design.meta
    }
    kept = [(rank, name) for name, rank in ranks.items() if rank is not None]
    return [name for _, name in sorted(kept, key=lambda item: item[0])]
