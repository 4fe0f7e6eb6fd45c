"""The body of a head as boxes: what all maps or regions go through, the layers that end it side by side, and how
detections are chosen of what they give. The same boxes are laid out across a page or down a column."""

from __future__ import annotations

from collections import Counter

from netdsl.backends.diagram import labels
from netdsl.backends.diagram.items import HeadItem, Item, Sub
from netdsl.backends.diagram.kinds.parts import Cell, cells
from netdsl.backends.diagram.kinds.pipeline_predictors import predictor_cells
from netdsl.backends.diagram.kinds.pipeline_words import (
    choosing,
    grid_side,
    lines_of,
    outcome,
    proposing,
)
from netdsl.backends.diagram.kinds.sheet import Sheet, fitted, tall
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Point
from netdsl.backends.diagram.steps import own_steps
from netdsl.backends.diagram.text import TIMES, clean, shape_text
from netdsl.design import Applied
from netdsl.record import Record

GAP, FORK = 11.0, 16.0  # between boxes; where a line forks or lines meet
APART = 6.0  # between boxes side by side
DOWN_GAP = 8.0
GRID, UNDER = 36.0, 9.0  # a drawn grid; for a text above and below it


class Flow:
    """The boxes of a head. `stem` is gone through by all, `ends` are what follows for each result, `chosen` is how
    detections are made of them. Where there is little room, fully connected layers that follow one another are
    one box (`brief` of 1), and how detections are chosen is said in words (2)."""

    def __init__(self, head: HeadItem, sheet: Sheet, brief: int = 0) -> None:
        self.head = head
        self.word = head.event.word
        prefix = f"{self.word}."
        self.stem = [*_pool(head), *_cells(head.stem, sheet, prefix)]
        self.grid = 0  # places on a side of the map on which boxes are predicted, where it is drawn
        for predictor in head.predictors if head.event.kind.form == "bars" else ():
            self.stem += predictor_cells(predictor, sheet, prefix)
            self.grid = grid_side(predictor) if len(head.predictors) == 1 else 0
        self.ends = [_end(head, name, sheet, prefix) for name in head.ends]
        kind = head.event.kind
        self.chosen: tuple[str, ...] = ()
        if head.event.kind.form == "maps" and hasattr(kind, "proposals"):
            self.chosen = proposing(kind)
        elif self.ends or head.predictors:
            self.chosen = choosing(kind)
        self.words = ""
        if brief:
            self.stem = _joined(self.stem)
        if brief > 1 and not hasattr(kind, "proposals"):
            self.words, self.chosen = ", ".join(self.chosen), ()
        self.result: tuple[str, ...] = ()
        if kind.form == "plain" and head.event.outputs:
            value = next(iter(head.event.outputs.values()))
            self.result = ("class scores", shape_text(value.shape))

    @property
    def pooled(self) -> bool:
        return self.head.event.pool is not None


class Ports(Record):
    """Where lines enter and leave a drawn head: the boxes that read its maps, with the points where lines end;
    the first box's upper side, at which proposals arrive; the last box."""

    entries: tuple[tuple[str, Point], ...]
    above: tuple[str, Point] | None
    last: tuple[str, Point] | None
    names: tuple[str, ...]
    right: float
    bottom: float


def _pool(head: HeadItem) -> list[Cell]:
    """The step that cuts regions out."""
    pool = head.event.pool
    if pool is None or not isinstance(pool.what, Applied) or pool.output is None:
        return []
    word = labels.long(pool.what.layer).rpartition(" ")[0]
    lines = (word, shape_text(pool.output.shape))
    steps = Counter(own_steps(head))
    return [Cell(f"{head.event.word}.{pool.word}", "pool", " ".join(lines), lines, steps)]


def _cells(items: list[Item], sheet: Sheet, prefix: str) -> list[Cell]:
    """Boxes of steps; dropout is in the box of the layer before it."""
    out: list[Cell] = []
    for cell in cells(items, sheet.steps, prefix):
        if cell.kind == "dropout" and out:
            last = out[-1]
            total = last.steps + cell.steps
            out[-1] = Cell(last.name, last.kind, last.text, last.lines, total, last.prepared)
            sheet.note(f"{cell.text} is in the box before it")
            continue
        out.append(_called(cell) if cell.kind == "linear" else cell)
    return out


def _joined(found: list[Cell]) -> list[Cell]:
    """Fully connected layers that follow one another as one box."""
    out: list[Cell] = []
    for cell in found:
        last = out[-1] if out else None
        if last is not None and last.kind == cell.kind == "linear" and len(last.lines) < 3:
            lines, steps = (*last.lines, *cell.lines), last.steps + cell.steps
            out[-1] = Cell(last.name, last.kind, last.text, lines, steps, last.prepared)
        else:
            out.append(cell)
    return out


def _called(cell: Cell) -> Cell:
    """A fully connected layer by its own name: `fc6, 4096`."""
    name = cell.name.rpartition(".")[2]
    number = cell.text.rpartition(", ")[2]
    if name.rstrip("0123456789") in ("linear", ""):
        return cell
    lines = (f"{name}, {number}",) if name.startswith("fc") else (name, cell.text)
    return Cell(cell.name, cell.kind, lines[0], lines, cell.steps, cell.prepared)


def _end(head: HeadItem, name: str, sheet: Sheet, prefix: str) -> list[Cell]:
    """The steps that only one of the results needs; the last box says what its channels are."""
    *before, last = head.ends[name].items
    found: list[Cell] = []
    for item in before:
        if isinstance(item, Sub) and item.label:
            lines = (clean(item.label, 20), *lines_of(item.plan.items, sheet.steps, 3))
            path = prefix + ".".join(item.path)
            found.append(Cell(path, "stack", lines[0], lines, sheet.steps.item(item)))
        else:
            found += _cells([item], sheet, prefix)
    found = _tower(found)
    layer = cells([last], sheet.steps, prefix)[-1]
    said = outcome(head, name)
    first = layer.lines[0]
    total = f"{first}, {said[0]}" if layer.kind in labels.CONVOLUTIONS else f"fc, {said[0]}"
    lines = (total, said[1]) if said[1] else (total, name)
    if head.event.word == "svm":
        lines = ("SVMs" if name == "scores" else "ridge regression", said[1] or total)
    return [*found, Cell(layer.name, layer.kind, lines[0], lines, layer.steps)]


def _tower(found: list[Cell]) -> list[Cell]:
    """Equal boxes that follow one another as one: `4 x (3x3, 256)`."""
    out: list[tuple[Cell, int]] = []
    for cell in found:
        if out and (out[-1][0].kind, out[-1][0].text) == (cell.kind, cell.text):
            first, count = out[-1]
            whole = Cell(first.name, first.kind, first.text, first.lines, first.steps + cell.steps)
            out[-1] = whole, count + 1
        else:
            out.append((cell, 1))
    return [cell if count == 1 else cell.repeated(count) for cell, count in out]


# -------------------------------------------------------------------------------------------- across
def across_size(flow: Flow) -> tuple[float, float]:
    """The least width and the height of a head whose boxes stand side by side."""
    wide = sum(_wide(cell) for cell in flow.stem) + GAP * max(0, len(flow.stem) - 1)
    ends = [sum(_wide(cell) for cell in end) + GAP * (len(end) - 1) for end in flow.ends]
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


def _wide(cell: Cell) -> float:
    return fitted(cell.lines, pen.TEXT)


def _last_wide(flow: Flow) -> float:
    """The width of the last box; one with round ends has less room for its texts."""
    return fitted(flow.chosen, pen.TEXT) if flow.chosen else fitted(flow.result, pen.TEXT) + 7


def across(sheet: Sheet, flow: Flow, left: float, y: float, width: float) -> Ports:
    """Draw the boxes from the left around the height `y`; gaps grow with the width."""
    least, _ = across_size(flow)
    gaps = len(flow.stem) + max((len(end) for end in flow.ends), default=0) + bool(flow.chosen)
    spare = max(0.0, min(14.0, (width - least) / max(1, gaps - 1)))
    x = left
    names: list[str] = []
    entries: list[tuple[str, Point]] = []
    above: tuple[str, Point] | None = None
    before: tuple[str, Point] | None = None
    for number, cell in enumerate(flow.stem):
        wide, high = _wide(cell), tall(len(cell.lines))
        name = sheet.box(cell.name, cell.kind, x + wide / 2, y, wide, high, cell.lines, cell.steps)
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
        name = _grid(sheet, flow, x + GRID / 2, y)
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


def _grid(sheet: Sheet, flow: Flow, x: float, y: float, beside: bool = False) -> str:
    """The map on which boxes are predicted, place by place, and how many boxes there are: above and below
    it, or `beside` it."""
    left, top, step = x - GRID / 2, y - GRID / 2, GRID / flow.grid
    sheet.scene.rect(left, top, GRID, GRID, "paper", "ink", 0.6)
    for i in range(1, flow.grid):
        for ends in (
            [(left + i * step, top), (left + i * step, top + GRID)],
            [(left, top + i * step), (left + GRID, top + i * step)],
        ):
            sheet.scene.path(ends, None, "line", pen.HAIR, closed=False)
    side = f"{flow.grid}{TIMES}{flow.grid}"
    count = flow.head.predictors[0].predicted.count
    said = [side, *([f"{count} boxes"] if count is not None else [])]
    for number, text in enumerate(said):
        if beside:
            place, anchor = (left + GRID + 4, y - 4.2 + 8.4 * number), "start"
        else:
            off = UNDER / 2 + GRID / 2
            place, anchor = (x, y + (off if number else -off)), "middle"
        sheet.scene.text(*place, text, pen.SMALL, anchor, fill="muted")
    return sheet.placed(f"{flow.word}.grid", "map", (left, top, GRID, GRID))


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
        max((_wide(end[-back]) for end in flow.ends if back <= len(end)), default=0.0)
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
            name = sheet.box(cell.name, cell.kind, *box, cell.lines, cell.steps)
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


# ---------------------------------------------------------------------------------------------- down
def down_size(flow: Flow) -> tuple[float, float]:
    """Width and height of a head whose boxes stand below each other, but for its results."""
    wide = max((_wide(cell) for cell in flow.stem), default=0.0)
    high = sum(tall(len(cell.lines)) + DOWN_GAP for cell in flow.stem)
    if flow.ends:
        columns = [max(_wide(cell) for cell in end) for end in flow.ends]
        wide = max(wide, sum(columns) + APART * (len(columns) - 1))
        high += 6.0 + max(sum(tall(len(c.lines)) + DOWN_GAP for c in end) for end in flow.ends)
    if flow.grid:
        high += GRID + 2 * UNDER + DOWN_GAP
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
        wide, high = _wide(cell), tall(len(cell.lines))
        name = sheet.box(cell.name, cell.kind, x, y + high / 2, wide, high, cell.lines, cell.steps)
        names.append(name)
        if before is None:
            entries.append((name, (x - wide / 2, y + high / 2)))
            above = name, (x, y)
        else:
            sheet.edge(before[0], name, [before[1], (x, y)])
        y += high
        before = name, (x, y)
        y += DOWN_GAP
    tails: list[tuple[str, Point]] = []
    if flow.ends:
        y += 6.0 if before else 0.0
        columns = [max(_wide(cell) for cell in end) for end in flow.ends]
        left = x - (sum(columns) + APART * (len(columns) - 1)) / 2
        deepest = max(sum(tall(len(c.lines)) + DOWN_GAP for c in end) for end in flow.ends)
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
                at += DOWN_GAP
            assert last is not None
            tails.append(last)
            left += column + APART
        y += deepest
    if flow.grid and before is not None:
        y += UNDER
        name = _grid(sheet, flow, x, y + GRID / 2, beside=True)
        sheet.edge(before[0], name, [before[1], (x, y)])
        names.append(name)
        y += GRID
        before = name, (x, y)
        y += DOWN_GAP
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
    return Ports(tuple(entries), above, before, tuple(names), x, y)
