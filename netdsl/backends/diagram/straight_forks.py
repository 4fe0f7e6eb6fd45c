"""Points from which one line goes on are no forks: a body may read other values than the one that enters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from netdsl.backends.diagram.figure import Child, Edge, Node, Panel, nodes_of


def straightened(children: list[Child], edges: Sequence[Edge]) -> list[Edge]:
    """The edges without forks that have one exit or none, and rails without any; these are taken out of
    the tree. Other rails keep the places where an edge begins."""
    now = list(edges)
    while (
        found := _straightened(children, now)
    ) is not None:  # a rail that goes was an exit of a fork
        now = found
    return now


def _straightened(children: list[Child], edges: list[Edge]) -> list[Edge] | None:
    """The edges after going through all points once; None if nothing is changed."""
    out: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        out[edge.tail].append(edge)
    gone: dict[str, Edge | None] = {}
    rails: dict[str, tuple[int, ...]] = {}
    for node in nodes_of(children):
        if node.kind == "fork" and len(out[node.name]) < 2:
            gone[node.name] = next(iter(out[node.name]), None)
        elif node.kind == "rail":
            starts = tuple(sorted({edge.tail_slot or 0 for edge in out[node.name]}))
            if not starts:
                gone[node.name] = None
            elif starts != node.used:
                rails[node.name] = starts
    if not gone and not rails:
        return None
    _without(children, gone, rails)
    found = []
    for edge in edges:
        if edge.tail in gone:
            continue
        whole = _onwards(edge, gone)
        if whole is not None:
            found.append(whole)
    return found


def _onwards(edge: Edge, gone: dict[str, Edge | None]) -> Edge | None:
    """An edge as far as the next thing that is there; None where nothing is."""
    while edge.head in gone:
        after = gone[edge.head]
        if after is None:
            return None
        role = after.role if edge.role == "flow" else edge.role
        shape = edge.shape or after.shape
        edge = edge.but(head=after.head, head_slot=after.head_slot, role=role, shape=shape)
    return edge


def _without(
    children: list[Child], gone: dict[str, Edge | None], rails: dict[str, tuple[int, ...]]
) -> None:
    """Change a part of the tree in place; a panel that had nothing else goes too."""
    children[:] = [c for c in children if not (isinstance(c, Node) and c.name in gone)]
    for i, child in enumerate(children):
        if isinstance(child, Panel):
            _without(child.children, gone, rails)
        elif isinstance(child, Node):
            if child.name in rails:
                children[i] = child.but(used=rails[child.name])
        else:
            for branch in child.branches:
                _without(branch, gone, rails)
            fork = child.fork
            if fork is not None and fork.name in gone:
                children[i] = child.but(fork=None)
            elif fork is not None and fork.name in rails:
                children[i] = child.but(fork=fork.but(used=rails[fork.name]))
    children[:] = [c for c in children if not isinstance(c, Panel) or c.children]
