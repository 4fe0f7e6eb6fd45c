"""Texts in the commands of GitHub's log, `::error file=a.net,line=3::message`.

The log reads a command in every line that begins so, and an older form (`##[error]`) anywhere in a line: texts must
neither leave their place in a command of ours nor begin one of their own.
"""

from __future__ import annotations

import re

_BEGINS = re.compile(r"(?m)^([^\S\n]*)::(?=\S)")
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def data(text: str) -> str:
    """A message, behind the second `::`. Its lines stay lines; what cannot be seen is `?`."""
    return _kept(text).translate(_DATA)


def property(text: str) -> str:
    """The value of a property, between `=` and `,` or `::`."""
    return _kept(text).translate(_PROPERTY)


def quiet(text: str) -> str:
    """Lines of another format none of which the log takes for a command."""
    return _BEGINS.sub(r"\1: :", text).replace("##[", "## [")


def _kept(text: str) -> str:
    kept = (c if c.isprintable() or c in "\r\n" else " " if c == "\t" else "?" for c in text)
    return "".join(kept).replace("##[", "## [")
