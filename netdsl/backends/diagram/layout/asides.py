"""Side outputs: what a network has for training alone stands beside its trunk, in panels of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netdsl.backends.diagram import figure as fig
from netdsl.backends.diagram.figure import Node, Panel, nodes_of
from netdsl.backends.diagram.layout.chain import Chain
from netdsl.backends.diagram.layout.frames import Frame, Token
from netdsl.backends.diagram.layout.homes import Homes
from netdsl.backends.diagram.layout.pieces import Leaf, Piece, added, all_leaves
from netdsl.backends.diagram.layout.splits import Split

# of the parts of a side output and the node that leads to them: their chain
Chained = Callable[[Sequence[fig.Child], str | None], Chain]


def is_aside(child: fig.Child) -> bool:
    return all(node.training for node in nodes_of([child]))


class Asides:
    """The side outputs of a figure: `frames` are their panels, which several equal ones share, `ends` outputs
    that are an arrow with the shape below it, `afar` tokens of what is inside of something, with its node."""

    def __init__(self, homes: Homes, ends: frozenset[str], chained: Chained) -> None:
        self.homes = homes
        self.ends = ends
        self.chained = chained
        self.frames: list[Frame] = []
        self.afar: list[tuple[Token, str]] = []
        self._known: dict[tuple[object, ...], tuple[Frame, list[Node]]] = {}

    def length(self, shown: Sequence[fig.Child], at: int) -> int:
        """How many children from the first of a side output on belong to it: its outputs follow it."""
        inside = {node.name for node in nodes_of([shown[at]])}
        end = at + 1
        while end < len(shown) and self._is_end(shown[end], inside):
            end += 1
        return end - at

    def _is_end(self, child: fig.Child, inside: set[str]) -> bool:
        if not (isinstance(child, Node) and child.training and child.kind == "output"):
            return False
        return any(edge.tail in inside for edge in self.homes.into[child.name])

    def token(self, children: Sequence[fig.Child], pieces: Sequence[Piece]) -> tuple[int, Token]:
        """The token of a side output, and the number of the piece that it stands beside."""
        first, *ends = children
        nodes = list(nodes_of(children))
        own = {node.name for node in nodes}
        entering = [e for n in nodes for e in self.homes.into[n.name] if e.tail not in own]
        tail = None
        if entering:
            tail = self.homes.inside.get(entering[0].tail, entering[0].tail)
        if isinstance(first, Node) and first.kind == "output":  # it has no steps of its own
            self.homes.take(tail, first.name)
            token = Token(first.but(lines=first.lines[:1]), "")
        else:
            token = self._panelled(first, ends, tail, len(entering) < 2)
        known = (n for n, piece in reversed(list(enumerate(pieces))) if piece.exit == tail)
        beside = next(known, None)
        if beside is None and tail is not None:
            self.afar.append((token, tail))
        return max(len(pieces) - 1, 0) if beside is None else beside, token

    def _panelled(
        self, first: fig.Child, ends: Sequence[fig.Child], tail: str | None, alone: bool
    ) -> Token:
        """The token of a side output of what `tail` gives, and its panel if there is not one already that is
        equal. What reads several values has a panel of its own (not `alone`)."""
        outputs = [end for end in ends if isinstance(end, Node)]
        self.ends |= {end.name for end in outputs}
        children = [first, *ends]
        panel, name = _titled(first, outputs)
        key = tuple(
            (n.kind, n.lines[n.kind == "stack" :], n.fused)
            for n in nodes_of(children)
            if n.kind != "output"
        )
        known = self._known.get(key) if alone else None
        if known is None:
            note = next((line for end in outputs for line in end.lines[1:]), "")
            frame = Frame(panel, self.chained([*panel.children, *ends], tail), name, note)
            if alone:
                self._known[key] = frame, list(nodes_of(children))
            self.frames.append(frame)
        else:
            frame, drawn = known
            frame.title = f"{frame.title}, {name}"
            nodes = list(nodes_of(children))
            for node, other in zip(drawn, nodes):
                self._stand_for(node, other)
            self.homes.forget(node.name for node in nodes)
        node = Node(f"{panel.name}.token", "softmax", (name,), training=True)
        boxes = list(all_leaves(frame.inner))
        if alone and len(boxes) == 1 and boxes[0].node.kind == "stack":  # the token says as much
            if frame in self.frames:
                self.frames.remove(frame)
            steps: tuple[tuple[str, int], ...] = ()
            for one in nodes_of(children):
                steps = added(steps, one.steps)
            return Token(node.but(steps=steps), "")
        if not isinstance(frame.inner.pieces[0], Leaf):  # several lines begin in it
            frame.begin = frame.begin or node.name
            return Token(node, "")
        return Token(node, frame.inner.pieces[0].node.name)

    def _stand_for(self, node: Node, other: Node) -> None:
        """A box that stands for several equal ones says so."""
        home = self.homes.home.get(node.name)
        if isinstance(home, Leaf):
            home.node = home.node.but(steps=added(home.node.steps, other.steps))
        elif isinstance(home, Split) and home.join is not None and home.join.name == node.name:
            home.join = home.join.but(steps=added(home.join.steps, other.steps))


def _titled(first: fig.Child, outputs: Sequence[Node]) -> tuple[Panel, str]:
    """The panel of a side output and what it is called: without a panel of its own, after its output."""
    name = next(nodes_of([first])).name.split(".")[0]
    if isinstance(first, Panel):
        return first, first.title or name
    if outputs:
        name = outputs[0].name.split(".")[0]
    return Panel(f"{name}.aside", "aux", [first], training=True), name
