"""Pictures with what was found in them, and what is there."""

from __future__ import annotations

import colorsys
import io
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

GOLDEN = 0.618034  # turns of the hue from class to class: no two of a few look alike
DASH = 4  # pixels
GAP = 8


def draw(
    image: Tensor,
    found: Mapping[str, Tensor],
    truth: Mapping[str, Tensor] | None,
    classes: Sequence[str],
    *,
    least: float = 0.3,
    side: int = 256,
) -> Image.Image:
    """A picture (3, H, W), uint8, whose longer side is made `side` pixels.

    What was found with a score of `least` or more has a line in its class's colour, with name and
    score; what is there a white dashed line. Labels are from 1.
    """
    picture = Image.fromarray(np.ascontiguousarray(image.permute(1, 2, 0).numpy()))
    scale = side / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    picture = picture.resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(9, side // 20))
    if truth is not None:
        for box in truth["boxes"].tolist():
            _dashed(pen, [v * scale for v in box])
    sure = found["scores"] >= least
    rows = zip(*(found[name][sure].tolist() for name in ("boxes", "labels", "scores")))
    for box, label, score in sorted(rows, key=lambda row: row[2]):  # the best is drawn last
        colour = class_colour(label)
        x1, y1, x2, y2 = (v * scale for v in box)
        pen.rectangle([x1, y1, max(x1, x2 - 1), max(y1, y2 - 1)], outline=colour, width=2)
        text = f"{classes[label - 1]} {score:.2f}"
        width, height = pen.textbbox((0, 0), text, font=font)[2:]
        left = min(max(x1, 0), max(0, size[0] - width - 4))
        top = y1 - height - 3 if y1 >= height + 3 else min(y2, size[1] - height - 3)
        pen.rectangle([left, top, left + width + 3, top + height + 2], fill=colour)
        pen.text((left + 2, top + 1), text, fill=_readable(colour), font=font)
    return picture


def sheet(pictures: Sequence[Image.Image], columns: int = 4) -> bytes:
    """Pictures in rows, on white, as a PNG file. Raises `ValueError` without any."""
    if not pictures:
        raise ValueError("there are no pictures to show")
    columns = min(columns, len(pictures))
    width = max(p.width for p in pictures) + GAP
    height = max(p.height for p in pictures) + GAP
    rows = -(-len(pictures) // columns)
    whole = Image.new("RGB", (columns * width + GAP, rows * height + GAP), "white")
    for i, picture in enumerate(pictures):
        whole.paste(picture, (GAP + i % columns * width, GAP + i // columns * height))
    file = io.BytesIO()
    whole.save(file, "PNG")
    return file.getvalue()


def class_colour(label: int) -> tuple[int, int, int]:
    """A bright colour, another one for each label."""
    red, green, blue = colorsys.hsv_to_rgb(label * GOLDEN % 1, 0.85, 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)


def _readable(ground: tuple[int, int, int]) -> str:
    """Black or white, what is read better on it (by the luma of ITU-R BT.601)."""
    red, green, blue = ground
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 130 else "white"


def _dashed(pen: ImageDraw.ImageDraw, box: Sequence[float]) -> None:
    """A dashed frame, white with black between, so that it is seen on every ground."""
    x1, y1, x2, y2 = (round(v) for v in box)
    x2, y2 = max(x1, x2 - 1), max(y1, y2 - 1)
    for x in range(x1, x2 + 1, DASH):
        colour = "white" if (x - x1) // DASH % 2 == 0 else "black"
        for y in (y1, y2):
            pen.line([x, y, min(x + DASH - 1, x2), y], fill=colour)
    for y in range(y1, y2 + 1, DASH):
        colour = "white" if (y - y1) // DASH % 2 == 0 else "black"
        for x in (x1, x2):
            pen.line([x, y, x, min(y + DASH - 1, y2)], fill=colour)
