"""A network as papers' tables see it: layers one after another, forks that join, residual blocks, dense
blocks.

Levels of the source (blocks, groups, modules, inlined blocks) leave no trace but names: what stands in them stands in the
line. So a table is made from structure, however a file is divided. Two forms are read as what they mean:
an `add` of the incoming value and a body is a residual block, a `concat` of the incoming value and a body a
layer of a dense block. Side outputs and heads are left out.
"""

from __future__ import annotations

from math import prod
from typing import TypeAlias

from netdsl.design import (
    Applied,
    BarEvent,
    Branch,
    Computed,
    Dense,
    Design,
    Flow,
    Inlined,
    Link,
    Loop,
    Merge,
    Region,
    Residual,
    Scope,
    Shared,
    Taken,
)
from netdsl.layers.base import Layer
from netdsl.record import Record
from netdsl.shapes import Shape
from netdsl.walks import bars_of

LEARNS = ("convolution", "linear")


class Step(Record):
    """A layer at work: what enters and leaves, and what it costs. `weights` are the learned numbers of a
    convolution or linear layer without its biases."""

    layer: Layer
    x: Shape
    y: Shape
    name: str
    parameters: int
    weights: int
    macs: int
    connections: int

    @property
    def learns(self) -> bool:
        return self.layer.family in LEARNS


class Fork(Record):
    """Branches over the same value that meet: `word` is concat, add or mul."""

    word: str
    branches: tuple[Chain, ...]
    x: Shape
    y: Shape
    name: str


class Residue(Record):
    """A residual block; without a shortcut of its own the incoming value is added."""

    body: Chain
    shortcut: Chain
    x: Shape
    y: Shape
    name: str


class Growth(Record):
    """A dense block: every layer's output is put behind what entered."""

    layers: tuple[Chain, ...]
    x: Shape
    y: Shape
    name: str

    @property
    def rate(self) -> int:
        """Channels that a layer adds (the growth rate k), 0 if layers differ."""
        added = self.y.channels - self.x.channels
        return added // len(self.layers) if added % len(self.layers) == 0 else 0


Item: TypeAlias = Step | Fork | Residue | Growth
Chain: TypeAlias = "tuple[Item, ...]"


def read(design: Design) -> tuple[Chain, bool]:
    """The items of a network with known sizes, in the order of the text, and whether that is the whole
    story: that no value is read again further on."""
    reader = _Reader()
    items = tuple(reader.region(design.net.region, ""))
    return items, not reader.jumps


# ------------------------------------------------------------------------------------------- reading
class _Reader:
    def __init__(self) -> None:
        self.used: set[int] = set()  # shared modules whose weights were counted
        self.jumps = False

    def region(self, region: Region, path: str) -> list[Item]:
        items: list[Item] = []
        for event in region.events:
            if isinstance(event, Flow):
                for link in event.links:
                    items += self.link(link, path)
            elif isinstance(event, Loop):
                for iteration in event.iterations:
                    items += self.region(iteration, path)
            elif isinstance(event, Branch) and event.region is not None:
                items += self.region(event.region, path)
            elif isinstance(event, BarEvent):
                items += self.bar(event, path)
        return _gathered(items)

    def bar(self, event: BarEvent, path: str) -> list[Item]:
        links = event.flow.links if event.flow is not None else [event.link]
        return [item for link in links if link is not None for item in self.link(link, path)]

    def link(self, link: Link, path: str) -> list[Item]:
        what, key = link.what, link.key or link.label
        inside = ".".join(filter(None, (path, key)))
        if isinstance(what, Applied):
            return self.layer(what.layer, link, inside)
        if isinstance(what, Scope):
            return self.named(self.region(what.region, inside), inside)
        if isinstance(what, Shared):
            return self.shared(what, link, inside)
        if isinstance(what, Inlined):
            return self.region(what.region, path)
        if isinstance(what, Merge):
            return self.merge(what, link, inside)
        if isinstance(what, Residual):
            return self.residual(what, link, inside)
        if isinstance(what, Dense):
            layers = tuple(tuple(self.region(region, inside)) for region in what.iterations)
            x, y = _entering(link), _leaving(link)
            return [Growth(layers, x, y, inside)] if layers and x and y else []
        if isinstance(what, (Taken, Computed)):
            self.jumps = True
        return []

    def named(self, items: list[Item], name: str) -> list[Item]:
        """A level that holds one fork or residual block gives it its name."""
        return [items[0].but(name=name)] if len(items) == 1 else items

    def layer(self, layer: Layer, link: Link, name: str, weightless: bool = False) -> list[Item]:
        x, y = _entering(link), _leaving(link)
        if layer.passes or layer.many or x is None or y is None:
            return []
        learned = (
            {} if weightless else {t.name: prod(t.shape) for t in layer.tensors(x) if t.learned}
        )
        weights = sum(n for key, n in learned.items() if key != "bias")
        cost = layer.cost(x, y)
        macs, connections = (
            number if isinstance(number, int) else 0 for number in (cost.macs, cost.connections)
        )
        own = weights if layer.family in LEARNS else 0
        return [Step(layer, x, y, name, sum(learned.values()), own, macs, connections)]

    def shared(self, what: Shared, link: Link, name: str) -> list[Item]:
        """The weights of a module count where it is used first."""
        again = id(what.home) in self.used
        self.used.add(id(what.home))
        if isinstance(what.scope, Layer):
            return self.layer(what.scope, link, name, again)
        items = self.named(self.region(what.scope.region, name), name)
        return [_weightless(item) for item in items] if again else items

    def merge(self, what: Merge, link: Link, name: str) -> list[Item]:
        x, y = what.region.entry, _leaving(link)
        branches = tuple(tuple(self.bar(bar, name)) for bar in bars_of(what.region))
        if x is None or x.shape is None or y is None:
            return []
        own = name or what.layer.word
        straight = [b for b in branches if not b]
        bodies = [b for b in branches if b]
        if len(branches) == 2 and len(straight) == 1:
            if what.layer.word == "add":
                return [Residue(bodies[0], (), x.shape, y, own)]
            if what.layer.word == "concat" and x.shape.sides == y.sides:
                return [Growth((bodies[0],), x.shape, y, own)]
        return [Fork(what.layer.word, branches, x.shape, y, own)]

    def residual(self, what: Residual, link: Link, name: str) -> list[Item]:
        body = self.region(what.body, name)
        x, y = _entering(link), _leaving(link)
        if not what.adds or x is None or y is None:
            return body
        shortcut = () if what.shortcut is None else tuple(self.region(what.shortcut, name))
        return [Residue(tuple(body), shortcut, x, y, name or "residual")]


def _entering(link: Link) -> Shape | None:
    return link.inputs[0].shape if link.inputs else None


def _leaving(link: Link) -> Shape | None:
    return link.output.shape if link.output is not None else None


def _gathered(items: list[Item]) -> list[Item]:
    """Layers of a dense block that were written one by one are one block."""
    out: list[Item] = []
    for item in items:
        last = out[-1] if out else None
        if isinstance(item, Growth) and isinstance(last, Growth) and _continues(last, item):
            out[-1] = last.but(layers=(*last.layers, *item.layers), y=item.y)
        else:
            out.append(item)
    return out


def _continues(block: Growth, layer: Growth) -> bool:
    return len(layer.layers) == 1 and block.y == layer.x and block.rate == layer.rate


def _weightless(item: Item) -> Item:
    if isinstance(item, Step):
        return item.but(parameters=0, weights=0)

    def inner(chain: Chain) -> Chain:
        return tuple(map(_weightless, chain))

    if isinstance(item, Fork):
        return item.but(branches=tuple(map(inner, item.branches)))
    if isinstance(item, Growth):
        return item.but(layers=tuple(map(inner, item.layers)))
    return item.but(body=inner(item.body), shortcut=inner(item.shortcut))
