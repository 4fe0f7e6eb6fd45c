"""Widths of boxes: those that stand above each other in the trunk share one, others fall into classes of
similar widths, each as wide as its widest."""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.backends.diagram.layout.chain import Chain
from netdsl.backends.diagram.layout.pieces import Leaf, Piece, Row
from netdsl.backends.diagram.layout.splits import Residual, Split
from netdsl.backends.diagram.layout.style import Style

OWN = ("input", "output", "param", "compute")  # as wide as their text
BODIES = 1.8  # widths of boxes above each other in a block that differ by no more are made equal


def equalise(chains: list[Chain], style: Style) -> None:
    """Set the widths of all boxes of some chains: in the trunk, in bodies, in branches side by side, and on
    ways around bodies, where they are as narrow as can be."""
    trunk: list[Leaf] = []
    bodies: list[Leaf] = []
    branches: list[Leaf] = []
    ways: list[Leaf] = []
    for chain in chains:
        for leaf, place in placed_leaves(chain):
            leaf.width = 0.0
            leaf.narrow = place == "way" and not style.right
            if leaf.is_sign or leaf.node.kind in OWN:
                continue
            {"trunk": trunk, "body": bodies, "branch": branches, "way": ways}[place].append(leaf)
    if style.right:
        _classes([*trunk, *bodies, *branches, *ways], style, 1.12)
        return
    _classes(trunk, style, 2.2)
    _classes(bodies, style, BODIES)
    _classes(branches, style, style.classes)
    _classes(ways, style, style.classes)


def placed_leaves(chain: Chain) -> Iterator[tuple[Leaf, str]]:
    """The boxes of a chain, and whether each is in the trunk, a body, a branch of a merge, or on a way around
    a body."""
    waiting: list[tuple[Piece, str]] = [(piece, "trunk") for piece in reversed(chain.pieces)]
    while waiting:
        piece, place = waiting.pop()
        if isinstance(piece, Leaf):
            yield piece, place
        elif isinstance(piece, Row):
            for leaf in piece.leaves:
                yield leaf, place
        elif isinstance(piece, Residual):
            body, way = piece.branches
            inside = "body" if place == "trunk" else place
            waiting += [(inner, "way") for inner in reversed(way.pieces)]
            waiting += [(inner, inside) for inner in reversed(body.pieces)]
        else:
            inside = "branch" if isinstance(piece, Split) else "body" if place == "trunk" else place
            for inner in reversed(piece.chains()):
                waiting += [(part, inside) for part in reversed(inner.pieces)]


def _classes(leaves: list[Leaf], style: Style, ratio: float) -> None:
    """Equal widths for those that differ by no more than a ratio."""
    ordered = sorted(((leaf.natural(style), i, leaf) for i, leaf in enumerate(leaves)))
    at = 0
    while at < len(ordered):
        end = at
        while end < len(ordered) and ordered[end][0] <= ordered[at][0] * ratio:
            end += 1
        for _, _, leaf in ordered[at:end]:
            leaf.width = ordered[end - 1][0]
        at = end
