"""Where a figure is drawn: its nodes and edges so far, and in what the drawing is just now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from math import log2
from typing import Any

from netdsl.backends.diagram.figure import Child, Edge, Node
from netdsl.backends.diagram.steps import times
from netdsl.backends.diagram.text import shape_text
from netdsl.design import Value
from netdsl.record import Record
from netdsl.shapes import Open, Shape


class End(Record):
    """Where an edge begins or ends: a node, and a place at it."""

    node: str
    slot: int | None = None


class Ends:
    """Which node gives a value. A block sees its own values first, then those around its use; in a
    bar, what entered the merge comes from the bar's own place at the rail (`here`)."""

    def __init__(
        self,
        known: dict[int, End],
        outer: Ends | None = None,
        here: Mapping[int, End] | None = None,
    ) -> None:
        self.known = known
        self.outer = outer
        self.here = here or {}

    def __getitem__(self, value: Value) -> End:
        found = self.find(value)
        if found is None:
            raise KeyError(value)
        return found

    def find(self, value: Value) -> End | None:
        """The same; None where no node gives it."""
        at: Ends | None = self
        while at is not None:
            found = at.here.get(id(value)) or at.known.get(id(value))
            if found is not None:
                return found
            at = at.outer
        return None

    def __setitem__(self, value: Value, end: End) -> None:
        self.known[id(value)] = end

    def set_all(self, values: Iterable[Value], end: End) -> None:
        for value in values:
            self[value] = end

    def starting(self, value: Value, end: End) -> Ends:
        """The same values, but `value` comes from `end`."""
        return Ends(self.known, self.outer, {**self.here, id(value): end})

    def inside(self) -> Ends:
        """For a block's own values."""
        return Ends({}, self)


class Canvas:
    """The nodes and edges so far, and counters of what the drawing is inside of.

    `path` are the names of the levels around, `treated` is what becomes of their weights, `factor` is how often what is drawn occurs, `aux` counts
    side outputs around, `quiet` iterations that stand for others of other shapes, `beside` branches,
    whose shapes the bar sums up, `bodies` bodies, where only new heights and widths are said.
    """

    def __init__(self, same: Callable[[Value], Value], image: Value | None = None) -> None:
        self.same = same
        self._image = image.shape if image is not None else None
        self.edges: list[Edge] = []
        self.nodes: dict[str, Node] = {}
        self.path: tuple[str, ...] = ()
        self.treated = ""
        self.factor = 1
        self.aux = 0
        self.quiet = 0
        self.beside = 0
        self.bodies = 0
        self._taken: set[str] = set()
        self._told: set[str] = set()  # nodes whose shape stands at an edge

    def name(self, *parts: str) -> str:
        """A name that no other node or panel has."""
        wanted = ".".join((*self.path, *parts)) or "net"
        found, number = wanted, 1
        while found in self._taken:
            number += 1
            found = f"{wanted}_{number}"
        self._taken.add(found)
        return found

    def add(
        self,
        into: list[Child] | None,
        kind: str,
        name: str | tuple[str, ...],
        lines: tuple[str, ...] = (),
        value: Value | None = None,
        steps: Mapping[str, int] | None = None,
        **more: Any,
    ) -> End:
        """A new node that gives `value`; `into` is None for one that a split holds."""
        counted = times(Counter(steps or {}), self.factor)
        node = Node(
            self.name(*((name,) if isinstance(name, str) else name)),
            kind,
            lines,
            shape_text(value.shape) if value is not None else "",
            stage=stage(value.shape, self._image) if value is not None else None,
            training=self.aux > 0,
            steps=tuple(sorted(counted.items())),
            **more,
        )
        self.nodes[node.name] = node
        if into is not None:
            into.append(node)
        return End(node.name)

    def change(self, end: End, **more: Any) -> Node:
        """A node with other properties; whoever holds it must take the new one."""
        node = self.nodes[end.node] = self.nodes[end.node].but(**more)
        return node

    def edge(self, ends: Ends, value: Value, head: End, role: str = "flow") -> None:
        """An edge from the node that gives `value`, with the shape if it is news."""
        tail = ends[self.same(value)]
        node, target = self.nodes[tail.node], self.nodes[head.node]
        if role == "flow" and target.training and not node.training:
            role = "training"
        news = node.changes and node.kind != "linear" and target.kind != "output"
        shape = ""
        if role == "flow" and news and not self.beside and node.name not in self._told:
            self._told.add(node.name)
            shape = node.shape
        self.edges.append(Edge(node.name, target.name, role, shape, tail.slot, head.slot))

    def link(self, tail: End, head: End, role: str) -> None:
        """An edge without a shape."""
        self.edges.append(Edge(tail.node, head.node, role, "", tail.slot, head.slot))

    def changes(self, before: Value | None, after: Value | None) -> bool:
        """Whether a new shape is worth a word."""
        if self.quiet or before is None or after is None:
            return False
        x, y = before.shape, after.shape
        if x is None or y is None:
            return False
        return x.sides != y.sides if self.bodies else x != y


FAR = 2**20  # stands for open sizes


def stage(shape: Shape | None, image: Shape | None) -> int | None:
    """How often height and width were halved on the way from the image; None for what has none."""
    if shape is None or image is None or not shape.sides or not image.sides:
        return None
    own, first = _side(shape), _side(image)
    return max(0, round(log2(first / own))) if own and first else None


def _side(shape: Shape) -> int:
    side = shape.sides[0]
    if isinstance(side, Open):
        found = side.at(dict.fromkeys(side.symbols, FAR))
        return found if isinstance(found, int) else 0
    return side


def resized(before: Value | None, after: Value | None) -> bool:
    """Whether height or width change, where there are any."""
    if before is None or after is None or before.shape is None or after.shape is None:
        return False
    x, y = before.shape.sides, after.shape.sides
    return x != y and len(y) > 0
