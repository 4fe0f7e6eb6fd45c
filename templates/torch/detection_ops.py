"""What detectors share: boxes, anchors, matching, choosing, pooling, losses.

Boxes are x1, y1, x2, y2 in pixels; sizes of images and maps are (height, width), sizes
of anchors (width, height). Offsets are dx, dy, dw, dh relative to an anchor, divided by
four `variances`. A target has `boxes` (G, 4) with positive sides inside the image and
`labels` (G,) of int64, on the device of the scores; G may be 0. A matched index is the
place of an object, -1 for background, -2 for what is ignored.

N is the batch, A the anchors of an image, G its objects, R the regions of all images.
Half precision is computed as float32 wherever places or sums would suffer.
"""

import math
from collections.abc import Callable, Sequence

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
    "at_least_float32",
    "batch_images",
    "batched_nms",
    "box_iou",
    "cells_loss",
    "centred_boxes",
    "clip_boxes",
    "cropped_scores",
    "decode",
    "decode_cells",
    "decode_yolo",
    "detections",
    "encode",
    "encode_cells",
    "encode_yolo",
    "fit_levels",
    "flatten_map",
    "focal_loss",
    "hard_negatives",
    "match_anchors",
    "match_priors",
    "multibox_loss",
    "normalize",
    "octave_sizes",
    "pixel_classes",
    "pixel_loss",
    "pool_levels",
    "pool_regions",
    "pool_regions_max",
    "prior_sizes",
    "propose",
    "rcnn_loss",
    "resize_images",
    "resized_scores",
    "retina_loss",
    "ridge_fit",
    "ridge_loss",
    "ridge_regions",
    "roi_align",
    "roi_pool",
    "rpn_loss",
    "sample",
    "sample_regions",
    "scale_boxes",
    "scale_regions",
    "split_cells",
    "svm_loss",
    "svm_regions",
    "tile_boxes",
    "top_per_class",
    "warp_regions",
    "yolo2_loss",
    "yolo_loss",
]

Target = dict[str, Tensor]
MAX_LOG_SCALE = math.log(1000 / 16)  # decoded boxes are at most 62.5 times their anchor


def at_least_float32(x: Tensor) -> Tensor:
    """`x` as float32 if it has half the bits; wider numbers stay as they are."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


# images


def normalize(x: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """An image (C, H, W) or a batch, minus `mean` and divided by `std` per channel.

    Raises TypeError for whole numbers: images are floating point, mostly 0..1.
    """
    if not x.is_floating_point():
        raise TypeError(f"images must be floating point, not {x.dtype}")
    shape = (-1, 1, 1)
    return (x - x.new_tensor(mean).view(shape)) / x.new_tensor(std).view(shape)


def batch_images(
    images: Sequence[Tensor],
    mean: Sequence[float] = (0.0,),
    std: Sequence[float] = (1.0,),
    divisor: int = 1,
) -> tuple[Tensor, list[tuple[int, int]]]:
    """Normalised images (C, H, W) as one batch, zeros right and below, and their sizes.

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
    mean: Sequence[float] = (0.0,),
    std: Sequence[float] = (1.0,),
) -> Tensor:
    """Images (C, H, W) normalised and at one (height, width), as a batch."""
    batch = []
    for image in images:
        x = normalize(image, mean, std)[None]
        if x.shape[-2:] != size:
            x = F.interpolate(x, size, mode="bilinear", align_corners=False)
        batch.append(x)
    return torch.cat(batch)


def scale_boxes(target: Target, old: Sequence[int], new: Sequence[int]) -> Target:
    """The boxes of an image whose (height, width) changes from `old` to `new`."""
    return {**target, "boxes": scale_regions(target["boxes"], old, new)}


def scale_regions(regions: Tensor, old: Sequence[int], new: Sequence[int]) -> Tensor:
    """Boxes (K, 4) of an image whose (height, width) changes from `old` to `new`."""
    y, x = new[0] / old[0], new[1] / old[1]
    return regions * regions.new_tensor([x, y, x, y])


# anchors


def prior_sizes(
    smallest: float, largest: float, ratios: Sequence[float], limit: float = math.inf
) -> list[tuple[float, float]]:
    """SSD's (width, height): a square, a larger square, two boxes for every ratio.

    The sides are at most `limit` (Liu et al., 2016, section 2.2).
    """
    between = math.sqrt(smallest * largest)
    sizes = [(smallest, smallest), (between, between)]
    for ratio in ratios:
        long, short = smallest * math.sqrt(ratio), smallest / math.sqrt(ratio)
        sizes += [(long, short), (short, long)]
    return [(min(width, limit), min(height, limit)) for width, height in sizes]


def anchor_sizes(
    sizes: Sequence[float], ratios: Sequence[float]
) -> list[tuple[float, float]]:
    """(width, height) of area size * size, ratio after ratio; a ratio is height / width.

    The anchors of the region proposal network (Ren et al., 2015, section 3.1.1).
    """
    return [
        (size / math.sqrt(ratio), size * math.sqrt(ratio))
        for ratio in ratios
        for size in sizes
    ]


def octave_sizes(
    size: float, octaves: int, ratios: Sequence[float]
) -> list[tuple[float, float]]:
    """(width, height) of `octaves` sizes between `size` and its double, per ratio.

    RetinaNet's (Lin et al., 2017, section 4); the sizes are cut to whole pixels.
    """
    return anchor_sizes(
        [int(size * 2 ** (i / octaves)) for i in range(octaves)], ratios
    )


def centred_boxes(
    sizes: Sequence[tuple[float, float]], rounded: bool = False
) -> Tensor:
    """Boxes (k, 4) of these (width, height) around the origin, or at whole pixels."""
    half = torch.tensor(sizes) / 2
    boxes = torch.cat([-half, half], dim=1)
    return boxes.round() if rounded else boxes


def tile_boxes(
    boxes: Tensor, shape: Sequence[int], step: Sequence[float], shift: float = 0.0
) -> Tensor:
    """`boxes` (k, 4) at every cell of a map (H, W), cell after cell: (H * W * k, 4).

    Cell i, j is centred at (i + shift, j + shift) times `step`, which is (down, right).
    """
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
    """Of every prior (A, 4) the place in `boxes` (G, 4) of its object, or -1: (A,).

    Every object takes its best prior; the other priors take their best object if the
    IoU is at least `threshold` (SSD: Liu et al., 2016, section 2.2). Of two objects
    with one best prior the later has it.
    """
    if len(boxes) == 0:
        return torch.full((len(priors),), -1, device=priors.device)
    iou = box_iou(boxes, priors)
    overlap, index = iou.max(dim=0)
    index = index.masked_fill(overlap < threshold, -1)
    place = torch.arange(len(boxes), device=index.device)
    # A plain assignment would let any of two objects win on CUDA.
    return index.scatter_reduce(0, iou.argmax(dim=1), place, "amax", include_self=False)


def match_anchors(
    anchors: Tensor, boxes: Tensor, high: float, low: float, keep_best: bool
) -> Tensor:
    """Of every anchor (A, 4) its best object from IoU `high`, -1 below `low`, else -2.

    With `keep_best` the anchors that overlap an object most have an object at any IoU
    but 0: their own best one (Ren et al., 2015, section 3.1.2).
    """
    if len(boxes) == 0:
        return torch.full((len(anchors),), -1, device=anchors.device)
    iou = box_iou(boxes, anchors)
    overlap, best = iou.max(dim=0)
    index = best.masked_fill(overlap < high, -2).masked_fill(overlap < low, -1)
    if keep_best:
        most = iou.amax(dim=1, keepdim=True)
        nearest = ((iou == most) & (most > 0)).any(dim=0)
        index = torch.where(nearest, best, index)
    return index


def sample(index: Tensor, count: int, positive: float) -> tuple[Tensor, Tensor]:
    """Up to `count` random places of an index: with an object, and of background.

    At most a share `positive` has an object.
    """
    objects, background = torch.where(index >= 0)[0], torch.where(index == -1)[0]
    many = min(len(objects), int(count * positive))
    few = min(len(background), count - many)
    return (
        objects[torch.randperm(len(objects), device=index.device)[:many]],
        background[torch.randperm(len(background), device=index.device)[:few]],
    )


# coding


def encode(boxes: Tensor, anchors: Tensor, variances: Sequence[float]) -> Tensor:
    """Boxes (A, 4) as offsets of their anchors (A, 4).

    Centres move in sides of the anchor, sides are logarithms (Girshick et al., 2014,
    appendix C).
    """
    size, anchor_size = boxes[:, 2:] - boxes[:, :2], anchors[:, 2:] - anchors[:, :2]
    move = (boxes[:, :2] + size / 2 - anchors[:, :2] - anchor_size / 2) / anchor_size
    offsets = torch.cat([move, torch.log(size / anchor_size)], dim=1)
    return offsets / offsets.new_tensor(variances)


def decode(offsets: Tensor, anchors: Tensor, variances: Sequence[float]) -> Tensor:
    """Offsets (..., 4) of anchors (..., 4) as boxes: what undoes `encode`."""
    offsets = at_least_float32(offsets)
    offsets = offsets * offsets.new_tensor(variances)
    size = anchors[..., 2:] - anchors[..., :2]
    centre = anchors[..., :2] + size / 2 + offsets[..., :2] * size
    half = torch.exp(offsets[..., 2:].clamp(max=MAX_LOG_SCALE)) * size / 2
    return torch.cat([centre - half, centre + half], dim=-1)


def clip_boxes(boxes: Tensor, size: Sequence[int]) -> Tensor:
    """Boxes (..., 4) inside an image of (height, width)."""
    height, width = size
    return boxes.clamp(min=0).minimum(boxes.new_tensor([width, height] * 2))


# choosing


def detections(
    boxes: Tensor,
    scores: Tensor,
    labels: Tensor,
    nms: float,
    limit: int,
) -> dict[str, Tensor]:
    """The `limit` best of an image's boxes (K, 4) after suppression within each label.

    Of two boxes with an IoU above `nms` the one with the better score stays.
    """
    scores = scores.to(boxes.dtype)
    keep = batched_nms(boxes, scores, labels, nms)[:limit]
    return {"boxes": boxes[keep], "labels": labels[keep], "scores": scores[keep]}


def top_per_class(
    probabilities: Tensor, threshold: float, candidates: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Of (A, 1 + classes): place, score and label of what is above `threshold`.

    The best `candidates` of each class but background, which is column 0.
    """
    scores, place = probabilities[:, 1:].t().topk(min(candidates, len(probabilities)))
    label, column = torch.where(scores > threshold)
    return place[label, column], scores[label, column], label + 1


def propose(
    scores: Sequence[Tensor],
    boxes: Sequence[Tensor],
    size: Sequence[int],
    nms: float,
    before: int,
    after: int,
) -> Tensor:
    """One image's proposals from the scores (A,) and boxes (A, 4) of every level.

    The best `before` of every level, clipped to (height, width), without slivers and
    suppressed within their level; of these the best `after` (Lin et al., 2017, FPN).
    """
    kept_scores, kept_boxes, levels = [], [], []
    for i, (score, box) in enumerate(zip(scores, boxes)):
        score, place = score.topk(min(before, len(score)))
        kept_scores.append(score)
        kept_boxes.append(box[place])
        levels.append(torch.full_like(place, i))
    box = clip_boxes(torch.cat(kept_boxes), size)
    large = torch.where((box[:, 2:] - box[:, :2] >= 1e-3).all(dim=1))[0]
    box, score = box[large], torch.cat(kept_scores)[large].to(box.dtype).sigmoid()
    return box[batched_nms(box, score, torch.cat(levels)[large], nms)[:after]]


# regions


def sample_regions(
    regions: Tensor, target: Target, match: float, count: int, positive: float
) -> tuple[Tensor, Tensor, Tensor]:
    """`count` of an image's regions and objects, their labels, their objects' boxes.

    A region of IoU `match` has an object, and at most a share `positive` is of these;
    label 0 is background (Girshick, 2015, section 2.3).
    """
    regions = torch.cat([regions, target["boxes"]])
    index = match_anchors(regions, target["boxes"], match, match, keep_best=False)
    place = torch.cat(sample(index, count, positive)).sort().values
    regions, index = regions[place], index[place]
    if len(target["boxes"]) == 0:
        return regions, torch.zeros_like(index), torch.zeros_like(regions)
    labels = target["labels"][index.clamp(min=0)].masked_fill(index < 0, 0)
    return regions, labels, target["boxes"][index.clamp(min=0)]


def fit_levels(
    maps: Sequence[Tensor], regions: Sequence[Tensor], strides: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """All regions with their image's place before them (R, 5), and their map (R,).

    A region of 224x224 pixels is taken from the map of stride 16, one of half the side
    from the next finer map (Lin et al., 2017, FPN, equation 1).
    """
    boxes = torch.cat(list(regions))
    image = [torch.full_like(r[:, :1], i) for i, r in enumerate(regions)]
    side = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(dim=1).sqrt()
    level = torch.floor(torch.log2(side / 224) + math.log2(16 / strides[0]) + 1e-6)
    level = level.clamp(0, len(maps) - 1).long()
    return torch.cat([torch.cat(image), boxes], dim=1), level


def pool_levels(
    maps: Sequence[Tensor],
    regions: Sequence[Tensor],
    strides: Sequence[int],
    pool: Callable[[Tensor, Tensor, float], Tensor],
) -> Tensor:
    """What `pool` makes of every region on its map: (R, C, height, width).

    `pool` is called with a map, its regions (K, 5) and the map's scale.
    """
    rois, level = fit_levels(maps, regions, strides)
    pooled = []
    for i, (x, stride) in enumerate(zip(maps, strides)):
        x = at_least_float32(x)  # half precision cannot tell the cells of a wide map
        pooled.append(pool(x, rois[level == i].to(x.dtype), 1 / stride))
    # The regions come level after level: back into their own order.
    back = level.argsort(stable=True).argsort()
    return torch.cat(pooled)[back].to(maps[0].dtype)


def pool_regions(
    maps: Sequence[Tensor],
    regions: Sequence[Tensor],
    strides: Sequence[int],
    size: tuple[int, int],
    sampling_ratio: int,
) -> Tensor:
    """Bilinear means on the map that fits: (R, C, *size), the images one by one.

    RoIAlign (He et al., 2017, section 3) with sampling_ratio^2 samples a bin, or as
    many as cells if it is 0. `maps` are (N, C, H, W), `regions` (K, 4) per image.
    """

    def align(x: Tensor, rois: Tensor, scale: float) -> Tensor:
        return roi_align(x, rois, size, scale, sampling_ratio)

    return pool_levels(maps, regions, strides, align)


def pool_regions_max(
    maps: Sequence[Tensor],
    regions: Sequence[Tensor],
    strides: Sequence[int],
    size: tuple[int, int],
) -> Tensor:
    """Maxima of whole cells on the map that fits: (R, C, *size), the images one by one.

    RoI pooling (Girshick, 2015, section 2.1); the arguments are those of `pool_regions`.
    """

    def largest(x: Tensor, rois: Tensor, scale: float) -> Tensor:
        return roi_pool(x, rois, size, scale)

    return pool_levels(maps, regions, strides, largest)


def warp_regions(
    images: Sequence[Tensor],
    regions: Sequence[Tensor],
    size: tuple[int, int],
    context: int = 16,
    mode: str = "warp",
) -> Tensor:
    """Every region (K, 4) of every image (C, H, W) as a picture: (R, C, *size).

    Around the region are `context` pixels of the picture. With "warp" the region fills
    the rest, "square" keeps its proportions and shows what is around it, "pad" shows
    nothing else. Missing pixels are 0: the mean, if images are normalised (Girshick et
    al., 2014, appendix A). Raises ValueError for another mode or no room in `size`.
    """
    if mode not in ("warp", "square", "pad"):
        raise ValueError(f'mode must be "warp", "square" or "pad", not "{mode}"')
    if min(size) <= 2 * context:
        raise ValueError(f"no room for a region: size={size} with context={context}")
    pictures = []
    for image, boxes in zip(images, regions):
        x = at_least_float32(image)
        boxes = boxes.to(x.dtype)
        centre = (boxes[:, :2] + boxes[:, 2:]) / 2
        side = boxes[:, 2:] - boxes[:, :2]
        whole = boxes.new_tensor([size[1], size[0]])
        pixel = side / (whole - 2 * context)  # of the picture, in pixels of the image
        if mode != "warp":
            pixel = pixel.amax(dim=1, keepdim=True)
        half = pixel * whole / 2
        # A frame of zeros: past the image samples fade, where RoIAlign repeats its rim.
        window = torch.cat([centre - half, centre + half], dim=1) + 1
        framed = F.pad(x, (1, 1, 1, 1))[None]
        picture = roi_align(framed, [window], size, 1.0, 1, True)
        if mode == "pad":
            reach = side / pixel / 2 + context
            y, x = (
                (torch.arange(n, device=x.device) + 0.5 - n / 2).abs() for n in size
            )
            shown = (y <= reach[:, 1:])[:, :, None] & (x <= reach[:, :1])[:, None]
            picture = picture * shown[:, None]
        pictures.append(picture.to(image.dtype))
    return torch.cat(pictures)


# losses


def hard_negatives(loss: Tensor, positive: Tensor, ratio: float) -> Tensor:
    """Of the background of every image its largest losses: a mask of (N, A).

    `ratio` times as many as there are positives (Liu et al., 2016, section 2.2).
    """
    background = loss.detach().masked_fill(positive, -torch.inf)
    order = background.argsort(dim=1, descending=True, stable=True)
    hard = order.argsort(dim=1) < ratio * positive.sum(dim=1, keepdim=True)
    return hard & ~positive


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
    """SSD: cross-entropy on objects and the hardest background, smooth L1 on objects.

    Scores are (N, A, 1 + classes), offsets (N, A, 4), priors (A, 4), labels from 1 on.
    Both losses are divided by the number of matched priors; `balance` is the weight of
    the boxes, alpha in equation 1 of Liu et al. (2016).
    """
    scores, offsets = at_least_float32(scores), at_least_float32(offsets)
    labels, matched, wanted = [], [], []
    for target in targets:
        index = match_priors(priors, target["boxes"], match)
        positive = index >= 0
        label = torch.zeros_like(index)
        label[positive] = target["labels"][index[positive]]
        labels.append(label)
        matched.append(positive)
        boxes = target["boxes"][index[positive]]
        wanted.append(encode(boxes, priors[positive], variances))
    label, positive = torch.stack(labels), torch.stack(matched)
    loss = F.cross_entropy(scores.flatten(0, 1), label.flatten(), reduction="none")
    loss = loss.view_as(label)
    hard = hard_negatives(loss, positive, negatives)
    moved = F.smooth_l1_loss(offsets[positive], torch.cat(wanted), reduction="sum")
    count = positive.sum().clamp(min=1)
    return {
        "classification": (loss[positive].sum() + loss[hard].sum()) / count,
        "boxes": balance * moved / count,
    }


def focal_loss(scores: Tensor, labels: Tensor, gamma: float, alpha: float) -> Tensor:
    """Sum over independent classes; `labels` are 0 or 1, of the shape of `scores`.

    What is nearly right counts little: by (1 - p)^gamma; objects weigh `alpha`,
    background 1 - `alpha` (Lin et al., 2017, section 3).
    """
    loss = F.binary_cross_entropy_with_logits(scores, labels, reduction="none")
    p = torch.sigmoid(scores)
    wrong = p + labels - 2 * p * labels  # 1 - p where the label is 1, else p
    return (loss * wrong**gamma * (alpha * labels + (1 - alpha) * (1 - labels))).sum()


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
    """RetinaNet: focal loss on all decided anchors, L1 on objects; mean over images.

    Scores are (N, A, classes) without background, offsets (N, A, 4), labels from 0 on.
    Every image is divided by its matched anchors (Lin et al., 2017, section 4.1).
    """
    scores, offsets = at_least_float32(scores), at_least_float32(offsets)
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


def rpn_loss(
    scores: Tensor,
    offsets: Tensor,
    anchors: Tensor,
    targets: Sequence[Target],
    high: float,
    low: float,
    count: int,
    positive: float,
    beta: float = 1 / 9,
    balance: float = 1.0,
) -> dict[str, Tensor]:
    """Object or not, and smooth L1 of the boxes, on `count` anchors of every image.

    Scores are (N, A), offsets (N, A, 4). Both losses are divided by the number of
    samples; `balance` is the weight of the boxes, lambda of Ren et al. (2015, equation
    1), whose 10 / 2400 places is about 1 / 256 samples. Below `beta` L1 is quadratic.
    """
    scores, offsets = at_least_float32(scores), at_least_float32(offsets)
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
    samples = max(1, len(label))
    loss = F.smooth_l1_loss(
        torch.cat(moved), torch.cat(wanted), beta=beta, reduction="sum"
    )
    return {
        "rpn_objects": F.binary_cross_entropy_with_logits(logit, label, reduction="sum")
        / samples,
        "rpn_boxes": balance * loss / samples,
    }


def rcnn_loss(
    scores: Tensor, offsets: Tensor, labels: Tensor, wanted: Tensor
) -> dict[str, Tensor]:
    """Cross-entropy of all regions; smooth L1 of the true class's box on objects.

    Scores are (R, 1 + classes), offsets (R, 1 + classes, 4), labels (R,) with 0 for
    background, wanted offsets (R, 4). Both are divided by R (Girshick, 2015, section
    2.3); L1 is quadratic below 1 / 9.
    """
    scores, offsets = at_least_float32(scores), at_least_float32(offsets)
    objects = torch.where(labels > 0)[0]
    loss = F.smooth_l1_loss(
        offsets[objects, labels[objects]], wanted[objects], beta=1 / 9, reduction="sum"
    )
    count = max(1, len(labels))
    return {
        "classification": F.cross_entropy(scores, labels, reduction="sum") / count,
        "boxes": loss / count,
    }


# R-CNN of 2014: a support vector machine and a ridge regression per class


def svm_regions(
    regions: Tensor, target: Target, classes: int, low: float = 0.3
) -> tuple[Tensor, Tensor]:
    """An image's regions and its objects (K + G, 4), and what they are to every class.

    (K + G, classes): 1 for the objects of a class, -1 for what overlaps all of them by
    less than `low`, 0 for the rest, which is ignored (Girshick et al., 2014, section
    2.3). The labels of the target are 1..classes.
    """
    boxes, column = target["boxes"], target["labels"] - 1
    regions = torch.cat([regions, boxes])
    iou = box_iou(regions, boxes)
    overlap = iou.new_zeros(len(regions), classes)
    overlap = overlap.scatter_reduce(1, column.expand_as(iou), iou, "amax")
    labels = torch.where(overlap < low, -1, 0)
    place = torch.arange(len(regions) - len(boxes), len(regions), device=column.device)
    labels[place, column] = 1
    return regions, labels


def ridge_regions(
    regions: Tensor, target: Target, match: float = 0.6
) -> tuple[Tensor, Tensor]:
    """The labels (K,) of an image's regions (K, 4), and the boxes (K, 4) they should be.

    A region takes the object that it overlaps most, from an IoU of `match` on (Girshick
    et al., 2014, appendix C); all others have label 0 and stay as they are.
    """
    index = match_anchors(regions, target["boxes"], match, match, keep_best=False)
    near = index >= 0
    labels, boxes = torch.zeros_like(index), regions.clone()
    labels[near] = target["labels"][index[near]]
    boxes[near] = target["boxes"][index[near]].to(boxes.dtype)
    return labels, boxes


def svm_loss(
    scores: Tensor, labels: Tensor, positive: float = 1.0
) -> dict[str, Tensor]:
    """Hinge loss of one linear classifier per class against the rest.

    Scores and labels are (R, classes), labels 1, -1 or 0 as from `svm_regions`. The sum
    over classes is divided by R; objects weigh `positive`. The margin is the optimizer's
    weight decay (Girshick et al., 2014, section 2.3 and appendix B).
    """
    scores = at_least_float32(scores)
    weight = labels.abs() + (positive - 1) * (labels > 0)
    loss = (weight * F.relu(1 - labels * scores)).sum()
    return {"classification": loss / max(1, len(scores))}


def ridge_fit(
    features: Tensor, targets: Tensor, penalty: float = 1000.0
) -> tuple[Tensor, Tensor]:
    """Weight (k, D) and bias (k,) of a linear layer from features (R, D) to (R, k).

    They minimise the squared errors plus `penalty` times the squared weight: the box
    regression of a class, on its regions with an IoU above 0.6 (Girshick et al., 2014,
    appendix C, equation 5). The bias is free. `penalty` must be above 0.
    """
    x, y = at_least_float32(features), at_least_float32(targets)
    count = max(1, len(x))
    x_mean, y_mean = x.sum(dim=0) / count, y.sum(dim=0) / count
    x, y = x - x_mean, y - y_mean
    if len(x) < x.shape[1]:  # fewer regions than features: a system of R equations
        gram = x @ x.t()
        gram.diagonal().add_(penalty)
        weight = x.t() @ torch.linalg.solve(gram, y)
    else:
        gram = x.t() @ x
        gram.diagonal().add_(penalty)
        weight = torch.linalg.solve(gram, x.t() @ y)
    return weight.t(), y_mean - x_mean @ weight


def ridge_loss(
    offsets: Tensor,
    labels: Tensor,
    wanted: Tensor,
    weight: Tensor,
    penalty: float = 1000.0,
) -> dict[str, Tensor]:
    """The sum that `ridge_fit` minimises, for all classes together.

    Offsets are (R, classes, 4), labels (R,) from 1 on with 0 for what has no object,
    wanted offsets (R, 4); `weight` is that of the layer that gives the offsets.
    """
    objects = torch.where(labels > 0)[0]
    found = at_least_float32(offsets)[objects, labels[objects] - 1]
    loss = F.mse_loss(found, wanted[objects], reduction="sum")
    return {"boxes": loss + penalty * at_least_float32(weight).square().sum()}


# YOLO with anchors: versions 2 and 3


def decode_yolo(raw: Tensor, anchors: Tensor, strides: Tensor) -> Tensor:
    """Raw (..., A, 4 or more) as boxes (..., A, 4): x, y, log width, log height first.

    The centre stays inside its cell; the sides are the anchor's times exp (Redmon and
    Farhadi, 2016, section 2). Anchors are (A, 4) at the centres of cells, strides (A, 1).
    """
    raw = at_least_float32(raw)
    centre = (anchors[:, :2] + anchors[:, 2:]) / 2
    centre = centre + (raw[..., :2].sigmoid() - 0.5) * strides
    half = (anchors[:, 2:] - anchors[:, :2]) / 2 * raw[..., 2:4].exp()
    return torch.cat([centre - half, centre + half], dim=-1)


def encode_yolo(boxes: Tensor, anchors: Tensor, strides: Tensor) -> Tensor:
    """Boxes (G, 4) of anchors (G, 4): centre in the cell in 0..1, logarithms of sides."""
    centre, anchor = (x.view(-1, 2, 2).mean(dim=1) for x in (boxes, anchors))
    side, anchor_side = (x[:, 2:] - x[:, :2] for x in (boxes, anchors))
    place = ((centre - anchor) / strides + 0.5).clamp(0, 1)
    return torch.cat([place, torch.log(side / anchor_side)], dim=1)


def assign_cells(anchors: Tensor, strides: Tensor, boxes: Tensor) -> Tensor:
    """For each object, of the anchors in the cells of its centre the best in shape: (G,).

    Anchors are (A, 4) at the centres of cells, strides (A, 1), boxes (G, 4).
    """
    side, anchor_side = (x[..., 2:] - x[..., :2] for x in (boxes[:, None], anchors))
    centre, anchor = ((x[:, :2] + x[:, 2:]) / 2 for x in (boxes, anchors))
    # As whole numbers: a centre on the border of two cells is in exactly one.
    cell = torch.floor(centre[:, None] / strides)
    inside = (cell == torch.floor(anchor / strides)).all(dim=-1)
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
    """YOLOv3: boxes, objectness and independent classes; sums, the mean over images.

    Raw is (N, A, 5 + classes), labels are 1..classes, `size` is the image's. A
    prediction that overlaps some object by more than `ignore` is no background (Redmon
    and Farhadi, 2018, section 2.1). The gradient of a centre is target minus prediction,
    and small boxes weigh up to twice as much as large ones, as in darknet's yolo layer.
    """
    raw = at_least_float32(raw)
    boxes = decode_yolo(raw.detach(), anchors, strides)
    total = raw.new_zeros(3)
    for x, box, target in zip(raw, boxes, targets):
        place = assign_cells(anchors, strides, target["boxes"])
        objects = torch.zeros_like(x[:, 4])
        objects[place] = 1
        near = (box_iou(box, target["boxes"]) > ignore).any(dim=1)
        weight = torch.maximum(objects, (~near).to(x.dtype))
        label = F.one_hot(target["labels"] - 1, x.shape[1] - 5).to(x.dtype)
        wanted = encode_yolo(target["boxes"], anchors[place], strides[place])
        side = target["boxes"][:, 2:] - target["boxes"][:, :2]
        small = 2 - side.prod(dim=1, keepdim=True) / (size[0] * size[1])
        xy = F.binary_cross_entropy_with_logits(
            x[place, :2], wanted[:, :2], reduction="none"
        )
        wh = (x[place, 2:4] - wanted[:, 2:]) ** 2 / 2
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


def yolo2_loss(
    raw: Tensor,
    anchors: Tensor,
    strides: Tensor,
    targets: Sequence[Target],
    size: Sequence[int],
    ignore: float = 0.6,
) -> dict[str, Tensor]:
    """YOLOv2: half squares of boxes and objectness, cross-entropy of the classes.

    The arguments are those of `yolo_loss`; sums, the mean over images. An object's
    objectness is to be the IoU that its box has (weight 5), that of a prediction with no
    IoU above `ignore` is to be 0 (Redmon and Farhadi, 2016, section 2, and darknet's
    region layer, whose weights these are; small boxes weigh up to twice as much).
    """
    raw = at_least_float32(raw)
    boxes = decode_yolo(raw.detach(), anchors, strides)
    total = raw.new_zeros(3)
    for x, box, target in zip(raw, boxes, targets):
        place = assign_cells(anchors, strides, target["boxes"])
        iou = box_iou(box, target["boxes"])
        background = ~(iou > ignore).any(dim=1)
        background[place] = False
        wanted = encode_yolo(target["boxes"], anchors[place], strides[place])
        found = torch.cat([x[place, :2].sigmoid(), x[place, 2:4]], dim=1)
        side = target["boxes"][:, 2:] - target["boxes"][:, :2]
        small = 2 - side.prod(dim=1, keepdim=True) / (size[0] * size[1])
        objectness = x[:, 4].sigmoid()
        overlap = iou[place, torch.arange(len(place), device=place.device)]
        objects = 5 * (objectness[place] - overlap).square().sum()
        objects = objects + objectness[background].square().sum()
        total = total + torch.stack(
            [
                (small * (found - wanted).square()).sum() / 2,
                objects / 2,
                F.cross_entropy(x[place, 5:], target["labels"] - 1, reduction="sum"),
            ]
        )
    return dict(zip(("boxes", "objects", "classification"), total / len(targets)))


# YOLO of 2015: boxes of a grid's cells, without anchors


def split_cells(
    x: Tensor, grid: int, boxes: int, classes: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The last layer's (N, S * S * (C + 5 * B)) by what it means, with S = `grid`.

    Class probabilities (N, S * S, C), objectness (N, S * S, B) and boxes (N, S * S, B,
    4), which are x and y in the cell and the roots of width and height, all in 0..1
    (Redmon et al., 2015, section 2). The three stand one after the other, each cell after
    cell, as in darknet's detection layer; a cell's own numbers are not side by side.
    """
    cells = grid * grid
    probabilities, objectness, places = x.split(
        [cells * classes, cells * boxes, cells * boxes * 4], dim=1
    )
    return (
        probabilities.unflatten(1, (cells, classes)),
        objectness.unflatten(1, (cells, boxes)),
        places.unflatten(1, (cells, boxes, 4)),
    )


def decode_cells(boxes: Tensor, grid: int, size: Sequence[int]) -> Tensor:
    """Boxes (..., S * S, B, 4) of `split_cells` as corners in pixels of an image."""
    boxes = at_least_float32(boxes)
    cell = torch.arange(grid * grid, device=boxes.device)
    corner = torch.stack([cell % grid, cell // grid], dim=1)[:, None]
    whole = boxes.new_tensor([size[1], size[0]])
    centre = (boxes[..., :2] + corner) / grid * whole
    half = boxes[..., 2:].square() / 2 * whole
    return torch.cat([centre - half, centre + half], dim=-1)


def encode_cells(
    boxes: Tensor, grid: int, size: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """The cells (G,) of boxes (G, 4) in pixels, and what is wanted there (G, 4).

    As from `split_cells`: x and y in the cell, roots of width and height.
    """
    whole = boxes.new_tensor([size[1], size[0]])
    corner, end = (boxes / whole.repeat(2)).view(-1, 2, 2).unbind(dim=1)
    centre = (corner + end) / 2 * grid
    place = centre.floor().clamp(0, grid - 1)
    cell = place[:, 1] * grid + place[:, 0]
    return cell.long(), torch.cat([centre - place, (end - corner).sqrt()], dim=1)


def cells_loss(
    probabilities: Tensor,
    objectness: Tensor,
    boxes: Tensor,
    targets: Sequence[Target],
    grid: int,
    size: Sequence[int],
    coord: float = 5.0,
    noobj: float = 0.5,
) -> dict[str, Tensor]:
    """YOLO: squared errors of boxes, objectness and classes; sums, the mean over images.

    The first three are from `split_cells`, labels are 1..classes, `size` is the image's.
    Of a cell's boxes the one with the highest IoU is responsible for its object, and its
    objectness is to be that IoU; `coord` weighs boxes, `noobj` the objectness of all
    others (Redmon et al., 2015, section 2.2, equation 3). A cell has one object, its
    first one; where no box touches it, the nearest box is responsible (darknet).
    """
    probabilities, objectness, boxes = (
        at_least_float32(x) for x in (probabilities, objectness, boxes)
    )
    corners = decode_cells(boxes.detach(), grid, size)
    total = probabilities.new_zeros(3)
    for p, o, b, corner, target in zip(
        probabilities, objectness, boxes, corners, targets
    ):
        cell, wanted = encode_cells(target["boxes"], grid, size)
        first = ~(cell[:, None] == cell).tril(-1).any(dim=1)
        cell, wanted = cell[first], wanted[first]
        shape = (len(cell), corner.shape[1], len(cell))
        iou = box_iou(corner[cell].view(-1, 4), target["boxes"][first]).view(shape)
        iou = iou.diagonal(dim1=0, dim2=2).t()  # of a cell's boxes with its own object
        move = (b[cell, :, :2] - wanted[:, None, :2]) / grid
        grow = b[cell, :, 2:].square() - wanted[:, None, 2:].square()
        near = -(move.square() + grow.square()).sum(dim=-1)
        touched = iou.amax(dim=1, keepdim=True) > 0
        best = torch.where(touched, iou, near).argmax(dim=1)
        overlap = iou.gather(1, best[:, None])[:, 0]
        empty = torch.ones_like(o, dtype=torch.bool)
        empty[cell, best] = False
        objects = (o[cell, best] - overlap).square().sum()
        label = F.one_hot(target["labels"][first] - 1, p.shape[1]).to(p.dtype)
        total = total + torch.stack(
            [
                coord * (b[cell, best] - wanted).square().sum(),
                objects + noobj * o[empty].square().sum(),
                (p[cell] - label).square().sum(),
            ]
        )
    return dict(zip(("boxes", "objects", "classification"), total / len(targets)))


# a class for every pixel


def resized_scores(scores: Tensor, sizes: Sequence[Sequence[int]]) -> list[Tensor]:
    """Scores (N, C, H, W) at the (height, width) of every image: (C, height, width)."""
    found = []
    for x, size in zip(at_least_float32(scores), sizes):
        if tuple(x.shape[-2:]) != tuple(size):
            size = (size[0], size[1])
            x = F.interpolate(x[None], size, mode="bilinear", align_corners=False)[0]
        found.append(x)
    return found


def cropped_scores(scores: Tensor, sizes: Sequence[tuple[int, int]]) -> list[Tensor]:
    """Scores (N, C, H, W) without what was padded: (C, height, width) of every image."""
    return [x[:, :h, :w] for x, (h, w) in zip(at_least_float32(scores), sizes)]


def pixel_loss(
    scores: Sequence[Tensor], targets: Sequence[Target], ignore: int = 255
) -> dict[str, Tensor]:
    """Cross-entropy of the pixels of all images, their mean (Long et al., 2014, section 4).

    Scores are (C, H, W) per image, `labels` (H, W) of int64 per target: 0..C - 1, or
    `ignore` for what does not count.
    """
    total, count = scores[0].new_zeros(()), 0
    for x, target in zip(scores, targets):
        label = target["labels"]
        loss = F.cross_entropy(
            x[None], label[None], ignore_index=ignore, reduction="sum"
        )
        total, count = total + loss, count + (label != ignore).sum()
    return {"classification": total / torch.as_tensor(count).clamp(min=1)}


def pixel_classes(scores: Tensor) -> dict[str, Tensor]:
    """Of scores (C, H, W) the best class of every pixel and its probability, both (H, W)."""
    probability, label = scores.softmax(dim=0).max(dim=0)
    return {"labels": label, "scores": probability}
