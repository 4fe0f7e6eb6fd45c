"""A sheet as plain text: columns that line up, brackets over several lines, notes wrapped below."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from netdsl.backends.table.papers.sheet import Cell, Column, Part, Sheet
from netdsl.escaping.workflow import quiet

GAP = "  "
LEAST = 72  # notes are wrapped at the table's width, but not narrower


def text_sheet(sheet: Sheet) -> str:
    rows = [*sheet.head, *(line.cells for line in sheet.lines)]
    widths = _widths(rows, len(sheet.columns))
    wide = sum(widths) + len(GAP) * (len(widths) - 1)
    out = [sheet.title, ""]
    for cells in sheet.head:
        out += _row(cells, sheet.columns, widths)
    out.append("-" * wide)
    for i, line in enumerate(sheet.lines):
        if line.rule and i:
            out.append("-" * wide)
        out += _row(line.cells, sheet.columns, widths)
    out.append("-" * wide)
    for note in sheet.notes:
        out += textwrap.wrap(note, max(LEAST, min(wide, 110)), subsequent_indent="  ")
    return quiet("\n".join([*out, ""]))


def _row(cells: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int]) -> Iterator[str]:
    """The lines of one row; cells begin at the top."""
    stacks: list[list[str]] = []
    at = 0
    for own in cells:
        width = _over(widths, at, own.span)
        lines = _lines(own) or [""]
        column = columns[at]
        if own.span > 1 or column.centre:
            stacks.append([line.center(width) for line in lines])
        elif column.right:
            stacks.append([line.rjust(width) for line in lines])
        else:
            stacks.append([line.ljust(width) for line in lines])
        stacks[-1].append(" " * width)  # what stands below the last line
        at += own.span
    for i in range(max(len(stack) - 1 for stack in stacks)):
        shown = (s[i] if i < len(s) - 1 else s[-1] for s in stacks)
        yield GAP.join(shown).rstrip()


def _over(widths: Sequence[int], at: int, span: int) -> int:
    return sum(widths[at : at + span]) + len(GAP) * (span - 1)


def _lines(own: Cell) -> list[str]:
    return [line for part in own.parts for line in _part(part)]


def _part(part: Part) -> list[str]:
    if isinstance(part, str):
        return [part]
    width = max(map(len, part.lines))
    middle = (len(part.lines) - 1) // 2
    times = f" x {part.times}"
    return [
        f"[{line.ljust(width)}]{times if i == middle else ' ' * len(times)}"
        for i, line in enumerate(part.lines)
    ]


def _widths(rows: Sequence[Sequence[Cell]], count: int) -> list[int]:
    """Widths of the columns: those of their own cells, then more for what spans several."""
    widths = [0] * count
    for spans in (False, True):
        for cells in rows:
            at = 0
            for own in cells:
                if (own.span > 1) == spans:
                    wanted = max(map(len, _lines(own)), default=0)
                    missing = wanted - _over(widths, at, own.span)
                    for i in range(max(0, missing)):
                        widths[at + i % own.span] += 1
                at += own.span
    return widths
