"""Dropping steps: `--drop layer2.3`. What enters the step comes out of it.

Veit, Wilber and Belongie, "Residual networks behave like ensembles of relatively shallow networks", 2016,
section 4.1: a residual network without one of its units is still a network, and nearly as good; one
without a layer of a plain network, as VGG, gives nothing of use. Where a unit changes the shape, its
shortcut stays, as in the paper.
"""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.design import Dense, Design, Link, Passed, Residual, Scope, Shared
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.elaborate.edits import Edit
from netdsl.passes.editing import Decisions, Path, compiled
from netdsl.shapes import Shape
from netdsl.source import Span
from netdsl.syntax import ast
from netdsl.totals import tensors_of
from netdsl.walks import links_of, own_links
from netdsl.weights import step_at


def drop(design: Design, steps: Sequence[str]) -> Design:
    """The network without these steps: paths of labels, or of names in the `state_dict`.

    Raises `NetError`: no such step (E142), one whose output cannot be its input (E475), or without which
    the rest cannot be compiled (E476).
    """
    decisions: Decisions = {}
    said: list[str] = []
    without = False
    for path in steps:
        names, links = step_at(design, path)
        scope_path, link, edit = _decision(path, names, links)
        decisions[scope_path, id(link)] = edit
        if edit.body:
            for inner in _unread(link):
                decisions[scope_path, id(inner)] = Edit(drop=True)
        said.append(f"Without `{path}`{', but for its shortcut' if edit.body else ''}.")
        without = without or bool(tensors_of(links[-1]))
    try:
        return compiled(design, decisions, passed=Passed(tuple(said), without=without))
    except NetError as error:
        raise _refused(steps, error) from None


def _decision(path: str, names: Path, links: list[Link]) -> tuple[Path, Link, Edit]:
    """What is dropped: where it stands, the step, and whether all of it or the body of its residual."""
    link = links[-1]
    if not isinstance(link.node, ast.Link):
        what = "side output" if isinstance(link.node, ast.Aux) else "module"
        what = "head" if isinstance(link.node, ast.Head) else what
        raise _cannot(path, f"it is a {what}, no step on the way", link.node.span)
    for outer in links[:-1]:
        if isinstance(outer.what, Shared):
            raise _cannot(path, "it stands in a shared module", outer.node.span)
    given = link.inputs[0].shape if len(link.inputs) == 1 else None
    taken = link.output.shape if link.output is not None else None
    if given is not None and given == taken:
        return names[:-1], link, Edit(drop=True)
    unit = _unit(link)
    if unit is not None:
        inside = names if isinstance(link.what, Scope) else names[:-1]
        return inside, unit, Edit(body=True)
    if given is None or taken is None:
        raise _cannot(path, "it has no one input", link.span)
    raise _of_shapes(path, link, given, taken)


def _unit(link: Link) -> Link | None:
    """The residual of a step that is one unit with a projection, and else leaves shapes as they are."""
    scope = link.what
    if not isinstance(scope, Scope):
        return None
    units = [one for one in own_links(scope.region) if isinstance(one.what, Residual)]
    if len(units) != 1:
        return None
    residual = units[0].what
    assert isinstance(residual, Residual)
    return units[0] if residual.adds and residual.shortcut is not None else None


def _unread(link: Link) -> list[Link]:
    """The steps of a residual's body that its shortcut does not need: where that begins at a value of the
    body (`@active`), the steps up to it stay."""
    residual = link.what
    assert isinstance(residual, Residual) and residual.shortcut is not None
    reads = {id(value) for one in links_of(residual.shortcut) for value in one.inputs}
    steps = list(own_links(residual.body))
    given = [{id(step.output), *map(id, step.exports.values())} for step in steps]
    last = max((i for i, values in enumerate(given) if values & reads), default=-1)
    return steps[last + 1 :]


def _of_shapes(path: str, link: Link, given: Shape, gives: Shape) -> NetError:
    inner = isinstance(link.what, Scope) and _holds(link.what, Residual, Dense)
    if given.channels != gives.channels or len(given) != len(gives):
        hint = f"what comes after it is made for {gives}"
        if inner:
            hint += "; a residual unit inside of it can be dropped"
        else:
            hint += "; only a residual unit has a shortcut around it that could remain"
    else:
        hint = f"what comes after it would read maps of {given} in the place of {gives}"
    message = f"`{path}` cannot be dropped: it takes {given} and gives {gives}"
    mark = f"takes {given}, gives {gives}"
    return NetError([Diagnostic("E475", message, link.span, hint=hint, mark=mark)])


def _holds(scope: Scope, *kinds: type) -> bool:
    return any(
        isinstance(link.what, kinds) or (isinstance(link.what, Scope) and _holds(link.what, *kinds))
        for link in links_of(scope.region)
    )


def _cannot(path: str, why: str, span: Span) -> NetError:
    hint = "a step of a chain whose output has the shape of its input can be, and a residual unit"
    return NetError([Diagnostic("E475", f"`{path}` cannot be dropped: {why}", span, hint=hint)])


def _refused(steps: Sequence[str], error: NetError) -> NetError:
    """What is wrong with the rest, as the reason why steps cannot be dropped."""
    named = ", ".join(f"`{step}`" for step in steps)
    first = error.diagnostics[0]
    message = f"without {named} the network cannot be compiled: {first.message}"
    return NetError([first.but(code="E476", message=message)])
