"""Methods of emitted detectors. Names in capitals are what a text says of its heads.

netdsl reads this file, puts the numbers in, leaves out arguments that are `ABSENT`, and writes the
methods into the class of the network. `SIZES_AND_BATCH` and the like stand for the statements of
`fixed_...` or `open_...`, for images of one size and of all.
"""

from collections.abc import Sequence

# ruff: noqa: F821


# Images


def fixed_batch(self):
    sizes = [image.shape[-2:] for image in images]
    batch = resize_images(images, self.size, MEAN, STD)


def open_batch(self):
    batch, sizes = batch_images(images, MEAN, STD, divisor=DIVISOR)


def fixed_targets(self):
    targets = [scale_boxes(t, old, self.size) for t, old in zip(targets, sizes)]


def open_targets(self):
    pass


def fixed_proposals(self):
    regions = [scale_regions(p, old, self.size) for p, old in zip(proposals, sizes)]


def open_proposals(self):
    regions = proposals


# Boxes at places of maps


def ssd_forward(
    self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
) -> dict[str, Tensor] | list[dict[str, Tensor]]:
    BATCH
    scores, offsets = self.predict(batch)
    if self.training:
        if targets is None:
            raise ValueError("training needs targets: boxes and labels per image")
        TARGETS
        return multibox_loss(
            scores,
            offsets,
            self.priors,
            targets,
            match=MATCH,
            negatives=NEGATIVES,
            variances=self.variances,
            balance=BALANCE,
        )
    found = []
    boxes = clip_boxes(decode(offsets, self.priors, self.variances), self.size)
    for box, probability, size in zip(boxes, scores.softmax(dim=-1), sizes):
        place, score, label = top_per_class(probability, SCORE, candidates=CANDIDATES)
        result = detections(box[place], score, label, nms=NMS, limit=DETECTIONS)
        found.append(scale_boxes(result, self.size, size))
    return found


@staticmethod
def ssd_default_boxes() -> Tensor:
    """(COUNT, 4)"""
    boxes = []
    for side, step, smallest, largest, ratios in PRIORS:
        cell = centred_boxes(prior_sizes(smallest, largest, ratios, limit=LIMIT))
        boxes.append(tile_boxes(cell, SHAPE, STEPS, shift=0.5))
    return torch.cat(boxes)


def yolo_forward(
    self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
) -> dict[str, Tensor] | list[dict[str, Tensor]]:
    BATCH
    raw = self.predict(batch)
    if self.training:
        if targets is None:
            raise ValueError("training needs targets: boxes and labels per image")
        TARGETS
        return YOLO_LOSS(raw, self.anchors, self.strides, targets, self.size, ignore=IGNORE)
    found = []
    boxes = clip_boxes(decode_yolo(raw, self.anchors, self.strides), self.size)
    for box, x, size in zip(boxes, raw, sizes):
        probability = x[:, 4:5].sigmoid() * CLASS_PROBABILITY
        place, label = torch.where(probability > SCORE)
        score = probability[place, label]
        result = detections(box[place], score, label + 1, nms=NMS, limit=DETECTIONS)
        found.append(scale_boxes(result, self.size, size))
    return found


@staticmethod
def yolo_default_boxes() -> tuple[Tensor, Tensor]:
    """Anchors (COUNT, 4) around their cells, and their maps' strides (COUNT, 1)."""
    boxes, strides = [], []
    for side, stride, sizes in ANCHORS:
        cell = centred_boxes(sizes)
        boxes.append(tile_boxes(cell, SHAPE, (stride, stride), shift=0.5))
        strides.append(torch.full((len(boxes[-1]), 1), float(stride)))
    return torch.cat(boxes), torch.cat(strides)


def cells_forward(
    self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
) -> dict[str, Tensor] | list[dict[str, Tensor]]:
    BATCH
    probabilities, objects, places = split_cells(self.predict(batch), GRID, BOXES, CLASSES)
    if self.training:
        if targets is None:
            raise ValueError("training needs targets: boxes and labels per image")
        TARGETS
        return cells_loss(probabilities, objects, places, targets, GRID, self.size)
    found = []
    boxes = clip_boxes(decode_cells(places, GRID, self.size), self.size)
    scores = objects[..., None] * probabilities[:, :, None]
    for box, score, size in zip(boxes, scores, sizes):
        cell, place, label = torch.where(score > SCORE)
        chosen = score[cell, place, label]
        result = detections(box[cell, place], chosen, label + 1, nms=NMS, limit=DETECTIONS)
        found.append(scale_boxes(result, self.size, size))
    return found


# Anchors on maps that share their weights


def each_anchors(self, maps: Sequence[Tensor], size: Sequence[int]) -> list[Tensor]:
    """NUMBER at every cell of every map, for a batch of (height, width)."""
    anchors = []
    for x, side in zip(maps, ANCHORS):
        cell = centred_boxes(CELL, rounded=True)
        height, width = x.shape[-2:]
        step = STEP
        anchors.append(tile_boxes(cell.to(x.device), (height, width), step))
    return anchors


def retina_forward(
    self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
) -> dict[str, Tensor] | list[dict[str, Tensor]]:
    BATCH
    maps, scores, offsets = self.predict(batch)
    anchors = self.anchors(maps, batch.shape[-2:])
    if self.training:
        if targets is None:
            raise ValueError("training needs targets: boxes and labels per image")
        TARGETS
        return retina_loss(
            torch.cat(scores, dim=1),
            torch.cat(offsets, dim=1),
            torch.cat(anchors),
            targets,
            high=HIGH,
            low=LOW,
            gamma=GAMMA,
            alpha=ALPHA,
        )
    found = []
    for i, size in enumerate(sizes):
        levels = [s[i] for s in scores], [o[i] for o in offsets]
        found.append(RESULT(self.detect(*levels, anchors, INSIDE), OLD, NEW))
    return found


def retina_detect(
    self,
    scores: Sequence[Tensor],
    offsets: Sequence[Tensor],
    anchors: Sequence[Tensor],
    size: tuple[int, int],
) -> dict[str, Tensor]:
    """One image: the best CANDIDATES of every level, suppressed, the best DETECTIONS."""
    boxes, kept, labels = [], [], []
    for level, offset, anchor in zip(scores, offsets, anchors):
        best = min(CANDIDATES, level.numel())
        score, place = level.sigmoid().flatten().topk(best)
        place, score = place[score > SCORE], score[score > SCORE]
        row = place // level.shape[1]
        box = decode(offset[row], anchor[row], (1, 1, 1, 1))
        boxes.append(clip_boxes(box, size))
        kept.append(score)
        labels.append(place % level.shape[1])
    return detections(
        torch.cat(boxes), torch.cat(kept), torch.cat(labels), nms=NMS, limit=DETECTIONS
    )


# Two stages


def proposing_forward(
    self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
) -> dict[str, Tensor] | list[dict[str, Tensor]]:
    BATCH
    maps, scores, offsets = self.predict(batch)
    anchors = self.anchors(maps, batch.shape[-2:])
    boxes = [decode(o.detach(), a, (1, 1, 1, 1)) for o, a in zip(offsets, anchors)]
    before, after = LIMITS
    regions = [
        propose(
            [level[i].detach() for level in scores],
            [level[i] for level in boxes],
            INSIDE,
            nms=NMS,
            before=before,
            after=after,
        )
        for i, size in enumerate(sizes)
    ]
    if self.training:
        if targets is None:
            raise ValueError("training needs targets: boxes and labels per image")
        TARGETS
        losses = rpn_loss(
            torch.cat(scores, dim=1),
            torch.cat(offsets, dim=1),
            torch.cat(anchors),
            targets,
            high=HIGH,
            low=LOW,
            count=SAMPLES,
            positive=POSITIVE,
            balance=BALANCE,
        )
        return losses | self.region_loss(maps, regions, targets)
    return self.detect(maps, regions, sizes)


def given_forward(
    self,
    images: Sequence[Tensor],
    proposals: Sequence[Tensor],
    targets: Sequence[Target] | None = None,
) -> dict[str, Tensor] | list[dict[str, Tensor]]:
    BATCH
    maps = self.predict(batch)
    PROPOSALS
    if self.training:
        if targets is None:
            raise ValueError("training needs targets: boxes and labels per image")
        TARGETS
        return self.region_loss(maps, regions, targets)
    return self.detect(maps, regions, sizes)


def rcnn_classify(
    self, maps: Sequence[Tensor], regions: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    """Scores and offsets of the regions of all images, one after the other."""
    return self.rcnn(POOLED)


def rcnn_region_loss(
    self,
    maps: Sequence[Tensor],
    regions: Sequence[Tensor],
    targets: Sequence[Target],
) -> dict[str, Tensor]:
    samples = [
        sample_regions(r, t, match=MATCH, count=SAMPLES, positive=POSITIVE)
        for r, t in zip(regions, targets)
    ]
    boxes, labels, objects = zip(*samples)
    scores, offsets = self.classify(maps, boxes)
    wanted = encode(torch.cat(objects), torch.cat(boxes), self.variances)
    return rcnn_loss(scores, offsets, torch.cat(labels), wanted)


def rcnn_detect(
    self,
    maps: Sequence[Tensor],
    regions: Sequence[Tensor],
    sizes: Sequence[tuple[int, int]],
) -> list[dict[str, Tensor]]:
    scores, offsets = self.classify(maps, regions)
    boxes = decode(offsets, torch.cat(list(regions))[:, None], self.variances)
    counts = [len(r) for r in regions]
    found = []
    for box, probability, size in zip(
        boxes.split(counts), scores.softmax(dim=1).split(counts), sizes
    ):
        box = clip_boxes(box, INSIDE)
        large = (box[..., 2:] - box[..., :2] >= 1e-2).all(dim=-1)
        good = (probability > SCORE) & large
        good[:, 0] = False
        place, label = torch.where(good)
        score = probability[place, label]
        result = detections(box[place, label], score, label, nms=NMS, limit=DETECTIONS)
        found.append(RESULT(result, OLD, NEW))
    return found


# Regions as pictures


def svm_forward(
    self,
    images: Sequence[Tensor],
    proposals: Sequence[Tensor],
    targets: Sequence[Target] | None = None,
) -> dict[str, Tensor] | list[dict[str, Tensor]]:
    PICTURES
    if self.training:
        if targets is None:
            raise ValueError("training needs targets: boxes and labels per image")
        return self.region_loss(pictures, proposals, targets)
    scores, offsets = self.predict(warp_regions(pictures, proposals, self.size, CONTEXT))
    boxes = decode(offsets, torch.cat(list(proposals))[:, None], (1, 1, 1, 1))
    counts = [len(p) for p in proposals]
    found = []
    for box, score, image in zip(boxes.split(counts), scores.split(counts), images):
        box = clip_boxes(box, image.shape[-2:])
        place, label = torch.where(score > SCORE)
        chosen = score[place, label]
        found.append(detections(box[place, label], chosen, label + 1, nms=NMS, limit=DETECTIONS))
    return found


def pictures(self):
    pictures = [normalize(image, MEAN, STD) for image in images]


def svm_region_loss(
    self,
    pictures: Sequence[Tensor],
    proposals: Sequence[Tensor],
    targets: Sequence[Target],
) -> dict[str, Tensor]:
    """Hinge losses of the classes, and the squares of the box regression."""
    labelled = [svm_regions(p, t, CLASSES, low=LOW) for p, t in zip(proposals, targets)]
    regions, labels = zip(*labelled)
    scores, offsets = self.predict(warp_regions(pictures, regions, self.size, CONTEXT))
    near = [ridge_regions(r, t, match=HIGH) for r, t in zip(regions, targets)]
    classes, objects = zip(*near)
    wanted = encode(torch.cat(objects), torch.cat(regions), (1, 1, 1, 1))
    return svm_loss(scores, torch.cat(labels)) | ridge_loss(
        offsets, torch.cat(classes), wanted, self.svm.offsets.weight, penalty=RIDGE
    )


# A class for every pixel


def fcn_forward(
    self, images: Sequence[Tensor], targets: Sequence[Target] | None = None
) -> dict[str, Tensor] | list[dict[str, Tensor]]:
    BATCH
    scores = PIXELS(self.predict(batch), sizes)
    if self.training:
        if targets is None:
            raise ValueError("training needs targets: labels (H, W) per image")
        return pixel_loss(scores, targets, ignore=IGNORE)
    return [pixel_classes(x) for x in scores]
