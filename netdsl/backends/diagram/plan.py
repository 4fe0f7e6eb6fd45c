"""Design -> items: steps that are drawn as one are fused, equal ones folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from netdsl.backends.diagram.clock import Clock
from netdsl.backends.diagram.fuse import fuse
from netdsl.backends.diagram.head_items import head_item
from netdsl.backends.diagram.items import (
    Arithmetic,
    Around,
    Chain,
    DenseItem,
    Item,
    Join,
    Op,
    Plan,
    Sub,
    Weight,
    parts_of,
)
from netdsl.backends.diagram.keys import Keys, Numbering, fold, fold_branches
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import layer_text, part_of
from netdsl.backends.diagram.treatment import Treated
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
    Predicted,
    Region,
    Residual,
    Scope,
    Shared,
    Taken,
    Value,
    WeightEvent,
)
from netdsl.layers.base import Layer
from netdsl.walks import value_inputs


class Planner:
    """Makes the plan of every scope, once."""

    def __init__(self, design: Design, settings: Settings | None = None) -> None:
        self.design = design
        self.settings = settings or Settings()
        self.clock = Clock(design)
        self.keys = Keys()
        self.treatment = Treated(design)
        self._plans: dict[int, Plan] = {}

    def scope(self, scope: Scope) -> Plan:
        """The items of a scope."""
        plan = self._plans.get(id(scope))
        if plan is None:
            if scope.outer is None:
                self.clock.run(scope)
            items = self.finish(self.region(scope.region))
            assert scope.result is not None or scope.outputs
            result = (
                scope.result if scope.result is not None else next(iter(scope.outputs.values()))
            )
            plan = self._plans[id(scope)] = Plan(items, self.clock.same(result))
            numbering = Numbering(self.clock)
            if scope.outer is None:
                numbering.enter(scope.input)
                for value in value_inputs(scope):
                    numbering.enter(value)
            for item in items:
                numbering.item(item)
            numbering.read(result)
            plan.key = self.keys.number("scope", *numbering.parts)
            plan.reads, plan.made = numbering.reads, numbering.made
        return plan

    def usual(self) -> dict[str, str]:
        """The activation that most layers of a family have in their boxes: the others say theirs."""
        counted: dict[str, Counter[str]] = {}
        seen: set[int] = set()
        waiting: list[list[Item]] = [self.scope(self.design.net).items]
        while waiting:
            for item in waiting.pop():
                if isinstance(item, Op):
                    for layer in item.layers[1:]:
                        if part_of(layer) == "activation":
                            own = counted.setdefault(item.layers[0].family, Counter())
                            own[layer_text(layer)] += 1
                elif isinstance(item, Sub) and id(item.plan) not in seen:
                    seen.add(id(item.plan))
                    waiting.append(item.plan.items)
                waiting += parts_of(item)
        return {family: count.most_common(1)[0][0] for family, count in counted.items()}

    def finish(self, items: list[Item]) -> list[Item]:
        items = fuse(items, self.keys, self.clock, self.settings.fuse)
        return items if self.settings.unroll else fold(items, self.keys, self.clock)

    # ------------------------------------------------------------------------------------- regions
    def region(self, region: Region) -> list[Item]:
        """The items of a region, neither fused nor folded."""
        items: list[Item] = []
        for event in region.events:
            if isinstance(event, Flow):
                items += self.links(event.links)
            elif isinstance(event, Loop):
                for iteration in event.iterations:
                    items += self.region(iteration)
            elif isinstance(event, Branch):
                if event.region is not None:
                    items += self.region(event.region)
            elif isinstance(event, AuxEvent):
                items += self._aux(event)
            elif isinstance(event, HeadEvent):
                items.append(head_item(self, event))
            elif isinstance(event, WeightEvent):
                item = Weight(event, self.clock.now)
                item.made = [event.value]
                item.key = self.keys.number("param", event.name, str(event.value.shape))
                items.append(item)
        return items

    def links(self, links: Iterable[Link]) -> list[Item]:
        return [item for link in links for item in self.link(link)]

    def chain(self, items: list[Item], entry: Value | None, result: Value) -> Chain:
        return Chain(entry, self.finish(items), self.clock.same(result))

    def link(self, link: Link) -> list[Item]:
        """The items of one step: mostly one, several where a step is no level of its own."""
        what = link.what
        if isinstance(what, Applied):
            if what.layer.passes:
                return []
            return [self._op(link, what.layer)]
        if isinstance(what, Scope):
            return [self._sub(link, what)]
        if isinstance(what, Shared):
            passes = isinstance(what.scope, Layer) and what.scope.passes
            return [] if passes else [self._shared(link, what)]
        if isinstance(what, Merge):
            return self._merge(link, what)
        if isinstance(what, Residual):
            return self._residual(link, what)
        if isinstance(what, Dense):
            return self._dense(link, what)
        if isinstance(what, Inlined):
            return self.region(what.region)
        if isinstance(what, Computed):
            return [self._arithmetic(link, what)]
        assert isinstance(what, (Taken, Predicted)), what  # the head has what predicts
        return []

    def _close(self, item: Item, reads: Iterable[Value], *key: object) -> None:
        """Key, reads and results of an item that reads these values."""
        numbering = Numbering(self.clock)
        for value in reads:
            numbering.read(value)
        numbering.close(item, self.keys.number(*key, *numbering.parts), item.output)

    # ------------------------------------------------------------------------------------- layers
    def _op(self, link: Link, layer: Layer) -> Op:
        assert link.output is not None
        item = Op(
            [layer],
            (link.key or link.word,),
            self._in(link.inputs[0]),
            self._in(link.output),
            self.clock.done(link),
        )
        item.treated = self.treatment.of(link)
        self._close(item, link.inputs, "op", self.keys.layer(layer), item.treated)
        return item

    def _in(self, value: Value) -> Value:
        return self.clock.same(value)

    def _shared(self, link: Link, what: Shared) -> Item:
        if isinstance(what.scope, Layer):
            item: Item = self._op(link, what.scope)
        else:
            item = self._sub(link, what.scope)
        assert isinstance(item, Op | Sub)
        item.shared = what.home
        item.treated = self.treatment.of(what.home.link) if what.home.link is not None else ""
        item.key = self.keys.number("shared", id(what.home), item.key)
        return item

    # ------------------------------------------------------------------------------------- levels
    def _sub(self, link: Link, scope: Scope) -> Item:
        assert link.output is not None
        plan = self.scope(scope)
        enters = self._in(link.inputs[0]) if scope.input is not None and link.inputs else None
        item = Sub(link, scope, plan, enters, self._in(link.output), self.clock.done(link))
        item.treated = self.treatment.of(link)
        if scope.outer is None:
            own = ([scope.input] if scope.input is not None else []) + value_inputs(scope)
            item.binding = [(self._in(a), b) for a, b in zip(link.inputs, own, strict=True)]
            paths = tuple(link.exports)
            self._close(item, link.inputs, "block", scope.name, plan.key, paths, item.treated)
            item.made += [v for v in link.exports.values() if v not in item.made]
        else:
            numbering = Numbering(self.clock)
            numbering.enter(enters)
            for inner in plan.items:
                numbering.item(inner)
            numbering.read(plan.result)
            numbering.close(
                item,
                self.keys.number("group", item.treated, *numbering.parts),
                link.output,
                *link.exports.values(),
            )
            if enters is not None:
                item.reads.insert(0, enters)
        return self._unwrapped(item)

    def _unwrapped(self, item: Sub) -> Item:
        """A level that is a single box is that box."""
        plan = item.plan
        only = plan.items[0] if len(plan.items) == 1 else None
        if not isinstance(only, Op) or item.link.exports or plan.result is not only.output:
            return item
        assert item.output is not None
        outer = {id(inner): value for value, inner in item.binding}
        reads = [outer.get(id(v), v) for v in only.reads]
        assert only.enters is not None
        enters = outer.get(id(only.enters), only.enters)
        op = Op(only.layers, item.path + only.path, enters, item.output, item.end)
        op.shared = only.shared
        op.treated = item.treated or only.treated
        self._close(op, reads, "op", only.key, op.treated)
        if item.scope.outer is not None:
            op.made = list(item.made)
        return op

    def _aux(self, event: AuxEvent) -> list[Item]:
        found = self.link(event.link)
        for item in found:
            item.aux = event
        return found

    # --------------------------------------------------------------------------------------- forms
    def _merge(self, link: Link, what: Merge) -> list[Item]:
        assert link.output is not None
        entry = what.region.entry
        branches = []
        for bar, value in zip(what.bars, what.branches, strict=True):
            branches.append(self.chain(self._bar(bar), entry, value))
        if len(branches) == 1:
            return branches[0].items
        end = self.clock.done(link)
        enters = self._in(entry) if entry is not None else None
        if not self.settings.unroll:
            branches = fold_branches(branches, self.clock, end)
        item = Join(what.layer, branches, enters, link.output, end)
        numbering = Numbering(self.clock)
        for branch in branches:
            numbering.chain(branch)
        key = self.keys.number("join", self.keys.layer(what.layer), *numbering.parts)
        numbering.close(item, key, link.output)
        return [item]

    def _bar(self, bar: BarEvent) -> list[Item]:
        if bar.flow is not None:
            return self.links(bar.flow.links)
        assert bar.link is not None and isinstance(bar.link.what, Scope)
        return self.region(bar.link.what.region)

    def _residual(self, link: Link, what: Residual) -> list[Item]:
        assert link.output is not None and what.body.exit is not None
        body = self.region(what.body)
        if not what.adds:
            return body
        entry = self._in(link.inputs[0])
        chain = self.chain(body, entry, what.body.exit)
        if what.shortcut is None:
            shortcut = Chain(entry, [], entry)
        else:
            assert what.shortcut.exit is not None
            shortcut = self.chain(self.region(what.shortcut), entry, what.shortcut.exit)
        item = Around(chain, shortcut, entry, link.output, self.clock.done(link))
        item.scale, item.survival = what.scale, what.survival
        numbering = Numbering(self.clock)
        numbering.enter(entry)
        numbering.chain(chain)
        numbering.chain(shortcut)
        survival = what.survival if self.settings.unroll else what.survival is not None
        key = self.keys.number("residual", what.scale, survival, *numbering.parts)
        numbering.close(item, key, link.output)
        item.reads.insert(0, entry)
        return [item]

    def _dense(self, link: Link, what: Dense) -> list[Item]:
        assert link.output is not None
        if not what.iterations:
            return []
        end = self.clock.done(link)
        whole = Numbering(self.clock)
        chains, alike = [], []
        for region in what.iterations:
            assert region.exit is not None and region.entry is not None
            chain = self.chain(self.region(region), self._in(region.entry), region.exit)
            own = Numbering(self.clock)
            own.enter(chain.entry)
            own.chain(chain)
            joined = [chain.entry] if chains and chain.entry is not None else []  # of those before
            closed = all(self.clock.ends_with(value, end) for value in (*own.made, *joined))
            alike.append((closed, tuple(own.parts), tuple(id(v) for v in own.reads)))
            chains.append(chain)
            whole.make(chain.entry) if chains[1:] else whole.enter(chain.entry)
            whole.chain(chain)
        entry = self._in(link.inputs[0])
        item = DenseItem(chains, entry, link.output, end)
        item.equal = len(set(alike)) == 1 and alike[0][0] and not self.settings.unroll
        whole.close(item, self.keys.number("dense", *whole.parts), link.output)
        item.reads.insert(0, entry)
        return [item]

    def _arithmetic(self, link: Link, what: Computed) -> Item:
        assert link.output is not None
        item = Arithmetic(link, what, link.output, self.clock.done(link))
        text = " ".join(link.node.span.text.split())
        self._close(item, what.values, "compute", text)
        return item
