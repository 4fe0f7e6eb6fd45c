"""A page of characters: texts, and lines that join where they meet, for figures in a terminal."""

from __future__ import annotations

import unicodedata

from netdsl.backends.diagram.text import clean

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
# Characters of lines by where they lead, from 1 (up) to 15. Lines have round corners, frames square ones.
LINES = dict(enumerate("│││─╯╮┤─╰╭├─┴┬┼", 1))
FRAME = {DOWN | RIGHT: "┌", DOWN | LEFT: "┐", UP | RIGHT: "└", UP | LEFT: "┘"}
HEAVY = {0: "━", UP: "┷", DOWN: "┯", UP | DOWN: "┿"}  # by what meets the bar
DASHED = {UP | DOWN: "╎", LEFT | RIGHT: "╌"}
# The same, and letters that networks have, in ASCII.
PLAIN = dict(zip("│─╯╮┤╰╭├┴┬┼┌┐└┘╎╌━┷┯┿┓┃┛\xd7\u2212\xf7\xb7≈", "|-+++++++++++++:.=+++]]]x-/-~"))
LONGER = {"⊕": "(+)", "⊖": "(-)", "⊗": "(x)", "⊘": "(/)", "…": "...", "←": "<-"}


def shown(text: str, ascii: bool = False) -> str:
    """A text on one line without anything that a terminal could take for more than a letter."""
    text = clean(text, 400)
    return in_ascii(text) if ascii else text


def in_ascii(text: str) -> str:
    """Letters without their marks; what has no letter in ASCII is a question mark."""
    out = []
    for char in text:
        if char.isascii():
            out.append(char)
        elif char in PLAIN or char in LONGER:
            out.append(PLAIN.get(char) or LONGER[char])
        elif not unicodedata.combining(char):
            simple = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
            out.append(clean(simple) or "?")
    return "".join(out)


def wide(char: str) -> int:
    """How many cells a character takes: two in East Asian scripts, none for marks on the one before."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def length(text: str) -> int:
    """Cells that a text takes."""
    return len(text) if text.isascii() else sum(map(wide, text))


def wrapped(text: str, most: int) -> list[str]:
    """A text in lines of at most `most` cells, broken at spaces where there are any."""
    if length(text) <= most:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if length(joined) <= most:
            line = joined
            continue
        if line:
            lines.append(line)
        line = ""
        for char in word:
            if length(line + char) > most and line:
                lines.append(line)
                line = ""
            line += char
    return [*lines, line] if line else lines


class Page:
    """Cells by column and row. Texts lie over lines; lines that meet in a cell are joined there."""

    def __init__(self) -> None:
        self.letters: dict[tuple[int, int], str] = {}
        self.arms: dict[tuple[int, int], int] = {}
        self.dashed: set[tuple[int, int]] = set()
        self.frames: set[tuple[int, int]] = set()
        self.heavy: set[tuple[int, int]] = set()
        self.notes: dict[int, str] = {}  # at the right of rows

    def text(self, x: int, y: int, text: str) -> None:
        for char in text:
            size = wide(char)
            if size == 0:  # it stands on the one before
                before = max((i for i in (x - 1, x - 2) if self.letters.get((i, y))), default=None)
                if before is not None:
                    self.letters[before, y] += char
                continue
            self.letters[x, y] = char
            if size == 2:
                self.letters[x + 1, y] = ""
            x += size

    def note(self, y: int, text: str) -> None:
        """Write at the right of a row, or of the next one that has nothing there."""
        while text and self.notes.get(y, text) != text:
            y += 1
        if text:
            self.notes[y] = text

    def vertical(self, x: int, top: int, bottom: int, dashed: bool = False) -> None:
        """A line from cell to cell."""
        for y in range(top, bottom):
            self._join((x, y), DOWN, dashed)
            self._join((x, y + 1), UP, dashed)

    def horizontal(self, y: int, left: int, right: int, dashed: bool = False) -> None:
        for x in range(min(left, right), max(left, right)):
            self._join((x, y), RIGHT, dashed)
            self._join((x + 1, y), LEFT, dashed)

    def bar(self, y: int, left: int, right: int) -> None:
        """A heavy line."""
        self.heavy.update((x, y) for x in range(left, right + 1))

    def frame(self, left: int, top: int, right: int, bottom: int, dashed: bool = False) -> None:
        """A rectangle with square corners."""
        for y in (top, bottom):
            self.horizontal(y, left, right, dashed)
        for x in (left, right):
            self.vertical(x, top, bottom, dashed)
        self.frames.update((x, y) for x in (left, right) for y in (top, bottom))

    def _join(self, cell: tuple[int, int], arm: int, dashed: bool) -> None:
        if dashed and not self.arms.get(cell):
            self.dashed.add(cell)
        elif not dashed:
            self.dashed.discard(cell)
        self.arms[cell] = self.arms.get(cell, 0) | arm

    def cell(self, x: int, y: int) -> str:
        letter = self.letters.get((x, y))
        if letter is not None:
            return letter
        arms = self.arms.get((x, y), 0)
        if (x, y) in self.heavy:
            return HEAVY[arms & (UP | DOWN)]
        if not arms:
            return " "
        if (x, y) in self.dashed and arms in DASHED:
            return DASHED[arms]
        if (x, y) in self.frames and arms in FRAME:
            return FRAME[arms]
        return LINES[arms]

    def rows(self, ascii: bool = False) -> list[str]:
        """The page from its first column on, without spaces at the ends of its rows."""
        cells = {*self.letters, *self.arms, *self.heavy}
        if not cells:
            return []
        right, bottom = max(x for x, _ in cells), max(y for _, y in cells)
        out = []
        for y in range(bottom + 1):
            row = "".join(
                (PLAIN.get(c, c) if ascii else c)
                for c in (self.cell(x, y) for x in range(right + 1))
            )
            out.append(row.rstrip())
        return out
