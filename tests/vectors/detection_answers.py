"""How the helpers of detectors answer the worked cases of detection, in double precision."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

sys.path.append(str(Path(__file__).parents[1] / "detection"))
from ops_oracle import fallback, ops  # pyright: ignore[reportMissingImports]

ONE = (1, 1, 1, 1)


def double(values: Any) -> Tensor:
    return torch.as_tensor(values, dtype=torch.double)


def corners(box: Any) -> Tensor:
    """Boxes of centre and sides."""
    centre, side = double(box).split(2, dim=-1)
    return torch.cat([centre - side / 2, centre + side / 2], dim=-1)


def centres(box: Tensor) -> Tensor:
    low, high = box.split(2, dim=-1)
    return torch.cat([(low + high) / 2, high - low], dim=-1)


def smooth_l1(case: Any) -> Any:
    """Of the first offset of a region of class 1."""
    found = []
    for x in case:
        offsets = double([[[0, 0, 0, 0], [x, 0, 0, 0]]])
        targets = [{"boxes": double([[0, 0, 8, 8]]), "labels": torch.tensor([1])}]
        scores = torch.zeros(1, 1, 2, dtype=torch.double)
        priors = targets[0]["boxes"]
        loss = ops.multibox_loss(scores, offsets[:, 1:], priors, targets, 0.5, 3, ONE)
        found.append(loss["boxes"].item())
    return found


def overlap(case: Any) -> Any:
    pairs = [[double([box]) for box in pair] for pair in case]
    plain = [fallback.box_iou(*pair).item() for pair in pairs]
    assert plain == [ops.box_iou(*pair).item() for pair in pairs]
    return plain


def suppression(case: Any) -> Any:
    """A box removes another if of the two alone it is the one that stays."""
    names, threshold = list(case["boxes"]), case["iou_threshold"]

    def kept(names: list[str]) -> list[str]:
        boxes = double([case["boxes"][name] for name in names])
        scores = double([case["scores"][name] for name in names])
        labels = torch.tensor([ord(name) for name in names])
        result = ops.detections(boxes, scores, 0 * labels, threshold, limit=9)
        place = fallback.nms(boxes, scores, threshold)
        assert torch.equal(boxes[place], result["boxes"])
        return [names[i] for i in place]

    def removed(name: str) -> list[str]:
        return [other for other in names if other != name and kept([other, name]) == [name]]

    return {"keep": kept(names), "removed_by_F": removed("F"), "removed_by_C": removed("C")}


def coding(case: Any) -> Any:
    anchor, box = corners([case["anchor_cxcywh"]]), corners([case["gt_cxcywh"]])
    t = ops.encode(box, anchor, ONE)
    ssd = ops.encode(box, anchor, (0.1, 0.1, 0.2, 0.2))
    assert torch.allclose(ops.decode(ssd, anchor, (0.1, 0.1, 0.2, 0.2)), box)
    return {"t": t[0].tolist(), "decode": centres(ops.decode(t, anchor, ONE))[0].tolist()}


def proposal_loss(case: Any) -> Any:
    """Anchors far apart, with an object where one is said to be.

    Without a background (`low` of 0) the classification is what is left of a loss whose term of the
    background is dropped.
    """
    anchors = double([[100 * i, 0, 100 * i + 10, 10] for i in range(len(case["p"]))])
    positive = torch.tensor(case["p_star"]) == 1
    boxes = ops.decode(double(case["t_star"])[positive], anchors[positive], ONE)
    targets = [{"boxes": boxes, "labels": torch.ones(len(boxes), dtype=torch.long)}]
    scores, offsets = double([case["p"]]).logit(), double([case["t"]])
    # The boxes are divided by all samples, of which lambda makes those that are objects.
    weight = case["lam"] * case["N_cls"] / case["N_reg"]
    given = (scores, offsets, anchors, targets, 0.5)
    loss = ops.rpn_loss(*given, 0.3, 256, 0.5, beta=1.0, balance=weight)
    literal = ops.rpn_loss(*given, 0.0, 256, 0.5, beta=1.0)
    cls_sum = loss["rpn_objects"].item() * case["N_cls"]
    literal_sum = literal["rpn_objects"].item() * len(boxes)
    boxes_loss = loss["rpn_boxes"].item()
    return {
        "cls_sum": cls_sum,
        "cls_sum_seed_literal": literal_sum,
        "reg_sum": boxes_loss * case["N_reg"] / case["lam"],
        "total": loss["rpn_objects"].item() + boxes_loss,
        "total_seed_literal": literal_sum / case["N_cls"] + boxes_loss,
    }


def anchors_of_proposals(case: Any) -> Any:
    sizes = [case["base"] * scale for scale in case["scales"]]
    found = ops.anchor_sizes(sizes, case["ratios"])
    grid = ops.tile_boxes(ops.centred_boxes(found), (38, 50), (16, 16))
    assert len(grid) == 17100
    return found


def priors(case: Any) -> Any:
    boxes = []
    keys = ("maps", "steps", "min_sizes", "max_sizes", "ratios")
    for side, step, small, large, ratios in zip(*(case[key] for key in keys), strict=True):
        cell = ops.centred_boxes(ops.prior_sizes(small, large, ratios))
        boxes.append(ops.tile_boxes(cell, (side, side), (step, step), shift=0.5))
    every = centres(torch.cat(boxes) / 300)
    return {
        "count": len(every),
        "per_map": [len(b) for b in boxes],
        "first4": every[:4].tolist(),
        "last4": every[-4:].tolist(),
    }


def mined(case: Any) -> Any:
    loss = double([case["background_loss"]])
    positive = torch.tensor([case["positive"]]) == 1
    hard = torch.where(ops.hard_negatives(loss, positive, case["ratio"])[0])[0].tolist()
    order = sorted(hard, key=lambda i: -case["background_loss"][i])
    n_pos = int(positive.sum())
    return {"kept_negatives_by_loss_desc": order, "n_pos": n_pos, "n_neg": len(hard)}


def multibox(case: Any) -> Any:
    """Objects that are their priors, and others far from any."""
    boxes = double([[100 * i, 0, 100 * i + 10, 10] for i in range(len(case["labels"]))])
    labels = torch.tensor(case["labels"])
    objects = labels > 0
    targets = [{"boxes": boxes[objects], "labels": labels[objects]}]
    assert not any(any(row) for row in case["loc_target"])
    offsets = torch.zeros(1, len(boxes), 4, dtype=torch.double)
    offsets[0, objects] = double(case["loc_pred"])
    scores = double([case["conf_logits"]])
    loss = ops.multibox_loss(
        scores, offsets, boxes, targets, 0.5, 3, ONE, balance=float(case["alpha"])
    )
    none = [{name: value[:0] for name, value in targets[0].items()}]
    nothing = ops.multibox_loss(scores, offsets, boxes, none, 0.5, 3, ONE)
    assert sum(nothing.values()) == 0
    n = case["N"]
    return {
        "L_conf": loss["classification"].item() * n,
        "L_loc": loss["boxes"].item() * n / case["alpha"],
        "total": sum(value.item() for value in loss.values()),
    }


def matching(case: Any) -> Any:
    boxes, objects = double(case["priors"]), double(case["gts"])
    return {
        "iou": ops.box_iou(boxes, objects).tolist(),
        "match": ops.match_priors(boxes, objects, case["threshold"]).tolist(),
    }


def feature(case: Any) -> tuple[Tensor, list[Tensor], tuple[int]]:
    assert case["feature"] == "arange(64).reshape(8,8)"
    x = torch.arange(64, dtype=torch.double).view(1, 1, 8, 8)
    return x, [double([case["roi_image_xyxy"]])], (round(1 / case["spatial_scale"]),)


def region_pooling(case: Any) -> Any:
    x, regions, strides = feature(case)
    found = ops.pool_regions_max([x], regions, strides, tuple(case["out"]))
    rois = torch.cat([torch.zeros(1, 1, dtype=torch.double), regions[0]], dim=1)
    assert torch.equal(found, fallback.roi_pool(x, rois, case["out"], case["spatial_scale"]))
    return found[0, 0].tolist()


def region_aligning(case: Any) -> Any:
    """The largest of a bin's samples: they are the means of bins of half the side."""
    x, regions, strides = feature(case)
    rows, columns = case["out"]
    mean = ops.pool_regions([x], regions, strides, (rows, columns), 2)
    samples = ops.pool_regions([x], regions, strides, (2 * rows, 2 * columns), 1)
    assert torch.allclose(F.avg_pool2d(samples, 2), mean)
    return {"max": F.max_pool2d(samples, 2)[0, 0].tolist(), "mean": mean[0, 0].tolist()}


DETECTION: dict[str, Callable[[Any], Any]] = {
    "V22": smooth_l1,
    "V23": overlap,
    "V24": suppression,
    "V25": coding,
    "V26": proposal_loss,
    "V27": anchors_of_proposals,
    "V28": priors,
    "V29": mined,
    "V30": multibox,
    "V31": matching,
    "V35": region_pooling,
    "V36": region_aligning,
}
