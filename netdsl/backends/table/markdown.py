"""The table as GitHub's Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netdsl.backends.table.view import NUMBERS, STATES, Line, View

INDENT = "&emsp;"  # leading spaces of a cell are dropped
# What means something inside a line. An underscore between letters does not.
SPECIAL = re.compile(r"[\\`*\[\]<>|~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def markdown(view: View) -> str:
    """`view` as a table, its totals in bold, facts and notes below."""
    rows = [
        view.head,
        ["---:" if column in NUMBERS else "---" for column in view.head],
        *(_cells(line) for line in view.lines),
        *(_bold(_cells(line)) for line in view.totals),
    ]
    parts = [f"**{escaped(view.title)}**", "", *(f"| {' | '.join(row)} |" for row in rows), ""]
    if view.facts:
        parts += [*(f"- {escaped(name)}: {escaped(fact)}" for name, fact in view.facts), ""]
    for note in view.notes:  # ours, and harmless as they are
        parts += [note, ""]
    return "\n".join(parts)


def _cells(line: Line) -> Sequence[str]:
    name, layer, output, key, *weights, parameters, macs = line.cells
    # in code `@in` is no mention of a person
    shown = code(layer) if "@" in layer else escaped(layer)
    names = [_code_names(cell) for cell in (key, *weights)]
    return [INDENT * line.depth + escaped(name), shown, escaped(output), *names, parameters, macs]


def _code_names(cell: str) -> str:
    """`layer1.0 ... layer1.2` in code letters."""
    if cell in STATES:
        return cell
    return " ... ".join(code(part) for part in cell.split(" ... ")) if cell else ""


def _bold(cells: Sequence[str]) -> Sequence[str]:
    return [f"**{cell}**" if cell else "" for cell in cells]


def escaped(text: str) -> str:
    """A text that Markdown shows as it is."""
    return SPECIAL.sub(lambda m: f"\\{m[0]}", text)


def code(text: str) -> str:
    """A text in code letters; inside a table a bar needs its backslash even there."""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")
