"""What is set in columns: shapes behind `::`, comments behind lines, arrows behind names of values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from netdsl.formatting.outline import WIDTH
from netdsl.formatting.page import Line

SHAPES = 64  # columns before the `::` of a definition, as in a table
STEP = 8  # where its lines are longer, the next multiple of it
USUAL = 20  # columns of a shape; longer ones are computed, and stand farther left
GAP = 2  # spaces before `::` at least
BEHIND = 3  # spaces before a comment


def in_columns(lines: list[Line]) -> Iterator[str]:
    """The lines as they are written."""
    for run in _runs(lines, lambda line: line.arrow > 0):
        _align_arrows(run)
    lines = list(_with_shapes(lines))
    for run in _runs(lines, lambda line: bool(line.comment)):
        _align_comments(run)
    for line in lines:
        yield line.text.rstrip(" ")


def _runs(lines: Iterable[Line], wanted: Callable[[Line], bool]) -> Iterator[list[Line]]:
    """Neighbouring lines that are wanted and equally indented."""
    run: list[Line] = []
    for line in lines:
        if run and not (wanted(line) and line.indent == run[0].indent):
            yield run
            run = []
        if wanted(line):
            run.append(line)
    if run:
        yield run


def _align_arrows(run: list[Line]) -> None:
    column = max(line.arrow for line in run)
    if all(line.width + column - line.arrow + len(line.shape) <= WIDTH for line in run):
        for line in run:
            at = line.arrow
            line.text = line.text[:at] + " " * (column - at) + line.text[at:]


def _with_shapes(lines: list[Line]) -> Iterator[Line]:
    """Lines with their shapes behind them; a shape without room there has a line of its own."""
    shaped: dict[int, list[Line]] = {}
    for line in lines:
        if line.shape:
            shaped.setdefault(line.part, []).append(line)
    columns = {part: _column(own) for part, own in shaped.items()}
    for line in lines:
        if line.shape:
            column = columns[line.part]
            if column + len(line.shape) > WIDTH:
                column = max(line.width + GAP, WIDTH - len(line.shape))
            if line.text.strip() and not _beside(line):
                below = Line(line.indent, "", line.part)
                below.shape, below.comment, line.comment = line.shape, line.comment, ""
                yield line
                line = below
                column = max(line.indent + 2, min(columns[line.part], WIDTH - len(line.shape)))
            line.text += " " * (column - line.width) + line.shape
        yield line


def _column(lines: list[Line]) -> int:
    """Where the shapes of a definition stand."""
    beside = [line for line in lines if _beside(line)]
    least = max((line.width + GAP for line in beside), default=0)
    stop = max(SHAPES, -(-least // STEP) * STEP)
    widest = max((len(line.shape) for line in beside if len(line.shape) <= USUAL), default=0)
    return max(least, min(stop, WIDTH - widest))


def _beside(line: Line) -> bool:
    """Whether there is room for a shape behind its line."""
    return bool(line.text.strip()) and line.width + GAP + len(line.shape) <= WIDTH


def _align_comments(run: list[Line]) -> None:
    column = max(line.width for line in run) + BEHIND
    beyond = [line for line in run if column + len(line.comment) > WIDTH]
    aligned = all(line.width + BEHIND + len(line.comment) > WIDTH for line in beyond)
    for line in run:
        space = column - line.width if aligned else BEHIND
        line.text += " " * space + line.comment
