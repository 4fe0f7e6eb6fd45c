"""A detector's backbone as a few stages: what stands between two changes of the map's size, or two maps that are
read elsewhere.

Levels of the network are opened where maps inside of them are read, or where they change the size more than once;
a level with a label that does neither is a stage of its own (`layer1` of a ResNet).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import copy

from netdsl.backends.diagram.items import Fold, HeadItem, Item, Op, Sub
from netdsl.backends.diagram.kinds.pipeline.opened import LIGHT, Opened, Unit, changed, read_by
from netdsl.backends.diagram.kinds.pipeline.titles import lines_of, title_of
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.steps import Steps
from netdsl.backends.diagram.text import clean, kind_of
from netdsl.design import Design, Value


class Stage:
    """Some units that follow one another. `reads` are the stages that it reads, `tapped` says that something
    besides the next stage reads its map. An input has no units."""

    def __init__(self, units: list[Unit], value: Value, name: str = "") -> None:
        self.units = units
        self.value = value
        self.name = name or (units[-1].name if units else "")
        self.title = self.name
        self.lines: list[str] = []
        self.reads: list[Stage] = []
        self.tapped = False
        self.number = 0  # among the stages, for themes that tint by it
        self.steps: Counter[str] = Counter()

    @property
    def kind(self) -> str:
        """The kind of its box: that of its layer, if it has only one that counts."""
        if not self.units:
            return "input"
        items = [unit.item for unit in self.units if not unit.light]
        if not items:
            first = self.units[0].item
            return kind_of(first.layers[0]) if isinstance(first, Op) else "stack"
        kinds = {_kind(item) for item in items}
        if kinds == {"linear"} or len(items) == 1:
            return next(iter(kinds))
        return "stack"

    @property
    def necks(self) -> bool:
        return bool(self.units) and bool(self.units[-1].exports)


class Backbone:
    """The stages of a network before and between its heads, the inputs first."""

    def __init__(self, design: Design, planner: Planner, steps: Steps) -> None:
        self.design = design
        self._opened = opened = Opened(planner.clock)
        items = planner.scope(design.net).items
        self.heads = [item for item in items if isinstance(item, HeadItem)]
        wanted = {id(opened.same(value)) for head in self.heads for value in read_by(head)}
        units = opened.units([i for i in items if not isinstance(i, HeadItem)], "", wanted)
        self.inputs = [Stage([], value, clean(name, 24)) for name, value in design.inputs.items()]
        prepared = [unit for unit in units[:1] if _prepares(unit)]
        self.stages = [*self.inputs, *self._grouped(units[len(prepared) :], wanted)]
        self.makers: dict[int, Stage] = {}
        self._prepared = [unit.output for unit in prepared]
        self.merge(self.stages)
        for stage in self.stages:
            for unit in stage.units:
                stage.steps.update(steps.item(unit.item))
        for unit in prepared:
            self.inputs[0].steps.update(steps.item(unit.item))
        self._connect(wanted)
        for number, stage in enumerate(self.stages[len(self.inputs) :], 1):
            label = opened.labels.get(id(stage.value), "") if stage.tapped else ""
            if stage.tapped and any(_block(unit.item) for unit in stage.units):
                label = label or opened.ends.get(id(stage.value), "")
            stage.title = label or title_of(
                stage.units, number, stage.tapped and _is_map(stage.value)
            )
            stage.lines = lines_of([unit.item for unit in stage.units], steps)
            stage.number = number

    # ------------------------------------------------------------------------------------- answers
    def maker(self, value: Value) -> Stage | None:
        """The stage that gives a value."""
        return self.makers.get(id(self._opened.same(value)))

    def read(self, head: HeadItem) -> list[Stage]:
        """The stages that a head reads, in order; the image only if it is all that it reads, for otherwise
        only its size is wanted."""
        out: list[Stage] = []
        for value in read_by(head):
            stage = self.maker(value)
            if stage is not None and stage not in out:
                out.append(stage)
        return [stage for stage in out if stage.units] or out

    def merge(self, stages: list[Stage]) -> None:
        """Take other stages, which are made of the same units."""
        self.stages = stages
        self.inputs = [stage for stage in stages if not stage.units]
        self.makers = {id(value): self.inputs[0] for value in self._prepared}
        for stage in stages:
            self.makers[id(stage.value)] = stage
            for unit in stage.units:
                for value in (unit.output, *unit.exports):
                    self.makers[id(value)] = stage

    # ------------------------------------------------------------------------------------ grouping
    def _grouped(self, units: list[Unit], wanted: set[int]) -> list[Stage]:
        cuts = wanted | _far_reads(units)
        groups: list[list[Unit]] = []
        for unit in units:
            last = groups[-1][-1] if groups else None
            if last is None or not self._follows(last, unit, cuts):
                groups.append([])
            groups[-1].append(unit)
        merged: list[list[Unit]] = []
        waiting: list[Unit] = []
        for number, group in enumerate(groups):
            cut = id(group[-1].output) in cuts
            follower = groups[number + 1] if number + 1 < len(groups) else None
            chained = follower is not None and _only(follower[0], group[-1])
            if all(unit.light for unit in group) and not cut:
                stem = len(merged) == 1 and chained and follower is not None and follower[0].alone
                stem = stem and id(merged[0][-1].output) not in cuts
                before = merged[-1][-1] if merged else None
                free = before is not None and id(before.output) not in cuts
                if (stem or not chained) and free and _only(group[0], before):
                    merged[-1] += [*waiting, *group]
                    waiting = []
                    continue
                if chained:
                    waiting += group
                    continue
            merged.append([*waiting, *group])
            waiting = []
        if waiting:
            merged.append(waiting)
        return [Stage(group, group[-1].output) for group in merged]

    def _follows(self, last: Unit, unit: Unit, cuts: set[int]) -> bool:
        """Whether a unit belongs to the stage of the one before it."""
        if not _only(unit, last) or id(last.output) in cuts or last.alone or unit.alone:
            return False
        return not changed(last.output.shape, unit.output.shape)

    def _connect(self, wanted: set[int]) -> None:
        readers: Counter[int] = Counter()
        for stage in self.stages:
            own = {id(stage)}
            for unit in stage.units:
                for value in unit.reads:
                    source = self.makers.get(id(value))
                    if source is not None and id(source) not in own and source not in stage.reads:
                        stage.reads.append(source)
                        readers[id(source)] += 1
        for stage in self.stages:
            ends = any(id(unit.output) in wanted for unit in stage.units)
            stage.tapped = ends or readers[id(stage)] > 1 or stage.necks


def _block(item: Item) -> bool:
    return _block(item.items[0]) if isinstance(item, Fold) else not isinstance(item, Op)


def _is_map(value: Value) -> bool:
    return value.shape is not None and len(value.shape) > 1


def merged(stages: Sequence[Stage], steps: Steps) -> list[Stage] | None:
    """The stages with the first two that can be one made one: the second reads nothing but the first, which
    nothing else reads. None if there are no such two."""
    readers: Counter[int] = Counter(id(source) for stage in stages for source in stage.reads)
    for number in range(len(stages) - 1):
        first, second = stages[number], stages[number + 1]
        if not first.units or first.tapped or second.reads != [first] or readers[id(first)] > 1:
            continue
        both = Stage([*first.units, *second.units], second.value)
        both.steps = first.steps + second.steps
        both.title = f"{first.title.partition(' to ')[0]} to {second.title}"
        if second.tapped or len(both.title) > 18:
            both.title = second.title
        both.lines = lines_of([unit.item for unit in both.units], steps, 2)
        both.reads, both.tapped, both.number = list(first.reads), second.tapped, first.number
        return _copied([*stages[:number], both, *stages[number + 2 :]], {id(second): both})
    return None


def _copied(stages: Sequence[Stage], instead: dict[int, Stage]) -> list[Stage]:
    """The same stages that read each other; the others stay as they are. `instead` are those that stand for
    others."""
    made = {id(stage): copy(stage) for stage in stages}
    for key, stage in instead.items():
        made[key] = made[id(stage)]
    for stage in stages:
        made[id(stage)].reads = [made[id(source)] for source in stage.reads]
    return [made[id(stage)] for stage in stages]


def _kind(item: Item) -> str:
    """The kind of box that an item is: for a level of one layer that counts, that layer's."""
    if isinstance(item, Op):
        return kind_of(item.layers[0])
    if isinstance(item, Sub):
        inner = [
            x for x in item.plan.items if not (isinstance(x, Op) and kind_of(x.layers[0]) in LIGHT)
        ]
        if len(inner) == 1 and isinstance(inner[0], Op):
            return kind_of(inner[0].layers[0])
    return "stack"


def _prepares(unit: Unit) -> bool:
    item = unit.item
    return isinstance(item, Op) and all(layer.word == "normalize" for layer in item.layers)


def _only(unit: Unit, last: Unit | None) -> bool:
    return last is not None and len(unit.reads) == 1 and unit.reads[0] is last.output


def _far_reads(units: list[Unit]) -> set[int]:
    """Values that are read by something besides the unit behind the one that makes them."""
    out: set[int] = set()
    before: Value | None = None
    for unit in units:
        out |= {id(value) for value in unit.reads if value is not before}
        before = unit.output
    return out
