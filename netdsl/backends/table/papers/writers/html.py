"""A sheet as a page of HTML that needs nothing else: a table with its spans, brackets drawn as borders."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netdsl.backends.table.papers.sheet import Cell, Column, Part, Sheet
from netdsl.escaping.markup import markup

POWER = re.compile(r"10\^(\d+)")
SIGN = re.compile(r"(?<=\d)x(?=\d)")
STYLE = """\
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; border-top: 2px solid; border-bottom: 2px solid; }
caption { font-weight: 600; text-align: left; padding-bottom: .5em; }
th, td { padding: .2em .7em; text-align: left; vertical-align: top; font-variant-numeric: tabular-nums; }
thead tr:last-child th { border-bottom: 1px solid; }
.right { text-align: right; }
.centre { text-align: center; }
.rule td { border-top: 1px solid #999; }
.strong td { font-weight: 600; }
.bracket { display: inline-block; border: solid; border-width: 0 1px; border-radius: 4px; padding: 0 .4em;
  vertical-align: middle; text-align: center; }
p { font-size: 13px; margin: .4em 0; max-width: 60em; }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #16181c; } }"""


def html_sheet(sheet: Sheet) -> str:
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{markup(sheet.title)}</title>",
        f"<style>\n{STYLE}\n</style>",
        "</head>",
        "<body>",
        "<table>",
        f"<caption>{_signed(sheet.title)}</caption>",
        "<thead>",
        *(f"<tr>{_row(cells, sheet.columns, 'th')}</tr>" for cells in sheet.head),
        "</thead>",
        "<tbody>",
    ]
    for i, line in enumerate(sheet.lines):
        marks = ["rule"] * (line.rule and i > 0) + ["strong"] * line.strong
        marked = f' class="{" ".join(marks)}"' if marks else ""
        lines.append(f"<tr{marked}>{_row(line.cells, sheet.columns, 'td')}</tr>")
    lines += ["</tbody>", "</table>", *(f"<p>{_signed(note)}</p>" for note in sheet.notes)]
    return "\n".join([*lines, "</body>", "</html>", ""])


def _row(cells: Sequence[Cell], columns: Sequence[Column], tag: str) -> str:
    out = []
    at = 0
    for own in cells:
        column = columns[at]
        side = "right" if column.right else "centre" if column.centre or own.span > 1 else ""
        side = "centre" if own.span > 1 else side
        marked = f' class="{side}"' if side else ""
        span = f' colspan="{own.span}"' if own.span > 1 else ""
        out.append(f"<{tag}{marked}{span}>{'<br>'.join(map(_part, own.parts))}</{tag}>")
        at += own.span
    return "".join(out)


def _part(part: Part) -> str:
    if isinstance(part, str):
        return _signed(part)
    inside = "<br>".join(map(_signed, part.lines))
    return f'<span class="bracket">{inside}</span> × {part.times}'


def _signed(text: str) -> str:
    """A text with the signs for times in `3x3` and for powers in `10^9`."""
    return POWER.sub(r"10<sup>\1</sup>", SIGN.sub("×", markup(text)))
