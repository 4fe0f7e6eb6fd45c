"""Receptive fields: which places of the input a place of a map can see.

A window of k places with stride s over a map whose places see r of the input, j apart, sees
r + (k - 1) j, and its places are s j apart. Dumoulin and Visin, 2016; Araujo et al., "Computing
Receptive Fields of Convolutional Neural Networks", 2019. Normalisation over the whole map counts as
seeing its own place only.
"""

from __future__ import annotations

from typing import NamedTuple

from netdsl.design import Design, Link, Value
from netdsl.follow import Follower, Path
from netdsl.layers.base import Layer
from netdsl.shapes import Shape


class Field(NamedTuple):
    """What a place of a map sees, one entry a side: `size` places of the input. For the first place
    they begin at `start` (below 0 in the padding), for each next one `jump` further."""

    size: tuple[int, ...]
    jump: tuple[int, ...]
    start: tuple[int, ...]


class Level:
    """The receptive fields of one use of a scope: of its values by their `id`, None where it cannot be
    told, and the levels below its steps by theirs. (One scope may stand for many uses of a block.)"""

    __slots__ = ("below", "fields")

    def __init__(self) -> None:
        self.fields: dict[int, Field | None] = {}
        self.below: dict[int, Level] = {}


class _Fields(Follower[Field | None]):
    """None: it cannot be told, as where maps are made larger or sizes are open."""

    def __init__(self) -> None:
        super().__init__(aux=True)
        self.found: dict[str, Field] = {}
        self.levels = [Level()]

    def enter(self, link: Link) -> None:
        level = self.levels[-1].below[id(link)] = Level()
        self.levels.append(level)

    def leave(self, link: Link) -> None:
        self.levels.pop()

    def met(self, value: Value, state: Field | None) -> None:
        self.levels[-1].fields[id(value)] = state

    def layer(self, layer: Layer, link: Link, state: Field | None, path: Path) -> Field | None:
        x, y = link.inputs[0].shape, link.output.shape if link.output is not None else None
        if state is None or x is None or y is None or not x.sides:
            return state
        window = layer.window(x)
        if window is not None:
            moved = zip(*state, *window)
            sides = [(r + (k - 1) * j, s * j, at - p * j) for r, j, at, k, s, p in moved]
            return Field(*(tuple(column) for column in zip(*sides)))
        if x.sides == y.sides:
            return state
        return None if y.sides else _whole(state, x)

    def meet(self, states: list[Field | None]) -> Field | None:
        fields = [field for field in states if field is not None]
        if len(fields) < len(states) or any(f.jump != fields[0].jump for f in fields):
            return None
        starts = [min(column) for column in zip(*(f.start for f in fields))]
        ends = [max(c) for c in zip(*([a + r for a, r in zip(f.start, f.size)] for f in fields))]
        sizes = tuple(end - start for start, end in zip(starts, ends))
        return Field(sizes, fields[0].jump, tuple(starts))

    def seen(self, path: Path, link: Link, state: Field | None) -> None:
        if link.output is not None:
            self.levels[-1].fields[id(link.output)] = state
        name = ".".join(path).replace("()", "")  # a use of a module goes by its name
        if state is None:  # a step inside without a name had that of the level around it
            self.found.pop(name, None)
        elif path:
            self.found[name] = state


def _whole(state: Field, x: Shape) -> Field | None:
    """What all places of a map see together."""
    sizes = []
    for r, j, n in zip(state.size, state.jump, x.sides):
        if not isinstance(n, int):
            return None
        sizes.append(r + (n - 1) * j)
    return Field(tuple(sizes), state.jump, state.start)


def receptive_fields(design: Design) -> dict[str, Field]:
    """The receptive field of every step's output, by its name, where it can be told; seen from the
    inputs of the net, all of which count alike."""
    return _followed(design).found


def levels_of(design: Design) -> Level:
    """The receptive field of every value of every step, those without a name too: of the net's own, and
    below its steps. Inputs have theirs."""
    return _followed(design).levels[0]


def _followed(design: Design) -> _Fields:
    follower = _Fields()
    sides = {len(value.shape.sides) for value in design.inputs.values()}
    if len(sides) == 1:
        dims = sides.pop()
        start = Field((1,) * dims, (1,) * dims, (0,) * dims)
        for value in design.inputs.values():
            follower.met(value, start)
        follower.follow(design, start)
    return follower
