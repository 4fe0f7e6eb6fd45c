"""A program that fails made short: lines and parts of lines are taken away while it still fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

SIMPLER = (
    (r" -> [^|{}\n]*?(?= ->| ::|\n| \})", ""),  # a step of a chain
    (r"(?<=[\n ])(?!net|input|block)[^|{}\n>]* -> ", ""),
    (r"\w+\{[^}]*\}: |(?<![\w(,] )\b\w+: (?!\[|\d)", ""),  # a label
    (r" :: [^\n ]*", ""),
    (r", \w+=(?:\w+|\"\w+\"|[\w.]+)(?=[,)])", ""),
    (r"(?<=[ (])[^(){},\n]* [*+%/<>=!-]+ [^(){},\n]*(?=[,)])", "2"),
    (r"(?:max|min|int|round|ceil|floor|sqrt|abs)\([^()]*\)", "2"),
)


def shrunk(text: str, fails: Callable[[str], bool], tries: int = 3000) -> str:
    """The shortest text found of which `fails` is still true; it must be true of `text`."""
    seen = {text}
    changed = True
    while changed:
        changed = False
        for candidate in _shorter(text):
            if candidate in seen:
                continue
            seen.add(candidate)
            tries -= 1
            if tries < 0:
                return text
            if fails(candidate):
                text, changed = candidate, True
                break
    return text


def _shorter(text: str) -> Iterator[str]:
    lines = text.splitlines(keepends=True)
    size = len(lines) // 2
    while size >= 1:
        for i in range(0, len(lines) - size + 1, max(1, size // 2)):
            piece = "".join(lines[i : i + size])
            if _balanced(piece):
                yield "".join(lines[:i] + lines[i + size :])
        size = size // 2 if size > 6 else size - 1
    for i, line in enumerate(lines):  # a body without what is around it
        opened = line.rstrip()
        if opened.endswith("{") and not line.startswith(("net", "block")):
            end = _end(lines, i)
            if end is not None:
                yield "".join(lines[:i] + lines[i + 1 : end] + lines[end + 1 :])
    for pattern, instead in SIMPLER:
        for match in re.finditer(pattern, text):
            yield text[: match.start()] + instead + text[match.end() :]


def _balanced(text: str) -> bool:
    depth = 0
    for c in text:
        depth += (c == "{") - (c == "}")
        if depth < 0:
            return False
    return depth == 0


def _end(lines: list[str], start: int) -> int | None:
    depth = 0
    for i in range(start, len(lines)):
        depth += lines[i].count("{") - lines[i].count("}")
        if depth <= 0:
            return i
    return None
