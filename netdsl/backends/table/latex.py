"""The table as a LaTeX `tabular` with the rules of booktabs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netdsl import formulas
from netdsl.backends.table.columns import Column
from netdsl.backends.table.view import STATES, Line, Text, View
from netdsl.data import data_file
from netdsl.escaping import latex as letters
from netdsl.escaping.latex import latex as tex
from netdsl.shapes import Dim, Shape

SIZE = re.compile(r"\b\d+(?:x\d+)+\b")
CODE = re.compile(r"`([^`]*)`")


def latex(view: View) -> str:
    """`view` as a tabular; `\\usepackage{booktabs}` is all it needs."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(data_file("templates") / "table"),
        undefined=StrictUndefined,
        autoescape=False,  # that would be HTML's; `tex` and the rest escape for LaTeX
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "comment": letters.comment,
        "head": head,
        "row": row,
        "note": note,
        "columns": columns,
    }
    return environment.get_template("tabular.tex.j2").render(view=view)


def columns(view: View) -> str:
    """The columns of the tabular: numbers end at the same place."""
    return "".join("r" if column.right else "l" for column in view.columns)


def head(titles: Sequence[str]) -> str:
    """The names of the columns."""
    return " & ".join(tex(title[:1].upper() + title[1:]) for title in titles)


def row(line: Line, view: View) -> str:
    """The cells of one row, without what ends it."""
    cells = []
    for column in view.columns:
        cell = _cell(column, line.cells.get(column.name, ""))
        if line.times > 1 and column.name == view.counted:
            cell += rf" $\times$ {line.times}"
        cells.append(cell)
    indent = rf"\hspace*{{{line.depth}em}}" if line.depth else ""
    # the row before ends in \\, which would take both
    guard = "{}" if cells[0].startswith(("*", "[")) else ""
    cells[0] = (indent or guard) + cells[0]
    return " & ".join(cells)


def _cell(column: Column, cell: Text) -> str:
    if isinstance(cell, Shape):
        return _shape(cell)
    if isinstance(cell, formulas.Formula):
        return f"${cell.latex()}$"
    if column.kind in ("key", "word"):
        return _names(cell)
    if column.kind == "name":
        return _dots(tex(cell))
    if column.kind in ("factor", "pixels", "number", "bytes") and cell.startswith("-"):
        return f"${tex(cell)}$" if cell[1:].isdigit() else tex(cell)
    return _sizes(cell)


def _names(cell: str) -> str:
    if cell in STATES:
        return cell
    parts = (rf"\texttt{{{tex(part)}}}" for part in cell.split(" ... ") if part)
    return r" \ldots{} ".join(parts)


def note(text: str) -> str:
    """A note of ours, with what stands between backquotes in code letters."""
    parts = map(letters.part, CODE.split(letters.one_line(text)))
    return "".join(rf"\texttt{{{part}}}" if i % 2 else part for i, part in enumerate(parts))


def _dots(text: str) -> str:
    return text.replace(" ... ", r" \ldots{} ")


def _sizes(text: str) -> str:
    """`3x3 conv` with the sign for times, and `->` with an arrow."""
    text, done, at = letters.one_line(text), [], 0
    for match in SIZE.finditer(text):
        done += [letters.part(text[at : match.start()]), _times(match[0].split("x"))]
        at = match.end()
    done.append(letters.part(text[at:]))
    return "".join(done).replace(tex("->"), r"$\rightarrow$")


def _shape(shape: Shape) -> str:
    return _times(list(map(_side, shape)))


def _side(side: Dim) -> str:
    """A side as mathematics; a sum in brackets, as it is multiplied."""
    if isinstance(side, int):
        return str(side)
    text = formulas.latex(side)
    return text if len(side.terms) == 1 and not side.constant else rf"\left({text}\right)"


def _times(parts: list[str]) -> str:
    return "$" + r" \times ".join(parts) + "$"
