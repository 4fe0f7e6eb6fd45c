"""Where the parser stopped: what a slip is judged by, and how to go on after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from netdsl.diagnostics import Diagnostic
from netdsl.source import Source, Span
from netdsl.syntax.brackets import end_of, placed, start_of
from netdsl.syntax.build import MISSING
from netdsl.syntax.machine import Token

ENDS = ("_NL", "VBAR", "LBRACE", "RBRACE")  # what a statement cannot reach over
LONGEST = 40  # characters that a hint repeats
MERGES = ("concat", "add", "mul")
LIBRARIES = frozenset(
    [
        "nn",
        "torch",
        "F",
        "functional",
        "tf",
        "keras",
        "layers",
        "tensorflow",
        "torchvision",
        "numpy",
    ]
)
SIZES_OF_VALUES = ("channels", "height", "width", "length", "shape")  # `@label.channels`


class Fix(NamedTuple):
    """Read `tokens` in place of those from `start` to `stop`."""

    start: int
    stop: int
    tokens: Sequence[Token] = ()


class Found(NamedTuple):
    diagnostic: Diagnostic
    fix: Fix | None = None


def span_of(source: Source, tokens: list[Token], index: int) -> Span:
    """The place of a token; past the last one, the end of the text."""
    if index < len(tokens):
        token = tokens[index]
        start = start_of(token)
        if token.type == "_NL":
            return Span(source, start, start)
        return Span(source, start, max(end_of(token), start))
    end = len(source.text.rstrip())
    return Span(source, end, end)


class Place:
    """Where the parser stopped: `type` and `text` are those of the token that it could not use, and
    `accepts` the kinds of tokens that it could have used."""

    def __init__(
        self, source: Source, tokens: list[Token], index: int, accepts: Iterable[str]
    ) -> None:
        self.source, self.tokens, self.index = source, tokens, index
        self.accepts = frozenset(accepts)
        self.span = span_of(source, tokens, index)
        self.type = self.kind(index)
        self.text = str(tokens[index]) if index < len(tokens) else ""
        self.before = self.kind(index - 1)
        start = index
        while self.kind(start - 1) not in ("_NL", "LBRACE", "VBAR"):
            start -= 1
        self.start = start  # of the statement
        self.statement = tokens[start:index]

    @property
    def stop(self) -> int:
        """Where the statement ends."""
        return self.end(self.index)

    def end(self, index: int) -> int:
        """Where the statement ends whose token this is: braces of computed names do not end one."""
        names = 0
        while self.kind(index) != "$END":
            kind = self.kind(index)
            if kind in ENDS and not (kind == "RBRACE" and names):
                break
            names += (kind == "OPEN_NAME") - (kind in ("END_NAME", "RBRACE"))
            index += 1
        return index

    def body_end(self, index: int) -> int:
        """The brace that closes the next body."""
        depth = names = 0
        while self.kind(index) != "$END":
            kind = self.kind(index)
            if kind == "OPEN_NAME":
                names += 1
            elif kind == "END_NAME" or (kind == "RBRACE" and names):
                names -= 1
            else:
                depth += (kind == "LBRACE") - (kind == "RBRACE")
                if kind == "RBRACE" and depth <= 0:
                    break
            index += 1
        return index

    @property
    def step(self) -> int:
        """Where the step begins that this place stands in: behind an arrow, a label or a bar."""
        depth, first = 0, self.index
        while first > self.start:
            kind = self.kind(first - 1)
            depth += (kind in ("RPAR", "RSQB")) - (kind in ("LPAR", "LSQB"))
            if depth == 0 and (kind == "COLON" or self.word(first - 1) == "->"):
                break
            first -= 1
        return first

    def kind(self, index: int) -> str:
        if index < 0:
            return "_NL"
        return self.tokens[index].type if index < len(self.tokens) else "$END"

    def word(self, index: int) -> str:
        return str(self.tokens[index]) if 0 <= index < len(self.tokens) else ""

    def shown(self, start: int, stop: int) -> str:
        """The text of some tokens on one line, or three points for a long one."""
        text = " ".join(self.at(start).to(self.at(stop - 1)).text.split()) if start < stop else ""
        return text if 0 < len(text) <= LONGEST else "..."

    def first_word(self, index: int) -> str:
        """What a value begins with, as a hint shows it: `16`, `conv(...)`, `[...]`."""
        kind, following = self.kind(index), self.kind(index + 1)
        if kind in ("NAME", "NUMBER", "SIZE", "STRING", "CONSTANT"):
            goes_on = following in ("LPAR", "LBRACE", "DOT", "TIMES", "PLUS", "MINUS", "LSQB")
            called = "(...)" if following == "LPAR" else " ..."
            word = self.word(index)
            return word + called * goes_on if len(word) <= LONGEST else "..."
        return "[...]" if kind == "LSQB" else "..."

    def at(self, index: int) -> Span:
        return span_of(self.source, self.tokens, index)

    def line(self, index: int) -> int:
        return self.at(index).place[0]

    def new(self, kind: str, text: str, index: int) -> Token:
        """A token that takes the place of another one."""
        span = self.at(index)
        return Token(kind, text, span.start, end_pos=span.end)

    def missing(self, index: int) -> Token:
        """A step that could not be read, in the place of a token."""
        return self.new("NAME", MISSING, index)

    def insert(self, kind: str, text: str, index: int) -> Fix:
        """Read a token before the one at `index`."""
        at = end_of(self.tokens[index - 1]) if index else 0
        return Fix(index, index, (placed(kind, text, at),))

    def replace(self, kind: str, text: str, index: int) -> Fix:
        return Fix(index, index + 1, (self.new(kind, text, index),))

    def depth(self) -> int:
        """How many bodies are open here."""
        depth = names = 0
        for token in self.tokens[: self.index]:
            if token.type == "OPEN_NAME":
                names += 1
            elif token.type == "END_NAME" or (token.type == "RBRACE" and names):
                names -= 1
            else:
                depth += (token.type == "LBRACE") - (token.type == "RBRACE")
        return depth

    def opener(self, index: int | None = None) -> int | None:
        """The brace whose body this place, or another one, stands in."""
        depth = 0
        for i in range((self.index if index is None else index) - 1, -1, -1):
            depth += (self.kind(i) == "RBRACE") - (self.kind(i) == "LBRACE")
            if depth < 0:
                return i
        return None

    def in_brackets(self) -> bool:
        depth = 0
        for token in self.statement:
            depth += token.type in ("LPAR", "LSQB")
            depth -= token.type in ("RPAR", "RSQB")
        return depth > 0

    def says(
        self,
        code: str,
        message: str,
        hint: str | None = None,
        at: int | None = None,
        fix: Fix | None = None,
    ) -> Found:
        span = self.span if at is None else self.at(at)
        return Found(Diagnostic(code, message, span, hint=hint), fix)


Slip: TypeAlias = Callable[[Place], Found | None]
