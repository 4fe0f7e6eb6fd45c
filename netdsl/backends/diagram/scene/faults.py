"""What can be wrong with a figure, as values. `lint` finds them."""

from __future__ import annotations

from typing import NamedTuple

from netdsl.backends.diagram.scene.geometry import Box

TEXT_TEXT = "text over text"
LINE_TEXT = "line over text"
HIDDEN = "text hidden"  # by a fill that is painted later
OUTSIDE_BOX = "text outside its box"
UNWRITTEN = "text not in its box"
SMALL = "text too small"
CONTRAST = "contrast"
BOX_BOX = "boxes overlap"
BOX_PANEL = "box across a panel"  # a box that sticks out of its panel, or into another one
PANEL_PANEL = "panels overlap"
LINE_BOX = "line through a box"
LINE_PANEL = "line through a panel"
LINE_LINE = "lines on each other"
LOOSE = "loose end"  # a line that does not reach its box
NAME = "name"  # twice the same, or of nothing
CROPPED = "outside the figure"
COORDINATE = "coordinate"  # not a number

KINDS = (
    *(TEXT_TEXT, LINE_TEXT, HIDDEN, OUTSIDE_BOX, UNWRITTEN, SMALL, CONTRAST),
    *(BOX_BOX, BOX_PANEL, PANEL_PANEL, LINE_BOX, LINE_PANEL, LINE_LINE, LOOSE),
    *(NAME, CROPPED, COORDINATE),
)


class Fault(NamedTuple):
    """One thing that is wrong: of which of `KINDS`, with what, and where, in points."""

    kind: str
    what: str
    where: Box

    def __str__(self) -> str:
        left, top, right, bottom = self.where
        return f"{self.kind}: {self.what} ({left:.1f}, {top:.1f} to {right:.1f}, {bottom:.1f})"


def quoted(text: str) -> str:
    """A text of a figure in a message: short, and with nothing in it that moves a cursor."""
    shown = text if len(text) <= 40 else text[:37] + "..."
    return "`" + "".join(c if c.isprintable() else "?" for c in shown) + "`"
