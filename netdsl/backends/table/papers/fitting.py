"""What the layouts share: what was asked for, what cannot be printed, notes that all of them have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NoReturn

from netdsl.backends.table.papers.measures import chains
from netdsl.backends.table.papers.phrases import comma, counted
from netdsl.backends.table.papers.reading import Chain, Fork, Growth, Item, Residue, Step
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.escaping.letters import plain
from netdsl.record import Record
from netdsl.shapes import Shape
from netdsl.totals import aux_cost, cost_used


class Wanted(Record):
    """`kilo` is what K means, 0 as the layout's paper has it; `bias` whether biases count."""

    kilo: int = 0
    bias: bool = True


class Reading(Record):
    """A network with what was read of it."""

    design: Design
    items: Chain
    whole: bool = True  # no value is read again further on

    @property
    def name(self) -> str:
        return plain(self.design.name)

    @property
    def image(self) -> Shape:
        """The shape of its first input."""
        return next(iter(self.design.inputs.values())).shape  # type: ignore[return-value]

    @property
    def parameters(self) -> int:
        """Learned numbers in evaluation."""
        return cost_used(self.design).parameters

    @property
    def macs(self) -> int:
        macs = cost_used(self.design).macs
        return macs if isinstance(macs, int) else 0  # open sizes are refused (E473)


def unfit(layout: str, reading: Reading, why: str) -> NoReturn:
    """The layout cannot show this network."""
    message = f"`--like {layout}` cannot show `{reading.name}`: {why}"
    suited = suiting(reading.items) if reading.whole else "comparison"
    hint = f"`--like {suited}` suits it" if suited != layout else "without `--like` it has a table"
    raise NetError([Diagnostic("E471", message, hint=hint)])


def suiting(items: Sequence[Item]) -> str:
    """The layout that shows most of a network."""
    kinds = {type(item) for item in every_item(items)}
    if Growth in kinds:
        return "densenet"
    if Residue in kinds:
        return "resnet"
    if any(isinstance(i, Fork) and i.word == "concat" for i in items):
        return "inception"
    return "comparison" if Fork in kinds else "alexnet"


def every_item(items: Sequence[Item]) -> Iterator[Item]:
    """Items, and what stands in them."""
    for item in items:
        yield item
        if not isinstance(item, Step):
            for chain in chains(item):
                yield from every_item(chain)


def plain_chain(layout: str, reading: Reading) -> list[Step]:
    """The layers of a network without branches; else it is unfit."""
    found: list[Step] = []
    if not reading.whole:
        unfit(layout, reading, "some of its values are read again further on")
    for item in reading.items:
        if not isinstance(item, Step):
            said = {Fork: "branches that join", Residue: "residual blocks", Growth: "dense blocks"}
            unfit(
                layout, reading, f"it has {said[type(item)]}, and the layout shows a line of layers"
            )
        found.append(item)
    return found


def scores(steps: Sequence[Step]) -> Step | None:
    """The linear layer whose values a softmax of the loss takes: the last layer that is no view of it."""
    for step in reversed(steps):
        if step.layer.word in ("linear", "flatten") and step.layer.word == "linear":
            return step
        if not step.layer.is_view:
            return None
    return None


def left_out(reading: Reading) -> Iterator[str]:
    """Notes on what papers' tables do not count."""
    design = reading.design
    if not reading.whole:
        yield "Some values are read again further on, which this table does not show."
    aux = aux_cost(design).parameters
    if aux:
        number = counted(len(design.net.aux), "side output")
        yield f"Left out: {number} of training with {comma(aux)} parameters."
    if design.heads:
        words = ", ".join(design.heads)
        yield f"Left out: what the heads ({words}) hold and do."
