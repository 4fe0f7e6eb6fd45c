"""Blocks of a drawing in characters: each knows how far it reaches from the column that the flow comes in and
goes out by, and how many rows it takes, and then paints itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram.formats.terminal.page import Page, length, wrapped

GAP = 2  # columns between branches
ALIKE = 0.6  # share of the widest frame's width


class Block:
    """`left` and `right` are the columns on both sides of the flow's column, `rows` the rows; `leaves` is
    whether the flow goes on from it, which what holds it sets before it paints it."""

    left = right = rows = 0
    leaves = False

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
            before = (
                self.blocks[i - 1] if i and self.linked[i] and not self.sides.get(i - 1) else None
            )
            framed = isinstance(block, Frame) and isinstance(before, Frame)
            at += 0 if i == 0 or framed else 1
            self.tops.append(at)
            at += block.rows + sum(side.block.rows + 1 for side in self.sides.get(i, ()))
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
            block.leaves = self.linked[i + 1] if i + 1 < len(self.blocks) else self.leaves
            block.paint(page, x, top)
            last = at = top + block.rows - 1
            for side, linked, dashed in self.sides.get(i, ()):
                column = x + GAP + 1 + side.left
                if linked:
                    page.horizontal(at + 1, x, column, dashed)
                    page.vertical(column, at + 1, at + 2, dashed)
                    page.vertical(x, at, at + 1)
                side.paint(page, column, at + 2)
                at += side.rows + 1
            if i + 1 == len(self.blocks) and self.leaves:  # past what is beside it
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
        self.block.leaves = self.leaves
        self.block.paint(page, column, y + int(self.entered))
        if self.leaves:
            page.vertical(column, bottom - 1, bottom)
            page.horizontal(bottom, x, column)


class Frame(Block):
    """A panel: a frame with a title on the left of the line that enters, and a note on the right of it; and
    a bracket if there are several of it. Without `border` both are written above, in one column. If the
    panel may not be wider than `room`, notes are left out, and the title may cross the line."""

    def __init__(
        self,
        inner: Block,
        title: str,
        notes: Sequence[str] = (),
        times: str = "",
        *,
        border: bool = True,
        entered: bool = True,
        dashed: bool = False,
        dot: str = " ",
        room: int | None = None,
    ) -> None:
        self.inner = inner
        self.times = times
        self.border, self.entered, self.dashed = border, entered, dashed
        pad = 2 if border else 0
        self.left, self.right = inner.left + pad, inner.right + pad
        self.title = self.note = ""
        self.above: list[str] = []
        if border:
            self._name(title, notes, room)
        else:
            whole = dot.join(filter(None, (title, *notes)))
            self.above = wrapped(whole, room or length(whole)) if whole else []
            longest = max(map(length, self.above), default=0)
            self.right = max(self.right, longest - 1 - self.left)
        self.rows = inner.rows + (2 if border else len(self.above))
        self.bracket = self.right + 1
        # columns that are not its inside's
        self.taken = 2 * pad + (3 + length(times) if times else 0)
        if times:
            self.right += 3 + length(times)

    def _name(self, title: str, notes: Sequence[str], room: int | None) -> None:
        """Choose where title and notes stand, and make room for them."""
        before = length(title) + 4 if title else 2  # columns with a corner, a line and spaces
        for kept in range(len(notes), -1, -1):
            note = ", ".join(notes[:kept])
            left = max(self.left, before)
            right = max(self.right, length(note) + 4 if note else 2)
            if room is None or left + 1 + right <= room:
                self.left, self.right = left, right
                self.title, self.note = title, note
                return
        most = room - 6 if room is not None else length(title)
        self.title = title if length(title) <= most else wrapped(title, most - 3)[0] + "..."
        self.right = max(self.right, length(self.title) + 5 - self.left)

    def paint(self, page: Page, x: int, y: int) -> None:
        top, bottom = y, y + self.rows - 1
        left, right = x - self.left, x + self.bracket - 1
        if self.border:
            page.frame(left, top, right, bottom, self.dashed)
            for column, text in ((left + 2, self.title), (x + 2, self.note)):
                page.text(column, top, f" {text} " if text else "")
            if self.entered:
                page.vertical(x, top, top + 1)
            if self.leaves:
                page.vertical(x, bottom - 1, bottom)
        for i, text in enumerate(self.above):
            page.text(left, top + i, text)
        self.inner.leaves = self.leaves
        self.inner.paint(page, x, y + (1 if self.border else len(self.above)))
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


def fits(block: Block, column: int, width: int) -> bool:
    return block.left <= column <= width - 1 - block.right


def shared_column(blocks: list[Block], widths: list[int]) -> int:
    """The column in which most blocks can stand: first of all those that are no boxes, which can be
    broken; of several such columns that nearest to the middle."""
    pairs = list(zip(blocks, widths))
    large = [(block, width) for block, width in pairs if not isinstance(block, Box)] or pairs
    most = min(widths, default=1)
    places = {block.left for block, _ in large} | {width - 1 - b.right for b, width in large}
    middle = (most - 1) // 2
    return max(
        sorted(place for place in places if 0 <= place < most) or [middle],
        key=lambda p: (sum(fits(b, p, width) for b, width in large), -abs(p - middle)),
    )
