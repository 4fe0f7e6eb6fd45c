"""The legend: only kinds and signs that occur, in a fixed order, in the fewest rows and then balanced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Scene

SIZE, ROW, SAMPLE, GAP = pen.SMALL, 11.2, 15.0, 9.0


class Entry(NamedTuple):
    """`kind` is a kind of box, or `@sum`, `@concat`, `@shortcut`, `@changes`, `@training`, `@panel`,
    `@accent`, `@repeat`; `@to.conv` is an arrow in the colour of convolutions, `@step.conv` one to the
    slab that a convolution makes, `@copy` one to a slab that is copied,
    `@copy.conv1` one to a slab that a 1x1 convolution makes of what is copied."""

    kind: str
    text: str


def _width(entry: Entry) -> float:
    return SAMPLE + text_width(entry.text, SIZE)


def rows(entries: Sequence[Entry], width: float) -> list[list[Entry]]:
    """The fewest rows, and among those the most even ones."""

    def packed(most: float) -> list[list[Entry]]:
        out: list[list[Entry]] = []
        at = 0.0
        for entry in entries:
            wide = _width(entry)
            if not out or at + wide > most:
                out.append([])
                at = 0.0
            out[-1].append(entry)
            at += wide + GAP
        return out

    best = packed(width)
    least = max((_width(entry) for entry in entries), default=0.0)
    most = width
    while most - 4 >= least and len(packed(most - 4)) == len(best):
        most -= 4
    return packed(most)


def height(entries: Sequence[Entry], notes: Sequence[str], width: float) -> float:
    """How much room a legend takes, with its notes below."""
    return ROW * (len(rows(entries, width)) if entries else 0) + ROW * len(folded(notes, width))


def folded(notes: Sequence[str], width: float) -> list[str]:
    """Sentences in lines: as many to a line as fit, broken at words where one is too long."""
    lines: list[str] = []
    for note in notes:
        joined = f"{lines[-1]}; {note}" if lines else note
        if lines and text_width(joined, SIZE) <= width:
            lines[-1] = joined
            continue
        line = ""
        for word in note.split():
            longer = f"{line} {word}" if line else word
            if line and text_width(longer, SIZE) > width:
                lines.append(line)
                longer = word
            line = longer
        if line:
            lines.append(line)
    return lines


def legend(
    scene: Scene,
    left: float,
    top: float,
    width: float,
    entries: Sequence[Entry],
    notes: Sequence[str] = (),
) -> float:
    """Draw a legend, centred in a width; the result is its bottom."""
    y = top + ROW / 2
    for row in rows(entries, width) if entries else ():
        total = sum(map(_width, row)) + GAP * (len(row) - 1)
        x = left + (width - total) / 2
        for entry in row:
            sample(scene, x, y, entry.kind)
            wide = text_width(entry.text, SIZE)
            scene.text(x + SAMPLE, y, entry.text, SIZE, "start", room=wide)
            x += _width(entry) + GAP
        y += ROW
    for note in folded(notes, width):
        scene.text(left + width / 2, y, note, SIZE, fill="muted")
        y += ROW
    return y - ROW / 2


def sample(scene: Scene, x: float, y: float, kind: str) -> None:
    """What an entry is about, twelve points wide from `x` on."""
    if not kind.startswith("@"):
        wide, high = (10.2, 6.6) if kind == "stack" else (12.0, 8.0)
        pen.box(scene, x + 6, y + (0.7 if kind == "stack" else 0), wide, high, kind)
    elif kind == "@concat":
        pen.bar(scene, x, x + 12, y)
    elif kind == "@changes":
        pen.arrow(scene, [(x - 1, y), (x + 12, y)], dash=pen.CHANGES, line=pen.SHORTCUT)
    elif kind == "@training":
        pen.arrow(scene, [(x - 1, y), (x + 12, y)], dash=pen.TRAINING)
    elif kind == "@shortcut":
        pen.arrow(scene, [(x - 1, y), (x + 12, y)], line=pen.SHORTCUT)
    elif kind == "@accent":
        pen.arrow(scene, [(x - 1, y), (x + 12, y)], stroke="accent", line=pen.SHORTCUT)
    elif kind.startswith("@step."):
        made = kind.removeprefix("@step.")
        pen.arrow(scene, [(x - 1, y), (x + 7.6, y)], stroke=f"{made}.s", length=pen.TIGHT_HEAD)
        pen.slab(scene, x + 8.4, y - 4, 3.6, 8, made)
    elif kind.startswith("@to."):
        pen.arrow(
            scene, [(x - 1, y), (x + 12, y)], stroke=f"{kind.removeprefix('@to.')}.s", line=1.0
        )
    elif kind == "@copy" or kind.startswith("@copy."):
        pen.arrow(scene, [(x - 1, y), (x + 7.8, y)], stroke="muted", line=1.8, length=4.6)
        pen.slab(scene, x + 8.4, y - 4, 3.6, 8, kind.removeprefix("@copy").strip(".") or "shape")
    elif kind == "@panel":
        scene.rect(x, y - 4, 12, 8, "panel", "line", pen.HAIR, 1.5)
    elif kind == "@repeat":
        pen.bracket(scene, x + 7, y - 4, y + 4)
    else:
        pen.sign(scene, x + 6, y, kind[1:], 3.4)
