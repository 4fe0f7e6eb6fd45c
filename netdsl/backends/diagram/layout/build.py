"""Figure -> pieces: the tree with its edges, those along chains and those over a distance."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram import figure as fig
from netdsl.backends.diagram.figure import POINTS, Figure, Node, Panel, nodes_of
from netdsl.backends.diagram.layout.asides import Asides, is_aside
from netdsl.backends.diagram.layout.chain import Chain
from netdsl.backends.diagram.layout.crossing import Crossing, Letters
from netdsl.backends.diagram.layout.frames import Frame, Holder, LetterMark, Repeat, Token
from netdsl.backends.diagram.layout.homes import Homes
from netdsl.backends.diagram.layout.knots import untangle
from netdsl.backends.diagram.layout.landing import Landing
from netdsl.backends.diagram.layout.pieces import (
    Arrow,
    Leaf,
    Piece,
    Row,
    Through,
    added,
)
from netdsl.backends.diagram.layout.readings import as_papers
from netdsl.backends.diagram.layout.splits import Residual, Split

MOST_OF_IT = 0.5  # a group that holds more of a network's boxes than this needs no panel


class Built:
    """A figure as pieces: the chain of its trunk, and side outputs as chains of their own, with the names of
    all that are equal."""

    def __init__(
        self, trunk: Chain, asides: list[Frame], letters: Letters, crossings: list[Crossing]
    ) -> None:
        self.trunk = trunk
        self.asides = asides
        self.letters = letters
        self.crossings = crossings


def build(
    figure: Figure,
    hidden: frozenset[str] = frozenset(),
    ends: frozenset[str] = frozenset(),
    repeats: str = "proved",
    fuses: bool = True,
) -> Built:
    """The pieces of a figure; `hidden` are nodes that are not drawn, `ends` outputs that are an arrow with
    the shape below it."""
    built = _Builder(figure, hidden, ends, fuses).built()
    if repeats == "paper":
        as_papers(built.trunk)
    return built


class _Builder:
    def __init__(
        self, figure: Figure, hidden: frozenset[str], ends: frozenset[str], fuses: bool
    ) -> None:
        self.figure = figure
        self.fuses = fuses
        self.homes = Homes(figure, hidden)
        self.side = Asides(self.homes, ends, self.apart)
        self.total = sum(1 for node in figure.nodes if node.kind not in POINTS)
        self.frames = 0  # that are seen, around
        self.is_apart = False  # in a side output

    def built(self) -> Built:
        trunk, _ = self.chain(self.figure.children, None)
        crossings, letters = Landing(self.homes).lines(self.side.afar)
        waiting = [trunk, *(frame.inner for frame in self.side.frames)]
        while waiting:
            chain = waiting.pop()
            untangle(chain)
            waiting += [inner for piece in chain.pieces for inner in piece.chains()]
        return Built(trunk, self.side.frames, letters, crossings)

    def apart(self, children: Sequence[fig.Child], incoming: str | None) -> Chain:
        """The chain of a side output, in a panel of its own."""
        self.frames, self.is_apart = self.frames + 1, True
        inner, _ = self.chain(children, incoming)
        self.frames, self.is_apart = self.frames - 1, False
        return inner

    # -------------------------------------------------------------------------------------- chains
    def chain(
        self, children: Sequence[fig.Child], incoming: str | None
    ) -> tuple[Chain, str | None]:
        """The pieces of children one after another, and the node that goes on."""
        pieces: list[Piece] = []
        asides: dict[int, list[Token | LetterMark]] = {}
        current = incoming
        shown = self.opened(children)
        at = 0
        while at < len(shown):
            child = shown[at]
            if is_aside(child) and not self.is_apart:
                length = self.side.length(shown, at)
                beside, token = self.side.token(shown[at : at + length], pieces)
                asides.setdefault(beside, []).append(token)
                at += length
                continue
            row = self.row(shown, at)
            if len(row) > 1:
                piece, current = self.leaves(row, current)
                pieces.append(piece)
                at += len(row)
                continue
            at += 1
            if isinstance(child, Node) and child.name in self.homes.hidden:
                continue
            piece = self.piece(child, current)
            if piece is None or (pieces and self.joined(pieces[-1], piece)):
                continue
            pieces.append(piece)
            if not (isinstance(child, Node) and child.kind == "output"):
                current = piece.exit
        chain = Chain(pieces)
        chain.asides = asides
        return chain, current

    def joined(self, before: Piece, piece: Piece) -> bool:
        """Whether an activation goes into the box of the normalisation before it, out of whose group it is;
        `flatten`, which only numbers anew, into any box, also the last one of a panel."""
        if not isinstance(piece, Leaf) or piece.edge is None:
            return False
        node = piece.node
        flattens = node.kind == "shape" and node.lines == ("flatten",)
        if flattens:
            before = _end(before)
        if not isinstance(before, Leaf) or piece.edge.tail != before.node.name:
            return False
        norm = before.node
        if flattens:
            lines = norm.lines
        elif (norm.kind, node.kind) == ("norm", "activation"):
            lines = (f"{norm.lines[0]}, {node.lines[0]}", *norm.lines[1:])
        else:
            return False
        if not self.fuses or self.homes.is_waited_for(norm.name):
            return False
        more = {"lines": lines, "steps": added(norm.steps, node.steps)}
        more |= {"short": "", "cell": ()} if lines != norm.lines else {}
        before.node = norm.but(**more)
        self.homes.move(node.name, norm.name)
        return True

    def opened(self, children: Sequence[fig.Child]) -> list[fig.Child]:
        """Children with the parts of groups that hold most of the network in their place."""
        out: list[fig.Child] = []
        for child in children:
            if self.frames == 0 and isinstance(child, Panel) and self.holds_most(child):
                out += self.opened(child.children)
            else:
                out.append(child)
        return out

    def holds_most(self, panel: Panel) -> bool:
        if panel.kind not in ("group", "block") or panel.times > 1 or panel.training:
            return False
        count = sum(1 for node in nodes_of(panel.children) if node.kind not in POINTS)
        several = len(panel.children) > 1 or isinstance(panel.children[0], Panel)
        return several and count > MOST_OF_IT * self.total

    def row(self, children: Sequence[fig.Child], at: int) -> list[Node]:
        """Inputs (or outputs) that stand next to each other."""
        first = children[at]
        if not isinstance(first, Node) or first.kind not in ("input", "output", "param"):
            return []
        found = []
        for child in children[at:]:
            if (
                not isinstance(child, Node)
                or child.kind != first.kind
                or child.name in self.homes.hidden
            ):
                break
            found.append(child)
        return found

    def leaves(self, nodes: list[Node], current: str | None) -> tuple[Row, str | None]:
        """Boxes side by side. The first of inputs and of learned tensors flows on: what was before them goes
        around. What is before outputs flows to the first of them."""
        leaves = []
        for node in nodes:
            leaf = Leaf(node)
            leaf.edge = self.homes.take(current, node.name)
            leaf.exit = node.name
            leaves.append(leaf)
        main = 0
        row = Row(leaves, main)
        row.edge = next((leaf.edge for leaf in leaves if leaf.edge is not None), None)
        row.exit = nodes[main].name
        for leaf in leaves:
            self.homes.home[leaf.node.name] = row
        return row, (current if nodes[0].kind == "output" else row.exit)

    def piece(self, child: fig.Child, current: str | None) -> Piece | None:
        if isinstance(child, Node):
            return self.node(child, current)
        if isinstance(child, fig.Split):
            return self.split(child, current)
        return self.panel(child, current)

    def node(self, node: Node, current: str | None) -> Piece:
        piece: Piece
        if node.kind in POINTS:
            piece = Through(node)
        elif node.name in self.side.ends:
            piece = Arrow(node)
        else:
            piece = Leaf(node, self.frames == 0)
        piece.edge = self.homes.take(current, node.name)
        piece.exit = node.name
        self.homes.home[node.name] = piece
        return piece

    # -------------------------------------------------------------------------------------- splits
    def split(self, split: fig.Split, current: str | None) -> Piece:
        around = split.kind in ("residual", "dense")
        piece = Residual(split, self.changes(split)) if around else Split(split)
        start = current
        if split.fork is not None:
            self.homes.home[split.fork.name] = piece
            piece.edge = self.homes.take(current, split.fork.name)
            start = split.fork.name
        for number, children in enumerate(split.branches):
            branch, end = self.chain(children, start)
            branch.owner, branch.branch = piece, number
            piece.branches.append(branch)
            edge = None
            if split.join is not None:
                edge = self.homes.take(
                    end, split.join.name, None if split.kind == "residual" else number
                )
            piece.joins.append(edge)
        if split.fork is None:
            fed = (b.pieces[0].edge for b in piece.branches if b.pieces)
            piece.edge = next((edge for edge in fed if edge is not None), None)
            if piece.edge is None:
                empty = (e for b, e in zip(piece.branches, piece.joins) if b.empty)
                piece.edge = next((edge for edge in empty if edge is not None), None)
        if split.join is not None:
            self.homes.home[split.join.name] = piece
            piece.exit = split.join.name
        else:
            piece.exit = current
        return piece

    def changes(self, split: fig.Split) -> bool:
        """Whether the way around a body changes the shape: a projection, or zero padding."""
        return any(node.lines for node in nodes_of(split.branches[1]))

    # -------------------------------------------------------------------------------------- panels
    def panel(self, panel: Panel, current: str | None) -> Piece | None:
        framed = self.is_framed(panel)
        self.frames += framed
        children = panel.children
        only = children[0] if len(children) == 1 else None
        if isinstance(only, Panel) and framed and only.times == 1 and panel.title:
            children = only.children  # a panel that holds nothing else says it once
        inner, end = self.chain(children, current)
        self.frames -= framed
        if not inner.pieces:
            return None
        piece: Piece
        several = panel.times > 1
        if framed:
            if several and panel.kind == "dense":
                held = Repeat(panel, inner)
                self.given(held, inner, end)
                inner, several = Chain([held]), False
            piece = Frame(panel, inner, panel.title, panel.shape)
        elif several:
            piece, several = Repeat(panel, inner), False
        else:
            piece = Holder(panel, inner)
        self.given(piece, inner, end)
        if several:
            inner = Chain([piece])
            piece = Repeat(panel, inner)
            self.given(piece, inner, end)
        return piece

    def given(self, piece: Piece, inner: Chain, end: str | None) -> None:
        piece.edge = inner.pieces[0].edge
        piece.exit = end

    def is_framed(self, panel: Panel) -> bool:
        """Whether a panel is seen: the outermost ones are, and inside of those merges of many branches."""
        if panel.kind == "repeat" and not panel.title:
            return False
        if panel.kind == "head" or panel.training:
            return True
        if self.frames == 0:
            return bool(panel.title)
        return self.frames == 1 and any(
            isinstance(child, fig.Split) and child.kind == "merge" and len(child.branches) > 2
            for child in panel.children
        )


def _end(piece: Piece) -> Piece:
    """The last box of a panel; else the piece itself."""
    while isinstance(piece, Frame) and piece.chains():
        inside = piece.chains()[0].pieces
        if not inside or inside[-1].exit != piece.exit:
            break
        piece = inside[-1]
    return piece
