"""The table as plain text: columns that line up, numbers that end at the same place."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.table.columns import Column
from netdsl.backends.table.view import Line, View
from netdsl.escaping.workflow import quiet

INDENT = "  "
GAP = "  "


def text(view: View) -> str:
    """`view` without colours, for pipes and files."""
    bodies = [bodies_of(view, part) for part in (view.lines, view.stages, view.totals)]
    widths = widths_of(view, bodies)
    rule = "-" * (sum(widths) + len(GAP) * (len(widths) - 1))
    parts = [view.title, "", _row(view.head, widths, view.columns)]
    for body in filter(None, bodies):
        parts += [rule, *(_row(cells, widths, view.columns) for cells in body)]
    parts.append("")
    if view.facts:
        longest = max(len(name) for name, _ in view.facts)
        parts += [*(f"{name:{longest}}  {fact}".rstrip() for name, fact in view.facts), ""]
    return quiet("\n".join([*parts, *view.notes, ""]))


def bodies_of(view: View, lines: Sequence[Line]) -> list[list[str]]:
    """The cells of lines, the first one indented."""
    found = []
    for line in lines:
        cells = view.texts(line)
        cells[0] = INDENT * line.depth + cells[0]
        found.append(cells)
    return found


def widths_of(view: View, bodies: Sequence[Sequence[Sequence[str]]]) -> list[int]:
    """How wide every column is."""
    rows = [view.head, *(cells for body in bodies for cells in body)]
    return [max(map(len, column)) for column in zip(*rows)]


def width(view: View) -> int:
    """How wide the table is."""
    bodies = [bodies_of(view, part) for part in (view.lines, view.stages, view.totals)]
    widths = widths_of(view, bodies)
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _row(cells: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> str:
    aligned = (
        cell.rjust(width) if column.right else cell.ljust(width)
        for column, cell, width in zip(columns, cells, widths)
    )
    return GAP.join(aligned).rstrip()
