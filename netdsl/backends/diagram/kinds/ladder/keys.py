"""What stands above and below a ladder of boxes: titles of its columns, and the legend."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram import legends, treatment
from netdsl.backends.diagram.items import Around, Join, Op, Sub
from netdsl.backends.diagram.kinds.ladder.box import Box
from netdsl.backends.diagram.kinds.ladder.cells import Cell
from netdsl.backends.diagram.kinds.ladder.lines import Lines
from netdsl.backends.diagram.kinds.ladder.text import ops_in, size_note
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.legend import Entry
from netdsl.backends.diagram.text import clean, layer_text


# -------------------------------------------------------------------------------------------- titles
def titles(drawing: Lines) -> None:
    """What the columns are: the block that they come from, if it is one, else the way that they lead."""
    stages = drawing.stages
    right = [*stages.deepest, *(b for boxes in stages.laterals.values() for b in boxes), *stages.up]
    columns = [(stages.down, "bottom-up"), (right, "top-down")]
    tops = [box.top for box in stages.all if box.x < drawing.boxes.trunk + 1]
    y = min(tops) - 22
    for boxes, word in columns:
        if not boxes:
            continue
        text = _common(boxes)
        lefts, rights = [box.left for box in boxes], [box.right for box in boxes]
        x = (min(lefts) + max(rights)) / 2
        drawing.scene.text(x, y, text or word, pen.TITLE, bold=True)


def _common(boxes: Sequence[Box]) -> str:
    """The name of the opened block that all of these boxes come from."""
    cells = [cell for box in boxes for cell in box.cells]
    first = cells[0].inside[:1]
    if not first or any(cell.inside[:1] != first for cell in cells):
        return ""
    found = first[0]
    assert isinstance(found, Sub)
    return found.titles()[0]


# -------------------------------------------------------------------------------------------- legend
def legend_of(drawing: Lines) -> tuple[list[Entry], list[str]]:
    """The kinds that occur, and what is said of all boxes."""
    stages = drawing.stages
    kinds = {box.kind for box in stages.all}
    if drawing.ladder.heads:
        kinds.add("stack")
    entries = [Entry(kind, text) for kind, text in legends.TEXTS.items() if kind in kinds]
    modes = {m for box in stages.up for cell in box.cells for m in [_mode(cell)] if m}
    if modes:
        entries = [
            Entry("up", f"upsampling, {' or '.join(sorted(modes))}") if e.kind == "up" else e
            for e in entries
        ]
    entries = [Entry("stack", "several layers") if e.kind == "stack" else e for e in entries]
    for kind, text in legends.SIGNS.items():
        boxes = [box for box in stages.all if box.kind == kind]
        after = {_after(box) for box in boxes}
        if boxes:
            then = f", then {next(iter(after))}" if len(after) == 1 and after != {""} else ""
            entries.append(Entry(f"@{kind}", text + then))
    if "concat" in kinds:
        entries.append(Entry("@concat", "concat"))
    return entries, _notes(drawing)


def _after(box: Box) -> str:
    """What a sum goes through in its circle."""
    item = box.last.item
    return ", ".join(map(layer_text, item.after)) if isinstance(item, (Join, Around)) else ""


def _mode(cell: Cell) -> str:
    """How an upsampling fills in; nothing for other steps."""
    if isinstance(cell.item, Op) and cell.item.layers[0].word == "upsample":
        return clean(str(getattr(cell.item.layers[0], "mode", "")))
    return ""


def _notes(drawing: Lines) -> list[str]:
    notes: list[str] = []
    follow: list[str] = []
    for op in (op for cell in drawing.ladder.graph.cells for op in ops_in(cell.item)):
        for layer in op.layers[1:]:
            text = layer_text(layer)
            if text not in follow and layer.joins != "flatten":
                follow.append(text)
    if follow:
        shown = [text for text in follow if text]
        stand = "stand" if len(shown) > 1 else "stands"
        notes.append(f"{' and '.join(shown[:2])} {stand} in the box of the layer before")
    value = drawing.stages.input.cells[0].value
    if value is not None and value.shape is not None and not value.shape.known:
        first = drawing.stages.down[-1].last
        shape = first.value.shape if first.value is not None else None
        if shape is not None and first.stride is not None:
            notes.append(f"{size_note(first)}: {shape.channels} channels at stride {first.stride}")
    return [*notes, *treatment.legend(drawing.ladder.graph.design)]
