"""What predicts on one map, as boxes."""

from __future__ import annotations

from collections import Counter

from netdsl.backends.diagram.items import Predictor
from netdsl.backends.diagram.kinds.parts import Cell, cells
from netdsl.backends.diagram.kinds.pipeline.titles import lines_of
from netdsl.backends.diagram.kinds.pipeline.words import predictor_lines
from netdsl.backends.diagram.kinds.sheet import Sheet


def predictor_cells(predictor: Predictor, sheet: Sheet, prefix: str) -> list[Cell]:
    """The boxes of a predictor: the steps of its map alone, and the layers that predict, as one."""
    own = cells(predictor.chain.items, sheet.steps, prefix)
    if not predictor.layers:
        if not own:
            return []
        last = own.pop()
        lines = predictor_lines(predictor, last.lines[0])
        return [*own, Cell(last.name, last.kind, " ".join(lines), lines, last.steps)]
    layer = cells(predictor.layers[:1], sheet.steps, prefix)
    steps: Counter[str] = Counter()
    for item in predictor.layers:
        steps.update(sheet.steps.item(item))
    first = layer[-1] if len(layer) == 1 else None
    word = first.lines[0] if first is not None else lines_of(predictor.layers[:1], sheet.steps)[0]
    lines = predictor_lines(predictor, word)
    kind = first.kind if first is not None else "stack"
    return [*own, Cell(f"{prefix}predict", kind, " ".join(lines), lines, steps)]
