"""Figures of networks with two passes over the same resolutions: U-Net, feature pyramids, hourglasses.

| module        | from -> to                                                                  |
|---------------|-----------------------------------------------------------------------------|
| ladder_graph  | Design -> cells (ladder_cells): steps and blocks, what they read, strides   |
| ladder_passes | cells -> a ladder: the pass down, the pass up, rungs, tails; or none        |
| ladder_maps   | a ladder of plain layers and concatenations -> rows of maps                 |
| ladder_places | rows of maps -> places of slabs; ladder_slabs draws them                    |
| ladder_levels | rows of maps -> one slab a row and pass, for narrow columns                 |
| ladder_stages | any ladder -> boxes by column                                               |
| ladder_boxes  | boxes -> their places; ladder_lines draws them                              |
| ladder_ends   | what leaves and the heads that read it; ladder_keys: titles, legend         |
"""

from __future__ import annotations

from typing import NamedTuple

from netdsl.backends.diagram.kinds.ladder.boxes import DENSITIES, Boxes, Density
from netdsl.backends.diagram.kinds.ladder.ends import heads, named, outputs, outs_of
from netdsl.backends.diagram.kinds.ladder.graph import Graph
from netdsl.backends.diagram.kinds.ladder.keys import legend_of, titles
from netdsl.backends.diagram.kinds.ladder.levels import levels
from netdsl.backends.diagram.kinds.ladder.lines import Lines
from netdsl.backends.diagram.kinds.ladder.maps import rows_of
from netdsl.backends.diagram.kinds.ladder.passes import Ladder, recognised
from netdsl.backends.diagram.kinds.ladder.places import MARGIN, PAGE
from netdsl.backends.diagram.kinds.ladder.slabs import slabs
from netdsl.backends.diagram.labels import Words
from netdsl.backends.diagram.scene.legend import Entry, legend
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError

LEGEND = 7.0  # between a drawing and its legend
LEGEND_WIDTH = 226.0  # that a legend may take below a narrower drawing, as far as there is room


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
    else as boxes; `settings.level` "layer" draws every map, any other one slab a row. Raises `NetError`
    (E438) for a network that is no ladder."""
    plain = recognised(Graph(design, settings, plain=True))
    rows = rows_of(plain) if plain is not None else None
    if plain is not None and rows is not None:
        scene = slabs(plain, rows, settings) if settings.level in (None, "layer") else None
        if scene is None:
            scene = levels(plain, rows, settings)
        if scene is not None:
            return scene
    return _pyramid(_recognised(design, settings), settings)


def fpn_part(design: Design, settings: Settings) -> Part:
    """The ladder of a detector as boxes, without its heads and legend, the loosest that is at most
    `settings.width` wide, else the tightest. Raises `NetError` (E438) for a network that is no ladder."""
    found = _recognised(design, settings)
    room = settings.width or PAGE
    for density in DENSITIES[:-1]:
        part, wide = _part(found, density, settings)
        if wide <= room:
            return part
    return _part(found, DENSITIES[-1], settings)[0]


def _part(found: Ladder, density: Density, settings: Settings) -> tuple[Part, float]:
    """The part at a density, and how wide it is."""
    drawing = _drawn(found, density, settings)
    outs = outs_of(drawing)
    right = named(drawing, outs) if len(outs) > 1 else drawing.boxes.right
    entries, notes = legend_of(drawing)
    points = tuple((out.name, round(out.x, 2), round(out.y, 2)) for out in outs)
    part = Part(drawing.scene, points, tuple(entries), tuple(notes))
    return part, right - drawing.scene.bounds()[0]


def _recognised(design: Design, settings: Settings) -> Ladder:
    found = recognised(Graph(design, settings))
    if found is None:
        message = f"{design.name} is no ladder: it has no two passes over the same resolutions"
        hint = "a ladder has one pass down, one up, and at least two skips between equal strides"
        raise NetError([Diagnostic("E438", message, hint=hint)])
    return found


def _drawn(found: Ladder, density: Density, settings: Settings) -> Lines:
    drawing = Lines(Boxes(found, density, Words(settings.labels)))
    titles(drawing)
    return drawing


def _pyramid(found: Ladder, settings: Settings) -> Scene:
    """The figure of boxes, the loosest that fits, else the tightest."""
    room = settings.width or PAGE
    scene = Scene("")
    for density in DENSITIES:
        drawing = _drawn(found, density, settings)
        scene = drawing.scene
        outs = outs_of(drawing)
        if found.heads:
            heads(drawing, outs, room)
        elif len(outs) > 1:
            outputs(drawing, outs)
        if settings.legend:
            left, _, right, bottom = scene.bounds()
            entries, notes = legend_of(drawing)
            width = max(right - left, min(room - 2 * MARGIN, LEGEND_WIDTH))
            start = (left + right - width) / 2
            legend(scene, start, bottom + LEGEND, width, entries, notes)
        scene.crop(MARGIN)
        if scene.width <= room:
            break
    return scene
