"""Text with places where it may break, and the choice which of them do.

A document is a string, a tuple of documents, or one of the records here. A group is written on one
line if it fits there together with what follows it up to the next possible break; if not, its own
breaks all become line ends and the groups inside are asked in turn. (Wadler, "A prettier printer",
2003; Prettier, Black's successor ruff and many others print like this.) Nothing here knows Python.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from netdsl.record import Record


class Line(Record):
    """A place to break; `flat` is written there where it does not."""

    flat: str = " "


class Broken(Record):
    """Text that is written only where the group around it is broken: the trailing comma."""

    text: str


class Indent(Record):
    """What is inside is indented by four more, from its first line end on."""

    of: Doc


class Group(Record):
    """Breaks in all of its own places or in none."""

    of: Doc


Doc: TypeAlias = "str | tuple[Doc, ...] | Line | Broken | Indent | Group"
Entry: TypeAlias = "tuple[int, bool, Doc]"  # indentation, broken, what is to be written

SOFT = Line("")
SPACE = Line(" ")


def columns(text: str) -> int:
    """The columns that a text takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_columns(c) for c in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me") or "\u1160" <= character <= "\u11ff":
        return 0  # a mark on the letter before, a later part of a Korean syllable
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def joined(items: Sequence[Doc], separator: Doc) -> Doc:
    """The documents with a separator between each two."""
    out: list[Doc] = []
    for item in items:
        out += [separator, item] if out else [item]
    return tuple(out)


def opened(doc: Doc) -> Doc:
    """The document with its last group broken for certain."""
    if isinstance(doc, Group):
        return doc.of
    if isinstance(doc, tuple):
        for i in reversed(range(len(doc))):
            if (broken := opened(doc[i])) is not doc[i]:
                return (*doc[:i], broken, *doc[i + 1 :])
    return doc


def fits(todo: list[Entry], room: int, after: Sequence[Entry] = (), width: int = 0) -> bool:
    """Whether `todo` (last first), then `after` (last first), has room up to the first line end.

    With a `width`, every line counts, and has this much room.
    """
    rest = len(after)
    while room >= 0:
        if not todo:
            if rest == 0:
                return True
            rest -= 1
            todo.append(after[rest])
        indent, broken, doc = todo.pop()
        if isinstance(doc, str):
            room -= columns(doc)
        elif isinstance(doc, tuple):
            todo += [(indent, broken, part) for part in reversed(doc)]
        elif isinstance(doc, Line) and broken:
            if not width:
                return True
            room = width - indent
        elif isinstance(doc, Line):
            room -= len(doc.flat)
        elif isinstance(doc, Broken):
            room -= len(doc.text) * broken
        else:
            todo.append((indent + 4 * isinstance(doc, Indent), broken, doc.of))
    return False


def fits_broken(doc: Doc, indent: int, width: int) -> bool:
    """Whether every line has room when everything that can break does."""
    return fits([(indent, True, doc)], width - indent, width=width)


def fits_outside(doc: Doc, indent: int, width: int) -> bool:
    """Whether what stands outside of the groups has room when every group breaks."""
    room = width - indent
    for part in _flat(doc):
        room = room - columns(part) if isinstance(part, str) else width - indent
        if room < 0:
            return False
    return True


def _flat(doc: Doc) -> Iterable[Doc]:
    return (p for part in doc for p in _flat(part)) if isinstance(doc, tuple) else (doc,)


def render(doc: Doc, indent: int, width: int) -> list[str]:
    """The lines of a document whose own breaks (outside of groups) are line ends."""
    lines = [" " * indent]
    room = width - indent
    todo: list[Entry] = [(indent, True, doc)]
    while todo:
        indent, broken, doc = todo.pop()
        if isinstance(doc, str):
            lines[-1] += doc
            room -= columns(doc)
        elif isinstance(doc, tuple):
            todo += [(indent, broken, part) for part in reversed(doc)]
        elif isinstance(doc, Line) and broken:
            lines.append(" " * indent)
            room = width - indent
        elif isinstance(doc, Line):
            lines[-1] += doc.flat
            room -= len(doc.flat)
        elif isinstance(doc, Broken):
            lines[-1] += doc.text * broken
            room -= len(doc.text) * broken
        elif isinstance(doc, Indent):
            todo.append((indent + 4, broken, doc.of))
        else:
            broken = broken and not fits([(indent, False, doc.of)], room, todo)
            todo.append((indent, broken, doc.of))
    return lines
