"""Table 1 of DenseNet: dense blocks and transitions, networks side by side.

Huang et al., "Densely connected convolutional networks", 2016. A dense block is a number of layers whose outputs are put
behind what entered; what stands between two of them is a transition, before the first one the stem, behind the
last the classification. k is the growth rate: the channels that each layer adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.backends.table.papers import phrases
from netdsl.backends.table.papers.fitting import Reading, Wanted, left_out, scores, unfit
from netdsl.backends.table.papers.measures import steps
from netdsl.backends.table.papers.reading import Fork, Growth, Item, Residue, Step
from netdsl.backends.table.papers.sheet import (
    Bracket,
    Cell,
    Column,
    Line,
    Part,
    Sheet,
    Values,
    cell,
    joined_cells,
)
from netdsl.backends.table.papers.vgg import columns_of
from netdsl.record import Record

LAST = 10**6


class Row(Record):
    """`place` orders rows: stem 0, first block 1, first transition 2, ..., classification LAST."""

    place: tuple[int, int]
    name: str
    size: str
    part: Part


def sheet(readings: Sequence[Reading], wanted: Wanted) -> Sheet:
    shown = [{row.place: row for row in _rows(reading)} for reading in readings]
    columns = (
        Column("layers"),
        Column("output size"),
        *(Column(name, centre=True) for name in columns_of(readings)),
    )
    rates = [_rates(reading) for reading in readings]
    head = (
        tuple(cell(column.key) for column in columns),
        (Cell(), Cell(), *(cell(f"(k={rate})") if rate else Cell() for rate in rates)),
    )
    lines: list[Line] = []
    values: Values = {}
    named: dict[str, int] = {}
    before = ""
    for place in sorted({place for own in shown for place in own}):
        found = [own.get(place) for own in shown]
        row = next(r for r in found if r is not None)
        sizes = dict.fromkeys(r.size for r in found if r is not None)
        again = row.name == before
        cells = joined_cells([cell(*([r.part] if r is not None else [])) for r in found])
        named[row.name] = named.get(row.name, 0) + 1
        key = row.name if named[row.name] == 1 else f"{row.name}, {named[row.name]}"
        lines.append(
            Line(key, (cell("" if again else row.name), cell(", ".join(sizes)), *cells), not again)
        )
        before = row.name
        for reading, own in zip(readings, found):
            if own is not None:
                values |= _values(reading, key, own)
    for reading, rate in zip(readings, rates):
        values[reading.design.name, "growth rate", ""] = int(rate) if rate.isdigit() else rate
        values[reading.design.name, "depth", ""] = _depth(reading)
    lines += _totals(readings)
    names = tuple(reading.name for reading in readings)
    title = f"{', '.join(names)}: dense blocks and transitions"
    notes = tuple(_notes(readings))
    return Sheet("densenet", title, names, columns, head, tuple(lines), notes, values)


def _rows(reading: Reading) -> Iterator[Row]:
    blocks = [item for item in reading.items if isinstance(item, Growth)]
    if not blocks:
        unfit("densenet", reading, "it has no dense blocks")
    done = 0
    count: dict[int, int] = {}
    for item in reading.items:
        if isinstance(item, (Fork, Residue)):
            unfit(
                "densenet", reading, "it has branches or residual blocks between its dense blocks"
            )
        if isinstance(item, Growth):
            done += 1
            for i, part in enumerate(_block(item)):
                size = phrases.sides_text(item.y)
                yield Row((2 * done - 1, i), f"Dense Block ({done})", size, part)
            continue
        text, kind = _step(item)
        if not text:
            continue
        last = done == len(blocks)
        place = LAST if last else 2 * done
        name = "Classification Layer" if last else f"Transition Layer ({done})"
        count[place] = count.get(place, 0) + 1
        yield Row((place, count[place]), name if done else kind, phrases.sides_text(item.y), text)


def _step(step: Step) -> tuple[str, str]:
    """What the table says of a layer, and the name of its row in the stem."""
    size = phrases.size_text(phrases.kernel(step))
    over = f", stride {phrases.one(phrases.stride(step))}" if phrases.steps_over(step) else ""
    pool = phrases.pool_word(step).replace("avg", "average")
    if step.layer.family == "convolution":
        return f"{size} conv{over}", "Convolution"
    if phrases.is_whole(step):
        return f"{size} global {pool}", "Pooling"
    if step.layer.family == "pooling" and not phrases.is_idle(step):
        return f"{size} {pool}{over}", "Pooling"
    if step.layer.family == "linear":
        softmax = ", softmax" if scores([step]) is not None else ""
        return f"{step.y.channels}D fully-connected{softmax}", "Linear"
    return "", ""


def _block(item: Growth) -> Iterator[Bracket]:
    """Runs of equal layers."""
    found: list[Bracket] = []
    for layer in item.layers:
        lines = tuple(_layer(layer)) or ("identity",)
        if found and found[-1].lines == lines:
            found[-1] = found[-1].but(times=found[-1].times + 1)
        else:
            found.append(Bracket(lines))
    yield from found


def _layer(layer: Sequence[Item]) -> Iterator[str]:
    for step in steps(layer):
        if step.layer.family == "convolution":
            yield f"{phrases.size_text(phrases.kernel(step))} conv"


def _rates(reading: Reading) -> str:
    rates = dict.fromkeys(item.rate for item in reading.items if isinstance(item, Growth))
    return ", ".join(str(rate) for rate in rates if rate)


def _depth(reading: Reading) -> int:
    from netdsl.totals import depth

    return depth(reading.design)


def _values(reading: Reading, key: str, row: Row) -> Values:
    net, part = reading.design.name, row.part
    values: Values = {(net, key, "output size"): row.size}
    if isinstance(part, Bracket):
        values[net, key, "layers"] = part.times
        values[net, key, "lines"] = "; ".join(part.lines)
    else:
        values[net, key, "text"] = part
    return values


def _totals(readings: Sequence[Reading]) -> Iterator[Line]:
    depths = [_depth(r) for r in readings]
    yield _total("depth", [(str(n), n) for n in depths])
    numbers = [r.parameters for r in readings]
    yield _total("parameters", [(phrases.comma(n), n) for n in numbers])
    macs = [r.macs for r in readings]
    yield _total("multiply-adds", list(zip(phrases.powers(macs, 9, 2), macs)))


def _total(name: str, found: Sequence[tuple[str, int]]) -> Line:
    cells = (cell(text, value=number) for text, number in found)
    return Line(name, (cell(name), Cell(), *cells), rule=name == "depth", strong=True)


def _notes(readings: Sequence[Reading]) -> Iterator[str]:
    yield (
        "[...] x n: n layers, each of which reads all before it. k: channels that a layer adds. Each conv "
        "stands for normalisation, activation and convolution."
    )
    yield "depth: convolutions and linear layers on the longest way."
    for reading in readings:
        yield from left_out(reading)
