"""Running a text: bodies and their statements. The values are shapes.

A mistake is reported and the value becomes unknown; what reads an unknown value stays silent, so that
one mistake gives one message and the rest of the text is still checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netdsl.design import (
    AuxEvent,
    BarEvent,
    Branch,
    Computed,
    Flow,
    Frame,
    Link,
    Loop,
    Note,
    Region,
    Scope,
    SharedModule,
    Taken,
    Value,
    WeightEvent,
)
from netdsl.diagnostics import Diagnostic, Mistake, Report, Use
from netdsl.elaborate import naming, steps
from netdsl.elaborate.compute import computed_shape
from netdsl.elaborate.expressions import Names, evaluate, evaluate_arguments, iterate, truth, unpack
from netdsl.elaborate.initial import start_of
from netdsl.elaborate.lookup import computed_name, register, value_of
from netdsl.elaborate.program import File, Program
from netdsl.elaborate.values import UNKNOWN, Silent, Tapped, Unknown, kind_of
from netdsl.shapes import Open, Shape, Size
from netdsl.source import Span
from netdsl.syntax import ast

MOST_STEPS = 200_000


class Run:
    """What one compilation shares: the report, the chain of uses, the scopes made so far."""

    def __init__(self, report: Report, program: Program, most_steps: int = MOST_STEPS) -> None:
        self.report = report
        self.program = program
        self.uses: list[Use] = []
        self.blocks: list[ast.Node] = []  # blocks being run, outermost first
        self.memo: dict[Any, Scope] = {}
        self.steps = 0
        self.most_steps = most_steps
        self.overridden = False
        self.skipped: list[Span] = []  # beliefs that do not hold for overridden parameters
        self.conditions: list[tuple[int, ast.Node]] = []

    # ---------------------------------------------------------------------------------- mistakes
    def report_mistake(self, mistake: Mistake) -> None:
        diagnostic = mistake.diagnostic
        if self.uses and not diagnostic.uses:
            diagnostic = diagnostic.but(uses=tuple(reversed(self.uses)))
        self.report.add(diagnostic)

    def warn(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        self.report.add(Diagnostic(code, message, span, (), hint, tuple(reversed(self.uses))))

    def count(self, number: int, span: Span) -> None:
        self.steps += number
        if self.steps > self.most_steps:
            raise TooLarge(
                Diagnostic("E136", f"the network has more than {self.most_steps:,} steps", span)
            )

    def evaluate_let(self, node: ast.Let, file: File) -> Any:
        """The value of a file's `let`; UNKNOWN after a mistake."""
        return self._value(node.value, Names(self, file, file.frame))

    def _value(self, node: ast.Expr, names: Names) -> Any:
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
        region = Region(body, entry, names.frame)
        current = entry
        for statement in body.statements:
            handler = _STATEMENTS.get(type(statement))
            try:
                if handler is None:
                    raise _misplaced(statement)
                current = handler(self, statement, current, names, region)
            except Mistake as mistake:
                self.report_mistake(mistake.at(statement.span))
                current = Value(None)
                region.events.append(Note(statement, names.frame))
            except Silent:
                current = Value(None)
                region.events.append(Note(statement, names.frame))
        region.exit = current
        return region

    def chain(self, node: ast.Chain, entry: Value | None, names: Names, fixed: str | None = None) -> tuple[Flow, Value | None]:
        """Run a chain. `fixed` is the name of its only step, where a bar gives it one."""
        flow = Flow(node)
        current = entry
        for link_node in node.links:
            link = self.link(link_node, current, names, fixed)
            flow.links.append(link)
            current = link.output
        return flow, current

    def link(self, node: ast.Link, current: Value | None, names: Names, fixed: str | None = None) -> Link:
        """Run one step of a chain."""
        self.count(1, node.span)
        link = Link(node, names.frame)
        named: tuple[str, str | None] | None = None
        try:
            named = self.label(node.label, names, link)
        except Mistake as mistake:
            self.report_mistake(mistake.at(node.span))
        except Silent:
            pass
        try:
            self._step(link, node.step, current, names, fixed, named)
        except Mistake as mistake:
            self.report_mistake(_with_origin(mistake.at(node.step.span), current, node))
            link.output = None
        except Silent:
            link.output = None
        if link.output is None:
            link.output = Value(None, names.frame.scope, link.label)
        if link.output.maker is None:
            link.output.maker = link
        if node.belief is not None:
            self.believe(node.belief, link.output, names)
        if named is not None:
            if link.output.label is None:
                link.output.label = named[0]
            register(names.frame, link, *named)
        return link

    def label(self, node: ast.Computed | None, names: Names, link: Link) -> tuple[str, str | None] | None:
        """The name of a label, and the plain one by which its loop's iteration knows it."""
        if node is None:
            return None
        scope = names.frame.scope
        assert scope is not None
        plain = node.plain
        name = computed_name(node, names)
        loop = _loop_around(names.frame)
        if plain is not None and loop is not None:
            if loop.kind == "for":
                raise Mistake(
                    "E127",
                    f"a label inside `for` must be computed, and `{plain}` is not",
                    node.span,
                    hint=f"write `{plain}{{i}}: ...`, with the loop's variable for i",
                )
            name = f"{plain}{loop.iteration}"
        naming.check_label(name, node, scope)
        scope.naming.claim(name, node.span)
        link.label = name
        return name, plain if loop is not None else None

    def _step(self, link: Link, step: ast.Step, current: Value | None, names: Names, fixed: str | None, named: tuple[str, str | None] | None) -> None:
        if isinstance(step, ast.Missing):
            raise Silent
        if isinstance(step, ast.From):
            found = evaluate(step.value, names)
            if not isinstance(found, (Tapped, Value)):
                hint = "take one of them: `@maps[0]`" if isinstance(found, tuple) else None
                raise Mistake("E116", f"`{step.span.text}` is {kind_of(found)}, not a value", hint=hint)
            value = value_of(found)
            link.what, link.inputs, link.output = Taken(value), [value], value
        elif isinstance(step, ast.Compute):
            shape, values = computed_shape(step.value, names)
            link.what, link.inputs = Computed(values), values
            link.output = Value(shape, names.frame.scope, link.label)
        elif isinstance(step, ast.Group):
            steps.group(self, link, step, current, names, fixed)
        elif isinstance(step, ast.Inline):
            steps.inline(self, link, step, current, names)
        else:
            steps.call(self, link, step, current, names, fixed)

    def scope(
        self, kind: str, name: str, node: ast.Node, entry: Value | None, names: Names
    ) -> tuple[Scope, Names]:
        """A new scope inside the current one, and the names seen in it. `close` ends it."""
        outer = names.frame.scope
        scope = Scope(kind, name, node, outer)
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

    # ----------------------------------------------------------------------------------- beliefs
    def believe(self, node: ast.Expr, value: Value, names: Names) -> None:
        """Check `:: 256x28x28`."""
        try:
            wanted = evaluate(node, names)
            if isinstance(wanted, int) and not isinstance(wanted, bool):
                wanted = Size((wanted,))
            if not isinstance(wanted, tuple) or not all(
                s is None or isinstance(s, (int, Open)) for s in wanted
            ):
                raise Mistake("E122", f"a shape is a size like 256x28x28, not {kind_of(wanted)}", node.span)
        except Mistake as mistake:
            self.report_mistake(mistake)
            return
        except Silent:
            return
        shape = value.shape
        if shape is None:
            return
        fits = len(wanted) == len(shape) and all(w is None or w == s for w, s in zip(wanted, shape))
        if fits:
            return
        if self.overridden:
            self.skipped.append(node.span)
            return
        believed = "x".join("?" if w is None else str(w) for w in wanted)
        labels = []
        if value.maker is not None:
            labels.append((_step_span(value.maker), f"gives {shape}"))
        self.report_mistake(
            Mistake("E201", f"the shape here is {shape}, not {believed}", node.span, labels=labels)
        )


class TooLarge(Exception):
    """The network passes a limit; nothing more is tried."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def _loop_around(frame: Frame) -> Frame | None:
    """The innermost loop of the same scope that a frame stands in."""
    at: Frame | None = frame
    while at is not None and at.kind != "scope":
        if at.kind in ("repeat", "for"):
            return at
        at = at.host if at.kind == "inline" else at.parent
    return None


def in_loop(frame: Frame) -> bool:
    return _loop_around(frame) is not None


def _step_span(link: Link) -> Span:
    node = link.node
    return node.step.span if isinstance(node, ast.Link) else node.span


def _with_origin(mistake: Mistake, current: Value | None, node: ast.Link) -> Mistake:
    """Add where the value that arrived came from, to a mistake of shapes."""
    diagnostic = mistake.diagnostic
    if not diagnostic.code.startswith("E2") or diagnostic.labels or current is None:
        return mistake
    if current.maker is None or current.shape is None:
        return mistake
    origin = _step_span(current.maker)
    if diagnostic.span is not None and origin.source is diagnostic.span.source:
        mistake.diagnostic = diagnostic.but(labels=((origin, f"gives {current.shape}"),))
    return mistake


def _misplaced(statement: ast.Statement) -> Mistake:
    if isinstance(statement, ast.Bar):
        return Mistake("E118", "a bar stands outside of a merge", hint="bars belong into `concat { | ... | ... }`, `add { ... }` or `mul { ... }`")
    if isinstance(statement, ast.Head):
        return Mistake("E140", f"detection heads (`head {statement.name.text}`) are not compiled yet")
    return Mistake("E128", f"`{type(statement).__name__.lower()}` cannot stand here")


# ------------------------------------------------------------------------------------- statements
def _chain(run: Run, node: ast.Chain, current: Value | None, names: Names, region: Region) -> Value | None:
    flow, current = run.chain(node, current, names)
    region.events.append(flow)
    return current


def _let(run: Run, node: ast.Let, current: Value | None, names: Names, region: Region) -> Value | None:
    bind_let(run, node, names)
    region.events.append(Note(node, names.frame))
    return current


def bind_let(run: Run, node: ast.Let, names: Names) -> None:
    name = node.name.text
    if name in names.frame.names:
        raise Mistake("E107", f"`{name}` is defined twice", node.name.span, hint="a name keeps its value; choose another one")
    names.frame.names[name] = UNKNOWN
    names.frame.names[name] = run._value(node.value, names)


def _repeat(run: Run, node: ast.Repeat, current: Value | None, names: Names, region: Region) -> Value | None:
    loop = Loop(node)
    for i in range(repeat_count(node, names)):
        run.count(1, node.span)
        frame = Frame(names.frame, "repeat", iteration=i + 1)
        inner = run.body(node.body, current, names.inside(frame))
        loop.iterations.append(inner)
        current = inner.exit
    region.events.append(loop)
    return current


def repeat_count(node: ast.Repeat, names: Names) -> int:
    count = evaluate(node.count, names)
    if isinstance(count, bool) or not isinstance(count, int):
        hint = "`//` divides whole numbers" if isinstance(count, float) else None
        raise Mistake("E122", f"`repeat` needs a whole number, not {count if isinstance(count, float) else kind_of(count)}", node.count.span, hint=hint)
    if count < 0:
        raise Mistake("E122", f"`repeat` cannot run {count} times", node.count.span)
    return count


def _for(run: Run, node: ast.For, current: Value | None, names: Names, region: Region) -> Value | None:
    loop = Loop(node)
    for i, entry in enumerate(iterate(node.iterable, names)):
        run.count(1, node.span)
        frame = Frame(names.frame, "for", iteration=i + 1)
        unpack(node.names, entry, frame, node.iterable)
        inner = run.body(node.body, current, names.inside(frame))
        loop.iterations.append(inner)
        current = inner.exit
    region.events.append(loop)
    return current


def _if(run: Run, node: ast.If, current: Value | None, names: Names, region: Region) -> Value | None:
    branch = Branch(node, truth(node.condition, names))
    arm = node.then if branch.outcome else node.other
    if arm is not None:
        branch.region = run.body(arm, current, names.inside(Frame(names.frame)))
        current = branch.region.exit
    region.events.append(branch)
    return current


def _weight(run: Run, node: ast.Weight, current: Value | None, names: Names, region: Region) -> Value | None:
    scope = names.frame.scope
    assert scope is not None
    name = node.name.text
    if in_loop(names.frame):
        raise Mistake("E128", "`param` cannot stand in a loop", hint="make the loop's body a block")
    naming.check_label(name, ast.Computed(node.name.span, (name,)), scope)
    scope.naming.claim(name, node.name.span)
    shape = evaluate(node.shape, names)
    if isinstance(shape, int) and not isinstance(shape, bool):
        shape = (shape,)
    if not isinstance(shape, tuple) or not all(isinstance(s, int) and not isinstance(s, bool) and s > 0 for s in shape):
        raise Mistake("E122", "the shape of a `param` is a list or a size of whole numbers above 0", node.shape.span)
    value = Value(Shape(*shape), scope, name)
    value.tensor = True
    event = WeightEvent(node, name, value, start_of(node.value, names), names.frame)
    scope.weights[name] = event
    region.events.append(event)
    return current


def _module(run: Run, node: ast.Module, current: Value | None, names: Names, region: Region) -> Value | None:
    scope = names.frame.scope
    assert scope is not None
    name = node.name.text
    if in_loop(names.frame):
        raise Mistake("E128", "`module` cannot stand in a loop", hint="make the loop's body a block")
    naming.check_label(name, ast.Computed(node.name.span, (name,)), scope)
    scope.naming.claim(name, node.name.span)
    frame = Frame(names.frame)
    before = _meaning(names, name)
    if before is not None:
        frame.names[name] = before  # `module tower = tower(256)` means the block
    shared = SharedModule(node, frame, scope, names.file)
    shared.link = Link(node, names.frame)
    shared.link.word = shared.link.label = name
    scope.naming.add(shared.link, name, False)
    scope.shared[name] = shared
    names.frame.names[name] = shared
    region.events.append(Note(node, names.frame))
    return current


def _meaning(names: Names, name: str) -> Any:
    """What a name stands for, if it does."""
    try:
        return names.find(name)
    except KeyError:
        return None


def _aux(run: Run, node: ast.Aux, current: Value | None, names: Names, region: Region) -> Value | None:
    scope = names.frame.scope
    assert scope is not None
    if scope.kind != "net":
        raise Mistake("E128", "`aux` stands directly in a net", hint="a side output belongs to the whole network; give the net the label and path of its value")
    weight = _aux_weight(node, names)
    link = Link(node, names.frame)
    named = run.label(node.label, names, link)
    assert named is not None
    link.word = named[0]
    try:
        if node.body is not None:
            steps.scope_with_body(run, link, "aux", node, node.body, current, names, named[0])
        else:
            assert node.chain is not None
            steps.chain_as_step(run, link, "aux", node.chain, current, names, named[0])
    except Mistake as mistake:
        run.report_mistake(mistake.at(node.span))
    except Silent:
        pass
    event = AuxEvent(node, link, weight)
    scope.aux[named[0]] = event
    region.events.append(event)
    return current


def _aux_weight(node: ast.Aux, names: Names) -> float:
    weight: Any = 1.0
    for argument, value in evaluate_arguments(node.args, names):
        if argument.name is None or argument.name.text != "weight":
            raise Mistake("E110", "`aux` has one argument, `weight`", argument.span, hint="write `aux name(weight=0.3) ...`")
        weight = value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Mistake("E112", f"`weight` of `aux` must be a number, not {kind_of(value)}", argument.span)
    return float(weight)


def _output(run: Run, node: ast.Output, current: Value | None, names: Names, region: Region) -> Value | None:
    scope = names.frame.scope
    assert scope is not None
    if scope.kind != "net" or in_loop(names.frame):
        raise Mistake("E128", "`output` stands directly in a net", hint="a block gives the value of its last step; values inside are reached by path: `@block.label`")
    for path in node.paths:
        first, *rest = path
        expr: ast.Expr = ast.Tap(first.span, first)
        for part in rest:
            expr = ast.Attribute(first.span.to(part.span), expr, part)
        try:
            found = evaluate(expr, names)
        except Mistake as mistake:
            run.report_mistake(mistake)
            continue
        except Silent:
            continue
        key = tuple(computed_name(p, names) for p in path)
        if key in scope.outputs:
            raise Mistake("E105", f"`{'.'.join(key)}` is an output twice", first.span)
        scope.outputs[key] = value_of(found)
    region.events.append(Note(node, names.frame))
    return current


def _input(run: Run, node: ast.Input, current: Value | None, names: Names, region: Region) -> Value | None:
    scope = names.frame.scope
    assert scope is not None
    if scope.kind != "net" or in_loop(names.frame):
        raise Mistake("E128", "`input` stands directly in a net", hint="a block's input is what flows into it: `in`")
    region.events.append(Note(node, names.frame))
    return current  # nets read their inputs first (network.py)


def _noted(run: Run, node: ast.Statement, current: Value | None, names: Names, region: Region) -> Value | None:
    scope = names.frame.scope
    assert scope is not None
    if isinstance(node, ast.Init):
        scope.init.append((node, names.frame))
    elif scope.kind != "net":
        raise Mistake("E128", f"`{type(node).__name__.lower()}` stands directly in a net")
    region.events.append(Note(node, names.frame))
    return current


_STATEMENTS: dict[type, Callable[[Run, Any, Value | None, Names, Region], Value | None]] = {
    ast.Chain: _chain,
    ast.Let: _let,
    ast.Repeat: _repeat,
    ast.For: _for,
    ast.If: _if,
    ast.Weight: _weight,
    ast.Module: _module,
    ast.Aux: _aux,
    ast.Output: _output,
    ast.Input: _input,
    ast.Init: _noted,
    ast.Meta: _noted,
    ast.Keys: _noted,
    ast.Expect: _noted,
}

__all__ = ["BarEvent", "Run", "TooLarge", "Unknown", "bind_let", "in_loop", "repeat_count"]
