"""The figure as data: named nodes, edges, and the tree of panels and splits that holds them.

A small graph that knows nothing of any output format. Nodes and panels carry what is to be read,
their kind says how it may look, and the tree keeps what a flat graph would lose: which boxes are one
block, which chains run side by side. Texts are raw; whoever writes a format escapes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from netdsl.record import Record


class Node(Record):
    """One thing that is drawn.

    `kind` is one of `KINDS`. `lines` are its text, the first is the main one; `short` and `cell` are
    others for it, in one line and in two, where there are any, and `fused` is what else is in the box:
    `BN, ReLU`. `shape` is the shape of what it gives, without the batch; `changes` says that this is not
    the shape of what it reads, `resized` that height or width are not, and
    `mapped` is the shape before it was flattened in the box. `stage` counts how often they were
    halved on the way, None for what has none.
    `times` copies of it follow one another. `steps` are the steps of the network that it stands for,
    by word and number, with all repetitions. `slots` are the places of a rail or bar where branches
    end, `used` those of a rail that have an edge. `treated` says what becomes of its weights.
    """

    name: str
    kind: str
    lines: tuple[str, ...] = ()
    shape: str = ""
    changes: bool = False
    times: int = 1
    training: bool = False
    slots: int = 0
    used: tuple[int, ...] = ()
    steps: tuple[tuple[str, int], ...] = ()
    treated: str = ""
    short: str = ""
    cell: tuple[str, ...] = ()
    fused: str = ""
    resized: bool = False
    mapped: str = ""
    stage: int | None = None

    @property
    def told(self) -> tuple[str, ...]:
        """Its text, and in a line of its own what else is in the box."""
        return (*self.lines, self.fused) if self.fused else self.lines

    @property
    def size(self) -> str:
        """The shape that is said of it: of a map that is flattened in its box that of the map."""
        return self.mapped or self.shape


KINDS = (
    *("conv", "conv1", "grouped", "fixed", "pool", "up", "norm", "activation", "linear", "softmax"),
    *("dropout", "shape", "extern", "stack", "input", "output", "param", "compute"),
    *("sum", "product", "difference", "quotient", "power"),  # circles with their sign
    *("concat", "gather"),  # bars with slots: what is one tensor, and what only meets
    *("rail", "fork", "entry"),  # a thin bar, a point, and a row of places that is not seen
)
BARS = ("concat", "gather")
POINTS = ("fork", "rail", "entry")  # where lines part: nothing of them is seen but the lines


class Edge(Record):
    """From one node to another.

    `role` is "flow" along a chain, "shortcut" past a body, "tap" for what a label reached, "operand"
    into what computes with several values, "size" if only height and width are read, "training" for what exists in training only. `shape` is written beside the edge where it is news. The slots
    say where at a rail or bar it ends.
    """

    tail: str
    head: str
    role: str = "flow"
    shape: str = ""
    tail_slot: int | None = None
    head_slot: int | None = None


class Panel(Record):
    """A named group of nodes: a block, a group, a repetition.

    `kind` is "block", "group", "module", "aux", "dense", "head" or "repeat"; `title` is the label it has in
    the source, or the block's name, `notes` are lines that say more, `shape` is that of what it gives.
    """

    name: str
    kind: str
    children: list[Child]
    title: str = ""
    notes: tuple[str, ...] = ()
    times: int = 1
    training: bool = False
    treated: str = ""
    shape: str = ""


class Split(Record):
    """Chains side by side between `fork` and `join` (each None where there is none).

    `kind` is "merge", "fan" for maps that come from elsewhere, or "residual" and "dense", where the first branch is the body and the second
    the way around it. `main` is the branch that goes on in the line of the chain, if one does; else
    they stand symmetrically.
    """

    kind: str
    fork: Node | None
    branches: list[list[Child]]
    join: Node | None
    main: int | None = None


Child: TypeAlias = Node | Panel | Split


class Figure(Record):
    """A network's figure. `notes` are lines of its legend, `description` is for those who cannot see it, `size`
    says how much it computes."""

    name: str
    children: list[Child]
    edges: list[Edge]
    notes: tuple[str, ...] = ()
    description: str = ""
    size: str = ""

    @property
    def nodes(self) -> list[Node]:
        """Every node, in the order of the text."""
        return list(nodes_of(self.children))


def nodes_of(children: Sequence[Child]) -> Iterator[Node]:
    """The nodes of a part of the tree."""
    for child in children:
        if isinstance(child, Node):
            yield child
        elif isinstance(child, Panel):
            yield from nodes_of(child.children)
        else:
            if child.fork is not None:
                yield child.fork
            for branch in child.branches:
                yield from nodes_of(branch)
            if child.join is not None:
                yield child.join


def panels_of(children: Sequence[Child]) -> Iterator[Panel]:
    """The panels of a part of the tree, outer ones first."""
    for child in children:
        if isinstance(child, Panel):
            yield child
            yield from panels_of(child.children)
        elif isinstance(child, Split):
            for branch in child.branches:
                yield from panels_of(branch)
