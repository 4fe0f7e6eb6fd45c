"""Where inside of a block its sides change: the step, or the use of a block that tells it so."""

from __future__ import annotations

from collections.abc import Callable

from netdsl.design import Flow, Link, Region, Residual, Scope
from netdsl.elaborate.ways import step_text
from netdsl.source import Span
from netdsl.syntax import ast


def steps_of(region: Region) -> list[Link]:
    """The steps of a body that stand in its own chains."""
    return [link for event in region.events if isinstance(event, Flow) for link in event.links]


def cause(link: Link, changes: Callable[[Link], bool]) -> str:
    """Which step of a block it is that changes something, and where that stands; nothing where it is the
    step itself. A step whose stride is a parameter of its block (`stride=stride`) only does what it is told
    by the use of the block."""
    uses = _down(link, changes)
    default = ""
    name = _said_by(uses[-1], "stride")
    while name is not None and len(uses) > 1:
        given = _given(uses[-2], name)
        if given is None:
            break
        uses.pop()
        if isinstance(given, int):
            default = f", whose `{name}` is {given} unless it is given"
            break
        name = given.name if isinstance(given, ast.Ref) else None
    found = uses[-1]
    if found is link:
        return default
    return f" (in {_place(found.node.span, link.node.span)}: `{step_text(found)}`{default})"


def changing(link: Link, changes: Callable[[Link], bool]) -> Link:
    """The step itself, or the first inside of it, that changes something."""
    return _down(link, changes)[-1]


def _down(link: Link, changes: Callable[[Link], bool]) -> list[Link]:
    """A step, and those inside of it that change something: uses of blocks, outermost first, a layer last."""
    found = [link]
    at: Link | None = link
    while at is not None:
        at = next((step for step in _below(at) if changes(step)), None)
        if at is not None and not isinstance(at.what, Residual):
            found.append(at)
    return found


def _below(link: Link) -> list[Link]:
    what = link.what
    if isinstance(what, Scope) and what.region is not None:
        return steps_of(what.region)
    return steps_of(what.body) if isinstance(what, Residual) else []


def _said_by(link: Link, name: str) -> str | None:
    """The parameter that an argument of a step is, as written."""
    step = link.node.step if isinstance(link.node, ast.Link) else None
    for argument in step.args if isinstance(step, ast.Call) else ():
        if argument.name is not None and argument.name.text == name:
            return argument.value.name if isinstance(argument.value, ast.Ref) else None
    return None


def _given(link: Link, name: str) -> ast.Expr | int | None:
    """What a use of a block gives for a parameter, else its default; None if there is no such parameter."""
    step = link.node.step if isinstance(link.node, ast.Link) else None
    scope = link.what
    block = scope.definition.node if isinstance(scope, Scope) and scope.kind == "block" else None
    if not isinstance(step, ast.Call) or not isinstance(block, ast.Block):
        return None
    names = [parameter.name.text for parameter in block.params]
    for i, argument in enumerate(step.args):
        called = argument.name.text if argument.name is not None else "".join(names[i : i + 1])
        if called == name:
            return argument.value
    value = scope.arguments.get(name) if isinstance(scope, Scope) else None
    return value if isinstance(value, int) else None


def _place(span: Span, near: Span) -> str:
    line = f"line {span.place[0]}"
    return line if span.source is near.source else f"{line} of {span.source.name}"
