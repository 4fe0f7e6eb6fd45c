"""Columns that have their places, as shapes: bands, the columns themselves, totals, legend."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.kinds.column_layout import Sheet
from netdsl.backends.diagram.kinds.column_legend import entries, notes
from netdsl.backends.diagram.kinds.column_margin import ENTRY
from netdsl.backends.diagram.kinds.column_measures import LINE, TITLE, Measures
from netdsl.backends.diagram.kinds.column_parts import Column
from netdsl.backends.diagram.kinds.column_pen import FOOT, HEAD, ColumnPen
from netdsl.backends.diagram.scene import legend, pen
from netdsl.backends.diagram.scene.metrics import LEADING
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings

LEGEND = 200.0  # the least width of the legend, where the page has it


def width(found: Sheet) -> float:
    return found.width + 4  # the margin of the figure


def height(found: Sheet, own: Sequence[Column], settings: Settings) -> float:
    """Of the whole figure, with titles, totals and legend."""
    titles = max(len(place.title) for place in found.columns)
    total = (
        TITLE * (1 + LEADING * (titles - 1))
        + HEAD
        + ENTRY
        + found.height
        + FOOT
        + LINE * max(map(len, found.facts))
        + 4
    )
    if settings.legend:
        _, wide = _legend_place(found, settings)
        total += legend.height(entries(own), notes(own), wide) + 3
    return total


def draw(
    scene: Scene,
    own: Sequence[Column],
    found: Sheet,
    measures: Measures,
    settings: Settings,
) -> None:
    for i, band in enumerate(found.bands):
        fill = "band" if i % 2 == 0 else None
        if fill:
            tall = band.bottom - band.top
            scene.rect(0, band.top, found.width, tall, fill, None, 0, under=True)
        pen.texts(
            *(scene, 3, (band.top + band.bottom) / 2, band.label, pen.TITLE, "start"),
            bold=range(len(band.label)),
        )
    numbers = _numbers(found)
    for column, place, facts in zip(own, found.columns, found.facts):
        ColumnPen(scene, column, place, measures, numbers).draw(found.height, facts)
    if settings.legend:
        top = found.height + FOOT + LINE * max(map(len, found.facts)) + 3
        left, wide = _legend_place(found, settings)
        legend.legend(scene, left, top, wide, entries(own), notes(own))


def _legend_place(found: Sheet, settings: Settings) -> tuple[float, float]:
    """Where the legend begins and how wide it may be: wider than a single column, if the page is."""
    wide = max(found.width, min(LEGEND, (settings.width or LEGEND) - 4))
    return (found.width - wide) / 2, wide


def _numbers(found: Sheet) -> list[tuple[float, int]]:
    """Where stages begin, and their numbers."""
    return [(band.top, i) for i, band in enumerate(found.bands)]
