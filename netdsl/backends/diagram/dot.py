"""Figure -> DOT.

Graphviz gets what makes it draw a network as people do: the chain of every body as heavy edges, so that
it is straight; bars and rails as tables with a place for every branch, so that branches stand in the
order of the text; boxes of equal width; and points around which a line turns to the next column.
"""

from __future__ import annotations

from itertools import pairwise

import graphviz

from netdsl.backends.diagram import html, shapes
from netdsl.backends.diagram.columns import arrange
from netdsl.backends.diagram.figure import (
    BARS,
    Child,
    Figure,
    Node,
    Panel,
    Split,
    nodes_of,
    panels_of,
)
from netdsl.backends.diagram.measure import GAP, MAIN, MARGIN, ROW, SMALL, order, wrapped
from netdsl.backends.diagram.shapes import inches
from netdsl.backends.diagram.text import TIMES
from netdsl.backends.diagram.theme import FONT, INK, MUTED, PANEL, PANEL_LINE, PAPER, SIGNS
from netdsl.backends.diagram.turns import Turns


def dot_source(figure: Figure) -> str:
    """The DOT text of a figure."""
    return _Writer(figure).graph.source


class _Writer(Turns):
    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        self.splits: dict[str, Split] = {}  # by the names of their forks and joins
        self.rooms: dict[str, float] = {}  # the room for a title to the left of a node
        self._settings()
        arranged = arrange(figure, self.widths)
        if not all(list(panels_of(column)) for column in arranged.columns):
            self._in_order(arranged)
        for column in arranged.columns:
            self._children(column, self.graph)
        if arranged.turns:
            self.graph.attr("graph", pack="0", packmode=f"array_tu{len(arranged.columns)}")
            self._turns(arranged)
            self._caption(arranged.columns[0])
        else:
            self.graph.attr("graph", label=html.label(*self._said()))
        turns = {id(edge) for edge in arranged.turns}
        for edge in figure.edges:
            if id(edge) not in turns:
                self._edge(edge)

    def _settings(self) -> None:
        self.graph.attr(
            "graph",
            rankdir="TB",
            splines="true",
            nslimit=self._patience(),
            nodesep=inches(GAP),
            ranksep=inches(ROW),
            bgcolor=PAPER,
            pad="0.12",
            labelloc="b",
            fontname=FONT,
            fontsize=f"{MAIN:g}",
        )
        self.graph.attr(
            "node",
            fontname=FONT,
            fontsize=f"{MAIN:g}",
            fontcolor=INK,
            penwidth="0.8",
            margin="0.04,0.02",
        )
        self.graph.attr(
            "edge",
            fontname=FONT,
            fontsize=f"{SMALL:g}",
            fontcolor=MUTED,
            color=INK,
            penwidth="0.8",
            arrowsize="0.5",
        )

    def _said(self) -> list[str]:
        lines = enumerate(self.figure.caption)
        return [html.text(line, SMALL if i else MAIN, MUTED) for i, line in lines]

    def _caption(self, column: list[Child]) -> None:
        """The caption in the row below all columns, no wider than the first of them."""
        most = 0.8 * self.widths.extent(column)
        lines = []
        for number, line in enumerate(self.figure.caption):
            size = SMALL if number else MAIN
            lines += [html.text(part, size, MUTED) for part in wrapped(line, size, most)]
        label = html.label(*lines, align="LEFT")
        self.graph.node("~caption", label=label, shape="plaintext", margin="0", height="0")

    def _patience(self) -> str:
        """How long Graphviz tries to straighten lines, in rounds for each node. 20 are more than any
        network that is a chain of blocks needs; long lines across a large figure would take hours."""
        place = {node.name: i for i, node in enumerate(self.figure.nodes)}
        length = sum(abs(place[edge.head] - place[edge.tail]) for edge in self.figure.edges)
        return f"{max(1, min(20, 30_000 // max(1, length)))}"

    # ---------------------------------------------------------------------------------------- tree
    def _children(self, children: list[Child], graph: graphviz.Digraph, wanted: float = 0) -> None:
        """`wanted` is the room that the first of them must have to the left of its axis."""
        for i, child in enumerate(children):
            room = wanted if i == 0 else 0
            self._side(child, graph, children[:i], children[i + 1 :])
            if isinstance(child, Node):
                self._node(child, graph)
            elif isinstance(child, Panel):
                self._panel(child, graph, room)
            else:
                self._split(child, graph, room)

    def _panel(self, panel: Panel, graph: graphviz.Digraph, wanted: float) -> None:
        words = [html.text(panel.title, MAIN, INK, bold=True)] if panel.title else []
        if panel.times > 1:
            words.append(html.text(f"{TIMES}{panel.times}", MAIN + 1, INK, bold=True))
        lines = [" ".join(words), *(html.text(note, SMALL, MUTED) for note in panel.notes)]
        with graph.subgraph(name=f"cluster_{panel.name}") as inner:  # type: ignore[union-attr]
            inner.attr(
                label=html.label(*lines, align="LEFT"),
                labeljust="l",
                labelloc="t",
                style="dashed,rounded" if panel.training else "filled,rounded",
                fillcolor=PANEL,
                color=MUTED if panel.training else PANEL_LINE,
                **{"penwidth": "0.6", **shapes.thick(panel.treated)},
                margin=f"{MARGIN:g}",
            )
            self._children(panel.children, inner, self._keep_room(panel, wanted))

    def _keep_room(self, panel: Panel, wanted: float) -> float:
        """See to it that the line that enters does not cross the title. A panel that is too narrow gets
        something that is not seen to the left of its first box; if it begins with another panel, that
        one must be wide enough: the result is what is asked of it."""
        needed = max(self.widths.title(panel) + GAP, wanted)
        first = panel.children[0] if panel.children else None
        if isinstance(first, Split) and first.kind == "fan" and first.fork is not None:
            # many lines enter, the first of them above the first place
            half = self.widths.slots(first)[0] / 2
            self.rooms[first.fork.name] = max(needed - MARGIN - half, 0)
            return 0
        if self.widths.left(panel.children) + MARGIN >= needed:
            return 0
        while isinstance(first, Split):
            if first.fork is not None and first.fork.kind == "fork":
                first = first.fork
            else:
                first = first.branches[0][0] if first.branches[0] else first.join
        if isinstance(first, Panel):
            return needed - MARGIN
        if first is not None:
            half = self.widths.of.get(first.name, 0) / 2
            self.rooms[first.name] = max(needed - MARGIN - half - GAP, 1)
        return 0

    def _split(self, split: Split, graph: graphviz.Digraph, wanted: float) -> None:
        for node in (split.fork, split.join):
            if node is not None:
                self.splits[node.name] = split
        if split.fork is not None:
            self._node(split.fork, graph)
        for i, branch in enumerate(split.branches):
            self._children(branch, graph, wanted if i == 0 else 0)
        if split.join is not None:
            self._node(split.join, graph)
        if (
            split.fork is None and split.join is None
        ):  # ends of the figure, wider than what gives them
            ends = {node.name for node in nodes_of([split])}
            self.light.update(id(edge) for edge in self.figure.edges if edge.head in ends)
        if split.kind in ("merge", "fan"):
            self._last_row(split, graph)
            if split.fork is not None and split.join is not None and split.join.kind in SIGNS:
                self._centre(split.fork, split.join, graph)
        else:
            self._beside(split, graph)
            self._lane(split, graph)

    def _last_row(self, split: Split, graph: graphviz.Digraph) -> None:
        """The last boxes of all branches stand on a level, so that they read as a sum."""
        ends = [b[-1].name if b and isinstance(b[-1], Node) else None for b in split.branches]
        main = split.main
        if main is not None and not split.branches[main] and split.join is not None:
            # a point on the chain beside what is joined to it keeps that on its side
            ends[main] = via = f"~{split.join.name}"
            self.vias[split.join.name, main] = via
            graph.node(via, **shapes.point())
        row = [name for name in (ends[i] for i in order(split)) if name is not None]
        self._row(row, graph)
        if main is not None:
            for left, right in pairwise(row):
                graph.edge(left, right, style="invis")

    def _beside(self, split: Split, graph: graphviz.Digraph) -> None:
        """What stands on a shortcut is on a level with the middle of the body."""
        body, *around = split.branches
        boxes = [child for child in body if isinstance(child, Node)]
        for branch in around:
            first = branch[0] if branch else None
            if boxes and isinstance(first, Node):
                self._row([boxes[(len(boxes) - 1) // 2].name, first.name], graph)

    # --------------------------------------------------------------------------------------- nodes
    def _node(self, node: Node, graph: graphviz.Digraph) -> None:
        if node.kind == "fork":
            settings = shapes.point()
        elif node.kind == "rail":
            settings = shapes.rail(node, self.widths.slots(self.splits[node.name]))
        elif node.kind == "entry":
            room = round(self.rooms.pop(node.name, 0))
            settings = shapes.entry(self.widths.slots(self.splits[node.name]), room)
        elif node.kind in BARS:
            split = self.splits[node.name]
            settings = shapes.bar(node, self.widths.slots(split), split)
        elif node.kind in SIGNS:
            settings = shapes.circle(node)
        else:
            settings = shapes.box(node, self.widths.of[node.name])
        graph.node(node.name, **settings)
        room = self.rooms.get(node.name)
        if room is not None:
            spacer = f"~~{node.name}"
            graph.node(spacer, **shapes.spacer(room))
            self._row([spacer, node.name], graph)
            graph.edge(spacer, node.name, style="invis", weight="10")
