"""A sheet for programs: CSV and JSON, with exact numbers. `docs/paper_tables.md` says what they hold."""

from __future__ import annotations

import csv
import io
import json

from netdsl.backends.table.papers.sheet import Sheet, Value, spread_cells
from netdsl.escaping.sheet import harmless

SCHEMA = "netdsl-paper-table/1"


def csv_sheet(sheet: Sheet) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(harmless(name) for name in ("row", *(c.key for c in sheet.columns)))
    for line in sheet.lines:
        cells = spread_cells(line.cells)
        writer.writerow(harmless(text) for text in (line.key, *(_plain(c.data) for c in cells)))
    return out.getvalue()


def _plain(value: Value) -> str:
    if value is None:
        return ""
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def json_sheet(sheet: Sheet) -> str:
    head = {
        "schema": SCHEMA,
        "layout": sheet.layout,
        "title": sheet.title,
        "networks": list(sheet.networks),
        "columns": [column.key for column in sheet.columns],
        "notes": list(sheet.notes),
        "differences": [
            {
                "network": d.network,
                "row": d.row,
                "column": d.column,
                "printed": d.printed,
                "computed": d.computed,
                "kind": d.kind,
            }
            for d in sheet.differences
        ],
    }
    keys = [column.key for column in sheet.columns]
    rows = ",\n    ".join(
        json.dumps({"row": line.key, "cells": dict(zip(keys, (c.data for c in cells)))})
        for line in sheet.lines
        for cells in [spread_cells(line.cells)]
    )
    return f'{json.dumps(head, indent=2)[:-2]},\n  "rows": [\n    {rows}\n  ]\n}}\n'
