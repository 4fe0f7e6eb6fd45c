"""Sizes of a layout, in points, and how dense it is."""

from __future__ import annotations

from netdsl.record import Record


class Style(Record):
    """`words` is the length of labels: long, short, brief, cell. `right` says that the flow leads to the right."""

    words: str = "long"
    size: float = 7.2  # of letters
    height: float = 12.5  # of a box with one line
    line: float = 8.4  # what another line adds
    gap: float = 6.5  # between boxes along a chain
    beside: float = 4.0  # between branches
    narrowest: float = 30.0
    slack: float = 1.12  # widths of boxes over those of their texts
    padding: float = 5.0
    panel: float = 3.2  # around what a panel holds
    lane: float = 7.5  # from what stands beside it to a shortcut
    classes: float = 1.3  # boxes whose widths differ by no more are made equal
    right: bool = False
    sizes: str = "auto"


LONG = Style()
SHORT = Style(words="short", beside=3.0, slack=1.05, padding=4.0)
TIGHT = Style(words="short", size=7.0, beside=2.4, slack=1.02, padding=3.6, panel=2.4, classes=1.12)
CELL = Style(
    words="cell", size=7.5, height=14.0, line=8.8, gap=9.0, beside=5.0, slack=1.2, padding=8.0
)
BRIEF = TIGHT.but(words="brief", gap=5.5)  # blocks in one line: a last resort
DENSITIES = (LONG, SHORT, TIGHT, BRIEF)  # from the most generous on

STRIP = 9.0  # of a panel's title
TURN_ROOM = 8.0  # above and below columns
GUTTER = 16.0  # between columns
"""One row of lanes is as wide as this."""
PITCH = 5.0
"""Where a line leaves that goes past the next box, below what it comes from."""
TAP = 2.2
