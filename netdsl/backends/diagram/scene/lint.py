"""The acceptance test of a figure: on the scene, which knows what every line is for, and not on pixels.

| rule                                                        | where         |
|-------------------------------------------------------------|---------------|
| texts: size, contrast, in their boxes, nothing across them  | lint_texts.py |
| boxes and panels: apart or in one another; names; the crop  | lint_boxes.py |
| lines: from box to box, through no other                    | lint_lines.py |
| lines: two on one place                                     | lint_pairs.py |
| the trunk is straight                                       | straight.py   |

Tolerances stand where they are used, each with its reason. Everything is looked up by place (`grid`), so that a
figure of thousands of boxes takes a second.
"""

from __future__ import annotations

from netdsl.backends.diagram.scene.fallback import fallback_width
from netdsl.backends.diagram.scene.faults import Fault
from netdsl.backends.diagram.scene.grid import Grid
from netdsl.backends.diagram.scene.ink import Ink, Letters
from netdsl.backends.diagram.scene.lint_boxes import (
    Panels,
    box_faults,
    coordinate_faults,
    crop_faults,
    name_faults,
)
from netdsl.backends.diagram.scene.lint_lines import line_faults
from netdsl.backends.diagram.scene.lint_texts import label_of, lowest_contrast, text_faults
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.scene.straight import Straightness, straightness
from netdsl.backends.diagram.scene.themes import Theme
from netdsl.record import Record

INCH = 72.0


class Report(Record):
    """What a figure measures. `width` and `height` are in inches, `smallest` is the size of its smallest
    letters in points, `contrast` the lowest ratio of a text, and `wide` counts labels that would not fit
    their boxes in DejaVu Sans."""

    width: float
    height: float
    smallest: float
    texts: int
    boxes: int
    contrast: float
    wide: int
    trunk: Straightness
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        count = len(self.faults)
        said = [
            f"{self.width:.2f} x {self.height:.2f} in",
            f"smallest label {self.smallest:.1f} pt",
            f"{self.boxes} boxes, {self.texts} texts",
            f"contrast {self.contrast:.1f}",
            f"{self.wide} too wide in DejaVu Sans",
            f"{self.trunk.bends} bends",
            f"{count} {'fault' if count == 1 else 'faults'}",
        ]
        return "\n".join([", ".join(said), *map(str, self.faults)])


def lint(scene: Scene, theme: Theme) -> list[Fault]:
    """Everything that is wrong with a figure; nothing, if it can be printed."""
    broken = list(coordinate_faults(scene))
    return broken or _faults(scene, Ink(scene, theme))


def report(scene: Scene, theme: Theme) -> Report:
    """What a figure measures, and its faults."""
    broken = list(coordinate_faults(scene))
    if broken:
        trunk = Straightness((), 0, 0.0)
        boxes, size = len(scene.nodes), scene.smallest
        return Report(0.0, 0.0, size, 0, boxes, 1.0, 0, trunk, tuple(broken))
    ink = Ink(scene, theme)
    return Report(
        width=scene.width / INCH,
        height=scene.height / INCH,
        smallest=scene.smallest,
        texts=len(ink.texts),
        boxes=len(scene.nodes),
        contrast=lowest_contrast(ink),
        wide=_wide(scene, ink),
        trunk=straightness(scene),
        faults=tuple(_faults(scene, ink)),
    )


def _faults(scene: Scene, ink: Ink) -> list[Fault]:
    panels = Panels(scene)
    return [
        *name_faults(scene),
        *box_faults(scene, panels),
        *line_faults(scene, ink, panels),
        *text_faults(scene, ink),
        *crop_faults(scene, ink),
    ]


def _wide(scene: Scene, ink: Ink) -> int:
    """How many labels reach the border of their box where the fallback font is used."""
    places: Grid[Letters] = Grid()
    for letters in ink.texts:
        places.add(letters.box, letters)
    count = 0
    for node in scene.nodes:
        for line in filter(None, node.lines):
            letters = label_of(node, line, places)
            if letters is not None:
                item = letters.item
                room = node.height if item.turned else node.width
                count += fallback_width(line, item.size, item.bold) > room - 0.5
    return count
