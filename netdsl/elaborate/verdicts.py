"""Whether what a file states about a network holds: one verdict for every `::` and `expect`."""

from __future__ import annotations

from netdsl.record import Record
from netdsl.source import Span


class Verdict(Record):
    """What is stated at a place, and what is found there."""

    span: Span
    stated: str
    found: str
    met: bool


class Verdicts:
    """The verdicts on one network. A statement in a block that is used several times is met if it
    always is."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, int], Verdict] = {}

    def add(self, verdict: Verdict) -> None:
        key = (verdict.span.source.name, verdict.span.start)
        if key not in self._of or self._of[key].met:
            self._of[key] = verdict

    def in_order(self) -> list[Verdict]:
        """By file, then by place."""
        return [self._of[key] for key in sorted(self._of)]
