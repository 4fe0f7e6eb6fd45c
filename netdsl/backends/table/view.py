"""A table as people read it: cells of text, repeats folded, notes where something needs one."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from netdsl.anatomy import parts_of
from netdsl.backends.table.model import Row, Totals
from netdsl.backends.table.rows import rows_of, totals_of
from netdsl.backends.table.words import fact_text, plain
from netdsl.design import Design
from netdsl.record import Record
from netdsl.shapes import Shape
from netdsl.totals import scope_tensors
from netdsl.weights import FROZEN, PARTLY, Treatment

HEAD = ("name", "layer", "output", "key", "parameters", "MACs")
NUMBERS = ("parameters", "MACs")  # these columns end at the same place
WEIGHTS = 4  # the columns that say what becomes of weights, if anything, stand here
STATES = (FROZEN, PARTLY)  # words in these columns, where other cells are names
SHOWN_NAMES = {"residual": "+", "add": "+", "mul": "*"}
MARKS = {"auxiliary": "auxiliary", "declared": "module", "shared": "shared"}


class Line(Record):
    """The cells of one row; `depth` is how deep it is nested, `times` how many blocks it stands for."""

    depth: int
    name: str
    layer: str
    output: Shape | None
    key: str
    parameters: str
    macs: str
    times: int = 1
    weights: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        """In the order of the view's head."""
        output = "" if self.output is None else str(self.output)
        layer = self.layer if self.times == 1 else f"{self.layer} x {self.times}"
        return (self.name, layer, output, self.key, *self.weights, self.parameters, self.macs)


class View(Record):
    """A whole table: its columns, its lines, those of its totals, what the net says of itself, and
    notes."""

    title: str
    head: tuple[str, ...]
    lines: tuple[Line, ...]
    totals: tuple[Line, ...]
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def view_of(design: Design, depth: int | None = None) -> View:
    rows = rows_of(design, True, depth)
    facts = tuple((plain(name), fact_text(value)) for name, value in design.meta.items())
    totals = totals_of(design)
    start = f"from {plain(design.start.source)}" if design.start is not None else ""
    columns = (start, "frozen" if design.frozen else "")

    def shown(line: Line) -> Line:
        kept = zip(columns, line.weights or ("", ""))
        return line.but(weights=tuple(cell for column, cell in kept if column))

    return View(
        plain(design.name),
        (*HEAD[:WEIGHTS], *filter(None, columns), *HEAD[WEIGHTS:]),
        tuple(map(shown, _lines(rows))),
        tuple(map(shown, _total_lines(design, totals))),
        facts,
        tuple(_notes(design, totals, list(_every(rows)))),
    )


# -------------------------------------------------------------------------------------------- lines
def _every(rows: list[Row]) -> Iterator[Row]:
    for row in rows:
        yield row
        yield from _every(row.children)


def _lines(
    rows: list[Row], depth: int = 0, above: Row | None = None, swap: tuple[str, str] = ("", "")
) -> Iterator[Line]:
    """`swap` replaces the start of keys: below `layer1.1 ... layer1.3` they are `layer1.*.conv`."""
    for row in rows:
        key = _swapped(row.key, swap)
        yield _line(row, depth, above, key, _swapped(row.last_key, swap))
        inner = swap
        if row.count > 1 and row.key:
            around = key.rpartition(".")[0]
            inner = (f"{row.key}.", f"{around}.*." if around else "*.")
        yield from _lines(row.children, depth + 1, row, inner)


def _swapped(key: str, swap: tuple[str, str]) -> str:
    old, new = swap
    return new + key[len(old) :] if old and key.startswith(old) else key


def _line(row: Row, depth: int, above: Row | None, key: str, last_key: str) -> Line:
    name, layer = SHOWN_NAMES.get(row.name, row.name), row.layer
    if row.count > 1:
        name = f"{name} ... {row.last}"
        key = f"{key} ... {last_key}" if key else ""
    for mark in ("auxiliary", "declared", "shared"):
        if getattr(row, mark) and not (above is not None and getattr(above, mark)):
            layer = f"{layer} ({MARKS[mark]})" if layer else MARKS[mark]
    if row.start:
        layer = f"{row.start} -> {layer}" if layer else row.start
    weights = (key if row.origin and row.origin == row.key else row.origin, row.frozen)
    numbers = (_parameters(row), _macs(row))
    return Line(depth, name, layer, row.shape, key, *numbers, row.count, weights)


def _parameters(row: Row) -> str:
    if row.shared:
        return "shared" if row.key else ""
    return _number(row.parameters, row.unknown)


def _macs(row: Row) -> str:
    return "" if row.declared else _number(row.macs, row.unknown)


def _number(number: int | None, unknown: bool) -> str:
    """`1,234`; nothing for 0, and `?` for what is not known."""
    if number is None or (unknown and not number):
        return "?"
    return f"{number:,}{' + ?' * unknown}" if number else ""


# ------------------------------------------------------------------------------------------- totals
def _total_lines(design: Design, totals: Totals) -> Iterator[Line]:
    outputs = list(design.outputs.values())
    output = outputs[0].shape if len(outputs) == 1 else None
    parameters = _number(totals.parameters, totals.unknown) or "0"
    macs = _number(totals.macs, totals.unknown) or "0"
    layers = f"{totals.layers} layer{'s' * (totals.layers != 1)}"
    for name, cost in parts_of(design).items():
        yield Line(0, name, "", None, "", f"{cost.parameters:,}", _number(cost.macs, False) or "0")
    yield Line(0, "total", layers, output, "", parameters, macs)
    if totals.with_auxiliary != totals.parameters:
        everything = _number(totals.with_auxiliary, totals.unknown)
        yield Line(0, "with auxiliary", "", None, "", everything, "")


def _notes(design: Design, totals: Totals, rows: list[Row]) -> Iterator[str]:
    yield (
        "MACs: multiply-adds of convolutions and linear layers, one sample; "
        "no bias, no normalisation."
    )
    yield "Layers of the total: convolutions and linear layers on the longest path."
    if any(row.count > 1 for row in rows):
        yield (
            "x N: N equal blocks. Their row counts all of them, the rows below it one; "
            "`*` is any of them."
        )
    if any(row.auxiliary for row in rows):
        yield "auxiliary: an output in training only, not counted in the total."
    yield from _head_notes(design)
    yield from _weight_notes(design)
    if any(row.shared for row in rows):
        yield "shared: uses the weights of the module declared above; they count once."
    if totals.unknown:
        yield "?: what extern layers hold and do is not known."
    if totals.macs is None:
        yield f"?: not known while a size is open; {_size_hint(design)} gives it one."


def _head_notes(design: Design) -> Iterator[str]:
    """What the numbers of heads count, and what the network takes beside images."""
    heads = design.heads
    if any(event.others for event in heads.values()):
        yield "again: the same weights on another map; the head's row counts the work on all maps."
    regions = heads.get("rcnn") or heads.get("svm")
    if regions is not None:
        yield f"MACs of `head {regions.word}` are those of one region."
        if "rpn" not in heads:
            yield "Regions are an input: `forward(images, proposals, targets)`."


def _weight_notes(design: Design) -> Iterator[str]:
    """How many weights start from elsewhere, and how many are trained."""
    learned = {name: prod(s) for name, s, learned in scope_tensors(design.net) if learned}
    every = sum(learned.values())
    if design.start is not None:
        taken = sum(learned.get(name, 0) for name in design.start.tensors)
        source = plain(design.start.source)
        yield f"from {source}: the name in its checkpoint; {taken:,} of {every:,} parameters start there."
    if design.frozen:
        treatment = Treatment(design)
        kept = sum(size for name, size in learned.items() if treatment.frozen(name))
        yield f"frozen: not trained; the other {every - kept:,} of {every:,} parameters are."


def _size_hint(design: Design) -> str:
    """`--input 3x224x224` for the first input with open sides."""
    for name, value in design.inputs.items():
        if value.shape is not None and not value.shape.known:
            size = "x".join(str(d) if isinstance(d, int) else "224" for d in value.shape)
            return f"`--input {size}`" if len(design.inputs) == 1 else f"`--input {name}={size}`"
    return "`--input`"
