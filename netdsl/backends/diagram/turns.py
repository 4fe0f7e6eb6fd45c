"""A long figure side by side: the lines from one column to the next.

Columns are laid out each on its own, as parts that nothing connects (so their rows need not agree), and
stand side by side without a gap. A line that ends at the right border of one goes on at the left border
of the next: at the heads of all columns stands a row of points.
"""

from __future__ import annotations

from netdsl.backends.diagram import shapes
from netdsl.backends.diagram.columns import Arrangement
from netdsl.backends.diagram.figure import Child, Edge, nodes_of
from netdsl.backends.diagram.lines import WEIGHTS, Lines


class Turns(Lines):
    """Lines, and those between columns."""

    def _in_order(self, arranged: Arrangement) -> None:
        """Graphviz puts parts with clusters before those without: give each column one, first of all."""
        for number, column in enumerate(arranged.columns if arranged.turns else []):
            mark = f"~column{number}"
            with self.graph.subgraph(name=f"cluster_{mark}") as inner:  # type: ignore[union-attr]
                inner.attr(style="invis", margin="0")
                inner.node(mark, **shapes.unseen())
            self.graph.edge(f"{mark}.below", mark, style="invis", weight=WEIGHTS["flow"])

    def _turns(self, arranged: Arrangement) -> None:
        """From the end of a column up to the head of the next, past everything."""
        last = len(arranged.columns) - 1
        for number, column in enumerate(arranged.columns):
            here = f"~column{number}"
            top, bottom = [f"{here}.over"], [f"{here}.below"]
            if number == 0:
                self.graph.node(top[0], **shapes.unseen())
                self.graph.edge(top[0], next(nodes_of(column)).name, style="invis")
            else:
                self._arrive(arranged.turns[number - 1], here)
                top.insert(0, f"{here}.left")
                bottom.insert(0, f"{here}.left.end")
            if number < last:
                self._leave(arranged.turns[number], here, column)
                top.append(f"{here}.up")
                bottom.append(f"{here}.out")
            else:
                end = list(nodes_of(column))[-1].name
                self.graph.node(f"{here}.below", **shapes.unseen())
                self.graph.edge(end, f"{here}.below", style="invis", weight=WEIGHTS["flow"])
            if number > 0:
                self.graph.edge(f"{here}.left.end", f"{here}.below", style="invis")
            self._row(top, self.graph)
            self._row(bottom, self.graph)

    def _arrive(self, edge: Edge, here: str) -> None:
        """In at the left, where a line that is not seen keeps the whole column away, and down."""
        self.graph.node(f"{here}.left", **shapes.point())
        self.graph.node(f"{here}.left.end", **shapes.unseen())
        self.graph.node(f"{here}.over", **shapes.point())
        self.graph.edge(f"{here}.left", f"{here}.over", arrowhead="none")
        self.graph.edge(f"{here}.left", f"{here}.left.end", style="invis", weight=WEIGHTS["lane"])
        self._edge(edge.but(tail=f"{here}.over", tail_slot=None, shape=""))

    def _leave(self, edge: Edge, here: str, column: list[Child]) -> None:
        """Down below all that ends in the column, to the right, and up. The last stretch of the chain
        is the one to become longer, so it weighs less than those between boxes."""
        over, up, rise, below, out = (
            f"{here}.{place}" for place in ("over", "up", "rise", "below", "out")
        )
        for name in (up, rise, below, out):
            self.graph.node(name, **shapes.point())
        before = self._past_sides(edge)
        self._line(before.but(head=below, head_slot=None), arrowhead="none", weight="500")
        for name in self._ends(column):
            self.graph.edge(name, below, style="invis")
        self.graph.edge(below, out, arrowhead="none")
        self.graph.edge(up, rise, arrowhead="none", weight=WEIGHTS["flow"])
        heads = {"dir": "back", "arrowtail": "normal"}
        for passed in self._pass_by(column, self.graph):
            self.graph.edge(rise, passed, weight="100", **heads)
            rise, heads = passed, {"arrowhead": "none"}
        self.graph.edge(rise, out, weight="100", **heads)
        self.graph.edge(over, up, style="invis")

    def _ends(self, column: list[Child]) -> list[str]:
        """The nodes of a column from which nothing goes on."""
        tails = {edge.tail for edge in self.figure.edges}
        return [node.name for node in nodes_of(column) if node.name not in tails]
