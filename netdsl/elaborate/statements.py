"""What each statement of a body does: a function a kind, from the current value to the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netdsl.design import (
    AuxEvent,
    Branch,
    Link,
    Loop,
    Note,
    Region,
    Scope,
    SharedModule,
    Value,
    WeightEvent,
)
from netdsl.diagnostics import Mistake
from netdsl.elaborate import naming, steps
from netdsl.elaborate.attributes import check_label
from netdsl.elaborate.budget import WORK_OF_A_STEP
from netdsl.elaborate.expressions import evaluate, evaluate_arguments, iterate, truth, unpack
from netdsl.elaborate.lookup import computed_name
from netdsl.elaborate.names import MERGES, Names
from netdsl.elaborate.paths import value_of
from netdsl.elaborate.sentences import check_place, defined_twice, statement_word
from netdsl.elaborate.starts import check_start, start_of
from netdsl.elaborate.values import PENDING, Silent, kind_of
from netdsl.frames import Frame
from netdsl.shapes import Shape
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run


def _chain(
    run: Run, node: ast.Chain, current: Value | None, names: Names, region: Region
) -> Value | None:
    flow, current = run.chain(node, current, names)
    region.events.append(flow)
    return current


def _let(
    run: Run, node: ast.Let, current: Value | None, names: Names, region: Region
) -> Value | None:
    bind_let(run, node, names)
    region.events.append(Note(node, names.frame))
    return current


def bind_let(run: Run, node: ast.Let, names: Names) -> None:
    name = node.name.text
    if name in names.frame.names:
        raise defined_twice(node)
    names.frame.names[name] = PENDING
    names.frame.lets[name] = node.span
    names.frame.names[name] = run.value(node.value, names)


def _repeat(
    run: Run, node: ast.Repeat, current: Value | None, names: Names, region: Region
) -> Value | None:
    loop = Loop(node)
    count = repeat_count(node, names)
    for i, _ in run.rounds(range(count), count, node.body, names, node):
        frame = Frame(names.frame, "repeat", iteration=i, loop=node.body.span)
        inner = run.body(node.body, current, names.inside(frame))
        loop.iterations.append(inner)
        current = inner.exit
    region.events.append(loop)
    return current


def repeat_count(node: ast.Repeat, names: Names) -> int:
    count = evaluate(node.count, names)
    if isinstance(count, bool) or not isinstance(count, int):
        hint = "`//` divides whole numbers" if isinstance(count, float) else None
        raise Mistake(
            "E122",
            f"`repeat` needs a whole number, not {count if isinstance(count, float) else kind_of(count)}",
            node.count.span,
            hint=hint,
        )
    if count < 0:
        raise Mistake("E122", f"`repeat` cannot run {count} times", node.count.span)
    return count


def _for(
    run: Run, node: ast.For, current: Value | None, names: Names, region: Region
) -> Value | None:
    loop = Loop(node)
    entries = iterate(node.iterable, names)
    for i, entry in run.rounds(entries, len(entries), node.body, names, node):
        frame = Frame(names.frame, "for", iteration=i, loop=node.body.span)
        unpack(node.names, entry, frame, node.iterable)
        inner = run.body(node.body, current, names.inside(frame))
        loop.iterations.append(inner)
        current = inner.exit
    region.events.append(loop)
    return current


def _if(
    run: Run, node: ast.If, current: Value | None, names: Names, region: Region
) -> Value | None:
    branch = Branch(node, truth(node.condition, names))
    arm = node.then if branch.outcome else node.other
    if arm is not None:
        region_of_arm = run.body(arm, current, names.inside(Frame(names.frame)))
        branch.region, current = region_of_arm, region_of_arm.exit
    region.events.append(branch)
    return current


def _declared(node: ast.Weight | ast.Module, names: Names) -> Scope:
    """The scope in which a `param` or `module` has its name from now on."""
    scope = names.frame.scope
    assert scope is not None
    check_place(node, names.frame)
    label = ast.Computed(node.name.span, (node.name.text,))
    check_label(node.name.text, label, scope)
    scope.naming.claim(node.name.text, label)
    return scope


def _weight(
    run: Run, node: ast.Weight, current: Value | None, names: Names, region: Region
) -> Value | None:
    scope, name = _declared(node, names), node.name.text
    shape = evaluate(node.shape, names)
    if isinstance(shape, int) and not isinstance(shape, bool):
        shape = (shape,)
    if not isinstance(shape, tuple) or not all(
        isinstance(s, int) and not isinstance(s, bool) and s > 0 for s in shape
    ):
        raise Mistake(
            "E122",
            "the shape of a `param` is a list or a size of whole numbers above 0",
            node.shape.span,
        )
    value = Value(Shape(*shape), scope, name)
    value.tensor = True
    try:
        start = start_of(node.value, names)
        check_start(start, tuple(shape), node.value)
    except Mistake as mistake:
        run.report_mistake(mistake.at(node.span))
        start = start_of(None, names)
    except Silent:
        start = start_of(None, names)
    event = WeightEvent(node, name, value, start, names.frame)
    scope.weights[name] = event
    region.events.append(event)
    return current


def _module(
    run: Run, node: ast.Module, current: Value | None, names: Names, region: Region
) -> Value | None:
    scope, name = _declared(node, names), node.name.text
    frame = Frame(names.frame)
    before = _meaning(names, name)
    if before is not None:
        frame.names[name] = before  # `module tower = tower(256)` means the block
    run.compute(WORK_OF_A_STEP, node.span)  # it is kept like one, also where no step uses it
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


def _aux(
    run: Run, node: ast.Aux, current: Value | None, names: Names, region: Region
) -> Value | None:
    scope = names.frame.scope
    assert scope is not None
    check_place(node, names.frame)
    if scope.naming.heads:
        from netdsl.elaborate.placing import no_outputs

        raise no_outputs("side outputs", node.span)
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
            raise Mistake(
                "E110",
                "`aux` has one argument, `weight`",
                argument.span,
                hint="write `aux name(weight=0.3) ...`",
            )
        weight = value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Mistake(
                "E112", f"`weight` of `aux` must be a number, not {kind_of(value)}", argument.span
            )
    return float(weight)


def _head(
    run: Run, node: ast.Head, current: Value | None, names: Names, region: Region
) -> Value | None:
    from netdsl.elaborate.heads import head  # few nets have one

    return head(run, node, current, names, region)


def _output(
    run: Run, node: ast.Output, current: Value | None, names: Names, region: Region
) -> Value | None:
    scope = names.frame.scope
    assert scope is not None
    check_place(node, names.frame)
    if scope.naming.heads:
        from netdsl.elaborate.placing import no_outputs

        raise no_outputs("outputs", node.span)
    for path in node.paths:
        first, *rest = path
        expr: ast.Expr = ast.Tap(first.span, first)
        for part in rest:
            expr = ast.Attribute(first.span.to(part.span), expr, part)
        try:
            found = evaluate(expr, names)
        except Mistake as mistake:
            found = mistake.diagnostic
            if found.code == "E103" and (found.hint or "").startswith("labels here"):
                hint = f"label the step that gives it: `{first.text}: ...`; {found.hint}"
                mistake.diagnostic = found.but(hint=hint)
            run.report_mistake(mistake)
            continue
        except Silent:
            continue
        key = tuple(computed_name(p, names) for p in path)
        if key in scope.outputs:
            raise Mistake(
                "E105",
                f"`{'.'.join(key)}` is an output twice",
                first.span,
                hint="leave one of them out; a label on another step makes another output",
            )
        scope.outputs[key] = value_of(found)
    region.events.append(Note(node, names.frame))
    return current


def _input(
    run: Run, node: ast.Input, current: Value | None, names: Names, region: Region
) -> Value | None:
    check_place(node, names.frame)
    region.events.append(Note(node, names.frame))
    return current  # nets read their inputs first (network.py)


def _noted(
    run: Run, node: ast.Statement, current: Value | None, names: Names, region: Region
) -> Value | None:
    scope = names.frame.scope
    assert scope is not None
    if isinstance(node, ast.Init):
        scope.init.append((node, names.frame))
    else:
        check_place(node, names.frame)
    region.events.append(Note(node, names.frame))
    return current


STATEMENTS: dict[type, Callable[[Run, Any, Value | None, Names, Region], Value | None]] = {
    ast.Chain: _chain,
    ast.Let: _let,
    ast.Repeat: _repeat,
    ast.For: _for,
    ast.If: _if,
    ast.Weight: _weight,
    ast.Module: _module,
    ast.Aux: _aux,
    ast.Head: _head,
    ast.Output: _output,
    ast.Input: _input,
    ast.Init: _noted,
    ast.Meta: _noted,
    ast.Keys: _noted,
    ast.Expect: _noted,
}


# ------------------------------------------------------------------------------------------ out of place
def not_computed(node: ast.Computed, loop: Frame) -> Mistake:
    """The mistake of a plain label in `for`."""
    message = f"a label inside `for` must be computed, and `{node.text}` is not"
    hint = naming.own_in_every_round(node, loop)
    return Mistake("E119", message, node.span, hint=hint)


def own_line_clause(statement: ast.Statement) -> ast.Call | None:
    """The step of a statement `shortcut { ... }`."""
    if isinstance(statement, ast.Chain) and statement.links[0].label is None:
        step = statement.links[0].step
        if isinstance(step, ast.Call) and step.name.text == "shortcut" and step.body is not None:
            return step
    return None


def with_clause(statement: ast.Statement, clause: ast.Call) -> ast.Chain | None:
    """The statement before, whose residual the clause belongs to."""
    if not isinstance(statement, ast.Chain):
        return None
    *before, last = statement.links
    step = last.step
    if not isinstance(step, ast.Call) or step.name.text != "residual" or step.clauses:
        return None
    assert clause.body is not None
    added = ast.Clause(clause.span, clause.name, clause.args, clause.condition, clause.body)
    return ast.Chain(statement.span, (*before, last.but(step=step.but(clauses=(added,)))))


def clause_on_own_line(clause: ast.Call) -> Mistake:
    word = clause.name.text
    message = f"`{word}` must stand on the line of the `}}` of its `residual`"
    return Mistake("E013", message, clause.name.span, hint=f"write `}} {word} {{ ... }}`")


def misplaced(statement: ast.Statement, frame: Frame) -> Mistake:
    if isinstance(statement, ast.Bar):
        scope = frame.scope
        hint = "bars belong in `concat { | ... | ... }`, `add { ... }` or `mul { ... }`"
        if scope is not None and scope.kind == "group" and scope.name in MERGES:
            word = scope.name
            hint = f"`{word}:` is a label; without the colon it is the merge: `{word} {{ | ... }}`"
        return Mistake("E023", "a bar stands outside of a merge", hint=hint)
    return Mistake("E120", f"`{statement_word(statement)}` cannot stand here")
