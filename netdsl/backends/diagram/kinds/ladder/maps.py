"""A ladder of plain layers as rows of maps, one row a stride: what the figure of a U-Net is made of."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from netdsl.backends.diagram.items import Op
from netdsl.backends.diagram.kinds.ladder.cells import PASSING, Cell, number
from netdsl.backends.diagram.kinds.ladder.passes import Ladder, Rung, Tail
from netdsl.backends.diagram.kinds.ladder.text import doing, sides_text, stride_text
from netdsl.backends.diagram.text import TIMES
from netdsl.shapes import SIDE_NAMES, Shape

LONGEST = 13  # letters beside a slab
TYPICAL = 512  # of an open size: a drawing needs a number
MOST_BETWEEN = 2  # layers between the step that makes a map larger and the concatenation


class Map:
    """A map and the cells that make it of the one before; `shape` is its own, if that is not what the last
    of them gives. `left`, `top`, `width` and `height` are its slab's, in points."""

    __slots__ = ("_shape", "cells", "height", "left", "stage", "top", "width")

    def __init__(self, cells: Sequence[Cell], stage: int, shape: Shape | None = None) -> None:
        self.cells = list(cells)
        self.stage = stage
        self._shape = shape
        self.left = self.top = self.width = self.height = 0.0

    @property
    def kind(self) -> str:
        """The kind of the step that makes it; the larger map of an upsampling and a convolution is up."""
        kinds = [cell.kind for cell in self.cells if cell.kind not in ("concat", *PASSING)]
        if not kinds:
            return self.cells[0].kind if self.cells[0].kind != "concat" else "shape"
        return "up" if "up" in kinds else "input" if kinds[0] == "input" else kinds[-1]

    @property
    def shape(self) -> Shape:
        if self._shape is not None:
            return self._shape
        value = self.cells[-1].value
        assert value is not None
        return value.shape

    @property
    def name(self) -> str:
        return self.cells[0].name

    @property
    def text(self) -> str:
        return doing(self.cells)

    @property
    def steps(self) -> tuple[tuple[str, int], ...]:
        total = sum((cell.steps for cell in self.cells), type(self.cells[0].steps)())
        return tuple(sorted(total.items()))

    @property
    def sides(self) -> str:
        """`568x568`; of open sizes what their stride says, where their formula is long."""
        text = sides_text(self.shape)
        if len(text) <= LONGEST or self.shape.known:
            return text
        names = SIDE_NAMES.get(len(self.shape) - 1, ())
        return TIMES.join(f"{name}{stride_text(self.cells[-1].row)}" for name in names)

    @property
    def side(self) -> float:
        """How high the map is."""
        return number(self.shape[max(1, len(self.shape) - 2)], TYPICAL)

    @property
    def middle(self) -> float:
        return self.left + self.width / 2

    @property
    def right(self) -> float:
        return self.left + self.width


class Row:
    """The maps of one stride. `down` are those of the pass down; `up` those of the pass up, the first of
    which stands beside `copied` where a rung ends; `extra` hang from the last of them."""

    __slots__ = ("copied", "down", "extra", "rung", "stride", "up", "y")

    def __init__(self, stride: Fraction) -> None:
        self.stride = stride
        self.down: list[Map] = []
        self.up: list[Map] = []
        self.extra: list[Map] = []
        self.copied: Map | None = None
        self.rung: Rung | None = None
        self.y = 0.0

    @property
    def last(self) -> Map:
        """Where the way leads on from this row."""
        return (self.up or self.down)[-1]

    @property
    def all(self) -> list[Map]:
        joined = [self.copied] if self.copied is not None else []
        return [*self.down, *joined, *self.up, *self.extra]


def rows_of(ladder: Ladder) -> list[Row] | None:
    """The rows, finest first; None if the ladder is not of plain layers and concatenations."""
    if ladder.heads or not all(map(_is_plain, ladder.cells)):
        return None
    rows: dict[Fraction, Row] = {}
    for cell in ladder.down:
        row = rows.setdefault(cell.row, Row(cell.row))
        if cell.kind in PASSING:  # at least the input stands before it
            row.down[-1].cells.append(cell)
        else:
            row.down.append(Map([cell], len(rows) - 1))
    main, others = _tails(ladder)
    if not _pass_up(ladder, [*ladder.up, *main], rows):
        return None
    for tail in others:
        row = rows.get(tail.anchor.row)
        if row is None or row.extra or tail.anchor not in row.last.cells:
            return None
        if any(cell.row != tail.anchor.row for cell in tail.cells):
            return None
        row.extra = _chain(tail.cells, row.last.stage)
    found = [rows[stride] for stride in sorted(rows)]
    for row in found:
        if row.rung is not None and row.rung.source not in row.down[-1].cells:
            return None
    return found


def _is_plain(cell: Cell) -> bool:
    if cell.kind in ("input", "concat"):
        return True
    return isinstance(cell.item, Op) and cell.stride is not None and not cell.training


def _tails(ladder: Ladder) -> tuple[Sequence[Cell], list[Tail]]:
    """What goes on behind the last merge, and all else that hangs from the ladder."""
    behind = ladder.tails_of(ladder.up[-1])
    main = behind[0].cells if len(behind) == 1 else ()
    return main, [tail for tail in ladder.tails if tail.cells is not main]


def _chain(cells: Sequence[Cell], stage: int) -> list[Map]:
    """A map for every cell but those that give one like it."""
    maps: list[Map] = []
    for cell in cells:
        if maps and cell.kind in PASSING:
            maps[-1].cells.append(cell)
        else:
            maps.append(Map([cell], stage))
    return maps


def _pass_up(ladder: Ladder, cells: Sequence[Cell], rows: dict[Fraction, Row]) -> bool:
    """Fill the rows' pass up; False if it is none of maps."""
    between: list[Cell] | None = None  # what makes a map larger, until it meets the copied one
    merges = {cell.row: i for i, cell in enumerate(cells) if cell.kind == "concat"}
    for i, cell in enumerate(cells):
        row = rows.setdefault(cell.row, Row(cell.row))
        stage = row.down[-1].stage if row.down else 0
        larger = len(cell.reads) == 1 and cell.row < cell.reads[0].row
        if cell.kind == "concat":
            row.rung = ladder.rung_at(cell)
            if between is None or len(between) > MOST_BETWEEN or row.up or row.rung is None:
                return False
            row.copied = Map([*row.rung.cells, cell], stage, copied_shape(row))
            row.up.append(Map(between, stage))
            between = None
        elif larger and merges.get(cell.row, -1) > i:
            between = [cell]
        elif between is not None:
            between.append(cell)
        elif cell.kind in PASSING and row.up:
            row.up[-1].cells.append(cell)
        elif larger and row.up:
            return False
        else:
            row.up.append(Map([cell], stage))
    return between is None


def copied_shape(row: Row) -> Shape | None:
    """The shape of what a rung brings."""
    if row.rung is None:
        return None
    last = row.rung.cells[-1] if row.rung.cells else row.rung.source
    return last.value.shape if last.value is not None else None
