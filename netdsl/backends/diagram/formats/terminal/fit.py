"""The wired tree -> blocks that fit into a width.

Everything is tried as it is first: texts on one line, then on as many as they have, then with little space
around them. What is too wide even so is taken apart: branches stand one below the other, parts of a chain are
moved to the side, and texts are broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

from netdsl.backends.diagram.figure import Node
from netdsl.backends.diagram.formats.terminal.blocks import (
    GAP,
    Block,
    Box,
    Chain,
    Frame,
    Moved,
    Side,
    Wire,
    fits,
    level,
    shared_column,
)
from netdsl.backends.diagram.formats.terminal.branches import Branches, Listed
from netdsl.backends.diagram.formats.terminal.page import length, wrapped
from netdsl.backends.diagram.formats.terminal.texts import DENSITIES, STACKED, TIGHT, Texts
from netdsl.backends.diagram.formats.terminal.wiring import (
    Run,
    Wired,
    WiredPanel,
    WiredSplit,
    is_training,
)

LEAST = 24  # columns of a page, and of what stands in a frame or beside a line
NARROW = 14  # columns of a box that is broken rather than moved
# the block of a branch, and whether a line leads there
Make: TypeAlias = Callable[[Run, bool], Block]


class TooNarrow(Exception):
    """There is no room for chains beside others."""


class Fit:
    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self._widths: dict[tuple[int, bool, int], int] = {}  # of parts as they are, by density

    # ------------------------------------------------------------------------ blocks as they are
    def run(self, run: Run, linked: bool, density: int) -> Block:
        """A chain in its natural width."""
        block = self._natural(run, linked, density)
        self._widths[id(run), linked, density] = block.width
        return block

    def _natural(self, run: Run, linked: bool, density: int) -> Block:
        blocks, links, after = [], [], {}
        for i, (part, here) in enumerate(_parts(run, linked)):
            before = self.texts.before(part, here)
            if before is not None:
                blocks.append(before)
                links.append(False)
            blocks.append(self.part(part, here, density))
            links.append(here or before is not None)
            after[len(blocks) - 1] = i
        boxes = [block for block in blocks if isinstance(block, Box) and block.around[0]]
        inner = max((box.inner for box in boxes), default=0)
        for box in boxes:
            box.widen(inner)
        level([block for block in blocks if isinstance(block, Frame)])
        sides = {}
        for number, i in after.items():
            sides[number] = [
                Side(self.run(side.run, side.linked, density), side.linked, _dashed(side.run))
                for side in run.steps[i].sides
            ]
        return _chained(blocks, links, sides)

    def part(self, part: Wired, linked: bool, density: int) -> Block:
        """A part in its natural width."""
        if isinstance(part, Node):
            block = self.texts.box(part, linked, density)
        elif isinstance(part, WiredPanel):
            block = self._frame(part, self.run(part.run, linked, density), linked)
        else:
            make = partial(self.run, density=density)
            block = self._side_by_side(part, linked, make, 1 if density == TIGHT else GAP)
        self._widths[id(part), linked, density] = block.width
        return block

    def _frame(self, part: WiredPanel, inner: Block, linked: bool, budget: int = 0) -> Frame:
        """A panel; one in a small `budget` has no border."""
        panel, times = part.panel, self.texts.times(part.panel)
        title, notes = self.texts.text(panel.title), self.texts.notes(panel)
        room = budget - (3 + length(times) if times else 0) if budget else None
        border = (bool(title) or panel.kind != "repeat") and (room is None or room >= LEAST)
        told = {"border": border, "entered": linked, "dashed": panel.training, "room": room}
        return Frame(inner, title, notes, times, dot=self.texts.dot, **told)

    def _side_by_side(self, part: WiredSplit, linked: bool, make: Make, gap: int = GAP) -> Branches:
        fork = part.split.fork
        return Branches(
            [self._branch(part, i, linked, make) for i in range(len(part.runs))],
            *_lines(part, linked),
            **self.texts.join(part),
            rail=fork is not None and fork.kind != "entry",
            main=part.main,
            middle=part.split.kind in ("residual", "dense"),
            gap=gap,
        )

    def _branch(self, part: WiredSplit, i: int, linked: bool, make: Make) -> Block:
        """A branch with what it begins with, if no line leads there."""
        box = self.texts.starting(part.froms[i])
        block = make(part.runs[i], _starts(part, linked)[i] or box is not None)
        if box is None:
            return block
        return Chain([box, block], [False, True]) if part.runs[i].steps else box

    # ------------------------------------------------------------------------- blocks in a width
    def fit_run(self, run: Run, linked: bool, budget: int, reserve: int = 0) -> Block:
        """A chain in at most so many columns; parts with sizes at their right leave some free for those."""
        for density in DENSITIES:
            if self._may_fit(run, linked, density, budget - reserve):
                block = self.run(run, linked, density)
                if block.width <= budget - reserve:
                    return block
        parts = list(_parts(run, linked))
        rooms = [budget - (reserve if self.texts.sized(part) else 0) for part, _ in parts]
        found = [self._density(*part, room) for part, room in zip(parts, rooms)]
        # panels with branches look alike
        alike = [d for (part, _), d in zip(parts, found) if d is not None and _branched(part)]
        blocks, links, after, widths = [], [], {}, []
        for i, ((part, here), density, room) in enumerate(zip(parts, found, rooms)):
            before = self.texts.before(part, here)
            if before is not None:
                blocks.append(self._broken(before, room))
                links.append(False)
            if density is not None:
                density = max(alike) if _branched(part) else density
                blocks.append(self.part(part, here, density))
            else:
                blocks.append(self._taken_apart(part, here, room))
            links.append(here or before is not None)
            widths += [room] * (len(blocks) - len(widths))
            after[len(blocks) - 1] = i
        column = shared_column(blocks, widths)
        blocks = self._in_column(blocks, links, column, widths)
        free = budget - reserve - column - GAP - 2
        sides = {}
        for number, i in after.items():
            for side in run.steps[i].sides:
                if free < LEAST:
                    raise TooNarrow
                block = self.fit_run(side.run, side.linked, free)
                here = Side(block, side.linked, _dashed(side.run))
                sides.setdefault(number, []).append(here)
        return _chained(blocks, links, sides)

    def _density(self, part: Wired, linked: bool, budget: int) -> int | None:
        """The least density in which a part is as narrow as it must be."""
        for density in DENSITIES:
            may_fit = self._may_fit(part, linked, density, budget)
            if may_fit and self.part(part, linked, density).width <= budget:
                return density
        return None

    def _may_fit(self, part: Wired | Run, linked: bool, density: int, budget: int) -> bool:
        """Whether a part is not known to be too wide."""
        return self._widths.get((id(part), linked, density), 0) <= budget

    def _in_column(
        self, blocks: list[Block], links: list[bool], column: int, widths: list[int]
    ) -> list[Block]:
        """Blocks with their flow in one column of a page. Boxes are broken where they would reach too far,
        others are moved, with lines that lead there and back."""
        out: list[Block] = []
        for block, linked, width in zip(blocks, links, widths):
            room = 2 * min(column, width - 1 - column) + 1
            if isinstance(block, Box) and room >= NARROW and not fits(block, column, width):
                block = self._broken(block, room)
            if block.left > column:
                block = Moved(block, block.left - column, linked)
            elif column > width - 1 - block.right:
                block = Moved(block, width - 1 - block.right - column, linked)
            out.append(block)
        boxes = [(b, w) for b, w in zip(out, widths) if isinstance(b, Box) and b.around[0]]
        inner = max((box.inner for box, _ in boxes), default=0)
        for box, width in boxes:
            room = 2 * min(column, width - 1 - column - length(box.beside)) + 1
            box.widen(min(inner, room - sum(map(length, box.around))))
        return out

    def _broken(self, box: Box, budget: int) -> Box:
        """A box with its lines broken, and what stands beside it inside of it."""
        if box.width <= budget and not box.beside:
            return box
        room = max(budget - sum(map(length, box.around)), 1)
        texts = [*box.lines, *([box.beside.strip()] if box.beside else [])]
        dot = self.texts.dot
        if dot in texts[0] and length(texts[0]) > room:
            texts[:1] = texts[0].split(dot)
        lines = [line for text in texts for line in wrapped(text, room)]
        return Box(lines, box.around, "", box.note)

    def _taken_apart(self, part: Wired, linked: bool, budget: int) -> Block:
        """A part that is too wide as it is."""
        if isinstance(part, Node):
            return self._broken(self.texts.box(part, linked, STACKED), budget)
        if isinstance(part, WiredPanel):
            frame = self._frame(part, Wire(), linked, budget)
            inner = self.fit_run(part.run, linked, budget - frame.taken)
            return self._frame(part, inner, linked, budget)
        if part.split.kind in ("residual", "dense") and len(part.runs) == 2:
            block = self._with_shortcut(part, linked, budget)
            if block is not None:
                return block
        return self._listed(part, linked, budget)

    def _with_shortcut(self, part: WiredSplit, linked: bool, budget: int) -> Block | None:
        """A body with its shortcut beside it, if there is room for both."""
        way = self._branch(part, 1, linked, partial(self.run, density=STACKED))
        free = budget - GAP - way.width
        if free < LEAST:
            return None

        def make(run: Run, here: bool) -> Block:
            if run is part.runs[0]:
                return self.fit_run(run, here, free)
            return self.run(run, here, STACKED)

        block = self._side_by_side(part, linked, make)
        return block if block.width <= budget else None

    def _listed(self, part: WiredSplit, linked: bool, budget: int) -> Block:
        """Branches one below the other."""
        spines = budget >= LEAST + 4
        free = budget - 4 if spines else budget
        make = partial(self.fit_run, budget=free)
        branches = [self._branch(part, i, linked, make) for i in range(len(part.runs))]
        starts, ends, dashed = _lines(part, linked)
        widths = [free] * len(branches)
        branches = self._in_column(branches, starts, shared_column(branches, widths), widths)
        join, text = self.texts.join(part), ""
        if join["bar"] and length(join["join"] or "") + 4 > budget:
            join["join"], text = "", join["join"] or ""
        elif (
            not join["bar"] and length(join["join"] or "") + 2 * length(join["beside"]) + 2 > budget
        ):
            join["beside"], text = "", join["beside"]
        fork = part.split.fork
        rail = fork is not None and fork.kind != "entry"
        block = Listed(branches, starts, ends, dashed, **join, spines=spines, rail=rail)
        if text:
            return Chain([block, Box(wrapped(text, budget))], [linked, True])
        return block


# ------------------------------------------------------------------------------------------- parts
def _parts(run: Run, linked: bool) -> Iterator[tuple[Wired, bool]]:
    """The parts of a chain, and whether a line leads to them."""
    for i, step in enumerate(run.steps):
        yield step.part, step.linked if i else linked


def _chained(blocks: list[Block], links: list[bool], sides: dict[int, list[Side]]) -> Block:
    if not blocks:
        return Wire()
    if len(blocks) == 1 and not any(sides.values()):
        return blocks[0]
    return Chain(blocks, links, sides)


def _dashed(run: Run) -> bool:
    return all(map(is_training, run.steps))


def _branched(part: Wired) -> bool:
    """Whether a part is a panel in which branches stand side by side."""
    if not isinstance(part, WiredPanel):
        return False
    return any(isinstance(s.part, WiredSplit) or _branched(s.part) for s in part.run.steps)


def _starts(part: WiredSplit, linked: bool) -> list[bool]:
    """Which branches lines lead to; those without a fork of their own only if one comes along."""
    alone = part.split.fork is None or part.split.fork.kind == "entry"
    return [start and (linked or not alone) for start in part.starts]


def _lines(part: WiredSplit, linked: bool) -> tuple[list[bool], list[bool], list[bool]]:
    """Which branches lines lead to and from, and which of those are dashed: shortcuts that change what
    they carry."""
    around = part.split.kind == "residual"
    dashed = [around and i > 0 and bool(run.steps) for i, run in enumerate(part.runs)]
    return _starts(part, linked), part.ends, dashed
