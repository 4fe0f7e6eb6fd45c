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
from typing import NamedTuple

from netdsl.escaping.terminal import line as on_terminal
from netdsl.excerpts import WIDTH, excerpt
from netdsl.record import Record
from netdsl.source import Span

MOST_USES = 5  # lines for the blocks around a place
MOST_ERRORS = 100  # of one run; nobody reads more
SHORT = 6  # letters
MOST_CANDIDATES = 1_000  # names among which the nearest is looked for
LONGEST_QUOTE = 120


class Use(Record):
    """One level of "in block `basic`, used at ..."."""

    what: str
    span: Span


class Way(Record):
    """One way that values took: steps with what they gave, and which of them left what another way does
    (None: none of these)."""

    name: str
    steps: tuple[tuple[str, str], ...]
    parts: int | None = None


class Ways(Record):
    """Two ways whose ends do not fit together. `start` is what both began with, if it was one value."""

    start: str | None
    ways: tuple[Way, ...]


class Edit(NamedTuple):
    """A piece of a text, and what to write instead."""

    span: Span
    text: str


class Diagnostic(Record):
    """One mistake: `labels` mark other places that belong to it, `uses` is the chain of block uses, `ways`
    how values came there that do not fit. `fix` is the hint as changes of the text, where it can be
    followed without a thought."""

    code: str
    message: str
    span: Span | None = None
    labels: tuple[tuple[Span, str], ...] = ()
    hint: str | None = None
    uses: tuple[Use, ...] = ()
    mark: str = ""  # said beside the underlined place
    ways: Ways | None = None
    fix: tuple[Edit, ...] = ()

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

    @property
    def changes(self) -> tuple[Edit, ...]:
        """The hint as changes of the text: `fix`, or the name that was probably meant. Nothing where the
        author has to think."""
        if self.fix or self.span is None or self.hint is None:
            return self.fix
        meant = re.fullmatch(r'did you mean (?:`([\w.-]+)`|"([^"]+)")\?', self.hint)
        name = meant and (meant[1] or meant[2])
        written = re.fullmatch(r'(@|"?)([^@"\s]+)("?)', self.span.text)
        if not name or written is None or nearest(written[2], [name]) is None:
            return ()
        return (Edit(self.span, f"{written[1]}{name}{written[3]}"),)

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
        ways: Ways | None = None,
        fix: Sequence[Edit] = (),
    ) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(
            code, message, span, tuple(labels), hint, mark=mark, ways=ways, fix=tuple(fix)
        )

    def at(self, span: Span) -> Mistake:
        """The same mistake, at `span` unless it has a place already."""
        if self.diagnostic.span is None:
            self.diagnostic = self.diagnostic.but(span=span)
        return self


def mistake_of(diagnostic: Diagnostic) -> Mistake:
    """A message as what is raised where it is found."""
    mistake = Mistake(diagnostic.code, diagnostic.message)
    mistake.diagnostic = diagnostic
    return mistake


class Report:
    """The diagnostics of one run, in the order they were found, each once, and not without end."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.count = 0  # of errors
        self._seen: set[tuple[object, ...]] = set()

    def add(self, diagnostic: Diagnostic) -> None:
        if diagnostic.key not in self._seen and not self.full:
            self._seen.add(diagnostic.key)
            self.diagnostics.append(diagnostic)
            self.count += diagnostic.severity == "error"

    def forget(self, first: int) -> None:
        """Take back what was found from number `first` on."""
        self._seen -= {diagnostic.key for diagnostic in self.diagnostics[first:]}
        del self.diagnostics[first:]
        self.count = len(self.errors)

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


def nearest(name: str, candidates: Iterable[str], least: float | None = None) -> str | None:
    """The candidate that `name` was probably meant to be: one that is alike to at least `least` (of short
    words two thirds, for two letters change places; of longer ones a little more)."""
    if least is None:
        least = 0.66 if len(name) <= SHORT else 0.68
    return _nearest(name, tuple(sorted(set(candidates))[:MOST_CANDIDATES]), least)


@lru_cache(maxsize=64)
def _nearest(name: str, known: tuple[str, ...], least: float) -> str | None:
    # A slip in a loop is made in every round of it, and comparing words takes long.
    from difflib import get_close_matches

    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.lower().replace("_", ""), candidate)
    word = name.lower().replace("_", "")
    if word in folded:
        return folded[word]
    if len(word) < 2:
        return None  # one letter is alike to all words of two
    slipped = [candidate for candidate in folded if _one_slip(word, candidate)]
    if len(slipped) == 1 and len(word) > 2:
        return folded[slipped[0]]
    close = get_close_matches(word, slipped or folded, n=1, cutoff=least)
    return folded[close[0]] if close else None


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter is wrong, missing or too many, or two have changed places."""
    if abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    a, b = a[start:], b[start:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    return max(len(a), len(b)) <= 1 or (len(a) == len(b) == 2 and a == b[::-1])


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
        lines += excerpt(diagnostic.span, diagnostic.mark, diagnostic.labels)
    if diagnostic.ways is not None:
        lines += _both(diagnostic.ways)
    lines += _chain(diagnostic.uses)
    if diagnostic.hint:
        lines += wrapped(f"   hint: {_shortened(diagnostic.hint)}", WIDTH, " " * 9)
    return "\n".join(on_terminal(line) for line in lines)


def _both(ways: Ways) -> list[str]:
    """Two ways, a step a line, with the shapes below each other."""
    name = max(len(way.name) for way in ways.ways)
    step = max((len(text) for way in ways.ways for text, _ in way.steps), default=0)
    shape = max((len(shape) for way in ways.ways for _, shape in way.steps), default=0)
    lines = [f"   from {ways.start}:" if ways.start is not None else "   the ways:"]
    for way in ways.ways:
        for i, (text, gives) in enumerate(way.steps):
            here = "  <- here they part" if i == way.parts else ""
            said = way.name if i == 0 else ""
            row = f"     {said:<{name}}  {text:<{step}}  "
            lines.append(f"{row}{gives:<{shape}}{here}".rstrip())
    return lines


def _chain(uses: tuple[Use, ...]) -> list[str]:
    """The blocks around the place, innermost first; the middle of a long chain is left out."""
    lines = [
        f"   {'which is in' if i else 'in'} {use.what}, "
        f"used at {use.span.source.name}:{use.span.place[0]}"
        for i, use in enumerate(uses)
    ]
    if len(lines) > MOST_USES:
        lines[3:-1] = [f"   ... ({len(lines) - 4} more blocks)"]
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
