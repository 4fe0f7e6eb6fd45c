"""Which prior or anchor has which object, and which are drawn: torchvision says the same."""

from __future__ import annotations

import pytest
import torch
from ops_oracle import fallback, ops, random_boxes, torchvision

utils = torchvision.models.detection._utils


@pytest.mark.parametrize("seed", range(5))
def test_priors(seed: int) -> None:
    torch.manual_seed(seed)
    priors, boxes = random_boxes(500), random_boxes(1 + 4 * seed)
    iou = torchvision.ops.box_iou(boxes, priors)
    theirs = utils.SSDMatcher(0.5)(iou)
    ours = ops.match_priors(priors, boxes, 0.5)
    assert torch.equal(ours, theirs) and ours.dtype == torch.int64
    assert set(ours.tolist()) == {-1, *range(len(boxes))}


def test_an_overlap_of_the_threshold_is_enough() -> None:
    boxes = torch.tensor([[0.0, 0, 8, 8]])
    anchors = torch.tensor([[0.0, 0, 8, 8], [0, 0, 8, 4], [0, 0, 8, 2], [0, 0, 8, 1]])
    assert ops.match_priors(anchors, boxes, 0.5).tolist() == [0, 0, -1, -1]
    assert ops.match_anchors(anchors, boxes, 0.5, 0.25, False).tolist() == [0, 0, -2, -1]


def test_of_two_objects_with_one_best_prior_the_later_has_it() -> None:
    priors = torch.tensor([[0.0, 0, 10, 10], [50, 50, 60, 60]])
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 11, 11], [0, 0, 9, 9]])
    assert ops.match_priors(priors, boxes, 0.5).tolist() == [2, -1]
    assert ops.match_priors(priors, boxes[:2], 0.5).tolist() == [1, -1]
    many = boxes[:1].repeat(300, 1)
    assert ops.match_priors(priors, many, 0.5).tolist() == [299, -1]


@pytest.mark.parametrize("keep_best", [False, True])
@pytest.mark.parametrize("high, low", [(0.7, 0.3), (0.5, 0.4), (0.5, 0.5)])
def test_anchors(high: float, low: float, keep_best: bool) -> None:
    torch.manual_seed(0)
    matcher = utils.Matcher(high, low, allow_low_quality_matches=keep_best)
    for count in range(1, 20):
        boxes = random_boxes(count)
        anchors = torch.cat([random_boxes(300), boxes[:5] + 2, boxes[:5] + 2])  # with ties
        iou = torchvision.ops.box_iou(boxes, anchors)
        ours = ops.match_anchors(anchors, boxes, high, low, keep_best)
        assert torch.equal(ours, matcher(iou)) and ours.dtype == torch.int64
        if keep_best and low < high:
            assert set(ours.tolist()) >= {-1, -2}


def test_what_no_anchor_touches_has_none() -> None:
    """All its anchors are equally good, at 0; torchvision would make every one an object."""
    anchors = torch.tensor([[0.0, 0, 10, 10], [20, 20, 30, 30]])
    boxes = torch.tensor([[80.0, 80, 90, 90], [0, 0, 10, 20]])
    assert ops.match_anchors(anchors, boxes, 0.7, 0.3, keep_best=True).tolist() == [1, -1]
    assert utils.Matcher(0.7, 0.3, True)(torchvision.ops.box_iou(boxes, anchors)).tolist() == [1, 0]


def test_without_objects_all_is_background() -> None:
    anchors, boxes = random_boxes(7), torch.zeros(0, 4)
    for index in (
        ops.match_priors(anchors, boxes, 0.5),
        ops.match_anchors(anchors, boxes, 0.7, 0.3, keep_best=True),
    ):
        assert index.tolist() == [-1] * 7 and index.dtype == torch.int64
    empty = ops.match_anchors(boxes, anchors, 0.7, 0.3, keep_best=False)
    assert empty.shape == (0,) and empty.dtype == torch.int64


@pytest.mark.parametrize("count, positive", [(64, 0.5), (64, 0.25), (7, 0.5), (1000, 0.5)])
def test_samples(count: int, positive: float) -> None:
    """With one seed the same places are drawn as by torchvision."""
    torch.manual_seed(0)
    index = torch.randint(-2, 5, (200,))
    labels = torch.where(index >= 0, 1, torch.where(index == -1, 0, -1))
    sampler = utils.BalancedPositiveNegativeSampler(count, positive)
    torch.manual_seed(1)
    (objects,), (background,) = sampler([labels])
    torch.manual_seed(1)
    ours, rest = ops.sample(index, count, positive)
    assert torch.equal(ours.sort().values, torch.where(objects)[0])
    assert torch.equal(rest.sort().values, torch.where(background)[0])
    assert len(ours) <= count * positive and len(ours) + len(rest) <= count
    nothing = ops.sample(index[:0], count, positive)
    assert [len(places) for places in nothing] == [0, 0]


def test_the_plain_overlap_matches_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    anchors, boxes = random_boxes(300), random_boxes(9)
    theirs = (
        ops.match_anchors(anchors, boxes, 0.7, 0.3, True),
        ops.match_priors(anchors, boxes, 0.5),
    )
    monkeypatch.setattr(ops, "box_iou", fallback.box_iou)
    ours = ops.match_anchors(anchors, boxes, 0.7, 0.3, True), ops.match_priors(anchors, boxes, 0.5)
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
