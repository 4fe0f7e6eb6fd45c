"""Texts in GitHub's Markdown, also inside of its tables."""

from __future__ import annotations

import re

from netdsl.escaping.letters import plain

# What means something inside a line. An underscore between letters does not.
_SPECIAL = re.compile(r"[\\`*\[\]<>|~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
# What GitHub makes links of without any mark: addresses of pages, which a backslash stops, then people, mail and
# issues, which are looked for after backslashes are gone.
_ADDRESS = re.compile(r":(?=//)|(?<=www)\.|(?<=xmpp):|(?<=mailto):", re.IGNORECASE)
_MENTION = re.compile(r"@(?=\w)|#(?=\d)")
_JOINER = "\N{WORD JOINER}"  # is not seen
# What begins a heading, a list, a rule or a table at the start of a line; `>` and `*` are written above.
_BLOCK = re.compile(r"(?=(?:#{1,6}|[+-])(?:\s|$)|[=-]+\s*$)")
_OPENS = re.compile(r"(\d{1,9})(?=[.)](\s|$))")


def escaped(text: str) -> str:
    """A text inside of a line that Markdown shows as it is, without links."""
    marked = _SPECIAL.sub(r"\\\g<0>", plain(text))
    marked = _ADDRESS.sub(r"\\\g<0>", marked)
    return _MENTION.sub(r"\g<0>" + _JOINER, marked)


def opening(text: str) -> str:
    """A text that begins a line: no heading, no list, no rule either."""
    marked = escaped(text)
    number = _OPENS.match(marked)
    if number is not None:
        return f"{number[1]}\\{marked[number.end() :]}"
    return f"\\{marked}" if _BLOCK.match(marked) else marked


def code(text: str) -> str:
    """A text in code letters; inside a table a bar needs its backslash even there."""
    text = plain(text)
    if not text:
        return ""
    if "\\|" in text:  # a table would end its cell at that bar, whatever stands before
        return f"<code>{escaped(text)}</code>"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")
