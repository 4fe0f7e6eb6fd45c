"""What ways would give with other layers in some of their steps: how a hint is tried before it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netdsl.design import Applied, Computed, Link, Merge
from netdsl.diagnostics import Mistake
from netdsl.layers.base import Layer
from netdsl.shapes import Shape, equal_when


def replayed(way: Sequence[Link], entry: Shape, changed: Mapping[Link, Layer]) -> Shape | None:
    """What a way gives with these layers in the place of its own; None where that cannot be told."""
    before = shape = entry  # as it is, and with the changes
    for link in way:
        out = link.output.shape if link.output is not None else None
        if out is None:
            return None
        if isinstance(link.what, Applied):
            try:
                shape = changed.get(link, link.what.layer).output(shape)
            except Mistake:
                return None
        elif shape == before:
            shape = out
        elif out.sides == before.sides and not isinstance(link.what, (Merge, Computed)):
            shape = out.with_sides(shape.sides)
        else:  # it joins what was made for these sides, or changes them in a way of its own
            return None
        before = out
    return shape


def fits(shape: Shape | None, wanted: Shape, only_sides: bool) -> bool:
    """Whether a shape can meet another one: open sides may need sizes that are multiples of a number."""
    return shape is not None and (only_sides or shape[0] == wanted[0]) and sides_fit(shape, wanted)


def sides_fit(a: Shape, b: Shape) -> bool:
    """Whether sides are equal, at least for open sizes that are multiples of a number."""
    pairs = zip(a.sides, b.sides)
    return len(a) == len(b) and all(equal_when(n, m) is not None for n, m in pairs)
