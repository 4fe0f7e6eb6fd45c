"""A table as people read it: cells of text, repeats folded, notes where something needs one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from netdsl.anatomy import parts_of
from netdsl.backends.table import columns as known
from netdsl.backends.table.columns import Column, Whole
from netdsl.backends.table.holdings import Holdings
from netdsl.backends.table.measures import Measures
from netdsl.backends.table.model import Row, cut
from netdsl.backends.table.notes import notes
from netdsl.backends.table.numbers import number_text, share_text, sides_text
from netdsl.backends.table.rows import rows_of, totals_of
from netdsl.backends.table.runs import folded
from netdsl.backends.table.settings import Settings
from netdsl.backends.table.windows import NOTHING
from netdsl.backends.table.words import fact_text
from netdsl.design import Design
from netdsl.escaping.letters import plain
from netdsl.formulas import Formula
from netdsl.record import Record
from netdsl.shapes import Shape
from netdsl.weights import FROZEN, PARTLY

STATES = (FROZEN, PARTLY)  # words in the columns of weights, where other cells are names
SHOWN_NAMES = {"residual": "+", "add": "+", "mul": "*"}
MARKS = {"auxiliary": "auxiliary", "declared": "module", "shared": "shared"}
BLOCKS = ("block", "group", "branch", "head", "run")  # rows that count what is below them

LONGEST = 36  # letters of a formula in a cell; longer ones stand below the table

Text = str | Shape | Formula


class Line(Record):
    """The cells of one row by the names of their columns; what is not there is empty. `depth` is how deep
    it is nested, `times` how many equal rows it stands for, `block` whether it sums up rows below it."""

    depth: int
    cells: Mapping[str, Text]
    times: int = 1
    block: bool = False

    def __getitem__(self, column: str) -> str:
        return plain_text(self.cells.get(column, ""))


class View(Record):
    """A whole table: its columns, its lines, subtotals and totals, what the net says of itself, notes."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    stages: tuple[Line, ...]
    totals: tuple[Line, ...]
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def head(self) -> tuple[str, ...]:
        return tuple(column.title for column in self.columns)

    @property
    def counted(self) -> str:
        """The column in which a row says how many it stands for."""
        names = [column.name for column in self.columns]
        return next((name for name in ("layer", "name") if name in names), names[0])

    def texts(self, line: Line) -> list[str]:
        """The cells of a line in the order of the columns, as plain texts."""
        found = []
        for column in self.columns:
            text = line[column.name]
            if line.times > 1 and column.name == self.counted:
                text = f"{text} x {line.times}"
            found.append(text)
        return found


def view_of(
    design: Design,
    settings: Settings = Settings(),  # noqa: B008 -- frozen
    default: Sequence[str] = known.DEFAULT,
) -> View:
    """The view that settings ask for; `default` are the columns where they name none."""
    return Maker(design, settings, default).view(known.chosen(settings, default))


class Maker:
    """Makes views of one network that differ in their columns: its rows are made once."""

    def __init__(self, design: Design, settings: Settings, default: Sequence[str]) -> None:
        self.design, self.settings = design, settings
        columns = known.chosen(settings, default)
        wanted = known.wanted_measures(columns, settings)
        measures = Measures(wanted, settings.bias) if wanted else None
        fields = known.sees_input(columns)
        held = Holdings()
        rows = rows_of(design, settings.fold, None, measures, fields, held)
        self.stages = []
        if settings.stages:
            from netdsl.backends.table.stages import stage_rows

            whole = rows_of(design, False, None, measures) if settings.fold else rows
            self.stages = stage_rows(design, whole)
        if settings.depth is not None:
            cut(rows, settings.depth)
        self.rows = folded(rows) if settings.fold else rows
        self.totals = totals_of(design, held)
        self.used = measures.used(design) if measures is not None else {}
        self.all = measures.scope(design.net) if measures is not None else {}
        # numbers of the state_dict that are not learned, side outputs included
        self.fixed = self.totals.buffers
        self.whole = Whole(
            self.used.get("parameters", self.totals.parameters),
            self.used.get("macs", self.totals.macs),
            settings,
        )

    def view(self, columns: tuple[Column, ...]) -> View:
        design = self.design
        facts = tuple((plain(name), fact_text(value)) for name, value in design.meta.items())
        every = (*columns, *_of_weights(design))
        below: dict[str, str] = {}
        return View(
            plain(design.name),
            _ordered(columns, every),
            tuple(_shortened(self._lines(self.rows, every), below)),
            tuple(_shortened((self._plain_line(row, every) for row in self.stages), below)),
            tuple(_shortened(self._total_lines(every), below)),
            facts,
            (*(f"{mark}: {text}" for text, mark in below.items()), *notes(self, columns)),
        )

    # --------------------------------------------------------------------------------------- lines
    def _lines(
        self,
        rows: list[Row],
        columns: Sequence[Column],
        depth: int = 0,
        above: Row | None = None,
        swap: tuple[str, str] = ("", ""),
    ) -> Iterator[Line]:
        """`swap` replaces the start of keys: below `layer1.1 ... layer1.3` they are `layer1.*.conv`."""
        for row in rows:
            keys = _swapped(row.key, swap), _swapped(row.last_key, swap)
            cells = {column.name: self._cell(row, column, above, keys) for column in columns}
            yield Line(depth, cells, row.count, row.kind in BLOCKS)
            inner = swap
            if row.count > 1 and row.key and row.kind != "run":
                around = keys[0].rpartition(".")[0]
                inner = (f"{row.key}.", f"{around}.*." if around else "*.")
            yield from self._lines(row.children, columns, depth + 1, row, inner)

    def _cell(self, row: Row, column: Column, above: Row | None, keys: tuple[str, str]) -> Text:
        if column.kind == "name":
            name = SHOWN_NAMES.get(row.name, row.name)
            return f"{name} ... {row.last}" if row.count > 1 and row.last != name else name
        if column.kind == "layer":
            return _layer(row, above)
        if column.kind == "key":
            key, last = keys
            return f"{key} ... {last}" if row.count > 1 and key and last != key else key
        if column.kind == "word":
            key, _ = keys
            origin = column.cell(row, self.whole)
            return key if origin and origin == row.key else origin
        if column.side == "weights" and row.shared:
            return "shared" if row.key and column.kind != "share" else ""
        if column.side == "work" and row.declared:
            return ""
        value = column.cell(row, self.whole)
        return cell_text(column, value, row.unknown, self.settings.kilo)

    # -------------------------------------------------------------------------------------- totals
    def _plain_line(self, row: Row, columns: Sequence[Column]) -> Line:
        return Line(0, {c.name: self._cell(row, c, None, ("", "")) for c in columns})

    def _total_lines(self, columns: Sequence[Column]) -> Iterator[Line]:
        design, totals = self.design, self.totals
        for name, cost in parts_of(design).items():
            row = Row("total", name, "", "", None)
            row.parameters, row.macs = cost.parameters, cost.macs
            yield self._total_line(
                row, columns, ("parameters", "macs") if self.settings.bias else ()
            )
        outputs = list(design.outputs.values())
        row = Row("total", "total", "", "", outputs[0].shape if len(outputs) == 1 else None)
        row.layer = f"{totals.layers} layer{'s' * (totals.layers != 1)}"
        row.parameters, row.macs, row.amounts = self.whole.parameters, self.whole.macs, self.used
        row.unknown = totals.unknown
        yield self._total_line(row, columns)
        names = [column.name for column in columns]
        if "parameters" not in names:
            return
        everything = self.all.get("parameters", totals.with_auxiliary)
        if everything != row.parameters:
            row = Row("total", "with auxiliary", "", "", None)
            row.parameters, row.amounts, row.unknown = everything, self.all, totals.unknown
            yield self._total_line(row, columns, ("parameters", "fixed"))
        if self.fixed and "fixed" not in names:
            row = Row("total", "fixed", "", "", None)
            row.parameters = self.fixed
            yield self._total_line(row, columns, ("parameters",))

    def _total_line(
        self, row: Row, columns: Sequence[Column], only: Sequence[str] | None = None
    ) -> Line:
        """A line of totals: numbers stand there even where they are 0; of `only` these columns."""
        cells: dict[str, Text] = {"name": row.name, "layer": row.layer}
        for column in columns:
            shown = only is None or column.name in only
            if column.name == "output" and row.shape is not None:
                cells["output"] = row.shape
            elif column.kind in ("number", "bytes") and column.side and shown:
                value = column.cell(row, self.whole)
                cells[column.name] = (
                    cell_text(column, value, row.unknown, self.settings.kilo) or "0"
                )
        if not any(column.name == "name" for column in columns):  # then it stands in the first
            cells[columns[0].name] = row.name
        return Line(0, cells)


def _shortened(lines: Iterable[Line], below: dict[str, str]) -> Iterator[Line]:
    """Lines with a mark for each formula that would make its column too wide; `below` gathers what the
    marks stand for."""
    for line in lines:
        marks = {}
        for name, cell in line.cells.items():
            if isinstance(cell, Formula) and len(text := plain_text(cell)) > LONGEST:
                marks[name] = below.setdefault(text, f"({len(below) + 1})")
        yield line.but(cells={**line.cells, **marks}) if marks else line


def plain_text(cell: Text) -> str:
    """A cell without any marks."""
    return f"{cell:,}" if isinstance(cell, Formula) else str(cell)


def cell_text(column: Column, value: Any, unknown: bool = False, kilo: int = 0) -> Text:
    """What a person reads; nothing for 0, and `?` for what is not known."""
    if column.kind == "size":
        return sides_text(value, square=True) if value else ""
    if column.kind in ("factor", "pixels"):
        return "?" if value is None else sides_text(value) if value else ""
    if column.kind in ("number", "bytes", "share"):
        if isinstance(value, str):
            return value
        if value is None or (unknown and not value):
            return "?"
        if isinstance(value, int) and not value:
            return ""
        if column.kind == "share":
            return share_text(value) if value else ""
        if isinstance(value, Formula) and not unknown:
            return value
        text = number_text(value, kilo, "B" if column.kind == "bytes" and kilo else "")
        return f"{text} + ?" if unknown else text
    return value


def _swapped(key: str, swap: tuple[str, str]) -> str:
    old, new = swap
    return new + key[len(old) :] if old and key.startswith(old) else key


def _layer(row: Row, above: Row | None) -> str:
    """The layer with what is to be said of it."""
    layer = row.layer
    if row.kind == "run" and row.count > 1:
        layer = f"({layer})"
    for mark in ("auxiliary", "declared", "shared"):
        if getattr(row, mark) and not (above is not None and getattr(above, mark)):
            layer = f"{layer} ({MARKS[mark]})" if layer else MARKS[mark]
    if row.start:
        layer = f"{row.start} -> {layer}" if layer else row.start
    return layer


# ------------------------------------------------------------------------------------ of weights
def _of_weights(design: Design) -> Iterator[Column]:
    """The columns that say what becomes of weights, if anything."""
    if design.start is not None:
        source = f"from {plain(design.start.source)}"
        yield Column("from", source, "word", lambda row, whole: row.origin or NOTHING, "")
    if design.frozen:
        yield Column("frozen", "frozen", "word", lambda row, whole: row.frozen or NOTHING, "")


def _ordered(columns: tuple[Column, ...], every: tuple[Column, ...]) -> tuple[Column, ...]:
    """Those of weights stand before the numbers at the end."""
    texts = len(columns)
    while texts and columns[texts - 1].right:
        texts -= 1
    return (*columns[:texts], *every[len(columns) :], *columns[texts:])
