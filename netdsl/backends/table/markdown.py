"""The table as GitHub's Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.table.view import STATES, Line, View
from netdsl.escaping.markdown import code, escaped, opening

INDENT = "&emsp;"  # leading spaces of a cell are dropped


def markdown(view: View) -> str:
    """`view` as a table, its totals in bold, facts and notes below."""
    rows = [
        view.head,
        ["---:" if column.right else "---" for column in view.columns],
        *(_cells(view, line) for line in view.lines),
        *([f"*{cell}*" if cell else "" for cell in _cells(view, line)] for line in view.stages),
        *(_bold(_cells(view, line)) for line in view.totals),
    ]
    parts = [f"**{escaped(view.title)}**", "", *(f"| {' | '.join(row)} |" for row in rows), ""]
    if view.facts:
        parts += [*(f"- {opening(name)}: {escaped(fact)}" for name, fact in view.facts), ""]
    for note in view.notes:  # ours, and harmless as they are
        parts += [note, ""]
    return "\n".join(parts)


def _cells(view: View, line: Line) -> Sequence[str]:
    shown = []
    for column, cell in zip(view.columns, view.texts(line)):
        if column.kind in ("key", "word"):
            shown.append(_code_names(cell))
        elif column.kind == "layer" and "@" in cell:  # in code `@in` is no mention of a person
            shown.append(code(cell))
        else:
            shown.append(escaped(cell))
    shown[0] = INDENT * line.depth + shown[0]
    return shown


def _code_names(cell: str) -> str:
    """`layer1.0 ... layer1.2` in code letters."""
    if cell in STATES:
        return cell
    return " ... ".join(code(part) for part in cell.split(" ... ")) if cell else ""


def _bold(cells: Sequence[str]) -> Sequence[str]:
    return [f"**{cell}**" if cell else "" for cell in cells]
