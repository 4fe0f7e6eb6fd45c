"""The tables of Inception-v2 and v3: type, patch size/stride or remarks, input size.

Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015, table 1. A module is a concatenation of
branches; modules of the same form that follow each other are one row ("5 x inception"), whatever their widths, and a
module that makes maps smaller is a reduction. The remark has the branches: `1x1 | 1x1-5x5` are two. A
convolution that keeps the size of its map by padding is "conv padded", as there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.backends.table.papers import phrases
from netdsl.backends.table.papers.fitting import Reading, Wanted, left_out, scores, unfit
from netdsl.backends.table.papers.measures import steps, sums
from netdsl.backends.table.papers.reading import Chain, Fork, Growth, Item, Residue
from netdsl.backends.table.papers.sheet import Column, Line, Sheet, Value, Values, cell
from netdsl.record import Record
from netdsl.shapes import Shape


class Row(Record):
    """`inputs` are the shapes that enter: of several modules the different ones."""

    word: str
    type: str
    remark: str
    inputs: tuple[Shape, ...]
    items: Chain
    times: int = 1


def sheet(readings: Sequence[Reading], wanted: Wanted) -> Sheet:
    (reading,) = readings
    if not any(isinstance(i, Fork) and i.word == "concat" for i in reading.items):
        unfit("inception", reading, "it has no modules whose branches are concatenated")
    columns = (
        Column("type"),
        Column("patch size/stride or remarks"),
        Column("input size"),
        Column("parameters", right=True),
        Column("multiply-adds", right=True),
    )
    lines: list[Line] = []
    values: Values = {}
    seen: dict[str, int] = {}
    for row in _rows(reading):
        seen[row.word] = seen.get(row.word, 0) + 1
        key = f"{row.word} {seen[row.word]}"
        cost = sums(row.items)
        known: dict[str, Value] = {
            "type": row.type,
            "remark": row.remark,
            "input size": phrases.map_text(row.inputs[0]),
            "last input size": phrases.map_text(row.inputs[-1]),
            "modules": row.times,
        }
        values |= {(reading.design.name, key, name): value for name, value in known.items()}
        cells = (
            cell(f"{row.times} x {row.type}" if row.times > 1 else row.type),
            cell(row.remark),
            cell(_inputs(row.inputs), value=phrases.map_text(row.inputs[0])),
            cell(phrases.comma(cost.parameters) if cost.parameters else "", value=cost.parameters),
            cell(phrases.comma(cost.macs) if cost.macs else "", value=cost.macs),
        )
        lines.append(Line(key, cells))
    total = (
        cell("total"),
        cell(""),
        cell(""),
        cell(phrases.comma(reading.parameters), value=reading.parameters),
        cell(phrases.comma(reading.macs), value=reading.macs),
    )
    lines.append(Line("total", total, rule=True, strong=True))
    head = (tuple(cell(column.key) for column in columns),)
    title = f"{reading.name}: layers and modules by what enters them"
    names = (reading.name,)
    notes = tuple(_notes(reading))
    return Sheet("inception", title, names, columns, head, tuple(lines), notes, values)


def _inputs(shapes: Sequence[Shape]) -> str:
    """`35x35x192, 256, 288`: the shape, and other channels that enter at the same size."""
    first, *others = dict.fromkeys(shapes)
    return ", ".join((phrases.map_text(first), *(_short(first, other) for other in others)))


def _short(first: Shape, other: Shape) -> str:
    return str(other.channels) if other.sides == first.sides else phrases.map_text(other)


# ---------------------------------------------------------------------------------------------- rows
def _rows(reading: Reading) -> Iterator[Row]:
    held: list[Row] = []  # the last row, which modules may continue
    before: list[Item] = []  # normalisation before the first row
    for item in reading.items:
        row = _row(item)
        last = held[-1] if held else None
        if row is None and last is not None:  # counts with the layer before it
            held = [last.but(items=(*last.items, item))]
        elif row is None:
            before.append(item)
        elif last is not None and _continues(last, row):
            inputs, items = (*last.inputs, *row.inputs), (*last.items, *row.items)
            held = [last.but(inputs=inputs, items=items, times=last.times + 1)]
        else:
            yield from held
            held = [row.but(items=(*before, *row.items))]
            before = []
    yield from held
    found = scores(list(steps(reading.items)))
    if found is not None:
        yield Row("softmax", "softmax", "classifier", (found.y,), ())


def _continues(row: Row, following: Row) -> bool:
    same = (row.word, row.type, row.remark) == (following.word, following.type, following.remark)
    return same and row.word == "inception"


def _row(item: Item) -> Row | None:
    if isinstance(item, Fork):
        # what convolutions without padding take off at the rim is no reduction
        word = "reduction" if phrases.stage(item.x, item.y) else "inception"
        named = "sum of branches" if item.word == "add" else word
        return Row(word, named, _branches(item), (item.x,), (item,))
    if isinstance(item, Residue):
        return Row("inception", "residual", _branch(item.body), (item.x,), (item,))
    if isinstance(item, Growth):
        layers = f"{len(item.layers)} layers: {_branch(item.layers[0])}"
        return Row("dense block", "dense block", layers, (item.x,), (item,))
    if item.layer.family == "convolution":
        padded = any(phrases.padding(item))
        return Row(
            "conv", "conv padded" if padded else "conv", phrases.patch(item), (item.x,), (item,)
        )
    if item.layer.family == "pooling" and not phrases.is_idle(item):
        word = phrases.pool_word(item)
        size = phrases.size_text(phrases.kernel(item))
        remark = size if phrases.is_whole(item) else phrases.patch(item)
        return Row("pool", word, remark, (item.x,), (item,))
    if item.layer.family == "linear":
        return Row("linear", "linear", "logits", (item.x,), (item,))
    if item.layer.word == "dropout":
        rate = f"{item.layer.p:.0%}"  # type: ignore[attr-defined]
        return Row("dropout", "dropout", rate, (item.x,), (item,))
    if item.layer.word == "softmax":
        return Row("softmax", "softmax", "classifier", (item.x,), (item,))
    return None


# ------------------------------------------------------------------------------------------ branches
def _branches(fork: Fork) -> str:
    return " | ".join(_branch(branch) for branch in fork.branches)


def _branch(chain: Chain) -> str:
    """`1x1-3x3-3x3`, `max pool-1x1`; what forks again in brackets; what has nothing passes."""
    words = [word for item in chain for word in _words(item)]
    return "-".join(words) or "pass"


def _words(item: Item) -> Iterator[str]:
    if isinstance(item, Fork):
        yield f"({_branches(item)})"
    elif isinstance(item, Residue):
        yield f"({_branch(item.body)})"
    elif isinstance(item, Growth):
        yield from (_branch(layer) for layer in item.layers)
    elif item.layer.family == "convolution":
        yield phrases.size_text(phrases.kernel(item))
    elif item.layer.family == "pooling" and not phrases.is_idle(item):
        yield phrases.pool_word(item)


def _notes(reading: Reading) -> Iterator[str]:
    rows = list(_rows(reading))
    if any(row.word in ("inception", "reduction") for row in rows):
        yield (
            "Branches of a module are kernels one after another, with | between them. Further numbers behind an "
            "input size are the channels that enter further modules of the row."
        )
    yield "parameters: biases and normalisation included. multiply-adds: for one image."
    if scores(list(steps(reading.items))) is not None:
        yield "softmax is applied by the loss."
    yield from left_out(reading)
