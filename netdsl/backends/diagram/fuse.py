"""What follows a layer inside of its box: batch norm, activation, flatten; an activation after a sum too."""

from __future__ import annotations

from netdsl.backends.diagram.clock import Clock
from netdsl.backends.diagram.items import Around, Item, Join, Op
from netdsl.backends.diagram.keys import Keys, Numbering
from netdsl.backends.diagram.text import part_of, takes

PARTS = {  # what stands in the box of the layer before it, by the setting `fuse`
    "all": ("norm", "activation", "flatten"),
    "bn": ("norm",),
    "none": (),
}


def fuse(items: list[Item], keys: Keys, clock: Clock, how: str = "all") -> list[Item]:
    """Batch norm, activation and flatten put into the box of the layer before them."""
    parts = PARTS[how]
    out: list[Item] = []
    for item in items:
        before = out[-1] if out else None
        if (
            isinstance(item, Op)
            and isinstance(before, Op)
            and _prepares(before, item, parts, clock)
        ):
            out[-1] = _both(item, before, keys, clock)
            continue
        if not isinstance(item, Op) or before is None or not _follows(before, item, parts, clock):
            out.append(item)
        elif isinstance(before, Op) and _joins(before, item):
            out[-1] = _both(before, item, keys, clock)
        elif isinstance(before, (Around, Join)) and _after_sum(before, item):
            _given_after(before, item, keys, clock)
        else:
            out.append(item)
    return out


def _prepares(before: Op, item: Op, parts: tuple[str, ...], clock: Clock) -> bool:
    """Whether a box does nothing but flatten what the next one, a linear layer, reads."""
    if "flatten" not in parts or [part_of(layer) for layer in before.layers] != ["flatten"]:
        return False
    return item.layers[0].family == "linear" and _alone(before, item, clock)


def _both(before: Op, item: Op, keys: Keys, clock: Clock) -> Op:
    """One box for both."""
    first, last = (item, before) if item.output is before.enters else (before, item)
    assert first.output is not None and first.enters is not None and last.output is not None
    inner = first.output
    layers = [*before.layers, *item.layers]
    both = Op(layers, before.path, first.enters, last.output, last.end)
    both.shared = before.shared
    both.treated = before.treated
    both.mapped = before.mapped
    if first is before and any(part_of(layer) == "flatten" for layer in item.layers):
        both.mapped = inner
    numbering = Numbering(clock)
    for value in first.reads:
        numbering.read(value)
    key = keys.number("op", first.key, last.key, *numbering.parts)
    numbering.close(both, key, *first.made, *last.made, inner)
    return both


def _given_after(before: Around | Join, item: Op, keys: Keys, clock: Clock) -> None:
    """A sum gives what its activation gives."""
    before.after = item.layers
    before.key = keys.number("after", before.key, item.key)
    before.made = [*before.made, *(v for v in item.made if v not in before.made)]
    before.inner, before.output, before.end = before.output, item.output, item.end


def _follows(before: Item, item: Op, parts: tuple[str, ...], clock: Clock) -> bool:
    """Whether an item reads nothing but what is before it, and can be part of a box."""
    return _alone(before, item, clock) and all(part_of(layer) in parts for layer in item.layers)


def _alone(before: Item, item: Op, clock: Clock) -> bool:
    """Whether an item reads nothing but what is before it, which nothing else reads."""
    if item.enters is not before.output or len(item.reads) != 1 or before.aux or item.aux:
        return False
    assert before.output is not None
    return clock.ends_with(before.output, item.end)


def _after_sum(before: Around | Join, item: Op) -> bool:
    """Whether it is the activation after a sum or product."""
    if isinstance(before, Join) and before.layer.word not in ("add", "mul"):
        return False
    simple = [part_of(layer) for layer in item.layers] == ["activation"]
    return simple and not before.after and item.shared is None and not item.layers[0].weighted


def _joins(before: Op, item: Op) -> bool:
    """Whether an item stands in the box before it."""
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
