"""How a figure fits onto its page: how deep it is drawn, in how many columns, with how long labels. Letters keep
their size; what does not fit is said with less detail, never smaller."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from netdsl.backends.diagram.layout.build import Built
from netdsl.backends.diagram.layout.columns import Columns, partition
from netdsl.backends.diagram.layout.pieces import Leaf, Piece, Row
from netdsl.backends.diagram.layout.style import DENSITIES, Style
from netdsl.backends.diagram.layout.widths import equalise

PAGE = (6.9 * 72, 9.4 * 72)  # points: a page of a paper in one column, without its margins
MARGIN = 2.0
MOST_COLUMNS = 6
TURN = 90.0  # points of height that a turn to another column must save
FULL = 0.8  # a plan that fills the page up to its last line is a last resort


class Plan(NamedTuple):
    """A way to lay out a figure: where its columns break, and its size with the legend, in points."""

    built: Built
    breaks: list[int]
    style: Style
    free: bool
    width: float
    height: float
    fits: bool
    rank: tuple[float, ...]

    def columns(self) -> Columns:
        """The figure measured as planned."""
        measure(self.built, self.style, self.free)
        return Columns(self.built, self.breaks, self.style)


def measure(built: Built, style: Style, free: bool = False) -> None:
    """Measure all pieces; `free` leaves room for letters in the place of lines of the trunk, which columns may
    break."""
    for crossing in (c for lane in built.trunk.lanes for c in lane.crossings):
        crossing.letter = "?" if free else ""
    for piece in built.trunk.pieces:
        if isinstance(piece, Row):
            piece.free = free
    equalise([built.trunk, *(frame.inner for frame in built.asides)], style)
    built.trunk.measure(style)
    for frame in built.asides:
        frame.measure(style)


def plans(
    built: Built,
    width: float,
    height: float,
    legend: Callable[[float], float],
    base: Style,
    free: bool,
) -> list[Plan]:
    """All ways to lay out pieces, measured. `legend` tells how high the legend is at a width; `free` breaks
    columns where lines pass, too."""
    found = []
    cuts = _cuts(built, free)
    for density, style in enumerate(DENSITIES):
        style = style.but(right=base.right, sizes=base.sizes)
        measure(built, style, free)
        lengths = [piece.length for piece in built.trunk.pieces]
        for count in range(1, min(MOST_COLUMNS, len(lengths)) + 1):
            breaks = partition(lengths, style.gap, count, cuts)
            if breaks is None:
                continue
            columns = Columns(built, breaks, style)
            wide, high = columns.width + 2 * MARGIN, columns.height + 2 * MARGIN
            if style.right:
                wide, high = high, wide
            high += legend(min(max(wide, 0.7 * width), width))
            over = max(0.0, wide - width) + max(0.0, high - height)
            filled = high > FULL * height
            rank = (over, float(filled), float(density), round(high + TURN * (count - 1)))
            found.append(Plan(built, breaks, style, free, wide, high, over == 0, rank))
    return found


def _cuts(built: Built, free: bool) -> set[int]:
    """The pieces before which a column may end."""
    trunk = built.trunk
    cuts = {n for n in range(1, len(trunk.pieces)) if trunk.pieces[n].edge is not None or free}
    cuts -= {n for n in cuts if _belongs(trunk.pieces[n])}
    if not free:
        for lane in trunk.lanes:
            cuts -= set(range(lane.first + 1, lane.last + 1))
    return cuts


def _belongs(piece: Piece) -> bool:
    """Whether a piece belongs to what is before it: a column does not begin with it."""
    return isinstance(piece, Leaf) and piece.node.kind in ("dropout", "activation", "norm")


def fitting(found: list[Plan]) -> list[Plan]:
    """The plans that fit, the best first."""
    return sorted((plan for plan in found if plan.fits), key=lambda plan: plan.rank)
