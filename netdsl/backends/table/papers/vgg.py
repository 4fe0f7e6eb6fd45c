"""Table 1 of VGG: configurations side by side, one cell a layer, and the parameters of its table 2.

Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014. It shows
networks that are one line of layers. `conv3-64` is a 3x3 convolution with 64 channels; what stands between two pools
begins at the same line in every column. Activations, dropout and batch normalisation are not shown, as there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.backends.table.papers import phrases
from netdsl.backends.table.papers.fitting import Reading, Wanted, left_out, plain_chain, scores
from netdsl.backends.table.papers.reading import Step
from netdsl.backends.table.papers.sheet import (
    Column,
    Line,
    Sheet,
    Values,
    cell,
    joined_cells,
)
from netdsl.record import Record

LRN = "LRN"


class Configuration(Record):
    """A network: `blocks` of layers, each but the last with the pool that ends it, and `tail`: its linear
    layers."""

    reading: Reading
    blocks: tuple[tuple[str, ...], ...]
    pools: tuple[str, ...]
    tail: tuple[str, ...]
    layers: int


def sheet(readings: Sequence[Reading], wanted: Wanted) -> Sheet:
    shown = [_configuration(reading) for reading in readings]
    columns = tuple(Column(name, centre=True) for name in columns_of(readings))
    counts = [phrases.counted(own.layers, "weight layer") for own in shown]
    head = (
        tuple(cell(column.key) for column in columns),
        tuple(cell(text) for text in counts),
    )
    inputs = [cell(_image(reading)) for reading in readings]
    lines = [Line("input", joined_cells(inputs))]
    for number in range(max(len(own.blocks) for own in shown)):
        lines += _block(shown, number)
    lines += _tail(shown)
    totals = [own.reading.parameters for own in shown]
    millions = tuple(cell(f"{phrases.mega_text(n)} parameters", value=n) for n in totals)
    lines.append(Line("parameters", millions, rule=True, strong=True))
    values: Values = {}
    for own in shown:
        values |= _values(own)
    names = tuple(reading.name for reading in readings)
    notes = ("parameters: all learned numbers, biases included; M = 10^6.", *_notes(readings))
    title = f"{', '.join(names)}: layers side by side"
    return Sheet("vgg", title, names, columns, head, tuple(lines), notes, values)


def columns_of(readings: Sequence[Reading]) -> list[str]:
    """The names of networks, told apart by numbers where two are the same."""
    found: list[str] = []
    for reading in readings:
        same = sum(name.split(" (")[0] == reading.name for name in found)
        found.append(f"{reading.name} ({same + 1})" if same else reading.name)
    return found


def _configuration(reading: Reading) -> Configuration:
    blocks: list[list[str]] = [[]]
    pools: list[str] = []
    tail: list[str] = []
    layers = 0
    chain = plain_chain("vgg", reading)
    for step in chain:
        layers += step.learns
        if step.layer.family == "linear":
            tail.append(f"FC-{step.y.channels}")
        elif step.layer.family == "convolution":
            blocks[-1].append(_convolution(step))
        elif step.layer.word == "lrn":
            blocks[-1].append(LRN)
        elif step.layer.word == "softmax":
            tail.append("soft-max")
        elif step.layer.family == "pooling" and not phrases.is_idle(step):
            pools.append(_pool(step))
            blocks.append([])
    if not blocks[-1]:
        blocks.pop()
    if scores(chain) is not None:
        tail.append("soft-max")
    return Configuration(reading, tuple(map(tuple, blocks)), tuple(pools), tuple(tail), layers)


def _convolution(step: Step) -> str:
    size = phrases.one(phrases.kernel(step))
    over = f"/{phrases.one(phrases.stride(step))}" if phrases.steps_over(step) else ""
    groups = getattr(step.layer, "groups", 1)
    return f"conv{size}-{step.y.channels}{over}{f', {groups} groups' if groups > 1 else ''}"


def _pool(step: Step) -> str:
    """`maxpool`; what is not 2x2 with a stride of 2 says so."""
    word = phrases.pool_word(step).replace(" ", "")
    return word if phrases.patch(step) == "2x2/2" else f"{word} {phrases.patch(step)}"


def _image(reading: Reading) -> str:
    shape = reading.image
    kind = {1: "grey image", 3: "RGB image"}.get(shape.channels, f"{shape.channels} channels")
    return f"input ({phrases.sides_text(shape)} {kind})"


# ---------------------------------------------------------------------------------------------- rows
def _block(shown: Sequence[Configuration], number: int) -> Iterator[Line]:
    """The layers between two pools, and the pool."""
    stacks = [own.blocks[number] if number < len(own.blocks) else () for own in shown]
    for row in range(max(map(len, stacks))):
        cells = tuple(cell(*stack[row : row + 1]) for stack in stacks)
        yield Line(f"block {number + 1}, row {row + 1}", cells, rule=row == 0)
    pools = [own.pools[number] if number < len(own.pools) else "" for own in shown]
    if any(pools):
        cells = joined_cells([cell(pool) for pool in pools])
        yield Line(f"pool {number + 1}", cells, rule=True)


def _tail(shown: Sequence[Configuration]) -> Iterator[Line]:
    """The linear layers, aligned at the end as the scores are what all have."""
    longest = max(len(own.tail) for own in shown)
    padded = [("",) * (longest - len(own.tail)) + own.tail for own in shown]
    for row in range(longest):
        cells = joined_cells([cell(stack[row]) for stack in padded])
        yield Line(f"tail, row {row + 1}", cells, rule=True)


def _values(own: Configuration) -> Values:
    name = own.reading.design.name
    body = [text for block in own.blocks for text in block if text != LRN]
    values: Values = {
        (name, "weight layers", ""): own.layers,
        (name, "rows of the body", ""): len(body) + sum(t != "soft-max" for t in own.tail),
        (name, "parameters", ""): own.reading.parameters,
        (name, "input", ""): phrases.sides_text(own.reading.image),
        (name, "kernels", ""): ", ".join(dict.fromkeys(t.split("-")[0] for t in body)),
    }
    for i, block in enumerate(own.blocks):
        for j, text in enumerate(block):
            values[name, f"block {i + 1}", f"row {j + 1}"] = text
    for i, text in enumerate(own.pools):
        values[name, f"pool {i + 1}", ""] = text
    for i, text in enumerate(own.tail):
        values[name, f"tail {i + 1}", ""] = text
    return values


def _notes(readings: Sequence[Reading]) -> Iterator[str]:
    for reading in readings:
        yield from left_out(reading)
