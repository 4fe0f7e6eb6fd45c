"""Where lines stand, and how a value finds room there.

What does not fit on one line breaks at its brackets; where that cannot help, the value is put in
parentheses.
"""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.code.doc import (
    SOFT,
    Doc,
    Indent,
    columns,
    fits_broken,
    fits_outside,
    render,
)
from netdsl.code.expr import Expr, Literal, Tuple
from netdsl.code.expr_doc import (
    INSIDE,
    NOTHING,
    PARENTHESES,
    PERHAPS,
    RETRIED,
    document,
    may_stand_bare,
    need,
)
from netdsl.record import Record


class Place(Record):
    """Where lines stand: the column that they begin at, and the one that they end before."""

    indent: int
    width: int

    @property
    def margin(self) -> str:
        return " " * self.indent

    @property
    def room(self) -> int:
        return self.width - self.indent

    def deeper(self) -> Place:
        return Place(self.indent + 4, self.width)

    def fits(self, text: str) -> bool:
        return columns(text) <= self.room

    def render(self, doc: Doc) -> list[str]:
        return render(doc, self.indent, self.width)

    def put(self, texts: Iterable[str]) -> list[str]:
        """The texts as lines here."""
        return [self.margin + text if text else "" for text in texts]


def valued(
    head: str, value: Expr, place: Place, tail: str = "", text: str | None = None
) -> list[str]:
    """The lines of `head`, a value, and `tail` (a colon, a comment); `text`: the value on one line."""
    line = head + (value.text if text is None else text) + tail
    if place.fits(line):
        return place.put([line])
    bare, within = (head, document(value), tail), (head, parenthesized(value), tail)
    stands = need(value) == NOTHING or stands_bare(bare, value, place)
    if need(value) == PERHAPS and not stands:
        stands = not fits_broken(within, place.indent, place.width)
    return place.render(bare if stands else within)


def stands_bare(bare: Doc, value: Expr, place: Place) -> bool:
    """Whether it is enough that brackets of the value break."""
    if need(value) == PARENTHESES and not may_stand_bare(value):
        return False
    return fits_outside(bare, place.indent, place.width)


def parenthesized(value: Expr) -> Doc:
    retried = need(value) == PARENTHESES and may_stand_bare(value)
    inner = document(value, RETRIED if retried else INSIDE)
    return ("(", Indent((SOFT, inner)), SOFT, ")")


def one_line(value: Expr) -> str:
    """The value on one line, a tuple of several without its parentheses."""
    several = isinstance(value, Tuple) and len(value.items) > 1
    if isinstance(value, Literal) and isinstance(value.value, tuple):
        several = len(value.value) > 1 and value.text.startswith("(")
    return value.text[1:-1] if several else value.text


def valued_after(head: Doc, value: Expr, place: Place, tail: str) -> list[str]:
    """The lines of a `head` that takes several, and of a value that stands after it."""
    *above, last = place.render(head)
    return [*above, *valued(last[place.indent :], value, place, tail)]
