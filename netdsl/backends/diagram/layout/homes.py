"""Which piece each node is in, and which edges wait to be drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from netdsl.backends.diagram.figure import POINTS, Edge, Figure
from netdsl.backends.diagram.layout.pieces import Piece


class Homes:
    """`home` is the piece that a node is in, `into` the edges that lead to a node, `inside` the node in whose
    box it is drawn, if in another's. `hidden` nodes are not drawn."""

    def __init__(self, figure: Figure, hidden: frozenset[str]) -> None:
        self.hidden = hidden
        self.home: dict[str, Piece] = {}
        self.inside: dict[str, str] = {}
        self.kinds = {node.name: node.kind for node in figure.nodes}
        self.into: dict[str, list[Edge]] = defaultdict(list)
        self._waiting: dict[tuple[str, str], list[Edge]] = defaultdict(list)  # by their ends
        self._heads: dict[str, list[str]] = defaultdict(list)  # of what waits at a tail
        for edge in figure.edges:
            self.into[edge.head].append(edge)
            if edge.head not in hidden:
                self._waiting[edge.tail, edge.head].append(edge)
                self._heads[edge.tail].append(edge.head)

    def waiting(self) -> list[Edge]:
        """The edges that no piece has taken."""
        return [edge for edges in self._waiting.values() for edge in edges]

    def is_waited_for(self, name: str) -> bool:
        """Whether an edge that leaves a node waits."""
        return any(self._waiting.get((name, head)) for head in self._heads[name])

    def take(self, tail: str | None, head: str, slot: int | None = None) -> Edge | None:
        """The edge between two nodes, which from now on is drawn."""
        if tail is None:
            return None
        edges = self._waiting.get((tail, head), [])
        for edge in edges:
            if slot is None or edge.head_slot is None or edge.head_slot == slot:
                edges.remove(edge)
                return edge
        return None

    def move(self, name: str, into: str) -> None:
        """Draw a node in the box of another one: what read it reads that box."""
        self.home[name] = self.home[into]
        self.inside[name] = into
        for head in self._heads.pop(name, ()):
            edges = self._waiting.pop((name, head), ())
            self._waiting[into, head] += [edge.but(tail=into) for edge in edges]
            self._heads[into].append(head)

    def forget(self, heads: Iterable[str]) -> None:
        """No edge into these nodes is drawn: other boxes stand for them."""
        for head in heads:
            for edge in self.into[head]:
                self._waiting.pop((self.inside.get(edge.tail, edge.tail), head), None)

    def origin(self, name: str) -> str:
        """The node that gives what passes a point, or that a node is drawn in; else the node itself."""
        while self.kinds[name] in POINTS and self.into[name]:
            name = self.into[name][0].tail
        return self.inside.get(name, name)
