"""torchvision's operators in plain PyTorch give what torchvision gives."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from ops_oracle import close, fallback, load_without_torchvision, ops, random_boxes, torchvision
from torch import Tensor

oracle = torchvision.ops
places = st.floats(-30, 90, width=32)


# ------------------------------------------------------------------------------------------ overlap
@pytest.mark.parametrize("dtype", [torch.float, torch.double, torch.half, torch.int64])
@pytest.mark.parametrize("counts", [(40, 30), (0, 5), (5, 0), (0, 0)])
def test_overlap(counts: tuple[int, int], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    a, b = (random_boxes(n).to(dtype) for n in counts)
    ours, theirs = fallback.box_iou(a, b), oracle.box_iou(a, b)
    # Of half precision torchvision takes the differences before it widens.
    close(ours, theirs, atol=2e-3 if dtype == torch.half else 0, rtol=0)
    assert ours.any() == bool(min(counts))


# -------------------------------------------------------------------------------------- suppression
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.7, 1.0])
@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 700])
def test_suppression(count: int, threshold: float) -> None:
    torch.manual_seed(count)
    boxes, scores = random_boxes(count, (60, 60)), torch.rand(count)
    ours, theirs = (f(boxes, scores, threshold) for f in (fallback.nms, oracle.nms))
    assert torch.equal(ours, theirs) and ours.dtype == torch.int64


@pytest.mark.parametrize("threshold", [0.2, 0.3, 0.5, 0.6, 1 / 3])
def test_suppression_with_ties(threshold: float) -> None:
    """Whole numbers: many scores are equal, and many overlaps are just the threshold."""
    torch.manual_seed(0)
    corner, side = torch.randint(0, 8, (600, 2)), torch.randint(1, 11, (600, 2))
    boxes = torch.cat([corner, corner + side], dim=1).float()
    scores = torch.randint(0, 5, (600,)).float()
    assert torch.equal(fallback.nms(boxes, scores, threshold), oracle.nms(boxes, scores, threshold))
    double = (boxes.double(), scores.double(), threshold)
    assert torch.equal(fallback.nms(*double), oracle.nms(*double))


def test_an_overlap_of_the_threshold_as_float32() -> None:
    """3/10 as float32 is above 0.3, which is no float32."""
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 3, 10]])
    for dtype, kept in ((torch.float, [0]), (torch.double, [0, 1])):
        given = (boxes.to(dtype), torch.tensor([0.9, 0.8], dtype=dtype), 0.3)
        assert fallback.nms(*given).tolist() == oracle.nms(*given).tolist() == kept


def test_suppression_of_points_and_chains() -> None:
    points, scores = torch.zeros(5, 4), torch.arange(5.0)
    assert torch.equal(fallback.nms(points, scores, 0.5), oracle.nms(points, scores, 0.5))
    # Every box covers the next: one is kept, one goes, to the end.
    x = torch.arange(400.0)
    chain = torch.stack([x, 0 * x, x + 2.5, 0 * x + 1], dim=1)
    kept = fallback.nms(chain, -x, 0.3)
    assert torch.equal(kept, oracle.nms(chain, -x, 0.3)) and len(kept) == 200


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(places, places, st.floats(0, 50), st.floats(0, 50)), max_size=12),
    st.sampled_from([0.1, 0.3, 0.5, 0.8]),
)
def test_suppression_of_any_boxes(rows: list[tuple[float, ...]], threshold: float) -> None:
    boxes = torch.tensor([(x, y, x + w, y + h) for x, y, w, h in rows]).view(-1, 4)
    scores = torch.arange(len(rows)) % 3 / 3
    assert torch.equal(fallback.nms(boxes, scores, threshold), oracle.nms(boxes, scores, threshold))


@pytest.mark.parametrize("count", [0, 1, 900, 1000, 1001, 3000])
@pytest.mark.parametrize("labels", [1, 20])
def test_suppression_within_labels(count: int, labels: int) -> None:
    """Both ways, on either side of torchvision's limit, with labels that are not there."""
    torch.manual_seed(0)
    boxes, scores = random_boxes(count, (150, 150)), torch.rand(count)
    label = torch.randint(0, labels, (count,)) * 301  # far away, where float32 is coarse
    ours, theirs = (
        f(boxes, scores, label, 0.4) for f in (fallback.batched_nms, oracle.batched_nms)
    )
    assert torch.equal(ours, theirs) and ours.dtype == torch.int64


def test_labels_stay_apart_outside_of_the_image() -> None:
    """In torchvision a label can push a box that lies left of the image onto another one."""
    boxes = torch.tensor([[-9.0, -9, 1, 1], [-20, -20, -10, -10]])
    given = (boxes, torch.tensor([0.9, 0.8]), torch.tensor([0, 5]), 0.1)
    assert fallback.batched_nms(*given).tolist() == [0, 1]
    assert oracle.batched_nms(*given).tolist() == [0]


# ---------------------------------------------------------------------------------- pooling regions
def maps(dtype: torch.dtype = torch.double, sides: tuple[int, int] = (9, 13)) -> Tensor:
    torch.manual_seed(0)
    return torch.randn(2, 3, *sides, dtype=dtype, requires_grad=True)


def agree(ours: Tensor, theirs: Tensor, x: Tensor, atol: float) -> None:
    close(ours, theirs, atol=atol, rtol=0)
    gradient = torch.randn_like(ours)
    one, two = (torch.autograd.grad(y, x, gradient)[0] for y in (ours, theirs))
    close(one, two, atol=10 * atol, rtol=0)


@pytest.mark.parametrize("ratio", [-1, 0, 1, 2, 3])
@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("size", [(7, 7), (2, 5), 3])
def test_means(ratio: int, aligned: bool, size: Any) -> None:
    x = maps()
    boxes = torch.cat([random_boxes(60, (72, 104), 90), random_boxes(10, (72, 104), 2)]).double()
    boxes[::7] += 50  # partly outside
    rois = torch.cat([torch.arange(70).double()[:, None] % 2, boxes], dim=1)
    ours, theirs = (f.roi_align(x, rois, size, 1 / 8, ratio, aligned) for f in (fallback, oracle))
    agree(ours, theirs, x, 1e-12)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(places, places, st.floats(0, 120), st.floats(0, 120)), max_size=6),
    st.sampled_from([1.0, 0.5, 0.125]),
    st.sampled_from([-1, 1, 2]),
    st.booleans(),
)
def test_any_regions(rows: Any, scale: float, ratio: int, aligned: bool) -> None:
    """As float32 too: a sample on the rim is in or out as in torchvision."""
    boxes = torch.tensor([(x, y, x + w, y + h) for x, y, w, h in rows]).view(-1, 4)
    x = maps(torch.float)
    ours, theirs = (
        f.roi_align(x, [boxes, boxes[:1]], (3, 4), scale, ratio, aligned)
        for f in (fallback, oracle)
    )
    agree(ours, theirs, x, 1e-5)
    ours, theirs = (f.roi_pool(x, [boxes[:1], boxes], (3, 4), scale) for f in (fallback, oracle))
    assert torch.equal(ours, theirs)
    agree(ours, theirs, x, 1e-5)


@pytest.mark.parametrize("size", [(7, 7), (6, 6), (2, 5), 3])
def test_maxima(size: Any) -> None:
    x = maps(sides=(20, 31))
    boxes = random_boxes(200, (160, 248), 240).double()
    boxes[::7] += 90
    rois = torch.cat([torch.arange(200).double()[:, None] % 2, boxes], dim=1)
    ours, theirs = (f.roi_pool(x, rois, size, 1 / 8) for f in (fallback, oracle))
    assert torch.equal(ours, theirs) and (ours == 0).any(), "some bins have no cells"
    agree(ours, theirs, x, 1e-12)


def test_maxima_of_equal_cells() -> None:
    """The gradient goes to the first one, row by row, as in torchvision."""
    x = torch.randint(0, 2, (1, 2, 12, 12)).double().requires_grad_()
    rois = torch.cat([torch.zeros(40, 1), random_boxes(40, (12, 12), 12)], dim=1).double()
    agree(fallback.roi_pool(x, rois, 3, 1.0), oracle.roi_pool(x, rois, 3, 1.0), x, 1e-12)


def test_rounding_of_maxima() -> None:
    """A half goes away from 0; and 57 cells in 7 bins are more than 57 as float32."""
    x = torch.arange(160 * 160.0).view(1, 1, 160, 160)
    rows = [[8, 8, 24, 24], [-8, -24, 40, 56], [0, 0, 56 * 16, 56 * 16], [0, 0, 113 * 16, 120 * 16]]
    rois = torch.tensor([[0, *row] for row in rows]).float()
    for size in (1, 7):
        for plane in (x, -x):
            ours, theirs = (f.roi_pool(plane, rois, size, 1 / 16) for f in (fallback, oracle))
            assert torch.equal(ours, theirs)


def test_regions_have_no_gradient() -> None:
    x, rois = maps(), torch.tensor([[0.0, 3, 4, 40, 50]], dtype=torch.double, requires_grad=True)
    for pool in (fallback.roi_align, oracle.roi_align, fallback.roi_pool, oracle.roi_pool):
        pooled = pool(x, rois, 3, 1 / 8).sum()
        of_map, of_regions = torch.autograd.grad(pooled, (x, rois), allow_unused=True)
        assert of_map.any() and of_regions is None


def test_no_regions() -> None:
    x = maps(torch.float)
    for rois in (torch.zeros(0, 5), [torch.zeros(0, 4)] * 2):
        for ours in (fallback.roi_align(x, rois, 7, 0.5), fallback.roi_pool(x, rois, 7, 0.5)):
            assert ours.shape == (0, 3, 7, 7)
            (gradient,) = torch.autograd.grad(ours.sum(), x)
            assert not gradient.any()


# ------------------------------------------------------------------------------------- in its place
@pytest.mark.parametrize("error", [ImportError, RuntimeError])
def test_helpers_without_torchvision(error: type[Exception]) -> None:
    """Everything that a detector of two stages does comes out the same."""
    plain = load_without_torchvision(error)
    names = ("batched_nms", "box_iou", "roi_align", "roi_pool")
    assert all(getattr(plain, name) is getattr(fallback, name) for name in names)
    assert all(getattr(ops, name) is getattr(oracle, name) for name in names)
    x = maps(torch.float, (16, 16))
    target = {"boxes": random_boxes(5), "labels": torch.arange(5) + 1}
    anchors, scores = random_boxes(400), torch.rand(400)
    results = []
    for module in (plain, ops):
        torch.manual_seed(0)
        regions = module.propose([scores], [anchors], (100, 100), 0.7, 200, 100)
        found, labels, boxes = module.sample_regions(regions, target, 0.5, 64, 0.25)
        mean = module.pool_regions([x[:1]], [found], (8,), (7, 7), 2)
        largest = module.pool_regions_max([x[:1]], [found], (8,), (7, 7))
        picture = module.warp_regions([x[0]], [found[:5] / 8], (9, 9), 1, "pad")
        kept = module.detections(found, found[:, 0] / 100, labels, 0.4, 10)
        results.append([regions, found, labels, boxes, mean, largest, picture, *kept.values()])
    close(*results)


def test_another_error_is_not_hidden() -> None:
    with pytest.raises(KeyError):
        load_without_torchvision(KeyError)
