"""Texts for a terminal, and for logs that are shown in one."""

from __future__ import annotations

UNSEEN = "?"


def shown(text: str) -> str:
    """A text whose lines stay lines, without anything else that moves a cursor, colours, turns lines around or
    cannot be encoded. Each such character is one `?` (a tab one space), so that columns stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def line(text: str) -> str:
    """The same on one line: an end of a line is a `?` too, so that no file's name forges a line of ours."""
    return shown(text).replace("\n", UNSEEN)


def _shown(letter: str) -> str:
    if letter.isprintable() or letter == "\n":
        return letter
    return " " if letter == "\t" else UNSEEN
