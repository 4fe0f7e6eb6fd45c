"""Tokens -> words: what a text says, with the comments and line ends around it."""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.syntax.machine import END, Token


class Comment:
    """A comment on a line of its own; `blank` says whether there is a blank line before it."""

    __slots__ = ("blank", "text")

    def __init__(self, text: str, blank: bool) -> None:
        self.text = text
        self.blank = blank


NOTHING: tuple[Comment, ...] = ()


class Word:
    """A token, and what stands around it.

    `before` are the comments on lines of their own above it, `after` is the one behind it on its line.
    `breaks` says whether the author began a line with it, `blank` whether after a blank line, `starts`
    whether a statement begins. `spacing` finds the rest: whether it has a `space` before it, whether it
    is the `}` of a computed name, whether as a bracket it is `joined` to a value before it (a call, an
    index), whether a line may be broken before it.
    """

    __slots__ = (
        *("after", "before", "blank", "breakable", "breaks"),
        *("hole", "joined", "kind", "space", "starts", "text"),
    )

    def __init__(self, kind: str, text: str, starts: bool) -> None:
        self.kind = kind
        self.text = text
        self.starts = starts
        self.before = NOTHING
        self.after: str | None = None
        self.breaks = False
        self.blank = False
        self.space = False
        self.hole = False
        self.joined = False
        self.breakable = False

    def __repr__(self) -> str:
        return f"Word({self.text!r})"


def words_of(text: str, tokens: Iterable[Token]) -> list[Word]:
    """The words of a text, and one for its end; `tokens` have only the newlines that end statements."""
    words: list[Word] = []
    position, starts = 0, False
    last: Word | None = None
    for token in (*tokens, Token(END, "", len(text), len(text))):
        if token.type == "_NL":
            starts = True
            continue
        word = Word(token.type, str(token), starts)
        between = text[position : token.start_pos]
        if between and between != " ":
            _put_between(between, last, word)
        position, starts, last = token.end_pos, False, word
        words.append(word)
    return words


def _put_between(between: str, last: Word | None, word: Word) -> None:
    """Comments and line ends between two words."""
    lines = between.split("\n")
    first = lines[0].strip(" \t\f")
    if first and last is not None:
        last.after = first
    own: list[Comment] = []
    blank = False
    for line in lines[1:-1] if last is not None else lines[:-1]:
        comment = line.strip(" \t\f")
        if comment:
            own.append(Comment(comment, blank))
        blank = not comment
    end = lines[-1].strip(" \t\f")
    if end and (len(lines) > 1 or last is None):  # at the end of a file without a newline
        own.append(Comment(end, blank))
        blank = False
    word.before = tuple(own)
    word.breaks = len(lines) > 1 or bool(own)
    word.blank = blank
