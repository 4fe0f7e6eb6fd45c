"""A network that is a chain, as the solids that stand along it: what the walk (`walk.py`) finds.

A solid is a tensor with the layer that makes it. Layers that leave the shape of their input as it is
(normalisation, activation, dropout) belong to the solid before them. What hangs at the side, heads and side
outputs, is kept apart.
"""

from __future__ import annotations

from collections import Counter

from netdsl.backends.diagram.text import kind_of, part_of, takes
from netdsl.layers.base import Layer
from netdsl.shapes import Shape

Label = tuple[str, ...]  # the path to a step that the author named


class Solid:
    """A tensor and the layer that makes it. `kind` is a kind of box, `layer` None for the input and for what
    is several layers, of which `title` is the name. `channels`, `height` and `width` measure it. `labels` are
    the author's names that it has, outer ones first. `rest` are the layers after it that keep its shape.
    `reads` are numbers of other solids that it reads, `steps` counts all that it stands for; `parts` are the
    solids that it is drawn for, if they are several."""

    __slots__ = (
        *("channels", "height", "kind", "labels", "layer", "name", "parts"),
        *("reads", "rest", "shape", "steps", "title", "width"),
    )

    def __init__(self, name: str, kind: str, shape: Shape, layer: Layer | None = None) -> None:
        self.name = name
        self.kind = kind
        self.shape = shape
        self.layer = layer
        self.title = ""
        self.labels: tuple[Label, ...] = ()
        self.rest: list[Layer] = []
        self.reads: list[int] = []
        self.steps: Counter[str] = Counter()
        self.parts: list[Solid] = []
        self.channels, self.height, self.width = _measures(shape)

    @property
    def sides(self) -> tuple[int, int]:
        return self.height, self.width

    @property
    def flat(self) -> bool:
        """Whether it is a vector: one place."""
        return self.height == self.width == 1

    @property
    def fused(self) -> list[Layer]:
        """The normalisation and activation that follow its layer at once, each at most one."""
        found: list[Layer] = []
        for layer in self.rest:
            part = part_of(layer)
            if part == "flatten":
                continue
            if self.layer is None or part is None or not takes(self.layer, part):
                break
            if any(part_of(other) == part for other in found):
                break
            found.append(layer)
        return found

    @property
    def apart(self) -> list[Layer]:
        """What else follows it, in order."""
        fused = self.fused
        return [x for x in self.rest if not any(x is y for y in fused) and x.joins != "flatten"]


def _measures(shape: Shape) -> tuple[int, int, int]:
    sides = [side for side in shape.sides if isinstance(side, int)]
    return shape.channels, (sides or [1])[0], (sides or [1])[-1] if len(sides) != 1 else 1


class Hanging:
    """A head or, in training, a side output: `reads` are numbers of the solids that it reads, `others` numbers
    of hanging things. `boxes` tells how many boxes a head predicts on a solid, where that is known; one that `proposes` regions is read by the next."""

    __slots__ = ("boxes", "name", "others", "proposes", "reads", "steps", "title", "training")

    def __init__(self, name: str, title: str, training: bool) -> None:
        self.name = name
        self.title = title
        self.training = training
        self.proposes = False
        self.reads: list[int] = []
        self.others: list[int] = []
        self.boxes: dict[int, int] = {}
        self.steps: Counter[str] = Counter()


class Trunk:
    """The solids in order, the first of which is the input, and what hangs at them."""

    __slots__ = ("hanging", "solids", "steps")

    def __init__(self, solids: list[Solid], hanging: list[Hanging], steps: Counter[str]) -> None:
        self.solids = solids
        self.hanging = hanging
        self.steps = steps


def keeps(layer: Layer, before: Shape | None, after: Shape | None) -> bool:
    """Whether a layer belongs to the solid before it."""
    if layer.joins == "flatten" or layer.word in ("pad", "crop", "center_crop", "slice"):
        return True
    if layer.family in ("convolution", "linear", "merge", "extern") or kind_of(layer) == "softmax":
        return False
    if layer.family == "pooling" and hasattr(layer, "kernel_size"):
        return False
    return before == after
