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
from netdsl.backends.table.model import Row, arguments_of
from netdsl.backends.table.rows import rows_of, totals_of
from netdsl.backends.table.words import plain
from netdsl.design import Design, HeadEvent, Predicted, SharedModule
from netdsl.layers.arguments import source_text
from netdsl.layers.fields import Value
from netdsl.shapes import Shape, Size

SCHEMA = "netdsl-table/1"
COLUMNS = (
    "depth",
    "kind",
    "name",
    "layer",
    "output",
    "key",
    "parameters",
    "macs",
    "auxiliary",
    "shared",
    "from",
    "start",
    "frozen",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def nested(rows: list[Row], depth: int = 0) -> Iterator[tuple[int, Row]]:
    """Every row with its depth, from the top."""
    for row in rows:
        yield depth, row
        yield from nested(row.children, depth + 1)


# --------------------------------------------------------------------------------------------- CSV
def csv_text(design: Design, depth: int | None = None) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    totals = totals_of(design)
    outputs = [v.shape for v in design.outputs.values()]
    whole = Row("net", design.name, "", "", outputs[0] if len(outputs) == 1 else None)
    whole.parameters, whole.macs = totals.parameters, totals.macs
    for level, row in [(0, whole), *nested(rows_of(design, False, depth), 1)]:
        writer.writerow(harmless(cell) for cell in _cells(level, row))
    return out.getvalue()


def _cells(depth: int, row: Row) -> Iterator[str]:
    yield str(depth)
    yield row.kind
    yield row.name
    yield row.layer
    yield "" if row.shape is None else str(row.shape)
    yield row.key
    yield "" if row.parameters is None else str(row.parameters)
    yield "" if row.macs is None else str(row.macs)
    yield "true" if row.auxiliary else "false"
    yield "true" if row.shared else "false"
    yield row.start.removeprefix("@")
    yield row.origin
    yield row.frozen


def harmless(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


# -------------------------------------------------------------------------------------------- JSON
def json_text(design: Design, depth: int | None = None) -> str:
    totals = totals_of(design)
    data = {
        "schema": SCHEMA,
        "name": design.name,
        "doc": design.doc,
        "meta": {name: json_value(value) for name, value in design.meta.items()},
        "inputs": [{"name": n, "shape": _dims(v.shape)} for n, v in design.inputs.items()],
        "outputs": [{"name": n, "shape": _dims(v.shape)} for n, v in design.outputs.items()],
        "totals": {
            "parameters": totals.parameters,
            "parameters_with_auxiliary": totals.with_auxiliary,
            "buffers": totals.buffers,
            "macs": totals.macs,
            "connections": totals.connections,
            "layers": totals.layers,
            "extern": totals.unknown,
            "parts": {
                name: {"parameters": cost.parameters, "macs": cost.macs}
                for name, cost in parts_of(design).items()
            },
        },
        "heads": [_head(event) for event in design.heads.values()],
    }
    head = json.dumps(data, indent=2, allow_nan=False)
    lines = [
        json.dumps(_row(level, row), allow_nan=False)
        for level, row in nested(rows_of(design, False, depth))
    ]
    # a row a line: as easy to read and to compare as the other formats
    rows = ",\n    ".join(lines)
    return f'{head[:-2]},\n  "rows": [\n    {rows}\n  ]\n}}\n'


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
        "macs": row.macs,
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
