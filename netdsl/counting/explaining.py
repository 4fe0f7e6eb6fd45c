"""Why a tool says what it says: the differences to exact MACs, by kind of layer."""

from __future__ import annotations

from typing import NamedTuple

from netdsl.conventions import TOOLS
from netdsl.counting.rules import MACS, Count
from netdsl.counting.steps import tally
from netdsl.design import Design


class Difference(NamedTuple):
    """What a rule counts beside exact MACs: `count` in sum (below 0 where it misses something), in so
    many `layers`."""

    what: str
    count: Count
    layers: int


def explain(design: Design, rule: str) -> list[Difference]:
    """The differences between a rule of `RULES` and exact MACs, the largest first."""
    found = tally(design, rule)
    every = [
        Difference(what, count, found.layers[what])
        for what, count in found.parts.items()
        if what != MACS and count != 0
    ]
    if all(isinstance(difference.count, int) for difference in every):
        every.sort(key=lambda difference: (-abs(difference.count), difference.what))
    return every


def explained(design: Design, rule: str) -> str:
    """The same in a sentence: `torchinfo counts 54,120 more than exact MACs, 4,089,284,608: ...`."""
    found = tally(design, rule)
    exact, differences = found.parts.get(MACS, 0), explain(design, rule)
    who = rule if rule in TOOLS else f"`{rule}`"
    if not found.known:
        return f"{who}: not known, for a size is open or a layer is from elsewhere."
    if not differences:
        return f"{who} counts exact MACs, {_number(exact)}."
    more = sum((difference.count for difference in differences), 0)
    if isinstance(more, int) and more <= 0:
        sentence = f"{_number(-more)} less than" if more else "as many as"
    else:
        sentence = f"{_number(more)} more than"
    said = "; ".join(_said(difference) for difference in differences)
    modules = "; modules only, functions are not seen" if rule == "thop" else ""
    return f"{who} counts {sentence} exact MACs, {_number(exact)}: {said}{modules}."


def _said(difference: Difference) -> str:
    """`53,120 parameters of batch norm (53 layers)`."""
    what, _, each = difference.what.partition(", ")
    layers = f"{difference.layers} layer{'' if difference.layers == 1 else 's'}"
    return f"{_number(difference.count)} {what} ({', '.join(filter(None, (each, layers)))})"


def _number(count: Count) -> str:
    return f"{count:,}" if isinstance(count, int) else str(count)
