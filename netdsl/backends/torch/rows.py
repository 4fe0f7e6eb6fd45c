"""Which instances one piece of emitted code serves, and that it cannot serve them all.

A class is emitted once for all uses of a block. Its rows are those uses; inside a loop that stays a
loop, the iterations of all of them. What cannot be said for all rows at once raises `Differ`, and who
called decides whether to unroll a loop or to emit two classes.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from netdsl.elaborate.values import freeze
from netdsl.frames import Frame


class Rows:
    """Instances that one piece of emitted code serves: their frames, and which row of the enclosing
    rows each belongs to. `same` rows are the enclosing ones, seen from frames further in."""

    def __init__(
        self,
        frames: Sequence[Frame],
        parent: Rows | None = None,
        owners: Sequence[int] = (),
        same: bool = False,
    ) -> None:
        self.frames = list(frames)
        self.parent = parent
        self.owners = list(owners)
        self.base: Rows = parent.base if same and parent is not None else self

    def __len__(self) -> int:
        return len(self.frames)

    def inside(self, frames: Sequence[Frame], owners: Sequence[int]) -> Rows:
        """Rounds of a loop, or the rows of one arm of a condition."""
        return Rows(frames, self, owners)

    def reframed(self, frames: Sequence[Frame]) -> Rows:
        """The same rows, seen from frames further in (an inlined block, a loop's round)."""
        return Rows(frames, self, range(len(frames)), True)

    def lift(self, entries: Sequence[Any], of: Rows) -> list[Any]:
        """Entries of enclosing rows `of`, one for each of these rows."""
        chain: list[Rows] = []
        at: Rows | None = self
        while at is not None and at.base is not of.base:
            chain.append(at.base)
            at = at.base.parent
        if at is None:
            raise KeyError("rows do not enclose each other")
        indices = list(range(len(of)))
        for rows in reversed(chain):
            indices = [indices[o] for o in rows.owners]
        return [entries[i] for i in indices]

    def uniform(self, values: Sequence[Any], why: str) -> Any:
        """The one value of all rows, or `Differ`."""
        keys = [freeze(v) for v in values]
        if any(k != keys[0] for k in keys):
            raise Differ(self, keys, why)
        return values[0]

    def encloses(self, other: Rows) -> bool:
        at: Rows | None = other
        while at is not None:
            if at.base is self.base:
                return True
            at = at.base.parent
        return False


class Differ(Exception):
    """The rows cannot be served by one piece of code; rows with equal keys can."""

    def __init__(self, rows: Rows, keys: Sequence[Hashable], why: str) -> None:
        super().__init__(why)
        self.rows = rows
        self.keys = list(keys)
        self.why = why

    @property
    def parent_base(self) -> Rows | None:
        """The rows around, as `Rows.base`."""
        parent = self.rows.base.parent
        return parent.base if parent is not None else None

    def outward(self) -> Differ | None:
        """The same for the enclosing rows; None if rows of one of them differ among themselves."""
        rows = self.rows.base
        parent = rows.parent
        assert parent is not None
        found: dict[int, Hashable] = {}
        for owner, key in zip(rows.owners, self.keys):
            if found.setdefault(owner, key) != key:
                return None
        keys = [found.get(i) for i in range(len(parent))]
        if len(set(keys)) < 2:
            return None
        return Differ(parent, keys, self.why)
