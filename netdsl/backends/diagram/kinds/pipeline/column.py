"""A detector as a column of stages, image below, and beside it a panel for each of its heads."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.items import Predictor
from netdsl.backends.diagram.kinds.pipeline.panels import (
    Tap,
    height_of,
    painted,
    panel_of,
    tapped,
)
from netdsl.backends.diagram.kinds.pipeline.rows import RowsPanel
from netdsl.backends.diagram.kinds.pipeline.stages import Backbone, Stage
from netdsl.backends.diagram.kinds.pipeline.units import sign_of, size_text
from netdsl.backends.diagram.kinds.pipeline.words import warping
from netdsl.backends.diagram.kinds.sheet import Sheet, fitted, tall
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.record import Record

BETWEEN = 12.5  # stages of a column, between which sizes stand
LANE = 5.5
RAIL = 8.0  # between lines to panels


class Standing(Record):
    """Where a stage of the column stands."""

    name: str
    left: float
    right: float
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


class Column(Record):
    """A drawn column: its stages by identity, and its edges."""

    places: dict[int, Standing]
    left: float
    right: float
    top: float
    bottom: float


def stage_lines(stage: Stage) -> tuple[str, ...]:
    if not stage.units:
        return (f"{stage.title} {size_text(stage)}", *stage.lines)
    return (stage.title, *stage.lines)


def column_width(stages: Sequence[Stage]) -> float:
    return max(fitted(stage_lines(stage), pen.TEXT, bold=(0,), least=56.0) for stage in stages)


def lanes_of(stages: Sequence[Stage]) -> dict[tuple[int, int], int]:
    """The lane on the left for each line that passes stages: shortest first, innermost first."""
    at = {id(stage): number for number, stage in enumerate(stages)}
    wanted = [
        (at[id(source)], number)
        for number, stage in enumerate(stages)
        for source in stage.reads
        if id(source) in at and at[id(source)] != number - 1
    ]
    out: dict[tuple[int, int], int] = {}
    for a, b in sorted(wanted, key=lambda pair: (pair[1] - pair[0], pair)):
        taken = {slot for (c, d), slot in out.items() if c < b and a < d}
        out[a, b] = next(n for n in range(len(out) + 1) if n not in taken)
    return out


def heights(stages: Sequence[Stage], backbone: Backbone) -> list[float]:
    found: list[float] = []
    for stage in stages:
        sign = sign_of(stage, backbone.design)
        found.append(2 * pen.CIRCLE if sign else tall(len(stage_lines(stage))))
    return found


def column(
    sheet: Sheet, backbone: Backbone, stages: Sequence[Stage], left: float, top: float
) -> Column:
    """Draw stages from below to above."""
    lanes = lanes_of(stages)
    left += LANE * (1 + max(lanes.values())) + 2 if lanes else 0.0
    wide = column_width(stages)
    x = left + wide / 2
    highs = heights(stages, backbone)
    total = sum(highs) + BETWEEN * (len(stages) - 1)
    places: dict[int, Standing] = {}
    y = top + total
    order: list[Standing] = []
    for stage, high in zip(stages, highs, strict=True):
        sign = sign_of(stage, backbone.design)
        if sign:
            name = sheet.sign(stage.name, x, y - high / 2, sign, stage.steps)
            place = Standing(name, x - high / 2, x + high / 2, y - high, y)
        else:
            lines = stage_lines(stage)
            bold = () if not stage.units else (0,)
            box = (x, y - high / 2, wide, high)
            look = stage.number if stage.units else None
            name = sheet.box(
                stage.name, stage.kind, *box, lines, stage.steps, bold=bold, stage=look
            )
            place = Standing(name, left, left + wide, y - high, y)
        places[id(stage)] = place
        order.append(place)
        y -= high + BETWEEN
    _edges(sheet, stages, order, lanes, x)
    first = left - (LANE * (1 + max(lanes.values())) if lanes else 0.0)
    return Column(places, first, left + wide, top, top + total)


def _edges(
    sheet: Sheet,
    stages: Sequence[Stage],
    order: list[Standing],
    lanes: dict[tuple[int, int], int],
    x: float,
) -> None:
    at = {id(stage): number for number, stage in enumerate(stages)}
    for number, stage in enumerate(stages):
        for source in stage.reads:
            if id(source) not in at:
                continue
            a = at[id(source)]
            tail, head = order[a], order[number]
            if a == number - 1:
                plate = 1.8 if source.kind == "stack" else 0.0
                sheet.edge(tail.name, head.name, [(x, tail.top - plate), (x, head.bottom)])
                continue
            lane = min(p.left for p in order) - LANE * (lanes[a, number] + 1)
            start, end = tail.middle - 3, head.middle + (3 if head.bottom - head.top > 12 else 0)
            points = [(tail.left, start), (lane, start), (lane, end), (head.left, end)]
            sheet.edge(tail.name, head.name, points, "shortcut", line=pen.SHORTCUT)
    for stage, place in zip(stages, order, strict=True):
        if stage.units and stage is not stages[-1]:
            y = place.top - BETWEEN / 2 - 0.4
            sheet.scene.text(x + 4, y, size_text(stage), pen.SMALL, "start", fill="muted")


def beside(sheet: Sheet, backbone: Backbone, width: float) -> None:
    """The column, and the panels of all heads on its right."""
    stages = backbone.stages
    lanes = lanes_of(stages)
    own = column_width(stages) + (LANE * (1 + max(lanes.values())) + 2 if lanes else 0.0)
    sources = _sources(backbone)
    for head in backbone.heads:
        sheet.note(warping(head))
    straight = len(backbone.heads) == 1 and len(backbone.heads[0].predictors) > 1
    straight = straight and backbone.heads[0].event.kind.form == "bars"
    beyond = max(0.0, _written(stages) - column_width(stages) / 2 + 4.0)
    gap = 14.0 if straight else 12.0 + beyond + RAIL * len(sources)
    room = width - own - gap
    panels = [panel_of(sheet, head, room, upright=True) for head in backbone.heads]
    high = sum(heights(stages, backbone)) + BETWEEN * (len(stages) - 1)
    needed = height_of(panels)
    only = panels[0] if len(panels) == 1 else None
    aligned = isinstance(only, RowsPanel) and _apart(only, backbone)
    top = 0.0 if aligned else max(0.0, (needed - high) / 2)
    standing = column(sheet, backbone, stages, 0.0, top)
    last = standing.places[id(stages[-1])]
    above = (last.left + last.right) / 2, last.top - 7.5
    sheet.scene.text(*above, size_text(stages[-1]), pen.SMALL, fill="muted")
    taps: dict[int, Tap] = {}
    for number, (key, stage) in enumerate(sources.items()):
        spot = standing.places[key]
        plate = pen.PLATE if stage.kind == "stack" else 0.0
        rail = standing.right + 9.0 + beyond + RAIL * number
        taps[key] = Tap(spot.name, (spot.right + plate, spot.middle), rail)
    lines = tapped(sheet, backbone, taps)
    if aligned and isinstance(only, RowsPanel):
        makers = [_maker(backbone, predictor) for predictor in only.head.predictors]
        at = [standing.places[id(stage)].middle for stage in makers if stage is not None]
        lines(only, only.paint(sheet, standing.right + gap, 0.0, room, at))
        return
    middles = [standing.places[key].middle for key in sources]
    wanted = sum(middles) / len(middles) - needed / 2 if middles else 0.0
    y = min(max(0.0, wanted), max(0.0, high - needed))
    painted(sheet, panels, lines, standing.right + gap, y, room)


def _maker(backbone: Backbone, predictor: Predictor) -> Stage | None:
    return backbone.maker(predictor.chain.entry or predictor.predicted.map)


def _apart(panel: RowsPanel, backbone: Backbone) -> bool:
    """Whether every row of a panel has a stage of its own, beside which it can stand."""
    makers = [_maker(backbone, predictor) for predictor in panel.head.predictors]
    if None in makers or len({id(stage) for stage in makers}) < len(makers):
        return False
    least = min((tall(len(stage_lines(s))) for s in makers if s is not None), default=0.0)
    return least + BETWEEN >= panel.pitch


def _written(stages: Sequence[Stage]) -> float:
    """How far the sizes between stages reach to the right of the column's axis."""
    shown = [size_text(stage) for stage in stages[:-1] if stage.units]
    return 4.0 + max((text_width(text, pen.SMALL) for text in shown), default=0.0)


def _sources(backbone: Backbone) -> dict[int, Stage]:
    """The stages whose maps heads read, by the identity of the stage."""
    return {id(stage): stage for head in backbone.heads for stage in backbone.read(head)}
