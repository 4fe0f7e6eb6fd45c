"""Forms with a body that are no merges: `residual` and `dense`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.design import Branch, Dense, Link, Residual, Value
from netdsl.diagnostics import Mistake
from netdsl.elaborate.edits import edit_of, is_dropped
from netdsl.elaborate.expressions import truth
from netdsl.elaborate.names import Names
from netdsl.elaborate.sentences import check_dense, check_residual
from netdsl.elaborate.values import (
    Silent,
    Target,
    kind_of,
    shown_number,
)
from netdsl.frames import Frame
from netdsl.layers import find
from netdsl.source import Span
from netdsl.syntax import ast
from netdsl.walks import own_links

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

from netdsl.elaborate.advice import parting
from netdsl.elaborate.applying import nothing_flows, under_condition
from netdsl.elaborate.shortcuts import end_of, unequal_residual
from netdsl.elaborate.ways import fork, shown_ways


def residual(
    run: Run, link: Link, step: ast.Call, target: Target, current: Value | None, names: Names
) -> None:
    """`residual { body } shortcut { ... }`: body + shortcut, or body + what came in."""
    assert step.body is not None
    check_residual(step)
    if current is None:
        raise nothing_flows("residual")
    adds = step.condition is None or truth(step.condition, names)
    scale, survival = (_form_number(target, n) for n in ("scale", "survival"))
    if survival is not None and not 0 < survival <= 1:
        raise Mistake(
            "E112",
            f"`survival` is a probability above 0, not {survival}",
            _bound_span(target, "survival"),
        )
    clause = step.clauses[0] if step.clauses else None
    if edit_of(link).body:
        _shortcut_only(run, link, step, clause, current, names)
        return
    body = run.body(step.body, current, names.inside(Frame(names.frame)))
    found = Residual(body)
    found.adds, found.scale, found.survival = adds, scale, survival
    link.what = found
    link.inputs = [current]
    shortcut_value = current
    if adds and clause is not None and (clause.condition is None or truth(clause.condition, names)):
        found.shortcut = run.body(clause.body, current, names.inside(Frame(names.frame)))
        assert found.shortcut.exit is not None
        shortcut_value = found.shortcut.exit
    if body.exit is None or body.exit.shape is None or shortcut_value.shape is None:
        raise Silent
    if adds and body.exit.shape != shortcut_value.shape:
        add = find("add")
        assert add is not None
        try:
            condition = add().condition(body.exit.shape, shortcut_value.shape)
        except Mistake:
            condition = None
        if condition is None:
            raise unequal_residual(step, clause, found)
        both = (body.exit.shape, shortcut_value.shape)
        under_condition(run, condition, both, "`residual` takes", step.name)
    link.output = Value(body.exit.shape, names.frame.scope, link.label)


def _shortcut_only(
    run: Run,
    link: Link,
    step: ast.Call,
    clause: ast.Clause | None,
    current: Value,
    names: Names,
) -> None:
    """A residual whose body was dropped: its shortcut is all there is, with what it reads of the body."""
    assert clause is not None and step.body is not None
    body = run.body(step.body, current, names.inside(Frame(names.frame)))
    shortcut = run.body(clause.body, current, names.inside(Frame(names.frame)))
    if any(not is_dropped(one) for one in own_links(body)):  # the shortcut reads them
        condition = ast.Constant(clause.span, True)
        branch = Branch(ast.If(clause.span, condition, clause.body, None), True)
        branch.region = shortcut
        body.events.append(branch)
        body.exit = shortcut.exit
        shortcut = body
    found = Residual(shortcut)
    found.adds = False
    link.what, link.inputs = found, [current]
    exit = found.body.exit
    if exit is None or exit.shape is None:
        raise Silent
    link.output = Value(exit.shape, names.frame.scope, link.label)


def _form_number(target: Target, name: str) -> float | None:
    bound = target.bound.get(name)
    if bound is None:
        return None
    if isinstance(bound.value, bool) or not isinstance(bound.value, (int, float)):
        raise Mistake(
            "E112",
            f"`{name}` of `{target.name}` must be a number, not {kind_of(bound.value)}",
            _bound_span(target, name),
        )
    return bound.value


def _bound_span(target: Target, name: str) -> Span | None:
    node = target.bound[name].node
    return node.span if node is not None else None


def dense(
    run: Run, link: Link, step: ast.Call, target: Target, current: Value | None, names: Names
) -> None:
    """`dense(n) { body }`: every iteration reads the concatenation of the input and all earlier outputs."""
    assert step.body is not None
    check_dense(step, target)
    if current is None:
        raise nothing_flows("dense")
    count = target.bound["count"].value
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise Mistake(
            "E112",
            f"`dense` needs a whole number, not {shown_number(count)}",
            _bound_span(target, "count"),
        )
    found = Dense()
    link.what = found
    link.inputs = [current]
    concat = find("concat")
    assert concat is not None
    scope = names.frame.scope
    for i, _ in run.rounds(range(count), count, step.body, names, step):
        frame = Frame(names.frame, "repeat", iteration=i, loop=step.body.span)
        region = run.body(step.body, current, names.inside(frame))
        found.iterations.append(region)
        if region.exit is None or region.exit.shape is None or current.shape is None:
            raise Silent
        entered = current.shape
        try:
            shape = concat().output(entered, region.exit.shape)  # type: ignore[call-arg]
        except Mistake:
            both = fork(region.exit, current)
            parted = parting(both.one, [], entered, entered, True, beside=True)
            raise Mistake(
                "E205",
                f"the body of `dense` gives {region.exit.shape.said}, which cannot be joined to {entered.said}",
                step.name.span,
                labels=[(end_of(region), f"gives {region.exit.shape.said}")],
                hint=parted.hint if parted is not None else "the body must keep height and width",
                ways=shown_ways(both, ("body", "input"), parted and parted.link),
                fix=parted.fix if parted is not None else (),
            ) from None
        current = Value(shape, scope)
        current.maker = link
    link.output = current
