"""Where the walk through a network is, and what the rows that it makes there count and see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from netdsl.backends.table.holdings import Facts
from netdsl.backends.table.measures import (
    Amounts,
    Measures,
    plus,
    shapes_of,
    without_weights,
    without_work,
)
from netdsl.backends.table.model import Row
from netdsl.design import Design, HeadEvent, Link, Value
from netdsl.layers.base import Cost
from netdsl.shapes import Shape
from netdsl.weights import Treatment

if TYPE_CHECKING:
    from netdsl.receptive import Level


class Place(NamedTuple):
    """Where the walk is: the path in the `state_dict`, how what stands there counts, and what its values
    see of the input, where that is asked for."""

    path: str = ""
    auxiliary: bool = False
    declared: bool = False  # in a `module` declaration: weights, but no work
    shared: bool = False  # in a use of a module: work, but no weights
    level: Level | None = None

    def inside(self, name: str | None) -> Place:
        return self._replace(path=self.key(name)) if name else self

    def key(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def below(self, link: Link) -> Place:
        """The level below a step."""
        if self.level is None:
            return self
        return self._replace(level=self.level.below.get(id(link)))


class Placing:
    """Gives rows their numbers."""

    def __init__(self, design: Design, measures: Measures | None) -> None:
        self.treatment = Treatment(design)
        self.measures = measures

    def join(self, kind: str, word: str, text: str, shape: Shape | None, at: Place) -> Row:
        """Where values meet."""
        row = Row(kind, word, word, text, shape)
        self.mark(row, at)
        return row

    def met(self, row: Row, at: Place, link: Link, inputs: Sequence[Value | None]) -> Row:
        """A row where values meet, with what that does."""
        amounts = self.measures.own(link) if self.measures is not None else None
        self.place(row, at, link.output, inputs, amounts)
        return row

    def head_amounts(self, event: HeadEvent) -> Amounts | None:
        """Of a head: its weights once, its work on all its maps."""
        if self.measures is None:
            return None
        total = self.measures.whole(event.link)
        for link in event.others:
            total = plus(total, without_weights(self.measures.whole(link)))
        return total

    def whole(self, link: Link) -> Amounts | None:
        return self.measures.whole(link) if self.measures is not None else None

    def place(
        self,
        row: Row,
        at: Place,
        value: Value | None,
        inputs: Sequence[Value | None] = (),
        amounts: Amounts | None = None,
    ) -> None:
        """What flows into a row and what its output sees; what it has of what is measured."""
        row.inputs = tuple(shape for shape in shapes_of(inputs) if shape is not None)
        if at.level is not None and value is not None and not at.declared:
            row.field = at.level.fields.get(id(value))
        if self.measures is None:
            return
        amounts = self.measures.zero if amounts is None else amounts
        if at.shared:
            amounts = without_weights(amounts)
        if at.declared:
            amounts = without_work(amounts)
        row.amounts = amounts
        if not self.measures.bias:
            row.parameters, row.macs = amounts["parameters"], amounts["macs"]

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
