"""Detection heads: at the end of the row if they read the last map only, else below it, with a line from each map
in a figure of one row, or the maps' names."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.kinds.volume.hanging import Place, note, route, token
from netdsl.backends.diagram.kinds.volume.solids import Prism
from netdsl.backends.diagram.kinds.volume.trunk import Hanging, Trunk
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Point, Scene
from netdsl.backends.diagram.steps import summary
from netdsl.backends.diagram.text import plural

END = 15.0  # from the last solid to a head that ends the row
DROP = 24.0  # from the solids to a head below them
APART = 12.0  # between heads above each other
LINE = 8.5
ASIDE = 14.0  # how far a head reaches beside the outermost lines


def heads_of(way: Trunk) -> list[Hanging]:
    return [hanging for hanging in way.hanging if not hanging.training]


def ends(way: Trunk) -> bool:
    """Whether the heads end the row: they read nothing but the last solid and each other."""
    found = heads_of(way)
    last = len(way.solids) - 1
    return bool(found) and {i for head in found for i in _maps(head)} == {last}


def _maps(head: Hanging) -> list[int]:
    """The solids that a head reads; of the image it takes the size, if it reads others."""
    return sorted({i for i in head.reads if i > 0} or set(head.reads))


# ------------------------------------------------------------------------------- at the row's end
def end_width(way: Trunk) -> float:
    """How much room heads take at the end of a row."""
    return END + max(_wide(_short(head)) for head in heads_of(way)) if ends(way) else 0.0


def _short(head: Hanging) -> tuple[str, ...]:
    """What a head is, in short lines."""
    total = sum(head.boxes.values())
    said = [summary(head.steps)] if head.steps else []
    return (head.title, *said, *([_boxes(total)] if total else []))


def _boxes(count: int) -> str:
    """`8732 boxes`; from five digits on with a comma."""
    text = plural(count, "box", "boxes")
    return text if count > 9999 else text.replace(",", "")


def _wide(lines: Sequence[str]) -> float:
    return max(text_width(text, pen.TEXT, i == 0) for i, text in enumerate(lines)) + 9


def end_height(way: Trunk) -> float:
    """How far they reach above and below the axis."""
    heights = [6 + LINE * len(_short(head)) for head in heads_of(way)]
    return (sum(heights) + APART * (len(heights) - 1)) / 2 if ends(way) else 0.0


def at_end(scene: Scene, way: Trunk, last: Place, axis: float) -> None:
    """The heads at the end of the row, one below the other around its axis."""
    found = heads_of(way)
    heights = [6 + LINE * len(_short(head)) for head in found]
    column = last.column
    left = max(column.x + column.width, column.middle + column.over / 2) + END
    top = axis - (sum(heights) + APART * (len(found) - 1)) / 2
    drawn: dict[int, tuple[Hanging, Point]] = {}
    for head, high in zip(found, heights):
        lines = _short(head)
        wide, y = _wide(lines), top + high / 2
        _box(scene, head, (left, top, wide, high), lines)
        x0, turn = last.shape.exit[0], left - END / 2 - 1
        points = [(x0, axis), (turn, axis), (turn, y), (left, y)]
        if _maps(head):
            _line(scene, last.solid.name, head.name, points, "flow")
        for other in head.others:
            if other in drawn:
                before, (x, bottom) = drawn[other]
                _line(scene, before.name, head.name, [(x, bottom), (x, top)], "flow")
        drawn[way.hanging.index(head)] = head, (left + wide / 2, top + high)
        top += high + APART


# ---------------------------------------------------------------------------------- below the row
def below(
    scene: Scene, way: Trunk, at: Sequence[Place], axes: Sequence[float], top: float, width: float
) -> float:
    """Draw the heads below `top`; the result is the bottom of the last. Lines lead to the first one only: to
    others they would cross it."""
    left, _, right, _ = scene.bounds()
    lowest = top
    drawn: dict[int, tuple[Hanging, float]] = {}
    for number, head in enumerate(way.hanging):
        if head.training:
            continue
        read = [at[i] for i in _maps(head)]
        joined = len(axes) == 1 and not drawn
        others = [drawn[other] for other in head.others if other in drawn]
        lines = _lines(head, width)
        if others and read:
            lines = (*lines, _names("also reads", read, width))
        feet = [_foot(place.shape) for place in read] if joined else []
        across = max(feet)[0] - min(feet)[0] + 2 * ASIDE if feet else 0.0
        wide = max(_wide(lines), min(across, right - left))
        middle = (max(feet)[0] + min(feet)[0]) / 2 if feet else (left + right) / 2
        start = max(left, min(middle - wide / 2, max(right, left + wide) - wide))
        if joined:  # as high as the solids above it allow
            shapes = [place.shape for place in at]
            near = [s.bottom for s in shapes if s.far_right > start and s.left < start + wide]
            top = axes[0] + max(near) + DROP
        elif read and not others:
            top = _named(scene, head, read, (start + wide / 2, top), width)
        box = (start, top, wide, 6 + LINE * len(lines))
        _box(scene, head, box, lines)
        for place, foot in zip(read, feet):
            points = [(foot[0], axes[0] + foot[1]), (foot[0], top)]
            _line(scene, place.solid.name, head.name, points, "tap")
        counts = [str(head.boxes.get(i, "")) for i in _maps(head)]
        if len(feet) > 1 and _apart(feet, counts, right):
            for foot, text in zip(feet, counts):
                scene.text(foot[0] + 2.6, top - 8.5, text, pen.SMALL, "start", fill="muted")
        for before, bottom in others:
            x = (left + right) / 2
            _line(scene, before.name, head.name, [(x, bottom), (x, top)], "flow")
        top += box[3]
        drawn[number] = head, top
        lowest = max(lowest, top)
        top += APART
    return lowest


def _apart(feet: Sequence[Point], texts: Sequence[str], right: float) -> bool:
    """Whether there is room for texts to the right of lines."""
    limits = [*[x for x, _ in feet[1:]], right + 1.5]
    return all(
        x + 2.6 + text_width(text, pen.SMALL) + 1.5 <= limit
        for (x, _), text, limit in zip(feet, texts, limits)
    )


def _named(scene: Scene, head: Hanging, read: Sequence[Place], place: Point, width: float) -> float:
    """The names of the maps that a head reads, above it; the result is the head's top."""
    text = _names("from", read, width)
    x, y = place
    name = token(scene, f"{head.name} from", text, x, y + 5)
    _line(scene, name, head.name, [(x, y + 9.5), (x, y + 18)], "tap")
    return y + 18


def _names(word: str, read: Sequence[Place], width: float) -> str:
    """`from conv4, fc7`: as many names as there is room for."""
    names = list(dict.fromkeys(place.column.stage.name for place in read))
    text = f"{word} {', '.join(names)}"
    while text_width(text, pen.TEXT) > width - 16 and " " in text:
        text = text[: text.rindex(" ")].rstrip(",") + "\N{HORIZONTAL ELLIPSIS}"
    return text


def _lines(head: Hanging, width: float) -> tuple[str, ...]:
    """What a head is: its layers, and its boxes map by map if there is room."""
    lines = [f"{head.title}: {summary(head.steps)}" if head.steps else head.title]
    if head.boxes:
        counts = [head.boxes[i] for i in sorted(head.boxes)]
        total = _boxes(sum(counts))
        added = f"{' + '.join(map(str, counts))} = {total}"
        fits = len(counts) > 1 and text_width(added, pen.TEXT) < width - 16
        lines.append(added if fits else total)
    return tuple(lines)


def _foot(shape: Prism) -> Point:
    """The middle of a front's lower edge."""
    return (shape.left + shape.right) / 2, shape.bottom


def _box(
    scene: Scene, head: Hanging, box: tuple[float, float, float, float], lines: tuple[str, ...]
) -> None:
    left, top, wide, high = box
    x, y = left + wide / 2, top + high / 2
    pen.box(scene, x, y, wide, high, "softmax", lines, pen.TEXT, bold=(0,))
    note(scene, head, "softmax", box, lines)


def _line(scene: Scene, tail: str, head: str, points: Sequence[Point], role: str) -> None:
    pen.arrow(scene, points)
    route(scene, tail, head, points, role)
