"""Selective Search (Uijlings et al., "Selective Search for Object Recognition", IJCV 2013).

An image is cut into small regions (Felzenszwalb and Huttenlocher, 2004, by scikit-image). The two most
similar neighbours become one region, until one is left: n regions give 2n - 1 boxes. Several colour
spaces, similarities and first cuts diversify them.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage import color, segmentation
from torch import Tensor

from netdsl.record import Record

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Box = tuple[int, int, int, int]

COLOUR_BINS = 25  # of each channel (section 3.2)
TEXTURE_BINS = 10  # of each channel and orientation
ORIENTATIONS = 8
SMOOTH = 0.8  # the deviation of the blur before the first cut


class Weights(NamedTuple):
    """How much each similarity counts (section 3.2, equation 6)."""

    colour: float = 1.0
    texture: float = 1.0
    size: float = 1.0
    fill: float = 1.0


class Strategy(Record):
    """One way to group: a colour space, weights of similarities, and the scale of the first cut."""

    space: str
    weights: Weights
    scale: float


_ALL, _NO_COLOUR = Weights(), Weights(colour=0)
_ONLY_FILL, _ONLY_SIZE = Weights(0, 0, 0, 1), Weights(0, 0, 1, 0)


def _strategies(
    spaces: Sequence[str], weights: Sequence[Weights], scales: Sequence[float]
) -> tuple[Strategy, ...]:
    return tuple(Strategy(*chosen) for chosen in product(spaces, weights, scales))


# Table 5 of the paper.
MODES = {
    "single": _strategies(["hsv"], [_ALL], [100]),
    "fast": _strategies(["hsv", "lab"], [_ALL, _NO_COLOUR], [50, 100]),
    "quality": _strategies(
        ["hsv", "lab", "rgi", "h", "i"],
        [_ALL, _NO_COLOUR, _ONLY_FILL, _ONLY_SIZE],
        [50, 100, 150, 300],
    ),
}


def selective_search(
    image: Tensor,
    mode: str | Sequence[Strategy] = "fast",
    *,
    smallest: int = 20,
    least: int | None = None,
    seed: int = 0,
) -> Tensor:
    """Boxes (n, 4), x1 y1 x2 y2 in pixels, that may hold objects of an image (3, H, W), uint8 or 0..1.

    `mode` is single, fast (8 strategies), quality (80), or strategies of one's own. A box stands in the
    order of its place in the hierarchy (the whole image is 1) times a random number, the best of its
    places where it was found twice (section 4.4), so the first ones are a choice of all. Boxes with
    a side below `smallest` pixels are left out. First regions have `least` pixels or more, else as many
    as the scale of the strategy says; for small objects both should be small.

    Raises `ValueError` for another mode or shape.
    """
    if isinstance(mode, str) and mode not in MODES:
        raise ValueError(f"there is no mode {mode!r}; there are {', '.join(MODES)}")
    if image.ndim != 3 or image.shape[0] != 3:
        raise ValueError(f"an image is (3, H, W), not {tuple(image.shape)}")
    strategies = MODES[mode] if isinstance(mode, str) else tuple(mode)
    rgb = image.detach().cpu().permute(1, 2, 0).numpy()
    rgb = rgb / 255 if rgb.dtype == np.uint8 else rgb.astype(np.float64)
    rng = np.random.default_rng(seed)
    ranked: dict[Box, float] = {}
    prepared: dict[tuple[str, float], Regions] = {}
    for strategy in strategies:
        key = (strategy.space, strategy.scale)
        if key not in prepared:
            prepared[key] = first_regions(in_space(rgb, strategy.space), strategy.scale, least)
        boxes = hierarchy(prepared[key], strategy.weights)
        for place, box in enumerate(reversed(boxes), start=1):
            rank = place * rng.uniform()
            if min(box[2] - box[0], box[3] - box[1]) >= smallest:
                ranked[box] = min(rank, ranked.get(box, rank))
    ordered = sorted(ranked, key=ranked.__getitem__)
    return torch.tensor(ordered, dtype=torch.float32).view(-1, 4)


# ------------------------------------------------------------------------------------- similarities
def intersection(first: Floats, second: Floats) -> float:
    """What two histograms, each of sum 1, have in common: colour and texture similarity (equations 2
    and 3)."""
    return float(np.minimum(first, second).sum())


def size_similarity(first: float, second: float, image: float) -> float:
    """Near 1 for two small regions, so that they merge early (equation 4); all three in pixels."""
    return 1 - (first + second) / image


def fill_similarity(first: float, second: float, box: float, image: float) -> float:
    """Near 1 for regions that fill the `box` around both (equation 5); all four in pixels."""
    return 1 - (box - first - second) / image


def similarity(weights: Weights, colour: float, texture: float, size: float, fill: float) -> float:
    """The weighted sum (equation 6)."""
    return (
        weights.colour * colour
        + weights.texture * texture
        + weights.size * size
        + weights.fill * fill
    )


# ----------------------------------------------------------------------------------------- grouping
def group(
    count: int,
    neighbours: Iterable[tuple[int, int]],
    similar: Callable[[int, int], float],
    merge: Callable[[int, int], None],
) -> list[tuple[int, int]]:
    """Merge the two most similar neighbours until none are left (algorithm 1). Returns what merged.

    Regions are 0..count - 1; each merge makes the next number, which `merge` is told before `similar` is
    asked about it. Of equal pairs the one with lower numbers is first.
    """
    beside: dict[int, set[int]] = {region: set() for region in range(count)}
    waiting: list[tuple[float, int, int]] = []
    for first, second in {(min(pair), max(pair)) for pair in neighbours}:
        beside[first].add(second)
        beside[second].add(first)
        waiting.append((-similar(first, second), first, second))
    heapq.heapify(waiting)
    merges: list[tuple[int, int]] = []
    while waiting:
        _, first, second = heapq.heappop(waiting)
        if first not in beside or second not in beside:
            continue  # one of them is part of another region by now
        merge(first, second)
        merges.append((first, second))
        new = count + len(merges) - 1
        around = (beside.pop(first) | beside.pop(second)) - {first, second}
        beside[new] = around
        for other in sorted(around):
            beside[other] -= {first, second}
            beside[other].add(new)
            heapq.heappush(waiting, (-similar(other, new), other, new))
    return merges


class Regions(Record):
    """The first regions of an image: their pixels, boxes, histograms, and which touch each other."""

    image: int  # pixels
    sizes: Floats  # (n,)
    boxes: NDArray[np.int64]  # (n, 4)
    colour: Floats  # (n, 25 * channels)
    texture: Floats  # (n, 80 * channels)
    neighbours: list[tuple[int, int]]


def hierarchy(regions: Regions, weights: Weights) -> list[Box]:
    """The boxes of n regions and of the n - 1 that they merge to, in this order."""
    sizes = regions.sizes.tolist()
    boxes: list[Box] = [(b[0], b[1], b[2], b[3]) for b in regions.boxes.tolist()]
    colour, texture = list(regions.colour), list(regions.texture)

    def around(i: int, j: int) -> Box:
        a, b = boxes[i], boxes[j]
        return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])

    def similar(i: int, j: int) -> float:
        x1, y1, x2, y2 = around(i, j)
        return similarity(
            weights,
            intersection(colour[i], colour[j]) if weights.colour else 0,
            intersection(texture[i], texture[j]) if weights.texture else 0,
            size_similarity(sizes[i], sizes[j], regions.image),
            fill_similarity(sizes[i], sizes[j], (x2 - x1) * (y2 - y1), regions.image),
        )

    def merge(i: int, j: int) -> None:
        for histograms in (colour, texture):
            total = sizes[i] * histograms[i] + sizes[j] * histograms[j]
            histograms.append(total / (sizes[i] + sizes[j]))
        boxes.append(around(i, j))
        sizes.append(sizes[i] + sizes[j])

    group(len(sizes), regions.neighbours, similar, merge)
    return boxes


# --------------------------------------------------------------------------------------- the regions
def first_regions(image: Floats, scale: float, least: int | None = None) -> Regions:
    """The first cut of an image (H, W, channels) in 0..1: the larger `scale`, the larger regions, none
    of fewer than `least` pixels."""
    size = int(scale) if least is None else least
    cut = segmentation.felzenszwalb(image, scale=scale, sigma=SMOOTH, min_size=size)
    labels: Labels = np.unique(cut, return_inverse=True)[1].reshape(cut.shape)
    count = int(labels.max()) + 1
    sizes = np.bincount(labels.ravel(), minlength=count).astype(np.float64)
    boxes = np.array(
        [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(labels + 1)]
    )
    return Regions(
        image=labels.size,
        sizes=sizes,
        boxes=boxes,
        colour=_histograms(labels, count, image, COLOUR_BINS),
        texture=_histograms(labels, count, _derivatives(image), TEXTURE_BINS),
        neighbours=_neighbours(labels),
    )


def in_space(rgb: Floats, space: str) -> Floats:
    """An RGB image (H, W, 3) in 0..1 in another colour space, each channel in 0..1: hsv, lab, rgi
    (normalised red and green, intensity), h (hue), i (intensity)."""
    if space == "hsv":
        return color.rgb2hsv(rgb)
    if space == "lab":
        return (color.rgb2lab(rgb) + [0, 128, 128]) / [100, 255, 255]
    if space == "h":
        return color.rgb2hsv(rgb)[..., :1]
    if space == "i":
        return rgb.mean(axis=2, keepdims=True)
    if space == "rgi":
        total = rgb.sum(axis=2, keepdims=True)
        share = np.divide(rgb, total, out=np.full_like(rgb, 1 / 3), where=total > 0)
        return np.concatenate([share[..., :2], total / 3], axis=2)
    raise ValueError(f"there is no colour space {space!r}; there are hsv, lab, rgi, h, i")


def _derivatives(image: Floats) -> Floats:
    """Gaussian derivatives (deviation 1) in eight directions, the half of each that rises, for every
    channel; in 0..1 by the steepest place of the channel."""
    found = []
    for channel in np.moveaxis(image, 2, 0):
        y = ndimage.gaussian_filter1d(ndimage.gaussian_filter1d(channel, 1, 0, order=1), 1, 1)
        x = ndimage.gaussian_filter1d(ndimage.gaussian_filter1d(channel, 1, 1, order=1), 1, 0)
        steepest = max(np.hypot(x, y).max(), 1e-12)
        for angle in np.arange(ORIENTATIONS) * (2 * np.pi / ORIENTATIONS):
            rising = np.cos(angle) * x + np.sin(angle) * y
            found.append(np.maximum(rising, 0) / steepest)
    return np.stack(found, axis=2)


def _histograms(labels: Labels, count: int, values: Floats, bins: int) -> Floats:
    """For every region the histograms of all channels (0..1), one after the other, with sum 1."""
    channels = values.shape[2]
    cell = np.clip((values * bins).astype(np.int64), 0, bins - 1)
    cell += (labels[:, :, None] * channels + np.arange(channels)) * bins
    counts = np.bincount(cell.ravel(), minlength=count * channels * bins)
    table = counts.reshape(count, channels * bins).astype(np.float64)
    return table / table.sum(axis=1, keepdims=True)


def _neighbours(labels: Labels) -> list[tuple[int, int]]:
    """Pairs of regions that share a side of a pixel."""
    pairs = []
    for a, b in ((labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])):
        differ = a != b
        pairs.append(np.stack([a[differ], b[differ]], axis=1))
    found = np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)
    return [(int(a), int(b)) for a, b in found]
