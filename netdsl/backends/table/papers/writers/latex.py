"""A sheet as a LaTeX `tabular` with the rules of booktabs, and its notes below."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netdsl.backends.table.latex import SIZE
from netdsl.backends.table.papers.sheet import Bracket, Cell, Column, Part, Sheet
from netdsl.escaping.latex import comment, one_line, part

BREAK = r" \\ "
TIMES = r" \times "
POWER = re.compile(r"10\\textasciicircum\{\}(\d+)")


def latex_sheet(sheet: Sheet) -> str:
    kinds = "".join("r" if c.right else "c" if c.centre else "l" for c in sheet.columns)
    lines = [
        f"% {comment(sheet.title)}; needs \\usepackage{{booktabs}}",
        rf"\begin{{tabular}}{{@{{}}{kinds}@{{}}}}",
        r"\toprule",
        *(f"{_row(cells, sheet.columns)} \\\\" for cells in sheet.head),
        r"\midrule",
    ]
    for i, line in enumerate(sheet.lines):
        if line.rule and i:
            lines.append(r"\midrule")
        elif any(isinstance(part, Bracket) for own in line.cells for part in own.parts):
            lines.append(r"\addlinespace")
        lines.append(f"{_row(line.cells, sheet.columns)} \\\\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    if sheet.notes:
        lines += [r"\par\smallskip", r"{\footnotesize", *(rf"{sized(n)}\par" for n in sheet.notes)]
        lines.append("}")
    return "\n".join([*lines, ""])


def _row(cells: Sequence[Cell], columns: Sequence[Column]) -> str:
    out = []
    at = 0
    for own in cells:
        shown = _cell(own, columns[at])
        if own.span > 1:
            shown = rf"\multicolumn{{{own.span}}}{{c}}{{{shown}}}"
        out.append(shown)
        at += own.span
    first = out[0]
    # the row before ends in \\, which takes a star or a bracket for its own
    return " & ".join(["{}" + first if first.startswith(("*", "[")) else first, *out[1:]])


def _cell(own: Cell, column: Column) -> str:
    shown = list(map(_part, own.parts))
    if len(shown) < 2:
        return "".join(shown)
    side = "r" if column.right else "c" if column.centre or own.span > 1 else "l"
    stacked = BREAK.join(shown)
    return rf"\begin{{tabular}}[t]{{@{{}}{side}@{{}}}}{stacked}\end{{tabular}}"


def _part(own: Part) -> str:
    if isinstance(own, str):
        return sized(own)
    inside = BREAK.join(rf"\mbox{{{sized(line)}}}" for line in own.lines)
    bracket = rf"\left[\begin{{array}}{{@{{}}c@{{}}}}{inside}\end{{array}}\right]"
    return rf"$\displaystyle{bracket} \times {own.times}$"


def sized(text: str) -> str:
    """A text with `3x3` and `10^9` as mathematics."""
    text, done, at = one_line(text), [], 0
    for match in SIZE.finditer(text):
        product = TIMES.join(match[0].split("x"))
        done += [part(text[at : match.start()]), f"${product}$"]
        at = match.end()
    return POWER.sub(r"$10^{\1}$", "".join((*done, part(text[at:]))))
