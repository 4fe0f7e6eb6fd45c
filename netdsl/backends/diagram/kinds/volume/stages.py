"""Trunk -> stages: the solids that stand close together over one caption, and what a stage is called.

Three grains: with `ALL` whatever the author labelled stands by itself, with `LAYERS` a labelled pooling leans on
the map before it, with `MAPS` neighbours that give maps of one size are a stage too, whatever their labels.
"""

from __future__ import annotations

import os.path
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from netdsl.backends.diagram.kinds.volume.trunk import Label, Solid
from netdsl.backends.diagram.text import clean

ALL, LAYERS, MAPS = 0, 1, 2
FEW = 6  # convolutions; of so few each is a stage
MOST_APART = 9  # stages in which labelled poolings stand by themselves
LONGEST_NAME = 16
MERGES = ("concat", "add", "mul", "residual")
# kinds that share a stage with nothing but what leans on them
ALONE = (
    "input",
    "linear",
    "softmax",
)


class Stage:
    """Solids close together. `tint` counts the sizes of maps that the trunk goes through."""

    __slots__ = ("name", "solids", "tint")

    def __init__(self, solids: list[Solid]) -> None:
        self.solids = solids
        self.name = ""
        self.tint = 0

    @property
    def kind(self) -> str:
        return self.solids[0].kind

    @property
    def main(self) -> list[Solid]:
        """The solids that it is named after: all but poolings, unless there is nothing else."""
        found = [solid for solid in self.solids if solid.kind != "pool"]
        return found or self.solids

    @property
    def leaning(self) -> list[Solid]:
        """The poolings that lean on its last map."""
        return self.solids[len(self.main) :] if self.main[0].kind != "pool" else []


def stages(solids: Sequence[Solid], grain: int) -> list[Stage] | None:
    """The stages of a trunk; None if the grain is too fine for so many layers."""
    owners = _owners(solids)
    weighted = [s for s in solids if s.layer is not None and s.layer.family == "convolution"]
    few = len(weighted) <= FEW
    read = {id(solids[number]) for solid in solids for number in solid.reads}
    found: list[Stage] = []
    for solid in solids:
        before = found[-1] if found else None
        if before is not None and _joins(before, solid, owners, grain, few, read):
            before.solids.append(solid)
        else:
            found.append(Stage([solid]))
    if grain == ALL and len(found) > MOST_APART:
        return None
    _name(found, solids)
    return found


def _joins(
    stage: Stage,
    solid: Solid,
    owners: dict[int, Label],
    grain: int,
    few: bool,
    read: set[int],
) -> bool:
    """Whether a solid belongs to the stage before it; `read` are those that others read further on."""
    last = stage.solids[-1]
    if solid.kind in ALONE or stage.kind == "input":
        return False
    if solid.kind == "pool":
        return grain != ALL or not solid.labels or solid.labels[-1][-1:] != _own(solid)
    if stage.kind in ALONE:
        return False
    owner, other = owners.get(id(solid)), owners.get(id(last))
    if owner is not None and owner == other:
        return True
    if last.kind == "pool" or last.sides != solid.sides:
        return False
    if grain == MAPS:
        return not solid.reads and id(last) not in read
    if owner is not None or other is not None:
        return owner is not None and other is not None and _stem(owner) == _stem(other) != ""
    if (last.kind == "stack") != (solid.kind == "stack"):
        return False
    return not (few and solid.kind != "stack")


def _stem(label: Label) -> str:
    """`conv1` of conv1_2, which papers number by stage and layer; "" of other labels."""
    stem = re.match(r"(.+?)[_.\-]\d+$", label[-1])
    return stem[1] if stem else ""


def _own(solid: Solid) -> Label:
    """The last part of a solid's name."""
    return (solid.name.rpartition(".")[2].partition("#")[0],)


def _owners(solids: Sequence[Solid]) -> dict[int, Label]:
    """The outermost label, by solid, that holds a stage: at most one change of size, poolings only at its end,
    nothing that stands alone."""
    members: dict[Label, list[Solid]] = {}
    for solid in solids:
        for label in solid.labels:
            members.setdefault(label, []).append(solid)
    good = {label for label, inside in members.items() if _is_stage(inside)}
    found: dict[int, Label] = {}
    for solid in solids:
        label = next((label for label in solid.labels if label in good), None)
        if label is not None and (solid.kind != "pool" or len(members[label]) > 1):
            found[id(solid)] = label
    return found


def _is_stage(solids: list[Solid]) -> bool:
    kinds = [solid.kind for solid in solids]
    if any(kind in ALONE for kind in kinds) and len(solids) > 1:
        return False
    while kinds and kinds[-1] == "pool":
        kinds.pop()
    if "pool" in kinds:
        return False
    sides = [solid.sides for solid in solids[: len(kinds)]]
    return sum(a != b for a, b in pairwise(sides)) <= 1


# ------------------------------------------------------------------------------------------- names
def _name(found: list[Stage], solids: Sequence[Solid]) -> None:
    """Give every stage its name: the author's, else a number like the papers'."""
    count, tint = 0, -1
    sides: tuple[int, int] | None = None
    uses = Counter(label for solid in solids for label in solid.labels)
    for stage in found:
        first = stage.main[0]
        weighted = first.kind == "stack" or (
            first.layer is not None and first.layer.family in ("convolution", "linear")
        )
        if weighted:
            count += 1
            tint += stage.main[-1].sides != sides
            sides = stage.main[-1].sides
        stage.tint = max(tint, 0)
        stage.name = clean(_label(stage, uses) or _numbered(first, count), LONGEST_NAME)


def _numbered(first: Solid, count: int) -> str:
    if first.kind == "input":
        return first.name
    if first.kind == "linear":
        return f"fc{count}"
    if first.kind == "stack":
        return first.title if first.title in MERGES else f"stage{count}"
    if first.layer is not None and first.layer.family == "convolution":
        return f"conv{count}" if first.kind != "up" else f"up{count}"
    return first.kind


def _label(stage: Stage, uses: Counter[Label]) -> str:
    """The outermost label that all of a stage has and nothing else, else what its labels have in common."""
    main = stage.main
    inside = Counter(label for solid in stage.solids for label in solid.labels)
    own = [[x for x in solid.labels if inside[x] == uses[x]] for solid in main]
    for label in own[0]:
        if all(label in labels for labels in own):
            return label[-1]
    return _common([labels[0][-1] if labels else "" for labels in own])


def _common(names: Sequence[str]) -> str:
    """`conv1` of conv1_1 and conv1_2; `conv3-5` of conv3, conv4 and conv5; "" of others."""
    if not all(names):
        return ""
    start = os.path.commonprefix(list(names))
    stem = re.sub(r"[_.\-]+$", "", start)
    if stem != start and stem:
        return stem
    ends = [name[len(start) :] for name in names]
    short = all(1 <= len(end) <= 2 and (end.isdigit() or len(end) == 1) for end in ends)
    if len(start) > 1 and short and not (start[-1].isdigit() and ends[0].isdigit()):
        return f"{start}{ends[0]}\N{EN DASH}{ends[-1]}"
    return f"{names[0]}\N{EN DASH}{names[-1]}" if len({*names}) > 1 else names[0]
