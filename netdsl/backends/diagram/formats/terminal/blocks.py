"""Blocks of a drawing in characters: each knows how far it reaches from the column that the flow comes in and
goes out by, and how many rows it takes, and then paints itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram.formats.terminal.page import Page, length

GAP = 2  # columns between branches
ALIKE = 0.6  # share of the widest frame's width


class Block:
    """`left` and `right` are the columns on both sides of the flow's column, `rows` the rows."""

    left = right = rows = 0

    @property
    def width(self) -> int:
        return self.left + 1 + self.right

    def paint(self, page: Page, x: int, y: int) -> None:
        """Paint it with its flow in column `x` and its first row in `y`."""


class Wire(Block):
    """A line that goes on, and nothing beside it."""

    rows = 1

    def __init__(self, dashed: bool = False) -> None:
        self.dashed = dashed

    def paint(self, page: Page, x: int, y: int) -> None:
        page.vertical(x, y - 1, y + 1, self.dashed)


class Box(Block):
    """Lines of text between two signs that say the kind, and what is written to their right. `note` stands
    at the right of the page."""

    def __init__(
        self,
        lines: Sequence[str],
        around: tuple[str, str] = ("", ""),
        beside: str = "",
        note: str = "",
    ) -> None:
        self.lines = list(lines)
        self.around = around
        self.beside = f" {beside}" if beside else ""
        self.note = note
        self.inner = max(map(length, self.lines), default=0)
        self.rows = len(self.lines)
        self.widen(self.inner)

    def widen(self, inner: int) -> None:
        """Make room for so many columns of text."""
        self.inner = max(inner, self.inner)
        whole = self.inner + sum(map(length, self.around))
        self.left = (whole - 1) // 2
        self.right = whole - 1 - self.left + length(self.beside)

    def paint(self, page: Page, x: int, y: int) -> None:
        for i, line in enumerate(self.lines):
            free = self.inner - length(line)
            text = f"{' ' * (free // 2)}{line}{' ' * (free - free // 2)}"
            after = self.beside if i == 0 else ""
            page.text(x - self.left, y + i, f"{self.around[0]}{text}{self.around[1]}{after}")
        page.note(y, self.note)


class Side(NamedTuple):
    """What stands beside a chain's line: whether a line leads there, and whether that is dashed."""

    block: Block
    linked: bool
    dashed: bool


class Chain(Block):
    """Blocks one below the other, in one column. `linked` says to which of them a line leads; `sides` is
    what stands beside the line after a block, by the block's number."""

    def __init__(
        self,
        blocks: Sequence[Block],
        linked: Sequence[bool],
        sides: dict[int, list[Side]] | None = None,
    ) -> None:
        self.blocks = list(blocks)
        self.linked = list(linked)
        self.sides = sides or {}
        self.tops: list[int] = []
        at = 0
        for i, block in enumerate(self.blocks):
            framed = i > 0 and isinstance(block, Frame) and isinstance(self.blocks[i - 1], Frame)
            at += 0 if i == 0 or (framed and self.linked[i]) else 1
            self.tops.append(at)
            at += block.rows + sum(side.block.rows + 2 for side in self.sides.get(i, ()))
        self.rows = at
        self.left = max((b.left for b in self.blocks), default=0)
        self.right = max((b.right for b in self.blocks), default=0)
        for side in (side for found in self.sides.values() for side in found):
            self.right = max(self.right, GAP + 1 + side.block.width)

    def paint(self, page: Page, x: int, y: int) -> None:
        last = y
        for i, block in enumerate(self.blocks):
            top = y + self.tops[i]
            if self.linked[i] and i > 0:
                page.vertical(x, last, top)
            block.paint(page, x, top)
            last = at = top + block.rows - 1
            for side, linked, dashed in self.sides.get(i, ()):
                column = x + GAP + 1 + side.left
                if linked:
                    page.horizontal(at + 1, x, column, dashed)
                    page.vertical(column, at + 1, at + 2, dashed)
                    page.vertical(x, at, at + 1)
                side.paint(page, column, at + 2)
                at += side.rows + 2
            if i + 1 == len(self.blocks) and at > last:  # the chain goes on past what is beside it
                page.vertical(x, last, at)


class Moved(Block):
    """A block whose flow is in another column: a row before and one after it lead there and back."""

    def __init__(self, block: Block, by: int, entered: bool) -> None:
        self.block = block
        self.by = by
        self.entered = entered
        self.left = max(block.left - by, -by, 0)
        self.right = max(block.right + by, by, 0)
        self.rows = block.rows + 1 + int(entered)

    def paint(self, page: Page, x: int, y: int) -> None:
        column, bottom = x + self.by, y + self.rows - 1
        if self.entered:
            page.horizontal(y, x, column)
            page.vertical(column, y, y + 1)
        self.block.paint(page, column, y + int(self.entered))
        page.vertical(column, bottom - 1, bottom)
        page.horizontal(bottom, x, column)


class Frame(Block):
    """A panel: a frame with its title, and a bracket if there are several of it. Without `border` only the
    title is written, above. `entered` is whether a line leads in, which the title does not cross if the
    panel need not be wider than `room` for that."""

    def __init__(
        self,
        inner: Block,
        title: str,
        times: str = "",
        *,
        border: bool = True,
        entered: bool = True,
        dashed: bool = False,
        room: int | None = None,
    ) -> None:
        self.inner = inner
        self.title = f" {title} " if title and border else title
        self.times = times
        self.border = border
        self.entered = entered
        self.dashed = dashed
        pad = 2 if border else 0
        self.left, self.right = inner.left + pad, inner.right + pad
        self.rows = inner.rows + (2 if border else int(bool(title)))
        self.after = False  # whether the title stands right of the line
        need = length(self.title) + 2  # columns with a corner and a line before it
        if border and title:
            self._make_room(need, room)
        elif title:
            self.right = max(self.right, length(title) - 1 - self.left)
        self.bracket = self.right + 1
        self.taken = 2 * pad + (
            3 + length(times) if times else 0
        )  # columns that are not its inside's
        if times:
            self.right += 3 + length(times)

    def _make_room(self, need: int, room: int | None) -> None:
        """Choose where the title stands: left of the line, right of it, or over it."""
        if self.entered and self.left < need:
            if room is None or need + 1 + self.right <= room:
                self.left = need
            elif self.left + 1 + need <= room:
                self.after = True
                self.right = max(self.right, need)
        self.right = max(self.right, need - self.left)

    def paint(self, page: Page, x: int, y: int) -> None:
        top, bottom = y, y + self.rows - 1
        left, right = x - self.left, x + self.bracket - 1
        if self.border:
            page.frame(left, top, right, bottom, self.dashed)
            page.text(x + 2 if self.after else left + 2, top, self.title)
            if self.entered:
                page.vertical(x, top, top + 1)
            page.vertical(x, bottom - 1, bottom)
        elif self.title:
            page.text(left, top, self.title)
        self.inner.paint(page, x, y + (1 if self.border or self.title else 0))
        if self.times:
            for row in range(top, bottom + 1):
                sign = "┓" if row == top else "┛" if row == bottom else "┃"
                page.text(x + self.bracket + 1, row, sign)
            page.text(x + self.bracket + 3, (top + bottom) // 2, self.times)


def level(frames: Sequence[Frame]) -> None:
    """Frames in one column that are about as wide as the widest end in the same columns as that."""
    bordered = [frame for frame in frames if frame.border]
    widest = max((frame.left + frame.bracket for frame in bordered), default=0)
    alike = [f for f in bordered if f.left + f.bracket >= ALIKE * widest]
    for frame in alike:
        added = max(f.bracket for f in alike) - frame.bracket
        frame.left = max(f.left for f in alike)
        frame.bracket += added
        frame.right += added
