"""The page: lines as they are written, with what will be set in columns kept apart."""

from __future__ import annotations

from netdsl.formatting.words import Comment, Word


class Line:
    """A line: its text with the indent, what is believed of it, the comment behind it.

    `part` is the number of the definition that it belongs to, `arrow` where the first `->` stands if only
    the name of a value is before it, `own` whether it is a comment.
    """

    __slots__ = ("arrow", "comment", "indent", "own", "part", "shape", "text")

    def __init__(self, indent: int, text: str, part: int) -> None:
        self.indent = indent
        self.text = text
        self.part = part
        self.shape = ""
        self.comment = ""
        self.arrow = 0
        self.own = False

    @property
    def width(self) -> int:
        """Columns up to the end of the text."""
        return len(self.text) - self.text.rfind("\n") - 1


class Page:
    """What is written so far. `base` is where the content of the current line begins."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.part = 0
        self.base = 0
        self.line = Line(0, "", 0)
        self.fresh = True  # nothing stands on the line yet
        self.ended = False  # a comment ended the line
        self.opened = True  # a body (or the file) has just begun

    @property
    def column(self) -> int:
        return self.line.width

    def begin(self, indent: int) -> None:
        """Begin a line."""
        self.line = Line(indent, " " * indent, self.part)
        self.lines.append(self.line)
        self.base = indent
        self.fresh = True
        self.ended = self.opened = False

    def blank(self) -> None:
        """A blank line, but none at the beginning of a body."""
        if not self.opened:
            self.lines.append(Line(0, "", self.part))

    def own(self, comments: tuple[Comment, ...], indent: int, blanks: bool = True) -> None:
        """Comments on lines of their own."""
        if comments and self.fresh and self.lines and self.lines[-1] is self.line:
            self.lines.pop()  # it was begun for what stands below the comments now
        for comment in comments:
            if blanks and comment.blank:
                self.blank()
            line = Line(indent, " " * indent + comment.text, self.part)
            line.own = True
            self.lines.append(line)
            self.opened = False
            self.ended = True

    def put(self, text: str, spaced: bool) -> None:
        """Text on the current line."""
        line = self.line
        if line.shape:
            line.text += f" {line.shape}"
            line.shape = ""
            spaced = True
        line.text += f" {text}" if spaced and not self.fresh else text
        self.fresh = False

    def word(self, word: Word, indent: int) -> None:
        """A word with its comments; where a comment ended the line, the next one is indented."""
        if word.before:
            self.own(word.before, indent, blanks=False)
        if self.ended:
            self.begin(indent)
        self.put(word.text, word.space)
        if word.after:
            self.comment(word.after)

    def comment(self, text: str | None) -> None:
        if text:
            self.line.comment = text
            self.ended = True

    def believe(self, shape: str) -> None:
        """What is believed of the line."""
        self.line.shape = shape
        self.fresh = False
