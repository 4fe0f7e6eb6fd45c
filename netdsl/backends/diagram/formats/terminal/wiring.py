"""Which edges of a figure are lines of a drawing in one column, and which are said by name.

A chain's line leads from each part to the next. What leaves the chain for training only, or ends in an output
of its own, stands beside that line. All other edges are references: `@name` where they end, and the same name
where they begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from netdsl.backends.diagram.figure import Child, Edge, Figure, Node, Panel, Split, nodes_of
from netdsl.backends.diagram.formats.seen import UNSEEN, without_lone_forks
from netdsl.record import Record

FLOWS = ("flow", "training")  # roles of edges that a chain's line may follow past other parts


class WiredPanel(Record):
    panel: Panel
    run: Run


class WiredSplit(Record):
    """A split's branches. `starts` says which of them begin at its fork (or on the chain's line), `ends`
    which lead to its join by a line, `froms` what begins where no line does. `main` is the branch that
    stands on the line of the chain."""

    split: Split
    runs: list[Run]
    starts: list[bool]
    ends: list[bool]
    froms: list[list[Edge]]
    main: int | None


Wired: TypeAlias = Node | WiredPanel | WiredSplit


class Step(Record):
    """A part of a chain: whether a line leads to it, and chains that begin beside it."""

    part: Wired
    linked: bool
    sides: list[Side]


class Side(Record):
    run: Run
    linked: bool


class Run(Record):
    steps: list[Step]


class Wiring:
    """The wired tree (`run`) and the references: by the node (or fork) that they lead to. `sides` is
    whether chains may stand beside others."""

    def __init__(self, figure: Figure, sides: bool = True) -> None:
        self.sides = sides
        self.edges = without_lone_forks(figure)
        self.kinds = {node.name: node.kind for node in figure.nodes}
        self._after: dict[str, list[int]] = {}
        self._before: dict[str, list[int]] = {}
        for i, edge in enumerate(self.edges):
            self._after.setdefault(edge.tail, []).append(i)
            self._before.setdefault(edge.head, []).append(i)
        self._drawn: set[int] = set()
        self._entered: dict[str, int | None] = {}  # nodes that a line leads to, and its place
        self._begun: list[Edge] = []
        self.run = self._run(figure.children)
        rest = [edge for i, edge in enumerate(self.edges) if i not in self._drawn]
        self.references: dict[str, list[Edge]] = {}
        for edge in rest:
            self.references.setdefault(edge.head, []).append(edge)
        self.named: dict[str, None] = {}  # nodes that references lead from, in order
        for edge in (*rest, *self._begun):
            self.named.update(dict.fromkeys(self.sources(edge)))

    def sources(self, edge: Edge) -> list[str]:
        """The seen nodes that an edge comes from."""
        found: list[str] = []
        todo, passed = [(edge.tail, edge.tail_slot)], set()
        while todo:
            name, slot = todo.pop(0)
            if (name, slot) in passed:
                continue
            passed.add((name, slot))
            if self.kinds.get(name) not in UNSEEN:
                found.append(name)
                continue
            for i in self._before.get(name, ()):
                before = self.edges[i]
                if self.kinds[name] != "entry" or before.head_slot == slot:
                    todo.append((before.tail, before.tail_slot))
        return found

    # ------------------------------------------------------------------------------------ chains
    def _run(self, children: Sequence[Child]) -> Run:
        kept = _seen(children)
        steps: list[Step] = []
        at, linked = 0, False
        while at < len(kept):
            part = self._part(kept[at])
            follower = self._follower(kept, at)
            sides: list[Side] = []
            tail = last_of(kept[at])
            if follower > at + 1:
                run = kept[at + 1 : follower]
                begins = self._link(tail, first_of(run[0])) is not None
                sides.append(Side(self._run(run), begins))
            steps.append(Step(part, linked, sides))
            linked = False
            if follower < len(kept):
                head = first_of(kept[follower])
                linked = self._link(tail, head) is not None
            at = follower
        return Run(steps)

    def _follower(self, children: Sequence[Child], at: int) -> int:
        """The part that goes on after another one: what stands between them is beside the chain."""
        if not self.sides or at + 1 >= len(children):
            return at + 1
        tail = last_of(children[at])
        for later in range(at + 1, len(children)):
            head = first_of(children[later])
            for i in self._between(tail, head):
                if later == at + 1 and not _training(children[later]):
                    return later
                if later > at + 1 and self.edges[i].role in FLOWS:
                    return later
        rest = children[at + 1 :]
        ends = not _training(children[at]) and all(map(_training, rest))
        return len(children) if ends and self._between(tail, first_of(rest[0])) else at + 1

    def _between(self, tail: str | None, head: str | None) -> list[int]:
        """Edges from node to node that are no lines yet."""
        if tail is None or head is None:
            return []
        return [
            i
            for i in self._after.get(tail, ())
            if self.edges[i].head == head and i not in self._drawn
        ]

    def _link(self, tail: str | None, head: str | None) -> Edge | None:
        """Make a line of an edge, if there is one."""
        for i in self._between(tail, head):
            edge = self._take(i)
            self._entered[edge.head] = edge.head_slot
            return edge
        return None

    # ------------------------------------------------------------------------------------- parts
    def _part(self, child: Child) -> Wired:
        if isinstance(child, Node):
            return child
        if isinstance(child, Panel):
            return WiredPanel(child, self._run(child.children))
        return self._split(child)

    def _split(self, split: Split) -> WiredSplit:
        fork = split.fork.name if split.fork is not None else None
        join = split.join.name if split.join is not None else None
        places = split.fork is not None and split.fork.kind == "entry"
        main = self._entered.get(fork or "") if places else split.main
        runs, starts, ends, froms = [], [], [], []
        for i, branch in enumerate(split.branches):
            first = first_of_all(branch) if _seen(branch) else join
            begun: list[Edge] = []
            if places:
                begins = i == main
                begun = [self._take(k) for k in self._free(fork) if self.edges[k].head_slot == i]
                self._link(fork, first)
            elif fork is not None:
                begins = self._link(fork, first) is not None
            else:
                begins = i == main and first in self._entered
            run = self._run(branch)
            if run.steps:
                ended = self._link(last_of_all(branch), join) is not None
            else:
                if not begins:
                    own = [k for k in self._free(join) if self.edges[k].head_slot in (i, None)]
                    begun += [self._take(k) for k in own[:1]]
                ended = begins or bool(begun)
            for parts, value in ((runs, run), (starts, begins), (ends, ended), (froms, begun)):
                parts.append(value)
        self._begun += [edge for begun in froms for edge in begun]
        return WiredSplit(split, runs, starts, ends, froms, main)

    def _free(self, head: str | None) -> list[int]:
        """Edges to a node that are no lines yet."""
        return [i for i in self._before.get(head or "", ()) if i not in self._drawn]

    def _take(self, i: int) -> Edge:
        self._drawn.add(i)
        return self.edges[i]


# --------------------------------------------------------------------------------- ends of parts
def first_of(child: Child) -> str | None:
    """The node at which the flow enters a part."""
    if isinstance(child, Node):
        return child.name
    if isinstance(child, Panel):
        return first_of_all(child.children)
    if child.fork is not None:
        return child.fork.name
    if child.main is None:
        return None
    branch = child.branches[child.main]
    return first_of_all(branch) or (child.join.name if child.join is not None else None)


def first_of_all(children: Sequence[Child]) -> str | None:
    seen = _seen(children)
    return first_of(seen[0]) if seen else None


def last_of(child: Child) -> str | None:
    """The node that gives what flows on from a part."""
    if isinstance(child, Node):
        return child.name
    if isinstance(child, Panel):
        return last_of_all(child.children)
    return child.join.name if child.join is not None else None


def last_of_all(children: Sequence[Child]) -> str | None:
    seen = _seen(children)
    lasting = [child for child in seen if not _training(child)] or seen
    return last_of(lasting[-1]) if lasting else None


def _seen(children: Sequence[Child]) -> list[Child]:
    """The parts of a chain; a fork of its own in it is no part, it only leads lines on."""
    return [c for c in children if not (isinstance(c, Node) and c.kind in UNSEEN)]


def is_training(step: Step) -> bool:
    """Whether a part of a chain exists in training only."""
    part = step.part
    child = (
        part
        if isinstance(part, Node)
        else part.panel
        if isinstance(part, WiredPanel)
        else part.split
    )
    return _training(child)


def _training(child: Child) -> bool:
    """Whether a part exists in training only."""
    if isinstance(child, Split):
        return all(map(_training, nodes_of([child])))
    return child.training
