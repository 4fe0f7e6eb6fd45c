"""How nodes look in Graphviz: their attributes."""

from __future__ import annotations

import math

from netdsl.backends.diagram import html
from netdsl.backends.diagram.figure import Node, Split
from netdsl.backends.diagram.measure import (
    BAR_HEIGHT,
    CIRCLE,
    MAIN,
    MARGIN,
    ROW,
    SMALL,
    WIDER,
    margin_left,
    natural_width,
    node_height,
    order,
    text_width,
)
from netdsl.backends.diagram.text import TIMES
from netdsl.backends.diagram.theme import BAR, GREY, INK, LOOKS, MUTED, PAPER, SIGNS, SLANTS
from netdsl.backends.diagram.treatment import STARTED
from netdsl.weights import FROZEN

Attributes = dict[str, str]


def inches(points: float) -> str:
    return f"{points / 72:.3f}"


def point() -> Attributes:
    """Where a line splits or turns: just large enough to leave no gap in it."""
    return {"label": "", "shape": "point", "width": "0.016", "color": INK, "penwidth": "1"}


def unseen() -> Attributes:
    """A point that only keeps a place."""
    return {**point(), "style": "invis"}


def spacer(width: float) -> Attributes:
    """Room that is not seen."""
    size = {"width": inches(width), "height": "0.01", "fixedsize": "true"}
    return {"label": "", "shape": "box", "style": "invis", **size}


def circle(node: Node) -> Attributes:
    """A sum, a product, ..."""
    size = inches(CIRCLE)
    return {
        "label": html.label(html.text(SIGNS[node.kind], MAIN + 1)),
        "shape": "circle",
        "style": "filled,dashed" if node.training else "filled",
        "fillcolor": PAPER,
        "color": INK,
        "width": size,
        "height": size,
        "fixedsize": "true",
        "margin": "0",
    }


def beside(shape: str, borders: int = 0) -> Attributes:
    """A shape to the right of a line that goes down, close to where it begins, or where it has left so
    many panels. (Graphviz makes room for
    the label of an edge, but not where columns are laid out each on its own.)"""
    right = 4 + WIDER * text_width(shape, SMALL) / 2
    down = ROW / 2 - 1 + borders * (MARGIN + 1)
    return {
        "taillabel": html.label(html.text(shape)),
        "labelangle": f"{math.degrees(math.atan2(right, down)):.1f}",
        "labeldistance": f"{math.hypot(right, down) / 10:.3f}",
    }


def box(node: Node, width: float) -> Attributes:
    """A layer, or what stands for many."""
    look = LOOKS[node.kind]
    first, *others = node.lines
    lines = [html.text(first)]
    if node.times > 1:
        lines[0] += "&#160; " + html.text(f"{TIMES}{node.times}", bold=True)
    lines += [html.text(line, SMALL, MUTED) for line in others]
    height = node_height(node)
    dashed = ",dashed" if node.training and "dashed" not in look.style else ""
    settings = {
        "label": html.label(*lines),
        "shape": look.shape,
        "style": look.style + dashed,
        "fillcolor": GREY if FROZEN in node.treated else look.fill,
        "color": look.line,
        **thick(node.treated),
        "width": inches(width),
        "height": inches(height),
        **dict(look.extra),
    }
    if node.kind in SLANTS:
        settings["distortion"] = f"{SLANTS[node.kind] / height:.3f}"
    return settings


def thick(treated: str) -> Attributes:
    """The outline of what starts from a checkpoint."""
    return {"penwidth": "2.2"} if STARTED in treated else {}


def bar(node: Node, widths: list[int], split: Split) -> Attributes:
    """A dark bar as wide as its branches, each of which ends at its own place. Where one of them is the
    chain's own, room that is not seen beside the bar puts that one into the middle."""
    least = natural_width(node)
    if sum(widths) < least:
        widths = [2 * int(w * least / sum(widths) / 2) + 1 for w in widths]
    left = margin_left(split, widths)
    room = html.cell(left) if left else ""
    places = "".join(html.cell(widths[i], BAR, f"s{i}") for i in order(split))
    dark = node.kind == "concat"
    text = html.text(" ".join(node.lines), MAIN, PAPER if dark else INK, bold=True)
    fill = f'BGCOLOR="{BAR}"' if dark else f'BORDER="1" COLOR="{BAR}" BGCOLOR="{PAPER}"'
    size = f'COLSPAN="{len(widths)}" HEIGHT="{BAR_HEIGHT - 1:g}" {fill}'
    shown = html.table(room + places, f"{room}<TD {size}>{text}</TD>")
    return {"label": html.label(shown), "shape": "plain"}


def entry(widths: list[int], room: int) -> Attributes:
    """Places in a row at which lines come in and go on, and nothing between them, but `room` to their
    left. Each has a point more above and below it: Graphviz stops lines before."""
    ends = places = html.cell(room) if room else ""
    for i, width in enumerate(widths):
        half = html.cell(width // 2)
        ends += half + html.cell(1, INK) + half
        places += half + html.cell(1, INK, f"s{i}") + half
    return {"label": html.label(html.table(ends, places, ends)), "shape": "plain"}


def rail(node: Node, widths: list[int]) -> Attributes:
    """A thin line from the first to the last branch that starts at it, with the ends of the lines that
    meet it: Graphviz stops them a point before."""
    first, last = min(node.used), max(node.used)
    line, ends = "", ""
    for i, width in enumerate(widths):
        half = width // 2
        line += html.cell(half, INK if first < i <= last else "")
        line += html.cell(1, INK if first <= i <= last else "", f"s{i}")
        line += html.cell(half, INK if first <= i < last else "")
        ends += html.cell(half) + html.cell(1, INK if i in node.used else "") + html.cell(half)
    whole = sum(widths)
    entry = html.cell(whole // 2) + html.cell(1, INK) + html.cell(whole - whole // 2 - 1)
    rows = [f"<TD>{html.table(row)}</TD>" for row in (entry, line, ends)]
    return {"label": html.label(html.table(*rows)), "shape": "plain"}
