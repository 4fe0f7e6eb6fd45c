"""The table as an HTML page that needs nothing else, and as the part of it that a notebook shows."""

from __future__ import annotations

from netdsl.backends.table.columns import Column
from netdsl.backends.table.view import STATES, Line, View
from netdsl.escaping.markup import markup

# Everything is below one class, so that a notebook around it stays as it is.
STYLE = """\
.netdsl-table { font: 14px/1.4 system-ui, sans-serif; color: #1a1a1a; background: #fff; padding: 1em;
  overflow-x: auto; }
.netdsl-table table { border-collapse: collapse; }
.netdsl-table caption { text-align: left; font-size: 1.2em; font-weight: 600; padding-bottom: .5em; }
.netdsl-table th, .netdsl-table td { padding: .15em .6em; text-align: left; white-space: nowrap;
  vertical-align: top; font-weight: normal; }
.netdsl-table thead th { border-top: 2px solid; border-bottom: 1px solid; font-weight: 600; }
.netdsl-table .number { text-align: right; font-variant-numeric: tabular-nums; }
.netdsl-table .block > * { font-weight: 600; }
.netdsl-table tbody + tbody, .netdsl-table tfoot { border-top: 1px solid; }
.netdsl-table tfoot > tr > * { font-weight: 600; }
.netdsl-table tfoot { border-bottom: 2px solid; }
.netdsl-table dl { display: grid; grid-template-columns: max-content auto; gap: 0 1em; }
.netdsl-table dd { margin: 0; }
.netdsl-table p { margin: .2em 0; font-size: .9em; color: #444; }
"""


class Page(str):
    """A whole page; notebooks show its table."""

    __slots__ = ("fragment",)
    fragment: str

    def _repr_html_(self) -> str:
        return self.fragment


def page(view: View) -> Page:
    """`view` as a page of its own."""
    inner = fragment(view)
    whole = Page(
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{markup(view.title)}</title>\n</head>\n<body>\n{inner}</body>\n</html>\n"
    )
    whole.fragment = inner
    return whole


def fragment(view: View) -> str:
    """The table with its style, facts and notes."""
    parts = [
        '<div class="netdsl-table">',
        f"<style>\n{STYLE}</style>",
        "<table>",
        f"<caption>{markup(view.title)}</caption>",
        f"<thead>\n<tr>{''.join(map(_head, view.columns))}</tr>\n</thead>",
        *_body("tbody", view, view.lines),
        *_body("tbody", view, view.stages),
        *_body("tfoot", view, view.totals),
        "</table>",
    ]
    if view.facts:
        parts.append("<dl>")
        parts += [f"<dt>{markup(name)}</dt><dd>{markup(fact)}</dd>" for name, fact in view.facts]
        parts.append("</dl>")
    parts += [f"<p>{_note(note)}</p>" for note in view.notes]
    return "\n".join([*parts, "</div>", ""])


def _head(column: Column) -> str:
    kind = ' class="number"' if column.right else ""
    about = f' title="{markup(column.about)}"' if column.about else ""
    return f'<th scope="col"{kind}{about}>{markup(column.title)}</th>'


def _body(tag: str, view: View, lines: tuple[Line, ...]) -> list[str]:
    return [f"<{tag}>", *(_row(view, line) for line in lines), f"</{tag}>"] if lines else []


def _row(view: View, line: Line) -> str:
    cells = []
    for i, (column, text) in enumerate(zip(view.columns, view.texts(line))):
        shown = markup(text).replace(" ... ", " &hellip; ")
        if column.kind in ("key", "word") and text and text not in STATES:
            shown = f"<code>{shown}</code>"
        if i == 0:
            indent = f' style="padding-left: {0.6 + 1.2 * line.depth:.1f}em"' if line.depth else ""
            cells.append(f'<th scope="row"{indent}>{shown}</th>')
        else:
            cells.append(
                f'<td class="number">{shown}</td>' if column.right else f"<td>{shown}</td>"
            )
    kind = ' class="block"' if line.block else ""
    return f"<tr{kind}>{''.join(cells)}</tr>"


def _note(note: str) -> str:
    """A note of ours, with what stands between backquotes in code letters."""
    parts = markup(note).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
