"""What formatting changes in a text, as a unified diff, in time linear in its length.

difflib needs the square of it for some texts; of long ones, lines are therefore matched by what they
say: a layout keeps all characters in their order but for spaces and commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

FEW = 1_000  # lines that difflib may compare
CONTEXT = 3  # lines around a change

Change = tuple[str, int, int, int, int]  # "equal" or "replace", and which lines of both


def difference(before: str, after: str, name: str) -> Iterator[str]:
    """The lines of a unified diff, each with its end, as `patch` takes them."""
    old, new = _lines(before), _lines(after)
    matcher = SequenceMatcher(None, old, new)
    if len(old) + len(new) > FEW:
        matcher = SequenceMatcher(None, (), ())
        matcher.opcodes = list(_changes(old, new))  # type: ignore[attr-defined,assignment]
    for number, group in enumerate(matcher.get_grouped_opcodes(CONTEXT)):
        if not number:
            yield f"--- {name}\n+++ {name} (formatted)\n"
        _, first, _, second, _ = group[0]
        _, _, first_end, _, second_end = group[-1]
        yield f"@@ -{_range(first, first_end)} +{_range(second, second_end)} @@\n"
        for kind, a, b, c, d in group:
            if kind == "equal":
                yield from (_ended(f" {line}") for line in old[a:b])
                continue
            yield from (_ended(f"-{line}") for line in old[a:b])
            yield from (_ended(f"+{line}") for line in new[c:d])


def _lines(text: str) -> list[str]:
    """Lines with their ends; `splitlines` would take other characters for ends too."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _range(start: int, end: int) -> str:
    """Lines as a diff counts them: from 1, and with their number unless that is 1."""
    size = end - start
    if size == 1:
        return str(start + 1)
    return f"{start + 1 if size else start},{size}"


def _changes(old: list[str], new: list[str]) -> Iterator[Change]:
    """Runs of lines that say the same, as far apart as they must be."""
    i = j = begin_old = begin_new = said_old = said_new = 0
    equal_old, equal_new = 0, 0  # where lines that are equal began
    while i < len(old) or j < len(new):
        if i < len(old) and (said_old <= said_new or j == len(new)):
            said_old += _said(old[i])
            i += 1
        elif j < len(new):
            said_new += _said(new[j])
            j += 1
        if (said_old != said_new or i == begin_old or j == begin_new) and (
            i < len(old) or j < len(new)
        ):
            continue
        a, b, c, d = begin_old, i, begin_new, j
        while a < b and c < d and old[a] == new[c]:
            a, c = a + 1, c + 1
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b, d = b - 1, d - 1
        if a < b or c < d:
            if equal_old < a:
                yield "equal", equal_old, a, equal_new, c
            yield "replace", a, b, c, d
            equal_old, equal_new = b, d
        begin_old, begin_new = i, j
    if equal_old < len(old):
        yield "equal", equal_old, len(old), equal_new, len(new)


def _said(line: str) -> int:
    """How many characters of a line formatting keeps."""
    return sum(map(len, re.split(r"[\s,\ufeff]+", line)))
