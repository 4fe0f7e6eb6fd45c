"""The steps of a network as cells: what they do, what they read, and the stride of what they give."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from netdsl.backends.diagram.items import Around, Chain, DenseItem, Item, Join, Op, Plan, Sub
from netdsl.design import Value
from netdsl.layers.base import Layer
from netdsl.shapes import Dim, Open

PASSING = ("norm", "activation", "dropout", "softmax")  # kinds that give a map of the same shape


class Cell:
    """A step, or a block that is one; no other has its `name`. `reads` are the cells whose values it works on, in order; what is
    only measured is not among them. `value` is what it gives, `stride` how many pixels of the input
    lie between places of that, None where there are no places. `training` ones exist in training only.
    `inside` are the opened blocks around
    it, from outside inwards."""

    __slots__ = (
        *("index", "inside", "item", "kind", "name", "path", "reads", "steps", "stride"),
        *("training", "value"),
    )

    def __init__(
        self,
        index: int,
        kind: str,
        item: Item | None,
        name: str,
        path: tuple[str, ...],
        inside: tuple[Sub, ...],
    ) -> None:
        self.index = index
        self.name = name
        self.kind = kind
        self.item = item
        self.path = path
        self.inside = inside
        self.reads: list[Cell] = []
        self.value: Value | None = None
        self.stride: Fraction | None = None
        self.steps: Counter[str] = Counter()
        self.training = False

    @property
    def row(self) -> Fraction:
        """The stride of the row in which it stands: its own, else that of the last map before it."""
        cell = self
        while cell.stride is None and cell.reads:
            cell = cell.reads[0]
        return cell.stride if cell.stride is not None else Fraction(1)

    @property
    def treated(self) -> str:
        return self.item.treated if self.item is not None else ""

    def __repr__(self) -> str:
        shape = self.value.shape if self.value is not None else None
        return f"Cell({self.index} {self.kind} {'.'.join(self.path)} {shape} /{self.stride})"


class Known:
    """Which cell gives a value, and at which stride; a block sees its own values, then those around."""

    def __init__(self, outer: Known | None = None) -> None:
        self._found: dict[int, tuple[Cell, Fraction | None]] = {}
        self._outer = outer

    def __getitem__(self, value: Value) -> tuple[Cell, Fraction | None]:
        at: Known | None = self
        while at is not None:
            found = at._found.get(id(value))
            if found is not None:
                return found
            at = at._outer
        raise KeyError(value)

    def __setitem__(self, value: Value, found: tuple[Cell, Fraction | None]) -> None:
        self._found[id(value)] = found


def chains_of(item: Join | Around | DenseItem) -> list[Chain]:
    """What runs side by side in a form. A shortcut may read what is labelled in the body."""
    if isinstance(item, Join):
        return item.branches
    if isinstance(item, Around):
        return [item.body, item.shortcut]
    return item.iterations


def is_plain(plan: Plan) -> bool:
    """Whether a block is a chain of layers, and of blocks that are."""
    return all(
        isinstance(item, Op) or (isinstance(item, Sub) and is_plain(item.plan))
        for item in plan.items
    )


# ------------------------------------------------------------------------------------------- strides
FAR = 2**20  # an open size at which what is added to it does not count


def moved(
    layer: Layer,
    stride: Fraction | None,
    before: Value,
    after: Value,
    likes: Iterable[Fraction | None],
) -> Fraction | None:
    """The stride behind a layer that reads a map of this one; `likes` are those of what it measures. None
    behind a map: a vector has no places."""
    x, y = before.shape, after.shape
    if stride is None or x is None or y is None or not y.sides:
        return None
    if layer.look() == "up":
        for like in likes:
            return like
        scale = getattr(layer, "scale", None) or getattr(layer, "stride", None)
        if scale is not None:
            largest = max(scale) if isinstance(scale, tuple) else scale
            return stride / Fraction(largest).limit_denominator(64)
        ratio = number(y.sides[0], FAR) / number(x.sides[0], FAR)
        return stride / Fraction(2) ** round(math.log2(ratio))
    window = layer.window(x)
    if window is not None:
        return stride * max(window.stride)
    return None if layer.family == "pooling" else stride


def number(side: Dim, typical: int) -> float:
    """A side as a number; of an open one, where the input is of a typical size."""
    if isinstance(side, Open):
        found = side.at(dict.fromkeys(side.symbols, typical))
        return float(found) if isinstance(found, int) else float(typical)
    return float(side)
