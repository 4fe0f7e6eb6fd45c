"""Losses of SSD, RetinaNet, the region proposal network and Fast R-CNN: torchvision's are the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from ops_oracle import close, ops, random_boxes, random_targets, torchvision
from torch import Tensor

detection = torchvision.models.detection
COUNTS = [(3, 1, 6), (2, 0, 4), (0, 0)]


def same(ours: dict[str, Tensor], theirs: Sequence[Tensor], *inputs: Tensor) -> None:
    """Equal losses with equal gradients."""
    for own, other in zip(ours.values(), theirs, strict=True):
        close(own, other)
        one = torch.autograd.grad(own, inputs, retain_graph=True, materialize_grads=True)
        two = torch.autograd.grad(other, inputs, retain_graph=True, materialize_grads=True)
        close(one, two, atol=1e-6)


def predictions(images: int, anchors: int, columns: int) -> tuple[Tensor, Tensor]:
    scores = (torch.randn(images, anchors, columns) * 2).requires_grad_()
    return scores, torch.randn(images, anchors, 4, requires_grad=True)


# ---------------------------------------------------------------------------------------------- SSD
def ssd_of_torchvision(
    scores: Tensor, offsets: Tensor, priors: Tensor, targets: list[Any], negatives: int
) -> list[Tensor]:
    model: Any = SimpleNamespace(
        box_coder=detection._utils.BoxCoder((10.0, 10.0, 5.0, 5.0)), neg_to_pos_ratio=negatives
    )
    matcher = detection._utils.SSDMatcher(0.5)
    places = [
        matcher(torchvision.ops.box_iou(t["boxes"], priors))
        if len(t["boxes"])
        else torch.full((len(priors),), -1)
        for t in targets
    ]
    head = {"bbox_regression": offsets, "cls_logits": scores}
    losses = detection.ssd.SSD.compute_loss(model, targets, head, [priors] * len(targets), places)
    return [losses["classification"], losses["bbox_regression"]]


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("negatives", [3, 1])
def test_ssd(counts: tuple[int, ...], negatives: int) -> None:
    torch.manual_seed(0)
    priors, targets = random_boxes(400), random_targets(counts, 5)
    scores, offsets = predictions(len(counts), 400, 6)
    ours = ops.multibox_loss(scores, offsets, priors, targets, 0.5, negatives, (0.1, 0.1, 0.2, 0.2))
    assert list(ours) == ["classification", "boxes"]
    same(ours, ssd_of_torchvision(scores, offsets, priors, targets, negatives), scores, offsets)
    assert (sum(counts) == 0) == (ours["classification"].item() == 0)


def test_ssd_balance_weighs_the_boxes() -> None:
    torch.manual_seed(0)
    priors, targets = random_boxes(400), random_targets((3,), 5)
    scores, offsets = predictions(1, 400, 6)
    given = (scores, offsets, priors, targets, 0.5, 3, (0.1, 0.1, 0.2, 0.2))
    one, two = ops.multibox_loss(*given), ops.multibox_loss(*given, balance=2.5)
    assert one["classification"] == two["classification"]
    close(two["boxes"], 2.5 * one["boxes"])


def test_hard_negatives_are_background_only() -> None:
    """Also where more is wanted than there is, and with equal losses: the first ones."""
    loss = torch.tensor([[5.0, 1, 1, 1, 4], [1, 2, 3, 4, 5]])
    positive = torch.tensor([[True, False, False, False, False], [True, True, False, True, True]])
    assert ops.hard_negatives(loss, positive, 2).tolist() == [
        [False, True, False, False, True],
        [False, False, True, False, False],
    ]


# ---------------------------------------------------------------------------------------- RetinaNet
@pytest.mark.parametrize("gamma, alpha", [(2, 0.25), (0, 0.5), (1.5, 0.9)])
def test_focal_loss(gamma: float, alpha: float) -> None:
    torch.manual_seed(0)
    scores = (torch.randn(50, 7) * 5).requires_grad_()
    labels = (torch.rand(50, 7) < 0.2).float()
    theirs = torchvision.ops.sigmoid_focal_loss(scores, labels, alpha, gamma, "sum")
    same({"": ops.focal_loss(scores, labels, gamma, alpha)}, [theirs], scores)


@pytest.mark.parametrize("counts", COUNTS)
def test_retinanet(counts: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    anchors, targets = random_boxes(400), random_targets(counts, 5)
    for target in targets:
        target["labels"] -= 1  # there is no column of background
    scores, offsets = predictions(len(counts), 400, 5)
    ours = ops.retina_loss(scores, offsets, anchors, targets, 0.5, 0.4, 2, 0.25)
    matcher = detection._utils.Matcher(0.5, 0.4, allow_low_quality_matches=True)
    places = [
        matcher(torchvision.ops.box_iou(t["boxes"], anchors))
        if len(t["boxes"])
        else torch.full((400,), -1)
        for t in targets
    ]
    head = detection.retinanet.RetinaNetHead(8, 1, 5)
    given = {"cls_logits": scores, "bbox_regression": offsets}
    theirs = head.compute_loss(targets, given, [anchors] * len(counts), places)
    same(ours, [theirs["classification"], theirs["bbox_regression"]], scores, offsets)


# --------------------------------------------------------------------------------- region proposals
def rpn_of_torchvision() -> Any:
    return detection.rpn.RegionProposalNetwork(
        None,
        None,
        fg_iou_thresh=0.7,
        bg_iou_thresh=0.3,
        batch_size_per_image=64,
        positive_fraction=0.5,
        pre_nms_top_n={"training": 60, "testing": 40},
        post_nms_top_n={"training": 50, "testing": 30},
        nms_thresh=0.7,
    )


@pytest.mark.parametrize("counts", COUNTS)
def test_region_proposals(counts: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    anchors, targets = random_boxes(400), random_targets(counts, 5)
    scores, offsets = predictions(len(counts), 400, 1)
    given = (scores.squeeze(2), offsets, anchors, targets, 0.7, 0.3, 64, 0.5)
    torch.manual_seed(1)
    ours = ops.rpn_loss(*given)
    rpn = rpn_of_torchvision()
    labels, boxes = rpn.assign_targets_to_anchors([anchors] * len(counts), targets)
    wanted = rpn.box_coder.encode(boxes, [anchors] * len(counts))
    torch.manual_seed(1)
    theirs = rpn.compute_loss(scores.flatten(0, 1), offsets.flatten(0, 1), labels, wanted)
    assert list(ours) == ["rpn_objects", "rpn_boxes"]
    same(ours, theirs, scores, offsets)
    torch.manual_seed(1)
    balanced = ops.rpn_loss(*given, balance=10.0)
    close(balanced["rpn_boxes"], 10 * ours["rpn_boxes"])
    assert balanced["rpn_objects"] == ours["rpn_objects"]


def test_region_proposals_of_another_beta() -> None:
    """By hand: one anchor that is its object, with offsets on both sides of beta."""
    anchors = torch.tensor([[0.0, 0, 10, 10]])
    targets = [{"boxes": anchors, "labels": torch.tensor([1])}]
    offsets = torch.tensor([[[0.5, -2.0, 0, 0]]])
    for beta in (1.0, 0.25):
        loss = ops.rpn_loss(
            torch.zeros(1, 1), offsets, anchors, targets, 0.7, 0.3, 4, 0.5, beta=beta
        )
        half = 0.5**2 / 2 / beta if beta > 0.5 else 0.5 - beta / 2
        assert loss["rpn_boxes"].item() == pytest.approx(half + 2 - beta / 2)
        assert loss["rpn_objects"].item() == pytest.approx(math.log(2))


@pytest.mark.parametrize("regions", [0, 1, 40])
def test_fast_rcnn(regions: int) -> None:
    torch.manual_seed(0)
    labels = torch.randint(0, 4, (regions,))
    scores = torch.randn(regions, 4, requires_grad=True)
    offsets = torch.randn(regions, 4, 4, requires_grad=True)
    wanted = torch.randn(regions, 4)
    ours = ops.rcnn_loss(scores, offsets, labels, wanted)
    if regions == 0:
        assert [loss.item() for loss in ours.values()] == [0, 0]
        return
    theirs = detection.roi_heads.fastrcnn_loss(scores, offsets.flatten(1), [labels], [wanted])
    same(ours, theirs, scores, offsets)


# ---------------------------------------------------------------------------------------- precision
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_losses_of_half_precision_are_float32(dtype: torch.dtype) -> None:
    """The sum over 10,000 anchors is that of the same numbers as float32."""
    torch.manual_seed(0)
    anchors, targets = random_boxes(10_000), random_targets((5,), 3)
    scores, offsets = torch.randn(1, 10_000, 4).to(dtype), torch.randn(1, 10_000, 4).to(dtype)
    losses = {
        "multibox_loss": (0.5, 3, (1, 1, 1, 1)),
        "retina_loss": (0.5, 0.4, 2, 0.25),
    }
    for name, rest in losses.items():
        loss = getattr(ops, name)
        half = loss(scores, offsets, anchors, targets, *rest)
        full = loss(scores.float(), offsets.float(), anchors, targets, *rest)
        assert half == full and {v.dtype for v in half.values()} == {torch.float32}
    torch.manual_seed(1)
    half = ops.rpn_loss(scores[..., 0], offsets, anchors, targets, 0.7, 0.3, 256, 0.5)
    torch.manual_seed(1)
    full = ops.rpn_loss(
        scores[..., 0].float(), offsets.float(), anchors, targets, 0.7, 0.3, 256, 0.5
    )
    assert half == full
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cast = ops.multibox_loss(scores, offsets, anchors, targets, *losses["multibox_loss"])
    assert {v.dtype for v in cast.values()} == {torch.float32}
