"""Layers with other numbers, said where a text would say them: a stride of 1 by the use of a block that had
the stride as its argument (`layer4: stage(unit, 512, 3)`), what remains by the layers themselves.

Which argument that is can be tried: the network must come out the same, layer by layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netdsl.design import Applied, Design, Link, Passed, Residual, Scope
from netdsl.diagnostics import NetError
from netdsl.elaborate.edits import Edit
from netdsl.passes.editing import Decisions, Nodes, Path, compiled, scope_of, steps_of
from netdsl.syntax import ast

# The scope of a layer and its step (see `Decisions`) -> the step, and arguments that change.
Changes = dict[tuple[Path, int], tuple[Link, dict[str, object]]]


def simplest(design: Design, changes: Changes, passed: Passed) -> Design:
    """The network with these changes, with strides that are arguments of blocks changed there. Raises
    `NetError` where it cannot be compiled."""
    nodes = Nodes()
    plain = {key: _edit(nodes, *change) for key, change in changes.items()}
    made = compiled(design, plain, passed=passed)
    wanted = list(_facts(made.net, ()))
    decisions = plain
    said: set[tuple[Path, int]] = set()  # layers whose strides are those of a use of a block now
    for path, link in _uses(design.net, ()):
        inside = {k: c for k, c in changes.items() if k[0][: len(path)] == path}
        strides = {c["stride"] for _, c in inside.values() if "stride" in c}
        if strides != {1} or not said.isdisjoint(inside):
            continue
        shapes = {_stride(one) for one, c in inside.values() if "stride" in c}
        for name, value in link.scope.arguments.items() if link.scope is not None else ():
            node = nodes.with_argument(link, name, 1) if value in shapes - {None} else None
            if node is None:
                continue
            tried = {k: e for k, e in decisions.items() if k not in inside}
            for key, (one, change) in inside.items():
                rest = {n: v for n, v in change.items() if n != "stride"}
                if rest:
                    tried[key] = _edit(nodes, one, rest)
            tried[path[:-1], id(link)] = Edit(node=node)
            other = _compiled(design, tried, passed)
            if other is not None and list(_facts(other.net, ())) == wanted:
                made, decisions = other, tried
                said.update(inside)
                break
    return made


def _compiled(design: Design, decisions: Decisions, passed: Passed) -> Design | None:
    try:
        return compiled(design, decisions, passed=passed)
    except NetError:
        return None


def _edit(nodes: Nodes, link: Link, arguments: Mapping[str, object]) -> Edit:
    return Edit(node=nodes.with_arguments(link, **arguments))


def _stride(link: Link) -> object:
    """The stride of a layer as one number; None if it has several."""
    assert isinstance(link.what, Applied) and link.inputs[0].shape is not None
    window = link.what.layer.window(link.inputs[0].shape)
    strides = set(window.stride) if window is not None else set()
    return strides.pop() if len(strides) == 1 else None


def _uses(scope: Scope, path: Path) -> Iterator[tuple[Path, Link]]:
    """Every use of a block, outer ones first, with the names down to it."""
    for link in steps_of(scope):
        inner = scope_of(link)
        if inner is None or link.key is None:
            continue
        if inner.kind == "block" and isinstance(link.node, ast.Link):
            yield (*path, link.key), link
        yield from _uses(inner, (*path, link.key))


def _facts(scope: Scope, path: Path) -> Iterator[tuple[object, ...]]:
    """What a network is, step by step: names, layers, shapes, and the ways of residuals."""
    for link in steps_of(scope):
        shape = link.output.shape if link.output is not None else None
        what = link.what
        if isinstance(what, Applied):
            yield (*path, link.key), repr(what.layer), shape
        elif isinstance(what, Residual):
            yield path, what.adds, what.shortcut is None, shape
        inner = scope_of(link)
        if inner is not None and link.key is not None:
            yield from _facts(inner, (*path, link.key))
