"""The table in a terminal, with rich: as wide as the terminal, blocks bold, side issues dim.

Texts of the author never pass rich's markup: every cell is a `Text`.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from netdsl.backends.table.columns import FOR_WIDTHS, Column, chosen
from netdsl.backends.table.settings import Settings
from netdsl.backends.table.text import INDENT, width
from netdsl.backends.table.view import Line, Maker, View
from netdsl.design import Design
from netdsl.escaping.workflow import quiet

STYLES = {"key": "dim", "shape": "cyan", "size": "cyan"}


def show(design: Design, settings: Settings, console: Console) -> None:
    """Write the table of a network to a terminal."""
    view = fitting(design, settings, console.width)
    console.print(rendered(view, width(view) <= console.width))
    console.print()
    longest = max((len(name) for name, _ in view.facts), default=0)
    for name, fact in view.facts:
        console.print(Text.assemble((quiet(f"{name:{longest}}  "), "bold"), fact))
    if view.facts:
        console.print()
    for note in view.notes:
        console.print(Text(note, style="dim"))


def fitting(design: Design, settings: Settings, room: int) -> View:
    """The view with the columns that were chosen, else with as many as there is room for."""
    if settings.columns is not None:
        return Maker(design, settings, ()).view(chosen(settings))
    maker = Maker(design, settings, FOR_WIDTHS[0])
    for names in FOR_WIDTHS:
        view = maker.view(chosen(settings, names))
        if width(view) <= room:
            break
    return view


def rendered(view: View, fits: bool = True) -> Table:
    """`view` as rich's table; cells of one that does not fit are folded."""
    # the title stands at the left, and is a text: rich would read markup in it
    table = Table(
        title=Text(view.title, style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        padding=(0, 2, 0, 0),
    )
    for column in view.columns:
        table.add_column(
            Text(column.title, style="bold"),
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=fits,
        )
    for part, style in ((view.lines, ""), (view.stages, "italic"), (view.totals, "bold")):
        for i, line in enumerate(part):
            last = i + 1 == len(part) and style != "bold"
            cells = _cells(view, line, view.columns, bool(style))
            table.add_row(*cells, style=style, end_section=last)
    return table


def _cells(view: View, line: Line, columns: Sequence[Column], plain: bool) -> list[Text]:
    cells = []
    for i, (column, text) in enumerate(zip(columns, view.texts(line))):
        indent = INDENT * line.depth if i == 0 else ""
        style = "bold" if line.block and i == 0 else STYLES.get(column.kind, "")
        cells.append(Text(f"{indent}{text}", style="" if plain else style))
    return cells
