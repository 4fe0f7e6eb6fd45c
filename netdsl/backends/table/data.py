"""The table for programs: CSV and JSON, every row, plain numbers. What they hold is said in the
package's docstring."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from math import isfinite
from typing import Any

from netdsl.anatomy import parts_of
from netdsl.backends.table.columns import (
    Whole,
    chosen,
    sees_input,
    wanted_measures,
)
from netdsl.backends.table.measures import Measures
from netdsl.backends.table.model import Row, arguments_of
from netdsl.backends.table.notes import convention
from netdsl.backends.table.numbers import sides_text
from netdsl.backends.table.rows import rows_of, totals_of
from netdsl.backends.table.settings import Settings
from netdsl.backends.table.stages import stage_rows
from netdsl.backends.table.windows import NOTHING
from netdsl.design import Design, HeadEvent, Predicted, SharedModule
from netdsl.escaping.letters import plain
from netdsl.escaping.sheet import harmless
from netdsl.layers.arguments import source_text
from netdsl.layers.fields import Value
from netdsl.shapes import Shape, Size

SCHEMA = "netdsl-table/1"
# The columns of CSV around those that are chosen.
BEFORE = ("depth", "kind")
AFTER = ("auxiliary", "shared", "from", "start", "frozen")


def nested(rows: list[Row], depth: int = 0) -> Iterator[tuple[int, Row]]:
    """Every row with its depth, from the top."""
    for row in rows:
        yield depth, row
        yield from nested(row.children, depth + 1)


# --------------------------------------------------------------------------------------------- CSV
def csv_text(design: Design, settings: Settings = Settings()) -> str:  # noqa: B008 -- frozen
    listing = Listing(design, settings)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*BEFORE, *(column.name for column in listing.columns), *AFTER])
    for level, row in [(0, listing.net), *nested(listing.rows, 1)]:
        cells = [_plain_cell(column.cell(row, listing.whole)) for column in listing.columns]
        writer.writerow(harmless(cell) for cell in [str(level), row.kind, *cells, *_flags(row)])
    return out.getvalue()


def _flags(row: Row) -> Iterator[str]:
    yield "true" if row.auxiliary else "false"
    yield "true" if row.shared else "false"
    yield row.start.removeprefix("@")
    yield row.origin
    yield row.frozen


def _plain_cell(value: Any) -> str:
    """A value without what is for people only; empty for what is not known."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6f}"
    if isinstance(value, tuple) and not isinstance(value, Shape):
        return sides_text(value, square=True)
    return str(value)


# -------------------------------------------------------------------------------------------- JSON
def json_text(design: Design, settings: Settings = Settings()) -> str:  # noqa: B008 -- frozen
    totals = totals_of(design)
    listing = Listing(design, settings)
    data = {
        "schema": SCHEMA,
        "name": design.name,
        "doc": design.doc,
        "meta": {name: json_value(value) for name, value in design.meta.items()},
        "inputs": [{"name": n, "shape": _dims(v.shape)} for n, v in design.inputs.items()],
        "outputs": [{"name": n, "shape": _dims(v.shape)} for n, v in design.outputs.items()],
        "columns": [{"name": c.name, "title": c.title, "about": c.about} for c in listing.columns],
        "convention": {
            "count": settings.count,
            "bias": settings.bias,
            "samples": 1,
            "batch": settings.batch,
            "dtype": settings.dtype,
            "notes": list(convention(settings, listing.columns)),
        },
        "totals": {
            "parameters": listing.net.parameters,
            "parameters_with_auxiliary": listing.declared.get("parameters", totals.with_auxiliary),
            "buffers": totals.buffers,
            "macs": _number(listing.net.macs),
            "connections": _number(listing.used.get("connections", totals.connections)),
            "layers": totals.layers,
            "extern": totals.unknown,
            "parts": {
                name: {"parameters": cost.parameters, "macs": _number(cost.macs)}
                for name, cost in parts_of(design).items()
            },
            **listing.sums(),
        },
        "heads": [_head(event) for event in design.heads.values()],
    }
    for footer in settings.footers:
        data |= footer.data
    if settings.stages:
        stages = stage_rows(design, listing.unfolded())
        data["stages"] = [listing.stage(row) for row in stages]
    head = json.dumps(data, indent=2, allow_nan=False)
    lines = [
        json.dumps(listing.row(level, row), allow_nan=False) for level, row in nested(listing.rows)
    ]
    # a row a line: as easy to read and to compare as the other formats
    rows = ",\n    ".join(lines)
    return f'{head[:-2]},\n  "rows": [\n    {rows}\n  ]\n}}\n'


class Listing:
    """Every row of a network with the columns that are chosen."""

    def __init__(self, design: Design, settings: Settings) -> None:
        self.design, self.settings = design, settings
        self.columns = chosen(settings)
        wanted = wanted_measures(self.columns, settings)
        self.measures = Measures(wanted, settings.bias) if wanted else None
        fields = sees_input(self.columns)
        self.rows = rows_of(design, False, settings.depth, self.measures, fields)
        self.used = self.measures.used(design) if self.measures is not None else {}
        self.declared = self.measures.scope(design.net) if self.measures is not None else {}
        totals = totals_of(design)
        outputs = [v.shape for v in design.outputs.values()]
        self.net = Row("net", design.name, "", "", outputs[0] if len(outputs) == 1 else None)
        self.net.parameters = self.used.get("parameters", totals.parameters)
        self.net.macs = self.used.get("macs", totals.macs)
        self.net.amounts = self.used
        inputs = [v.shape for v in design.inputs.values() if v.shape is not None]
        self.net.inputs = tuple(inputs)
        self.whole = Whole(self.net.parameters, self.net.macs, settings)

    def unfolded(self) -> list[Row]:
        """The rows in full depth."""
        if self.settings.depth is None:
            return self.rows
        return rows_of(self.design, False, None, self.measures)

    def row(self, depth: int, row: Row) -> dict[str, Any]:
        """A row with what it always has, and what the other chosen columns hold for it."""
        found = _row(depth, row)
        for column in self.columns:
            if column.name not in found:
                found[column.name] = _json_cell(column.cell(row, self.whole))
        return found

    def sums(self) -> dict[str, Any]:
        """The totals of the columns that are measured."""
        return {
            column.name: _json_cell(column.cell(self.net, self.whole))
            for column in self.columns
            if column.measure and column.name != "connections"
        }

    def stage(self, row: Row) -> dict[str, Any]:
        """A subtotal."""
        found = {"name": row.name, "sides": _dims(row.shape), "layers": row.layers}
        found |= {"parameters": row.parameters, "macs": _number(row.macs)}
        return found | {c.name: _json_cell(c.cell(row, self.whole)) for c in self.columns if c.side}


def _json_cell(value: Any) -> Any:
    """A value in JSON: null for what is not known or not there, a list with one number a side, a text for
    a formula of open sizes."""
    if isinstance(value, Shape):
        return _dims(value)
    if value is None or value == NOTHING:
        return None
    if isinstance(value, float):
        return round(value, 6)
    return list(value) if isinstance(value, tuple) else _number(value)


def _number(number: Any) -> Any:
    """A number as it is; a formula of open sizes as a text."""
    return number if number is None or isinstance(number, (int, str)) else str(number)


def _row(depth: int, row: Row) -> dict[str, Any]:
    return {
        "depth": depth,
        "kind": row.kind,
        "name": row.name,
        "word": row.word,
        "arguments": {name: json_value(value) for name, value in arguments_of(row).items()},
        "layer": row.layer,
        "shape": _dims(row.shape),
        "key": row.key or None,
        "parameters": row.parameters,
        "buffers": row.buffers,
        "macs": _number(row.macs),
        "from": row.start.removeprefix("@") or None,
        "auxiliary": row.auxiliary,
        "declared": row.declared,
        "shared": row.shared,
        "start": row.origin or None,
        "frozen": row.frozen or None,
    }


def _head(event: HeadEvent) -> dict[str, Any]:
    levels = []
    for link in event.predicted:
        what = link.what
        assert isinstance(what, Predicted)
        if what.predictor is not None:
            shape = _dims(what.map.shape)
            levels.append({"map": shape, "boxes_a_place": what.boxes, "boxes": what.count})
    boxes = event.count if levels else None
    return {"kind": event.word, "boxes": boxes, "levels": levels}


def _dims(shape: Shape | None) -> list[int | str] | None:
    return None if shape is None else [d if isinstance(d, int) else str(d) for d in shape]


def json_value(value: Any) -> Any:
    """A value of the language in JSON; what has no number or list there as a text writes it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, Size):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [json_value(v) for v in value]
    if isinstance(value, Value):
        return f"@{getattr(value, 'label', None) or 'value'}"
    if isinstance(value, SharedModule):
        return value.name
    return plain(source_text(value))
