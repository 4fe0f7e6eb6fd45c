"""What detectors share: boxes, anchors, matching, losses, choosing detections.

Boxes are x1, y1, x2, y2 in pixels. Offsets are dx, dy, dw, dh relative to an anchor,
divided by four `variances`. An index of -1 means background, -2 means ignored.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

try:
    from torchvision.ops import batched_nms, box_iou, roi_align, roi_pool
except (ImportError, RuntimeError):  # a torch without torchvision's operators
    from detection_fallback import batched_nms, box_iou, roi_align, roi_pool

__all__ = [
    "MAX_LOG_SCALE",
    "Target",
    "anchor_sizes",
    "assign_cells",
    "batch_images",
    "batched_nms",
    "box_iou",
    "centred_boxes",
    "clip_boxes",
    "decode",
    "decode_yolo",
    "detections",
    "encode",
    "fit_levels",
    "flatten_map",
    "focal_loss",
    "match_anchors",
    "match_priors",
    "multibox_loss",
    "normalize",
    "octave_sizes",
    "pool_regions",
    "pool_regions_max",
    "prior_sizes",
    "propose",
    "rcnn_loss",
    "resize_images",
    "retina_loss",
    "roi_align",
    "roi_pool",
    "rpn_loss",
    "sample",
    "sample_regions",
    "scale_boxes",
    "tile_boxes",
    "top_per_class",
    "yolo_loss",
]

Target = dict[str, Tensor]
MAX_LOG_SCALE = math.log(1000 / 16)  # decoded boxes are at most 62.5 times their anchor


# images


def normalize(x: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    shape = (-1, 1, 1)
    return (x - x.new_tensor(mean).view(shape)) / x.new_tensor(std).view(shape)


def batch_images(
    images: Sequence[Tensor], mean: Sequence[float], std: Sequence[float], divisor: int
) -> tuple[Tensor, list[tuple[int, int]]]:
    """Normalised images as one batch, zeros right and below, and their sizes.

    The sides of the batch are multiples of `divisor`.
    """
    sizes = [(image.shape[-2], image.shape[-1]) for image in images]
    height = -(-max(h for h, _ in sizes) // divisor) * divisor
    width = -(-max(w for _, w in sizes) // divisor) * divisor
    batch = images[0].new_zeros(len(images), images[0].shape[0], height, width)
    for slot, image, (h, w) in zip(batch, images, sizes):
        slot[:, :h, :w] = normalize(image, mean, std)
    return batch, sizes


def resize_images(
    images: Sequence[Tensor],
    size: tuple[int, int],
    mean: Sequence[float] = (0.0, 0.0, 0.0),
    std: Sequence[float] = (1.0, 1.0, 1.0),
) -> Tensor:
    """Every image normalised and at the same (height, width), as one batch."""
    batch = []
    for image in images:
        x = normalize(image, mean, std)[None]
        if x.shape[-2:] != size:
            x = F.interpolate(x, size, mode="bilinear", align_corners=False)
        batch.append(x)
    return torch.cat(batch)


def scale_boxes(target: Target, old: Sequence[int], new: Sequence[int]) -> Target:
    """The boxes of an image whose (height, width) changes from `old` to `new`."""
    y, x = new[0] / old[0], new[1] / old[1]
    boxes = target["boxes"]
    return {**target, "boxes": boxes * boxes.new_tensor([x, y, x, y])}


# anchors


def prior_sizes(
    smallest: float, largest: float, ratios: Sequence[float], limit: float = math.inf
) -> list[tuple[float, float]]:
    """SSD's (width, height): a square, a larger square, two boxes for every ratio."""
    between = math.sqrt(smallest * largest)
    sizes = [(smallest, smallest), (between, between)]
    for ratio in ratios:
        long, short = smallest * math.sqrt(ratio), smallest / math.sqrt(ratio)
        sizes += [(long, short), (short, long)]
    return [(min(width, limit), min(height, limit)) for width, height in sizes]


def anchor_sizes(
    sizes: Sequence[float], ratios: Sequence[float]
) -> list[tuple[float, float]]:
    """(width, height) of area size * size; a ratio is height / width."""
    return [
        (size / math.sqrt(ratio), size * math.sqrt(ratio))
        for ratio in ratios
        for size in sizes
    ]


def centred_boxes(
    sizes: Sequence[tuple[float, float]], rounded: bool = False
) -> Tensor:
    """Boxes of these (width, height) around the origin: (k, 4)."""
    half = torch.tensor(sizes) / 2
    boxes = torch.cat([-half, half], dim=1)
    return boxes.round() if rounded else boxes


def tile_boxes(
    boxes: Tensor, shape: Sequence[int], step: Sequence[float], shift: float = 0.0
) -> Tensor:
    """`boxes` (k, 4) at every cell of a map of (height, width), cell after cell."""
    y = (torch.arange(shape[0], device=boxes.device) + shift) * step[0]
    x = (torch.arange(shape[1], device=boxes.device) + shift) * step[1]
    y, x = torch.meshgrid(y, x, indexing="ij")
    corner = torch.stack([x, y, x, y], dim=-1).view(-1, 1, 4)
    return (corner + boxes).view(-1, 4)


def flatten_map(x: Tensor, columns: int) -> Tensor:
    """(N, k * columns, H, W) as (N, H * W * k, columns), in the order of `tile_boxes`."""
    n, _, height, width = x.shape
    x = x.view(n, -1, columns, height, width).permute(0, 3, 4, 1, 2)
    return x.reshape(n, -1, columns)


# matching


def match_priors(priors: Tensor, boxes: Tensor, threshold: float) -> Tensor:
    """SSD: every object takes its best prior; others their best object, or -1."""
    if len(boxes) == 0:
        return torch.full((len(priors),), -1, device=priors.device)
    iou = box_iou(boxes, priors)
    overlap, index = iou.max(dim=0)
    index[overlap < threshold] = -1
    index[iou.argmax(dim=1)] = torch.arange(len(boxes), device=index.device)
    return index


def match_anchors(
    anchors: Tensor, boxes: Tensor, high: float, low: float, keep_best: bool
) -> Tensor:
    """Best object from IoU `high`, -1 below `low`, -2 between.

    With `keep_best` the anchors nearest to an object keep theirs at any IoU.
    """
    if len(boxes) == 0:
        return torch.full((len(anchors),), -1, device=anchors.device)
    iou = box_iou(boxes, anchors)
    overlap, best = iou.max(dim=0)
    index = best.masked_fill(overlap < high, -2).masked_fill(overlap < low, -1)
    if keep_best:
        nearest = (iou == iou.amax(dim=1, keepdim=True)).any(dim=0)
        index[nearest] = best[nearest]
    return index


def sample(index: Tensor, count: int, positive: float) -> tuple[Tensor, Tensor]:
    """Up to `count` random places, at most a share `positive` of them with an object."""
    objects, background = torch.where(index >= 0)[0], torch.where(index == -1)[0]
    many = min(len(objects), int(count * positive))
    few = min(len(background), count - many)
    return (
        objects[torch.randperm(len(objects), device=index.device)[:many]],
        background[torch.randperm(len(background), device=index.device)[:few]],
    )


# coding


def encode(boxes: Tensor, anchors: Tensor, variances: Sequence[float]) -> Tensor:
    size, anchor_size = boxes[:, 2:] - boxes[:, :2], anchors[:, 2:] - anchors[:, :2]
    move = (boxes[:, :2] + size / 2 - anchors[:, :2] - anchor_size / 2) / anchor_size
    offsets = torch.cat([move, torch.log(size / anchor_size)], dim=1)
    return offsets / offsets.new_tensor(variances)


def decode(offsets: Tensor, anchors: Tensor, variances: Sequence[float]) -> Tensor:
    """Offsets (..., 4) of anchors (..., 4) as boxes."""
    offsets = offsets * offsets.new_tensor(variances)
    size = anchors[..., 2:] - anchors[..., :2]
    centre = anchors[..., :2] + size / 2 + offsets[..., :2] * size
    half = torch.exp(offsets[..., 2:].clamp(max=MAX_LOG_SCALE)) * size / 2
    return torch.cat([centre - half, centre + half], dim=-1)


def clip_boxes(boxes: Tensor, size: Sequence[int]) -> Tensor:
    """Boxes (..., 4) inside an image of (height, width)."""
    height, width = size
    return boxes.clamp(min=0).minimum(boxes.new_tensor([width, height] * 2))


# losses


def multibox_loss(
    scores: Tensor,
    offsets: Tensor,
    priors: Tensor,
    targets: Sequence[Target],
    match: float,
    negatives: float,
    variances: Sequence[float],
    balance: float = 1.0,
) -> dict[str, Tensor]:
    """SSD: cross-entropy on objects and the hardest background, smooth L1 on objects."""
    labels, wanted = [], []
    for target in targets:
        index = match_priors(priors, target["boxes"], match)
        positive = index >= 0
        label = torch.zeros_like(index)
        label[positive] = target["labels"][index[positive]]
        labels.append(label)
        boxes = target["boxes"][index[positive]]
        wanted.append(encode(boxes, priors[positive], variances))
    label = torch.stack(labels)
    positive = label > 0
    loss = F.cross_entropy(scores.flatten(0, 1), label.flatten(), reduction="none")
    loss = loss.view_as(label)
    background = loss.detach().masked_fill(positive, -torch.inf)
    rank = background.argsort(dim=1, descending=True).argsort(dim=1)
    hard = rank < negatives * positive.sum(dim=1, keepdim=True)
    count = positive.sum().clamp(min=1)
    return {
        "classification": (loss[positive].sum() + loss[hard].sum()) / count,
        "boxes": balance
        * F.smooth_l1_loss(offsets[positive], torch.cat(wanted), reduction="sum")
        / count,
    }


def focal_loss(scores: Tensor, labels: Tensor, gamma: float, alpha: float) -> Tensor:
    """Sum over independent classes; `labels` are 0 or 1, of the shape of `scores`."""
    loss = F.binary_cross_entropy_with_logits(scores, labels, reduction="none")
    p = torch.sigmoid(scores)
    wrong = p + labels - 2 * p * labels  # 1 - p where the label is 1, else p
    return (loss * wrong**gamma * (alpha * labels + (1 - alpha) * (1 - labels))).sum()


# detections


def detections(
    boxes: Tensor,
    scores: Tensor,
    labels: Tensor,
    nms: float,
    limit: int,
) -> dict[str, Tensor]:
    """The `limit` best boxes after suppression within every class."""
    keep = batched_nms(boxes, scores, labels, nms)[:limit]
    return {"boxes": boxes[keep], "labels": labels[keep], "scores": scores[keep]}


def top_per_class(
    probabilities: Tensor, threshold: float, candidates: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Place, score and label of the best `candidates` of each class but background."""
    scores, place = probabilities[:, 1:].t().topk(min(candidates, len(probabilities)))
    label, column = torch.where(scores > threshold)
    return place[label, column], scores[label, column], label + 1


# two stages


def propose(
    scores: Sequence[Tensor],
    boxes: Sequence[Tensor],
    size: Sequence[int],
    nms: float,
    before: int,
    after: int,
) -> Tensor:
    """One image: the best `before` boxes of every level, suppressed, the best `after`."""
    kept_scores, kept_boxes, levels = [], [], []
    for i, (score, box) in enumerate(zip(scores, boxes)):
        score, place = score.topk(min(before, len(score)))
        kept_scores.append(score)
        kept_boxes.append(box[place])
        levels.append(torch.full_like(place, i))
    box = clip_boxes(torch.cat(kept_boxes), size)
    large = torch.where((box[:, 2:] - box[:, :2] >= 1e-3).all(dim=1))[0]
    box, score = box[large], torch.cat(kept_scores)[large].sigmoid()
    return box[batched_nms(box, score, torch.cat(levels)[large], nms)[:after]]


def rpn_loss(
    scores: Tensor,
    offsets: Tensor,
    anchors: Tensor,
    targets: Sequence[Target],
    high: float,
    low: float,
    count: int,
    positive: float,
    balance: float = 1.0,
) -> dict[str, Tensor]:
    """Object or not, and smooth L1 of the boxes, on `count` anchors of every image."""
    logits, labels, moved, wanted = [], [], [], []
    for score, offset, target in zip(scores, offsets, targets):
        index = match_anchors(anchors, target["boxes"], high, low, keep_best=True)
        objects, background = sample(index, count, positive)
        logits.append(score[torch.cat([objects, background])])
        labels.append(torch.ones_like(score[objects]))
        labels.append(torch.zeros_like(score[background]))
        moved.append(offset[objects])
        boxes = target["boxes"][index[objects]]
        wanted.append(encode(boxes, anchors[objects], (1, 1, 1, 1)))
    logit, label = torch.cat(logits), torch.cat(labels)
    loss = F.smooth_l1_loss(
        torch.cat(moved), torch.cat(wanted), beta=1 / 9, reduction="sum"
    )
    return {
        "rpn_objects": F.binary_cross_entropy_with_logits(logit, label),
        "rpn_boxes": balance * loss / max(1, len(label)),
    }


def sample_regions(
    regions: Tensor, target: Target, match: float, count: int, positive: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Regions (with the objects themselves), their labels, and their objects' boxes."""
    regions = torch.cat([regions, target["boxes"]])
    index = match_anchors(regions, target["boxes"], match, match, keep_best=False)
    place = torch.cat(sample(index, count, positive)).sort().values
    regions, index = regions[place], index[place]
    if len(target["boxes"]) == 0:
        return regions, torch.zeros_like(index), torch.zeros_like(regions)
    labels = target["labels"][index.clamp(min=0)].masked_fill(index < 0, 0)
    return regions, labels, target["boxes"][index.clamp(min=0)]


def rcnn_loss(
    scores: Tensor, offsets: Tensor, labels: Tensor, wanted: Tensor
) -> dict[str, Tensor]:
    """Cross-entropy of all regions; smooth L1 of the true class's box on objects."""
    objects = torch.where(labels > 0)[0]
    loss = F.smooth_l1_loss(
        offsets[objects, labels[objects]], wanted[objects], beta=1 / 9, reduction="sum"
    )
    return {
        "classification": F.cross_entropy(scores, labels),
        "boxes": loss / max(1, len(labels)),
    }


def fit_levels(
    maps: Sequence[Tensor], regions: Sequence[Tensor], strides: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Regions (R, 5) with their image's place first, and the map of each (R,).

    224 pixels are taken from the map of stride 16.
    """
    boxes = torch.cat(list(regions))
    image = [torch.full_like(r[:, :1], i) for i, r in enumerate(regions)]
    rois = torch.cat([torch.cat(image), boxes], dim=1)
    side = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1).sqrt()
    level = torch.floor(torch.log2(side / 224) + math.log2(16 / strides[0]) + 1e-6)
    return rois, level.clamp(0, len(maps) - 1)


def pool_regions(
    maps: Sequence[Tensor],
    regions: Sequence[Tensor],
    strides: Sequence[int],
    size: tuple[int, int],
    sampling_ratio: int,
) -> Tensor:
    """RoIAlign on the map that fits: 224 pixels are taken from the map of stride 16."""
    rois, level = fit_levels(maps, regions, strides)
    pooled = maps[0].new_zeros(len(rois), maps[0].shape[1], *size)
    for i, (x, stride) in enumerate(zip(maps, strides)):
        here = torch.where(level == i)[0]
        pooled[here] = roi_align(x, rois[here], size, 1 / stride, sampling_ratio)
    return pooled


def pool_regions_max(
    maps: Sequence[Tensor],
    regions: Sequence[Tensor],
    strides: Sequence[int],
    size: tuple[int, int],
) -> Tensor:
    """The same with the maximum of every bin (Fast R-CNN's RoI pooling)."""
    rois, level = fit_levels(maps, regions, strides)
    pooled = maps[0].new_zeros(len(rois), maps[0].shape[1], *size)
    for i, (x, stride) in enumerate(zip(maps, strides)):
        here = torch.where(level == i)[0]
        pooled[here] = roi_pool(x, rois[here], size, 1 / stride)
    return pooled


# one stage, focal loss


def octave_sizes(
    size: float, octaves: int, ratios: Sequence[float]
) -> list[tuple[float, float]]:
    """(width, height) of `octaves` sizes between `size` and its double, per ratio."""
    return anchor_sizes(
        [int(size * 2 ** (i / octaves)) for i in range(octaves)], ratios
    )


def retina_loss(
    scores: Tensor,
    offsets: Tensor,
    anchors: Tensor,
    targets: Sequence[Target],
    high: float,
    low: float,
    gamma: float,
    alpha: float,
) -> dict[str, Tensor]:
    """Focal loss on all anchors but the undecided, L1 on objects; mean over images."""
    classification, boxes = [], []
    for score, offset, target in zip(scores, offsets, targets):
        index = match_anchors(anchors, target["boxes"], high, low, keep_best=True)
        objects, decided = torch.where(index >= 0)[0], index != -2
        label = torch.zeros_like(score)
        label[objects, target["labels"][index[objects]]] = 1
        count = max(1, len(objects))
        loss = focal_loss(score[decided], label[decided], gamma, alpha)
        classification.append(loss / count)
        wanted = encode(target["boxes"][index[objects]], anchors[objects], (1, 1, 1, 1))
        boxes.append(F.l1_loss(offset[objects], wanted, reduction="sum") / count)
    return {
        "classification": torch.stack(classification).mean(),
        "boxes": torch.stack(boxes).mean(),
    }


# YOLO


def decode_yolo(raw: Tensor, anchors: Tensor, strides: Tensor) -> Tensor:
    """The centre stays inside its cell; the sides are the anchor's times exp."""
    centre = (anchors[:, :2] + anchors[:, 2:]) / 2
    centre = centre + (raw[..., :2].sigmoid() - 0.5) * strides
    half = (anchors[:, 2:] - anchors[:, :2]) / 2 * raw[..., 2:4].exp()
    return torch.cat([centre - half, centre + half], dim=-1)


def assign_cells(anchors: Tensor, strides: Tensor, boxes: Tensor) -> Tensor:
    """For each object, of the anchors in the cells of its centre the best in shape."""
    side, anchor_side = (
        boxes[:, None, 2:] - boxes[:, None, :2],
        anchors[:, 2:] - anchors[:, :2],
    )
    move = (
        boxes[:, None, :2] + boxes[:, None, 2:] - anchors[:, :2] - anchors[:, 2:]
    ) / 2
    cell = move / strides + 0.5
    inside = ((cell >= 0) & (cell < 1)).all(dim=-1)
    overlap = torch.minimum(side, anchor_side).prod(dim=-1)
    iou = overlap / (side.prod(dim=-1) + anchor_side.prod(dim=-1) - overlap)
    return iou.masked_fill(~inside, -1).argmax(dim=1)


def yolo_loss(
    raw: Tensor,
    anchors: Tensor,
    strides: Tensor,
    targets: Sequence[Target],
    size: Sequence[int],
    ignore: float,
) -> dict[str, Tensor]:
    """Boxes, objectness and independent classes; mean over images.

    A prediction overlapping some object by more than `ignore` is no background.
    """
    boxes = decode_yolo(raw.detach(), anchors, strides)
    total = raw.new_zeros(3)
    for x, box, target in zip(raw, boxes, targets):
        place = assign_cells(anchors, strides, target["boxes"])
        objects = torch.zeros_like(x[:, 4])
        objects[place] = 1
        near = box_iou(box, target["boxes"]) > ignore
        weight = torch.maximum(objects, (~near.any(dim=1)).to(x.dtype))
        label = F.one_hot(target["labels"] - 1, x.shape[1] - 5).to(x.dtype)
        anchor, stride = anchors[place], strides[place]
        side = target["boxes"][:, 2:] - target["boxes"][:, :2]
        move = target["boxes"].view(-1, 2, 2).mean(1) - anchor.view(-1, 2, 2).mean(1)
        wanted = torch.log(side / (anchor[:, 2:] - anchor[:, :2]))
        small = 2 - side.prod(dim=1, keepdim=True) / (size[0] * size[1])
        xy = F.binary_cross_entropy_with_logits(
            x[place, :2], (move / stride + 0.5).clamp(0, 1), reduction="none"
        )
        wh = (x[place, 2:4] - wanted) ** 2 / 2
        total = total + torch.stack(
            [
                (small * (xy + wh)).sum(),
                F.binary_cross_entropy_with_logits(
                    x[:, 4], objects, weight, reduction="sum"
                ),
                F.binary_cross_entropy_with_logits(
                    x[place, 5:], label, reduction="sum"
                ),
            ]
        )
    return dict(zip(("boxes", "objects", "classification"), total / len(targets)))
