"""Design -> rows: one for every step, nested as in the source, in the order of the text."""

from __future__ import annotations

from math import prod

from netdsl import totals
from netdsl.anatomy import head_cost
from netdsl.backends.table.holdings import Facts, Holdings
from netdsl.backends.table.measures import (
    Measures,
    plus,
)
from netdsl.backends.table.model import Row, Totals, added, continues, cut, extend
from netdsl.backends.table.placing import Place, Placing
from netdsl.backends.table.words import (
    boxes_text,
    concat_text,
    head_text,
    merge_text,
    residual_text,
    written,
)
from netdsl.design import (
    Applied,
    AuxEvent,
    BarEvent,
    Branch,
    Computed,
    Dense,
    Design,
    Flow,
    HeadEvent,
    Inlined,
    Link,
    Loop,
    Merge,
    Note,
    Predicted,
    Region,
    Residual,
    Scope,
    Shared,
    Taken,
    WeightEvent,
)
from netdsl.layers.base import Cost, Layer
from netdsl.shapes import Shape
from netdsl.syntax import ast
from netdsl.totals import link_cost

# What the rows of a scope are called; a labelled merge is a group with the merge in it.
KINDS = {"block": "block", "bar": "branch"}


def rows_of(
    design: Design,
    fold: bool,
    depth: int | None = None,
    measures: Measures | None = None,
    fields: bool = False,
    held: Holdings | None = None,
) -> list[Row]:
    """The rows of a network, inputs first. `fold` makes one row of equal blocks in a row; `depth`
    is how many levels are shown, 1 for the network's own steps alone. `measures` are what `amounts` of
    the rows hold, `fields` has them know their receptive fields. `held` is what is known already of
    what scopes hold."""
    walk = _Walk(fold, design, measures, held or Holdings())
    level = None
    if fields:
        from netdsl.receptive import levels_of

        level = levels_of(design)
    top = Place(level=level)
    rows = []
    for name, value in design.inputs.items():
        row = Row("input", name, "input", "input", value.shape)
        walk.place(row, top, value)
        rows.append(row)
    walk.region(design.net.region, top, rows)
    if design.net.outputs:
        for name, value in design.outputs.items():
            row = Row("output", name, "output", "output", value.shape)
            walk.place(row, top, value)
            rows.append(row)
    if depth is not None:
        cut(rows, depth)
    return rows


def totals_of(design: Design, held: Holdings | None = None) -> Totals:
    used = totals.cost_used(design)
    facts = (held or Holdings()).scope(design.net)
    return Totals(
        used.parameters,
        totals.scope_cost(design.net).parameters,
        facts.buffers,
        used.macs,
        used.connections,
        totals.depth(design),
        facts.unknown,
    )


class _Walk(Placing):
    def __init__(
        self, fold: bool, design: Design, measures: Measures | None, held: Holdings
    ) -> None:
        super().__init__(design, measures)
        self.fold = fold
        self.homes: dict[int, str] = {}  # shared modules: where their weights are
        self.held = held

    # ----------------------------------------------------------------------------------- statements
    def region(self, region: Region, at: Place, rows: list[Row], start: str = "") -> None:
        for event in region.events:
            if isinstance(event, Flow):
                self.flow(event, at, rows, start)
                start = ""
            elif isinstance(event, BarEvent):
                if event.flow is not None:
                    self.flow(event.flow, at, rows, start)
                elif event.link is not None:
                    self.link(event.link, at, rows, start)
            elif isinstance(event, Loop):
                for iteration in event.iterations:
                    self.region(iteration, at, rows)
            elif isinstance(event, Branch):
                if event.region is not None:
                    self.region(event.region, at, rows)
            elif isinstance(event, AuxEvent):
                self.link(event.link, at._replace(auxiliary=True), rows)
            elif isinstance(event, HeadEvent):
                self.head(event, at, rows)
            elif isinstance(event, WeightEvent):
                rows.append(self.weight(event, at))
            elif isinstance(event, Note) and isinstance(event.node, ast.Module):
                self.declaration(event, event.node, at, rows)

    def flow(self, flow: Flow, at: Place, rows: list[Row], start: str = "") -> None:
        for link in flow.links:
            if isinstance(link.what, Taken):
                start = written(link.node.step) if isinstance(link.node, ast.Link) else ""
            else:
                before = len(rows)
                self.link(link, at, rows, start)
                start = "" if len(rows) > before else start  # `identity` hands it on

    def weight(self, event: WeightEvent, at: Place) -> Row:
        """A learned tensor."""
        shape = event.value.shape
        row = Row("param", event.name, "param", "learned tensor", shape)
        row.key = row.last_key = at.key(event.name)
        size = prod(d for d in shape or () if isinstance(d, int))
        self.count(row, at, Cost(size), Facts(1, 0, False))
        if self.measures is not None:
            learned = {n: size if n == "parameters" else 0 for n in self.measures.zero}
            self.place(row, at, event.value, amounts=learned)
        return row

    def declaration(self, note: Note, node: ast.Module, at: Place, rows: list[Row]) -> None:
        """`module tower = ...`: the weights stand here, the work is that of its uses."""
        scope = note.frame.scope
        assert scope is not None
        module = scope.shared[node.name.text]
        self.homes[id(module)] = at.key(module.name)
        if module.link is not None and module.link.what is not None:
            self.link(module.link, at._replace(declared=True), rows)

    # ---------------------------------------------------------------------------------------- steps
    def link(self, link: Link, at: Place, rows: list[Row], start: str = "") -> None:
        what = link.what
        shape = None if at.declared or link.output is None else link.output.shape
        name = link.label or link.key or ""
        if isinstance(what, Applied):
            if not what.layer.passes:
                self.layer(what.layer, link, name, at.inside(link.key), shape, rows, start)
        elif isinstance(what, Scope):
            self.scope(what, link, name, at.inside(link.key), shape, rows, start)
        elif isinstance(what, Shared):
            self.use(what, link, shape, at, rows, start)
        elif isinstance(what, Merge):
            self.region(what.region, at, rows, start)
            word = what.layer.word
            row = self.join("merge", word, merge_text(what), shape, at)
            rows.append(self.met(row, at, link, what.branches))
        elif isinstance(what, Residual):
            self.region(what.body, at, rows, start)
            if what.shortcut is not None:
                self.region(what.shortcut, at, rows, start)
            if what.adds:
                row = self.join("residual", "residual", residual_text(what), shape, at)
                shortcut = what.shortcut.exit if what.shortcut is not None else link.inputs[0]
                rows.append(self.met(row, at, link, [what.body.exit, shortcut]))
        elif isinstance(what, Dense):
            self.dense(what, link, at, rows, start)
        elif isinstance(what, Inlined):
            self.region(what.region, at, rows, start)
        elif isinstance(what, Predicted):
            self.predicted(what, name, at, rows)
        elif isinstance(what, Computed):
            text = written(link.node.step) if isinstance(link.node, ast.Link) else ""
            row = Row("expression", name, "", text, shape)
            self.mark(row, at)
            rows.append(self.met(row, at, link, what.values))

    def head(self, event: HeadEvent, at: Place, rows: list[Row]) -> None:
        """A head: its steps, and what it predicts on each map."""
        scope = event.scope
        facts = self.held.scope(scope)
        row = Row("head", event.word, event.word, head_text(event), None)
        row.key = row.last_key = at.inside(event.word).path if facts.entries else ""
        row.what = scope
        self.count(row, at, head_cost(event), facts)
        self.place(row, at, None, event.link.inputs, self.head_amounts(event))
        inside = at.inside(event.word)
        self.region(scope.region, inside.below(event.link), row.children)
        for link, step in zip(event.others, event.predicted[1:]):
            what = step.what
            assert isinstance(what, Predicted)
            shared = Row("predictor", f"{event.word} again", "", boxes_text(what), what.map.shape)
            again = inside._replace(shared=True)
            self.count(shared, again, link_cost(link), self.held.scope(scope))
            self.place(shared, again, what.map, link.inputs, self.whole(link))
            shared.key = inside.path
            row.children.append(shared)
        rows.append(row)

    def predicted(self, what: Predicted, name: str, at: Place, rows: list[Row]) -> None:
        """What predicts on a map, below a row that says how many boxes it has."""
        into = rows
        if what.predictor is not None:
            word = what.predictor.word
            row = Row("predictor", name or word, word, boxes_text(what), what.map.shape)
            row.parameters, row.macs = 0, 0
            self.mark(row, at)
            self.place(row, at, what.map, [what.map], self.measures and self.measures.zero)
            rows.append(row)
            into = row.children
        for part_name, part in what.parts.items():
            listed = part.key != part_name
            place = at.inside(part_name) if listed else at
            self.link(part, place, into)
            into[-1].name = into[-1].last = part_name
        if what.predictor is not None:
            for child in into:
                row.parameters = added(row.parameters, child.parameters)
                row.macs = added(row.macs, child.macs)
                row.amounts = plus(row.amounts, child.amounts)

    def layer(
        self,
        layer: Layer,
        link: Link,
        name: str,
        at: Place,
        shape: Shape | None,
        rows: list[Row],
        start: str,
    ) -> None:
        """A layer; `at` is its own path."""
        external = layer.family == "extern"
        word = layer.word or layer.label()
        row = Row("extern" if external else "layer", name, word, layer.label(), shape)
        row.what, row.start = layer, start
        facts = self.held.layer(layer, link)
        row.key = at.path if facts.entries or external else ""
        self.count(row, at, totals.layer_cost(layer, link), facts)
        amounts = self.measures.applied(layer, link) if self.measures is not None else None
        inputs = link.inputs if layer.many else link.inputs[:1]
        self.place(row, at, link.output, inputs, amounts)
        if external:
            row.parameters = 0 if at.shared else None
            row.macs = 0 if at.declared else None
        rows.append(row)

    def scope(
        self,
        scope: Scope,
        link: Link,
        name: str,
        at: Place,
        shape: Shape | None,
        rows: list[Row],
        start: str,
    ) -> None:
        """A level, with the rows of its body; an equal block just before takes it in."""
        facts = self.held.scope(scope)
        kind = KINDS.get(scope.kind, "group")
        word = scope.name if kind == "block" else ""
        row = Row(kind, name, word, word, shape)
        row.key = row.last_key = at.path if facts.entries or facts.unknown else ""
        row.what, row.start = scope, start
        self.count(row, at, totals.scope_cost(scope), facts)
        amounts = self.measures.scope(scope) if self.measures is not None else None
        self.place(row, at, link.output, [scope.input, *link.inputs][:1], amounts)
        if self.fold and rows and continues(rows[-1], row):
            extend(rows[-1], row)
            return
        self.region(scope.region, at.below(link), row.children)
        rows.append(row)

    def use(
        self, what: Shared, link: Link, shape: Shape | None, at: Place, rows: list[Row], start: str
    ) -> None:
        """A use of a shared module: its weights stand where it is declared."""
        home = self.homes.get(id(what.home), what.home.name)
        name = link.label or what.home.name
        there = at._replace(path=home, shared=True)
        if isinstance(what.scope, Scope):
            self.scope(what.scope, link, name, there, shape, rows, start)
            rows[-1].layer = rows[-1].layer or what.home.name
        else:
            self.layer(what.scope, link, name, there, shape, rows, start)

    def dense(self, what: Dense, link: Link, at: Place, rows: list[Row], start: str) -> None:
        """Every iteration, and the concatenation of what it read and what it gave."""
        for i, region in enumerate(what.iterations):
            self.region(region, at, rows, start if i == 0 else "")
            after = what.iterations[i + 1].entry if i + 1 < len(what.iterations) else link.output
            shapes = [v.shape for v in (region.entry, region.exit) if v is not None and v.shape]
            shape = None if at.declared or after is None else after.shape
            text = concat_text(s.channels for s in shapes)
            row = self.join("dense", "concat", text, shape, at)
            amounts = None if self.measures is None else self.measures.joined(what, link, i)
            self.place(row, at, after, [region.entry, region.exit], amounts)
            rows.append(row)
