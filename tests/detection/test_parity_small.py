"""The small detectors of the zoo against torchvision's detectors around the same maps.

Here torchvision has its own heads, anchors, losses and choice of boxes; only the convolutions that make
the maps are shared. It is quick, so all of it is proven at each run; published networks are proven in
`test_parity_published.py`.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest
import torch
from detector_oracle import (
    close,
    detection,
    emitted_class,
    objects,
    photographs,
    same_detections,
    same_losses,
    settled,
    spread,
    without_resizing,
)
from ops_oracle import torchvision
from torch import Tensor, nn

anchors = detection.anchor_utils
PLAIN = {"image_mean": [0.0] * 3, "image_std": [1.0] * 3}


class Maps(nn.Module):
    """What one of our networks has below its heads, as torchvision's backbones return it."""

    def __init__(self, net: Any, steps: list[str], shown: list[str], channels: Any) -> None:
        super().__init__()
        self.parts = nn.ModuleDict({name: getattr(net, name) for name in steps})
        self.shown, self.out_channels = shown, channels

    def forward(self, x: Tensor) -> OrderedDict[str, Tensor]:
        found: OrderedDict[str, Tensor] = OrderedDict()
        for name, part in self.parts.items():
            x = part(x)
            found[name] = x
        return OrderedDict((name, found[name]) for name in self.shown)


class Pyramid(Maps):
    """The same, and torchvision's feature pyramid on it."""

    def __init__(self, net: Any, steps: list[str], shown: list[str], channels: int) -> None:
        super().__init__(net, steps, shown, channels)
        widths = [net.fpn.get_submodule(f"inner{i}").in_channels for i in range(len(shown))]
        self.fpn = torchvision.ops.FeaturePyramidNetwork(widths, channels)

    def forward(self, x: Tensor) -> OrderedDict[str, Tensor]:
        return self.fpn(super().forward(x))


def small(name: str) -> Any:
    """A network whose batch normalisation knows photographs: training and detecting see alike maps."""
    net = emitted_class(name)()
    batch = torch.stack([image[:, 50:178, 100:228] for image in photographs()])
    return settled(net, lambda: net.predict(batch))


def share(*pairs: tuple[nn.Module, nn.Module]) -> None:
    """Ours take the weights of theirs."""
    for ours, theirs in pairs:
        ours.load_state_dict(theirs.state_dict())


# ------------------------------------------------------------------------------------------- pairs
def ssd() -> tuple[Any, Any]:
    net = small("digitsssd")
    shown = ["fine", "middle", "coarse"]
    maps = Maps(net, ["stem", *shown], shown, [64, 128, 128])
    boxes = anchors.DefaultBoxGenerator(
        [[2, 3]] * 3, scales=[12 / 128, 20 / 128, 32 / 128, 52 / 128], steps=[8, 16, 32], clip=False
    )
    theirs = detection.ssd.SSD(maps, boxes, (128, 128), num_classes=11, **PLAIN)
    scores = theirs.head.classification_head.module_list
    offsets = theirs.head.regression_head.module_list
    run = running(theirs)
    spread(scores, run, 2.0)
    spread(offsets, run, 1.0)
    share((net.ssd.scores, scores), (net.ssd.offsets, offsets))
    return net, theirs


def faster_rcnn() -> tuple[Any, Any]:
    net = small("digitsfasterrcnn")
    maps = Maps(net, ["body"], ["body"], 96)
    boxes = anchors.AnchorGenerator(((14, 24, 40),), ((1.0, 1.6, 2.6),))
    box_head = nn.Sequential(nn.Flatten(), nn.Linear(96 * 49, 256), nn.ReLU())
    theirs = detection.FasterRCNN(
        maps,
        rpn_anchor_generator=boxes,
        box_roi_pool=torchvision.ops.MultiScaleRoIAlign(["body"], 7, 2),
        box_head=box_head,
        box_predictor=detection.faster_rcnn.FastRCNNPredictor(256, 11),
        rpn_pre_nms_top_n_train=1000,
        rpn_pre_nms_top_n_test=300,
        rpn_post_nms_top_n_train=300,
        rpn_post_nms_top_n_test=100,
        rpn_batch_size_per_image=64,
        box_batch_size_per_image=32,
        **PLAIN,
    )
    without_resizing(theirs)
    run = running(theirs)
    head, last = theirs.rpn.head, theirs.roi_heads.box_predictor
    spread([head.cls_logits], run, 2.0)
    spread([head.bbox_pred], run, 0.2)
    spread([last.cls_score], run, 3.0)
    spread([last.bbox_pred], run, 1.0)
    share(
        (net.rpn.conv, head.conv[0][0]),
        (net.rpn.scores, head.cls_logits),
        (net.rpn.offsets, head.bbox_pred),
        (net.rcnn.fc6, box_head[1]),
        (net.rcnn.scores, last.cls_score),
        (net.rcnn.offsets, last.bbox_pred),
    )
    return net, theirs


def retinanet() -> tuple[Any, Any]:
    net = small("digitsretinanet")
    shown = ["fine", "middle", "coarse"]
    maps = Pyramid(net, ["stem", *shown], shown, 64)
    sizes = tuple(tuple(int(s * 2 ** (i / 3)) for i in range(3)) for s in (12, 24, 48))
    boxes = anchors.AnchorGenerator(sizes, ((1.0, 1.6, 2.6),) * 3)
    theirs = detection.RetinaNet(
        maps, num_classes=10, anchor_generator=boxes, detections_per_img=100, **PLAIN
    )
    without_resizing(theirs)
    heads = theirs.head.classification_head, theirs.head.regression_head
    for head in heads:
        head.conv = head.conv[:2]
    run = running(theirs)
    spread([heads[0].cls_logits], run, 1.5, mean=-4.6)
    spread([heads[1].bbox_reg], run, 0.2)
    share((net.retina.scores, heads[0].cls_logits), (net.retina.offsets, heads[1].bbox_reg))
    for i in range(3):
        share(
            (net.fpn.get_submodule(f"inner{i}"), maps.fpn.inner_blocks[i][0]),
            (net.fpn.get_submodule(f"p{i}"), maps.fpn.layer_blocks[i][0]),
        )
    towers = net.retina.classification, net.retina.regression
    for tower, head in zip(towers, heads):
        share((tower[0], head.conv[0][0]), (tower[2], head.conv[1][0]))
    return net, theirs


def running(model: Any) -> Any:
    return lambda: model.eval()(images())


def images() -> list[Tensor]:
    """Parts of photographs of three sizes; no side is a multiple of 32, and so is no batch's."""
    a, b, c, _ = photographs()
    return [a[:, 60:180, 150:310], b[:, 40:150, 100:210], c[:, 100:220, 200:300]]


PAIRS = {"ssd": ssd, "faster_rcnn": faster_rcnn, "retinanet": retinanet}
LOSSES = {
    "ssd": {"classification": "classification", "boxes": "bbox_regression"},
    "faster_rcnn": {
        "rpn_objects": "loss_objectness",
        "rpn_boxes": "loss_rpn_box_reg",
        "classification": "loss_classifier",
        "boxes": "loss_box_reg",
    },
    "retinanet": {"classification": "classification", "boxes": "bbox_regression"},
}


@pytest.fixture(scope="module", params=PAIRS)
def pair(request: pytest.FixtureRequest) -> tuple[str, Any, Any]:
    torch.manual_seed(0)
    return request.param, *PAIRS[request.param]()


# ------------------------------------------------------------------------------------------- tests
def test_detections(pair: tuple[str, Any, Any]) -> None:
    _, ours, theirs = pair
    with torch.no_grad():
        found, expected = ours.eval()(images()), theirs.eval()(images())
    assert len(found) == len(expected) == 3
    for one, other in zip(found, expected):
        same_detections(one, other)


@pytest.mark.parametrize("counts", [(3, 1, 2), (0, 4, 1), (0, 0, 0)])
def test_losses_and_gradients(pair: tuple[str, Any, Any], counts: tuple[int, ...]) -> None:
    name, ours, theirs = pair
    start = 0 if name == "retinanet" else 1
    losses, gradients = [], []
    for model in (ours, theirs):
        model.train()
        model.zero_grad()
        targets = objects(images(), counts, 10, seed=3, start=start)
        found = model(images(), targets)
        torch.stack(list(found.values())).sum().backward()
        losses.append(found)
        first = next(p for p in ours.parameters())  # of the convolutions they share
        gradients.append(first.grad.clone() if first.grad is not None else None)
    same_losses(losses[0], losses[1], LOSSES[name])
    assert gradients[0].abs().max() > 1e-3 or (name == "ssd" and sum(counts) == 0)
    most = gradients[1].abs().max().item()
    close(gradients[0], gradients[1], atol=1e-4 * most)
    assert all(loss > 0 for loss in losses[0].values()) or 0 in counts


def test_of_one_seed_the_same_samples(pair: tuple[str, Any, Any]) -> None:
    """Another seed gives other losses where regions are drawn, so equal ones are no accident."""
    name, ours, _ = pair
    if name != "faster_rcnn":
        return
    ours.train()
    targets = objects(images(), (3, 1, 2), 10, seed=3)
    totals = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        totals.append([v.item() for v in ours(images(), targets).values()])
    assert totals[0] == totals[1] != totals[2]
