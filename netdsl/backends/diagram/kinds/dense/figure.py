"""The figure of networks with dense blocks: the network from left to right, and one block with all its arcs.

Huang et al., "Densely connected convolutional networks", 2016, draw the same in figures 1 and 2. In a dense block
every layer reads all before it; an edge for each would be n * (n + 1) / 2 lines in a block, so one block stands for
all, and the others say how often they repeat a layer.
"""

from __future__ import annotations

from netdsl.backends.diagram.items import DenseItem, Item, Sub
from netdsl.backends.diagram.kinds.dense.block import Inset, inset
from netdsl.backends.diagram.kinds.dense.reader import parts_of
from netdsl.backends.diagram.kinds.dense.row import DensePart, Part
from netdsl.backends.diagram.kinds.dense.slots import ALL
from netdsl.backends.diagram.kinds.parts import inside
from netdsl.backends.diagram.kinds.row import Row, row
from netdsl.backends.diagram.kinds.sheet import WORDS, Sheet
from netdsl.backends.diagram.parts import part
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import clean, plural
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError

PAGE = 496.8
BELOW = 30.0  # between the row and the block below it


def dense(design: Design, settings: Settings) -> Scene:
    """A network with dense blocks, or with `settings.only` the first of those parts. A part that is a single dense
    block is drawn as such.

    Raises `NetError`: no such part (E436), no dense block (E437).
    """
    planner = Planner(design)
    prefix = settings.only[0] if settings.only else ""
    items = (part(planner, prefix).plan if prefix else planner.scope(design.net)).items
    found = list(dense_items(items, f"{prefix}." if prefix else ""))
    if not found:
        message = f"{prefix or design.name} has no dense block"
        raise NetError([Diagnostic("E437", message, hint="other figures draw every network")])
    width = settings.width or PAGE
    name, chosen = exemplar(found)
    only = items
    while len(only) == 1 and isinstance(only[0], Sub):
        only = only[0].plan.items
    alone = len(only) == 1 and isinstance(only[0], DenseItem)
    sheet = Sheet(clean(design.name), _said(design, found))
    if alone:
        inset(sheet, Inset(chosen, prefix or name, ""), 0.0, 0.0, width - 4, counted=True)
        return sheet.finish(settings.width, keyed=settings.legend)
    parts, reads = parts_of(design, items, prefix, sheet, width - 4)
    drawn = row(sheet, parts, width - 4, reads)
    if "stack" in sheet.kinds:  # it stands for something else in the row
        sheet.words["stack"] = WORDS["stack"]
    _below(sheet, drawn, parts, Inset(chosen, name, ""), width - 4)
    return sheet.finish(settings.width, keyed=settings.legend)


def dense_items(
    items: list[Item], prefix: str = "", label: str = ""
) -> list[tuple[str, DenseItem]]:
    """The dense blocks in items, in order, with their names."""
    out: list[tuple[str, DenseItem]] = []
    for item in items:
        if isinstance(item, DenseItem):
            out.append((label or f"{prefix}dense", item))
            continue
        if isinstance(item, Sub):
            name = prefix + ".".join(item.path)
            out += dense_items(item.plan.items, f"{name}.", name)
            continue
        for inner in inside(item):
            out += dense_items(inner, prefix)
    return out


def exemplar(found: list[tuple[str, DenseItem]]) -> tuple[str, DenseItem]:
    """The block that is drawn with all its arcs: the first of three to eight layers, else the first that
    has few, else the shortest."""
    for least in (3, 2):
        for name, item in found:
            if least <= len(item.iterations) <= ALL:
                return name, item
    return min(found, key=lambda pair: abs(len(pair[1].iterations) - ALL))


def _below(sheet: Sheet, drawn: Row, parts: list[Part], chosen: Inset, width: float) -> None:
    """The block, and a wedge from the panel that it enlarges if nothing stands between."""
    left, _, right, bottom = sheet.scene.bounds()
    wide = max(right - left, min(width, 300.0))
    start = (left + right - wide) / 2
    top = bottom + BELOW
    for unit, place in zip(parts, drawn.places, strict=True):
        if not isinstance(unit, DensePart) or unit.item is not chosen.item:
            continue
        if place.line == drawn.lines - 1:
            points = [(place.left, place.bottom), (place.right, place.bottom)]
            points += [(start + wide, top), (start, top)]
            sheet.scene.path(points, "panel", None, 0, under=True)
            sheet.scene.under.insert(0, sheet.scene.under.pop())  # behind the panels beside it
        else:
            top -= BELOW / 2
        break
    inset(sheet, chosen, start, top, wide, counted=False)


def _said(design: Design, found: list[tuple[str, DenseItem]]) -> str:
    layers = [len(item.iterations) for _, item in found]
    many = ", ".join(map(str, layers[:8])) + (", ..." if layers[8:] else "")
    blocks = plural(len(found), "dense block")
    return (
        f"{clean(design.name)} with {blocks} of {many} layers, each of which reads all before it."
    )
