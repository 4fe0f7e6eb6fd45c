"""The table as plain text: columns that line up, numbers that end at the same place."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.table.view import NUMBERS, Line, View

INDENT = "  "
GAP = "  "


def text(view: View) -> str:
    """`view` for a terminal, without colours."""
    cells = [_cells(line) for line in view.lines]
    total = [_cells(line) for line in view.totals]
    widths = [max(map(len, column)) for column in zip(view.head, *cells, *total)]
    rule = "-" * (sum(widths) + len(GAP) * (len(widths) - 1))
    parts = [
        view.title,
        "",
        _row(view.head, widths, view.head),
        rule,
        *(_row(c, widths, view.head) for c in cells),
        rule,
        *(_row(c, widths, view.head) for c in total),
        "",
    ]
    if view.facts:
        longest = max(len(name) for name, _ in view.facts)
        parts += [*(f"{name:{longest}}  {fact}".rstrip() for name, fact in view.facts), ""]
    return "\n".join([*parts, *view.notes, ""])


def _cells(line: Line) -> tuple[str, ...]:
    name, *rest = line.cells
    return (INDENT * line.depth + name, *rest)


def _row(cells: Sequence[str], widths: Sequence[int], head: Sequence[str]) -> str:
    aligned = (
        cell.rjust(width) if column in NUMBERS else cell.ljust(width)
        for column, cell, width in zip(head, cells, widths)
    )
    return GAP.join(aligned).rstrip()
