"""Messages as values: what is wrong, where, what belongs to it, and what to write instead.

A stage collects diagnostics and goes on as long as it can; `render` makes prose of them at the end.
Codes are stable: `E0xx` syntax, `E1xx` names and arguments, `E2xx` shapes, `E3xx` passes, `E4xx`
what a target cannot express, `W1xx` and `W2xx` warnings. codes.toml has them all, and what
`netdsl explain CODE` tells about them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

from netdsl.record import Record
from netdsl.source import Span

WIDTH = 100  # columns of a message
MOST_ERRORS = 100  # of one run; nobody reads more
MOST_CANDIDATES = 1_000  # names among which the nearest is looked for
LONGEST_QUOTE = 120


class Use(Record):
    """One level of "in block `basic`, used at ..."."""

    what: str
    span: Span


class Diagnostic(Record):
    """One mistake: `labels` mark other places that belong to it, `uses` is the chain of block uses."""

    code: str
    message: str
    span: Span | None = None
    labels: tuple[tuple[Span, str], ...] = ()
    hint: str | None = None
    uses: tuple[Use, ...] = ()
    mark: str = ""  # said beside the underlined place

    @property
    def severity(self) -> str:
        return "warning" if self.code.startswith("W") else "error"

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two diagnostics the same mistake: its kind and place. (A block that is used for
        three shapes can say it three times in other words.)"""
        if self.span is None:
            return (self.code, self.message)
        return (self.code, self.span.source.name, self.span.start, self.span.end)

    def __str__(self) -> str:
        return render(self)


class NetError(Exception):
    """A `.net` text could not be compiled. `diagnostics` says why, each with its place."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n\n".join(render(d) for d in self.diagnostics))


class Mistake(Exception):
    """Raised where a mistake is found, caught where the place is known and the work can go on."""

    def __init__(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        *,
        labels: Sequence[tuple[Span, str]] = (),
        hint: str | None = None,
        mark: str = "",
    ) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(code, message, span, tuple(labels), hint, mark=mark)

    def at(self, span: Span) -> Mistake:
        """The same mistake, at `span` unless it has a place already."""
        if self.diagnostic.span is None:
            self.diagnostic = self.diagnostic.but(span=span)
        return self


class Report:
    """The diagnostics of one run, in the order they were found, each once, and not without end."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._seen: set[tuple[object, ...]] = set()

    def add(self, diagnostic: Diagnostic) -> None:
        if diagnostic.key not in self._seen and not self.full:
            self._seen.add(diagnostic.key)
            self.diagnostics.append(diagnostic)

    def forget(self, first: int) -> None:
        """Take back what was found from number `first` on."""
        self._seen -= {diagnostic.key for diagnostic in self.diagnostics[first:]}
        del self.diagnostics[first:]

    @property
    def full(self) -> bool:
        """Whether there are so many that nothing more is looked for."""
        return len(self.diagnostics) >= MOST_ERRORS

    @property
    def errors(self) -> list[Diagnostic]:
        return [d for d in self.diagnostics if d.severity == "error"]

    @property
    def warnings(self) -> list[Diagnostic]:
        return [d for d in self.diagnostics if d.severity == "warning"]

    def check(self) -> None:
        """Raise `NetError` if there is an error."""
        if self.errors:
            raise NetError(in_order(self.errors))


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By file, then by place: how a reader goes through a text."""

    def place(diagnostic: Diagnostic) -> tuple[str, int]:
        span = diagnostic.span
        return (span.source.name, span.start) if span else ("", -1)

    return sorted(diagnostics, key=place)


def nearest(name: str, candidates: Iterable[str], least: float = 0.66) -> str | None:
    """The candidate that `name` was probably meant to be: one that is alike to at least `least`."""
    return _nearest(name, tuple(sorted(set(candidates))[:MOST_CANDIDATES]), least)


@lru_cache(maxsize=64)
def _nearest(name: str, known: tuple[str, ...], least: float) -> str | None:
    # A slip in a loop is made in every round of it, and comparing words takes long.
    from difflib import get_close_matches

    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.lower().replace("_", ""), candidate)
    plain = name.lower().replace("_", "")
    if plain in folded:
        return folded[plain]
    close = get_close_matches(plain, folded, n=1, cutoff=least)
    return folded[close[0]] if close else None


def surely(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` is so alike to that one can go on with it after the mistake."""
    return nearest(name, candidates, 0.85)


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """A hint with the nearest right name, or None."""
    found = nearest(name, candidates)
    return f"did you mean `{found}`?" if found else None


def render(diagnostic: Diagnostic) -> str:
    """The message as a terminal shows it, without colour."""
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {_shortened(diagnostic.message)}"]
    if diagnostic.span is not None:
        lines += _excerpt(diagnostic)
    lines += _chain(diagnostic.uses)
    if diagnostic.hint:
        lines += wrapped(f"   hint: {_shortened(diagnostic.hint)}", WIDTH, " " * 9)
    return "\n".join(_printable(line) for line in lines)


def _chain(uses: tuple[Use, ...]) -> list[str]:
    """The blocks around the place, innermost first; the middle of a long chain is left out."""
    left_out = len(uses) - 4
    shown = uses if left_out <= 0 else (*uses[:3], uses[-1])
    lines = []
    for i, use in enumerate(shown):
        how = "which is in" if i else "in"
        if i == 3 and left_out > 0:
            how = f"which is, {left_out} further out, in"
        lines.append(f"   {how} {use.what}, used at {use.span.source.name}:{use.span.place[0]}")
    return lines


def _shortened(text: str) -> str:
    """One line; a piece of the text that is quoted stays short."""
    text = " ".join(text.split())
    if len(text) < LONGEST_QUOTE:
        return text
    return re.sub(r"`([^`]*)`", lambda m: f"`{_cropped(m[1])}`", text)


def _cropped(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 3] + "..."


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Lines of at most `width` characters; what stands in backticks is not torn apart."""
    words = re.findall(r"[^\s`]*`[^`]*`[^\s`]*|\S+", text)
    lines: list[str] = []
    line = " " * (len(text) - len(text.lstrip()))
    for word in words:
        if line.strip() and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = indent + word
        else:
            line += (" " if line.strip() else "") + word
    return [*lines, line]


# ----------------------------------------------------------------------------------------- excerpts
Mark: TypeAlias = "tuple[int, int, str, str]"  # first column, columns, what is said, the sign


def _excerpt(diagnostic: Diagnostic) -> list[str]:
    """The place, and every line that has a mark with its marks below it."""
    span = diagnostic.span
    assert span is not None
    out = [f"  --> {span}"]
    marks = [(span, diagnostic.mark, "^"), *((s, text, "-") for s, text in diagnostic.labels)]
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
        return [(_printable(line), _underline(line, marks))]
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
        pieces.append((before + _printable(piece) + after, rows))
    return pieces


def _printable(line: str) -> str:
    """Tabs as one space, so that the marks below stand right; nothing that moves a cursor."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "?" for c in line)


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
