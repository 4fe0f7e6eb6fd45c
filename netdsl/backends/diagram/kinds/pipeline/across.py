"""The boxes of a head across a page: the results one above the other."""

from __future__ import annotations

from netdsl.backends.diagram.kinds.pipeline.flow import (
    GRID,
    UNDER,
    Flow,
    Ports,
    draw_grid,
    wide_of,
)
from netdsl.backends.diagram.kinds.sheet import Sheet, fitted, tall
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Point

GAP, FORK = 11.0, 16.0  # between boxes; where a line forks or lines meet
APART = 6.0  # between rows


def across_size(flow: Flow) -> tuple[float, float]:
    """The least width and the height of a head whose boxes stand side by side."""
    wide = sum(wide_of(cell) for cell in flow.stem) + GAP * max(0, len(flow.stem) - 1)
    ends = [sum(wide_of(cell) for cell in end) + GAP * (len(end) - 1) for end in flow.ends]
    highs = [max(tall(len(cell.lines)) for cell in end) for end in flow.ends]
    if ends:
        wide += FORK + max(ends)
    if flow.grid:
        wide += GAP + GRID
    last = flow.chosen or flow.result
    if last:
        wide += (FORK if ends else GAP) + _last_wide(flow)
    stem = max((tall(len(cell.lines)) for cell in flow.stem), default=0.0)
    high = max(stem, sum(highs) + APART * (len(highs) - 1), tall(len(last)))
    return wide, max(high, GRID + 2 * UNDER if flow.grid else 0.0)


def _last_wide(flow: Flow) -> float:
    """The width of the last box; one with round ends has less room for its texts."""
    return fitted(flow.chosen, pen.TEXT) if flow.chosen else fitted(flow.result, pen.TEXT) + 7


def across(sheet: Sheet, flow: Flow, left: float, y: float, width: float) -> Ports:
    """Draw the boxes from the left around the height `y`; gaps grow with the width."""
    least, _ = across_size(flow)
    depth = max((len(end) for end in flow.ends), default=0)
    gaps = len(flow.stem) + bool(flow.grid) + max(0, depth - 1)
    gaps += bool(flow.ends and (flow.chosen or flow.result))
    spare = max(0.0, min(14.0, (width - least) / max(1, gaps)))
    x = left
    names: list[str] = []
    entries: list[tuple[str, Point]] = []
    above: tuple[str, Point] | None = None
    before: tuple[str, Point] | None = None
    for number, cell in enumerate(flow.stem):
        wide, high = wide_of(cell), tall(len(cell.lines))
        box = (x + wide / 2, y, wide, high)
        name = sheet.box(cell.name, cell.kind, *box, cell.lines, cell.steps, sideways=True)
        names.append(name)
        if before is None:
            entries.append((name, (x, y)))
        else:
            sheet.edge(before[0], name, [before[1], (x, y)])
        if number == 0:
            above = name, (x + wide / 2, y - high / 2)
        x += wide
        before = name, (x, y)
        x += GAP + spare
    tails: list[tuple[str, Point]] = []
    if flow.ends:
        x += FORK - GAP if flow.stem else 0.0
        tails, x, more = _ends_across(sheet, flow, x, y, before, spare, entries)
        names += more
        before = None
    if flow.grid and before is not None:
        name = draw_grid(sheet, flow, x + GRID / 2, y)
        sheet.edge(before[0], name, [before[1], (x, y)])
        names.append(name)
        before = name, (x + GRID, y)
        x += GRID + GAP + spare
    last = flow.chosen or flow.result
    if last:
        wide, high = _last_wide(flow), tall(len(last))
        x += FORK + spare if tails else 0.0
        kind = "softmax" if flow.chosen else "output"
        name = sheet.box(f"{flow.word}.chosen", kind, x + wide / 2, y, wide, high, last)
        names.append(name)
        for tail in tails or ([before] if before else []):
            turn = x - 8.5
            points = [tail[1], (turn, tail[1][1]), (turn, y), (x, y)]
            sheet.edge(tail[0], name, points if abs(tail[1][1] - y) > 0.1 else [tail[1], (x, y)])
        x += wide
        before = name, (x - wide / 2, y + high / 2)
    _, high = across_size(flow)
    return Ports(tuple(entries), above, before, tuple(names), x, y + high / 2)


def _ends_across(
    sheet: Sheet,
    flow: Flow,
    x: float,
    y: float,
    before: tuple[str, Point] | None,
    spare: float,
    entries: list[tuple[str, Point]],
) -> tuple[list[tuple[str, Point]], float, list[str]]:
    """The layers of each result, one row above the other, their last boxes aligned."""
    highs = [max(tall(len(cell.lines)) for cell in end) for end in flow.ends]
    total = sum(highs) + APART * (len(highs) - 1)
    depth = max(len(end) for end in flow.ends)
    wides = [
        max((wide_of(end[-back]) for end in flow.ends if back <= len(end)), default=0.0)
        for back in range(depth, 0, -1)
    ]
    tails: list[tuple[str, Point]] = []
    names: list[str] = []
    top = y - total / 2
    for end, high in zip(flow.ends, highs, strict=True):
        row = top + high / 2
        at = x + sum(wides[: depth - len(end)]) + (GAP + spare) * (depth - len(end))
        last = before
        for number, cell in enumerate(end):
            wide = wides[depth - len(end) + number]
            box = (at + wide / 2, row, wide, tall(len(cell.lines)))
            name = sheet.box(cell.name, cell.kind, *box, cell.lines, cell.steps, sideways=True)
            names.append(name)
            if last is None:
                entries.append((name, (at, row)))
            elif number == 0:
                turn = at - 9.0
                points = [last[1], (turn, last[1][1]), (turn, row), (at, row)]
                straight = abs(row - last[1][1]) < 0.1
                sheet.edge(last[0], name, [last[1], (at, row)] if straight else points)
            else:
                sheet.edge(last[0], name, [last[1], (at, row)])
            at += wide
            last = name, (at, row)
            at += GAP + spare
        assert last is not None
        tails.append(last)
        top += high + APART
    right = x + sum(wides) + (GAP + spare) * (depth - 1)
    return tails, right, names
