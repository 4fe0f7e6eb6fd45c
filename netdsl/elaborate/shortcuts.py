"""What to say of a residual whose body cannot be added to what came in, or to its shortcut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from netdsl.design import Flow, Link, Region, Residual
from netdsl.diagnostics import Edit, Mistake
from netdsl.elaborate.advice import Parting, keeps_sides, parting
from netdsl.elaborate.enlarging import enlarged
from netdsl.elaborate.entering import in_of_another
from netdsl.elaborate.fitting import (
    Advice,
    End,
    Meeting,
    joined,
    pools_all,
    runs_often,
    stride_between,
)
from netdsl.elaborate.lookup import block_input
from netdsl.elaborate.repairs import appended, in_words
from netdsl.elaborate.ways import fork, shown_ways
from netdsl.shapes import Shape
from netdsl.source import Span
from netdsl.syntax import ast


def unequal_residual(step: ast.Call, clause: ast.Clause | None, found: Residual) -> Mistake:
    """The mistake of two ways that cannot be added, and the step at which they part."""
    entered = found.body.entry
    left, right = found.body.exit, found.shortcut.exit if found.shortcut is not None else entered
    assert entered is not None and left is not None and right is not None
    entry, body, shortcut = entered.shape, left.shape, right.shape
    assert entry is not None and body is not None and shortcut is not None
    both = fork(left, right)
    labels = [(end_of(found.body), f"the body gives {body.said}")]
    if found.shortcut is not None:
        labels.append((end_of(found.shortcut), f"the shortcut gives {shortcut.said}"))
        parted = keeps_sides(both.other, entry, body) or parting(
            both.other, both.one, entry, body, False, beside=True
        )
        odd = End("the shortcut", _last_chain(found.shortcut), shortcut, both.other)
        usual = End("the body", _last_chain(found.body), body, both.one)
        several = runs_often(found.body.frame)
        at = Meeting("residual", step.span, odd, usual, both.entry, several=several, beside=True)
        hint, fix = joined(parted, at)
    else:
        parted = parting(both.one, [], entry, shortcut, False)
        back = enlarged(both.one, entry, shortcut, None, False)
        other = (
            in_of_another(parted.link.node, parted.link.frame, entry, "this residual")
            if parted
            else None
        )
        gate = _gate(both.one, entry, body)
        if back is not None:
            hint, fix = back.said, back.fix
        elif gate is not None:
            hint, fix = gate, ()
        elif other is not None and body.sides == entry.sides:
            hint, fix = other, ()
        else:
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


def _gate(way: Sequence[Link], entry: Shape, body: Shape) -> str | None:
    """What is said of a body that pools the whole map: it weighs the channels, and its numbers are spread over
    the map."""
    if (
        set(body.sides) not in ({1}, set())
        or set(entry.sides) in ({1}, set())
        or entry.channels != body.channels
    ):
        return None
    pool = next((link for link in way if pools_all(link)), None)
    if pool is None:
        return None
    last = way[-1].span.text
    end = f"`w: {last}`" if len(last) < 20 and "\n" not in last else "the last step `w`"
    return (
        f"`{pool.span.text}` leaves one number per channel, which arithmetic spreads over a map: without "
        f"`residual`, label what enters `x` and {end}, and write `(@x + @w)`, or `(@x * @w)` for a gate"
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
        other = _other_width(clause, region)
        if other is not None:
            return f"{hint}; {other[0]}", other[1]
        mended = " or ".join([written, *missing])
        said = f"{hint}; write `}} shortcut if {mended} {{`"
        return said, (Edit(clause.condition.span, mended),)
    if stride == 1 and step.condition is not None and clause is None:
        needed = _needed(region, entry, stride, here=True)
        if needed:
            mended = _both(step.condition, needed[0].replace(" != ", " == "))
            return f"{hint}write `residual if {mended} {{`", (Edit(step.condition.span, mended),)
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


def _both(condition: ast.Expr, other: str) -> str:
    """Two conditions that must hold."""
    text = condition.span.text
    either = isinstance(condition, ast.Choose) or getattr(condition, "op", "") == "or"
    return f"({text}) and {other}" if either else f"{text} and {other}"


def _other_width(clause: ast.Clause, region: Region) -> Advice | None:
    """A shortcut for other channels than the body gives, `width` for `width * 4`: its condition compares the
    input with them, and its own step makes as many."""
    assert clause.condition is not None and region.exit is not None
    assert region.exit.shape is not None
    right = in_words(region, "channels", region.exit.shape.channels)
    if right.isdecimal():
        return None
    conditions = (clause.condition, *ast.below(clause.condition))
    compared = [node.right for node in conditions if _compares_channels(node)]
    made = [_channels_of(node) for node in ast.below(clause.body)]
    made = [node for node in made if node is not None]
    wrong = {node.span.text for node in compared}
    if len(compared) != 1 or len(made) != 1 or wrong != {made[0].span.text}:
        return None
    fix = tuple(Edit(node.span, right) for node in (compared[0], made[0]))
    return (
        f"the body gives `{right}` channels: write that for `{wrong.pop()}` there and in the shortcut",
        fix,
    )


def _compares_channels(node: ast.Node) -> TypeGuard[ast.Binary]:
    """`in.channels != width`."""
    left = node.left if isinstance(node, ast.Binary) and node.op == "!=" else None
    return isinstance(left, ast.Attribute) and left.span.text == "in.channels"


def _channels_of(node: ast.Node) -> ast.Expr | None:
    """What a convolution is told of its channels."""
    if not isinstance(node, ast.Call) or node.name.text != "conv" or not node.args:
        return None
    named = [a.value for a in node.args if a.name is not None and a.name.text == "channels"]
    return named[0] if named else node.args[0].value if node.args[0].name is None else None


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


def end_of(region: Region) -> Span:
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
