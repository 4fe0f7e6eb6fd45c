"""Blocks of several branches, side by side or one below the other."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.formats.terminal.blocks import GAP, Block
from netdsl.backends.diagram.formats.terminal.page import Page, length


class Branches(Block):
    """Branches side by side, from a rail to what joins them. `main` is the branch that stands in the flow's
    own column, else that is in their middle. `starts` and `ends` say which of them lines lead to and from;
    `rail` is whether the lines to them part here. `join` is the text of a bar, or the sign of a sum."""

    def __init__(
        self,
        branches: Sequence[Block],
        starts: Sequence[bool],
        ends: Sequence[bool],
        dashed: Sequence[bool],
        *,
        rail: bool,
        join: str | None,
        bar: bool,
        main: int | None = None,
        middle: bool = False,
        gap: int = GAP,
        note: str = "",
        beside: str = "",
    ) -> None:
        self.branches = list(branches)
        self.starts, self.ends, self.dashed = list(starts), list(ends), list(dashed)
        self.rail, self.join, self.bar = rail, join, bar
        self.middle, self.note = middle, note
        self.beside = f" {beside}" if beside else ""
        columns, at = [], 0
        for branch in self.branches:
            columns.append(at + branch.left)
            at += branch.width + gap
        whole = at - gap
        axis = (columns[0] + columns[-1]) // 2
        if main is not None:
            axis = columns[main]
        elif near := [column for column in columns if abs(column - axis) == 1]:
            axis = near[0]  # lines a column apart look like one that is broken
        self.columns = [column - axis for column in columns]
        self.left, self.right = axis, whole - 1 - axis
        if join is not None and bar:  # the bar is as wide as what it says, at least
            need = length(join) + 4
            self.left = max(self.left, (need - 1) // 2)
            self.right = max(self.right, need - 1 - (need - 1) // 2)
        elif join is not None:
            self.left = max(self.left, (length(join) - 1) // 2)
            self.right = max(self.right, length(join) // 2)
            self.right += length(self.beside)
        self.high = max((branch.rows for branch in self.branches), default=0)
        self.rows = int(rail) + self.high + int(join is not None)

    def paint(self, page: Page, x: int, y: int) -> None:
        first, last = y, y + self.rows - 1
        top = y + int(self.rail)
        plain = [c for c, s, d in zip(self.columns, self.starts, self.dashed) if s and not d]
        if self.rail:
            for column, start, dashed in zip(self.columns, self.starts, self.dashed):
                if start and dashed:
                    page.horizontal(first, x, x + column, True)
            if plain:
                page.horizontal(first, x + min(0, *plain), x + max(0, *plain))
        joined = []
        for i, branch in enumerate(self.branches):
            column = x + self.columns[i]
            free = self.high - branch.rows
            here = top + (free // 2 if self.middle else free)
            if self.starts[i]:
                start = first if self.rail else top
                if here > start:
                    page.vertical(column, start, here, self.dashed[i])
            branch.leaves = self.join is not None and self.ends[i]
            branch.paint(page, column, here)
            if self.join is not None and self.ends[i]:
                page.vertical(column, here + branch.rows - 1, last, self.dashed[i])
                joined.append((column, self.dashed[i]))
        self._join(page, x, last, joined)

    def _join(self, page: Page, x: int, y: int, joined: list[tuple[int, bool]]) -> None:
        if self.join is None:
            return
        page.note(y, self.note)
        if self.bar:
            page.bar(y, x - self.left, x + self.right)
            text = f" {self.join} " if self.join else ""
            page.text(x - (length(text) - 1) // 2, y, text)
            return
        for column, dashed in joined:
            page.horizontal(y, column, x, dashed)
        page.text(x - (length(self.join) - 1) // 2, y, self.join)
        end = max([x + length(self.join) // 2, *(column for column, _ in joined)])
        page.text(end + 1, y, self.beside)


class Listed(Block):
    """Branches one below the other, where they are too wide to stand side by side: a line on the left
    leads to them, one on the right from them."""

    def __init__(
        self,
        branches: Sequence[Block],
        starts: Sequence[bool],
        ends: Sequence[bool],
        dashed: Sequence[bool],
        *,
        join: str | None,
        bar: bool,
        spines: bool = True,
        rail: bool = True,
        note: str = "",
        beside: str = "",
    ) -> None:
        self.branches = list(branches)
        self.starts, self.ends, self.dashed = list(starts), list(ends), list(dashed)
        self.straight = not rail and self.starts[:1] == [True] and not any(self.starts[1:])
        self.join, self.bar, self.note = join, bar, note
        self.beside = f" {beside}" if beside else ""
        self.before = 2 if spines else 0
        self.after = 2 if spines and join is not None else 0
        self.inner = max(b.left for b in branches), max(b.right for b in branches)
        whole = self.before + self.inner[0] + 1 + self.inner[1] + self.after
        if join is not None:  # what stands beside it begins at the axis, which is the middle
            whole = max(whole, length(join) + (4 if bar else 2 * length(self.beside)))
        self.left = (whole - 1) // 2
        self.right = whole - 1 - self.left
        extra = 2 if spines else 1  # rows around a branch
        self.rows = int(spines) + sum(b.rows + extra for b in branches) + int(join is not None)

    def paint(self, page: Page, x: int, y: int) -> None:
        left, right = x - self.left, x + self.right
        column = left + self.before + self.inner[0]
        last = y + self.rows - 1
        at = y
        if self.before:
            if self.straight:  # the line leads to the first branch and to no other
                page.vertical(x, y, y + 1)
            elif any(self.starts):
                page.horizontal(y, left, x)
            at += 1
        fall = rise = None  # the ends of both lines, so far
        for i, branch in enumerate(self.branches):
            if self.before and self.starts[i]:
                page.horizontal(at, x if self.straight else left, column, self.dashed[i])
                page.vertical(column, at, at + 1, self.dashed[i])
                fall = None if self.straight else at
            branch.leaves = self.join is not None and self.ends[i]
            branch.paint(page, column, at + 1)
            at += branch.rows + 1
            if self.after and self.ends[i]:
                page.vertical(column, at - 1, at, self.dashed[i])
                page.horizontal(at, column, right, self.dashed[i])
                rise = at if rise is None else rise
            at += 1 if self.before else 0
        if fall is not None:
            page.vertical(left, y, fall)
        if self.join is None:
            return
        if rise is not None:
            page.vertical(right, rise, last)
        page.note(last, self.note)
        if self.bar:
            page.bar(last, left, right)
            text = f" {self.join} " if self.join else ""
            page.text(x - (length(text) - 1) // 2, last, text)
        else:
            if rise is not None:
                page.horizontal(last, x, right)
            page.text(x - (length(self.join) - 1) // 2, last, self.join)
            page.text(x + 1 + length(self.join) // 2, last, self.beside)
