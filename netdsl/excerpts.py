"""Lines of a source with marks below them, as messages show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from netdsl.escaping.terminal import line as on_terminal
from netdsl.source import Span

WIDTH = 100  # columns of a line that is shown whole

Mark: TypeAlias = "tuple[int, int, str, str]"  # first column, columns, what is said, the sign


def excerpt(span: Span, mark: str, labels: Iterable[tuple[Span, str]]) -> list[str]:
    """The place, and every line that has a mark with its marks below it. `mark` is said beside the place
    itself, `labels` are other places."""
    out = [f"  --> {span}"]
    marks = [(span, mark, "^"), *((s, text, "-") for s, text in labels)]
    gutter = max(5, len(str(max(s.place[0] for s, _, _ in marks))) + 1)
    for source in dict.fromkeys(s.source for s, _, _ in marks):
        if source is not span.source:
            out.append(f"  ::: {next(s for s, _, _ in marks if s.source is source)}")
        rows: dict[int, list[Mark]] = {}
        for s, text, sign in marks:
            if s.source is source:
                number, column = s.place
                length = min(s.end - s.start, len(source.line(number)) - column + 1)
                rows.setdefault(number, []).append((column - 1, max(1, length), text, sign))
        previous = None
        for number in sorted(rows):
            if previous is not None and number > previous + 1:
                out.append(f"{'...':>{gutter}}")
            previous = number
            for line, below in _windows(source.line(number), rows[number]):
                out.append(f"{number:>{gutter}} | {line}".rstrip())
                out += [f"{'':>{gutter}} | {row}" for row in below]
    return out


def _windows(line: str, marks: list[Mark]) -> list[tuple[str, list[str]]]:
    """A line with the rows of signs below it; a long line in pieces around its marks."""
    marks = sorted(marks, key=lambda mark: mark[0])
    if len(line) <= WIDTH:
        return [(on_terminal(line), _underline(line, marks))]
    pieces = []
    while marks:
        start = max(0, marks[0][0] - WIDTH // 3)
        stop = start + WIDTH
        inside = [m for m in marks if m[0] < stop]
        marks = marks[len(inside) :]
        piece = line[start:stop]
        before, after = "..." if start else "", "..." if stop < len(line) else ""
        moved = [(c - start, min(n, stop - c), text, sign) for c, n, text, sign in inside]
        rows = [" " * len(before) + row for row in _underline(piece, moved)]
        pieces.append((before + on_terminal(piece) + after, rows))
    return pieces


def _columns(line: str) -> list[int]:
    """Where each character stands on a terminal: some are two columns wide, some none."""
    if line.isascii():
        return list(range(len(line) + 2))
    from unicodedata import combining, east_asian_width

    at, columns = 0, []
    for character in line:
        columns.append(at)
        wide = east_asian_width(character) in "WF"
        at += 2 if wide else 0 if combining(character) else 1
    return [*columns, at, at + 1]


def _underline(line: str, marks: list[Mark]) -> list[str]:
    """Rows of signs, with their words at their right; words that would overlap go below."""
    columns = _columns(line)
    rows: list[str] = []
    for first, length, text, sign in marks:
        start, stop = columns[first], columns[min(first + length, len(columns) - 1)]
        piece = sign * max(1, stop - start) + (f" {text}" if text else "")
        for i, row in enumerate(rows):
            if len(row) < start:
                rows[i] = row.ljust(start) + piece
                break
        else:
            rows.append(" " * start + piece)
    return rows
