"""Writers of papers' tables: a sheet in a format. One module a format; only that which is asked for is
imported. None of them knows of networks."""

from __future__ import annotations

from importlib import import_module

from netdsl.backends.table.papers.sheet import Sheet

FORMATS = {
    "text": "text",
    "markdown": "markdown",
    "csv": "data",
    "json": "data",
    "latex": "latex",
    "html": "html",
}


def written(sheet: Sheet, format: str) -> str:
    """The sheet in a format of `FORMATS`; ends with a newline."""
    module = import_module(f"{__name__}.{FORMATS[format]}")
    return getattr(module, f"{format}_sheet")(sheet)
