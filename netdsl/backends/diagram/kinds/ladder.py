"""Figures of networks with two passes over the same resolutions: U-Net, feature pyramids, hourglasses.

| module        | from -> to                                                                    |
|---------------|-------------------------------------------------------------------------------|
| ladder_cells  | Design -> cells: steps and blocks with what they read and their strides       |
| ladder_passes | cells -> a ladder: the pass down, the pass up, rungs, tails; or none          |
| ladder_maps   | a ladder of plain layers and concatenations -> rows of maps                   |
| ladder_slabs  | rows of maps -> the figure of a U-Net; ladder_levels: in a narrow column      |
| ladder_stages | any ladder -> boxes by column                                                 |
| ladder_boxes  | boxes -> the figure of a feature pyramid; ladder_ends: names, heads, legend   |
"""

from __future__ import annotations

from typing import NamedTuple

from netdsl.backends.diagram.kinds.ladder_boxes import DENSITIES, Boxes
from netdsl.backends.diagram.kinds.ladder_cells import Graph
from netdsl.backends.diagram.kinds.ladder_ends import (
    heads,
    legend_of,
    named,
    outputs,
    outs_of,
    titles,
)
from netdsl.backends.diagram.kinds.ladder_levels import levels
from netdsl.backends.diagram.kinds.ladder_maps import rows_of
from netdsl.backends.diagram.kinds.ladder_passes import Ladder, recognised
from netdsl.backends.diagram.kinds.ladder_slabs import MARGIN, PAGE, slabs
from netdsl.backends.diagram.scene.legend import Entry, legend
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError

LEGEND = 7.0  # between a drawing and its legend


class Part(NamedTuple):
    """A ladder as part of a larger figure. `scene` is not cropped; `outs` are what leaves it on the right,
    from top to bottom: its name (`P4`) and where its line may begin. `entries` and `notes` are what a
    legend has to say of it."""

    scene: Scene
    outs: tuple[tuple[str, float, float], ...]
    entries: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()


def is_ladder(design: Design) -> bool:
    """Whether a network has a pass down, a pass up, and rungs between equal strides."""
    return recognised(Graph(design)) is not None


def ladder(design: Design, settings: Settings) -> Scene:
    """The figure of a network that is a ladder: as maps where it is of plain layers and concatenations,
    else as boxes. Raises `NetError` (E438) for one that is none."""
    plain = recognised(Graph(design, plain=True))
    rows = rows_of(plain) if plain is not None else None
    if plain is not None and rows is not None:
        scene = None
        if settings.level in (None, "layer"):
            scene = slabs(plain, rows, settings)
        if scene is None and settings.level != "layer":
            scene = levels(plain, rows, settings)
        if scene is not None:
            return scene
    return _pyramid(_recognised(design), settings)


def fpn_part(design: Design, settings: Settings) -> Part:
    """The ladder of a detector as boxes, without its heads and legend, at most `settings.width` wide if that
    can be. Raises `NetError` (E438) for a network that is no ladder."""
    found = _recognised(design)
    room = settings.width or PAGE
    drawing = None
    for density in DENSITIES:
        drawing = Boxes(found, density)
        titles(drawing)
        outs = outs_of(drawing)
        right = named(drawing, outs) if len(outs) > 1 else drawing.right
        if right - drawing.scene.bounds()[0] <= room:
            break
    assert drawing is not None
    entries, notes = legend_of(drawing)
    points = tuple((out.name, out.x, out.y) for out in outs_of(drawing))
    return Part(drawing.scene, points, tuple(entries), tuple(notes))


def _recognised(design: Design) -> Ladder:
    found = recognised(Graph(design))
    if found is None:
        message = f"{design.name} is no ladder: it has no two passes over the same resolutions"
        hint = "a ladder has one pass down, one up, and at least two skips between equal strides"
        raise NetError([Diagnostic("E438", message, hint=hint)])
    return found


def _pyramid(found: Ladder, settings: Settings) -> Scene:
    """The figure of boxes, the loosest that fits."""
    room = settings.width or PAGE
    scene = Scene("")
    for density in DENSITIES:
        drawing = Boxes(found, density)
        scene = drawing.scene
        titles(drawing)
        outs = outs_of(drawing)
        if found.heads:
            heads(drawing, outs, room)
        elif len(outs) > 1:
            outputs(drawing, outs)
        if settings.legend:
            left, _, right, bottom = scene.bounds()
            entries, notes = legend_of(drawing)
            width = max(right - left, min(room - 2 * MARGIN, 230.0))
            start = (left + right - width) / 2
            legend(scene, start, bottom + LEGEND, width, entries, notes)
        scene.crop(MARGIN)
        if scene.width <= room:
            break
    return scene
