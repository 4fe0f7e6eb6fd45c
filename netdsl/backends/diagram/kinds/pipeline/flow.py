"""The body of a head as boxes: what all maps or regions go through, the layers that end it side by side, and how
detections are chosen of what they give. `pipeline_across` and `pipeline_down` lay the same boxes out."""

from __future__ import annotations

from collections import Counter

from netdsl.backends.diagram import labels
from netdsl.backends.diagram.items import HeadItem, Item, Sub
from netdsl.backends.diagram.kinds.parts import Cell, cells
from netdsl.backends.diagram.kinds.pipeline.predictors import predictor_cells
from netdsl.backends.diagram.kinds.pipeline.titles import lines_of
from netdsl.backends.diagram.kinds.pipeline.words import (
    choosing,
    grid_side,
    outcome,
    proposing,
)
from netdsl.backends.diagram.kinds.sheet import Sheet, fitted
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Point
from netdsl.backends.diagram.steps import own_steps
from netdsl.backends.diagram.text import TIMES, clean, shape_text
from netdsl.design import Applied
from netdsl.record import Record

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
    the first box's upper side, at which proposals arrive; the last box. `fork` is the height at which lines
    that enter boxes from above part."""

    entries: tuple[tuple[str, Point], ...]
    above: tuple[str, Point] | None
    last: tuple[str, Point] | None
    names: tuple[str, ...]
    right: float
    bottom: float
    fork: float | None = None


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


def wide_of(cell: Cell) -> float:
    return fitted(cell.lines, pen.TEXT)


def draw_grid(sheet: Sheet, flow: Flow, x: float, y: float, beside: bool = False) -> str:
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
