"""Design -> rows: one for every step, nested as in the source, in the order of the text."""

from __future__ import annotations

from math import prod

from netdsl import totals
from netdsl.anatomy import head_cost
from netdsl.backends.table.model import Row, Totals, added, continues, cut, extend
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
from netdsl.record import Record
from netdsl.shapes import Shape
from netdsl.syntax import ast
from netdsl.totals import link_cost
from netdsl.weights import Treatment

# What the rows of a scope are called; a labelled merge is a group with the merge in it.
KINDS = {"block": "block", "bar": "branch"}


class Place(Record):
    """Where the walk is: the path in the `state_dict`, and how what stands there counts."""

    path: str = ""
    auxiliary: bool = False
    declared: bool = False  # in a `module` declaration: weights, but no work
    shared: bool = False  # in a use of a module: work, but no weights

    def inside(self, name: str | None) -> Place:
        return self.but(path=self.key(name)) if name else self

    def key(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


class Facts(Record):
    """What a scope or a layer puts into the `state_dict`, beside learned numbers."""

    entries: int  # tensors, learned or fixed
    buffers: int  # fixed numbers
    unknown: bool  # extern layers


def rows_of(design: Design, fold: bool, depth: int | None = None) -> list[Row]:
    """The rows of a network, inputs first. `fold` makes one row of equal blocks in a row; `depth`
    is how many levels are shown, 1 for the network's own steps alone."""
    walk = _Walk(fold, design)
    rows = [
        Row("input", name, "input", "input", value.shape) for name, value in design.inputs.items()
    ]
    walk.region(design.net.region, Place(), rows)
    if design.net.outputs:
        for name, value in design.outputs.items():
            rows.append(Row("output", name, "output", "output", value.shape))
    if depth is not None:
        cut(rows, depth)
    return rows


def totals_of(design: Design) -> Totals:
    used = totals.cost_used(design)
    facts = _Walk(False, design).facts(design.net)
    return Totals(
        used.parameters,
        totals.scope_cost(design.net).parameters,
        facts.buffers,
        used.macs,
        used.connections,
        totals.depth(design),
        facts.unknown,
    )


class _Walk:
    def __init__(self, fold: bool, design: Design) -> None:
        self.fold = fold
        self.treatment = Treatment(design)
        self.homes: dict[int, str] = {}  # shared modules: where their weights are
        self.known: dict[int, Facts] = {}

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
                self.link(event.link, at.but(auxiliary=True), rows)
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
        return row

    def declaration(self, note: Note, node: ast.Module, at: Place, rows: list[Row]) -> None:
        """`module tower = ...`: the weights stand here, the work is that of its uses."""
        scope = note.frame.scope
        assert scope is not None
        module = scope.shared[node.name.text]
        self.homes[id(module)] = at.key(module.name)
        if module.link is not None and module.link.what is not None:
            self.link(module.link, at.but(declared=True), rows)

    # ---------------------------------------------------------------------------------------- steps
    def link(self, link: Link, at: Place, rows: list[Row], start: str = "") -> None:
        what = link.what
        shape = None if at.declared or link.output is None else link.output.shape
        name = link.label or link.key or ""
        if isinstance(what, Applied):
            if not what.layer.passes:
                self.layer(what.layer, link, name, at.inside(link.key), shape, rows, start)
        elif isinstance(what, Scope):
            self.scope(what, name, at.inside(link.key), shape, rows, start)
        elif isinstance(what, Shared):
            self.use(what, link, shape, at, rows, start)
        elif isinstance(what, Merge):
            self.region(what.region, at, rows, start)
            word = what.layer.word
            rows.append(self.join("merge", word, merge_text(what), shape, at))
        elif isinstance(what, Residual):
            self.region(what.body, at, rows, start)
            if what.shortcut is not None:
                self.region(what.shortcut, at, rows, start)
            if what.adds:
                rows.append(self.join("residual", "residual", residual_text(what), shape, at))
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
            rows.append(row)

    def head(self, event: HeadEvent, at: Place, rows: list[Row]) -> None:
        """A head: its steps, and what it predicts on each map."""
        scope = event.scope
        facts = self.facts(scope)
        row = Row("head", event.word, event.word, head_text(event), None)
        row.key = row.last_key = at.inside(event.word).path if facts.entries else ""
        row.what = scope
        self.count(row, at, head_cost(event), facts)
        inside = at.inside(event.word)
        self.region(scope.region, inside, row.children)
        for link, step in zip(event.others, event.predicted[1:]):
            what = step.what
            assert isinstance(what, Predicted)
            shared = Row("predictor", f"{event.word} again", "", boxes_text(what), what.map.shape)
            self.count(shared, inside.but(shared=True), link_cost(link), self.facts(scope))
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
        facts = self.layer_facts(layer, link)
        row.key = at.path if facts.entries or external else ""
        self.count(row, at, totals.layer_cost(layer, link), facts)
        if external:
            row.parameters = 0 if at.shared else None
            row.macs = 0 if at.declared else None
        rows.append(row)

    def scope(
        self,
        scope: Scope,
        name: str,
        at: Place,
        shape: Shape | None,
        rows: list[Row],
        start: str,
    ) -> None:
        """A level, with the rows of its body; an equal block just before takes it in."""
        facts = self.facts(scope)
        kind = KINDS.get(scope.kind, "group")
        word = scope.name if kind == "block" else ""
        row = Row(kind, name, word, word, shape)
        row.key = row.last_key = at.path if facts.entries or facts.unknown else ""
        row.what, row.start = scope, start
        self.count(row, at, totals.scope_cost(scope), facts)
        if self.fold and rows and continues(rows[-1], row):
            extend(rows[-1], row)
            return
        self.region(scope.region, at, row.children)
        rows.append(row)

    def use(
        self, what: Shared, link: Link, shape: Shape | None, at: Place, rows: list[Row], start: str
    ) -> None:
        """A use of a shared module: its weights stand where it is declared."""
        home = self.homes.get(id(what.home), what.home.name)
        name = link.label or what.home.name
        there = at.but(path=home, shared=True)
        if isinstance(what.scope, Scope):
            self.scope(what.scope, name, there, shape, rows, start)
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
            rows.append(self.join("dense", "concat", text, shape, at))

    def join(self, kind: str, word: str, text: str, shape: Shape | None, at: Place) -> Row:
        """Where values meet."""
        row = Row(kind, word, word, text, shape)
        self.mark(row, at)
        return row

    # -------------------------------------------------------------------------------------- numbers
    def count(self, row: Row, at: Place, cost: Cost, facts: Facts) -> None:
        row.parameters = 0 if at.shared else cost.parameters
        row.buffers = 0 if at.shared else facts.buffers
        row.macs = 0 if at.declared else cost.macs
        row.unknown = facts.unknown
        self.mark(row, at)
        if row.key and not at.shared:
            row.origin = self.treatment.origin(row.key)
            row.frozen = self.treatment.frozen(row.key)

    def mark(self, row: Row, at: Place) -> None:
        row.auxiliary, row.declared, row.shared = at.auxiliary, at.declared, at.shared

    def layer_facts(self, layer: Layer, link: Link) -> Facts:
        shape = link.inputs[0].shape
        tensors = layer.tensors(shape) if shape is not None else ()
        fixed = sum(prod(t.shape) for t in tensors if not t.learned)
        return Facts(len(tensors), fixed, layer.family == "extern")

    def hides(self, what: Scope | Layer) -> bool:
        """Whether a shared module holds extern layers."""
        return self.facts(what).unknown if isinstance(what, Scope) else what.family == "extern"

    def facts(self, scope: Scope) -> Facts:
        found = self.known.get(id(scope))
        if found is None:
            entries, buffers, unknown = len(scope.weights), 0, False
            for child in scope.children.values():
                if isinstance(child.what, Applied):
                    facts = self.layer_facts(child.what.layer, child)
                elif isinstance(child.what, Scope):
                    facts = self.facts(child.what)
                else:
                    continue
                entries += facts.entries
                buffers += facts.buffers
                unknown |= facts.unknown
            for use in totals.uses_of_shared(scope):
                if isinstance(use.what, Shared):
                    unknown |= self.hides(use.what.scope)
            found = self.known[id(scope)] = Facts(entries, buffers, unknown)
        return found
