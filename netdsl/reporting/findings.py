"""What one run of `netdsl check` found, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from netdsl.diagnostics import Diagnostic
from netdsl.source import Span


class Finding(NamedTuple):
    """A diagnostic, and the file that was being checked when it was found. The place of the diagnostic
    may be in another one, which that file imports."""

    file: str
    diagnostic: Diagnostic

    @property
    def where(self) -> str:
        """The file that the message is about."""
        span = self.diagnostic.span
        return self.file if span is None else span.source.name


class Unreadable(NamedTuple):
    """A file that could not be read, and why."""

    file: str
    reason: str


class Findings:
    """File by file in the order of the command line, and in each by the place. What two files import is
    told once."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.found: list[Finding] = []
        self.unreadable: list[Unreadable] = []
        self._seen: set[tuple[object, ...]] = set()

    def add(self, file: str, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """A file that was checked, and what was found. Gives back what had not been told before."""
        self.files.append(file)
        new = []
        for diagnostic in diagnostics:
            if diagnostic.key not in self._seen:
                self._seen.add(diagnostic.key)
                self.found.append(Finding(file, diagnostic))
                new.append(diagnostic)
        return new

    def cannot_read(self, file: str, reason: str) -> None:
        self.unreadable.append(Unreadable(file, reason))

    @property
    def errors(self) -> int:
        return sum(f.diagnostic.severity == "error" for f in self.found)

    @property
    def warnings(self) -> int:
        return sum(f.diagnostic.severity == "warning" for f in self.found)

    @property
    def status(self) -> int:
        """The exit status: 0 fine, warnings included; 1 errors; 2 a file that cannot be read."""
        return 2 if self.unreadable else 1 if self.errors else 0


class Extent(NamedTuple):
    """A place as other programs count: lines and columns from 1, columns in characters (code points), the
    end behind the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


def extent(span: Span) -> Extent:
    line, column = span.place
    end_line, end_column = span.source.place(max(span.start, span.end))
    return Extent(line, column, end_line, end_column)
