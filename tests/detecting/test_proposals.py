"""Proposals: sliding windows are counted, Selective Search groups as its paper says."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from skimage import color

from netdsl.detecting import selective
from netdsl.detecting.digits import make_digits
from netdsl.detecting.proposals import count_windows, recall, sliding_windows
from netdsl.detecting.selective import (
    MODES,
    Weights,
    fill_similarity,
    first_regions,
    group,
    hierarchy,
    in_space,
    intersection,
    selective_search,
    similarity,
    size_similarity,
)


# --------------------------------------------------------------------------------- sliding windows
@settings(max_examples=60, deadline=None)
@given(
    size=some.tuples(some.integers(1, 60), some.integers(1, 60)),
    scales=some.lists(some.floats(0.3, 70), min_size=1, max_size=3),
    ratios=some.lists(some.floats(0.3, 3), min_size=1, max_size=3),
    stride=some.integers(1, 20),
)
def test_the_count(
    size: tuple[int, int], scales: list[float], ratios: list[float], stride: int
) -> None:
    boxes = sliding_windows(size, scales, ratios, stride)
    assert boxes.shape == (count_windows(size, scales, ratios, stride), 4)
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2] <= size[1]).all() and (boxes[:, 3] <= size[0]).all()
    assert ((boxes[:, 2:] - boxes[:, :2]) >= 1).all()


def test_windows_by_hand() -> None:
    """6 x 8 pixels, windows of 4 x 4 every 2: two rows of three."""
    boxes = sliding_windows((6, 8), [4], [1], 2)
    assert boxes.tolist() == [[x, y, x + 4, y + 4] for y in (0, 2) for x in (0, 2, 4)]
    tall = sliding_windows((20, 20), [10], [4], 100)
    assert tall.tolist() == [[0, 0, 5, 20]]
    assert len(torch.unique(sliding_windows((33, 47), [8, 12], [1, 2], 3), dim=0)) == (
        count_windows((33, 47), [8, 12], [1, 2], 3)
    )


def test_windows_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="above 0"):
        sliding_windows((10, 10), [4], [1], 0)


def test_recall() -> None:
    truths = [
        {"boxes": [[0, 0, 10, 10], [20, 20, 30, 30]]},
        {"boxes": []},
        {"boxes": [[0, 0, 4, 4]]},
    ]
    given = [
        torch.tensor([[50.0, 50, 60, 60], [0, 0, 10, 5]]),
        torch.zeros(0, 4),
        torch.zeros(0, 4),
    ]
    assert recall(given, truths) == pytest.approx(1 / 3)
    assert recall(given, truths, most=1) == 0
    assert recall(given, truths, threshold=0.51) == 0
    assert math.isnan(recall([[]], [{"boxes": []}]))
    with pytest.raises(ValueError, match="proposals of 1"):
        recall(given[:1], truths)


# ------------------------------------------------------------------------------------ similarities
def test_histograms_in_common() -> None:
    one, other = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.25, 0.25])
    assert intersection(one, other) == pytest.approx(0.7, abs=1e-9)


def test_sizes_and_what_they_fill() -> None:
    assert size_similarity(100, 300, 1000) == pytest.approx(0.6, abs=1e-9)
    assert fill_similarity(100, 300, 600, 1000) == pytest.approx(0.8, abs=1e-9)
    assert similarity(Weights(), 0.7, 0.5, 0.6, 0.8) == pytest.approx(2.6, abs=1e-9)
    assert similarity(Weights(0, 2, 0, 1), 0.7, 0.5, 0.6, 0.8) == pytest.approx(1.8, abs=1e-9)


def test_order_of_grouping() -> None:
    """a and b are most alike; what they become merges with c."""
    names = ["a", "b", "c"]
    told = {"ab": 0.9, "bc": 0.5, "ac": 0.1}
    asked = []

    def similar(i: int, j: int) -> float:
        asked.append(names[i] + names[j])
        return told.get(names[i] + names[j], 0.3)

    merges = group(
        3, [(0, 1), (1, 2), (0, 2)], similar, lambda i, j: names.append(names[i] + names[j])
    )
    assert merges == [(0, 1), (2, 3)]
    assert names == ["a", "b", "c", "ab", "cab"]
    assert sorted(asked) == ["ab", "ac", "bc", "cab"]


@settings(max_examples=60, deadline=None)
@given(some.integers(2, 12), some.integers(0, 2**32 - 1))
def test_grouping_as_the_algorithm_says(count: int, seed: int) -> None:
    """Against algorithm 1 word by word: a list of pairs, the largest, remove, add."""
    rng = np.random.default_rng(seed)
    pairs = [p for p in combinations(range(count), 2) if p[1] == p[0] + 1 or rng.uniform() < 0.3]
    table = rng.uniform(size=(2 * count, 2 * count))

    def similar(i: int, j: int) -> float:
        return table[min(i, j), max(i, j)]

    wanted, alike = [], {pair: similar(*pair) for pair in pairs}
    while alike:
        best = max(alike, key=alike.__getitem__)
        wanted.append(best)
        new = count + len(wanted) - 1
        touched = {i for pair in alike for i in pair if set(pair) & set(best)} - set(best)
        alike = {pair: value for pair, value in alike.items() if not set(pair) & set(best)}
        alike |= {(i, new): similar(i, new) for i in touched}
    assert group(count, pairs, similar, lambda i, j: None) == wanted
    assert len(wanted) == count - 1


# ------------------------------------------------------------------------------------ whole search
def test_regions_of_a_picture() -> None:
    """Their pixels and boxes cover the image, histograms have sum 1, n regions give 2n - 1 boxes."""
    rgb = make_digits(1)[0][0].permute(1, 2, 0).numpy() / 255
    regions = first_regions(in_space(rgb, "hsv"), 50)
    count = len(regions.sizes)
    assert count > 10
    assert regions.sizes.sum() == 128 * 128 and regions.sizes.min() >= 50
    assert regions.colour.shape == (count, 75) and regions.texture.shape == (count, 240)
    np.testing.assert_allclose(regions.colour.sum(axis=1), 1)
    np.testing.assert_allclose(regions.texture.sum(axis=1), 1)
    boxes = hierarchy(regions, Weights())
    assert len(boxes) == 2 * count - 1
    assert boxes[-1] == (0, 0, 128, 128)


def test_a_plain_square() -> None:
    """A red square on green: two regions, whose boxes are known."""
    rgb = np.zeros((40, 60, 3))
    rgb[..., 1] = 0.6
    rgb[10:30, 15:45] = [0.9, 0.1, 0.1]
    regions = first_regions(rgb, 20, least=300)  # else the blurred edges are regions, too
    assert sorted(map(tuple, regions.boxes.tolist())) == [(0, 0, 60, 40), (15, 10, 45, 30)]
    assert sorted(regions.sizes.tolist()) == [600, 1800]
    assert regions.neighbours == [(0, 1)]
    image = torch.from_numpy(rgb).permute(2, 0, 1)
    found = selective_search(image, "single", least=300)
    assert found.shape == (2, 4)
    wanted = torch.tensor([[0.0, 0, 60, 40], [15, 10, 45, 30]])
    assert (found[found[:, 0].argsort()] - wanted).abs().max() <= 1  # hue has a blurred edge
    assert torch.equal(found, selective_search((image * 255).round().byte(), "single", least=300))
    assert selective_search(image, "single", smallest=25, least=300).tolist() == [[0, 0, 60, 40]]


def test_texture_has_a_direction() -> None:
    """Stripes that rise to the right fill other bins than stripes that rise downwards."""
    ramp = np.tile(np.linspace(0, 1, 40), (40, 1))[..., None]
    right, down = selective._derivatives(ramp), selective._derivatives(ramp.transpose(1, 0, 2))
    middle = right[20, 20]
    assert middle.argmax() == 0 and down[20, 20].argmax() == 2
    assert middle[0] > 0.9 and middle[1] == pytest.approx(middle[0] / 2**0.5)
    assert middle[2] < 1e-6 and middle[4] == 0


def test_colour_spaces() -> None:
    rgb = np.random.default_rng(0).uniform(size=(9, 9, 3))
    rgb[0, 0] = 0
    rgb[0, 1] = 1
    for space in ("hsv", "lab", "rgi", "h", "i"):
        found = in_space(rgb, space)
        assert found.min() >= 0 and found.max() <= 1 and found.shape[:2] == (9, 9)
    np.testing.assert_allclose(in_space(rgb, "lab")[..., 0] * 100, color.rgb2lab(rgb)[..., 0])
    np.testing.assert_allclose(in_space(rgb, "rgi")[..., 2], rgb.mean(axis=2))
    with pytest.raises(ValueError, match="no colour space 'cmyk'"):
        in_space(rgb, "cmyk")


def test_modes_of_the_paper() -> None:
    assert {mode: len(strategies) for mode, strategies in MODES.items()} == {
        "single": 1,
        "fast": 8,
        "quality": 80,
    }


def test_digits_are_found() -> None:
    """Fast mode covers nearly all digits; a box is proposed once; an order is a choice of all."""
    pictures = make_digits(10, "validation")
    found = [selective_search(image, smallest=5, least=20) for image in pictures.images]
    assert recall(found, pictures.targets) >= 0.95
    assert recall([boxes[:10] for boxes in found], pictures.targets) < 0.7
    for boxes in found:
        assert len(torch.unique(boxes, dim=0)) == len(boxes) > 30
        assert boxes.min() >= 0 and boxes.max() <= 128
        assert ((boxes[:, 2:] - boxes[:, :2]) >= 5).all()


def test_what_cannot_be_searched() -> None:
    with pytest.raises(ValueError, match="there is no mode 'slow'"):
        selective_search(torch.zeros(3, 40, 40), "slow")
    with pytest.raises(ValueError, match=r"not \(1, 40, 40\)"):
        selective_search(torch.zeros(1, 40, 40))
