"""A sheet as GitHub's Markdown, which has one row of heads and no spans: what spans stands in each column."""

from __future__ import annotations

from netdsl.backends.table.papers.sheet import Cell, Part, Sheet, spread_cells
from netdsl.escaping.markdown import escaped, opening

BREAK = "<br>"


def markdown_sheet(sheet: Sheet) -> str:
    heads = [spread_cells(cells) for cells in sheet.head]
    names = [
        BREAK.join(dict.fromkeys(filter(None, (_cell(row[i]) for row in heads))))
        for i in range(len(sheet.columns))
    ]
    marks = [":---:" if c.centre else "---:" if c.right else "---" for c in sheet.columns]
    rows = [names, marks]
    for line in sheet.lines:
        shown = [_cell(own) for own in spread_cells(line.cells)]
        rows.append([f"**{c}**" if c and line.strong else c for c in shown])
    parts = [f"**{escaped(sheet.title)}**", "", *(f"| {' | '.join(row)} |" for row in rows), ""]
    for note in sheet.notes:
        parts += [opening(note), ""]
    return "\n".join(parts)


def _cell(own: Cell) -> str:
    return BREAK.join(map(_part, own.parts))


def _part(part: Part) -> str:
    if isinstance(part, str):
        return escaped(part)
    return f"\\[{BREAK.join(map(escaped, part.lines))}\\] x {part.times}"
