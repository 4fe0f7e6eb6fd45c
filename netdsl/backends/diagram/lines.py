"""The lines of a figure in DOT: which are straight, where they turn, what is written beside them."""

from __future__ import annotations

from collections.abc import Iterator

import graphviz

from netdsl.backends.diagram import shapes
from netdsl.backends.diagram.figure import Child, Edge, Figure, Node, Panel, Split, nodes_of
from netdsl.backends.diagram.measure import Widths
from netdsl.backends.diagram.text import short_text
from netdsl.backends.diagram.theme import MUTED

# How strongly an edge wants to be straight. Graphviz weighs the width of panels with 128 each.
WEIGHTS = {
    "flow": "1000",
    "operand": "10",
    "lane": "500",
    "shortcut": "1",
    "tap": "1",
    # Into a head whose maps stand beside each other, like those of a pyramid. Between panels levels are
    # mere wishes, which count ten times where a line would lead up: so it stands below all its maps, not
    # only below that at the chain's end.
    "main map": "100",
    "map": "25",
    "size": "0",
    "training": "1",
}


ENTERING = {"flow": "main map", "tap": "map"}


class Lines:
    """The lines of a figure in `graph`, and the points at which they turn."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.graph = graphviz.Digraph(figure.name)
        self.widths = Widths(figure.children)
        self.nodes = {node.name: node for node in figure.nodes}
        self.homes = dict(_homes(figure.children))
        self.sides = {edge.head: edge for edge in figure.edges if edge.role == "training"}
        # the edges along the chain from where one to a side output begins
        self.onward: dict[str, Edge] = {}
        tails = {edge.tail for edge in self.sides.values()}
        for edge in figure.edges:
            if edge.role == "flow" and edge.tail in tails:
                self.onward.setdefault(edge.tail, edge)
        self.placed: set[str] = set()  # side outputs whose place is known
        self.outside: set[str] = set()  # side outputs that stand to the right of all that follows
        self.lanes: dict[str, str] = {}  # the point beside a fork or sum, where a way around turns
        self.passed: dict[str, list[str]] = {}  # points that a way around passes, by where it ends
        self.light: set[int] = set()  # edges into a circle that need not be straight, by identity
        # where maps enter a head that are not all made one from another
        self.spread = {n.name for n in figure.nodes if n.kind == "entry" and self._spread(n)}
        self.vias: dict[tuple[str, int | None], str] = {}  # the point before a place at a bar

    def _row(self, names: list[str], graph: graphviz.Digraph) -> None:
        """Nodes on one level."""
        if len(names) > 1:
            with graph.subgraph() as row:  # type: ignore[union-attr]
                row.attr(rank="same")
                for name in names:
                    row.node(name)

    def _edge(self, edge: Edge) -> None:
        if edge.role == "shortcut":
            lane, into = self.lanes.get(edge.tail), self.lanes.get(edge.head)
            if lane is not None:
                edge = edge.but(tail=lane, tail_slot=None)
            if into is not None:
                for passed in self.passed.get(edge.head, ()):
                    self._line(edge.but(head=passed), arrowhead="none", weight=WEIGHTS["lane"])
                    edge = edge.but(tail=passed)
                edge = edge.but(head=into)
                self._line(edge, arrowhead="none", weight=WEIGHTS["lane"])
            else:
                self._line(
                    edge, weight=WEIGHTS["lane"] if lane is not None else WEIGHTS["shortcut"]
                )
            return
        if edge.role == "training":
            beside = f"~{edge.head}.beside"
            port = {"tailport": "e"} if edge.head in self.outside else {}
            self._line(edge.but(head=beside), arrowhead="none", **port)
            self._line(edge.but(tail=beside), style="dashed", weight=WEIGHTS["lane"])
            return
        edge = self._past_sides(edge)
        via = self.vias.get((edge.head, edge.head_slot))
        if via is not None:
            self._line(edge.but(head=via, head_slot=None), arrowhead="none")
            edge = edge.but(tail=via, tail_slot=None, shape="")
        self._line(edge)

    def _past_sides(self, edge: Edge) -> Edge:
        """An edge along the chain, from the point that a side output stands beside."""
        if self.onward.get(edge.tail) is not edge:
            return edge
        on = f"~{edge.tail}.on"
        self._line(edge.but(head=on, head_slot=None), arrowhead="none")
        return edge.but(tail=on, tail_slot=None, shape="")

    def _line(self, edge: Edge, **settings: str) -> None:
        tail, head = self.nodes.get(edge.tail), self.nodes.get(edge.head)
        role = "tap" if id(edge) in self.light else edge.role
        if role in ENTERING and head is not None and head.name in self.spread:
            role = ENTERING[role]
        settings.setdefault("weight", WEIGHTS[role])
        if edge.tail_slot is not None:
            settings["tailport"] = f"s{edge.tail_slot}:c"
        if edge.head_slot is not None:
            settings["headport"] = f"s{edge.head_slot}:n"
        if head is not None and head.kind in ("fork", "rail", "entry"):
            settings["arrowhead"] = "none"
        if edge.role == "training" or tail and head and tail.training and head.training:
            settings["style"] = "dashed"
        if edge.role == "size":
            settings |= {"style": "dotted", "color": MUTED}
        if edge.shape:
            out, into = self._borders(edge)
            settings |= shapes.beside(short_text(edge.shape), out)
            if out or into:
                settings["minlen"] = "2"
        self.graph.edge(edge.tail, edge.head, **settings)

    def _spread(self, entry: Node) -> bool:
        """Whether the chain leads to a map that is not made of all the others."""
        edges = [edge for edge in self.figure.edges if edge.head == entry.name]
        before: dict[str, list[str]] = {}
        for edge in self.figure.edges:
            before.setdefault(edge.head, []).append(edge.tail)
        todo = [edge.tail for edge in edges if edge.role == "flow"]
        reached = set(todo)
        while todo:
            new = {tail for tail in before.get(todo.pop(), ()) if tail not in reached}
            reached |= new
            todo += new
        return not {edge.tail for edge in edges} <= reached

    def _borders(self, edge: Edge) -> tuple[int, int]:
        """How many panels an edge leaves, and how many it enters."""
        before, after = self.homes.get(edge.tail, ()), self.homes.get(edge.head, ())
        shared = sum(1 for a, b in zip(before, after) if a == b)
        return len(before) - shared, len(after) - shared

    def _lane(self, split: Split, graph: graphviz.Digraph) -> None:
        """The way around a body has right angles: out of the fork to a point at its right, down, and in
        again from a point beside the sum. The bar of a dense block is entered from above."""
        lane = None
        if split.fork is not None and split.fork.kind == "fork":
            self.lanes[split.fork.name] = lane = f"~{split.fork.name}"
            graph.node(lane, **shapes.point())
            self._row([split.fork.name, lane], graph)
            self.graph.edge(split.fork.name, lane, arrowhead="none", **self._dashes(split.fork))
        if split.join is not None and split.join.kind == "sum":
            self.lanes[split.join.name] = into = f"~{split.join.name}"
            graph.node(into, **shapes.point())
            self._row([split.join.name, into], graph)
            dashes = self._dashes(split.join)
            self.graph.edge(split.join.name, into, dir="back", arrowtail="normal", **dashes)
            if lane is not None and not split.branches[1]:
                self.passed[split.join.name] = self._pass_by(split.branches[0], graph)

    def _pass_by(self, body: list[Child], graph: graphviz.Digraph) -> list[str]:
        """Points to the right of those of the ways around that lie in a body, so that its own way around
        keeps outside of them."""
        points = []
        for child in body:
            if not isinstance(child, Split) or child.kind in ("merge", "fan"):
                continue
            ends = [self.lanes.get(node.name) for node in (child.fork, child.join) if node]
            between = self.passed.get(child.join.name, []) if child.join else []
            for inner in [*ends[:1], *between, *ends[1:]]:
                if inner is not None:
                    points.append(f"~{inner}")
                    graph.node(points[-1], **shapes.point())
                    self._row([inner, points[-1]], graph)
                    graph.edge(inner, points[-1], style="invis")
        return points

    def _centre(self, fork: Node, join: Node, graph: graphviz.Digraph) -> None:
        """A circle stands below the middle of its branches: the middle one is straight, or else a line
        that is not seen."""
        edges = [edge for edge in self.figure.edges if edge.head == join.name]
        middle = len(edges) // 2 if len(edges) % 2 else None
        self.light.update(id(edge) for i, edge in enumerate(edges) if i != middle)
        if middle is None:
            graph.edge(fork.name, join.name, style="invis", weight=WEIGHTS["flow"])

    def _dashes(self, *nodes: Node) -> dict[str, str]:
        """Lines between things that exist in training only."""
        return {"style": "dashed"} if all(node.training for node in nodes) else {}

    def _side(
        self, child: Child, graph: graphviz.Digraph, before: list[Child], after: list[Child]
    ) -> None:
        """What exists in training only stands to the right of the chain: the line to it passes a point
        beside one on the chain. It leaves at the right where what follows keeps it away."""
        inside = {node.name: node for node in nodes_of([child])} if self.sides else {}
        for name in inside:
            edge = self.sides.get(name)
            if edge is None or edge.tail in inside or name in self.placed:
                continue
            self.placed.add(name)
            beside, on = f"~{name}.beside", f"~{edge.tail}.on"
            graph.node(beside, **shapes.point())
            going_on = [c for c in after if not next(nodes_of([c])).training]
            room = self.widths.extent(before[-1:]), self.widths.extent(going_on[:1])
            if going_on and room[1] >= 0.9 * room[0]:
                self.outside.add(name)
            if edge.tail in self.onward:
                graph.node(on, **shapes.point())
                self._row([on, beside], graph)
                graph.edge(on, beside, style="invis")


def _homes(
    children: list[Child], around: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Nodes with the names of the panels that they stand in, outer ones first."""
    for child in children:
        if isinstance(child, Panel):
            yield from _homes(child.children, (*around, child.name))
        else:
            parts = [child] if isinstance(child, Node) else [child.fork, child.join]
            yield from ((part.name, around) for part in parts if part is not None)
            for branch in child.branches if isinstance(child, Split) else ():
                yield from _homes(branch, around)
