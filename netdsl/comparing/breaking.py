"""Whether checkpoints of an old network load into a new one, as `load_state_dict(strict=True)` decides.

They do if both have the same names with the same shapes, whatever their order. Renamed tensors are told
from lost ones (`netdsl.comparing.renames`), with the lines of `keys` that would mend them: a class with
`keys` has `load_published`, which takes a checkpoint with the other names. What loads but computes
something else, another stride or activation, is a warning.
"""

from __future__ import annotations

from typing import NamedTuple

from netdsl.comparing.differences import Change, differences
from netdsl.comparing.renames import renamed_parts, renames
from netdsl.design import Design
from netdsl.record import Record
from netdsl.totals import extern_names
from netdsl.weights import Shapes, path_of, tensor_shapes


class Tensor(NamedTuple):
    """A name of a `state_dict` and its shape."""

    name: str
    shape: tuple[int, ...]


class Changed(NamedTuple):
    """A tensor that is there in both, with another shape."""

    name: str
    old: tuple[int, ...]
    new: tuple[int, ...]


class Breaking(Record):
    """What keeps checkpoints of `old` from loading into `new`.

    `missing` are tensors that the new network wants and old checkpoints lack, `unexpected` those that it
    does not know, `changed` those of another shape. `renamed` are in neither: parts of the new network ->
    the old name, which as lines of `keys` mend them; `tensors` is how many tensors that are.
    `unknown` are layers from elsewhere, of whose tensors nothing is known; `warnings` what differs though
    its tensors load.
    """

    old: str
    new: str
    missing: tuple[Tensor, ...]
    unexpected: tuple[Tensor, ...]
    changed: tuple[Changed, ...]
    renamed: dict[str, str]
    tensors: int
    shared: int
    unknown: tuple[str, ...]
    warnings: tuple[Change, ...]

    @property
    def loads(self) -> bool:
        """Whether old checkpoints load as they are."""
        return not (self.missing or self.unexpected or self.changed or self.renamed)

    @property
    def mended(self) -> bool:
        """Whether all that keeps them from loading are other names."""
        return bool(self.renamed) and not (self.missing or self.unexpected or self.changed)

    def __bool__(self) -> bool:
        """Whether the change breaks."""
        return not self.loads


def breaking(old: Design, new: Design) -> Breaking:
    """What changes for those who have checkpoints of `old`."""
    before, after = tensor_shapes(old), tensor_shapes(new)
    if before == after:  # the usual case, whatever the order
        found, parts = {name: name for name in after}, {}
    else:
        found = renames(before, after)
        parts = renamed_parts(found, after)
    taken = set(found.values())
    changed = [
        Changed(name, before[name], shape)
        for name, shape in after.items()
        if name not in found and name in before and name not in taken
    ]
    said = {tensor.name for tensor in changed}
    return Breaking(
        old.name,
        new.name,
        _rest(after, {*found, *said}),
        _rest(before, {*taken, *said}),
        tuple(changed),
        parts,
        sum(ours != theirs for ours, theirs in found.items()),
        sum(ours == theirs for ours, theirs in found.items()),
        tuple(dict.fromkeys([*extern_names(old.net), *extern_names(new.net)])),
        tuple(_silent(old, new, found, after)),
    )


def _rest(shapes: Shapes, known: set[str]) -> tuple[Tensor, ...]:
    return tuple(Tensor(name, shape) for name, shape in shapes.items() if name not in known)


def _silent(old: Design, new: Design, found: dict[str, str], after: Shapes) -> list[Change]:
    """Changes that no tensor tells."""
    parts = renamed_parts(found, after)
    back = {theirs: ours for ours, theirs in parts.items()}
    kept: list[Change] = []
    lossless = len(found) == len(tensor_shapes(old)) == len(after)
    for change in differences(old, new).changes:
        # What was removed and added with the tensors of each other is a change of something else.
        exchanged = lossless and change.kind in ("removed", "added")
        if (change.silent or exchanged) and not _only_moved_names(change, back):
            kept.append(change)
    return kept


def _only_moved_names(change: Change, back: dict[str, str]) -> bool:
    """Whether a change says no more than that a part has another name."""
    return change.kind == "renamed" or (
        change.kind == "moved" and path_of(change.places[0].old, back) is not None
    )
