"""The vocabulary: boxes by kind, signs in circles, bars, arrows, panels, brackets. All of it is plain shapes of
the scene; what a thing means is noted beside it by whoever draws it (`Scene.nodes`, `routes`, `clusters`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

from netdsl.backends.diagram.scene.metrics import LEADING, text_width
from netdsl.backends.diagram.scene.scene import Hatch, Point, Scene
from netdsl.backends.diagram.scene.themes import KINDS

TEXT, SMALL, TITLE, TIMES = 7.2, 7.0, 7.5, 9.0  # sizes of letters, in points
EDGE, SHORTCUT, BRACKET, OUTLINE, HAIR = 0.7, 0.8, 0.9, 0.6, 0.4  # widths of lines
HEAD, TIGHT_HEAD = 4.0, 3.0  # lengths of arrowheads; their width is 0.84 of it
CHANGES, TRAINING, DROPPED = "2.4 1.6", "2.2 1.5", "1.6 1.4"  # dashes: each means one thing
CORNER, TURN = 3.0, 4.0  # radii of lines' corners; of turns from column to column
CIRCLE = 3.6  # radius of a sign's circle
BAR, LABELLED_BAR = 3.2, 9.5  # heights
PLATE = 1.8  # how far the second plate of a stack stands out
SIGNS = {"sum": "+", "product": "x", "difference": "-", "quotient": "/", "power": "^"}


@cache
def role(kind: str, part: str, stage: int | None = None) -> str:
    """`conv.f`, or `conv.f@2` of what belongs to a stage."""
    return f"{kind}.{part}" if stage is None else f"{kind}.{part}@{stage}"


# --------------------------------------------------------------------------------------------- boxes
def box(
    scene: Scene,
    x: float,
    y: float,
    width: float,
    height: float,
    kind: str,
    lines: Sequence[str] = (),
    size: float = TEXT,
    *,
    bold: Sequence[int] = (),
    stage: int | None = None,
    training: bool = False,
    thick: bool = False,
    grey: bool = False,
    sideways: bool = False,
) -> None:
    """A box of a kind (`themes.KINDS`) around `x`, `y` with its text. `bold` are numbers of lines;
    `training` boxes have a dashed outline, `thick` ones are those whose weights start from elsewhere, `grey`
    ones are frozen. `sideways` says that the flow leads to the right, which is where pooling narrows."""
    look = KINDS[kind]
    left, top, right, bottom = x - width / 2, y - height / 2, x + width / 2, y + height / 2
    fill, stroke = role(kind, "f", stage), role(kind, "s", stage)
    if grey:
        fill = "band"
    dash = TRAINING if training else DROPPED if look.shape == "dashed" else None
    line = 2 * OUTLINE if thick else OUTLINE
    cut = min(3.2, height * 0.3)
    if look.shape == "stack":
        scene.rect(left + PLATE, top - PLATE, width, height, fill, stroke, 0.5, 1.2)
        scene.rect(left, top, width, height, fill, stroke, line, 1.2, dash)
    elif look.shape == "narrow":
        points = [(left, top), (right, top), (right, bottom - cut), (right - cut, bottom)]
        points += [(left + cut, bottom), (left, bottom - cut)]
        if sideways:
            points = [(left, top), (right - cut, top), (right, top + cut), (right, bottom - cut)]
            points += [(right - cut, bottom), (left, bottom)]
        scene.path(points, fill, stroke, line, dash)
    elif look.shape == "wide":
        points = [(left, top + cut), (left + cut, top), (right - cut, top), (right, top + cut)]
        points += [(right, bottom), (left, bottom)]
        if sideways:
            points = [(left + cut, top), (right, top), (right, bottom), (left + cut, bottom)]
            points += [(left, bottom - cut), (left, top + cut)]
        scene.path(points, fill, stroke, line, dash)
    else:
        radius = height / 2 if look.shape == "stadium" else 3.2 if look.shape == "round" else 1.0
        radius = min(radius, height / 2, width / 2)
        scene.rect(left, top, width, height, fill, stroke, line, radius, dash)
    if look.hatch:
        scene.items.append(_hatched(kind, (left, top, right, bottom), x, y, lines, size, bold))
    texts(scene, x, y, lines, size, bold=bold, room=width - 2)


def _hatched(
    kind: str,
    sides: tuple[float, float, float, float],
    x: float,
    y: float,
    lines: Sequence[str],
    size: float,
    bold: Sequence[int],
) -> Hatch:
    """The hatch inside a box, which leaves its texts alone."""
    left, top, right, bottom = sides
    labels = []
    for i, text in enumerate(lines):
        middle = y + (i - (len(lines) - 1) / 2) * size * LEADING
        half = text_width(text, size, i in bold) / 2 + 1.5
        label = (x - half, middle - size * 0.6, x + half, middle + size * 0.6)
        labels.append(tuple([round(v, 2) for v in label]))
    inner = (left + 0.6, top + 0.6, right - 0.6, bottom - 0.6)
    return Hatch(kind, *[round(v, 2) for v in inner], tuple(labels))  # type: ignore[arg-type]


def slab(
    scene: Scene,
    left: float,
    top: float,
    width: float,
    height: float,
    kind: str,
    *,
    stage: int | None = None,
) -> None:
    """A map seen from its side, as wide as it has channels and as high as it is; `kind` is that of the
    step that made it. Slabs of all kinds are rectangles: their outline is a size."""
    fill, stroke = role(kind, "f", stage), role(kind, "s", stage)
    radius = min(0.8, width / 4)
    scene.rect(left, top, width, height, fill, stroke, OUTLINE, radius)
    if KINDS[kind].hatch and width > 2 and height > 2:
        right, bottom = round(left + width - 0.5, 2), round(top + height - 0.5, 2)
        scene.items.append(Hatch(kind, round(left + 0.5, 2), round(top + 0.5, 2), right, bottom))


def texts(
    scene: Scene,
    x: float,
    y: float,
    lines: Sequence[str],
    size: float = TEXT,
    anchor: str = "middle",
    *,
    bold: Sequence[int] = (),
    fill: str = "text",
    room: float = 0.0,
) -> None:
    """Lines of text around `y`."""
    for i, text in enumerate(lines):
        middle = y + (i - (len(lines) - 1) / 2) * size * LEADING
        heavy = i in bold
        tight = room if room and text_width(text, size, heavy) > 0.9 * room else 0.0
        scene.text(x, middle, text, size, anchor, bold=heavy, fill=fill, room=tight)


def sign(scene: Scene, x: float, y: float, kind: str, radius: float = CIRCLE) -> None:
    """A circle with the sign of a sum, product, ... drawn in it."""
    scene.circle(x, y, radius)
    k = radius * 0.58
    strokes: list[list[Point]] = {
        "sum": [[(x - k, y), (x + k, y)], [(x, y - k), (x, y + k)]],
        "difference": [[(x - k, y), (x + k, y)]],
        "quotient": [[(x - k * 0.6, y + k), (x + k * 0.6, y - k)]],
        "power": [[(x - k * 0.7, y + k * 0.4), (x, y - k * 0.6), (x + k * 0.7, y + k * 0.4)]],
    }.get(
        kind,
        [
            [(x - k * 0.72, y - k * 0.72), (x + k * 0.72, y + k * 0.72)],
            [(x - k * 0.72, y + k * 0.72), (x + k * 0.72, y - k * 0.72)],
        ],
    )
    for points in strokes:
        scene.path(points, None, "ink", 0.8, closed=False)


def bar(
    scene: Scene,
    left: float,
    right: float,
    y: float,
    text: str = "",
    height: float | None = None,
    size: float = SMALL,
) -> None:
    """A concatenation around the height `y`: a dark bar, the result's shape in it."""
    tall = height or (LABELLED_BAR if text else BAR)
    scene.rect(left, y - tall / 2, right - left, tall, "bar", None, 0, min(1.2, tall / 2))
    if text:
        scene.text((left + right) / 2, y, text, size, bold=True, fill="bartext")


# --------------------------------------------------------------------------------------------- lines
def arrow(
    scene: Scene,
    points: Sequence[Point],
    *,
    head: bool = True,
    stroke: str = "edge",
    line: float = EDGE,
    dash: str | None = None,
    radius: float = CORNER,
    length: float = HEAD,
    under: bool = False,
) -> None:
    """A line from point to point with round corners, and a triangle at its end. Points that lie on each
    other count once."""
    kept = list(points[:1])
    for x, y in points[1:]:
        x0, y0 = kept[-1]
        if abs(x - x0) + abs(y - y0) > 0.05:
            kept.append((x, y))
    if len(kept) < 2:
        return
    if not head:
        scene.path(kept, None, stroke, line, dash, closed=False, radius=radius, under=under)
        return
    (x0, y0), (x1, y1) = kept[-2:]
    far = math.hypot(x1 - x0, y1 - y0)
    long = min(length, far)
    ux, uy = (x1 - x0) / far, (y1 - y0) / far
    stop = (x1 - ux * long * 0.8, y1 - uy * long * 0.8)
    scene.path(
        [*kept[:-1], stop], None, stroke, line, dash, closed=False, radius=radius, under=under
    )
    bx, by, half = x1 - ux * long, y1 - uy * long, long * 0.42
    tip = [(x1, y1), (bx - uy * half, by + ux * half), (bx + uy * half, by - ux * half)]
    scene.path(tip, stroke, None, 0, under=under)


def midway(scene: Scene, x: float, y: float, up: bool = True) -> None:
    """A triangle on a long vertical line that says where it leads."""
    k = -1 if up else 1
    points = [(x, y + 2.2 * k), (x - 1.9, y - 2.4 * k), (x + 1.9, y - 2.4 * k)]
    scene.path(points, "edge", None, 0)


def bracket(scene: Scene, x: float, top: float, bottom: float, text: str = "") -> None:
    """A bracket that opens to the left, and what it says, to its right."""
    points = [(x - 2.5, top), (x, top), (x, bottom), (x - 2.5, bottom)]
    scene.path(points, None, "ink", BRACKET, closed=False)
    scene.text(x + 2, (top + bottom) / 2, text, TIMES, "start", bold=True)


def panel(
    scene: Scene,
    left: float,
    top: float,
    width: float,
    height: float,
    title: str = "",
    note: str = "",
    *,
    training: bool = False,
) -> None:
    """A named group: a tinted rectangle below all others, its title on the left, a size on the right."""
    dash = TRAINING if training else None
    fill = None if training else "panel"
    scene.rect(left, top, width, height, fill, "line", HAIR, 2, dash, under=True)
    scene.text(left + 3.2, top + 6.2, title, TITLE, "start", bold=True)
    scene.text(left + width - 3.2, top + 6.2, note, SMALL, "end", fill="muted")
