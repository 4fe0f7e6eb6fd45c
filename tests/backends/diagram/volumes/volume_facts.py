"""What the tests of volumes look at: figures by name, and the fronts of their solids as they are painted."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import NamedTuple

import netdsl
from netdsl.backends.diagram.kinds.volumes import volumes
from netdsl.backends.diagram.scene.scene import Path, Placed, Rect, Scene, Text
from netdsl.backends.diagram.settings import Settings
from netdsl.design import Design

HALF_COLUMN = 234.0
TOWER = ", tower 2"


@cache
def design(name: str) -> Design:
    return netdsl.load(f"zoo:{name}").design


@cache
def figure(name: str, width: float | None = None, height: float | None = None) -> Scene:
    return volumes(design(name), Settings(width=width, height=height))


def drawn(text: str) -> Scene:
    """The figure of a text."""
    return volumes(netdsl.loads(text).design, Settings())


class Front(NamedTuple):
    """The front of a solid: channels wide, a map high."""

    name: str
    width: float
    height: float
    middle: float


def fronts(scene: Scene) -> list[Front]:
    """The fronts of the solids, in the order of painting: each stands at the lower left of its node."""
    rects = [item for item in scene.items if isinstance(item, Rect) and item.fill]
    found = []
    for node in scene.nodes:
        for rect in rects:
            own = rect.fill is not None and rect.fill.partition(".")[0] == node.kind
            if own and _at(rect.x, node.left) and _at(rect.y + rect.height, node.bottom):
                middle = rect.y + rect.height / 2
                found.append(Front(node.name, rect.width, rect.height, middle))
                break
    return found


def _at(a: float, b: float) -> bool:
    return abs(a - b) < 0.03


def texts(scene: Scene) -> list[str]:
    return [item.text for item in scene.items if isinstance(item, Text)]


def names_below(scene: Scene) -> list[str]:
    """The names of the stages, from left to right and row by row."""
    found = [
        item for item in scene.items if isinstance(item, Text) and item.bold and item.size == 7.5
    ]
    return [item.text for item in sorted(found, key=lambda item: (item.y, item.x))]


def steps(scene: Scene) -> Counter[str]:
    total: Counter[str] = Counter()
    for node in scene.nodes:
        total.update(dict(node.steps))
    return total


def accents(scene: Scene) -> list[Path]:
    """The lines in the accent's colour, without heads and without the legend's."""
    paths = [item for item in scene.items if isinstance(item, Path) and item.stroke == "accent"]
    return [path for path in paths if len({round(y) for _, y in path.points}) > 1]


def dotted(scene: Scene) -> list[Path]:
    """The lines of pyramids."""
    return [
        item
        for item in scene.items
        if isinstance(item, Path) and item.stroke == "muted" and item.dash is not None
    ]


def node(scene: Scene, name: str) -> Placed:
    return next(node for node in scene.nodes if node.name == name)
