"""What follows a layer inside of its box: batch norm, activation, flatten."""

from __future__ import annotations

from netdsl.backends.diagram.clock import Clock
from netdsl.backends.diagram.items import Item, Op
from netdsl.backends.diagram.keys import Keys, Numbering
from netdsl.backends.diagram.text import part_of, takes


def fuse(items: list[Item], keys: Keys, clock: Clock) -> list[Item]:
    """Batch norm, activation and flatten put into the box of the layer before them."""
    out: list[Item] = []
    for item in items:
        before = out[-1] if out else None
        if isinstance(item, Op) and isinstance(before, Op) and _joins(before, item, clock):
            assert before.output is not None
            inner = before.output
            layers = [*before.layers, *item.layers]
            assert before.enters is not None and item.output is not None
            both = Op(layers, before.path, before.enters, item.output, item.end)
            both.shared = before.shared
            both.treated = before.treated
            numbering = Numbering(clock)
            for value in before.reads:
                numbering.read(value)
            key = keys.number("op", before.key, item.key, *numbering.parts)
            numbering.close(both, key, *before.made, *item.made, inner)
            out[-1] = both
        else:
            out.append(item)
    return out


def _joins(before: Op, item: Op, clock: Clock) -> bool:
    """Whether an item stands in the box before it."""
    if item.enters is not before.output or len(item.reads) != 1 or before.aux or item.aux:
        return False
    assert before.output is not None
    if not clock.ends_with(before.output, item.end):
        return False
    if item.treated != before.treated and any(layer.weighted for layer in item.layers):
        return False
    parts = [part_of(layer) for layer in item.layers]
    taken = {part_of(layer) for layer in before.layers[1:]} | {None}
    if before.layers and part_of(before.layers[0]) is not None:
        taken.add(part_of(before.layers[0]))
    if len({*parts}) < len(parts) or any(part in taken for part in parts):
        return False
    if item.shared is not None or before.shared is not None and "norm" in parts:
        return False
    return all(part is not None and takes(before.layers[0], part) for part in parts)
