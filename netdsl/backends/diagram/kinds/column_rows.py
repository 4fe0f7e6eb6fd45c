"""A network as one column: a row for every layer in the order of the flow, and what leaves and meets it.

Batch norm, activation, dropout and flatten stand in the row of the layer before them. A block that holds a merge
is one row; residuals are arcs over rows. Values that are read further down, past the chain, are taps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from netdsl.backends.diagram import labels
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
from netdsl.backends.diagram.kinds.column_items import (
    called,
    changes_nothing,
    innermost,
    say,
    strided,
)
from netdsl.backends.diagram.kinds.column_parts import (
    START,
    Arc,
    Column,
    Row,
    Side,
    Span,
    Subject,
    Tap,
    Words,
    beside,
)
from netdsl.backends.diagram.kinds.column_writing import Writer
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.steps import Steps, own_steps, times
from netdsl.backends.diagram.text import clean, kind_of
from netdsl.layers.base import Layer
from netdsl.shapes import Shape
from netdsl.walks import inner_value


def column(subject: Subject, settings: Settings, fold: bool, blocks: bool) -> Column:
    """A network's rows. With `fold` equal runs stand once, with `blocks` each innermost block is a row."""
    return _Reader(subject, settings, fold, blocks).read()


class _Reader(Writer):
    def __init__(self, subject: Subject, settings: Settings, fold: bool, blocks: bool) -> None:
        super().__init__(Column(subject, fold, blocks))
        self.count = Steps()
        self.settings = settings
        self.said = labels.Words(settings.labels)
        self.blocks = blocks
        self.inner = 0  # rows above this one are not in the body of a residual that is being read

    def read(self) -> Column:
        for value in self.out.design.inputs.values():
            self.where[id(self.same(value))] = START
        net = self.out.design.net
        if net.input is not None:
            self.where[id(self.same(net.input))] = START
        plan = self.out.subject.planner(self.out.fold).scope(net)
        self.items(plan.items, ())
        for steps in self.learned.values():  # read in a merge, or by nothing
            self.out.unread += steps
        return self.out

    # ---------------------------------------------------------------------------------------- items
    def items(self, items: Sequence[Item], path: tuple[str, ...]) -> None:
        for item in items:
            self.item(item, path)

    def item(self, item: Item, path: tuple[str, ...]) -> None:
        if item.aux is not None:
            self.side(item, path)
        elif isinstance(item, Weight):
            known = self.learned.setdefault(id(item.event.value), Counter())
            known.update(times(Counter(own_steps(item)), self.times))
        elif isinstance(item, Op):
            self.op(item, path)
        elif isinstance(item, Sub):
            self.sub(item, path)
        elif isinstance(item, Fold):
            self.run(item, path)
        elif isinstance(item, Around):
            self.around(item, path)
        else:
            kind, said = called(item)
            self.box(item, (*path, item.word or "compute"), kind, said)

    def op(self, item: Op, path: tuple[str, ...]) -> None:
        given = item.mapped or item.output
        assert item.enters is not None and item.enters.shape is not None
        assert given is not None and given.shape is not None
        if self.row_of(item.enters) != self.last or not self.absorbed(
            item.layers, item.enters.shape
        ):
            kind = kind_of(item.layers[0])
            words = self.words(item.layers, item.enters.shape)
            row = self.row((*path, *item.path), kind, words, given.shape, item)
            row.steps += self.counted(item.layers)
            row.treated = item.treated
            self.told(item.layers[1:])
        for value in (*item.made, item.output):
            self.put(value, self.last)

    def words(self, layers: Sequence[Layer], *shapes: Shape) -> Words:
        """What stands in a box: its first layer. A normalisation on its own says what follows it."""
        first, *rest = layers
        if first.joins == "norm" and rest and rest[0].joins == "activation":
            said = f"{labels.long(first)}, {labels.long(rest[0])}"
            return Words(said, said)
        return Words(self.said.long(first, shapes), self.said.short(first, shapes))

    def absorbed(self, layers: Sequence[Layer], shape: Shape) -> bool:
        """Whether layers need no row of their own, and are counted with what stands above."""
        if self.last < self.inner or self.settings.fuse == "none":
            return False
        quiet = [x for x in layers if x.family == "dropout" or x.joins == "flatten"]
        still = [x for x in layers if changes_nothing(x, shape)]
        if len(quiet) + len(still) < len(layers):
            return False
        above: Row | Arc = self.out.rows[-1]
        if self.made_by_sum == self.last:
            above = [arc for arc in self.out.arcs if arc.last == self.last][-1]
        self.out.left_out |= bool(still)
        above.steps += self.counted(layers)
        self.told(layers)
        return True

    # --------------------------------------------------------------------------------------- levels
    def sub(self, item: Sub, path: tuple[str, ...]) -> None:
        path = (*path, *item.path)
        titles = item.titles()
        title = " ".join(reversed(titles)) if self.whole(item) else titles[-1]
        if self.whole(item):
            self.box(item, path, "stack", title)
            return
        for outer, inner in item.binding:
            self.put(inner, self.row_of(outer))
        self.items(item.plan.items, path)
        result = self.row_of(item.plan.result)
        for way, outer in item.link.exports.items():
            inner = inner_value(item.scope, way)
            if inner is not None:
                self.put(outer, self.row_of(inner))
        self.put(item.output, result)

    def whole(self, item: Sub) -> bool:
        """Whether a level is one row: a block with a merge in it, or any innermost block if blocks are."""
        if item.scope.kind in ("dense", "merge"):
            return True
        if item.scope.kind == "block" and any(
            isinstance(x, (Join, DenseItem, Arithmetic)) for x in item.plan.items
        ):
            return True
        return self.blocks and item.scope.kind == "block" and innermost(item.plan)

    def box(self, item: Item, path: tuple[str, ...], kind: str, said: str) -> None:
        """One row for all of an item, with the channels of its result and how much smaller its maps are."""
        value = item.output or next(iter(item.made), None)
        before = self.out.rows[-1].shape if self.out.rows else None
        shape = value.shape if value is not None else before
        if isinstance(item, HeadItem):  # its numbers are no map
            shape = before
        assert shape is not None
        if not isinstance(item, HeadItem):
            said = f"{clean(said)}, {shape.channels}"
            said += strided(item.enters.shape if item.enters is not None else before, shape)
        row = self.row(path, kind, Words(said, said), shape, item)
        row.steps += times(self.count.item(item), self.times)
        row.treated = item.treated
        for made in (*item.made, item.output):
            self.put(made, self.last)

    # ---------------------------------------------------------------------------------------- forms
    def run(self, item: Fold, path: tuple[str, ...]) -> None:
        """Equal runs, of which the first is drawn, with a bracket."""
        first = len(self.out.rows)
        self.times *= item.times
        self.items(item.items, path)
        self.times //= item.times
        if first <= self.last:
            self.out.spans.append(Span(first, self.last, item.times))
        self.put(item.output, self.row_of(item.first))

    def around(self, item: Around, path: tuple[str, ...]) -> None:
        assert item.enters is not None and item.enters.shape is not None
        entry = self.row_of(item.enters)
        if entry != self.last:  # it begins with a value from further up
            said = clean(item.enters.label or "value")
            self.row((*path, said), "shape", Words(said, said), item.enters.shape, item)
            entry = self.last
        first, around = len(self.out.rows), self.inner
        self.inner = first
        self.put(item.enters, entry)
        self.put(item.body.entry, entry)
        self.items(item.body.items, path)
        self.inner = around
        if self.last < first:  # a body without a layer
            words = Words("identity", "identity")
            self.row((*path, "identity"), "shape", words, item.enters.shape, item)
        arc = Arc(self.named((*path, "sum")), first, self.last)
        arc.steps += times(Counter(own_steps(item)), self.times)
        say(self.out.then, [layer.label() for layer in item.after])
        if item.survival is not None:
            say(self.out.remarks, ["training leaves blocks out at random (stochastic depth)"])
        if item.scale is not None:
            say(self.out.remarks, ["what is added is scaled down first"])
        for step in item.shortcut.items:
            arc.boxes += self.lane(step, path)
        if self.row_of(item.body.result) != self.last:
            self.out.taps.append(Tap(self.row_of(item.body.result), self.last))
        self.out.arcs.append(arc)
        self.made_by_sum = self.last
        self.put(item.inner, self.last)
        self.put(item.output, self.last)

    def lane(self, item: Item, path: tuple[str, ...]) -> Iterator[Row]:
        """The boxes of a step on a shortcut: its layers one by one where it is a plain chain."""
        if isinstance(item, Sub) and all(isinstance(x, Op) for x in item.plan.items):
            for inner in item.plan.items:
                yield from self.lane(inner, (*path, *item.path))
            return
        assert item.output is not None and item.output.shape is not None
        if isinstance(item, Op):
            assert item.enters is not None and item.enters.shape is not None
            name, words, kind = (
                item.path,
                self.words(item.layers, item.enters.shape),
                kind_of(item.layers[0]),
            )
            self.told(item.layers[1:])
        else:
            kind, said = called(item)
            said = f"{said}, {item.output.shape.channels}"
            name, words = getattr(item, "path", (item.word or kind,)), Words(said, said)
        row = Row(self.named((*path, *name)), kind, words, item.output.shape)
        row.steps += times(self.count.item(item), self.times)
        row.treated = item.treated
        yield row

    def side(self, item: Item, path: tuple[str, ...]) -> None:
        event = item.aux
        assert event is not None and event.link.output is not None
        shape = event.link.output.shape
        title = clean(event.link.label or "aux")
        assert shape is not None and item.enters is not None
        row = Row(self.named((*path, title)), "softmax", Words(title, title), shape)
        row.steps += times(self.count.item(item), self.times)
        beside(self.out.sides, Side(self.row_of(item.enters), row))
