"""Graphviz's HTML-like labels: texts of a network in them are escaped, whatever they hold."""

from __future__ import annotations

from html import escape


def text(
    shown: str, size: float | None = None, color: str | None = None, bold: bool = False
) -> str:
    """Text in a size (points) and colour. Graphviz would take `\\N` and its like for names."""
    out = escape(shown).replace("\\", 2 * "\\")
    if bold:
        out = f"<B>{out}</B>"
    settings = ""
    if size is not None:
        settings += f' POINT-SIZE="{size:g}"'
    if color is not None:
        settings += f' COLOR="{color}"'
    return f"<FONT{settings}>{out}</FONT>" if settings else out


def label(*lines: str, align: str = "") -> str:
    """A label of several lines."""
    turn = f'<BR ALIGN="{align}"/>' if align else "<BR/>"
    return f"<{turn.join(lines)}{turn if align else ''}>"


def cell(width: int, color: str = "", port: str = "") -> str:
    """An empty cell, one point high."""
    name = f' PORT="{port}"' if port else ""
    fill = f' BGCOLOR="{color}"' if color else ""
    return f'<TD{name}{fill} FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="1"></TD>'


def table(*rows: str) -> str:
    """A table without lines or spaces."""
    shown = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{shown}</TABLE>'
