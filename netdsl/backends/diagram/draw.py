"""Items -> the figure: nodes, edges and panels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from netdsl.backends.diagram import forms, heads
from netdsl.backends.diagram.arithmetic import Operation, operation
from netdsl.backends.diagram.canvas import Canvas, End, Ends, resized
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
    only_group,
)
from netdsl.backends.diagram.labels import Words
from netdsl.backends.diagram.levels import BLOCKS, Level, choose, levels_in, shortened
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.steps import Steps, own_steps, summary, times
from netdsl.backends.diagram.straight_forks import straightened
from netdsl.backends.diagram.text import clean, kind_of, layer_text, part_of, shape_text
from netdsl.backends.diagram.words import description, notes, size
from netdsl.design import AuxEvent, Design, SharedModule, Value
from netdsl.layers.base import Layer
from netdsl.walks import inner_value


def with_more(lines: tuple[str, ...], added: str) -> tuple[str, ...]:
    """Lines of a box with something at the end of the last."""
    return (*lines[:-1], lines[-1] + added)


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
        inner, entry, items = outer, item.enters, item.plan.items
        if item.scope.outer is None:
            inner, entry = outer.inside(), item.scope.input
            for value, own in item.binding:
                inner[own] = outer[self.same(value)]
        while (group := only_group(items)) is not None:
            items = group.plan.items
        self.depth -= 1
        if entry is not None:
            inner = self.entrance(items, inner, self.same(entry), children, "flow")
        only = items[0] if len(items) == 1 else None
        if isinstance(only, DenseItem) and only.equal and self.level.joins:
            panel = Panel(self.name("dense"), "dense", [])
            children.append(forms.dense_panel(self, only, inner, panel))
        else:
            self.chain(items, inner, children, entry)
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
            self.summary(middle, ends, into, title, last, flow=current)
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
            self.param(item, ends, into)
        elif isinstance(item, Op):
            self.op(item, ends, into, role)
        elif isinstance(item, Sub):
            self.sub(item, ends, into, role)
        elif isinstance(item, Fold):
            self.folded(item, ends, into, current)
        elif isinstance(item, Arithmetic):
            self.arithmetic(item, ends, into)
        elif isinstance(item, HeadItem):
            heads.head(self, item, ends, into, current)
        elif not self.level.joins:
            self.box(item, ends, into, role, item.word, item.word)
        elif isinstance(item, Join):
            forms.join(self, item, ends, into, role)
        elif isinstance(item, Around):
            forms.around(self, item, ends, into, role)
        else:
            assert isinstance(item, DenseItem), item
            forms.dense(self, item, ends, into)
        return self.same(item.output) if item.output is not None else current

    def op(
        self,
        item: Op,
        ends: Ends,
        into: list[Child],
        role: str,
        number: int = 1,
        notes: tuple[str, ...] = (),
    ) -> None:
        first, *others = item.layers
        shapes = [value.shape for value in item.reads]
        lines = [self.words.long(first, shapes)]
        kept = [x for x in others if part_of(x) not in (None, "flatten")]
        alone = kind_of(first) in ("norm", "activation")
        own = [x for x in kept if alone or self.unusual(first, x)]
        added = "".join(f", {layer_text(layer)}" for layer in own if not self.words.torch)
        lines[0] += added
        if item.shared is not None and len(item.shared.uses) > 1:
            lines.append(self.shared_text(item.shared))
        lines += notes
        assert item.enters is not None and item.output is not None
        end = self.add(
            into,
            kind_of(first),
            item.path,
            tuple(lines),
            item.output,
            own_steps(item),
            treated=self.treated_of(item) if any(x.weighted for x in item.layers) else "",
            changes=self.changes(item.enters, item.output),
            resized=resized(item.enters, item.mapped or item.output),
            mapped=shape_text(item.mapped.shape) if item.mapped is not None else "",
            times=number,
            short="" if lines[1:] else self.words.short(first, shapes) + added,
            cell=() if lines[1:] else with_more(self.words.cell(first, shapes), added),
            fused=", ".join(layer_text(x).partition(", ")[0] for x in kept if x not in own),
        )
        for value in item.reads:
            other = "size" if first.family == "shape" else "tap"
            self.edge(ends, value, end, role if value is item.enters else other)
        ends.set_all((item.output, *item.made), end)

    def unusual(self, first: Layer, layer: Layer) -> bool:
        """Whether an activation is not the one that most such layers have."""
        usual = self.usual.get(first.family)
        return part_of(layer) == "activation" and layer_text(layer) != usual

    def treated_of(self, item: Item) -> str:
        """What becomes of an item's weights; uses of a block that are treated differently say it, not
        what is inside."""
        return item.treated or self.treated

    def shared_text(self, home: SharedModule) -> str:
        """Which use of a shared module this is."""
        self.uses[id(home)] += 1
        now = self.uses[id(home)]
        return f"shared weights, {now} of {max(len(home.uses), now)}"

    # ---------------------------------------------------------------------------- one box for many
    def box(
        self,
        item: Item,
        ends: Ends,
        into: list[Child],
        role: str,
        name: str,
        *lines: str,
        number: int = 1,
    ) -> None:
        """One box for all that an item does."""
        steps = self.steps.item(item)
        news = self.changes(item.enters, item.output)
        shown = shape_text(item.output.shape) if item.output is not None else ""
        text = (*lines, shown or summary(steps))
        told = {"changes": news, "times": number, "treated": self.treated_of(item)}
        told["resized"] = resized(item.enters, item.output)
        end = self.add(into, "stack", name, text, item.output, steps, **told)
        for value in item.reads:
            self.edge(ends, value, end, role if value is item.enters else "tap")
        ends.set_all(item.made, end)
        if item.output is not None:
            ends[item.output] = end

    def summary(
        self,
        items: Sequence[Item],
        ends: Ends,
        into: list[Child],
        title: str,
        result: Value | None,
        copies: Sequence[int] | None = None,
        flow: Value | None = None,
        inside: Iterable[Value] = (),
    ) -> End:
        """One box for several items. `copies` says how often each of them occurs, `flow` is the value
        that comes along the chain, `inside` are values between the items."""
        steps: Counter[str] = Counter()
        for item, number in zip(items, copies or [1] * len(items), strict=True):
            steps.update(times(self.steps.item(item), number))
        end = self.add(into, "stack", "more", (title, summary(steps)), result, steps)
        made = [*inside, *(value for item in items for value in item.made)]
        known = {id(value) for value in made}
        tails: dict[End | tuple[str, int | None], Value] = {}
        for value in (v for item in items for v in item.reads):
            if id(value) not in known:
                tail = ends[self.same(value)]
                tails.setdefault((tail.node, tail.slot), value)
        for value in tails.values():
            self.edge(ends, value, end, "flow" if flow is None or value is flow else "tap")
        ends.set_all(made, end)
        return end

    # -------------------------------------------------------------------------------------- levels
    def sub(self, item: Sub, ends: Ends, into: list[Child], role: str, number: int = 1) -> None:
        """A level: a panel with what is in it, or one box."""
        title, *notes = item.titles(number)
        if item.shared is not None:
            name = clean(item.shared.name)
            notes += [name] if name != title else []
            notes += [self.shared_text(item.shared)] if len(item.shared.uses) > 1 else []
        block = item.scope.kind in BLOCKS
        inside = levels_in(item.plan, self.inside, block or self.within > 0)
        path = ".".join((*self.path, *item.path))
        way = self.within > 0 and not block  # how a block is written is no level of its own
        if self.depth == 0 or not (way or self.level.opens(path, inside)):
            same = (v is not None and self.same(v) for v in (item.output, item.enters))
            if len(set(map(id, same))) == 1 and not self.steps.item(item):
                return  # it does nothing
            self.box(item, ends, into, role, item.path[0], title, *notes, number=number)
            return
        kind = item.scope.kind if item.scope.kind in PANELS else "group"
        outer, treated, items = self.path, self.treated, item.plan.items
        self.treated = self.treated_of(item)
        label = (title, tuple(notes), number, self.aux > 0, self.treated)
        assert item.output is not None
        shape = shape_text(item.output.shape)
        panel = Panel(self.name(*item.path), kind, [], *label, shape)
        self.path = (*outer, *item.path)
        self.depth -= 1
        self.within += block
        while (group := only_group(items)) is not None:  # all that there is: it needs no panel
            items = group.plan.items
            self.path = (*self.path, *group.path)
        inner, entry = ends, item.enters
        if item.scope.outer is None:
            inner, entry = ends.inside(), item.scope.input
            for value, own in item.binding:
                inner[own] = ends[self.same(value)]
        if entry is not None:
            inner = self.entrance(items, inner, self.same(entry), panel.children, role)
        only = items[0] if len(items) == 1 else None
        if isinstance(only, DenseItem) and only.equal and self.level.joins:
            panel = forms.dense_panel(self, only, inner, panel)
        else:
            self.chain(items, inner, panel.children, entry)
        ends[item.output] = inner[item.plan.result]
        for names, value in item.link.exports.items():
            within = inner_value(item.scope, names)
            assert within is not None
            # of equal iterations one is drawn for all: its bar stands for what is in the others
            ends[value] = inner.find(self.same(within)) or inner[item.plan.result]
        self.depth += 1
        self.within -= block
        self.path, self.treated = outer, treated
        if panel.children:  # a level may do nothing
            into.append(panel)

    def entrance(
        self, items: list[Item], ends: Ends, entry: Value, into: list[Child], role: str
    ) -> Ends:
        """One place where a value enters a panel in which several things read it."""
        readers = [item for item in items if any(v is entry for v in item.reads)]
        if len(readers) < 2:
            return ends
        end = self.add(into, "fork", "in", (), entry)
        self.edge(ends, entry, end, role)
        return ends.starting(entry, end)

    def folded(self, item: Fold, ends: Ends, into: list[Child], current: Value | None) -> None:
        """Equal runs: the first of them, and how many there are."""
        self.factor *= item.times
        first = item.items[0]
        role = "flow" if first.enters is current else "tap"
        if len(item.items) == 1 and isinstance(first, Op):
            self.op(first, ends, into, role, item.times)
        elif len(item.items) == 1 and isinstance(first, Sub):
            self.sub(first, ends, into, role, item.times)
        else:
            training = self.aux > 0
            panel = Panel(self.name("repeat"), "repeat", [], times=item.times, training=training)
            self.chain(item.items, ends, panel.children, current)
            if panel.children:
                into.append(panel)
        self.factor //= item.times
        assert item.output is not None
        ends[item.output] = ends[self.same(item.first)]

    # -------------------------------------------------------------------------------------- others
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

    def param(self, item: Weight, ends: Ends, into: list[Child]) -> None:
        """A learned tensor."""
        name, value = item.event.name, item.event.value
        text = (f"{clean(name)} {shape_text(value.shape)}",)
        ends[value] = self.add(into, "param", name, text, value, own_steps(item))

    def arithmetic(self, item: Arithmetic, ends: Ends, into: list[Child]) -> None:
        """A graph of operations; the last one gives the result."""

        def make(op: Operation, steps: dict[str, int]) -> End:
            before = [make(part, {}) if isinstance(part, Operation) else part for part in op.reads]
            lines = (op.text,) if op.kind == "compute" else ()
            end = self.add(into, op.kind, op.kind, lines, item.output, steps)
            role = "flow" if len(before) == 1 else "operand"
            for part in before:
                if isinstance(part, End):
                    self.link(part, end, role)
                else:
                    self.edge(ends, part, end, role)
            return end

        last = operation(self.design, item.link, item.computed.values)
        assert item.output is not None
        ends[item.output] = make(last, own_steps(item))
