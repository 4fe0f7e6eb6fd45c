"""Design -> trunk: levels are opened as long as what is in them is a chain. A merge, a sum or a block that
holds one is a single solid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from netdsl.backends.diagram.items import (
    Arithmetic,
    Around,
    DenseItem,
    HeadItem,
    Item,
    Join,
    Op,
    Plan,
    Sub,
    Weight,
)
from netdsl.backends.diagram.kinds.volume.trunk import Hanging, Label, Solid, Trunk, keeps
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.steps import Steps
from netdsl.backends.diagram.text import clean, kind_of
from netdsl.design import Design, Scope, Value
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.layers.base import Layer
from netdsl.shapes import Shape
from netdsl.walks import inner_value, used

SIDES = 2  # of a map, at most
LONGEST_TITLE = 20  # letters
MOST_TAPS = 12  # values that are read across other solids


def trunk(design: Design) -> Trunk:
    """The trunk of a network. Raises `NetError` where sizes are open (E430) and where it is no chain (E431)."""
    return Walk(design).trunk()


class Unfolded(Planner):
    """Plans in which every layer stands by itself: what is one solid is decided by shapes here."""

    def finish(self, items: list[Item]) -> list[Item]:
        return items


class Walk:
    """One way along a network. `at` tells of values, by identity, which solid they are."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.planner = Unfolded(design)
        self.plan = self.planner.scope(design.net)
        self.counts = Steps()
        self.solids: list[Solid] = []
        self.hanging: list[Hanging] = []
        self.at: dict[int, int] = {}
        self.hung: dict[int, int] = {}
        self.names: Counter[str] = Counter()
        # blocks, by their definition, that are one solid wherever used
        self.whole: set[int] = set()

    def trunk(self) -> Trunk:
        if len(self.design.inputs) != 1:
            self.refuse(f"it has {len(self.design.inputs)} inputs")
        ((name, value),) = self.design.inputs.items()
        self.solid(name, "input", value, [value])
        self.find_whole(self.plan, set())
        self.chain(self.plan, value, self.design.net, (), ())
        if len(self.solids) < 2:
            self.refuse("it has no layers")
        if sum(len(solid.reads) for solid in self.solids) > MOST_TAPS:
            self.refuse("too many values are read elsewhere than at the next step")
        return Trunk(self.solids, self.hanging, self.counts.plan(self.plan))

    # --------------------------------------------------------------------------------------- errors
    def refuse(self, why: str) -> None:
        name = clean(self.design.name)
        hint = "the figure of boxes and lines draws any network; a ladder is for two ways over the same sizes"
        text = f"`{name}` cannot be drawn as volumes, which stand in one row: {why}"
        raise NetError([Diagnostic("E431", text, hint=hint)])

    def sized(self, value: Value) -> Shape:
        """The shape of a value, if it can be drawn."""
        shape = value.shape
        if shape is None or len(shape.sides) > SIDES:
            self.refuse(f"a value of shape {shape} is no map")
        assert shape is not None
        if not shape.known:
            given = next(v.shape for v in self.design.inputs.values())
            size = "x".join(str(d) if isinstance(d, int) else "224" for d in given or ())
            name = clean(self.design.name)
            text = f"the input of `{name}` has no size, so its volumes cannot be drawn to scale"
            raise NetError([Diagnostic("E430", text, hint=f"say one, as `--input {size}`")])
        return shape

    # ---------------------------------------------------------------------------------------- chain
    def find_whole(self, plan: Plan, seen: set[int]) -> None:
        """Note the blocks that are no chain in one of their uses: all of their uses look alike."""
        if id(plan) in seen:
            return
        seen.add(id(plan))
        for item in plan.items:
            if isinstance(item, Sub):
                if not self.is_chain(item) and item.scope.kind == "block":
                    self.whole.add(id(item.scope.definition))
                self.find_whole(item.plan, seen)

    def is_chain(self, item: Sub) -> bool:
        """Whether a level is one step after another. Of groups merges may be steps, of blocks not: these are
        one thing to their author."""
        block = item.scope.kind == "block"
        current = (
            self.planner.clock.same(item.scope.input) if item.scope.input is not None else None
        )
        for inner in item.plan.items:
            if inner.aux is not None or isinstance(inner, Weight):
                continue
            if isinstance(inner, HeadItem):
                return False
            if isinstance(inner, Arithmetic) or (
                block and isinstance(inner, (Join, Around, DenseItem))
            ):
                return False
            if inner.enters is None or inner.enters is not current:
                return False
            current = self.planner.clock.same(inner.output) if inner.output is not None else None
        return current is item.plan.result and current is not None

    def chain(
        self, plan: Plan, current: Value, scope: Scope, path: Label, labels: tuple[Label, ...]
    ) -> None:
        """Go through the items of a plan, into which `current` flows."""
        same = self.planner.clock.same
        current = same(current)
        for item in plan.items:
            if item.aux is not None or isinstance(item, HeadItem):
                self.hang(item)
            elif isinstance(item, Weight):
                self.solids[-1].steps.update(self.counts.item(item))
            else:
                self.item(item, current, scope, path, labels)
                assert item.output is not None
                current = same(item.output)

    def item(
        self, item: Item, current: Value, scope: Scope, path: Label, labels: tuple[Label, ...]
    ) -> None:
        """One step of the chain."""
        follows = item.enters is current or (
            isinstance(item, (Arithmetic, Join)) and any(v is current for v in item.reads)
        )
        if not follows:
            self.refuse(f"`{self.called(item)}` does not read what is made before it")
        assert item.output is not None
        own = (*labels, *_named(scope, path, item)) if isinstance(item, (Op, Sub)) else labels
        if isinstance(item, Op):
            self.op(item, (*path, *item.path), own)
        elif isinstance(item, Sub) and self.is_chain(item) and not self.is_whole(item):
            self.enter(item, (*path, *item.path), own)
        else:
            name = (
                ".".join((*path, *item.path)) if isinstance(item, Sub) else item.word or "compute"
            )
            solid = self.solid(name, "stack", item.output, item.made)
            solid.labels = own
            solid.title = clean(self.called(item), LONGEST_TITLE)
            self.count(solid, item)
        self.at[id(item.output)] = len(self.solids) - 1

    def is_whole(self, item: Sub) -> bool:
        return item.scope.kind == "block" and id(item.scope.definition) in self.whole

    def called(self, item: Item) -> str:
        """What a step that is several layers is called."""
        if isinstance(item, Sub):
            return clean(item.scope.name if item.scope.kind == "block" else item.titles()[0])
        if isinstance(item, DenseItem):
            return f"dense, {len(item.iterations)} layers"
        if isinstance(item, Op):
            return clean(item.layers[0].word)
        return item.word or "arithmetic"

    def op(self, item: Op, path: Label, labels: tuple[Label, ...]) -> None:
        """A layer: a solid, or a part of the one before it."""
        assert item.output is not None and item.enters is not None
        (layer,) = item.layers
        if keeps(layer, item.enters.shape, item.output.shape):
            self.solids[-1].rest.append(layer)
            self.count(self.solids[-1], item, new=False)
        else:
            solid = self.solid(".".join(path), kind_of(layer), item.output, item.made, layer)
            solid.labels = labels
            self.count(solid, item)

    def enter(self, item: Sub, path: Label, labels: tuple[Label, ...]) -> None:
        """Open a level."""
        entry = item.scope.input
        assert entry is not None and item.enters is not None
        for value, inner in ((item.enters, entry), *item.binding):
            if id(value) in self.at:
                self.at[id(inner)] = self.at[id(value)]
        self.chain(item.plan, entry, item.scope, path, labels)
        for names, value in item.link.exports.items():
            inside = inner_value(item.scope, names)
            if inside is not None:
                self.at[id(value)] = self.at.get(
                    id(self.planner.clock.same(inside)), len(self.solids) - 1
                )

    # --------------------------------------------------------------------------------------- solids
    def solid(
        self,
        name: str,
        kind: str,
        value: Value,
        made: Sequence[Value],
        layer: Layer | None = None,
    ) -> Solid:
        solid = Solid(self.named(name), kind, self.sized(value), layer)
        for other in (value, *made):
            self.at[id(other)] = len(self.solids)
        self.solids.append(solid)
        return solid

    def named(self, name: str) -> str:
        """A name that no other node has."""
        self.names[name] += 1
        return name if self.names[name] == 1 else self.named(f"{name}#{self.names[name]}")

    def count(self, solid: Solid, item: Item, *, new: bool = True) -> None:
        """An item's steps, and what it reads of others than the solid before it."""
        solid.steps.update(self.counts.item(item))
        if isinstance(item, Op) and item.layers[0].family == "shape":
            return  # it takes a size only
        before = len(self.solids) - 1 - new
        for value in item.reads:
            number = self.at.get(id(value), before)
            if number < before:
                _note(solid.reads, number)

    def hang(self, item: Item) -> None:
        """A head or a side output."""
        if isinstance(item, HeadItem):
            name, title = item.event.word, f"{clean(item.event.word)} head"
        else:
            assert item.aux is not None
            name = item.aux.link.label or "aux"
            title = clean(name)
        found = Hanging(self.named(name), title, item.aux is not None)
        found.steps = self.counts.item(item)
        if isinstance(item, HeadItem):
            found.proposes = item.event.word == "rpn"
            for predictor in item.predictors:
                entry, count = predictor.chain.entry, predictor.predicted.count
                number = self.at.get(id(entry))
                if number is not None and count is not None:
                    found.boxes[number] = found.boxes.get(number, 0) + count
        for value in item.reads:
            if id(value) in self.hung:
                _note(found.others, self.hung[id(value)])
            elif id(value) in self.at:
                _note(found.reads, self.at[id(value)])
        if isinstance(item, HeadItem) and item.event.pool is not None:  # it cuts proposals out
            found.others += [i for i, other in enumerate(self.hanging) if other.proposes]
        for value in (*item.made, *([item.output] if item.output is not None else [])):
            self.hung[id(value)] = len(self.hanging)
        self.hanging.append(found)


def _note(numbers: list[int], number: int) -> None:
    if number not in numbers:
        numbers.append(number)


def _named(scope: Scope, path: Label, item: Op | Sub) -> list[Label]:
    """The author's names along an item's path."""
    found: list[Label] = []
    for i, key in enumerate(item.path):
        link = scope.children.get(key)
        if link is None:
            break
        if link.label:
            found.append((*path, *item.path[: i + 1]))
        inner = used(link)
        if not isinstance(inner, Scope):
            break
        scope = inner
    return found
