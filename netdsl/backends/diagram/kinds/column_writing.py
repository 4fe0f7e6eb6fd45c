"""A column that is being written: its rows so far, and which of them gives which value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from netdsl.backends.diagram.items import Item
from netdsl.backends.diagram.kinds.column_items import say
from netdsl.backends.diagram.kinds.column_parts import START, Column, Row, Tap, Words
from netdsl.backends.diagram.steps import times
from netdsl.design import Value
from netdsl.layers.base import Layer
from netdsl.shapes import Shape


class Writer:
    """Writes `out`. `learned` are tensors that no row has read yet, `times` is how often what is written
    stands for itself."""

    def __init__(self, out: Column) -> None:
        self.out = out
        self.same = out.subject.planner(out.fold).clock.same
        self.where: dict[int, int] = {}  # values -> the row that gives them
        self.made_by_sum = START - 1  # the row whose sum is the last thing that was drawn
        self.learned: dict[int, Counter[str]] = {}
        self.names = {out.entry}
        self.times = 1

    @property
    def last(self) -> int:
        return len(self.out.rows) - 1

    def put(self, value: Value | None, row: int) -> None:
        if value is not None:
            self.where[id(self.same(value))] = row

    def row_of(self, value: Value) -> int:
        """The row that gives a value; unknown ones are those of a copy that is not drawn."""
        return self.where.get(id(self.same(value)), self.last)

    def counted(self, layers: Sequence[Layer]) -> Counter[str]:
        return times(Counter(layer.word for layer in layers), self.times)

    def told(self, layers: Sequence[Layer]) -> None:
        """Note what stands in the box of another layer."""
        found = [
            "BN" if x.word in ("bn", "frozen_bn") else x.word if x.joins == "norm" else x.label()
            for x in layers
            if x.joins in ("norm", "activation")
        ]
        say(self.out.inside, found + ["dropout" for x in layers if x.family == "dropout"])

    def row(self, path: tuple[str, ...], kind: str, words: Words, shape: Shape, item: Item) -> Row:
        """A new row at the end, that reads what an item reads."""
        row = Row(self.named(path), kind, words, shape)
        number = len(self.out.rows)
        tails: list[int] = []
        for value in item.reads:
            if id(value) in self.learned:
                row.steps += self.learned.pop(id(value))
                continue
            tails.append(self.row_of(value))
        row.flows = number - 1 in tails
        for tail in sorted({*tails} - {number - 1}, reverse=True):
            self.out.taps.append(Tap(tail, number))
        self.out.rows.append(row)
        self.made_by_sum = START - 1
        return row

    def named(self, path: tuple[str, ...]) -> str:
        """A name that no other node has."""
        plain = name = ".".join((self.out.name, *path))
        number = 2
        while name in self.names:
            name, number = f"{plain}#{number}", number + 1
        self.names.add(name)
        return name
