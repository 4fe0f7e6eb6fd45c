"""The comparison of networks: year and published errors from `meta`, everything else computed.

Depth is the number of convolutions and linear layers on the longest way, as papers count it; kernel sizes come in the
order in which they appear. Errors are in percent; `meta` has them under the names of `ERRORS`, or accuracies, of which
the error is what is missing to 100.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from netdsl import totals
from netdsl.backends.table.papers import phrases
from netdsl.backends.table.papers.fitting import Reading, Wanted, left_out
from netdsl.backends.table.papers.measures import chains, steps
from netdsl.backends.table.papers.reading import Chain, Item, Step
from netdsl.backends.table.papers.sheet import Cell, Column, Line, Sheet, Value, Values, cell
from netdsl.backends.table.papers.vgg import columns_of
from netdsl.escaping.letters import plain

# Rows of errors: what they are called, and where `meta` has them.
ERRORS = {
    "top-5 error of the entry, %": ("top5_error_entry",),
    "top-1 error, %": ("top1_error", "top1_accuracy"),
    "top-5 error, %": ("top5_error", "top5_accuracy"),
    "top-1 error of ten crops, %": ("top1_error_10crop",),
    "top-5 error of ten crops, %": ("top5_error_10crop",),
}
ROWS: dict[str, Callable[[Reading], Value]] = {
    "year": lambda reading: _fact(reading, "year"),
    "depth": lambda reading: totals.depth(reading.design),
    **{name: lambda reading, name=name: _error(reading, ERRORS[name]) for name in ERRORS},
    "convolutions, longest way": lambda reading: _longest(reading.items),
    "convolutions": lambda reading: len(_of(reading, "convolution")),
    "kernel sizes": lambda reading: _kernels(reading),
    "fully connected layers": lambda reading: len(_of(reading, "linear")),
    "their sizes": lambda reading: _sizes(reading),
    "input": lambda reading: phrases.map_text(reading.image),
    "parameters": lambda reading: reading.parameters,
    "multiply-adds": lambda reading: reading.macs,
}


def sheet(readings: Sequence[Reading], wanted: Wanted) -> Sheet:
    columns = (Column("network"), *(Column(name, right=True) for name in columns_of(readings)))
    lines: list[Line] = []
    values: Values = {}
    for name, ask in ROWS.items():
        found = [ask(reading) for reading in readings]
        if all(value is None for value in found):
            continue
        lines.append(Line(name, (cell(name), *map(_cell, found)), rule=name == "parameters"))
        for reading, value in zip(readings, found):
            values[reading.design.name, name, ""] = value
    names = tuple(reading.name for reading in readings)
    head = (tuple(cell(column.key) for column in columns),)
    title = f"{', '.join(names)} compared"
    notes = tuple(_notes(readings, [line.key for line in lines]))
    return Sheet("comparison", title, names, columns, head, tuple(lines), notes, values)


def _cell(value: Value) -> Cell:
    if value is None:
        return Cell()
    if isinstance(value, int) and value > 9999:
        return cell(phrases.comma(value), value=value)
    return cell(plain(str(value)), value=value)


# --------------------------------------------------------------------------------------------- facts
def _fact(reading: Reading, name: str) -> Value:
    value: Any = reading.design.meta.get(name)
    return value if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None


def _error(reading: Reading, names: Sequence[str]) -> Value:
    for name in names:
        value = _fact(reading, name)
        if isinstance(value, (int, float)):
            return round(100 - value, 6) if name.endswith("accuracy") else value
    return None


# ------------------------------------------------------------------------------------------- counting
def _of(reading: Reading, family: str) -> list[Step]:
    return [step for step in steps(reading.items) if step.layer.family == family]


def _longest(items: Chain) -> int:
    """Convolutions on the longest way."""

    def of(item: Item) -> int:
        if isinstance(item, Step):
            return int(item.layer.family == "convolution")
        inside = [_longest(chain) for chain in chains(item)]
        return sum(inside) if hasattr(item, "layers") else max(inside, default=0)

    return sum(map(of, items))


def _kernels(reading: Reading) -> Value:
    sizes = dict.fromkeys(phrases.one(phrases.kernel(s)) for s in _of(reading, "convolution"))
    return ", ".join(sizes) or None


def _sizes(reading: Reading) -> Value:
    sizes = dict.fromkeys(str(step.y.channels) for step in _of(reading, "linear"))
    return ", ".join(sizes) or None


def _notes(readings: Sequence[Reading], rows: Sequence[str]) -> Iterator[str]:
    yield (
        "depth: convolutions and linear layers on the longest way; kernel sizes in the order in which they appear; "
        "parameters with biases and normalisation; multiply-adds for one image."
    )
    if any("error" in row for row in rows):
        yield "year and errors are published numbers, from the `meta` of each network's file."
    if "top-5 error of the entry, %" in rows:
        yield "error of the entry: what was handed in to the ILSVRC competition, mostly several networks."
    for reading in readings:
        yield from left_out(reading)
