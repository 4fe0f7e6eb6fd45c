"""A scene in a theme: the same shapes with colours instead of roles, and hatches as lines. What formats write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from netdsl.backends.diagram.scene.scene import Circle, Curve, Hatch, Path, Point, Rect, Scene, Text
from netdsl.backends.diagram.scene.themes import Theme

STEP = 3.2  # between lines of a hatch


class Strokes(NamedTuple):
    """Many short straight lines, painted as one."""

    lines: tuple[tuple[Point, Point], ...]
    stroke: str
    line: float


Painted: TypeAlias = Rect | Path | Curve | Circle | Text | Strokes


def painted(scene: Scene, theme: Theme) -> Iterator[Painted]:
    """What is painted, in order; every fill and stroke is a colour `#RRGGBB`, or None."""
    colours: dict[str | None, str | None] = _Colours(theme)
    for item in (*scene.under, *scene.items):
        if isinstance(item, Path):
            points, fill, stroke, line, dash, closed, radius = item
            yield Path(points, colours[fill], colours[stroke], line, dash, closed, radius)
        elif isinstance(item, Rect):
            x, y, width, height, fill, stroke, line, radius, dash = item
            fill, stroke = colours[fill], colours[stroke]
            yield Rect(x, y, width, height, fill, stroke, line, radius, dash)
        elif isinstance(item, Circle):
            yield item._replace(fill=colours[item.fill], stroke=colours[item.stroke])
        elif isinstance(item, Curve):
            dash = item.dash or theme.dash(item.stroke)
            yield item._replace(stroke=colours[item.stroke], dash=dash)
        elif isinstance(item, Text):
            x, y, text, size, anchor, bold, role, turned, room = item
            colour = colours[role] or ""
            yield Text(x, y, text, size, anchor, bold, colour, turned, room)
        else:
            yield from hatched(item, theme)


class _Colours(dict[str | None, str | None]):
    """Colours by role, each looked up once."""

    def __init__(self, theme: Theme) -> None:
        super().__init__({None: None})
        self.theme = theme

    def __missing__(self, role: str) -> str | None:
        found = self[role] = self.theme[role]
        return found


def hatched(item: Hatch, theme: Theme) -> list[Painted]:
    """The lines of a hatch, and the paper below its box's texts."""
    look = theme.look(item.kind)
    if not look:
        return []
    width = 0.6 if look == "." else 0.45
    out: list[Painted] = [Strokes(tuple(_lines(item, look)), theme["hatch"], width)]
    fill = theme[f"{item.kind}.f"]
    for left, top, right, bottom in item.labels:
        left, right = max(left, item.left), min(right, item.right)
        size = (round(right - left, 2), round(bottom - top, 2))
        out.append(Rect(left, top, *size, fill, None, 0, 1))
    return out


def _lines(item: Hatch, look: str) -> list[tuple[Point, Point]]:
    left, top, right, bottom = item.left, item.top, item.right, item.bottom
    tall = bottom - top
    found: list[tuple[Point, Point]] = []
    if look == "=":
        corners = [
            (left + 1, top + 1),
            (right - 1, top + 1),
            (right - 1, bottom - 1),
            (left + 1, bottom - 1),
        ]
        found = list(zip(corners, [*corners[1:], corners[0]]))
    elif look == "-":
        y = top + STEP
        while y < bottom - 0.5:
            found.append(((left, y), (right, y)))
            y += STEP
    elif look == ".":
        y, row = top + 2, 0
        while y < bottom - 1:
            x = left + 2 + (row % 2) * STEP / 2
            while x < right - 1:
                found.append(((x - 0.25, y), (x + 0.25, y)))
                x += STEP
            y, row = y + 2.2, row + 1
    else:
        start = left - tall
        while start < right:
            a, b = max(start, left), min(start + tall, right)
            if b > a:
                ends = (bottom - (a - start), bottom - (b - start))
                if look == "\\":
                    ends = (top + (a - start), top + (b - start))
                found.append(((a, ends[0]), (b, ends[1])))
            start += STEP
    return [((round(a, 2), round(b, 2)), (round(c, 2), round(d, 2))) for (a, b), (c, d) in found]
