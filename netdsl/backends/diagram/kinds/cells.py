"""Figures of blocks: what is in one, with long labels, below what it reads; several stand side by side with
(a), (b), ... and share a legend. Szegedy et al. (2015), figure 2; He et al. (2016), figure 4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram.draw import Drawer
from netdsl.backends.diagram.figure import Figure
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
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import clean
from netdsl.design import Design

BETWEEN = 22.0  # panels
CAPTION = 18.0  # from a panel's end to the middle of its caption


class Panel(NamedTuple):
    figure: Figure
    title: str


def cells(designs: Sequence[Design], settings: Settings) -> Scene:
    """The parts `settings.only` of each network, or the whole of those that have no such part. Raises
    `NetError` (E436) where none has."""
    panels = [panel for design in designs for panel in _panels(design, settings)]
    width = settings.width or PAGE[0]
    keys = Keys([p.figure for p in panels], settings)
    for style in (CELL, SHORT, TIGHT):
        style = style.but(right=settings.direction == "right", sizes="none")
        drawn = [_drawn(panel, style) for panel in panels]
        rows = _rows(drawn, width - 2 * MARGIN)
        if max(map(_wide, rows)) <= width - 2 * MARGIN:
            break
    name = panels[0].title if len(panels) == 1 else designs[0].name
    scene = Scene(clean(name), " ".join(p.figure.description for p in panels))
    _arranged(scene, rows, [p.title for p in panels])
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
    found = []
    for path in settings.only:
        item = part(planner, path)
        titles = [clean(part(planner, p).titles()[-1]) for p in settings.only]
        own = titles[settings.only.index(path)]
        title = own if len(titles) > 1 and titles.count(own) == 1 else clean(path)
        drawer = Drawer(planner, level(plan, "layer", settings.expand))
        found.append(Panel(drawer.part(item, title), title))
    if not settings.only:
        drawn = Drawer(planner, level(plan, settings.level or "layer", settings.expand)).draw()
        found.append(Panel(drawn, clean(design.name)))
    return found


def _drawn(panel: Panel, style: Style) -> Scene:
    """One panel, with its axis at 0."""
    outputs = [n for n in panel.figure.nodes if n.kind == "output" and not n.training]
    built: Built = build(panel.figure, ends=frozenset(n.name for n in outputs))
    measure(built, style)
    scene = Scene(panel.title)
    brush = Brush(scene, style)
    Columns(built, [], style).place(brush)
    return scene


def _wide(row: Sequence[Scene]) -> float:
    total = -BETWEEN
    for scene in row:
        left, _, right, _ = scene.bounds()
        total += right - left + BETWEEN
    return total


def _rows(drawn: Sequence[Scene], width: float) -> list[list[Scene]]:
    """Panels side by side, in as few rows as the width allows, as even as can be."""
    for count in range(1, len(drawn) + 1):
        each = -(-len(drawn) // count)
        rows = [list(drawn[i : i + each]) for i in range(0, len(drawn), each)]
        if max(map(_wide, rows)) <= width:
            return rows
    return [[scene] for scene in drawn]


def _arranged(scene: Scene, rows: Sequence[Sequence[Scene]], titles: Sequence[str]) -> None:
    """Rows of panels, their captions on one line."""
    widest = max(map(_wide, rows))
    number, y = 0, 0.0
    for row in rows:
        x = (widest - _wide(row)) / 2
        tall = max(b - t for _, t, _, b in (panel.bounds() for panel in row))
        for panel in row:
            left, top, right, _ = panel.bounds()
            scene.add(panel, x - left, y - top)
            if len(titles) > 1:
                _caption(scene, x + (right - left) / 2, y + tall + CAPTION, number, titles[number])
            x += right - left + BETWEEN
            number += 1
        y += tall + (CAPTION + 16 if len(titles) > 1 else 0)


def _caption(scene: Scene, x: float, y: float, number: int, title: str) -> None:
    """`(a) basic`."""
    from netdsl.backends.diagram.scene.metrics import text_width

    mark = f"({chr(ord('a') + number % 26)})"
    size = pen.TITLE
    wide = text_width(mark, size, bold=True)
    total = wide + 3 + text_width(title, size)
    scene.text(x - total / 2, y, mark, size, "start", bold=True)
    scene.text(x - total / 2 + wide + 3, y, title, size, "start")
