"""The edges of a figure between nodes that are seen: forks, rails and rows of places only lead lines on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.backends.diagram.figure import Child, Edge, Figure, Panel, Split, nodes_of

UNSEEN = ("fork", "rail", "entry")


def seen_edges(figure: Figure) -> list[Edge]:
    """Edges in the order of the figure; those that lead through forks, rails and entries are one edge
    each, with the role and the shape of the part that says more. What comes from nowhere is left out."""
    unseen = {node.name: node.kind for node in figure.nodes if node.kind in UNSEEN}
    into: dict[str, list[Edge]] = {name: [] for name in unseen}
    for edge in figure.edges:
        if edge.head in into:
            into[edge.head].append(edge)

    def whole(edge: Edge) -> list[Edge]:
        """An edge from each of the seen nodes that it comes from."""
        found, todo, passed = [], [edge], set()
        while todo:
            at = todo.pop()
            if at.tail not in unseen:
                found.append(at)
                continue
            if (at.tail, at.tail_slot) in passed:  # lines do not lead in circles
                continue
            passed.add((at.tail, at.tail_slot))
            places = unseen[at.tail] == "entry"
            todo += [
                before.but(
                    head=at.head,
                    head_slot=at.head_slot,
                    role=before.role if at.role == "flow" else at.role,
                    shape=before.shape or at.shape,
                )
                for before in reversed(into[at.tail])
                if not places or before.head_slot == at.tail_slot
            ]
        return found

    return [one for edge in figure.edges if edge.head not in unseen for one in whole(edge)]


def ways_around(children: Sequence[Child]) -> set[str]:
    """The nodes that stand on shortcuts of residuals: such shortcuts change what they carry."""
    found: set[str] = set()
    for child in children:
        if isinstance(child, Panel):
            found |= ways_around(child.children)
        elif isinstance(child, Split):
            for branch in child.branches:
                found |= ways_around(branch)
            if child.kind == "residual":
                for branch in child.branches[1:]:
                    found.update(node.name for node in nodes_of(branch))
    return found


def without_lone_forks(figure: Figure) -> list[Edge]:
    """All edges, but one instead of those through forks that stand in a chain and belong to no split."""
    inner = {f.name for split in _splits(figure.children) for f in (split.fork,) if f is not None}
    lone = {n.name for n in figure.nodes if n.kind in UNSEEN and n.name not in inner}
    into: dict[str, list[Edge]] = {}
    for edge in figure.edges:
        if edge.head in lone:
            into.setdefault(edge.head, []).append(edge)
    out = []
    for edge in figure.edges:
        if edge.head in lone:
            continue
        tails, passed = [edge], set()
        while any(e.tail in lone for e in tails):
            passed.update(e.tail for e in tails if e.tail in lone)
            tails = [
                before
                for e in tails
                for before in (into.get(e.tail, ()) if e.tail in lone else (e,))
                if before.tail not in passed
            ]
        for before in tails:
            role = before.role if edge.role == "flow" else edge.role
            shape = before.shape or edge.shape
            out.append(
                edge.but(tail=before.tail, tail_slot=before.tail_slot, role=role, shape=shape)
            )
    return out


def _splits(children: Sequence[Child]) -> Iterator[Split]:
    for child in children:
        if isinstance(child, Panel):
            yield from _splits(child.children)
        elif isinstance(child, Split):
            yield child
            for branch in child.branches:
                yield from _splits(branch)
