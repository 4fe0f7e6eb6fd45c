"""What stands where in a ladder of boxes: stages on the way down, what rungs lead through, what the way up
consists of, what hangs to the right."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.items import Arithmetic, Op, Sub
from netdsl.backends.diagram.kinds.ladder.box import SIGNS, Box
from netdsl.backends.diagram.kinds.ladder.cells import PASSING, Cell
from netdsl.backends.diagram.kinds.ladder.passes import Ladder, Tail
from netdsl.backends.diagram.kinds.ladder.text import block_lines, doing, runs, said, size_note
from netdsl.backends.diagram.labels import Words
from netdsl.backends.diagram.text import TIMES, clean, layer_text, shape_text

LONGEST = 24  # letters of a formula
MOST_LINES = 2  # of layers that are put into one box


class Stages:
    """The boxes of a ladder. `down` leads from the input to the deepest map, `laterals` are those of every
    rung by the stride, `deepest` what the deepest map goes through instead, `up` the way up from there,
    `tails` what hangs to the right: boxes by the cell that they hang from. `full` says that layers are
    named in full, by `words`."""

    def __init__(self, ladder: Ladder, full: bool, words: Words) -> None:
        self.ladder = ladder
        self.full = full
        self.words = words
        self.single = len(ladder.outs) == 1
        down, deepest, start = self._sorted()
        self.input, down = self._input(down)
        sources = {rung.source.index for rung in ladder.rungs} | {
            tail.anchor.index for tail in ladder.tails
        }
        self.down = self.grouped(down, sources)
        self.laterals = {rung.merge.row: self.chain(rung.cells) for rung in ladder.rungs}
        self.deepest = self.chain(deepest)
        behind, tails = self._behind()
        self.up = self.way(start) + self.way(ladder.up) + self.way(behind)
        self.start = len(self.way(start))
        self.tails = [(tail.anchor, self._tail(tail)) for tail in tails]

    # --------------------------------------------------------------------------------------- columns
    def _sorted(self) -> tuple[list[Cell], list[Cell], list[Cell]]:
        """The cells on the way down: those that stand there, those in line with the rungs' own, and those
        in line with what the way up does behind its merges."""
        ladder = self.ladder
        down = list(ladder.down)
        bottom = next(i for i, cell in enumerate(down) if cell.stride == down[-1].stride)
        free = down[bottom:]
        read = {tail.anchor.index for tail in ladder.tails} | {c.index for c in ladder.outs}
        # behind the last cell that others read too there is but one way, and that leads up
        end = next((n for n, c in enumerate(reversed(free)) if c.index in read), 0)
        pattern = [self.key(cell) for cell in self._behind_merge()]
        if pattern and [self.key(cell) for cell in free[-len(pattern) :]] == pattern:
            end = max(end, len(pattern))
        end = min(end, len(free) - 1)
        start = free[len(free) - end :]
        rest = free[: len(free) - end]
        own = [self.key(c, True) for c in ladder.rungs[0].cells if c.kind != "shape"]
        deepest: list[Cell] = []
        if own and len(rest) > len(own):
            last = rest[-len(own) :]
            if [self.key(c, True) for c in last] == own:
                deepest = last
        moved = {c.index for c in (*start, *deepest)}
        return [c for c in down if c.index not in moved], deepest, start

    def _behind_merge(self) -> list[Cell]:
        """What the way up does between its first merge and the next larger map."""
        up = self.ladder.up
        first = next(i for i, cell in enumerate(up) if len(cell.reads) > 1)
        found = []
        for cell in up[first + 1 :]:
            if cell.stride != up[first].stride:
                break
            found.append(cell)
        return found

    def key(self, cell: Cell, channels: bool = False) -> str:
        """What cells that do the same have in common."""
        if isinstance(cell.item, Sub) and cell.item.scope.kind == "block":
            return f"block {cell.item.scope.name}"
        if not isinstance(cell.item, Op):
            return f"{cell.kind} {sorted(cell.steps.items())}"
        return said(cell.item) if channels else f"{cell.kind} {doing([cell])}"

    def _behind(self) -> tuple[Sequence[Cell], list[Tail]]:
        """What goes on in the line of the way up behind the last merge, and all other tails: all that
        follows where only one value leaves, else what follows every merge."""
        ladder = self.ladder
        tails = list(ladder.tails)
        own = ladder.tails_of(ladder.up[-1])
        if len(own) != 1:
            return (), tails
        cells = own[0].cells
        tails.remove(own[0])
        if self.single:
            return cells, tails
        pattern = [self.key(cell) for cell in self._behind_merge()]
        n = 0
        while n < min(len(pattern), len(cells)) and self.key(cells[n]) == pattern[n]:
            n += 1
        for other in tails:  # or all but what hangs from the way up elsewhere too
            m = len(cells) - len(other.cells)
            alike = [self.key(c) for c in cells[m:]] == [self.key(c) for c in other.cells]
            if 0 < m and alike and len(other.anchor.reads) == 1 and other.anchor in ladder.up:
                n = max(n, m)
        if n < len(cells):
            anchor = cells[n - 1] if n else own[0].anchor
            tails.append(Tail(anchor, cells[n:]))
        return cells[:n], tails

    # ----------------------------------------------------------------------------------------- boxes
    def _input(self, down: list[Cell]) -> tuple[Box, list[Cell]]:
        """The input, with what is done to its colours first."""
        n = 1
        while n < len(down) and down[n].kind == "norm":
            n += 1
        value = down[0].value
        assert value is not None
        lines = [f"{clean(down[0].path[-1])} {shape_text(value.shape)}"]
        if n > 1:
            lines.append("normalized")
        return Box(down[:n], "input", lines), down[n:]

    def grouped(self, cells: Sequence[Cell], cuts: set[int]) -> list[Box]:
        """Stages: blocks by themselves, layers together between the rungs. A stage begins with what makes the
        map smaller, or ends with it if that is what the rungs read."""
        parts: list[list[Cell]] = []
        behind = any(_smaller(rung.source) for rung in self.ladder.rungs)
        for stretch in _stretches(cells, cuts):
            pieces = _split(stretch, behind)
            merged: list[list[Cell]] = []
            for piece in pieces:
                if merged and len(self.lines([*merged[-1], *piece])) <= MOST_LINES:
                    merged[-1] += piece
                else:
                    merged.append(piece)
            parts += merged
        return [self.box(part) for part in parts]

    def box(self, cells: Sequence[Cell]) -> Box:
        """A box for cells one after another."""
        first = cells[0]
        if len(cells) == 1 and not isinstance(first.item, Op):
            return Box(cells, "stack", block_lines(first))
        lines = self.lines(cells)
        if first.kind == "up" and len(lines) == 1:
            lines = lines[0].split(", ", 1)  # beside it there is less room than below
        many = sum(cell.kind not in (*PASSING, "shape") for cell in cells) > 1
        kind = next((c.kind for c in cells if c.kind not in (*PASSING, "shape")), first.kind)
        return Box(cells, "stack" if many else kind, lines)

    def lines(self, cells: Sequence[Cell]) -> list[str]:
        """The layers of a box, line by line; those that change no shape follow the one before them."""
        texts: list[str] = []
        for cell in cells:
            if not isinstance(cell.item, Op):
                texts.append(said(cell.item))
                continue
            layer = cell.item.layers[0]
            text = self.layer(cell)
            word = "dropout" if layer.family == "dropout" else layer_text(layer)
            if texts and (cell.kind in PASSING or cell.kind == "shape"):
                texts[-1] += f", {word}"
            else:
                texts.append(text)
        return runs(texts)

    def layer(self, cell: Cell) -> str:
        assert isinstance(cell.item, Op)
        layer = cell.item.layers[0]
        if layer.word == "upsample" and cell.reads and cell.stride and cell.reads[0].stride:
            factor = cell.reads[0].stride / cell.stride
            return f"{TIMES}{float(factor):g}"
        shapes = [part.value.shape for part in cell.reads if part.value is not None]
        return (self.words.long if self.full else self.words.short)(layer, shapes[:1])

    def chain(self, cells: Sequence[Cell]) -> list[Box]:
        """Boxes one after another, crops and what changes no shape in the box before them."""
        parts: list[list[Cell]] = []
        for cell in cells:
            joins = cell.kind in (*PASSING, "shape") and isinstance(cell.item, Op)
            if parts and joins and isinstance(parts[-1][-1].item, Op):
                parts[-1].append(cell)
            else:
                parts.append([cell])
        return [self.box(part) for part in parts]

    def way(self, cells: Sequence[Cell]) -> list[Box]:
        """The way up: signs and bars where values meet, boxes for the rest."""
        out: list[Box] = []
        plain: list[Cell] = []
        for cell in cells:
            if len(cell.reads) < 2:
                plain.append(cell)
                continue
            out += self.chain(plain)
            plain = []
            if cell.kind == "concat":
                out.append(Box([cell], "concat", [size_note(cell)]))
            elif cell.kind in SIGNS:
                out.append(Box([cell], cell.kind, []))
            else:
                assert isinstance(cell.item, Arithmetic)
                out.append(Box([cell], "compute", [clean(cell.item.link.node.span.text, LONGEST)]))
        return out + self.chain(plain)

    def _tail(self, tail: Tail) -> list[Box]:
        """A tail's boxes: layers of one stride together, up to what leaves."""
        leaves = {cell.index for cell in self.ladder.outs}
        parts: list[list[Cell]] = []
        for cell in tail.cells:
            before = parts[-1] if parts else []
            plain = bool(before) and all(isinstance(c.item, Op) for c in (*before, cell))
            begun = bool(before) and all(c.kind in PASSING for c in before)
            if plain and before[-1].index not in leaves and (begun or not _smaller(cell)):
                before.append(cell)
            else:
                parts.append([cell])
        return [self.box(part) for part in parts]

    @property
    def all(self) -> list[Box]:
        rungs = [box for boxes in self.laterals.values() for box in boxes]
        tails = [box for _, boxes in self.tails for box in boxes]
        return [self.input, *self.down, *rungs, *self.deepest, *self.up, *tails]


def _stretches(cells: Sequence[Cell], cuts: set[int]) -> list[list[Cell]]:
    """Runs of layers between blocks and places that are read from outside."""
    out: list[list[Cell]] = []
    ended = True
    for cell in cells:
        block = not isinstance(cell.item, Op)
        if ended or block:
            out.append([])
        out[-1].append(cell)
        ended = block or cell.index in cuts
    return out


def _smaller(cell: Cell) -> bool:
    return bool(cell.reads) and cell.row != cell.reads[0].row


def _split(stretch: Sequence[Cell], behind: bool) -> list[list[Cell]]:
    """A run of layers, cut before every layer that makes the map smaller, or behind it."""
    out: list[list[Cell]] = [[]]
    for i, cell in enumerate(stretch):
        if _smaller(cell) and not behind and out[-1]:
            out.append([])
        out[-1].append(cell)
        rest = stretch[i + 1 :]
        if _smaller(cell) and behind and rest and rest[0].kind not in PASSING:
            out.append([])
    return [part for part in out if part]
