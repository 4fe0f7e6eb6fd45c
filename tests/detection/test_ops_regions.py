"""Proposals, pooling, and what is kept: torchvision says the same; the R-CNN of 2014 by other oracles."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from ops_oracle import close, ops, random_boxes, random_targets, torchvision
from sklearn.linear_model import Ridge
from sklearn.metrics import hinge_loss
from test_ops_losses import rpn_of_torchvision
from torch import Tensor
from torch.nn import functional as F

detection = torchvision.models.detection


# ---------------------------------------------------------------------------------------- proposals
@pytest.mark.parametrize("training", [True, False])
def test_proposals(training: bool) -> None:
    torch.manual_seed(0)
    rpn = rpn_of_torchvision().train(training)
    counts, sizes = [100, 50, 10], [(90, 100), (60, 80)]
    scores = [torch.randn(2, n) for n in counts]
    boxes = [torch.stack([random_boxes(n, (100, 120)) for _ in sizes]) for n in counts]
    boxes[0][:, :3] = torch.tensor([130.0, 10, 140, 20])  # nothing of these is left in the image
    theirs, _ = rpn.filter_proposals(torch.cat(boxes, 1), torch.cat(scores, 1), sizes, counts)
    before, after = (60, 50) if training else (40, 30)
    for i, size in enumerate(sizes):
        ours = ops.propose([s[i] for s in scores], [b[i] for b in boxes], size, 0.7, before, after)
        assert torch.equal(ours, theirs[i]) and 0 < len(ours) <= after
    nothing = ops.propose([torch.zeros(0)], [torch.zeros(0, 4)], (9, 9), 0.7, 5, 5)
    assert nothing.shape == (0, 4)


@pytest.mark.parametrize("counts", [(4, 2), (3, 0)])
def test_samples_of_regions(counts: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    targets = random_targets(counts, 5)
    regions = [torch.cat([random_boxes(60), t["boxes"] + 1]) for t in targets]
    heads: Any = detection.roi_heads.RoIHeads(
        None, None, None, 0.5, 0.5, 32, 0.25, None, 0.05, 0.5, 100
    )
    torch.manual_seed(1)
    boxes, _, labels, offsets = heads.select_training_samples(list(regions), targets)
    torch.manual_seed(1)
    for i, target in enumerate(targets):
        ours, own, objects = ops.sample_regions(regions[i], target, 0.5, 32, 0.25)
        assert torch.equal(ours, boxes[i]) and torch.equal(own, labels[i]) and len(own) == 32
        positive = own > 0
        assert positive.any() == bool(len(target["boxes"])) and positive.sum() <= 8
        wanted = ops.encode(objects[positive], ours[positive], (0.1, 0.1, 0.2, 0.2))
        close(wanted, offsets[i][positive], atol=1e-4)


# ------------------------------------------------------------------------------------ what is kept
def test_detections() -> None:
    """As the end of Fast R-CNN: the best of each class, at most so many."""
    torch.manual_seed(0)
    heads: Any = detection.roi_heads.RoIHeads(
        None, None, None, 0.5, 0.5, 32, 0.25, None, 0.1, 0.5, 12
    )
    regions, size = random_boxes(80), (90, 100)
    scores, offsets = torch.randn(80, 5) * 2, torch.randn(80, 20) * 0.5
    boxes, probabilities, labels = heads.postprocess_detections(scores, offsets, [regions], [size])
    box = ops.decode(offsets.view(80, 5, 4), regions[:, None], (0.1, 0.1, 0.2, 0.2))
    box, p = ops.clip_boxes(box, size), scores.softmax(dim=1)
    large = (box[..., 2:] - box[..., :2] >= 1e-2).all(dim=-1)
    good = (p > 0.1) & large
    good[:, 0] = False
    place, label = torch.where(good)
    ours = ops.detections(box[place, label], p[place, label], label, nms=0.5, limit=12)
    assert torch.equal(ours["labels"], labels[0]) and len(labels[0]) == 12
    close(ours["boxes"], boxes[0], atol=1e-4)
    close(ours["scores"], probabilities[0])
    half = ops.detections(box[place, label], p[place, label].half(), label, nms=0.5, limit=12)
    assert len(half["labels"]) == 12, "scores of another precision"


def test_the_best_of_each_class() -> None:
    torch.manual_seed(0)
    p = torch.randn(40, 4).softmax(dim=1)
    place, score, label = ops.top_per_class(p, 0.5, candidates=5)
    expected = set()
    for c in (1, 2, 3):
        best = sorted(range(40), key=lambda i: -p[i, c].item())[:5]
        expected |= {(i, c) for i in best if p[i, c] > 0.5}
    assert set(zip(place.tolist(), label.tolist(), strict=True)) == expected
    assert torch.equal(score, p[place, label]) and 5 < len(expected) < 15
    assert [len(t) for t in ops.top_per_class(p[:0], 0.3, 5)] == [0, 0, 0]


# ------------------------------------------------------------------------------------------ pooling
def pyramid(*strides: int) -> list[Tensor]:
    return [torch.randn(2, 3, 512 // s, 512 // s, requires_grad=True) for s in strides]


@pytest.mark.parametrize("ratio", [2, 0])
def test_regions_of_a_pyramid(ratio: int) -> None:
    torch.manual_seed(0)
    strides = (4, 8, 16, 32)
    maps = pyramid(*strides)
    regions = [random_boxes(60, (512, 512), side) for side in (500, 60)]
    theirs = torchvision.ops.MultiScaleRoIAlign(list("0123"), (7, 5), ratio)
    expected = theirs(dict(zip("0123", maps, strict=True)), regions, [(512, 512)] * 2)
    ours = ops.pool_regions(maps, regions, strides, (7, 5), ratio)
    assert torch.equal(ours, expected)
    _, level = ops.fit_levels(maps, regions, strides)
    assert set(level.tolist()) == {0, 1, 2, 3}
    gradient = torch.randn_like(ours)
    close(torch.autograd.grad(ours, maps, gradient), torch.autograd.grad(expected, maps, gradient))


def test_regions_of_one_map() -> None:
    """Regions of any size are taken from it."""
    torch.manual_seed(0)
    maps = pyramid(16)
    regions = [random_boxes(30, (512, 512), 500), torch.zeros(0, 4)]
    rois = torch.cat([torch.zeros(30, 1), regions[0]], dim=1)
    mean = ops.pool_regions(maps, regions, (16,), (7, 7), 2)
    assert torch.equal(mean, torchvision.ops.roi_align(maps[0], rois, 7, 1 / 16, 2))
    largest = ops.pool_regions_max(maps, regions, (16,), (6, 6))
    assert torch.equal(largest, torchvision.ops.roi_pool(maps[0], rois, 6, 1 / 16))
    none = ops.pool_regions_max(maps, [regions[1]] * 2, (16,), (6, 6))
    assert none.shape == (0, 3, 6, 6)


def test_maxima_of_a_pyramid() -> None:
    torch.manual_seed(0)
    maps, strides = pyramid(8, 16), (8, 16)
    regions = [random_boxes(20, (512, 512), 400) for _ in range(2)]
    ours = ops.pool_regions_max(maps, regions, strides, (7, 7))
    for i, box in enumerate(torch.cat(regions)):
        side = (box[2:] - box[:2]).prod().sqrt().item()
        level = int(side >= 224)
        roi = torch.cat([torch.tensor([float(i // 20)]), box])[None]
        expected = torchvision.ops.roi_pool(maps[level], roi, 7, 1 / strides[level])
        assert torch.equal(ours[i], expected[0])


def test_pooling_of_half_precision_keeps_places() -> None:
    """A bfloat16 has 8 digits of 2: too few for the places of a wide map."""
    torch.manual_seed(0)
    maps = [torch.randn(1, 2, 8, 200, dtype=torch.bfloat16)]
    regions = [torch.tensor([[1501.3, 3, 1590.7, 60]])]
    ours = ops.pool_regions(maps, regions, (8,), (7, 7), 2)
    full = ops.pool_regions([maps[0].float()], regions, (8,), (7, 7), 2)
    assert ours.dtype == torch.bfloat16 and torch.equal(ours, full.bfloat16())


# ------------------------------------------------------------------------------------ R-CNN of 2014
def test_a_warped_region_is_its_resized_crop() -> None:
    """Where all that is seen lies in the image, away from the rim of the crop."""
    torch.manual_seed(0)
    image = torch.rand(3, 60, 80)
    box = torch.tensor([[20.0, 10, 50, 30]])
    ours = ops.warp_regions([image], [box], (40, 60), context=0)
    crop = F.interpolate(image[None, :, 10:30, 20:50], (40, 60), mode="bilinear")
    close(ours[0, :, 1:-1, 1:-1], crop[0, :, 1:-1, 1:-1])
    # 40x60 with 4 around: the region is 32x52, so 20x30 pixels become 25x(34 + 8 / 13).
    ours = ops.warp_regions([image], [box], (40, 60), context=4)
    inner = F.interpolate(image[None, :, 10:30, 20:50], (32, 52), mode="bilinear")
    close(ours[0, :, 5:-5, 5:-5], inner[0, :, 1:-1, 1:-1], atol=1e-5)


def test_what_is_missing_is_0() -> None:
    """A region as large as the image: the context around it is outside."""
    image = torch.ones(2, 30, 30)
    ours = ops.warp_regions([image], [torch.tensor([[0.0, 0, 30, 30]])], (46, 46), context=8)
    expected = F.pad(torch.ones(2, 30, 30), (8,) * 4)
    assert torch.equal(ours[0], expected)


@pytest.mark.parametrize("mode", ["square", "pad"])
def test_regions_that_keep_their_proportions(mode: str) -> None:
    """A region of 8x16 in 32x32: twice as large, with 8 places left above and below."""
    torch.manual_seed(0)
    image = torch.rand(1, 40, 40)
    box = torch.tensor([[12.0, 16, 28, 24]])
    ours = ops.warp_regions([image], [box], (32, 32), context=0, mode=mode)[0]
    crop = F.interpolate(image[None, :, 12:28, 12:28], (32, 32), mode="bilinear")[0]
    close(ours[:, 9:-9, 1:-1], crop[:, 9:-9, 1:-1])
    border = ours[:, [*range(8), *range(24, 32)]]
    if mode == "pad":
        assert not border.any()
        shown = ops.warp_regions([image], [box], (40, 40), context=4, mode=mode)[0]
        assert not shown[:, :8].any() and not shown[:, 32:].any() and shown[:, 8:32].all()
    else:
        close(border[:, 1:-1, 1:-1], crop[:, [*range(8), *range(24, 32)]][:, 1:-1, 1:-1])


def test_regions_of_several_images() -> None:
    images = [torch.full((1, 20, 20), 1.0), torch.full((1, 30, 10), 2.0), torch.zeros(1, 9, 9)]
    regions = [random_boxes(2, (20, 20), 9), random_boxes(1, (30, 10), 9), torch.zeros(0, 4)]
    ours = ops.warp_regions(images, regions, (8, 8), context=1)
    assert ours.shape == (3, 1, 8, 8)
    assert ours[:, 0, 4, 4].tolist() == [1, 1, 2]
    with pytest.raises(ValueError, match="no room"):
        ops.warp_regions(images, regions, (8, 16), context=4)
    with pytest.raises(ValueError, match='not "crop"'):
        ops.warp_regions(images, regions, (8, 8), context=1, mode="crop")


def test_regions_of_support_vector_machines() -> None:
    """Objects are theirs alone; what overlaps a little is nobody's example."""
    boxes = torch.tensor([[0.0, 0, 10, 10], [50, 50, 60, 60]])
    target = {"boxes": boxes, "labels": torch.tensor([3, 1])}
    regions = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 2.9], [0, 0, 10, 3], [80, 80, 90, 90]])
    found, labels = ops.svm_regions(regions, target, classes=3)
    assert torch.equal(found, torch.cat([regions, boxes]))
    assert labels.tolist() == [
        [-1, -1, 0],
        [-1, -1, -1],
        [-1, -1, 0],
        [-1, -1, -1],
        [-1, -1, 1],
        [1, -1, -1],
    ]
    none = {"boxes": boxes[:0], "labels": target["labels"][:0]}
    assert ops.svm_regions(regions, none, classes=3)[1].tolist() == [[-1] * 3] * 4


def test_support_vector_machines() -> None:
    """Per class the hinge loss of scikit-learn, on the examples of that class."""
    torch.manual_seed(0)
    scores = torch.randn(50, 4, requires_grad=True)
    labels = torch.randint(-1, 2, (50, 4))
    ours = ops.svm_loss(scores, labels)["classification"]
    expected, heavy = 0.0, 0.0
    for c in range(4):
        used = labels[:, c] != 0
        truth, score = labels[used, c].numpy(), scores[used, c].detach().numpy()
        expected += hinge_loss(truth, score) * used.sum().item()
        weight = 1 + (truth > 0)
        heavy += hinge_loss(truth, score, sample_weight=weight) * weight.sum()
    assert ours.item() == pytest.approx(expected / 50, rel=1e-5)
    doubled = ops.svm_loss(scores, labels, positive=2.0)["classification"]
    assert doubled.item() == pytest.approx(heavy / 50, rel=1e-5)
    (gradient,) = torch.autograd.grad(ours, scores)
    assert not gradient[labels == 0].any() and gradient.any()
    assert ops.svm_loss(scores[:0], labels[:0])["classification"].item() == 0


@pytest.mark.parametrize("rows, columns", [(60, 9), (9, 60)])
def test_ridge_regression(rows: int, columns: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(rows, columns, dtype=torch.double) * 8 + 3
    y = torch.randn(rows, 4, dtype=torch.double) + 1
    theirs = Ridge(alpha=1000).fit(x.numpy(), y.numpy())
    weight, bias = ops.ridge_fit(x, y)
    close(weight, torch.tensor(theirs.coef_), atol=1e-12)
    close(bias, torch.tensor(theirs.intercept_), atol=1e-12)
    assert weight.abs().max() > 1e-4
    # There the gradient of the loss is 0, with and without a class.
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    labels = torch.ones(rows, dtype=torch.long)
    offsets = F.linear(x, weight, bias)[:, None]
    loss = ops.ridge_loss(offsets, labels, y, weight)["boxes"]
    for gradient in torch.autograd.grad(loss, (weight, bias)):
        assert gradient.abs().max() < 1e-8
    penalty = 1000 * weight.square().sum().item()
    assert loss.item() == pytest.approx(((offsets[:, 0] - y) ** 2).sum().item() + penalty)
    assert ops.ridge_loss(offsets, 0 * labels, y, weight)["boxes"].item() == pytest.approx(penalty)


def test_ridge_regression_of_classes() -> None:
    """Of every region only the offsets of its class count."""
    offsets = torch.arange(24.0).view(2, 3, 4)
    wanted, weight = torch.zeros(2, 4), torch.zeros(1)
    loss = ops.ridge_loss(offsets, torch.tensor([2, 0]), wanted, weight)["boxes"]
    assert loss.item() == 4**2 + 5**2 + 6**2 + 7**2


def test_ridge_regression_of_nothing() -> None:
    weight, bias = ops.ridge_fit(torch.zeros(0, 5), torch.zeros(0, 4))
    assert weight.shape == (4, 5) and not weight.any() and not bias.any()
