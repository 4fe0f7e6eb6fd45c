"""What is asked of the items of a network: the layers in them, how deep they are, what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from netdsl.backends.table.papers.reading import Chain, Fork, Growth, Item, Residue, Step
from netdsl.record import Record


def steps(items: Iterable[Item]) -> Iterator[Step]:
    """Every layer, whatever it stands in."""
    for item in items:
        if isinstance(item, Step):
            yield item
        else:
            for chain in chains(item):
                yield from steps(chain)


def chains(item: Fork | Residue | Growth) -> tuple[Chain, ...]:
    if isinstance(item, Fork):
        return item.branches
    return item.layers if isinstance(item, Growth) else (item.body, item.shortcut)


def depth(items: Sequence[Item]) -> int:
    """Convolutions and linear layers on the longest way through."""
    total = 0
    for item in items:
        if isinstance(item, Step):
            total += item.learns
        elif isinstance(item, Growth):
            total += sum(map(depth, item.layers))
        else:
            total += max(map(depth, chains(item)), default=0)
    return total


def convolutions(items: Iterable[Item]) -> list[Step]:
    """The convolutions of a chain and of all that it holds."""
    return [step for step in steps(items) if step.layer.family == "convolution"]


class Sums(Record):
    parameters: int
    weights: int
    macs: int
    connections: int


def sums(items: Iterable[Item]) -> Sums:
    """What items cost together."""
    every = list(steps(items))
    return Sums(
        sum(s.parameters for s in every),
        sum(s.weights for s in every),
        sum(s.macs for s in every),
        sum(s.connections for s in every),
    )
