"""What is tried until a figure fits: how fine its stages are, and how much is said of them."""

from __future__ import annotations

from netdsl.record import Record

ANY = 0  # rows


class Style(Record):
    """What is tried. `pyramids` says whether kernels are drawn, `most` how many equal solids of a stage are,
    `rows` how many rows there may be, `ANY` for as many as it takes. `towers` says whether two towers are drawn
    as such."""

    grain: int
    pyramids: bool
    short: bool
    rows: int
    most: int = 4
    towers: bool = False

    @property
    def longest(self) -> int:
        """How many solids of a stage are drawn at most."""
        return 4 * self.most

    @property
    def gap(self) -> float:
        return 17.0 if self.pyramids else 11.0

    @property
    def widest_gap(self) -> float:
        return 46.0 if self.pyramids else 26.0
