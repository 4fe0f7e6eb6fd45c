"""What a column means beside its boxes and lines: a network is a panel of nodes, and repeated rows are one in it."""

from __future__ import annotations

from collections.abc import Callable

from netdsl.backends.diagram.kinds.column_parts import Column, Span
from netdsl.backends.diagram.scene.scene import Cluster, Scene

Extent = Callable[[Span], tuple[float, float, float, float]]  # left, top, width and height of rows


def clusters(
    scene: Scene,
    column: Column,
    start: int,
    whole: tuple[float, float, float, float],
    extent: Extent,
) -> None:
    """The panel of a column, whose nodes are those of the scene from `start` on, and those of its repetitions.
    A single row that is repeated is no panel: its node says how often."""
    single = {column.rows[s.first].name: s.times for s in column.spans if s.first == s.last}
    nodes = scene.nodes[start:]
    scene.nodes[start:] = [node._replace(times=single.get(node.name, 1)) for node in nodes]
    spans = sorted((s for s in column.spans if s.last > s.first), key=lambda s: (s.first, -s.last))
    names = [f"{column.name}.repeat{i + 1}" for i in range(len(spans))]
    rows = _rows(column)
    members: dict[str, list[str]] = {name: [] for name in (*names, column.name)}
    for node in nodes:
        first, last = rows.get(node.name, (-1, -1))
        members[_home(first, last, spans, names) or column.name].append(node.name)
    for i, span in enumerate(spans):  # an outer one stands before what is in it
        home = _home(span.first, span.last, spans[:i], names) or column.name
        members[home].append(names[i])
    scene.clusters.append(Cluster(column.name, column.title, *whole, tuple(members[column.name])))
    for name, span in zip(names, spans):
        found = Cluster(name, "", *extent(span), tuple(members[name]), span.times)
        scene.clusters.append(found)


def _rows(column: Column) -> dict[str, tuple[int, int]]:
    """Of every node the rows that it belongs to: those beside which a shortcut leads, for what stands on it."""
    found = {row.name: (i, i) for i, row in enumerate(column.rows)}
    for arc in column.arcs:
        for name in (arc.name, *(row.name for row in arc.boxes)):
            found[name] = (arc.first, arc.last)
    return found


def _home(first: int, last: int, spans: list[Span], names: list[str]) -> str:
    """The innermost repetition around rows, "" if there is none."""
    around = [n for s, n in zip(spans, names) if s.first <= first and last <= s.last]
    return around[-1] if around else ""
