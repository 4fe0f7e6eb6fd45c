"""What stands below panels of boxes, and what a panel is in the scene."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Cluster, Placed, Scene

FINEST = 2.5  # points between lines of a grid
LINE = 8.8  # from line to line of what stands below a panel
CAPTION = 2 * LINE + 2


def caption(scene: Scene, x: float, top: float, lines: Sequence[str]) -> None:
    scene.text(x, top + LINE / 2 + 1, lines[0], pen.TITLE, bold=True)
    for i, line in enumerate(lines[1:], 1):
        scene.text(x, top + LINE * (i + 0.5) + 1.5, line, pen.TEXT)


def noted(
    scene: Scene,
    name: str,
    title: str,
    box: tuple[float, float, float, float],
    lines: tuple[str, ...],
) -> None:
    """A panel is a node of the scene, with what stands below it."""
    plain, again = name, 2
    while any(node.name == name for node in scene.nodes):
        name, again = f"{plain}#{again}", again + 1
    left, top, wide, high = (round(side, 2) for side in box)
    scene.nodes.append(Placed(name, "shape", left, top, wide, high, lines))
    scene.clusters.append(Cluster(f"{name}.panel", title, left, top, wide, high, (name,)))


def number(value: float) -> str:
    return str(round(value))


def spaced(number: int) -> str:
    """`5776`, `120 000`."""
    return f"{number:,}".replace(",", " ") if number >= 10_000 else str(number)
