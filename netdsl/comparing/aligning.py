"""Steps of two networks side by side, level by level."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from netdsl.comparing.matching import common
from netdsl.comparing.tree import LEVELS, Node

Pair = tuple[Node | None, Node | None]

REPLACED = ("pooling", "normalization", "activation")  # one in the place of another is a change

# By what two steps of one level are taken for one, the first that holds; None is nobody's. Steps with
# weights go first, and where they stand counts, which their output tells.
_KEYS: tuple[Callable[[Node], Hashable], ...] = (
    lambda n: (n.alike, n.label, n.shape) if n.weighted else None,
    lambda n: (n.alike, n.label) if n.weighted else None,
    lambda n: (_sort(n), n.name) if n.named and n.weighted else None,
    lambda n: (n.alike, n.shape) if n.weighted else None,
    lambda n: n.alike if n.weighted else None,
    lambda n: n.held if n.weighted and n.kind in LEVELS else None,
    lambda n: (_sort(n), n.word) if n.weighted and (n.word or not n.explicit) else None,
    lambda n: _sort(n) if n.weighted and n.kind in LEVELS and not n.label else None,
    lambda n: (n.alike, n.label),
    lambda n: n.name if n.named else None,
    lambda n: n.alike,
    lambda n: (_sort(n), n.word) if n.kind not in LEVELS or not n.explicit else None,
    lambda n: n.family if n.family in REPLACED else None,
)


def _sort(node: Node) -> str:
    return "level" if node.kind in LEVELS else node.kind


def aligned(old: Sequence[Node], new: Sequence[Node], stage: int = 0) -> list[Pair]:
    """The steps of two levels side by side, in order; None beside what has no partner."""
    if not old or not new or stage == len(_KEYS):
        return [*((a, None) for a in old), *((None, b) for b in new)]
    key = _KEYS[stage]
    # What is nobody's differs from everything.
    sides = [
        [(side, i) if (k := key(n)) is None else k for i, n in enumerate(nodes)]
        for side, nodes in (("old", old), ("new", new))
    ]
    found: list[Pair] = []
    i = j = 0
    for a, b in [*common(*sides), (len(old), len(new))]:
        if i < a or j < b:
            found += aligned(old[i:a], new[j:b], stage + 1)
        if a < len(old):
            found.append((old[a], new[b]))
        i, j = a + 1, b + 1
    return found
