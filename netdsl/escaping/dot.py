"""Texts in DOT: quoted strings only, never its HTML-like labels."""

from __future__ import annotations

import re
from collections.abc import Iterable

_COMMAND = re.compile(r"\n(?=\s*::)")


def quoted(value: str) -> str:
    return f'"{value}"'


def identifier(name: str) -> str:
    """A name as a quoted identifier. Backslashes come doubled out of it, since DOT has no way to write one
    at the end of a name, and what is no text is replaced."""
    return quoted(_plain(name).replace("\\", "\\\\").replace('"', '\\"'))


def label(lines: Iterable[str]) -> str:
    """Lines of a text as a quoted label that shows them as they are: no escape of DOT (`\\N`, `\\l`), no
    entity and no HTML."""
    return quoted("\\n".join(map(escaped, lines)))


def escaped(line: str) -> str:
    text = " ".join(_plain(line).split()).replace("\\", "\\\\").replace('"', '\\"')
    return text.replace("&", "&amp;")


def _plain(text: str) -> str:
    """Without control characters but ends of lines: a string of C would end at one of them. No line of it is a
    command to a build server's log."""
    kept = (c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    return _COMMAND.sub(" ", "".join(kept)).replace("##[", "## [")
