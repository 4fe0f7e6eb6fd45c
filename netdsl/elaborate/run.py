"""Running a text: bodies and their statements. The values are shapes.

A mistake is reported and the value becomes unknown; what reads an unknown value stays silent, so that
one mistake gives one message and the rest of the text is still checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from netdsl.design import Computed, Condition, Flow, Link, Note, Region, Scope, Taken, Value
from netdsl.diagnostics import Diagnostic, Mistake, Report, Use
from netdsl.elaborate import blocks, naming, steps
from netdsl.elaborate.again import Before
from netdsl.elaborate.applying import FITS_ANY, under_condition
from netdsl.elaborate.attributes import check_label
from netdsl.elaborate.beliefs import believe, shape_too_large, too_large, with_origin
from netdsl.elaborate.budget import Budget, Enough, TooLarge, too_deep
from netdsl.elaborate.compute import computed_shape
from netdsl.elaborate.doubt import Doubts, guess, sources
from netdsl.elaborate.edits import Edits, drop, edit_of
from netdsl.elaborate.entering import told_here
from netdsl.elaborate.expressions import evaluate
from netdsl.elaborate.lookup import computed_name, register
from netdsl.elaborate.names import Names
from netdsl.elaborate.naming import loop_around
from netdsl.elaborate.paths import value_of
from netdsl.elaborate.program import File, Program
from netdsl.elaborate.statements import (
    STATEMENTS,
    clause_on_own_line,
    misplaced,
    not_computed,
    own_line_clause,
    with_clause,
)
from netdsl.elaborate.texts import Texts
from netdsl.elaborate.values import UNKNOWN, Silent, Tapped, kind_of
from netdsl.elaborate.verdicts import Verdicts
from netdsl.frames import Frame
from netdsl.source import Span
from netdsl.syntax import ast

DEEPEST = 96  # bodies and blocks that are run inside of each other: each takes at most 40 frames
DEEPEST_LETS = 128  # that need each other
ARGUMENT = frozenset(
    ["E112", "E115", "E122"]
)  # mistakes of a value: where it comes from is told too

# Statements that move no value: a mistake in one of them leaves the current value as it is.
STILL = (
    ast.Let,
    ast.Weight,
    ast.Module,
    ast.Aux,
    ast.Head,
    ast.Output,
    ast.Input,
    ast.Init,
    ast.Meta,
    ast.Keys,
    ast.Expect,
)


def lose_labels(statement: ast.Statement, frame: Frame) -> None:
    """Labels in a loop or under a condition that could not be decided may be meant by any other name."""
    if isinstance(statement, (ast.For, ast.Repeat, ast.If)) and frame.scope is not None:
        frame.scope.block.lost = True


class Run:
    """What one compilation shares: the report, the chain of uses, the scopes made so far."""

    def __init__(self, report: Report, program: Program) -> None:
        self.report = report
        self.program = program
        self.uses: list[Use] = []
        self.blocks: list[ast.Node] = []  # blocks being run, outermost first
        self.given: list[dict[str, Span]] = []  # of each use of a block, where its arguments stand
        self.memo: dict[Any, Scope] = {}
        self.budget = Budget(program)
        self.depth = 0  # of bodies and blocks
        self.open_lets = 0
        self.overridden = False
        self.edits: Edits | None = None  # steps of the net that passes changed
        self.changed: dict[ast.Net, ast.Net] = {}  # nets in which steps were replaced from outside
        self.skipped: list[Span] = []  # beliefs that do not hold for overridden parameters
        self.texts = Texts()
        self.before: dict[ast.Call, Before] = {}  # the last run of each layer (again.py)
        self.conditions: list[Condition] = []
        self.doubts: set[str] = set()  # parts of shapes in which a belief was wrong further up
        self.guesses = Doubts()
        self.lost_heads: set[str] = set()  # kinds of heads that have a mistake
        self.lets: dict[ast.Body, dict[str, Span]] = {}  # of blocks (names.py)
        self.label_places: dict[ast.Body, dict[str, Any]] = {}  # of blocks (lookup.py)
        self.verdicts: Verdicts | None = (
            None  # `netdsl verify`: what is stated is judged, no mistake
        )

    # ---------------------------------------------------------------------------------- mistakes
    def report_mistake(self, mistake: Mistake) -> None:
        diagnostic = mistake.diagnostic
        place = self.given[-1].get(diagnostic.span.text) if self.given and diagnostic.span else None
        if place is not None and diagnostic.code in ARGUMENT:
            diagnostic = diagnostic.but(labels=(*diagnostic.labels, (place, "given here")))
        if self.uses and not diagnostic.uses:
            # what mends a block for this use may break it for another: it is said, but not as a change
            diagnostic = diagnostic.but(uses=tuple(reversed(self.uses)), fix=())
        self.report.add(diagnostic)
        if self.report.full:
            raise Enough

    def warn(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        self.report.add(Diagnostic(code, message, span, (), hint, tuple(reversed(self.uses))))

    def compute(self, amount: int, span: Span) -> None:
        """Count what evaluating an expression costs: an `Expansion` does so in its own way."""
        self.budget.compute(amount, span)

    def evaluate_let(self, node: ast.Let, file: File) -> Any:
        """The value of a file's `let`; UNKNOWN after a mistake."""
        self.budget.place = node.name.span
        if self.open_lets >= DEEPEST_LETS:
            raise TooLarge(too_deep(self.budget.place))
        self.open_lets += 1
        try:
            return self.value(node.value, Names(self, file, file.frame))
        finally:
            self.open_lets -= 1

    def value(self, node: ast.Expr, names: Names) -> Any:
        try:
            return evaluate(node, names)
        except Mistake as mistake:
            self.report_mistake(mistake)
        except Silent:
            pass
        return UNKNOWN

    # ------------------------------------------------------------------------------------ bodies
    def body(self, body: ast.Body, entry: Value | None, names: Names) -> Region:
        """Run the statements of a body that is no merge's."""
        if self.depth >= DEEPEST:
            raise TooLarge(too_deep(self.budget.place))
        self.depth += 1
        try:
            return self._body(body, entry, names)
        finally:
            self.depth -= 1

    def _body(self, body: ast.Body, entry: Value | None, names: Names) -> Region:
        self.program.reached.add(id(body))
        region = Region(body, entry, names.frame)
        current = entry
        bars = False  # a run of bars is one mistake
        for statement in self.attached(body):
            handler = STATEMENTS.get(type(statement))
            kept = current if isinstance(statement, STILL) else Value(None)
            try:
                if handler is not None:
                    current = handler(self, statement, current, names, region)
                elif not (bars and isinstance(statement, ast.Bar)):
                    raise misplaced(statement, names.frame)
            except Mistake as mistake:
                code = mistake.diagnostic.code
                side = isinstance(statement, ast.Aux) and code.startswith("E2")
                if not (side and self.guesses.of(current)):
                    self.report_mistake(mistake.at(statement.span))
                lose_labels(statement, names.frame)
                current = kept
                region.events.append(Note(statement, names.frame))
            except Silent:
                lose_labels(statement, names.frame)
                current = kept
                region.events.append(Note(statement, names.frame))
            bars = isinstance(statement, ast.Bar)
        region.exit = current
        return region

    def rounds(
        self, entries: Iterable[Any], count: int, body: ast.Body, names: Names, node: ast.Node
    ) -> Iterator[tuple[int, Any]]:
        """The rounds of a loop with their numbers, from 1."""
        if not count and names.frame.scope is not None:
            names.frame.scope.naming.looping |= self.texts.words(body, names)
        return self.budget.rounds(entries, count, body, names, node)

    def attached(self, body: ast.Body) -> Iterable[ast.Statement]:
        """The statements of a body; a `shortcut { }` on a line of its own goes back to its residual."""
        statements: list[ast.Statement] = []
        for statement in body.statements:
            clause = own_line_clause(statement)
            joined = with_clause(statements[-1], clause) if clause and statements else None
            if joined is None:
                statements.append(statement)
                continue
            assert clause is not None
            self.report_mistake(clause_on_own_line(clause))
            statements[-1] = joined
        return statements

    def chain(
        self, node: ast.Chain, entry: Value | None, names: Names, fixed: str | None = None
    ) -> tuple[Flow, Value | None]:
        """Run a chain. `fixed` is the name of its only step, where a bar gives it one."""
        flow = Flow(node)
        current = entry
        for link_node in node.links:
            link = self.link(link_node, current, names, fixed)
            flow.links.append(link)
            current = link.output
        return flow, current

    def link(
        self, node: ast.Link, current: Value | None, names: Names, fixed: str | None = None
    ) -> Link:
        """Run one step of a chain."""
        self.budget.count(1, node.span)
        link = Link(node, names.frame)
        edit = edit_of(link)
        if edit.node is not None:
            node = link.node = edit.node
        named = self.label(node.label, names, link)
        try:
            if edit.drop:
                link.word = node.step.name.text if isinstance(node.step, ast.Call) else ""
                drop(link, current, names)
            else:
                self._step(link, node.step, current, names, fixed, named)
            if self.guesses:
                self.guesses.inherit(link.output, sources(link))
        except Mistake as mistake:
            if not self.guesses.consequence(mistake, link, current):
                told_here(mistake, current, node, names.frame)
                self.report_mistake(with_origin(mistake.at(node.step.span), current, node))
            link.output = guess(self, link, current, names)
        except Silent:
            link.output = guess(self, link, current, names)
        if link.output is None:
            link.output = Value(None, names.frame.scope, link.label)
        elif too_large(link.output.shape):
            self.report_mistake(shape_too_large(link.output.shape, node.step.span))
            link.output = Value(None, names.frame.scope, link.label)
        if link.output.maker is None:
            link.output.maker = link
        if node.belief is not None:
            believe(self, node.belief, link.output, names)
        if named is not None:
            if link.output.label is None:
                link.output.label = named[0]
            register(names.frame, link, *named)
        return link

    def label(
        self, node: ast.Computed | None, names: Names, link: Link
    ) -> tuple[str, str | None] | None:
        """The name of a label, and the plain one by which its loop's iteration knows it.

        A name that cannot be is reported, and used all the same: what taps it is no second mistake.
        """
        if node is None:
            return None
        scope = names.frame.scope
        assert scope is not None
        plain, loop = node.plain, loop_around(names.frame)
        name = plain
        try:
            name = computed_name(node, names)
            if plain is not None and loop is not None:
                if loop.kind == "for":
                    raise not_computed(node, loop)
                name = f"{plain}{loop.iteration}"
            check_label(name, node, scope)
            scope.naming.claim(name, node, names.frame)
        except Mistake as mistake:
            self.report_mistake(naming.numbered_anyway(mistake.at(node.span), node, loop))
        except Silent:
            pass
        if name is None:
            return None
        link.label = name
        return name, plain if loop is not None else None

    def _step(
        self,
        link: Link,
        step: ast.Step,
        current: Value | None,
        names: Names,
        fixed: str | None,
        named: tuple[str, str | None] | None,
    ) -> None:
        if isinstance(step, ast.Missing):
            self._lost(step, link)
            raise Silent
        if isinstance(step, ast.From):
            found = evaluate(step.value, names)
            if not isinstance(found, (Tapped, Value)):
                hint = "take one of them: `@maps[0]`" if isinstance(found, tuple) else None
                raise Mistake(
                    "E115", f"`{step.span.text}` is {kind_of(found)}, not a value", hint=hint
                )
            value = value_of(found)
            value.taken = True
            link.what, link.inputs, link.output = Taken(value), [value], value
        elif isinstance(step, ast.Compute):
            shape, (values, conditions) = computed_shape(step.value, names)
            link.what, link.inputs = Computed(values), values
            for multiple, *pair in conditions:
                under_condition(self, multiple, pair, "this arithmetic takes", step, FITS_ANY)
            link.output = Value(shape, names.frame.scope, link.label)
        elif isinstance(step, ast.Group):
            steps.group(self, link, step, current, names, fixed)
        elif isinstance(step, ast.Inline):
            blocks.inline(self, link, step, current, names)
        else:
            steps.call(self, link, step, current, names, fixed)

    def _lost(self, step: ast.Missing, link: Link) -> None:
        """What a statement that could not be read would have named is known, but not what it is."""
        for name in step.labels:
            inner = Link(link.node, link.frame)
            inner.output = Value(None, link.frame.scope, name)
            register(link.frame, inner, name, None)
        for name in step.names:
            link.frame.names.setdefault(name, UNKNOWN)
        if step.computed and link.frame.scope is not None:
            link.frame.scope.block.lost = True

    def scope(
        self,
        kind: str,
        name: str,
        node: ast.Node,
        entry: Value | None,
        names: Names,
        edits: Edits | None = None,
    ) -> tuple[Scope, Names]:
        """A new scope inside the current one, and the names seen in it. `close` ends it."""
        outer = names.frame.scope
        scope = Scope(kind, name, node, outer)
        scope.edits = edits
        scope.input = entry
        frame = Frame(names.frame, "scope", scope)
        scope.frame = frame
        scope.naming = naming.Naming(scope)
        return scope, names.inside(frame)

    def close(self, scope: Scope, region: Region) -> None:
        """Name the steps of a scope that has been run."""
        scope.region = region
        scope.result = region.exit
        scope.naming.finish()
        scope.naming = None
