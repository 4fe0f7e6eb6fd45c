"""Other steps in the place of some: `--replace fc="linear(20)"`. The text of a net is changed as a tree,
before it is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netdsl.design import Design, Link, Scope, Shared
from netdsl.diagnostics import Diagnostic, NetError, Report
from netdsl.elaborate.values import NetDef
from netdsl.record import Record
from netdsl.source import Source
from netdsl.syntax import ast
from netdsl.syntax.parse import parse_chain
from netdsl.walks import links_of
from netdsl.weights import step_at


class Replaced(Record):
    """The text of a net with other steps; `steps` are those."""

    net: ast.Net
    steps: frozenset[ast.Node]

    def places(self, design: Design) -> tuple[str, ...]:
        """Where they stand in the `state_dict` of what was compiled from it."""
        return tuple(self._places(design.net, ""))

    def _places(self, scope: Scope, path: str) -> Iterator[str]:
        for key, link in scope.children.items():
            if link.node in self.steps:
                yield f"{path}{key}"
            elif isinstance(link.what, Scope) and link.what.kind != "block":
                yield from self._places(link.what, f"{path}{key}.")


def replaced(design: Design, steps: Mapping[str, str], report: Report) -> Replaced:
    """A compiled net's text with other steps: paths of steps -> what stands there instead.

    Raises `NetError`: no such step (E142), one that stands for several (E143), steps that cannot be
    read.
    """
    definition = design.net.definition
    assert isinstance(definition, NetDef) and isinstance(definition.node, ast.Net)
    changes: dict[ast.Node, ast.Node] = {}
    paths: dict[ast.Node, str] = {}
    for path, text in steps.items():
        names, links = step_at(design, path)
        _only_there(design, path, links)
        paths[links[-1].node] = path
        chain = parse_chain(Source(f"--replace {path}", text), report)
        if chain is not None:
            node = links[-1].node
            assert isinstance(node, ast.Link)
            changes[node] = _instead(node, chain, names[-1], _around(design, links))
    report.check()
    for node, path in paths.items():
        for inner in ast.below(node):
            if inner in paths:
                raise _cannot(paths[inner], f"`{path}`, in which it stands, is replaced too", inner)
    return Replaced(_changed(definition.node, changes), frozenset(changes.values()))


def _around(design: Design, links: list[Link]) -> Scope:
    """The scope that the last of these steps stands in."""
    return design.net if len(links) == 1 else links[-2].scope or design.net


def _only_there(design: Design, path: str, links: list[Link]) -> None:
    """Raise `NetError` if the text of a step is that of others too, or of no step of the net itself."""
    why = None
    for link in links[:-1]:
        what = link.what
        if isinstance(what, Shared) or isinstance(link.node, ast.Module):
            why = f"it stands in the shared module `{link.word or link.key}`"
        elif isinstance(what, Scope) and what.kind == "block":
            why = f"it stands in the block `{what.name}`, which says it for every use"
    node = links[-1].node
    if why is None and not isinstance(node, ast.Link):
        why = "it is no step of a chain"
    if why is None:
        times = sum(link.node is node for link in _own_steps(design.net))
        if times != 1:
            why = f"it stands in a loop, which says {times} steps"
    if why is not None:
        raise _cannot(path, why, node)


def _cannot(path: str, why: str, node: ast.Node) -> NetError:
    hint = "a step that the text of the net says by itself can be: `fc`, `features`, `classifier.6`"
    message = f"`{path}` cannot be replaced: {why}"
    return NetError([Diagnostic("E143", message, node.span, hint=hint)])


def _own_steps(scope: Scope) -> list[Link]:
    """The steps of a scope and of the groups in it, without those of blocks."""
    found: list[Link] = []
    for link in links_of(scope.region):
        found.append(link)
        if isinstance(link.what, Scope) and link.what.kind != "block":
            found += _own_steps(link.what)
    return found


def _instead(node: ast.Link, chain: ast.Chain, key: str, scope: Scope) -> ast.Link:
    """The step that takes the place of another, under its name."""
    label = node.label
    if label is None and not scope.numbered:
        label = ast.Computed(node.span, (key,))
    (first, *more) = chain.links
    if more:
        return ast.Link(
            chain.span, label, ast.Group(chain.span, ast.Body(chain.span, None, (chain,))), None
        )
    return first if first.label is not None else first.but(label=label)


def _changed(node: Any, changes: Mapping[ast.Node, ast.Node]) -> Any:
    """A tree with some nodes exchanged; what has none of them inside stays the same object."""
    if isinstance(node, tuple):
        parts = tuple(_changed(part, changes) for part in node)
        return parts if any(a is not b for a, b in zip(parts, node)) else node
    if not isinstance(node, ast.Node):
        return node
    if node in changes:
        return changes[node]
    fields = {name: getattr(node, name) for name in node._fields}
    new = {name: _changed(value, changes) for name, value in fields.items()}
    differing = {name: value for name, value in new.items() if value is not fields[name]}
    return node.but(**differing) if differing else node
