"""Images, anchors and the coding of boxes: torchvision says the same."""

from __future__ import annotations

import math

import pytest
import torch
from ops_oracle import close, ops, random_boxes, torchvision
from torch.nn import functional as F

detection = torchvision.models.detection
SSD300 = (  # side of the map, step, smallest, largest, ratios
    (38, 8, 30, 60, (2,)),
    (19, 16, 60, 111, (2, 3)),
    (10, 32, 111, 162, (2, 3)),
    (5, 64, 162, 213, (2, 3)),
    (3, 100, 213, 264, (2,)),
    (1, 300, 264, 315, (2,)),
)


def grid_of(*shapes: tuple[int, int], height: int, width: int) -> tuple[object, list[torch.Tensor]]:
    """What torchvision's generators are called with."""
    images = detection.image_list.ImageList(torch.zeros(1, 3, height, width), [(height, width)])
    return images, [torch.zeros(1, 1, *shape) for shape in shapes]


# ------------------------------------------------------------------------------------------ anchors
@pytest.mark.parametrize("clip", [False, True])
def test_priors_of_ssd300(clip: bool) -> None:
    sizes = [smallest for _, _, smallest, *_ in SSD300] + [315]
    ratios = [list(row[4]) for row in SSD300]
    theirs = detection.anchor_utils.DefaultBoxGenerator(
        ratios,
        scales=[s / 300 for s in sizes],
        steps=[row[1] for row in SSD300],
        clip=clip,
    )
    images, maps = grid_of(*((row[0], row[0]) for row in SSD300), height=300, width=300)
    (expected,) = theirs(images, maps)
    boxes = []
    for side, step, smallest, largest, ratio in SSD300:
        limit = 300 if clip else math.inf
        cell = ops.centred_boxes(ops.prior_sizes(smallest, largest, ratio, limit))
        boxes.append(ops.tile_boxes(cell, (side, side), (step, step), shift=0.5))
    ours = torch.cat(boxes)
    assert ours.shape == (8732, 4)
    close(ours, expected, atol=1e-4)
    wide = (ours[:, 2:] - ours[:, :2]).max()
    assert wide <= 300 + 1e-3 if clip else wide > 300, "the largest prior is cut or not"


def test_anchors_of_a_pyramid() -> None:
    sizes, ratios = ((32,), (64,), (128,)), (0.5, 1.0, 2.0)
    theirs = detection.anchor_utils.AnchorGenerator(sizes, (ratios,) * 3)
    shapes = ((25, 34), (13, 17), (7, 9))
    images, maps = grid_of(*shapes, height=200, width=272)
    (expected,) = theirs(images, maps)
    ours = torch.cat(
        [
            ops.tile_boxes(
                ops.centred_boxes(ops.anchor_sizes(size, ratios), rounded=True),
                shape,
                (200 // shape[0], 272 // shape[1]),
            )
            for size, shape in zip(sizes, shapes, strict=True)
        ]
    )
    assert torch.equal(ours, expected)


def test_anchors_of_retinanet() -> None:
    theirs = detection.retinanet._default_anchorgen()
    expected = torch.cat(theirs.cell_anchors)
    sizes = [ops.octave_sizes(s, 3, [0.5, 1, 2]) for s in (32, 64, 128, 256, 512)]
    ours = torch.cat([ops.centred_boxes(s, rounded=True) for s in sizes])
    assert torch.equal(ours, expected)


def test_maps_are_flattened_in_the_order_of_the_boxes() -> None:
    """A map that holds the boxes themselves comes out as they were laid."""
    cell = ops.centred_boxes([(4, 6), (10, 2), (1, 1)])
    boxes = ops.tile_boxes(cell, (5, 7), (8, 16), shift=0.5)
    x = boxes.view(5, 7, 3 * 4).permute(2, 0, 1)[None]
    assert torch.equal(ops.flatten_map(x, 4)[0], boxes)
    assert torch.equal(
        ops.flatten_map(x.contiguous(memory_format=torch.channels_last), 4)[0], boxes
    )
    assert boxes[3].tolist() == [24 - 2, 4 - 3, 24 + 2, 4 + 3], "the second cell lies to the right"


# ------------------------------------------------------------------------------------------- coding
@pytest.mark.parametrize("variances", [(1, 1, 1, 1), (0.1, 0.1, 0.2, 0.2)])
def test_offsets(variances: tuple[float, ...]) -> None:
    torch.manual_seed(0)
    boxes, anchors = random_boxes(200), random_boxes(200)
    coder = detection._utils.BoxCoder([1 / v for v in variances])
    ours = ops.encode(boxes, anchors, variances)
    close(ours, coder.encode_single(boxes, anchors), rtol=1e-4, atol=1e-4)
    close(ops.decode(ours, anchors, variances), boxes, rtol=1e-4, atol=1e-4)
    offsets = torch.randn(200, 4) * 30  # far beyond the largest scale
    theirs = coder.decode_single(offsets, anchors)
    close(ops.decode(offsets, anchors, variances), theirs, rtol=1e-4, atol=1e-3)
    per_class = ops.decode(offsets.view(100, 2, 4), anchors[:100, None], variances)
    close(per_class.flatten(1), coder.decode_single(offsets.view(100, 8), anchors[:100]), atol=1e-2)


def test_offsets_of_half_precision() -> None:
    """They are widened before anything is computed."""
    torch.manual_seed(0)
    offsets, anchors = torch.randn(50, 4).half(), random_boxes(50)
    ours = ops.decode(offsets, anchors, (0.1, 0.1, 0.2, 0.2))
    assert torch.equal(ours, ops.decode(offsets.float(), anchors, (0.1, 0.1, 0.2, 0.2)))
    assert ours.dtype == torch.float32


def test_clipping() -> None:
    torch.manual_seed(0)
    boxes = torch.randn(3, 50, 4) * 100
    theirs = torchvision.ops.clip_boxes_to_image(boxes, (40, 60))
    assert torch.equal(ops.clip_boxes(boxes, (40, 60)), theirs)


# ------------------------------------------------------------------------------------------- images
def test_a_batch_is_padded_after_normalising() -> None:
    torch.manual_seed(0)
    images = [torch.rand(3, 37, 50), torch.rand(3, 64, 20)]
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    transform = detection.transform.GeneralizedRCNNTransform(800, 1333, mean, std)
    transform.resize = lambda image, target: (image, target)
    theirs, _ = transform(images)
    batch, sizes = ops.batch_images(images, mean, std, divisor=32)
    assert batch.shape == (2, 3, 64, 64)
    assert torch.equal(batch, theirs.tensors) and sizes == theirs.image_sizes


@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_one_size(channels: int) -> None:
    torch.manual_seed(0)
    images = [torch.rand(channels, 20, 30), torch.rand(channels, 24, 24)]
    batch = ops.resize_images(images, (24, 24))
    assert batch.shape == (2, channels, 24, 24) and torch.equal(batch[1], images[1])
    small = F.interpolate(images[0][None], (24, 24), mode="bilinear", antialias=False)
    close(batch[0], small[0])
    target = {"boxes": torch.tensor([[3.0, 2, 15, 10]]), "labels": torch.tensor([1])}
    scaled = ops.scale_boxes(target, (20, 30), (24, 24))
    close(scaled["boxes"], torch.tensor([[2.4, 2.4, 12, 12]]))
    assert scaled["labels"] is target["labels"] and target["boxes"][0, 0] == 3
    theirs = detection.transform.resize_boxes(target["boxes"], [20, 30], [24, 24])
    close(scaled["boxes"], theirs)


def test_images_of_whole_numbers_are_refused() -> None:
    image = torch.zeros(3, 8, 8, dtype=torch.uint8)
    with pytest.raises(TypeError, match="floating point, not torch.uint8"):
        ops.batch_images([image], (0.5,) * 3, (0.5,) * 3, 8)
