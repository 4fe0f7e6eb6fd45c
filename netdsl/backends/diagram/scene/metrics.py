"""Widths of texts in Helvetica, in points: boxes are made for their texts before anything is drawn.

Letters are those of Windows' code page 1252 ("WinAnsi"), which every PDF reader, the bundled font and the
usual substitutes of Helvetica have; others have a usual width.
"""

from __future__ import annotations

from functools import cache

# Widths in thousandths of the size for the codes 32 to 255 of code page 1252: Adobe's font metrics of the
# 14 core fonts. 0 is no character; the superscripts 1, 2, 3 have the width that clones of Helvetica give them.
_REGULAR = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 0),
    *(556, 0, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 0, 611, 0),
    *(0, 222, 222, 333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 0, 500, 667),
    *(278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333),
    *(400, 584, 333, 333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611),
    *(667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278),
    *(722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611),
    *(556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500),
)
_BOLD = (
    *(278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611),
    *(975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556),
    *(333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611),
    *(611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584, 0),
    *(556, 0, 278, 556, 500, 1000, 556, 556, 333, 1000, 667, 333, 1000, 0, 611, 0),
    *(0, 278, 278, 500, 500, 350, 556, 1000, 333, 1000, 556, 333, 944, 0, 500, 667),
    *(278, 333, 556, 556, 556, 556, 280, 556, 333, 737, 370, 556, 584, 333, 737, 333),
    *(400, 584, 333, 333, 333, 611, 556, 278, 333, 333, 365, 556, 834, 834, 834, 611),
    *(722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278),
    *(722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611),
    *(556, 556, 556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278, 278, 278, 278),
    *(611, 611, 611, 611, 611, 611, 611, 584, 611, 611, 611, 611, 611, 556, 611, 556),
)
OTHER, WIDE = 600, 1000  # of letters that are not in the code page; of those from the far east

# how far letters reach above and below the line they stand on, of the size
ASCENT, DESCENT = 0.72, 0.21
LEADING = 1.17  # from line to line, of the size


@cache
def _width(letter: str, bold: bool) -> int:
    try:
        (code,) = letter.encode("cp1252")
    except UnicodeEncodeError:
        return OTHER if ord(letter) < 0x2E80 else WIDE
    found = (_BOLD if bold else _REGULAR)[code - 32] if code >= 32 else 0
    return found or OTHER


@cache
def _text_width(text: str, bold: bool) -> int:
    return sum(_width(letter, bold) for letter in text)


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of a text in Helvetica of that size, in points."""
    return _text_width(text, bold) * size / 1000
