"""Whether a drawn network is the network: every step in a box, every edge of the figure a line."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator

from netdsl.backends.diagram.draw import Drawer
from netdsl.backends.diagram.figure import Edge, Figure
from netdsl.backends.diagram.levels import level
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.design import Design

POINTS = ("fork", "rail", "entry")  # that lines pass, which are not painted


def steps_of(scene: Scene) -> Counter[str]:
    """The steps of the network that the boxes of a scene say they stand for."""
    total: Counter[str] = Counter()
    for node in scene.nodes:
        total.update(dict(node.steps))
    return total


def meant(design: Design, settings: Settings, said: str) -> Figure:
    """The figure as data that a scene was made from: at the level that was said."""
    found = re.match(r"level (\w+)", said)
    assert found is not None, said
    planner = Planner(design, settings)
    chosen = level(planner.scope(design.net), found[1], settings.expand)
    return Drawer(planner, chosen).draw()


def ways(figure: Figure, joined: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """The nodes that edges lead from and to, through the points that are not painted. A row of places has many:
    what enters at one place leaves there. `joined` are nodes that are drawn in the box before them."""
    kinds = {n.name: "fork" if n.name in joined else n.kind for n in figure.nodes}
    leaving: dict[str, list[Edge]] = defaultdict(list)
    for edge in figure.edges:
        leaving[edge.tail].append(edge)
    for edge in figure.edges:
        if kinds[edge.tail] in POINTS:
            continue
        waiting = [edge]
        while waiting:
            at = waiting.pop()
            if kinds[at.head] not in POINTS:
                yield edge.tail, at.head
                continue
            rows = kinds[at.head] == "entry"
            waiting += [e for e in leaving[at.head] if not rows or e.tail_slot == at.head_slot]


def joined(scene: Scene, figure: Figure) -> set[str]:
    """What stands in the box before it: activations in that of a normalisation, and `flatten`."""
    kinds = {node.name: node.kind for node in figure.nodes}
    shown = {node.name: node.lines for node in scene.nodes}
    texts = {node.name: node.lines[:1] for node in figure.nodes}
    found: dict[str, str] = {}  # and what they stand in
    for edge in figure.edges:
        box = found.get(edge.tail, edge.tail)
        pair = kinds[box], kinds[edge.head]
        said = f", {''.join(texts[edge.head])}" in " ".join(shown.get(box, ()))
        after = texts[edge.head] == ("flatten",) or (pair == ("norm", "activation") and said)
        if after and edge.head not in shown:
            found[edge.head] = box
    return set(found)


def missing_lines(scene: Scene, figure: Figure) -> list[tuple[str, str]]:
    """The edges of a figure that no line of its scene is, but for those of side outputs, which share panels."""
    training = {node.name for node in figure.nodes if node.training}
    shown = {node.name for node in scene.nodes}
    drawn = {(route.tail, route.head) for route in scene.routes}
    hidden = {n.name for n in figure.nodes if n.kind == "output"} - shown
    wanted = {
        (tail, head)
        for tail, head in ways(figure, joined(scene, figure))
        if head not in hidden and not {tail, head} & training
    }
    return sorted(wanted - drawn)


def foreign_lines(scene: Scene, figure: Figure) -> list[tuple[str, str]]:
    """The lines of a scene between nodes of its figure that no edge is."""
    names = {node.name for node in figure.nodes}
    drawn = {(r.tail, r.head) for r in scene.routes if {r.tail, r.head} <= names}
    return sorted(drawn - set(ways(figure, joined(scene, figure))))
