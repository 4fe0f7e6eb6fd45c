"""What items are in a column: which become one box, what it is called, what needs no box."""

from __future__ import annotations

import math
from collections.abc import Sequence

from netdsl.backends.diagram.items import (
    Arithmetic,
    Around,
    DenseItem,
    Fold,
    HeadItem,
    Item,
    Join,
    Op,
    Plan,
    Sub,
)
from netdsl.backends.diagram.text import TIMES
from netdsl.layers.base import Layer
from netdsl.shapes import Shape


def changes_nothing(layer: Layer, shape: Shape) -> bool:
    """Adaptive pooling to the size that the map has already: every bin is one place."""
    return (
        layer.family == "pooling"
        and layer.word.startswith("adaptive")
        and layer.output(shape) == shape
    )


def say(said: list[str], words: Sequence[str]) -> None:
    said += [word for word in words if word not in said]


def innermost(plan: Plan) -> bool:
    """Whether no block is used on a level, and more than one layer."""
    waiting, found = list(plan.items), 0
    while waiting:
        item = waiting.pop()
        found += isinstance(item, Op)
        if isinstance(item, Sub):
            if item.scope.kind == "block":
                return False
            waiting += item.plan.items
        elif isinstance(item, Fold):
            waiting += item.items
        elif isinstance(item, Around):
            waiting += item.body.items + item.shortcut.items
    return found > 1


def called(item: Item) -> tuple[str, str]:
    """The kind and the word of the one box for an item that is no layer."""
    if isinstance(item, Join):
        return "stack", f"{item.word} of {sum(chain.times for chain in item.branches)}"
    if isinstance(item, DenseItem):
        return "stack", f"dense {TIMES}{len(item.iterations)}"
    if isinstance(item, HeadItem):
        return "stack", item.event.kind.title
    if isinstance(item, Sub):
        return "stack", item.titles()[-1]
    return ("compute", "arithmetic") if isinstance(item, Arithmetic) else ("stack", item.word)


def strided(before: Shape | None, after: Shape) -> str:
    """`, /2` where maps get smaller by about that, "" elsewhere."""
    if before is None or not before.sides or not after.sides:
        return ""
    old, new = before.sides[-1], after.sides[-1]
    if not isinstance(old, int) or not isinstance(new, int) or new < 1:
        return ""
    ratio = 2 ** round(math.log2(old / new))
    return f", /{ratio}" if ratio > 1 else ""
