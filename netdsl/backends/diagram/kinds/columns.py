"""Networks side by side as columns, stages aligned: what differs between VGG-19, a plain network and a residual
one is seen row by row (He et al., "Deep residual learning for image recognition", 2015, figure 3)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from netdsl.backends.diagram.kinds.column_draw import draw, height, width
from netdsl.backends.diagram.kinds.column_fold import alike, shortened
from netdsl.backends.diagram.kinds.column_layout import Sheet, sheet
from netdsl.backends.diagram.kinds.column_measures import WIDEST, Measures, facts
from netdsl.backends.diagram.kinds.column_parts import Column, Subject
from netdsl.backends.diagram.kinds.column_rows import column
from netdsl.backends.diagram.kinds.column_stages import stages
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import LEVELS, Settings
from netdsl.backends.diagram.text import clean
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError

MOST = 5  # networks beside each other
WIDE, TALLEST = 496.8, 676.8  # 6.9 x 9.4 inches: a page's text, if nothing else is asked for
ROW, AROUND = 14.5, 120.0  # points that a row takes, and what stands around all rows
# equal runs once, blocks whole
FORMS = (
    (False, False),
    (True, False),
    (False, True),
    (True, True),
)

# What is given up first: air, then words, then the lines of boxes on shortcuts and room beside columns.
_NARROW = Measures(pen.SMALL, False, 9.4, True, 7.0, 9.0, 3.0)
MEASURES = (
    Measures(),
    Measures(height=8.8),
    Measures(long=False),
    Measures(long=False, height=8.8),
    _NARROW,
    _NARROW.but(height=8.8),
)


def columns(designs: Sequence[Design], settings: Settings | None = None) -> Scene:
    """One to five networks with their stages aligned, top to bottom.

    Every layer is a row. Where that is higher than `settings.height` (9.4 inches by default), equal blocks
    are folded, then blocks are one row each. Raises `NetError` for other numbers of networks or one with
    several inputs (E442), and where sizes are open (E432).
    """
    settings = settings or Settings()
    _check(designs)
    most, widest = settings.height or TALLEST, settings.width or WIDE
    chosen: tuple[list[Column], Sheet, Measures] | None = None
    least = (math.inf, math.inf)
    for own, measures in _plans(designs, settings):
        found = _sheet(own, measures, settings.width)
        over = (max(0.0, height(found, own, settings) - most), max(0.0, width(found) - widest))
        if over < least:
            least, chosen = over, (own, found, measures)
        if not any(over):
            break
    assert chosen is not None
    own, found, measures = _unfolded(*chosen, settings)
    scene = Scene(_listed([c.title for c in own]), _description(own, found))
    draw(scene, own, found, measures, settings)
    scene.crop()
    return scene


def _sheet(own: Sequence[Column], measures: Measures, page: float | None) -> Sheet:
    """Places for everything; columns move apart where the page has room."""
    stage = stages(own)
    found = sheet(own, stage, measures)
    spare = (page or 0.0) - width(found) - 0.1
    if spare <= 0 or len(own) < 2:
        return found
    return sheet(own, stage, measures, min(WIDEST, measures.beside + spare / (len(own) - 1)))


def _unfolded(
    own: list[Column], found: Sheet, measures: Measures, settings: Settings
) -> tuple[list[Column], Sheet, Measures]:
    """With the networks unfolded that take no more room so: what is folded for another's sake."""
    for i, folded in enumerate(own):
        if not folded.spans:
            continue
        whole = column(folded.subject, settings, False, folded.blocks)
        tried = [*own[:i], whole, *own[i + 1 :]]
        sheet_ = _sheet(tried, measures, settings.width)
        if sheet_.height <= found.height and width(sheet_) <= width(found):
            own, found = tried, sheet_
    return own, found, measures


def _plans(
    designs: Sequence[Design], settings: Settings
) -> Iterator[tuple[list[Column], Measures]]:
    """Columns and measures, those that show most first."""
    subjects = [
        Subject(design, name, settings.fuse) for design, name in zip(designs, _names(designs))
    ]
    own: list[Column] = []
    spare = (settings.height or TALLEST) - AROUND
    for forms in _forms(settings, 2 * ROW * max(one.total for one in subjects) > 3 * spare):
        own = [column(one, settings, *forms) for one in subjects]
        for measures in MEASURES:
            yield own, measures
    if settings.unroll or settings.level == LEVELS[0]:
        return
    own = [alike(one) for one in own]
    yield own, MEASURES[-1]
    yield [shortened(one, int(spare / ROW)) for one in own], MEASURES[-1]


def _forms(settings: Settings, long: bool) -> Sequence[tuple[bool, bool]]:
    """How much is folded, the least first; where it is `long` anyhow something is."""
    if settings.unroll:
        return FORMS[:1]
    if settings.level == LEVELS[0]:
        return FORMS[:2]
    if settings.level is not None:
        return FORMS[2:]
    return FORMS[1:] if long else FORMS


def _names(designs: Sequence[Design]) -> list[str]:
    """What the nodes of each network begin with: its name, numbered where several have it."""
    out: list[str] = []
    for design in designs:
        name, number = clean(design.name), 2
        while name in out:
            name, number = f"{clean(design.name)}#{number}", number + 1
        out.append(name)
    return out


def _check(designs: Sequence[Design]) -> None:
    if not 1 <= len(designs) <= MOST:
        message = f"columns are drawn of 1 to {MOST} networks, not of {len(designs)}"
        hint = "choose those that are compared, or make several figures"
        raise NetError([Diagnostic("E442", message, hint=hint)])
    for design in designs:
        name = clean(design.name)
        if len(design.inputs) != 1:
            message = f"`{name}` has {len(design.inputs)} inputs, and a column begins with one"
            hint = "the figure of the network alone has all of them"
            raise NetError([Diagnostic("E442", message, hint=hint)])
        (shape,) = (value.shape for value in design.inputs.values())
        if shape is None or not shape.known:
            message = (
                f"the input of `{name}` is {shape}: stages are aligned by sizes that are known"
            )
            hint = "give it a size, as in `--input 3x224x224`"
            raise NetError([Diagnostic("E432", message, hint=hint)])


def _listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _description(own: Sequence[Column], found: Sheet) -> str:
    """What somebody would say who sees the figure."""
    sizes = [band.label[0] for band in found.bands if band.label]
    each = "; ".join(f"{c.title}: {', '.join(facts(c))}" for c in own)
    many = "side by side, layer by layer" if len(own) > 1 else "layer by layer"
    ways = f"from maps of {sizes[0]} to {sizes[-1]}, " if sizes else ""
    return f"{_listed([c.title for c in own])} {many}, {ways}stages at the same height. {each}."
