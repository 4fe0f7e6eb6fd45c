"""What a column is made of: rows, ways around them, values that are read further down."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from netdsl import totals
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.steps import Steps
from netdsl.backends.diagram.text import clean, large, plural
from netdsl.design import Design
from netdsl.shapes import Shape

START = -1  # the row of what enters the network


class Words(NamedTuple):
    """What stands in a box, with much room and with little."""

    long: str
    short: str


class Row:
    """One box. `shape` is what it gives (before it is flattened), `steps` are all that it stands for,
    repetitions included, `flows` says whether it reads the row above."""

    __slots__ = ("flows", "kind", "name", "shape", "steps", "treated", "words")

    def __init__(self, name: str, kind: str, words: Words, shape: Shape) -> None:
        self.name = name
        self.kind = kind
        self.words = words
        self.shape = shape
        self.steps: Counter[str] = Counter()
        self.flows = True
        self.treated = ""


class Arc:
    """A way around the rows `first` to `last`, and the sum below them. `boxes` are the steps on the way;
    without any it is the identity."""

    __slots__ = ("boxes", "first", "last", "name", "steps")

    def __init__(self, name: str, first: int, last: int) -> None:
        self.name = name
        self.first = first
        self.last = last
        self.boxes: list[Row] = []
        self.steps: Counter[str] = Counter()

    @property
    def changes(self) -> bool:
        return bool(self.boxes)


class Span(NamedTuple):
    """Rows that stand for several equal runs of them."""

    first: int
    last: int
    times: int


class Tap(NamedTuple):
    """A value that is read further down: after row `tail`, by row `head`."""

    tail: int
    head: int


class Side(NamedTuple):
    """A side output in training, taken after a row."""

    after: int
    row: Row


def beside(sides: list[Side], side: Side) -> None:
    """Adds a side output; those of one place are one box."""
    for i, known in enumerate(sides):
        if known.after == side.after:
            said = f"{known.row.words.short}, {side.row.words.short}"
            row = Row(known.row.name, known.row.kind, Words(said, said), known.row.shape)
            row.steps = known.row.steps + side.row.steps
            sides[i] = Side(known.after, row)
            return
    sides.append(side)


class Subject:
    """A network that becomes a column: `name` is what its nodes begin with, `total` how many multiplying
    layers it has, `facts` are its layers on the longest path, multiply-adds and parameters, in words."""

    def __init__(self, design: Design, name: str, fuse: str) -> None:
        self.design = design
        self.name = name
        self._fuse = fuse
        self._planners: dict[bool, Planner] = {}
        cost = totals.cost_used(design)
        facts = [plural(totals.depth(design), "layer")]
        if isinstance(cost.macs, int) and cost.macs:  # no formula
            facts.append(f"{large(cost.macs)} MACs")
        self.facts = (*facts, f"{large(cost.parameters)} parameters")
        steps = Steps().plan(self.planner(True).scope(design.net))
        self.total = sum(steps[word] for word in ("conv", "conv_transpose", "linear"))

    def planner(self, fold: bool) -> Planner:
        """Plans it, with equal runs folded or each by its name."""
        if fold not in self._planners:
            settings = Settings(fuse=self._fuse, unroll=not fold)
            self._planners[fold] = Planner(self.design, settings)
        return self._planners[fold]


class Column:
    """A network as rows. `inside` are the words of what stands in boxes of other layers, `then` what
    follows sums, both in the order of their appearance."""

    def __init__(self, subject: Subject, fold: bool, blocks: bool) -> None:
        self.subject = subject
        self.fold = fold  # equal runs stand once
        self.design = subject.design
        self.name = subject.name
        self.blocks = blocks  # each innermost one is a row
        self.rows: list[Row] = []
        self.arcs: list[Arc] = []
        self.spans: list[Span] = []
        self.taps: list[Tap] = []
        self.sides: list[Side] = []
        self.inside: list[str] = []
        self.then: list[str] = []
        self.remarks: list[str] = []  # what is true of some sums and not drawn
        self.left_out = False  # adaptive pooling that changes nothing
        self.unread: Counter[str] = Counter()  # learned tensors that no row reads

    @property
    def entry(self) -> str:
        """The name of the node for what enters."""
        return f"{self.name}.{next(iter(self.design.inputs))}"

    @property
    def title(self) -> str:
        """What its authors call it, if the text says so, else the net's name."""
        said = self.design.meta.get("name") or self.design.meta.get("title") or self.design.name
        return clean(str(said))
