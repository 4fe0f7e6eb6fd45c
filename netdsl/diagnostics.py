"""Messages as values: what is wrong, where, what belongs to it, and what to write instead.

A stage collects diagnostics and goes on as long as it can; `render` makes prose of them at the end.
Codes are stable: `E0xx` syntax, `E1xx` names and arguments, `E2xx` shapes, `E3xx` passes, `E4xx`
what a target cannot express, `W0xx` warnings. `netdsl explain CODE` tells more (codes.toml).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netdsl.record import Record
from netdsl.source import Span


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
        place = (self.span.source.name, self.span.start, self.span.end) if self.span else ()
        return (self.code, place, self.message)

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
    """The diagnostics of one run, in the order they were found, each once."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._seen: set[tuple[object, ...]] = set()

    def add(self, diagnostic: Diagnostic) -> None:
        if diagnostic.key not in self._seen:
            self._seen.add(diagnostic.key)
            self.diagnostics.append(diagnostic)

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


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` was probably meant to be."""
    from difflib import get_close_matches

    known = sorted(set(candidates))
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.lower().replace("_", ""), candidate)
    plain = name.lower().replace("_", "")
    if plain in folded:
        return folded[plain]
    close = get_close_matches(plain, folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """A hint with the nearest right name, or None."""
    found = nearest(name, candidates)
    return f"did you mean `{found}`?" if found else None


def render(diagnostic: Diagnostic) -> str:
    """The message as a terminal shows it, without colour."""
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    if diagnostic.span is not None:
        lines += _excerpt(diagnostic)
    shown = (
        diagnostic.uses
        if len(diagnostic.uses) <= 4
        else (*diagnostic.uses[:3], diagnostic.uses[-1])
    )
    for i, use in enumerate(shown):
        line, _ = use.span.place
        lines.append(
            f"   {'in' if i == 0 else 'which is in'} {use.what}, used at {use.span.source.name}:{line}"
        )
    if diagnostic.hint:
        lines.append(f"   hint: {diagnostic.hint}")
    return "\n".join(lines)


def _excerpt(diagnostic: Diagnostic) -> list[str]:
    span = diagnostic.span
    assert span is not None
    out = [f"  --> {span}"]
    marks = [(span, diagnostic.mark, "^"), *((s, text, "-") for s, text in diagnostic.labels)]
    sources = {span.source: None, **{s.source: None for s, _ in diagnostic.labels}}
    numbers = [s.place[0] for s, _, _ in marks]
    width = max(5, len(str(max(numbers))) + 1)
    for source in sources:
        if source is not span.source:
            first = next(s for s, _, _ in marks if s.source is source)
            out.append(f"  ::: {first}")
        rows: dict[int, list[tuple[int, int, str, str]]] = {}
        for s, text, sign in marks:
            if s.source is not source:
                continue
            number, column = s.place
            length = min(s.end - s.start, len(source.line(number)) - column + 1)
            rows.setdefault(number, []).append((column, max(1, length), text, sign))
        previous = None
        for number in sorted(rows):
            if previous is not None and number > previous + 1:
                out.append(f"{'...':>{width}}")
            previous = number
            out.append(f"{number:>{width}} | {_printable(source.line(number))}")
            out += [
                f"{'':>{width}} | {row}" for row in _underline(source.line(number), rows[number])
            ]
    return out


def _printable(line: str) -> str:
    """Tabs as one space, so that the marks below stand right; nothing that moves a cursor."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "?" for c in line)


def _underline(line: str, marks: list[tuple[int, int, str, str]]) -> list[str]:
    """Rows of signs below `line`, with their words at their right; words that would overlap go below."""
    rows: list[str] = []
    for column, length, text, sign in sorted(marks, key=lambda m: m[0]):
        piece = sign * length + (f" {text}" if text else "")
        for i, row in enumerate(rows):
            if len(row) < column - 1:
                rows[i] = row.ljust(column - 1) + piece
                break
        else:
            rows.append(" " * (column - 1) + piece)
    return rows
