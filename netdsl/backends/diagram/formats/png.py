"""A figure as PNG: drawn larger than it is and shrunk, in bands, so that a large one does not need much memory."""

from __future__ import annotations

import math
import struct
import zlib
from importlib.util import find_spec
from typing import TYPE_CHECKING

from netdsl.backends.diagram.scene.paint import Painted, Strokes, painted
from netdsl.backends.diagram.scene.scene import Scene, extent
from netdsl.backends.diagram.scene.themes import Theme
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.escaping.letters import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

DPI = 192  # pixels to the inch
# up to so many pixels, so much larger
FACTORS = (
    (60_000_000, 4),
    (240_000_000, 2),
    (1_000_000_000, 1),
)
BAND = 12_000_000  # pixels that are drawn at once


def png(scene: Scene, theme: Theme, dpi: float = DPI) -> bytes:
    """The figure in a theme, `dpi` pixels to the inch.

    Raises `NetError` without Pillow (E425) and if it would have more than 10^9 pixels (E426).
    """
    if find_spec("PIL") is None:
        hint = 'pip install "netdsl[diagram]"; SVG, PDF and TikZ need nothing'
        raise NetError([Diagnostic("E425", "Pillow, which draws PNG, is not installed", hint=hint)])
    scale = dpi / 72
    width, height = (max(1, math.ceil(side * scale - 0.01)) for side in (scene.width, scene.height))
    factor = next((factor for most, factor in FACTORS if width * height <= most), 0)
    if not factor:
        said = f"a PNG of {width:,} x {height:,} pixels is too large"
        hint = "draw it coarser (`--level block`), or as SVG or PDF"
        raise NetError([Diagnostic("E426", said, hint=hint)])
    packer = zlib.compressobj(9 if factor == FACTORS[0][1] else 6)
    parts: list[bytes] = []
    for rows in _bands(list(painted(scene, theme)), scene, theme, (width, height), scale, factor):
        line = 3 * width
        for at in range(0, len(rows), line):
            parts.append(packer.compress(b"\0" + rows[at : at + line]))  # 0: rows as they are
    parts.append(packer.flush())
    meter = round(dpi / 0.0254)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)),
            _chunk(b"sRGB", b"\0"),
            _chunk(b"pHYs", struct.pack(">LLB", meter, meter, 1)),
            _words("Title", scene.title),
            _words("Description", scene.description),
            _chunk(b"IDAT", b"".join(parts)),
            _chunk(b"IEND", b""),
        ]
    )


def _bands(
    items: list[Painted],
    scene: Scene,
    theme: Theme,
    size: tuple[int, int],
    scale: float,
    factor: int,
) -> Iterator[bytes]:
    """Rows of pixels, from the top down."""
    from netdsl.backends.diagram.formats.raster import Canvas

    width, height = size
    tall = max(1, BAND // (width * factor * factor))
    reaches = [_reach(item) for item in items]
    corner = (scene.left, scene.top)
    for first in range(0, height, tall):
        count = min(tall, height - first)
        shape = (width * factor, count * factor)
        canvas = Canvas(shape, first * factor, scale * factor, corner, theme["paper"])
        above = scene.top + first / scale
        below = scene.top + (first + count) / scale
        for item, (top, bottom) in zip(items, reaches):
            if bottom >= above and top <= below:
                canvas.paint(item)
        yield canvas.image.reduce(factor).tobytes()


def _reach(item: Painted) -> tuple[float, float]:
    """The rows that a shape can reach, in points."""
    if isinstance(item, Strokes):
        heights = [y for line in item.lines for _, y in line] or [0.0]
        return min(heights) - item.line, max(heights) + item.line
    _, top, _, bottom = extent(item)
    return top - 4, bottom + 4


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", check)


def _words(name: str, text: str) -> bytes:
    """A text that says what the picture shows."""
    return _chunk(b"iTXt", name.encode("ascii") + b"\0\0\0\0\0" + visible(text).encode())
