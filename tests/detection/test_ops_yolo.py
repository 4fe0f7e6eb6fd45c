"""YOLO 1, 2 and 3: numbers worked out box by box in plain Python, and numeric gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from ops_oracle import close, ops, random_targets
from torch import Tensor

Box = Sequence[float]
SIZE = (64, 96)
MAPS = ((8, 12, 8, ((10, 13), (16, 30))), (4, 6, 16, ((30, 61), (62, 45), (59, 59))))


def anchors_of_maps() -> tuple[Tensor, Tensor]:
    boxes, strides = [], []
    for height, width, stride, sizes in MAPS:
        boxes.append(
            ops.tile_boxes(ops.centred_boxes(sizes), (height, width), (stride, stride), shift=0.5)
        )
        strides.append(torch.full((len(boxes[-1]), 1), float(stride)))
    return torch.cat(boxes), torch.cat(strides)


ANCHORS, STRIDES = anchors_of_maps()


# ------------------------------------------------------------------------------ by hand, box by box
def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def cross_entropy(x: float, t: float) -> float:
    return -t * math.log(sigmoid(x)) - (1 - t) * math.log(1 - sigmoid(x))


def iou(a: Box, b: Box) -> float:
    wide = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    tall = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    area = sum((x[2] - x[0]) * (x[3] - x[1]) for x in (a, b))
    return wide * tall / (area - wide * tall)


def layout() -> list[tuple[int, int, int, float, float]]:
    """Of every anchor its column, its row, its stride and its sides."""
    return [
        (j, i, stride, *size)
        for height, width, stride, sizes in MAPS
        for i in range(height)
        for j in range(width)
        for size in sizes
    ]


def predicted(x: Sequence[float], place: tuple[int, int, int, float, float]) -> list[float]:
    j, i, stride, width, height = place
    cx, cy = (j + sigmoid(x[0])) * stride, (i + sigmoid(x[1])) * stride
    w, h = width * math.exp(x[2]), height * math.exp(x[3])
    return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]


def responsible(box: Box) -> int:
    """The anchor in a cell with the object's centre that is most like it, put at one centre."""
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    size = [0, 0, box[2] - box[0], box[3] - box[1]]
    fits = {
        n: iou([0, 0, w, h], size)
        for n, (j, i, stride, w, h) in enumerate(layout())
        if (int(cx // stride), int(cy // stride)) == (j, i)
    }
    return max(fits, key=lambda n: fits[n])


def by_hand(version: int, raw: list[Any], targets: list[Any], ignore: float) -> list[float]:
    places, total = layout(), [0.0, 0.0, 0.0]
    for xs, target in zip(raw, targets, strict=True):
        boxes, labels = target["boxes"].tolist(), target["labels"].tolist()
        found = [predicted(x, place) for x, place in zip(xs, places, strict=True)]
        owners = [responsible(box) for box in boxes]
        for box, label, n in zip(boxes, labels, owners, strict=True):
            x, (j, i, stride, w, h) = xs[n], places[n]
            small = 2 - (box[2] - box[0]) * (box[3] - box[1]) / (SIZE[0] * SIZE[1])
            tx, ty = (box[0] + box[2]) / 2 / stride - j, (box[1] + box[3]) / 2 / stride - i
            tw, th = math.log((box[2] - box[0]) / w), math.log((box[3] - box[1]) / h)
            sides = ((x[2] - tw) ** 2 + (x[3] - th) ** 2) / 2
            if version == 3:
                centre = cross_entropy(x[0], tx) + cross_entropy(x[1], ty)
                total[1] += cross_entropy(x[4], 1)
                total[2] += sum(cross_entropy(p, c == label - 1) for c, p in enumerate(x[5:]))
            else:
                centre = ((sigmoid(x[0]) - tx) ** 2 + (sigmoid(x[1]) - ty) ** 2) / 2
                total[1] += 5 * (sigmoid(x[4]) - iou(found[n], box)) ** 2 / 2
                total[2] += math.log(sum(map(math.exp, x[5:]))) - x[4 + label]
            total[0] += small * (centre + sides)
        for n, (x, own) in enumerate(zip(xs, found, strict=True)):
            if n not in owners and all(iou(own, box) <= ignore for box in boxes):
                total[1] += cross_entropy(x[4], 0) if version == 3 else sigmoid(x[4]) ** 2 / 2
    return [t / len(raw) for t in total]


def drawn(counts: Sequence[int], classes: int = 3) -> tuple[Tensor, list[dict[str, Tensor]]]:
    targets = random_targets(counts, classes, SIZE, 60)
    raw = torch.randn(len(counts), len(ANCHORS), 5 + classes, dtype=torch.double)
    return raw, [{**t, "boxes": t["boxes"].double()} for t in targets]


# --------------------------------------------------------------------------------- with anchors
@pytest.mark.parametrize("version, name", [(2, "yolo2_loss"), (3, "yolo_loss")])
@pytest.mark.parametrize("counts, ignore", [((3, 1), 0.3), ((2, 0), 0.35), ((0,), 0.5)])
def test_losses_by_hand(version: int, name: str, counts: Sequence[int], ignore: float) -> None:
    torch.manual_seed(1)
    raw, targets = drawn(counts)
    anchors, strides = ANCHORS.double(), STRIDES.double()
    for target in targets:  # each object has its own anchor
        owners = [responsible(box) for box in target["boxes"].tolist()]
        assert len(set(owners)) == len(owners)
    ours = getattr(ops, name)(raw, anchors, strides, targets, SIZE, ignore)
    assert list(ours) == ["boxes", "objects", "classification"]
    expected = by_hand(version, raw.tolist(), targets, ignore)
    assert [v.item() for v in ours.values()] == pytest.approx(expected, rel=1e-9)
    near = [
        iou(predicted(x, place), box) > ignore
        for x, place in zip(raw[0].tolist(), layout(), strict=True)
        for box in targets[0]["boxes"].tolist()
    ]
    assert any(near) == (counts[0] > 0), "something is ignored"


@pytest.mark.parametrize("name", ["yolo_loss", "yolo2_loss"])
def test_gradients(name: str) -> None:
    """Where no prediction comes near `ignore`, the losses but YOLOv2's objectness, whose target moves
    with the boxes and is held, are as smooth as they look."""
    torch.manual_seed(0)
    raw, targets = drawn((2, 0), classes=2)
    anchors, strides = ANCHORS.double(), STRIDES.double()
    rows = torch.cat([ops.assign_cells(anchors, strides, t["boxes"]) for t in targets])
    loss = getattr(ops, name)

    def moved(some: Tensor, part: slice) -> tuple[Tensor, ...]:
        x = raw.clone()
        x[0, rows, part] = some
        losses = loss(x, anchors, strides, targets, SIZE, 2.0)
        return losses["boxes"], losses["classification"]

    for part in (slice(0, 4), slice(5, 7)):
        some = raw[0, rows, part].clone().requires_grad_()
        assert torch.autograd.gradcheck(lambda x, part=part: moved(x, part), some)

    def objectness(some: Tensor) -> Tensor:
        x = raw.clone()
        x[:, ::12, 4] = some
        return loss(x, anchors, strides, targets, SIZE, 0.5)["objects"]

    assert torch.autograd.gradcheck(objectness, raw[:, ::12, 4].clone().requires_grad_())


def test_the_gradient_of_darknet() -> None:
    """Version 3: prediction minus target, for every logit of an object; times 2 - share for its box."""
    torch.manual_seed(0)
    raw, targets = drawn((1,))
    anchors, strides = ANCHORS.double(), STRIDES.double()
    raw.requires_grad_()
    losses = ops.yolo_loss(raw, anchors, strides, targets, SIZE, 0.5)
    (gradient,) = torch.autograd.grad(torch.stack(list(losses.values())).sum(), raw)
    (box,) = targets[0]["boxes"].tolist()
    n = responsible(box)
    j, i, stride, w, h = layout()[n]
    small = 2 - (box[2] - box[0]) * (box[3] - box[1]) / (SIZE[0] * SIZE[1])
    x = raw[0, n].tolist()
    wanted = [(box[0] + box[2]) / 2 / stride - j, (box[1] + box[3]) / 2 / stride - i]
    wanted += [math.log((box[2] - box[0]) / w), math.log((box[3] - box[1]) / h)]
    found = [sigmoid(x[0]), sigmoid(x[1]), x[2], x[3]]
    expected = [small * (f - t) for f, t in zip(found, wanted, strict=True)]
    expected += [sigmoid(x[4]) - 1]
    label = targets[0]["labels"].item()
    expected += [sigmoid(p) - (c == label - 1) for c, p in enumerate(x[5:])]
    assert gradient[0, n].tolist() == pytest.approx(expected)


def test_the_overlap_that_is_wanted_is_held() -> None:
    """Version 2: what an object's objectness is to be does not pull at its box."""
    torch.manual_seed(0)
    raw, targets = drawn((2,))
    raw.requires_grad_()
    loss = ops.yolo2_loss(raw, ANCHORS.double(), STRIDES.double(), targets, SIZE)["objects"]
    (gradient,) = torch.autograd.grad(loss, raw)
    assert gradient[..., 4].any() and not gradient[..., :4].any() and not gradient[..., 5:].any()


def test_decoding_undoes_encoding() -> None:
    torch.manual_seed(0)
    (target,) = random_targets((30,), 3, SIZE, 60)
    place = ops.assign_cells(ANCHORS, STRIDES, target["boxes"])
    assert place.tolist() == [responsible(box) for box in target["boxes"].tolist()]
    coded = ops.encode_yolo(target["boxes"], ANCHORS[place], STRIDES[place])
    assert 0 <= coded[:, :2].min() and coded[:, :2].max() <= 1
    raw = torch.cat([coded[:, :2].logit(), coded[:, 2:]], dim=1)
    close(ops.decode_yolo(raw, ANCHORS[place], STRIDES[place]), target["boxes"], atol=1e-3)
    half = ops.decode_yolo(torch.full((1, 7), 12.0).half(), ANCHORS[:1], STRIDES[:1])
    assert half.dtype == torch.float32 and half.isfinite().all()


def test_a_centre_between_cells_is_in_one() -> None:
    """Anchors of any size around centres that cannot be told exactly."""
    sizes = [(10.3, 13.7), (33.3, 23.1)]
    anchors = ops.tile_boxes(ops.centred_boxes(sizes), (13, 13), (32, 32), shift=0.5)
    strides = torch.full((len(anchors), 1), 32.0)
    centre = torch.cartesian_prod(torch.arange(13), torch.arange(13)).flip(1) * 32.0
    side = torch.tensor([10.1, 13.3])
    place = ops.assign_cells(anchors, strides, torch.cat([centre - side, centre + side], 1)[14:])
    cells = centre[14:] / 32
    assert (place // 2).tolist() == (cells[:, 1] * 13 + cells[:, 0]).long().tolist()


# --------------------------------------------------------------------------------- cells of a grid
GRID, BOXES, CLASSES = 3, 2, 4


def numbers(cells: bool = False) -> Tensor:
    """Outputs of two images: any numbers, with boxes that are some."""
    x = torch.rand(2, GRID * GRID * (BOXES * 5 + CLASSES), dtype=torch.double)
    return x if not cells else x * 0.8 + 0.1


def test_the_order_of_the_last_layer() -> None:
    """Classes of all cells first, then objectness, then boxes: place by place as darknet reads it."""
    x = torch.arange(2.0 * GRID * GRID * (BOXES * 5 + CLASSES)).view(2, -1)
    p, o, b = ops.split_cells(x, GRID, BOXES, CLASSES)
    assert p.shape == (2, 9, CLASSES) and o.shape == (2, 9, BOXES) and b.shape == (2, 9, BOXES, 4)
    for cell in range(9):
        for c in range(CLASSES):
            assert p[1, cell, c] == x[1, cell * CLASSES + c]
        for k in range(BOXES):
            assert o[1, cell, k] == x[1, 9 * CLASSES + cell * BOXES + k]
            for d in range(4):
                place = 9 * (CLASSES + BOXES) + (cell * BOXES + k) * 4 + d
                assert b[1, cell, k, d] == x[1, place]


def corners(box: Box, cell: int) -> list[float]:
    """Of x and y in a cell and roots of sides: pixels."""
    cx = (cell % GRID + box[0]) / GRID * SIZE[1]
    cy = (cell // GRID + box[1]) / GRID * SIZE[0]
    w, h = box[2] ** 2 * SIZE[1], box[3] ** 2 * SIZE[0]
    return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]


def test_boxes_of_cells() -> None:
    torch.manual_seed(0)
    _, _, boxes = ops.split_cells(numbers(), GRID, BOXES, CLASSES)
    found = ops.decode_cells(boxes, GRID, SIZE)
    assert found.shape == boxes.shape
    for cell in range(9):
        for k in range(BOXES):
            expected = corners(boxes[1, cell, k].tolist(), cell)
            assert found[1, cell, k].tolist() == pytest.approx(expected)
    cells, wanted = ops.encode_cells(found[0, :, 0], GRID, SIZE)
    assert cells.tolist() == list(range(9))
    close(wanted, boxes[0, :, 0])


def cells_by_hand(x: list[Tensor], targets: list[Any]) -> list[float]:
    """Equation 3 of the paper, cell after cell."""
    total = [0.0, 0.0, 0.0]
    for n, target in enumerate(targets):
        p, o, b = (t[n].tolist() for t in x)
        owner: dict[int, int] = {}
        for g, box in enumerate(target["boxes"].tolist()):
            column = int((box[0] + box[2]) / 2 / SIZE[1] * GRID)
            row = int((box[1] + box[3]) / 2 / SIZE[0] * GRID)
            owner.setdefault(row * GRID + column, g)
        for cell in range(GRID * GRID):
            if cell not in owner:
                total[1] += sum(0.5 * c**2 for c in o[cell])
                continue
            box = target["boxes"][owner[cell]].tolist()
            overlaps = [iou(corners(own, cell), box) for own in b[cell]]
            best = overlaps.index(max(overlaps))
            assert max(overlaps) > 0
            own = b[cell][best]
            tx = (box[0] + box[2]) / 2 / SIZE[1] * GRID - cell % GRID
            ty = (box[1] + box[3]) / 2 / SIZE[0] * GRID - cell // GRID
            tw, th = (box[2] - box[0]) / SIZE[1], (box[3] - box[1]) / SIZE[0]
            total[0] += 5 * ((own[0] - tx) ** 2 + (own[1] - ty) ** 2)
            total[0] += 5 * ((own[2] - tw**0.5) ** 2 + (own[3] - th**0.5) ** 2)
            for k, c in enumerate(o[cell]):
                total[1] += (c - overlaps[k]) ** 2 if k == best else 0.5 * c**2
            label = target["labels"][owner[cell]].item() - 1
            total[2] += sum((q - (c == label)) ** 2 for c, q in enumerate(p[cell]))
    return [t / len(targets) for t in total]


@pytest.mark.parametrize("counts", [(1, 3), (6, 0), (0, 0)])
def test_loss_of_cells_by_hand(counts: Sequence[int]) -> None:
    torch.manual_seed(2)
    targets = random_targets(counts, CLASSES, SIZE, 60)
    targets = [{**t, "boxes": t["boxes"].double()} for t in targets]
    x = ops.split_cells(numbers(cells=True), GRID, BOXES, CLASSES)
    ours = ops.cells_loss(*x, targets, GRID, SIZE)
    assert list(ours) == ["boxes", "objects", "classification"]
    assert [v.item() for v in ours.values()] == pytest.approx(cells_by_hand(x, targets), rel=1e-9)
    heavy = ops.cells_loss(*x, targets, GRID, SIZE, coord=10.0, noobj=0.5)
    assert heavy["boxes"].item() == pytest.approx(2 * ours["boxes"].item())


def test_a_cell_has_one_object_and_one_responsible_box() -> None:
    """The first object; where no box touches it, the nearest box."""
    boxes = torch.tensor([[4.0, 4, 20, 16], [5, 5, 19, 15]])
    targets = [{"boxes": boxes, "labels": torch.tensor([2, 3])}]
    p, o, b = ops.split_cells(torch.zeros(1, GRID * GRID * 14), GRID, BOXES, CLASSES)
    p, o, b = p.clone(), o.clone(), b.clone()
    assert ops.cells_loss(p, o, b, targets, GRID, SIZE)["classification"].item() == 1
    b[0, 0, 0] = torch.tensor([0.99, 0.99, 0.1, 0.1])
    b[0, 0, 1] = torch.tensor([0.0, 0, 0.01, 0.01])
    _, wanted = ops.encode_cells(boxes[:1], GRID, SIZE)
    b.requires_grad_()
    loss = ops.cells_loss(p, o, b, targets, GRID, SIZE)
    (gradient,) = torch.autograd.grad(loss["boxes"], b)
    far = [(b[0, 0, k] - wanted[0]).square().sum().item() for k in (0, 1)]
    assert gradient[0, 0].any(dim=1).tolist() == [False, True]
    assert loss["boxes"].item() == pytest.approx(5 * far[1])


def test_the_gradient_of_cells() -> None:
    """The objectness is to be an IoU that is held; all else is as smooth as it looks."""
    torch.manual_seed(0)
    targets = random_targets((2, 0), CLASSES, SIZE, 60)
    targets = [{**t, "boxes": t["boxes"].double()} for t in targets]
    p, o, b = (t.clone() for t in ops.split_cells(numbers(cells=True), GRID, BOXES, CLASSES))

    def loss(p: Tensor, o: Tensor, b: Tensor) -> tuple[Tensor, ...]:
        return tuple(ops.cells_loss(p, o, b, targets, GRID, SIZE).values())

    assert torch.autograd.gradcheck(
        lambda p, o: loss(p, o, b), (p.requires_grad_(), o.requires_grad_())
    )
    assert torch.autograd.gradcheck(lambda b: loss(p, o, b)[0], b.requires_grad_())
    (gradient,) = torch.autograd.grad(loss(p, o, b)[1], b)
    assert not gradient.any()
