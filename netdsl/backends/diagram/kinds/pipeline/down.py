"""The boxes of a head down a column: the results side by side."""

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

GAP, APART = 8.0, 6.0  # between boxes; between columns


def down_size(flow: Flow) -> tuple[float, float]:
    """Width and height of a head whose boxes stand below each other, but for its results."""
    wide = max((wide_of(cell) for cell in flow.stem), default=0.0)
    high = sum(tall(len(cell.lines)) + GAP for cell in flow.stem)
    if flow.ends:
        columns = [max(wide_of(cell) for cell in end) for end in flow.ends]
        wide = max(wide, sum(columns) + APART * (len(columns) - 1))
        high += (6.0 if flow.stem else 9.0) + max(
            sum(tall(len(c.lines)) + GAP for c in end) for end in flow.ends
        )
    if flow.grid:
        high += GRID + 2 * UNDER + GAP
    last = flow.chosen or flow.result
    if last:
        text = (", ".join(last),)
        wide = max(wide, fitted(text, pen.TEXT))
        high += 6.0 + tall(1)
    return wide, high


def down(sheet: Sheet, flow: Flow, x: float, top: float) -> Ports:
    """Draw the boxes from the top around `x`."""
    names: list[str] = []
    entries: list[tuple[str, Point]] = []
    above: tuple[str, Point] | None = None
    before: tuple[str, Point] | None = None
    y = top
    for cell in flow.stem:
        wide, high = wide_of(cell), tall(len(cell.lines))
        name = sheet.box(cell.name, cell.kind, x, y + high / 2, wide, high, cell.lines, cell.steps)
        names.append(name)
        if before is None:
            entries.append((name, (x - wide / 2, y + high / 2)))
            above = name, (x, y)
        else:
            sheet.edge(before[0], name, [before[1], (x, y)])
        y += high
        before = name, (x, y)
        y += GAP
    tails: list[tuple[str, Point]] = []
    fork: float | None = None
    if flow.ends:
        fork = None if before else y + 1.0
        y += 6.0 if before else 9.0
        columns = [max(wide_of(cell) for cell in end) for end in flow.ends]
        left = x - (sum(columns) + APART * (len(columns) - 1)) / 2
        deepest = max(sum(tall(len(c.lines)) + GAP for c in end) for end in flow.ends)
        for end, column in zip(flow.ends, columns, strict=True):
            middle, at, last = left + column / 2, y, before
            for number, cell in enumerate(end):
                high = tall(len(cell.lines))
                box = (middle, at + high / 2, column, high)
                name = sheet.box(cell.name, cell.kind, *box, cell.lines, cell.steps)
                names.append(name)
                if last is None:
                    entries.append((name, (middle, at)))
                elif number == 0:
                    turn = at - 7.5
                    points = [last[1], (x, turn), (middle, turn), (middle, at)]
                    sheet.edge(last[0], name, points)
                else:
                    sheet.edge(last[0], name, [last[1], (middle, at)])
                at += high
                last = name, (middle, at)
                at += GAP
            assert last is not None
            tails.append(last)
            left += column + APART
        y += deepest
    if flow.grid and before is not None:
        y += UNDER
        name = draw_grid(sheet, flow, x, y + GRID / 2, beside=True)
        sheet.edge(before[0], name, [before[1], (x, y)])
        names.append(name)
        y += GRID
        before = name, (x, y)
        y += GAP
    last_box = flow.chosen or flow.result
    if last_box:
        text = (", ".join(last_box),)
        y += 6.0
        wide, high = fitted(text, pen.TEXT), tall(1)
        kind = "softmax" if flow.chosen else "output"
        name = sheet.box(f"{flow.word}.chosen", kind, x, y + high / 2, wide, high, text)
        names.append(name)
        for tail in tails or ([before] if before else []):
            turn = y - 7.5
            points = [tail[1], (tail[1][0], turn), (x, turn), (x, y)]
            sheet.edge(tail[0], name, points)
        before = name, (x, y + high)
        y += high
    return Ports(tuple(entries), above, before, tuple(names), x, y, fork)
