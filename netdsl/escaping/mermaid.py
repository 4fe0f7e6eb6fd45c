"""Texts in Mermaid's flowcharts: labels in double quotes, and lines of their own."""

from __future__ import annotations

import re

from netdsl.escaping.letters import plain

# Beside letters and digits; all else is written as its number.
_SAFE = frozenset(" ,./()+-=_'\xb7\xd7")
_JOINER = "\N{WORD JOINER}"
_LATE = re.compile(r"\\(?=n)|\$(?=\$)|:(?=fa)")
LONGEST = 200  # letters of a line


def escaped(text: str) -> str:
    """A text inside of quotes: what could be markup of Mermaid, HTML or Markdown is written as the number
    of its character. A few things are looked for after numbers have become characters again: ends of lines
    (`\\n`), formulas (`$$`) and icons (`fa:fa-`). Those get a joiner, which is not seen."""
    text = _LATE.sub(r"\g<0>" + _JOINER, _cut(text, LONGEST))
    return "".join(c if c.isalnum() or c in _SAFE else f"#{ord(c)};" for c in text)


def spoken(text: str) -> str:
    """A text for a line of its own, which knows no numbers of characters."""
    kept = (c if c.isalnum() or c in _SAFE else " " for c in _cut(text, 400))
    return " ".join("".join(kept).split())


def _cut(text: str, most: int) -> str:
    shown = plain(text)
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
