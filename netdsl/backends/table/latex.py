"""The table as a LaTeX `tabular` with the rules of booktabs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netdsl.backends.table.view import STATES, Line, View
from netdsl.data import data_file
from netdsl.shapes import Shape

# One table, so that what an escape writes is never escaped again.
LETTERS = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "%": r"\%",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "`": r"\textasciigrave{}",
        "'": r"\textquotesingle{}",
    }
)
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
    environment.filters |= {"tex": tex, "head": head, "row": row, "note": note}
    return environment.get_template("tabular.tex.j2").render(view=view)


def tex(text: str) -> str:
    """A text that LaTeX prints as it is."""
    return text.translate(LETTERS)


def head(columns: Sequence[str]) -> str:
    """The names of the columns."""
    return " & ".join(tex(column[:1].upper() + column[1:]) for column in columns)


def row(line: Line) -> str:
    """The cells of one row, without what ends it."""
    name = _dots(tex(line.name))
    indent = rf"\hspace*{{{line.depth}em}}" if line.depth else ""
    guard = (
        "{}" if name.startswith(("*", "[")) else ""
    )  # the row before ends in \\, which takes both
    times = rf" $\times$ {line.times}" if line.times > 1 else ""
    cells = (
        (indent or guard) + name,
        _sizes(line.layer) + times,
        "" if line.output is None else _shape(line.output),
        *map(_names, (line.key, *line.weights)),
        tex(line.parameters),
        tex(line.macs),
    )
    return " & ".join(cells)


def _names(cell: str) -> str:
    if cell in STATES:
        return cell
    parts = (rf"\texttt{{{tex(part)}}}" for part in cell.split(" ... ") if part)
    return r" \ldots{} ".join(parts)


def note(text: str) -> str:
    """A note of ours, with what stands between backquotes in code letters."""
    parts = CODE.split(text)
    return "".join(
        rf"\texttt{{{tex(part)}}}" if i % 2 else tex(part) for i, part in enumerate(parts)
    )


def _dots(text: str) -> str:
    return text.replace(" ... ", r" \ldots{} ")


def _sizes(text: str) -> str:
    """`3x3 conv` with the sign for times, and `->` with an arrow."""
    done, at = [], 0
    for match in SIZE.finditer(text):
        done += [tex(text[at : match.start()]), _times(match[0].split("x"))]
        at = match.end()
    done.append(tex(text[at:]))
    return "".join(done).replace(tex("->"), r"$\rightarrow$")


def _shape(shape: Shape) -> str:
    """Numbers as mathematics, formulas of open sizes as texts in it."""
    dims = (tex(str(d)) for d in shape)
    return _times([d if d.isdigit() else rf"\mbox{{{d}}}" for d in dims])


def _times(parts: list[str]) -> str:
    return "$" + r" \times ".join(parts) + "$"
