"""Items -> the figure: nodes, edges and panels."""

from __future__ import annotations

from collections import Counter

from netdsl.backends.diagram import boxes, forms, heads, panels
from netdsl.backends.diagram.canvas import Canvas, End, Ends
from netdsl.backends.diagram.figure import Child, Figure, Panel
from netdsl.backends.diagram.items import (
    Arithmetic,
    Around,
    DenseItem,
    Fold,
    HeadItem,
    Item,
    Join,
    Op,
    Sub,
    Weight,
)
from netdsl.backends.diagram.labels import Words
from netdsl.backends.diagram.levels import Level, choose, shortened
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.steps import Steps
from netdsl.backends.diagram.straight_forks import straightened
from netdsl.backends.diagram.text import clean, shape_text
from netdsl.backends.diagram.words import description, notes, size
from netdsl.design import AuxEvent, Design, SharedModule, Value

PANELS = ("block", "aux", "module", "dense")


def figure(design: Design, level: Level | None = None, settings: Settings | None = None) -> Figure:
    """The figure of a network; `level` is how much of it is drawn, which else its size decides."""
    return Drawer(Planner(design, settings), level).draw()


class Drawer(Canvas):
    """Draws what a planner has planned, at one level."""

    def __init__(self, planner: Planner, level: Level | None = None) -> None:
        super().__init__(planner.clock.same, next(iter(planner.design.inputs.values()), None))
        self.design = design = planner.design
        self.words = Words(planner.settings.labels)
        self.usual = planner.usual()
        self.plan = planner.scope(design.net)
        self.level = level or choose(self.plan)
        self.depth = self.level.depth
        self.steps = Steps()
        self.inside: dict[tuple[int, bool], int] = {}  # levels of blocks in a plan, by identity
        self.within = 0  # how many blocks
        self.uses: Counter[int] = Counter()  # of shared modules, by identity
        self.meetings = heads.Meetings()

    def draw(self) -> Figure:
        design = self.design
        children: list[Child] = []
        ends = Ends({})
        for name, value in design.inputs.items():
            shown = f"{clean(name)} {shape_text(value.shape)}"
            ends[value] = self.add(children, "input", name, (shown,), value)
        self.chain(self.plan.items, ends, children, design.net.input)
        if design.heads:
            heads.outputs(self, ends, children)
        else:
            self.outputs(ends, children)
        total = self.steps.plan(self.plan)
        said = description(design, total)
        told = notes(design, self.level)
        edges = straightened(children, self.edges)
        return Figure(clean(design.name), children, edges, told, said, size(design))

    def part(self, item: Sub, title: str) -> Figure:
        """The figure of one part: what is in it, below what it reads."""
        children: list[Child] = []
        outer = Ends({})
        self.path = item.path
        known: dict[int, End] = {}
        for number, value in enumerate(item.reads):
            name = "input" if number == 0 else f"input_{number}"
            inputs = {id(v): clean(n) for n, v in self.design.inputs.items()}
            shown = clean(value.label or "") if number else "previous layer"
            shown = inputs.get(id(value), shown)
            end = self.add(children, "input", name, (shown or "other input",), value)
            known[id(value)] = end
            outer[value] = end
        self.depth -= 1
        inner, panel = panels.content(self, item, outer, Panel("", "", []), "flow")
        if panel.kind == "dense":
            children.append(panel.but(name=self.name("dense")))
        else:
            children += panel.children
        assert item.output is not None
        shown = shape_text(item.output.shape)
        end = self.add(children, "output", "output", (shown,), item.output)
        self.link(inner[item.plan.result], end, "flow")
        said = f"{title} of {clean(self.design.name)}: {shown}"
        return Figure(title, children, self.edges, (), said)

    def outputs(self, ends: Ends, into: list[Child]) -> None:
        """What the network gives."""
        for name, value in self.design.outputs.items():
            shown = f"{clean(name)} {shape_text(value.shape)}"
            tail = ends[self.same(value)].node
            role = "tap" if any(edge.tail == tail for edge in self.edges) else "flow"
            self.edge(ends, value, self.add(into, "output", name, (shown,), value), role)

    # --------------------------------------------------------------------------------------- items
    def chain(
        self, items: list[Item], ends: Ends, into: list[Child], current: Value | None
    ) -> None:
        """Items one after another; `current` is what flows in."""
        current = self.same(current) if current is not None else None
        (head, tail), left_out = shortened(items, self.level.length)
        for item in head:
            current = self.item(item, ends, into, current)
        if left_out:
            middle = items[len(head) :][:left_out]
            flows = [i.output for i in middle if i.output is not None and i.aux is None]
            last = flows[-1] if flows else current
            title = f"{left_out:,} more in a row"
            boxes.several(self, middle, ends, into, title, last, flow=current)
            current = self.same(last) if last is not None else None
        for item in tail:
            current = self.item(item, ends, into, current)

    def item(
        self, item: Item, ends: Ends, into: list[Child], current: Value | None
    ) -> Value | None:
        """Draw one item; the result is the value that flows on."""
        if item.aux is not None:
            self.side_output(item, item.aux, ends, into, current)
            return current
        role = "flow" if item.enters is None or item.enters is current else "tap"
        if isinstance(item, Weight):
            boxes.tensor(self, item, ends, into)
        elif isinstance(item, Op):
            boxes.layer(self, item, ends, into, role)
        elif isinstance(item, Sub):
            panels.level(self, item, ends, into, role)
        elif isinstance(item, Fold):
            panels.folded(self, item, ends, into, current)
        elif isinstance(item, Arithmetic):
            boxes.arithmetic(self, item, ends, into)
        elif isinstance(item, HeadItem):
            heads.head(self, item, ends, into, current)
        elif not self.level.joins:
            boxes.many(self, item, ends, into, role, item.word, item.word)
        elif isinstance(item, Join):
            forms.join(self, item, ends, into, role)
        elif isinstance(item, Around):
            forms.around(self, item, ends, into, role)
        else:
            assert isinstance(item, DenseItem), item
            forms.dense(self, item, ends, into)
        return self.same(item.output) if item.output is not None else current

    def treated_of(self, item: Item) -> str:
        """What becomes of an item's weights; uses of a block that are treated differently say it, not
        what is inside."""
        return item.treated or self.treated

    def shared_text(self, home: SharedModule) -> str:
        """Which use of a shared module this is."""
        self.uses[id(home)] += 1
        now = self.uses[id(home)]
        return f"shared weights, {now} of {max(len(home.uses), now)}"

    def side_output(
        self, item: Item, event: AuxEvent, ends: Ends, into: list[Child], current: Value | None
    ) -> None:
        """A side output in training, and its end."""
        self.aux += 1
        item.aux = None
        self.item(item, ends, into, current)
        item.aux = event
        name = event.link.label or "aux"
        assert item.output is not None
        lines = (f"{clean(name)} {shape_text(item.output.shape)}", f"loss weight {event.weight:g}")
        self.edge(ends, item.output, self.add(into, "output", (name, "output"), lines, item.output))
        self.aux -= 1
