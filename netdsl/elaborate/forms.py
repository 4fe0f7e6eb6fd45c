"""Forms with a body that are no merges: `residual` and `dense`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.design import Dense, Flow, Link, Region, Residual, Value
from netdsl.diagnostics import Mistake
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
from netdsl.shapes import Shape
from netdsl.source import Span
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

from netdsl.elaborate.advice import keeps_sides, parting, steps_of
from netdsl.elaborate.applying import nothing_flows, under_condition


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
    body = run.body(step.body, current, names.inside(Frame(names.frame)))
    found = Residual(body)
    found.adds, found.scale, found.survival = adds, scale, survival
    link.what = found
    link.inputs = [current]
    shortcut_value = current
    clause = step.clauses[0] if step.clauses else None
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
            assert current.shape is not None
            shapes = (current.shape, body.exit.shape, shortcut_value.shape)
            raise _unequal_residual(step, clause, found, *shapes)
        under_condition(run, condition, "`residual` takes", step.name)
    link.output = Value(body.exit.shape, names.frame.scope, link.label)


def _unequal_residual(
    step: ast.Call,
    clause: ast.Clause | None,
    found: Residual,
    entry: Shape,
    body: Shape,
    shortcut: Shape,
) -> Mistake:
    """The mistake of two ways that cannot be added, and the step at which they part."""
    labels = [(_end(found.body), f"the body gives {body}")]
    way = steps_of(found.body)
    if found.shortcut is not None:
        labels.append((_end(found.shortcut), f"the shortcut gives {shortcut}"))
        other = steps_of(found.shortcut)
        hint = keeps_sides(other, entry, body) or parting(other, way, entry, body, False)
        message = "body and shortcut of `residual` must have equal shapes"
        return Mistake("E204", message, step.name.span, labels=labels, hint=hint)
    hint = f"what came in is {shortcut}; "
    parted = parting(way, [], entry, shortcut, False)
    if clause is not None and clause.condition is not None:
        hint += f"the shortcut's condition is false here: `{clause.condition.span.text}`"
    elif body.sides == shortcut.sides:
        hint += f"give it a projection: `}} shortcut {{ conv({body.channels}, 1x1) }}`"
    elif (stride := _stride(entry, body)) is not None:
        projection = f"conv({body.channels}, 1x1, stride={stride})"
        hint += f"give it a shortcut that strides like the body: `}} shortcut {{ {projection} }}`"
    elif parted is not None and "would give" in parted:
        hint += parted
    else:
        hint += "give it a `shortcut { ... }` that has the body's height and width"
    message = "body and input of `residual` must have equal shapes"
    return Mistake("E204", message, step.name.span, labels=labels, hint=hint)


def _stride(entry: Shape, body: Shape) -> int | None:
    """The stride of a 1x1 kernel that makes the sides of the one those of the other."""
    for stride in (2, 4, 8):
        if len(entry) == len(body) and all(
            isinstance(a, int) and -(-a // stride) == b for a, b in zip(entry.sides, body.sides)
        ):
            return stride
    return None


def _end(region: Region) -> Span:
    """Where the last step of a body stands."""
    for event in reversed(region.events):
        if isinstance(event, Flow):
            link = event.links[-1].node
            step = link.step if isinstance(link, ast.Link) else link
            return step.name.span if isinstance(step, ast.Call) and step.body else step.span
    return region.body.span


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
    for i in range(count):
        run.count(1, step.span)
        frame = Frame(names.frame, "repeat", iteration=i + 1)
        region = run.body(step.body, current, names.inside(frame))
        found.iterations.append(region)
        if region.exit is None or region.exit.shape is None or current.shape is None:
            raise Silent
        entered = current.shape
        try:
            shape = concat().output(entered, region.exit.shape)  # type: ignore[call-arg]
        except Mistake:
            parted = parting(steps_of(region), [], entered, entered, True)
            raise Mistake(
                "E205",
                f"the body of `dense` gives {region.exit.shape}, which cannot be joined to {entered}",
                step.name.span,
                labels=[(_end(region), f"gives {region.exit.shape}")],
                hint=parted or "the body must keep height and width",
            ) from None
        current = Value(shape, scope)
        current.maker = link
    link.output = current
