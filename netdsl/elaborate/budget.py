"""What a network may cost: its steps, and what evaluating its expressions takes.

Steps are counted before anything is run (`expansion`), where that can be done, and while it is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from netdsl.diagnostics import Diagnostic
from netdsl.elaborate.expansion import Expansion, too_many
from netdsl.frames import Frame
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names
    from netdsl.elaborate.program import File, Program

# Work: expressions, and entries of lists. What a network of the zoo takes for a step is about five.
FREE_WORK = 60_000
WORK_OF_A_STEP = 20


class Enough(Exception):
    """There are more mistakes than anybody reads; nothing more is tried."""


def too_deep(place: Span | None) -> Diagnostic:
    """What is said where Python's own stack ends."""
    hint = "blocks, groups and lets stand in each other too often"
    return Diagnostic("E002", "this is nested too deeply", place, hint=hint)


class TooLarge(Exception):
    """The network passes a limit; nothing more is tried."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Budget:
    """The steps and the work of one net, and the limits of both. `place` is the step that is run; `spare` are
    the steps that all nets of a file may still take together."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.steps = 0  # with every use of a block counted
        self.done = 0  # really run: equal uses of a block are run once
        self.work = 0
        self.is_counting = True  # of what evaluating costs: until the network is there
        self.most_steps = program.limits.layers
        self.spare: int | None = None
        self.place: Span | None = None
        self.expansion: Expansion | None = None  # while loops must be counted where they are met

    def expect(self, body: ast.Body, file: File, frame: Frame, span: Span) -> None:
        """Count the steps of a net before it is run. Raises `TooLarge`."""
        expansion = Expansion(self.program, self.most_steps)
        count = expansion.net(body, file, frame)
        if count > self.most_steps:
            raise TooLarge(expansion.excess(count, span))
        if self.spare is not None and count > self.spare:
            message = f"the nets of this file have more than {2 * self.most_steps:,} steps together"
            hint = "check them one by one, in files of their own"
            raise TooLarge(Diagnostic("E136", message, span, hint=hint))
        self.expansion = None if expansion.exact else expansion

    def expect_rounds(self, count: int, body: ast.Body, names: Names, span: Span) -> None:
        """Count the steps of a loop that is met, if that could not be done before."""
        if self.expansion is not None and count > 1:
            found = self.steps + self.expansion.rounds(count, body, names)
            if found > self.most_steps:
                raise TooLarge(self.expansion.excess(found, span))

    def rounds(
        self, entries: Iterable[Any], count: int, body: ast.Body, names: Names, node: ast.Node
    ) -> Iterator[tuple[int, Any]]:
        """The rounds of a loop with their numbers, from 1. One that has no step counts as one too."""
        self.expect_rounds(count, body, names, node.span)
        for number, entry in enumerate(entries, 1):
            before = self.steps
            yield number, entry
            if self.steps == before:
                self.count(1, node.span)

    def count(self, number: int, span: Span) -> None:
        """Count steps that are run."""
        self.done += number
        self.place = span
        self.reuse(number, span)

    def reuse(self, number: int, span: Span) -> None:
        """Count the steps of a block that was run before."""
        self.steps += number
        if self.steps > self.most_steps:
            raise TooLarge(too_many(self.most_steps, span))

    def compute(self, amount: int, span: Span) -> None:
        """Count what evaluating an expression costs. What reads the finished network's text again is not
        the author's doing."""
        self.work += amount
        if self.is_counting and self.work > FREE_WORK + WORK_OF_A_STEP * self.done:
            most = f"{FREE_WORK:,} operations, and {WORK_OF_A_STEP} for a step"
            message = f"computing the numbers of this network takes more than {most}"
            hint = "long lists and loops over them are built here; only what a network needs is"
            raise TooLarge(Diagnostic("E136", message, span, hint=hint))
