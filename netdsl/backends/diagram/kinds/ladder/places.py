"""Where the slabs of a U-Net stand: their sizes, the stairs of the two passes, and the words on the rungs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from netdsl.backends.diagram.kinds.ladder.maps import Map, Row, copied_shape
from netdsl.backends.diagram.kinds.ladder.text import doing, sides_text
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.settings import Settings

PAGE = 496.8  # points: the width of a page's text
TALLEST, LOWEST = 50.0, 26.0  # of the largest map's slab, as room allows
WIDEST, THINNEST = 15.0, 2.6  # of the slab with most channels; of that with fewest
GAP, LEAST_GAP = 21.0, 11.0  # between slabs of a row
STRETCH = 1.25  # how much longer the lowest row's arrows may be, for the words on the rung above
NUMBER = 8.6  # height of the channels above a slab
DROP = 17.0  # least length of a vertical arrow
SIDE = 4.0  # from a slab to the size that stands beside it
RUNG = 1.8  # width of a rung's line
CLEAR = 1.4  # between a slab and the end of an arrow
MARGIN = 2.0


def sized(rows: Sequence[Row], tallest: float, widest: float) -> None:
    """Heights and widths of all slabs."""
    maps = [item for row in rows for item in row.all]
    high = tallest / math.sqrt(max(item.side for item in maps))
    wide = widest / math.sqrt(max(item.shape.channels for item in maps))
    for item in maps:
        item.height = max(2.6, high * math.sqrt(item.side))
        item.width = max(THINNEST, wide * math.sqrt(item.shape.channels))
    for row in rows:
        if row.copied is not None:  # two parts of one map
            row.copied.height = row.up[0].height


def tallest_for(rows: Sequence[Row], settings: Settings) -> float:
    """The height of the largest slab, for the figure's."""
    if settings.height is None:
        return TALLEST
    sized(rows, 1.0, 1.0)
    total = sum(math.sqrt(row.all[0].side) for row in rows) / math.sqrt(rows[0].all[0].side)
    free = settings.height - 45 - len(rows) * (DROP + NUMBER + 4)
    return max(LOWEST, min(TALLEST, free / max(total, 1.0)))


# ------------------------------------------------------------------------------------------- columns
def columns(rows: Sequence[Row], gap: float) -> int:
    """Give every slab its x; the result is the form of the rungs' texts (`rung_forms`)."""
    for form in range(FORMS):
        for bottom in (gap, gap * (1 + STRETCH) / 2, gap * STRETCH):
            _place(rows, gap, bottom)
            if all(_fits(row, form) for row in rows):
                return form
    _place(rows, gap, gap)
    return FORMS


def _place(rows: Sequence[Row], gap: float, bottom: float) -> None:
    """The pass down as stairs from the left, the pass up as stairs to the right; arrows between rows are
    straight."""
    middle = 0.0
    for i, row in enumerate(rows):
        if not row.down:
            continue
        own = bottom if not row.up and i else gap
        at = middle - row.down[0].width / 2
        for item in row.down:
            item.left = at
            at = item.right + own
        middle = row.down[-1].middle
    for row in reversed(rows):
        if row.up:
            first = row.up[0]
            first.left = middle - first.width / 2
            before = row.copied.width if row.copied is not None else 0.0
            source = row.down[-1].right if row.down else -math.inf
            least = source + gap + before
            if first.left < least:  # the lowest row makes room for the rung above it
                _widen(rows[-1].down, least - first.left)
                first.left = least
            if row.copied is not None:
                row.copied.left = first.left - before
            at = first.right + gap
            for item in row.up[1:]:
                item.left = at
                at = item.right + gap
            middle = row.up[-1].middle
        at = row.last.right + gap
        for item in row.extra:
            item.left = at
            at = item.right + gap


def _widen(maps: Sequence[Map], more: float) -> None:
    """Make the gaps between maps larger, in all by so much."""
    for i, item in enumerate(maps):
        item.left += more * i / max(len(maps) - 1, 1)


def extent(rows: Sequence[Row]) -> float:
    """The width of all that is drawn."""
    lefts, rights = [], []
    for row in rows:
        beside = SIDE + pen.SMALL
        lefts.append(min(item.left for item in row.all) - beside)
        rights.append(max(item.right for item in row.all) + beside)
        for item in row.all:
            half = text_width(str(item.shape.channels), pen.SMALL) / 2
            lefts.append(item.middle - half)
            rights.append(item.middle + half)
    return max(rights) - min(lefts)


# ---------------------------------------------------------------------------------------------- rungs
FORMS = 4  # of the text on a rung, longest first


def rung_text(row: Row, form: int) -> str:
    """What a rung does: `copy, crop to 392x392` in several lengths; nothing in the last."""
    rung, shape = row.rung, copied_shape(row)
    if rung is None or form >= FORMS:
        return ""
    if not rung.cells:
        return ("copy", "copy", "copy", "")[form]
    if all(cell.kind == "shape" for cell in rung.cells):
        size = sides_text(shape)
        return (f"copy, crop to {size}", f"crop to {size}", size, "")[form]
    return (doing(rung.cells), doing(rung.cells), doing(rung.cells[:1]), "")[form]


def _fits(row: Row, form: int) -> bool:
    text = rung_text(row, form)
    if not text or row.copied is None:
        return True
    free = row.copied.left - row.down[-1].right
    return text_width(text, pen.SMALL) + 4 <= free


def half(item: Map) -> float:
    """From the middle of a slab to the size beside it, which keeps clear of the number above it too."""
    number = text_width(str(item.shape.channels), pen.SMALL) / 2
    return max(item.width / 2 + SIDE, number + 1.0)
