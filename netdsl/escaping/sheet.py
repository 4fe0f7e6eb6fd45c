"""Texts in the cells of CSV."""

from __future__ import annotations

from netdsl.escaping.letters import plain

# wide ones too
_FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)


def harmless(cell: str) -> str:
    """A cell on one line that no spreadsheet takes for a formula: one that begins like it gets a quote before it,
    as spreadsheets themselves mark texts. Commas and quotes are the `csv` module's business."""
    cell = plain(cell)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
