"""Which tensors of an old `state_dict` are which of a new one, where names changed.

A *unit* is what one module holds: a weight and its bias, the four tensors of a batch norm. Units with the
same tensors in the same order can be one and the same. Where a rename would be a guess none is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netdsl.comparing.matching import certain
from netdsl.weights import Shapes, parts_of


class Unit(NamedTuple):
    """A module's own tensors: their last names, with their shapes."""

    path: str
    tensors: tuple[tuple[str, tuple[int, ...]], ...]

    def named(self, leaf: str) -> str:
        return f"{self.path}.{leaf}" if self.path else leaf


def units(shapes: Shapes) -> list[Unit]:
    """The units of a `state_dict`, in its order."""
    found: list[tuple[str, list[tuple[str, tuple[int, ...]]]]] = []
    for name, shape in shapes.items():
        path, _, leaf = name.rpartition(".")
        if not found or found[-1][0] != path:
            found.append((path, []))
        found[-1][1].append((leaf, shape))
    return [Unit(path, tuple(tensors)) for path, tensors in found]


def renames(old: Shapes, new: Shapes) -> dict[str, str]:
    """New names of tensors -> their old ones. What loads by its name keeps it, unless the order tells
    more: where steps of a numbered scope moved up, `features.3` is no other form of itself."""
    by_name = _by_name(old, new)
    if not any(part.isdigit() for name in {*old} ^ {*new} for part in name.split(".")):
        return by_name
    by_order = _by_order(old, new)
    return by_order if _left(old, new, by_order) < _left(old, new, by_name) else by_name


def _left(old: Shapes, new: Shapes, found: Mapping[str, str]) -> int:
    """How many tensors are not explained."""
    return len(old) + len(new) - 2 * len(found)


def _by_order(old: Shapes, new: Shapes) -> dict[str, str]:
    before, after = units(old), units(new)
    keys = [[(_form(unit.path), unit.tensors) for unit in side] for side in (before, after)]
    pairs = certain(*keys)
    return _tensors([(before[i], after[j]) for i, j in pairs])


def _form(path: str) -> str:
    """A path without the numbers of steps, which follow from how many there are."""
    return ".".join("" if part.isdigit() else part for part in path.split("."))


def _by_name(old: Shapes, new: Shapes) -> dict[str, str]:
    """Tensors of equal names and shapes, and renamed units between those with equal names."""
    found = {name: name for name, shape in new.items() if old.get(name) == shape}
    sides: list[list[tuple[str, Unit]]] = []
    for shapes, other in ((old, new), (new, old)):
        last, side = "", []
        for unit in units(shapes):
            if any(unit.named(leaf) in other for leaf, _ in unit.tensors):
                last = unit.path
            else:
                side.append((last, unit))
        sides.append(side)
    keys = [[(last, unit.tensors) for last, unit in side] for side in sides]
    pairs = [(sides[0][i][1], sides[1][j][1]) for i, j in certain(*keys)]
    return found | _tensors(pairs)


def _tensors(pairs: list[tuple[Unit, Unit]]) -> dict[str, str]:
    return {
        after.named(leaf): before.named(leaf)
        for before, after in pairs
        for leaf, _ in after.tensors
    }


def renamed_parts(found: Mapping[str, str], new: Shapes) -> dict[str, str]:
    """The largest parts of the new net that have one other name in the old: the lines of `keys`."""
    every = parts_of(found, list(new))
    return {ours: theirs for ours, theirs in every.items() if ours != theirs}
