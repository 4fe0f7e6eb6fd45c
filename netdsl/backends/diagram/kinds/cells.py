"""Figures of blocks: what is in one, with long labels, below what it reads; several stand side by side with
(a), (b), ... and share a legend. Szegedy et al. (2015), figure 2; He et al. (2016), figure 4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram import figure
from netdsl.backends.diagram.draw import Drawer
from netdsl.backends.diagram.figure import Child, Figure, Node, Split
from netdsl.backends.diagram.items import Sub
from netdsl.backends.diagram.layout.brush import Brush
from netdsl.backends.diagram.layout.build import Built, build
from netdsl.backends.diagram.layout.columns import Columns
from netdsl.backends.diagram.layout.fit import MARGIN, PAGE, measure
from netdsl.backends.diagram.layout.style import CELL, SHORT, TIGHT, Style
from netdsl.backends.diagram.legends import Keys
from netdsl.backends.diagram.levels import level
from netdsl.backends.diagram.parts import part
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.legend import legend as draw_legend
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import clean
from netdsl.design import Design
from netdsl.diagnostics import NetError

BETWEEN = 22.0  # panels
CAPTION = 18.0  # from a panel's end to the middle of its caption


class Panel(NamedTuple):
    """A part of a network, or all of it where the path is empty."""

    figure: Figure
    title: str
    design: str
    path: str = ""


class Shown(NamedTuple):
    """A panel that is drawn, and the width of it and its caption."""

    scene: Scene
    title: str
    width: float


def cells(designs: Sequence[Design], settings: Settings) -> Scene:
    """The parts `settings.only` of each network, or the whole of those that have no such part. Raises
    `NetError` (E436) for a part that none of them has."""
    panels = _captioned([panel for design in designs for panel in _panels(design, settings)])
    _all_there(designs, panels, settings)
    width = settings.width or PAGE[0]
    keys = Keys([p.figure for p in panels], settings, cell=True)
    for style in (CELL, SHORT, TIGHT):
        style = style.but(right=settings.direction == "right", sizes="none")
        drawn = [
            _shown(panel, style, number, settings.fuse == "all")
            for number, panel in enumerate(panels)
        ]
        rows = _rows(drawn, width - 2 * MARGIN)
        if max(map(_wide, rows)) <= width - 2 * MARGIN:
            break
    name = panels[0].title if len(panels) == 1 else designs[0].name
    scene = Scene(clean(name), " ".join(p.figure.description for p in panels))
    _arranged(scene, rows, len(panels) > 1)
    left, _, right, bottom = scene.bounds()
    if keys.entries or keys.notes:
        room = max(right - left, min(0.7 * width, width - 2 * MARGIN))
        middle = (left + right) / 2
        draw_legend(scene, middle - room / 2, bottom + 8, room, keys.entries, keys.notes)
    scene.crop(MARGIN)
    return scene


def _panels(design: Design, settings: Settings) -> list[Panel]:
    planner = Planner(design, settings)
    plan = planner.scope(design.net)
    name = clean(design.name)
    items = {path: item for path in settings.only for item in [_part(planner, path)] if item}
    titles = [clean(item.titles()[-1]) for item in items.values()]
    found = []
    for path, item in items.items():
        own = clean(item.titles()[-1])
        title = own if len(set(titles)) == len(titles) > 1 else clean(path)
        drawer = Drawer(planner, level(plan, "layer", settings.expand))
        found.append(Panel(_without_panels(drawer.part(item, title)), title, name, path))
    if not items:
        drawn = Drawer(planner, level(plan, settings.level or "layer", settings.expand)).draw()
        found.append(Panel(_without_panels(drawn), name, name))
    return found


def _part(planner: Planner, path: str) -> Sub | None:
    try:
        return part(planner, path)
    except NetError:
        return None


def _all_there(designs: Sequence[Design], panels: Sequence[Panel], settings: Settings) -> None:
    """Raise what the first network says of a path that no panel shows."""
    shown = {panel.path for panel in panels}
    for path in settings.only:
        if path not in shown:
            part(Planner(designs[0], settings), path)


def _captioned(panels: Sequence[Panel]) -> list[Panel]:
    """What tells them apart: the part, if each has its own; the network, if each is of another; else both."""
    titles = [panel.title for panel in panels]
    if len(set(titles)) < len(panels):
        apart = len({panel.design for panel in panels}) == len(panels)
        titles = [p.design if apart or not p.path else f"{p.design}, {p.title}" for p in panels]
    own = _without_beginning([title.split("_") for title in titles])
    return [p._replace(title=" ".join(words)) for p, words in zip(panels, own, strict=True)]


def _without_beginning(titles: list[list[str]]) -> list[list[str]]:
    """Titles without the words that all begin with, if the others say enough: `A` and `B` do not."""
    common = 0
    while all(len(words) > common + 1 for words in titles) and len(titles) > 1:
        if len({words[common] for words in titles}) > 1:
            break
        common += 1
    own = [words[common:] for words in titles]
    return own if all(len("".join(words)) > 3 for words in own) else titles


def _without_panels(drawn: Figure) -> Figure:
    return drawn.but(children=_plain(drawn.children))


def _plain(children: Sequence[Child]) -> list[Child]:
    """What is in a part, where a panel with a plain chain is that chain: what a figure of layers is about."""
    out: list[Child] = []
    for child in children:
        if isinstance(child, Split):
            child = child.but(branches=[_plain(branch) for branch in child.branches])
        elif isinstance(child, figure.Panel):
            child = child.but(children=_plain(child.children))
            told = child.times > 1 or child.training or child.treated  # and not the name alone
            plain = all(isinstance(inner, Node) for inner in child.children)
            if child.kind in ("block", "group") and plain and not told:
                out += child.children
                continue
        out.append(child)
    return out


def _shown(panel: Panel, style: Style, number: int, fuses: bool) -> Shown:
    scene = _drawn(panel, style, fuses)
    left, _, right, _ = scene.bounds()
    return Shown(scene, panel.title, max(right - left, _caption_width(panel.title, number)))


def _drawn(panel: Panel, style: Style, fuses: bool) -> Scene:
    """One panel, with its axis at 0."""
    outputs = [n for n in panel.figure.nodes if n.kind == "output" and not n.training]
    built: Built = build(panel.figure, ends=frozenset(n.name for n in outputs), fuses=fuses)
    measure(built, style)
    scene = Scene(panel.title)
    brush = Brush(scene, style)
    Columns(built, [], style).place(brush)
    return scene


def _wide(row: Sequence[Shown]) -> float:
    return sum(shown.width for shown in row) + BETWEEN * (len(row) - 1)


def _rows(drawn: Sequence[Shown], width: float) -> list[list[Shown]]:
    """Panels side by side, in as few rows as the width allows, as even as can be."""
    for count in range(1, len(drawn) + 1):
        each = -(-len(drawn) // count)
        rows = [list(drawn[i : i + each]) for i in range(0, len(drawn), each)]
        if max(map(_wide, rows)) <= width:
            return rows
    return [[shown] for shown in drawn]


def _arranged(scene: Scene, rows: Sequence[Sequence[Shown]], captions: bool) -> None:
    """Rows of panels, their captions on one line."""
    widest = max(map(_wide, rows))
    number, y = 0, 0.0
    for row in rows:
        x = (widest - _wide(row)) / 2
        tall = max(b - t for _, t, _, b in (shown.scene.bounds() for shown in row))
        for shown in row:
            left, top, right, _ = shown.scene.bounds()
            middle = x + shown.width / 2
            before = f"{number + 1}." if captions else ""  # every name is there once
            scene.add(shown.scene, middle - (left + right) / 2, y - top, before)
            if captions:
                _caption(scene, middle, y + tall + CAPTION, number, shown.title)
            x += shown.width + BETWEEN
            number += 1
        y += tall + (CAPTION + 16 if captions else 0)


def _mark(number: int) -> str:
    return f"({chr(ord('a') + number % 26)})"


def _caption(scene: Scene, x: float, y: float, number: int, title: str) -> None:
    """`(a) basic`."""
    mark = _mark(number)
    wide = text_width(mark, pen.TITLE, bold=True)
    start = x - _caption_width(title, number) / 2
    scene.text(start, y, mark, pen.TITLE, "start", bold=True)
    scene.text(start + wide + 3, y, title, pen.TITLE, "start")


def _caption_width(title: str, number: int) -> float:
    return text_width(_mark(number), pen.TITLE, bold=True) + 3 + text_width(title, pen.TITLE)
