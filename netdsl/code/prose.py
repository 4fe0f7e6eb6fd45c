"""Texts of users in the emitted Python: docstrings and comments, which they can never leave.

Characters that cannot be seen (controls, marks of direction, halves of surrogate pairs) are left
out, so that what a reader sees is what is there. Line ends of every kind stay line ends.
"""

from __future__ import annotations

import re

from netdsl.code.doc import columns

# Words by which a comment speaks to tools; a text must not say them by chance.
_DIRECTIVE = re.compile(
    r"(#\s*)(noqa|(?:type|fmt|yapf|ruff|flake8|isort|pylint|pyright|mypy|nosec|pragma|pyre)\b)",
    re.IGNORECASE,
)
_COMMAND = re.compile(r"(?<!\S)::(?=\S)")
_CODING = re.compile(r"(coding)(?=[:=])", re.IGNORECASE)


def visible(text: str) -> list[str]:
    """The lines of a text: blanks as spaces, nothing that cannot be seen, none at the ends."""
    lines = []
    for line in text.splitlines():
        seen = (" " if c.isspace() else c for c in line if c.isspace() or c.isprintable())
        lines.append("".join(seen).rstrip())
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    indents = [len(line) - len(line.lstrip()) for line in lines[1:] if line]
    common = min(indents, default=0)
    return [line.lstrip() if i == 0 else line[common:] for i, line in enumerate(lines)]


def wrapped(line: str, width: int, first: int | None = None) -> list[str]:
    """The line in pieces of at most `width` columns, the first of at most `first`.

    Further pieces keep the line's indentation. A word that is too long stays whole.
    """
    room = width if first is None else first
    if columns(line) <= room:
        return [line]
    pieces: list[str] = []
    piece = margin = " " * (len(line) - len(line.lstrip()))
    for word in line.split():
        longer = piece + word if piece == margin else f"{piece} {word}"
        if columns(longer) > room and piece != margin:
            pieces.append(piece)
            piece, room = margin + word, width
        else:
            piece = longer
    return [*pieces, piece.rstrip()]


def comment(text: str | None) -> str:
    """A comment on one line, `# ...`; nothing of a text without any visible character."""
    words = " ".join(" ".join(visible(text or "")).split()).replace("##[", "## [")
    if not words:
        return ""
    return _CODING.sub(r"\1 ", _DIRECTIVE.sub(r"\1`\2`", f"# {words}"))


def comment_lines(text: str | None, width: int) -> list[str]:
    """A comment on lines of its own."""
    lines = [piece for line in visible(text or "") for piece in wrapped(line, width - 2)]
    return [c for c in map(comment, lines) if c]


def docstring(text: str | None, width: int) -> list[str]:
    """The lines of a docstring, or none for a text without any visible character.

    Lines that are too long are wrapped; the closing quotes of more than one line stand alone.
    """
    lines = [_escaped(line) for line in visible(text or "")]
    if not lines:
        return []
    opening = '""" ' if lines[0].startswith('"') else '"""'
    closing = ' """' if re.search(r'(?<!\\)(\\\\)*"$', lines[-1]) else '"""'
    if len(lines) == 1:
        whole = opening + lines[0] + closing
        if columns(whole) <= width or " " not in lines[0]:
            return [whole]
    first = width - len(opening)
    pieces = wrapped(lines[0], width, first)
    if len(lines) == len(pieces) == 1:  # one column or two are missing for the quotes
        pieces = wrapped(lines[0], width, first - len(closing))
    for line in lines[1:]:
        pieces += wrapped(line, width)
    return [opening + pieces[0], *pieces[1:], '"""']


def _escaped(line: str) -> str:
    """A line between triple quotes. A build server's log reads commands in lines that begin with `::` (which wrapping can make of a word), and
    `##[` anywhere; it prints what we print, so a line of a docstring is none."""
    line = line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace("##[", "#\\x23[")
    return _COMMAND.sub(r":\\x3a", line)
