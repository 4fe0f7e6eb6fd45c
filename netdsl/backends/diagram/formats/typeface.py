"""The bundled letters (`fonts/README.md`): files for whoever draws them, and what a PDF says of a font it embeds."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

from netdsl.record import Record

FOLDER = Path(__file__).parent.parent / "fonts"
FAMILY = "netdsl Sans"


class Measures(Record):
    """Of a font, in thousandths of the size of its letters. `widths` are those of the codes 32 to 255 of code
    page 1252; `box` is left, bottom, right and top of what any letter covers."""

    widths: tuple[int, ...]
    box: tuple[int, int, int, int]
    ascent: int
    descent: int
    capitals: int


def font_file(bold: bool) -> Path:
    return FOLDER / ("bold.ttf" if bold else "regular.ttf")


@cache
def font_data(bold: bool) -> bytes:
    """The font as it is in its file."""
    return font_file(bold).read_bytes()


@cache
def measures(bold: bool) -> Measures:
    """What the font says of itself."""
    data = font_data(bold)
    tables: dict[bytes, int] = {}
    (count,) = struct.unpack_from(">H", data, 4)
    for i in range(count):
        name, _, at, _ = struct.unpack_from(">4sLLL", data, 12 + 16 * i)
        tables[name] = at
    (em,) = struct.unpack_from(">H", data, tables[b"head"] + 18)

    def scaled(*values: int) -> tuple[int, ...]:
        return tuple(round(value * 1000 / em) for value in values)

    left, bottom, right, top = scaled(*struct.unpack_from(">4h", data, tables[b"head"] + 36))
    ascent, descent = scaled(*struct.unpack_from(">2h", data, tables[b"hhea"] + 4))
    (capitals,) = scaled(*struct.unpack_from(">h", data, tables[b"OS/2"] + 88))
    (long,) = struct.unpack_from(">H", data, tables[b"hhea"] + 34)
    widths: list[int] = []
    for code in range(32, 256):
        letter = bytes([code]).decode("cp1252", "ignore")
        glyph = _glyph(data, tables[b"cmap"], ord(letter)) if letter else 0
        at = tables[b"hmtx"] + 4 * min(glyph, long - 1)
        widths += scaled(*struct.unpack_from(">H", data, at))
    return Measures(tuple(widths), (left, bottom, right, top), ascent, descent, capitals)


def _glyph(data: bytes, cmap: int, letter: int) -> int:
    """The number of a letter's glyph, 0 without one, in a font with one table of format 4."""
    at = cmap + struct.unpack_from(">L", data, cmap + 8)[0]
    twice = struct.unpack_from(">H", data, at + 6)[0]
    ends = at + 14
    for i in range(0, twice, 2):
        (end,) = struct.unpack_from(">H", data, ends + i)
        if letter > end:
            continue
        starts = ends + twice + 2
        (first,) = struct.unpack_from(">H", data, starts + i)
        (delta,) = struct.unpack_from(">h", data, starts + twice + i)
        place = starts + 2 * twice + i
        (offset,) = struct.unpack_from(">H", data, place)
        if letter < first:
            return 0
        if not offset:
            return (letter + delta) & 0xFFFF
        (glyph,) = struct.unpack_from(">H", data, place + offset + 2 * (letter - first))
        return (glyph + delta) & 0xFFFF if glyph else 0
    return 0
