"""The table of LeNet-5's layers: maps and their size, neurons, parameters, connections.

LeCun et al., "Gradient-based learning applied to document recognition", 1998, section II.B. Layers are called as
there: C for a convolution, S for subsampling (or pooling), F for a linear layer, each with its number, and OUTPUT for
the last. Connections are what all outputs read, biases included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from netdsl.backends.table.papers import phrases
from netdsl.backends.table.papers.fitting import Reading, Wanted, left_out, plain_chain
from netdsl.backends.table.papers.reading import Step
from netdsl.backends.table.papers.sheet import Cell, Column, Line, Sheet, Value, Values, cell
from netdsl.shapes import Shape
from netdsl.totals import cost_used

LETTERS = {"convolution": "C", "pooling": "S", "linear": "F"}


def sheet(readings: Sequence[Reading], wanted: Wanted) -> Sheet:
    (reading,) = readings
    columns = (
        Column("layer"),
        Column("input"),
        Column("kernel"),
        Column("maps", right=True),
        Column("size"),
        Column("neurons", right=True),
        Column("parameters", right=True),
        Column("connections", right=True),
    )
    net = reading.design.name
    layers = list(_named(plain_chain("lenet", reading)))
    image = reading.image
    lines = [
        Line(
            "INPUT",
            (
                *(cell("INPUT"), Cell(), Cell(), _count(image.channels)),
                *(cell(phrases.sides_text(image)), _count(_neurons(image)), Cell(), Cell()),
            ),
        )
    ]
    values: Values = {(net, "INPUT", "size"): phrases.sides_text(image)}
    for name, step in layers:
        known = _known(step)
        values |= {(net, name, key): value for key, value in known.items()}
        cells = (
            cell(name),
            cell(phrases.map_text(step.x)),
            cell(phrases.size_text(phrases.kernel(step))),
            _count(step.y.channels),
            cell(phrases.sides_text(step.y)),
            _count(_neurons(step.y)),
            _count(step.parameters),
            _count(step.connections),
        )
        lines.append(Line(name, cells))
    cost = cost_used(reading.design)
    connections = cost.connections if isinstance(cost.connections, int) else 0
    values[net, "total", "layers"] = len(layers)
    values[net, "total", "parameters"] = cost.parameters
    values[net, "total", "connections"] = connections
    ends = (_count(cost.parameters), _count(connections))
    lines.append(Line("total", (cell("total"), *(Cell(),) * 5, *ends), rule=True, strong=True))
    head = (tuple(cell(column.key) for column in columns),)
    title = f"{reading.name}: neurons, parameters and connections"
    notes = tuple(_notes(reading, layers))
    return Sheet("lenet", title, (reading.name,), columns, head, tuple(lines), notes, values)


def _named(chain: Sequence[Step]) -> Iterator[tuple[str, Step]]:
    shown = [s for s in chain if s.layer.family in LETTERS and not phrases.is_idle(s)]
    for number, step in enumerate(shown, 1):
        last = number == len(shown) and step.layer.family == "linear"
        yield "OUTPUT" if last else f"{LETTERS[step.layer.family]}{number}", step


def _neurons(shape: Shape) -> int:
    return prod(d for d in shape if isinstance(d, int))


def _count(number: int) -> Cell:
    return cell(phrases.comma(number), value=number)


def _known(step: Step) -> dict[str, Value]:
    return {
        "input": phrases.map_text(step.x),
        "input size": phrases.sides_text(step.x),
        "inputs": step.x.channels,
        "kernel": phrases.size_text(phrases.kernel(step)),
        "maps": step.y.channels,
        "size": phrases.sides_text(step.y),
        "neurons": _neurons(step.y),
        "parameters": step.parameters,
        "connections": step.connections,
        "area": _area(step),
    }


def _area(step: Step) -> Value:
    """How much of the places a layer leaves."""
    before, after = (prod(int(d) for d in s.sides) for s in (step.x, step.y))  # type: ignore[arg-type]
    return after / before


def _notes(reading: Reading, layers: Sequence[tuple[str, Step]]) -> Iterator[str]:
    yield "connections: what all outputs of a layer read, a bias once for each output."
    for name, step in layers:
        table = getattr(step.layer, "connections", None)
        if table is not None:
            links, full = sum(map(len, table)), step.x.channels * step.y.channels
            yield f"{name} reads a part of the maps: {links} of {full} kernels."
    yield from left_out(reading)
