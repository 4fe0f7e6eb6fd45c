"""Shapes as pixels, by Pillow. Every pixel of a canvas is wholly of one colour but for letters; who wants smooth
edges makes the canvas several times as large and shrinks it (`png`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from netdsl.backends.diagram.formats.letters import squeeze, start
from netdsl.backends.diagram.formats.outline import dashes, flattened, outline, round_corner
from netdsl.backends.diagram.formats.typeface import font_file, measures
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.paint import Painted, Strokes
from netdsl.backends.diagram.scene.scene import Circle, Path, Point, Rect, Text
from netdsl.escaping.letters import western

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

FLAT = 3.0  # pixels: the length of the straight lines that curves are made of
SHARP = 0.8  # cosine of the turn from which on two pieces of a line are joined by a disc


class Canvas:
    """Rows of a picture from `first` on, `height` of them. `scale` is pixels to the point, `left` and `top`
    are the points at the picture's corner."""

    def __init__(
        self, size: tuple[int, int], first: int, scale: float, corner: Point, paper: str
    ) -> None:
        from PIL import Image, ImageDraw

        self.image: Image = Image.new("RGB", size, paper)
        self.draw = ImageDraw.Draw(self.image)
        self.scale = scale
        self.left, self.top = corner[0] * scale, corner[1] * scale + first

    def _at(self, point: Point) -> Point:
        return point[0] * self.scale - self.left, point[1] * self.scale - self.top

    def paint(self, item: Painted) -> None:
        """Draw a shape, as far as it reaches into these rows."""
        if isinstance(item, Text):
            self._text(item)
        elif isinstance(item, Strokes):
            for a, b in item.lines:
                self._line([self._at(a), self._at(b)], False, item.stroke, item.line)
        elif isinstance(item, Circle) or (isinstance(item, Rect) and not item.dash):
            self._box(item)
        else:
            fill = item.fill if isinstance(item, (Rect, Path)) else None
            points = flattened(outline(item), FLAT / self.scale)
            closed = isinstance(item, Rect) or (isinstance(item, Path) and item.closed)
            if fill and len(points) > 2:
                self._area([self._at(point) for point in points], fill)
            if item.stroke and item.line:
                pieces = dashes(points, closed, item.dash) if item.dash else [points]
                for piece in pieces:
                    whole = closed and not item.dash
                    self._line([self._at(p) for p in piece], whole, item.stroke, item.line)

    # ------------------------------------------------------------------------------------- areas
    def _area(self, points: Sequence[Point], colour: str) -> None:
        """What corners enclose: pixels whose middle lies inside, so that areas side by side neither overlap
        nor leave a gap. (Pillow's own polygons have corners on whole pixels, and reach beyond them.)"""
        rows: dict[int, list[float]] = {}
        height = self.image.height
        for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]]):
            if ay > by:
                ax, ay, bx, by = bx, by, ax, ay
            first, last = max(0, math.ceil(ay - 0.5)), min(height, math.ceil(by - 0.5))
            slope = (bx - ax) / (by - ay) if first < last else 0.0
            for row in range(first, last):
                rows.setdefault(row, []).append(ax + (row + 0.5 - ay) * slope)
        for row, crossings in rows.items():
            crossings.sort()
            for left, right in zip(crossings[::2], crossings[1::2]):
                begin, end = math.ceil(left - 0.5), math.ceil(right - 0.5) - 1
                if begin <= end:
                    self.draw.rectangle((begin, row, end, row), colour)

    def _box(self, item: Rect | Circle) -> None:
        """A rectangle with round corners, or a circle, and its outline: half of it is outside."""
        line = item.line if item.stroke else 0.0
        if isinstance(item, Circle):
            x, y = item.x - item.radius, item.y - item.radius
            width = height = 2 * item.radius
            radius = item.radius + line / 2
        else:
            x, y, width, height = item[:4]
            radius = round_corner(item) + line / 2
        (left, top) = self._at((x - line / 2, y - line / 2))
        (right, bottom) = self._at((x + width + line / 2, y + height + line / 2))
        if right <= left or bottom <= top:
            return
        corners = (round(left), round(top), round(right) - 1, round(bottom) - 1)
        box = (*corners[:2], max(corners[0], corners[2]), max(corners[1], corners[3]))
        stroke = item.stroke if line else None
        wide = max(1, round(line * self.scale)) if line else 0
        if isinstance(item, Circle):
            self.draw.ellipse(box, item.fill, stroke, wide)
        else:
            self.draw.rounded_rectangle(box, round(radius * self.scale), item.fill, stroke, wide)

    # ------------------------------------------------------------------------------------- lines
    def _line(self, points: Sequence[Point], closed: bool, colour: str, line: float) -> None:
        """A line as wide as `line` points along points in pixels; its ends are cut off straight."""
        wide = max(1, round(line * self.scale))
        half = max(0.5, line * self.scale / 2)
        count = len(points)
        pairs = [(i, (i + 1) % count) for i in range(count if closed else count - 1)]
        ways = [_way(points[a], points[b]) for a, b in pairs]
        for k, (a, b) in enumerate(pairs):
            way = ways[k]
            before = ways[k - 1] if k or closed else None
            after = ways[(k + 1) % len(ways)] if k + 1 < len(ways) or closed else None
            if not self._straight(points[a], points[b], wide, colour):
                begin, end = _across(way, before, half), _across(way, after, half)
                (ax, ay), (bx, by) = points[a], points[b]
                (px, py), (qx, qy) = begin, end
                corners = [(ax + px, ay + py), (bx + qx, by + qy), (bx - qx, by - qy)]
                self._area([*corners, (ax - px, ay - py)], colour)
            if after and way[0] * after[0] + way[1] * after[1] < SHARP and wide > 1:
                x, y = round(points[b][0] - wide / 2), round(points[b][1] - wide / 2)
                self.draw.ellipse((x, y, x + wide - 1, y + wide - 1), colour)

    def _straight(self, a: Point, b: Point, wide: int, colour: str) -> bool:
        """A level or upright line, of exactly that many pixels, if it is one."""
        if abs(a[1] - b[1]) < 0.01:
            (x, far), y = sorted((a[0], b[0])), round(a[1] - wide / 2)
            box = (round(x), y, round(far) - 1, y + wide - 1)
        elif abs(a[0] - b[0]) < 0.01:
            (y, far), x = sorted((a[1], b[1])), round(a[0] - wide / 2)
            box = (x, round(y), x + wide - 1, round(far) - 1)
        else:
            return False
        if box[0] <= box[2] and box[1] <= box[3]:
            self.draw.rectangle(box, colour)
        return True

    # ------------------------------------------------------------------------------------- texts
    def _text(self, item: Text) -> None:
        """A line of text; letters stand on whole pixels."""
        shown = western(item.text)
        if not shown:
            return
        narrower = squeeze(item, shown)
        before = start(item, text_width(shown, item.size, item.bold) * narrower)
        size = round(item.size * self.scale, 2)
        places = _places(shown, item.bold, size)
        if narrower == 1 and not item.turned:
            x, y = self._at((item.x - before, item.y))
            _write(self.image, item.fill, shown, item.bold, size, [x + p for p in places], y)
            return
        from PIL import Image

        high = math.ceil(size)
        mask = Image.new("L", (math.ceil(places[-1]) + 2 * high, 2 * high))
        _write(mask, 255, shown, item.bold, size, [p + high / 2 for p in places], 1.5 * high)
        wide = max(1, round(mask.width * narrower))
        if wide != mask.width:
            mask = mask.resize((wide, mask.height), Image.Resampling.BOX)
        if item.turned:
            x, y = self._at((item.x, item.y + before))
            mask = mask.transpose(Image.Transpose.ROTATE_90)
            corner = (x - 1.5 * high, y + high / 2 * narrower - mask.height)
        else:
            x, y = self._at((item.x - before, item.y))
            corner = (x - high / 2 * narrower, y - 1.5 * high)
        self.image.paste(item.fill, (round(corner[0]), round(corner[1])), mask)


def _write(
    image: Image,
    colour: str | int,
    text: str,
    bold: bool,
    size: float,
    places: Sequence[float],
    y: float,
) -> None:
    """Letters that begin at places and stand on the line `y`, all in pixels."""
    for letter, x in zip(text, places):
        mask, right, down = _letter(letter, bold, size)
        if mask is not None:
            image.paste(colour, (round(x) + right, round(y) + down), mask)


@lru_cache(4096)
def _letter(letter: str, bold: bool, size: float) -> tuple[Image | None, int, int]:
    """A letter's mask, and where its corner is as seen from where the letter begins on its line."""
    from PIL import Image, ImageDraw

    font = _font(bold, size)
    left, top, right, bottom = (int(side) for side in font.getbbox(letter, anchor="ls"))
    if right <= left or bottom <= top:
        return None, 0, 0
    mask = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(mask).text((-left, -top), letter, 255, font, "ls")
    return mask, left, top


def _way(a: Point, b: Point) -> Point:
    """The direction from point to point."""
    far = math.hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    return (b[0] - a[0]) / far, (b[1] - a[1]) / far


def _across(way: Point, other: Point | None, half: float) -> Point:
    """Half of a line's width across its way, where it goes on that `other` way: in between, if it hardly
    turns, so that there is no gap."""
    ux, uy = -way[1], way[0]
    if other:
        turn = way[0] * other[0] + way[1] * other[1]
        if turn >= SHARP:
            ux, uy = (ux - other[1]) / (1 + turn), (uy + other[0]) / (1 + turn)
    return ux * half, uy * half


def _places(text: str, bold: bool, size: float) -> list[float]:
    """Where letters begin, and where the last one ends, in pixels."""
    widths = measures(bold).widths
    places = [0.0]
    for code in text.encode("cp1252"):
        places.append(places[-1] + widths[code - 32] * size / 1000)
    return places


@cache
def _font(bold: bool, size: float) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(font_file(bold)), size, layout_engine=ImageFont.Layout.BASIC)
