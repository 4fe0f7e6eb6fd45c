"""What a figure is drawn from: the steps of a scope as items, before anything is drawn.

An item is a step, or some that are drawn as one. It says which values it reads from elsewhere and
which it makes, and it has a key: items with equal keys do the same, whatever their values are called.
"""

from __future__ import annotations

from netdsl.backends.diagram.text import clean
from netdsl.design import (
    AuxEvent,
    Computed,
    HeadEvent,
    Link,
    Predicted,
    Scope,
    SharedModule,
    Value,
    WeightEvent,
)
from netdsl.layers.base import Layer


class Item:
    """The base. `enters` is what flows in along the chain, `output` what flows on.

    `reads` are values from outside in the order of reading, `made` all values made inside that others
    may read, `key` a number for what the item does (shapes aside), `end` when it is done (`Clock`).
    `aux` is the side output that it is, if it is one, `treated` what becomes of its weights (`Treated`).
    """

    __slots__ = ("aux", "end", "enters", "key", "made", "output", "reads", "treated")

    word = ""  # what a merge is called

    def __init__(self, enters: Value | None, output: Value | None, end: int) -> None:
        self.enters = enters
        self.output = output
        self.end = end
        self.key = -1
        self.reads: list[Value] = []
        self.made: list[Value] = []
        self.aux: AuxEvent | None = None
        self.treated = ""


class Op(Item):
    """A layer, with those that stand in its box; `path` leads to it from the item's scope. `mapped` is what
    it gives before that is flattened in the box."""

    __slots__ = ("layers", "mapped", "path", "shared")

    def __init__(
        self, layers: list[Layer], path: tuple[str, ...], enters: Value, output: Value, end: int
    ) -> None:
        super().__init__(enters, output, end)
        self.layers = layers
        self.path = path
        self.shared: SharedModule | None = None
        self.mapped: Value | None = None


class Sub(Item):
    """A level below: a use of a block, a group, a side output, ... `binding` are pairs of a value of
    the scope around and what the block calls it; groups see the values around them themselves."""

    __slots__ = ("binding", "label", "link", "path", "plan", "scope", "shared")

    def __init__(
        self, link: Link, scope: Scope, plan: Plan, enters: Value | None, output: Value, end: int
    ) -> None:
        super().__init__(enters, output, end)
        self.link = link
        self.scope = scope
        self.plan = plan
        self.binding: list[tuple[Value, Value]] = []
        self.label: str | None = link.label
        self.path = (link.key or link.word,)
        self.shared: SharedModule | None = None

    def titles(self, number: int = 1) -> list[str]:
        """The title of a level, which is its label, and its block's name if that says more. Of several
        that are folded the label is one's own, so they have the block's name."""
        label = clean(self.label).replace("_", " ") if self.label and number == 1 else ""
        name = clean(self.scope.name).replace("_", " ")
        if self.scope.kind == "block" and label and not label.startswith(name):
            return [label, name]
        return [label or name]


class Chain:
    """Items one after another: what a bar, a body or an iteration does. `times` equal ones stand side
    by side."""

    __slots__ = ("entry", "items", "result", "times")

    def __init__(self, entry: Value | None, items: list[Item], result: Value) -> None:
        self.entry = entry
        self.items = items
        self.result = result
        self.times = 1


class Join(Item):
    """`concat`, `add`, `mul` of several branches. `after` is the activation behind a sum that is drawn with
    it, `inner` the sum itself then."""

    __slots__ = ("after", "branches", "inner", "layer")

    def __init__(
        self, layer: Layer, branches: list[Chain], enters: Value | None, output: Value, end: int
    ) -> None:
        super().__init__(enters, output, end)
        self.layer = layer
        self.branches = branches
        self.after: list[Layer] = []
        self.inner: Value | None = None

    @property
    def word(self) -> str:  # type: ignore[override]
        return self.layer.word


class Around(Item):
    """A residual: a body, and a way around it. `after` and `inner` as of a `Join`; `until` is the chance of
    survival of the last one of equal ones that it stands for."""

    word = "residual"

    __slots__ = ("after", "body", "inner", "scale", "shortcut", "survival", "until")

    def __init__(
        self, body: Chain, shortcut: Chain, enters: Value, output: Value, end: int
    ) -> None:
        super().__init__(enters, output, end)
        self.body = body
        self.shortcut = shortcut
        self.scale: float | None = None
        self.survival: float | None = None
        self.until: float | None = None
        self.after: list[Layer] = []
        self.inner: Value | None = None


class DenseItem(Item):
    """`dense(n)`. `equal` says that all iterations do the same, so that one can stand for all."""

    word = "dense"

    __slots__ = ("equal", "iterations")

    def __init__(self, iterations: list[Chain], enters: Value, output: Value, end: int) -> None:
        super().__init__(enters, output, end)
        self.iterations = iterations
        self.equal = False


class Arithmetic(Item):
    """`(@gate * @h)`."""

    __slots__ = ("computed", "link")

    def __init__(self, link: Link, computed: Computed, output: Value, end: int) -> None:
        super().__init__(None, output, end)
        self.link = link
        self.computed = computed


class Weight(Item):
    """A learned tensor."""

    __slots__ = ("event",)

    def __init__(self, event: WeightEvent, end: int) -> None:
        super().__init__(None, None, end)
        self.event = event


class Predictor:
    """What predicts on one map: the steps that the map alone goes through, then `layers`, for which one
    box stands. Where all maps share a body there are neither."""

    __slots__ = ("chain", "layers", "predicted")

    def __init__(self, chain: Chain, predicted: Predicted, layers: list[Item]) -> None:
        self.chain = chain
        self.predicted = predicted
        self.layers = layers


class HeadItem(Item):
    """A detection head. `predictors` stand side by side, one a map; `stem` is the body that all maps
    share, and `ends` are the chains after it by what they give: scores, offsets."""

    word = "head"

    __slots__ = ("ends", "event", "predictors", "stem")

    def __init__(self, event: HeadEvent, end: int) -> None:
        super().__init__(None, None, end)
        self.event = event
        self.predictors: list[Predictor] = []
        self.stem: list[Item] = []
        self.ends: dict[str, Chain] = {}

    @property
    def chains(self) -> list[list[Item]]:
        """All that is drawn of it step by step."""
        chains = [*(p.chain for p in self.predictors), *self.ends.values()]
        return [self.stem, *(chain.items for chain in chains)]


class Fold(Item):
    """`times` equal runs of items; `items` are the first of them, `first` is what that run gives."""

    __slots__ = ("first", "items", "times")

    def __init__(self, items: list[Item], times: int, last: Item) -> None:
        assert items[-1].output is not None
        super().__init__(items[0].enters, last.output, last.end)
        self.items = items
        self.times = times
        self.first: Value = items[-1].output


class Plan:
    """The items of a scope. `key`, `reads` and `made` are those of all items together."""

    __slots__ = ("items", "key", "made", "reads", "result")

    def __init__(self, items: list[Item], result: Value) -> None:
        self.items = items
        self.result = result
        self.key = -1
        self.reads: list[Value] = []
        self.made: list[Value] = []


def only_group(items: list[Item]) -> Sub | None:
    """The group that items consist of, if they are nothing else."""
    only = items[0] if len(items) == 1 else None
    if not isinstance(only, Sub) or only.scope.kind != "group" or only.shared or only.link.exports:
        return None
    return only


def parts_of(item: Item) -> list[list[Item]]:
    """The chains inside of an item that belong to the same scope."""
    if isinstance(item, Fold):
        return [item.items]
    if isinstance(item, Join):
        return [branch.items for branch in item.branches]
    if isinstance(item, Around):
        return [item.body.items, item.shortcut.items]
    if isinstance(item, DenseItem):
        return [chain.items for chain in item.iterations]
    return []
