"""Two towers: a network whose channels are split in two halves that only some layers read together.

Krizhevsky et al. (2012) trained theirs on two GPUs; convolutions in two groups are the same mathematically. Both
halves are drawn, one above the other, and what reads the other half too is led there by a line of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netdsl.backends.diagram.kinds.volume.spacing import ABOVE_TOWER, Column
from netdsl.backends.diagram.kinds.volume.stages import Stage
from netdsl.backends.diagram.kinds.volume.trunk import Solid
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Scene

TOWERS = 2
BELOW = 9.0  # between a solid and the axis
AXIS = "4 3"


def groups_of(solid: Solid) -> int:
    """Into how many groups a solid's channels are split by its layer."""
    return getattr(solid.layer, "groups", 1) if solid.layer is not None else 1


def splits(solids: Sequence[Solid]) -> list[int] | None:
    """Among how many towers each solid's channels are shared; None if the network has no two towers.

    It has them if all its grouped convolutions have two groups and nothing but they, poolings and linear layers
    stand along it. The last layer with weights brings both together again.
    """
    families = ("convolution", "pooling", "linear")
    layers = [solid.layer for solid in solids[1:]]
    if any(layer is None or layer.family not in (*families, "activation") for layer in layers):
        return None
    if {groups_of(solid) for solid in solids} != {1, TOWERS} or any(s.reads for s in solids):
        return None
    if any(layer.word == "channel_shuffle" for solid in solids for layer in solid.rest):
        return None
    weighted = [i for i, s in enumerate(solids) if s.layer is not None and s.layer.weighted]
    last = weighted[-1] if groups_of(solids[weighted[-1]]) == 1 else len(solids)
    found = [TOWERS if 0 < i < last else 1 for i in range(len(solids))]
    if any(solid.channels % split for solid, split in zip(solids, found)):
        return None
    return found


def hides(stage: Stage) -> bool:
    """Whether a layer inside of a stage reads both towers: no line could show it."""
    return any(groups_of(s) == 1 and s.kind != "pool" for s in stage.solids[1:])


def shown_kind(solid: Solid, column: Column) -> str:
    """The kind of box that a solid is drawn as: towers show what groups are."""
    return "conv" if column.split > 1 and solid.kind == "grouped" else solid.kind


def distance(row: Sequence[Column]) -> float:
    """How far the middle of a tower is from the axis between them; 0 without towers."""
    shapes = [shape for column in row if column.split > 1 for shape in column.prisms]
    below = max((shape.bottom + BELOW for shape in shapes), default=0.0)
    above = max((ABOVE_TOWER + 3 - shape.far_top for shape in shapes), default=0.0)
    return max(below, above)


def offsets(column: Column, far: float) -> tuple[float, ...]:
    """Where a column's solids stand, from the axis."""
    return (-far, far) if column.split > 1 else (0.0,)


def leave_room(column: Column) -> None:
    """Make room for the number above solids: lines from the other tower pass beside those that all of their
    input is read for."""
    text = str(column.solids[0].channels // column.split)
    wide = text_width(text, pen.TEXT, True)
    if column.split == 1:
        column.over = 2 * wide + 4
    elif column.stage.kind == "linear":
        column.least = wide + 5


def number(scene: Scene, column: Column, axis: float) -> None:
    """How many channels each solid of a tower has."""
    for i, (solid, shape) in enumerate(zip(column.solids, column.placed)):
        before = column.solids[i - 1].channels if i else None
        if solid.channels != before and solid.kind != "input":
            text = str(solid.channels // column.split)
            x = (shape.left + shape.far_right) / 2
            if column.split == 1:  # lines come down to its left edge
                x = max(x, shape.left + text_width(text, pen.TEXT, True) / 2 + 6)
            scene.text(x, axis + shape.far_top - ABOVE_TOWER / 2, text, pen.TEXT, bold=True)


def between(scene: Scene, row: Sequence[Column], axis: float, far: float) -> None:
    """The dashed axis, and which tower is which: where no line crosses it."""
    inside = [column for column in row if column.split > 1]
    left, right = inside[0].x - 4, max(c.x + c.width for c in inside) + 4
    scene.path([(left, axis), (right, axis)], None, "line", 0.6, AXIS, closed=False)
    edges = [left]
    for before, after in pairwise(inside):
        if groups_of(after.solids[0]) == 1 and after.solids[0].kind != "pool":
            middle = (before.placed[-1].exit[0] + after.placed[0].left) / 2
            edges += [middle - 8, middle + 8]
    edges.append(right)
    rooms = [(b - a, a, b) for a, b in zip(edges[::2], edges[1::2])]
    wide, start, end = max(rooms)
    if wide > 24:
        scene.text((start + end) / 2, axis - 5.2, "tower 1", pen.SMALL, fill="muted")
        scene.text((start + end) / 2, axis + 5.6, "tower 2", pen.SMALL, fill="muted")
