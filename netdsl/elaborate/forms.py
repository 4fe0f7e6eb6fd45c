"""Forms with a body that are no merges: `residual` and `dense`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.design import Branch, Dense, Flow, Link, Region, Residual, Value
from netdsl.diagnostics import Edit, Mistake
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
from netdsl.shapes import Shape
from netdsl.source import Span
from netdsl.syntax import ast
from netdsl.walks import own_links

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

from netdsl.elaborate.advice import Parting, keeps_sides, parting
from netdsl.elaborate.applying import nothing_flows, under_condition
from netdsl.elaborate.fitting import Advice, End, joined, stride_between
from netdsl.elaborate.lookup import block_input
from netdsl.elaborate.repairs import appended, in_words
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
            raise _unequal_residual(step, clause, found)
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


def _unequal_residual(step: ast.Call, clause: ast.Clause | None, found: Residual) -> Mistake:
    """The mistake of two ways that cannot be added, and the step at which they part."""
    entered = found.body.entry
    left, right = found.body.exit, found.shortcut.exit if found.shortcut is not None else entered
    assert entered is not None and left is not None and right is not None
    entry, body, shortcut = entered.shape, left.shape, right.shape
    assert entry is not None and body is not None and shortcut is not None
    both = fork(left, right)
    labels = [(_end(found.body), f"the body gives {body.said}")]
    if found.shortcut is not None:
        labels.append((_end(found.shortcut), f"the shortcut gives {shortcut.said}"))
        parted = keeps_sides(both.other, entry, body) or parting(
            both.other, both.one, entry, body, False, beside=True
        )
        odd = End("the shortcut", _last_chain(found.shortcut), shortcut)
        usual = End("the body", _last_chain(found.body), body)
        hint, fix = joined(parted, odd, usual, "add", False)
    else:
        parted = parting(both.one, [], entry, shortcut, False)
        hint, fix = _without_shortcut(step, clause, parted, found.body, shortcut)
    what = "shortcut" if found.shortcut is not None else "input"
    return Mistake(
        "E204",
        f"body and {what} of `residual` must have equal shapes",
        step.name.span,
        labels=labels,
        hint=hint,
        ways=shown_ways(both, ("body", what), parted and parted.link),
        fix=fix,
    )


def _without_shortcut(
    step: ast.Call,
    clause: ast.Clause | None,
    parted: Parting | None,
    region: Region,
    entry: Shape,
) -> Advice:
    """What to do where a body gives something else than came in, and nothing makes that fit."""
    assert region.exit is not None and region.exit.shape is not None
    body = region.exit.shape
    hint = f"what came in is {entry.said}; "
    stride = 1 if body.sides == entry.sides else stride_between(entry, body)
    if clause is not None and clause.condition is not None:
        written = clause.condition.span.text
        hint += f"the shortcut's condition is false here: `{written}`"
        missing = [] if stride is None else _needed(region, entry, stride, here=True)
        if not missing:
            return hint, ()
        mended = " or ".join([written, *missing])
        said = f"{hint}; write `}} shortcut if {mended} {{`"
        return said, (Edit(clause.condition.span, mended),)
    if stride is not None:
        width, step_ = _words(region, stride)
        projection = f"conv({width}, 1x1{'' if step_ == '1' else f', stride={step_}'})"
        if len(body) == 1:
            projection = f"linear({width})"
        conditions = _needed(region, entry, stride)
        condition = f"if {' or '.join(conditions)} " if conditions else ""
        shortcut = f"shortcut {condition}{{ {projection} }}"
        what = "a projection" if stride == 1 else "a shortcut that strides like the body"
        return f"{hint}give it {what}: `}} {shortcut}`", appended(step.span, f" {shortcut}")
    if parted is not None and parted.repair is not None:
        return hint + parted.hint, parted.fix
    if parted is not None:
        hint += f"{parted.said}; "
    if len(body) != len(entry):
        return hint + "body and input have different numbers of sides", ()
    return hint + "give it a `shortcut { ... }` that has the body's height and width", ()


def _words(region: Region, stride: int) -> tuple[str, str]:
    """The channels and the stride of a body as its text says them."""
    assert region.exit is not None and region.exit.shape is not None
    shape = region.exit.shape
    width = "channels" if len(shape) > 1 else "features"
    return in_words(region, width, shape.channels), in_words(region, "stride", stride)


def _needed(region: Region, entry: Shape, stride: int, here: bool = False) -> list[str]:
    """When a block's body needs a shortcut, in words of the block: its other uses may need none. `here`: only
    what is so in this use."""
    assert region.exit is not None and region.exit.shape is not None
    scope = region.frame.scope
    if (
        scope is None
        or scope.block.kind != "block"
        or region.entry is not block_input(region.frame)
    ):
        return []
    width, step = _words(region, stride)
    if step.isdecimal() and (width.isdecimal() or stride != 1):
        return []  # all uses are alike
    found = []
    if not step.isdecimal() and not (here and stride == 1):
        found.append(f"{step} != 1")
    if not (here and region.exit.shape.channels == entry.channels):
        found.append(f"in.channels != {width}")
    return found


def _end(region: Region) -> Span:
    """Where the last step of a body stands."""
    for event in reversed(region.events):
        if isinstance(event, Flow):
            link = event.links[-1].node
            step = link.step if isinstance(link, ast.Link) else link
            return step.name.span if isinstance(step, ast.Call) and step.body else step.span
    return region.body.span


def _last_chain(region: Region) -> Span:
    """Where more steps could follow those of a body."""
    chains = [event.node.span for event in region.events if isinstance(event, Flow)]
    return chains[-1] if chains else region.body.span


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
                labels=[(_end(region), f"gives {region.exit.shape.said}")],
                hint=parted.hint if parted is not None else "the body must keep height and width",
                ways=shown_ways(both, ("body", "input"), parted and parted.link),
                fix=parted.fix if parted is not None else (),
            ) from None
        current = Value(shape, scope)
        current.maker = link
    link.output = current
