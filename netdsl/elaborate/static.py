"""Names in what no network runs: unused blocks, arms that are never taken, families without variants.

`Run` finds what is wrong in everything that a net of the file does. The rest is read here, without
values: every name, label and argument in it must mean something. What depends on numbers or shapes is
left alone, so that nothing is called wrong that a use could make right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from netdsl.design import Scope, SharedModule
from netdsl.diagnostics import Mistake, Report
from netdsl.elaborate import naming
from netdsl.elaborate.attributes import check_label
from netdsl.elaborate.budget import too_deep
from netdsl.elaborate.external import check_target
from netdsl.elaborate.functional import check_flow
from netdsl.elaborate.lookup import unknown_value
from netdsl.elaborate.names import Names, meant_target, step_target
from netdsl.elaborate.program import File, Program, lookup
from netdsl.elaborate.run import Run
from netdsl.elaborate.sentences import (
    check_body,
    check_complete,
    check_dense,
    check_merge,
    check_module,
    check_place,
    check_residual,
    inlined_block,
    is_merge,
    not_among_bars,
)
from netdsl.elaborate.starts import STARTS, no_start
from netdsl.elaborate.statements import misplaced
from netdsl.elaborate.static_expressions import Expressions
from netdsl.elaborate.values import PENDING, UNKNOWN, BlockDef, Form, LayerDef, Silent, Target
from netdsl.frames import Frame
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Callable

BARS = (ast.Bar, ast.For, ast.Repeat, ast.If, ast.Let)


def check_names(report: Report, program: Program, file: File) -> None:
    """Read what no net of a file has run. Mistakes go to `report`."""
    run = Run(report, program)
    deep = any(d.code == "E002" for d in report.errors)  # then so are the lets that use each other
    for definition in file.tree.definitions:
        is_let = isinstance(definition, ast.Let)
        if deep and is_let:
            continue
        try:
            _check_definition(run, file, definition)
        except RecursionError:
            report.add(too_deep(run.budget.place if is_let else definition.span))
            deep = True


def _check_definition(run: Run, file: File, definition: ast.Definition) -> None:
    program = run.program
    if isinstance(definition, ast.Let):
        if definition.name.text not in file.found:
            lookup(program, file, definition.name.text, run.evaluate_let)
    elif isinstance(definition, (ast.Block, ast.Net)):
        _read_definition(run, file, definition)
    elif isinstance(definition, ast.Extern):
        _read_extern(run, file, definition)


def _read_definition(run: Run, file: File, node: ast.Block | ast.Net) -> None:
    labels = Labels(node.body)
    kind = "net" if isinstance(node, ast.Net) else "block"
    scope, names = _scope(run, file, kind, node, labels)
    reader = Reader(run, labels)
    for param in node.params:
        if param.default is not None:
            reader.expressions.read(param.default, names)
        scope.frame.names[param.name.text] = UNKNOWN
    reader.body(node.body, names, Reader.statements)


def _read_extern(run: Run, file: File, node: ast.Extern) -> None:
    try:
        check_target(node)
    except Mistake as mistake:
        run.report_mistake(mistake)
    _, names = _scope(run, file, "block", node)
    expressions = Expressions(run, None)
    for param in node.params:
        if param.default is not None:
            expressions.read(param.default, names)
        names.frame.names[param.name.text] = UNKNOWN
    expressions.read(node.shape, names)


def _scope(
    run: Run, file: File, kind: str, node: ast.Node, labels: Labels | None = None
) -> tuple[Scope, Names]:
    scope = Scope(kind, "", node, None)
    scope.frame = Frame(None, "scope", scope)
    return scope, Unrun(run, file, scope.frame, labels)


class Unrun(Names):
    """Names in a text that is not run: what gives a value is seen by its labels."""

    __slots__ = ("labels",)

    def __init__(self, run: Run, file: File, frame: Frame, labels: Labels | None) -> None:
        super().__init__(run, file, frame)
        self.labels = labels

    def gives(self, name: str, span: Span) -> bool:
        return self.labels is not None and self.labels.give(name, span)

    def inside(self, frame: Frame) -> Names:
        return Unrun(self.run, self.file, frame, self.labels)


def step_of_head(word: str, frame: Frame) -> Target | None:
    """What a word means that stands in heads only, if it stands in one."""
    if frame.scope is None or frame.scope.kind != "head":
        return None
    from netdsl.heads.predictors import PREDICTORS
    from netdsl.heads.regions import REGIONS

    kind: Any = PREDICTORS.get(word) or REGIONS.get(word)
    return Target(LayerDef(kind), {}) if kind is not None else None


def is_head(word: str) -> bool:
    from netdsl.heads.kinds import KINDS

    return word in KINDS


class Labels:
    """The labels that stand in the text of a block, wherever they do."""

    def __init__(self, body: ast.Body) -> None:
        self.body = body
        self.plain: dict[str, ast.Computed] = {}
        self.patterns: list[re.Pattern[str]] = []
        self.known: list[str] = []
        self.lost = False
        links = [node for node in ast.below(body) if isinstance(node, ast.Link)]
        for label in (link.label for link in links if link.label is not None):
            if label.plain is None:
                parts = (re.escape(p) if isinstance(p, str) else r"\w+" for p in label.parts)
                self.patterns.append(re.compile("".join(parts)))
            else:
                self.plain.setdefault(label.plain, label)
                self.patterns.append(re.compile(rf"{re.escape(label.plain)}\d+"))  # in `repeat`
        for node in ast.below(body):
            if isinstance(node, (ast.Input, ast.Weight)):
                self.known.append(node.name.text)
            elif isinstance(node, (ast.Inline, ast.Missing)):
                self.lost = True  # labels may come from there
            elif isinstance(node, ast.Aux) and node.label.plain is not None:
                self.known.append(node.label.plain)

    def give(self, name: str, span: Span) -> bool:
        """Whether a step, an input or a tensor of that name stands above a place."""
        label = self.plain.get(name)
        return name in self.known if label is None else label.span.start < span.start

    def check(self, node: ast.Tap, names: Names) -> None:
        """Whether some step, input or tensor has the name of a tap. Raises `Mistake`."""
        name = node.name.plain if node.name is not None else None
        if name is None or self.lost or name in self.known:
            return
        try:
            names.frame.find(name)
            return  # a parameter or a `let`, which may hold a value
        except KeyError:
            pass
        label = self.plain.get(name)
        if label is not None and label.span.start < node.span.start:
            return
        if any(p.fullmatch(name) for p in self.patterns):
            return  # a computed label may be this one
        known = [*self.plain, *self.known]
        raise unknown_value(node, name, names, known, self.body)


class Reader:
    """Goes through the text of one block or net, and reads the bodies that no run has reached."""

    def __init__(self, run: Run, labels: Labels) -> None:
        self.run = run
        self.expressions = Expressions(run, labels)
        self.reads = False  # whether the body that is gone through was not reached

    def mistakes(self, judge: Callable[..., Any], *arguments: Any) -> Any:
        """What a judgement of a sentence gives; its mistake is reported, and gives None."""
        try:
            return judge(*arguments)
        except Mistake as mistake:
            self.run.report_mistake(mistake)
        except Silent:
            pass
        return None

    def body(self, body: ast.Body, names: Names, how: Callable[..., None]) -> None:
        outer, self.reads = self.reads, id(body) not in self.run.program.reached
        how(self, body, names)
        self.reads = outer

    def expr(self, node: ast.Expr | None, names: Names) -> None:
        if node is not None and self.reads:
            self.expressions.read(node, names)

    # ------------------------------------------------------------------------------ statements
    def statements(self, body: ast.Body, names: Names) -> None:
        """The statements of a body that is no merge's."""
        bars = False
        for statement in self.run.attached(body) if self.reads else body.statements:
            if isinstance(statement, ast.Bar):
                if self.reads and not bars:
                    self.run.report_mistake(misplaced(statement, names.frame).at(statement.span))
                bars = True
                continue
            bars = False
            if self.reads:
                self.mistakes(check_place, statement, names.frame)
            self.statement(statement, names, Reader.statements)

    def bars(self, body: ast.Body, names: Names, word: str) -> None:
        """The bars of a merge."""
        mixed = False
        for statement in body.statements:
            if isinstance(statement, BARS):
                self.statement(statement, names, lambda r, b, n: r.bars(b, n, word))
            elif self.reads and not mixed:
                mixed = True
                self.run.report_mistake(not_among_bars(word, statement))

    def statement(
        self, node: ast.Statement, names: Names, inner: Callable[[Reader, ast.Body, Names], None]
    ) -> None:
        if isinstance(node, (ast.Chain, ast.Bar)):
            self.chain(node if isinstance(node, ast.Chain) else node.chain, names)
        elif isinstance(node, ast.Let):
            names.frame.names[node.name.text] = PENDING
            self.expr(node.value, names)
            names.frame.names[node.name.text] = UNKNOWN
        elif isinstance(node, ast.Repeat):
            self.expr(node.count, names)
            self.body(node.body, names.inside(Frame(names.frame, "repeat", iteration=1)), inner)
        elif isinstance(node, ast.For):
            self.expr(node.iterable, names)
            frame = Frame(names.frame, "for", iteration=1)
            frame.names.update((name.text, UNKNOWN) for name in node.names)
            self.body(node.body, names.inside(frame), inner)
        elif isinstance(node, ast.If):
            self.expr(node.condition, names)
            for arm in (node.then, node.other):
                if arm is not None:
                    self.body(arm, names.inside(Frame(names.frame)), inner)
        elif isinstance(node, ast.Module):
            names.frame.names[node.name.text] = UNKNOWN
            self.chain(node.chain, names)
        elif isinstance(node, ast.Weight):
            self.expr(node.shape, names)
            self._start(node.value, names)
        elif isinstance(node, ast.Aux):
            self.label(node.label, names, names.frame.scope)
            if node.body is not None:
                self.group(node.body, names, node.label)
            elif node.chain is not None:
                self.chain(node.chain, names)
        elif isinstance(node, ast.Head):
            self._arguments(node.args, names)
            self.head(node.body, node.name.text, names)
        elif isinstance(node, ast.Init):
            for entry in node.entries:
                self._start(entry.value, names)
        elif isinstance(node, (ast.Meta, ast.Keys)):
            for entry in node.entries:
                self.expr(entry.value, names)
        elif isinstance(node, ast.Input):
            self.expr(node.shape, names)

    def _start(self, node: ast.Expr | None, names: Names) -> None:
        """How weights start: `kaiming(mode="fan_out")` is no name of an expression."""
        if node is None or not self.reads:
            return
        of = node.of if isinstance(node, ast.Apply) else node
        if not isinstance(of, ast.Ref):
            self.expr(node, names)
        elif of.name not in STARTS:
            try:
                names.find(of.name)
            except KeyError:
                self.run.report_mistake(no_start(of.name, node.span))

    # ------------------------------------------------------------------------------------ flow
    def chain(self, node: ast.Chain, names: Names) -> None:
        for link in node.links:
            self.label(link.label, names, names.frame.scope)
            self.step(link, names)
            self.expr(link.belief, names)

    def label(self, node: ast.Computed | None, names: Names, scope: Scope | None) -> None:
        if node is None or not self.reads:
            return
        if node.plain is not None and scope is not None:
            loop = naming.loop_around(names.frame)
            name = node.plain if loop is None else f"{node.plain}{loop.iteration}"
            self.mistakes(check_label, name, node, scope)
        for part in node.parts:
            if not isinstance(part, str):
                self.expr(part, names)

    def group(self, body: ast.Body, names: Names, label: ast.Computed | None) -> None:
        name = label.plain if label is not None else None
        self.body(body, self._scope("group", body, names, name or ""), Reader.statements)

    def _scope(self, kind: str, body: ast.Body, names: Names, name: str = "") -> Names:
        scope = Scope(kind, name, body, names.frame.scope)
        scope.frame = Frame(names.frame, "scope", scope)
        return names.inside(scope.frame)

    def head(self, body: ast.Body, word: str, names: Names) -> None:
        """The bars or the body of a head."""
        inner = self._scope("head", body, names)
        if body.bars:
            self.body(body, inner, lambda r, b, n: r.bars(b, n, f"head {word}"))
        else:
            self.body(body, inner, Reader.statements)

    def step(self, link: ast.Link, names: Names) -> None:
        step = link.step
        if isinstance(step, (ast.From, ast.Compute)):
            self.expr(step.value, names)
        elif isinstance(step, ast.Group):
            self.group(step.body, names, link.label)
        elif isinstance(step, ast.Inline):
            if self.reads:
                self.mistakes(self._inline, step, names)
        elif isinstance(step, ast.Call):
            if self.reads:
                self.mistakes(self._call, step, names, link.label)
            inner = names
            if link.label is not None and step.body is not None:  # a scope of its own
                inner = self._scope(step.name.text, step.body, names)
            self.bodies(step, inner)
        else:
            names.frame.names.update((name, UNKNOWN) for name in step.names)

    def _inline(self, step: ast.Inline, names: Names) -> None:
        self._arguments(step.args, names)
        target = step_target(names, step.name)
        inlined_block(step, target)
        assert isinstance(target, Target)
        check_complete(self.expressions.bound(target, step.args, names), step)

    def _call(self, step: ast.Call, names: Names, label: ast.Computed | None) -> None:
        """The word of a step, its arguments, and whether its bodies are what it takes."""
        own = step_of_head(step.name.text, names.frame)
        if own is not None:
            self._arguments(step.args, names)
            check_complete(self.expressions.bound(own, step.args, names), step)
            return
        target = self.mistakes(meant_target, self.run, step.name, names, step)
        if target is not None:
            check_flow(step, target, names, label)
        self._arguments(step.args, names)
        if target is None:
            return
        if isinstance(target, SharedModule):
            check_module(step)
            return
        check_body(step, target, names)
        target = self.expressions.bound(target, step.args, names)
        if is_merge(target):
            check_merge(step)
        elif isinstance(target.definition, Form):
            if target.name == "dense":
                check_dense(step, target)
            else:
                check_residual(step)
        if not isinstance(target.definition, BlockDef) or target.definition.params:
            check_complete(target, step)

    def _arguments(self, args: Iterable[ast.Argument], names: Names) -> None:
        for argument in args:
            self.expr(argument.value, names)

    def bodies(self, step: ast.Call, names: Names) -> None:
        """What stands in the braces behind a word."""
        self.expr(step.condition, names)
        if step.body is not None:
            if is_head(step.name.text):  # without `head` before it
                self.head(step.body, step.name.text, names)
            elif step.body.bars:
                word = step.name.text
                self.body(step.body, self._inside(names), lambda r, b, n: r.bars(b, n, word))
            else:
                kind = "repeat" if step.name.text == "dense" else "plain"
                self.body(step.body, self._inside(names, kind), Reader.statements)
        for clause in step.clauses:
            self.expr(clause.condition, names)
            self.body(clause.body, self._inside(names), Reader.statements)

    def _inside(self, names: Names, kind: str = "plain") -> Names:
        return names.inside(Frame(names.frame, kind, iteration=1))
