"""Small bars with numbers: how many there are of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Point, Scene

TALL = 34.0  # of the highest bar
NUMBERED = 15.0  # bars at least so wide have their numbers on them
LINE = 8.6


class Bars(NamedTuple):
    """`counts` of 0, 1, 2, ..., each `step` points wide."""

    counts: Sequence[int]
    step: float

    @property
    def width(self) -> float:
        return self.step * len(self.counts)


def bars(scene: Scene, left: float, top: float, found: Bars, below: Sequence[str]) -> float:
    """Draws bars; the result is the bottom of what stands below them. Numbers stand on wide bars, else ends and
    middle are told below."""
    most = max(found.counts)
    base = top + TALL + 8
    wide = found.step >= NUMBERED
    if wide:
        for k, count in enumerate(found.counts):
            tall = max(1.0, TALL * (count / most))
            x = left + k * found.step
            scene.rect(x + 2, base - tall, found.step - 4, tall, "stack.f", "stack.s", pen.OUTLINE)
            scene.text(x + found.step / 2, base - tall - 4.5, str(count), pen.SMALL)
            scene.text(x + found.step / 2, base + 6, str(k), pen.SMALL)
    else:
        scene.path(_outline(left, base, found, most), "stack.f", "stack.s", pen.OUTLINE)
        last = len(found.counts) - 1
        for k in (0, last // 2, last):
            x = left + (k + 0.5) * found.step
            scene.path([(x, base), (x, base + 2)], None, "edge", pen.HAIR, closed=False)
            scene.text(x, base + 6.5, str(k), pen.SMALL)
    ends = [(left - 2, base), (left + found.width + 2, base)]
    scene.path(ends, None, "edge", pen.EDGE, closed=False)
    middle = max(left + found.width / 2, left + max(text_width(b, pen.SMALL) for b in below) / 2)
    for i, line in enumerate(below):
        scene.text(middle, base + 15 + LINE * i, line, pen.SMALL, fill="muted")
    return base + 19 + LINE * (len(below) - 1)


def _outline(left: float, base: float, found: Bars, most: int) -> list[Point]:
    """The stairs of narrow bars; those too low to be seen are left out."""
    points: list[Point] = []
    for k, count in enumerate(found.counts):
        tall = TALL * (count / most)
        if tall >= 0.05:
            x = left + k * found.step
            points += [(x, base - tall), (x + found.step, base - tall)]
    return [(points[0][0], base), *points, (points[-1][0], base)]
