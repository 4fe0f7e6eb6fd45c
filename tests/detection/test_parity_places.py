"""Default boxes and what YOLO makes of numbers, by the papers' formulas in plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from detector_oracle import Found, close, emitted, emitted_class, same_detections
from ops_oracle import torchvision
from torch import Tensor

import netdsl
from netdsl.data import data_file


# -------------------------------------------------------------------------------------------- maps
def sides(name: str, *taps: str) -> list[int]:
    """The sides of maps that the compiler says and a network on the meta device has."""
    with torch.device("meta"):
        net = emitted_class(name)()
    found = {}
    for tap in taps:
        part: Any = net.get_submodule(tap)
        part.register_forward_hook(
            lambda _, given, out, tap=tap: found.update({tap: out.shape[-1]})
        )
    net.predict(torch.zeros(1, 3, *net.size, device="meta"))
    return [found[tap] for tap in taps]


def test_maps_of_ssd300() -> None:
    """V55: 300 pixels give 38, 19, 10, 5, 3 and 1; with floor in the third pool 38 would be 37."""
    taps = ("features.22", "fc7", "conv8", "conv9", "conv10", "conv11")
    assert sides("ssd300", *taps) == [38, 19, 10, 5, 3, 1]
    assert [row[0] for row in emitted("ssd300").PRIORS] == [38, 19, 10, 5, 3, 1]


def test_without_ceil_the_step_does_not_fit() -> None:
    """V55: with floor the compiler says what is wrong: a step of 8 lays 38 cells."""
    text = data_file("zoo/ssd.net").read_text(encoding="utf-8")
    floor = text.replace("ceil_mode=s == 3", "ceil_mode=false")
    assert floor != text
    with pytest.raises(netdsl.NetError, match="lays 38 cells over 300 pixels, .* is 37x37"):
        netdsl.loads(floor, "SSD300")


# ------------------------------------------------------------------------------------------ priors
TWO, THREE = (2,), (2, 3)
SSD300 = [
    (38, 8, 30, 60, TWO),
    (19, 16, 60, 111, THREE),
    (10, 32, 111, 162, THREE),
    (5, 64, 162, 213, THREE),
    (3, 100, 213, 264, TWO),
    (1, 300, 264, 315, TWO),
]
SSD512 = [
    (64, 8, 35.84, 76.8, TWO),
    (32, 16, 76.8, 153.6, THREE),
    (16, 32, 153.6, 230.4, THREE),
    (8, 64, 230.4, 307.2, THREE),
    (4, 128, 307.2, 384.0, THREE),
    (2, 256, 384.0, 460.8, TWO),
    (1, 512, 460.8, 537.6, TWO),
]


def priors(rows: list[Any]) -> Iterator[tuple[float, float, float, float]]:
    """Centre, width and height of every default box (Liu et al., 2015, section 2.2)."""
    for side, step, least, most, ratios in rows:
        for row in range(side):
            for column in range(side):
                x, y = (column + 0.5) * step, (row + 0.5) * step
                yield x, y, least, least
                yield x, y, math.sqrt(least * most), math.sqrt(least * most)
                for ratio in ratios:
                    root = math.sqrt(ratio)
                    yield x, y, least * root, least / root
                    yield x, y, least / root, least * root


@pytest.mark.parametrize("name, rows, count", [("ssd300", SSD300, 8732), ("ssd512", SSD512, 24564)])
def test_priors(name: str, rows: list[Any], count: int) -> None:
    """V28: every one of them."""
    expected = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for x, y, w, h in priors(rows)]
    boxes = emitted_class(name).default_boxes()
    assert boxes.shape == (count, 4) and len(expected) == count
    close(boxes.double(), torch.tensor(expected, dtype=torch.float64), atol=1e-4, rtol=0)


def test_first_and_last_priors_of_ssd300() -> None:
    """V28: as parts of the image, centre and size."""
    boxes = emitted_class("ssd300").default_boxes() / 300
    found = torch.cat([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], dim=1)
    first = [[0.1, 0.1], [0.141421, 0.141421], [0.141421, 0.070711], [0.070711, 0.141421]]
    last = [[0.88, 0.88], [0.961249, 0.961249], [1.244508, 0.622254], [0.622254, 1.244508]]
    close(found[:4], torch.tensor([[0.013333, 0.013333, *size] for size in first]))
    close(found[-4:], torch.tensor([[0.5, 0.5, *size] for size in last]))


# -------------------------------------------------------------------------------------------- YOLO
COCO = [
    (13, 32, [(116, 90), (156, 198), (373, 326)]),
    (26, 16, [(30, 61), (62, 45), (59, 119)]),
    (52, 8, [(10, 13), (16, 30), (33, 23)]),
]
VOC = [
    (
        13,
        32,
        [
            (1.3221, 1.73145),
            (3.19275, 4.00944),
            (5.05587, 8.09892),
            (9.47112, 4.84053),
            (11.2364, 10.0071),
        ],
    )
]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def corners(x: float, y: float, w: float, h: float) -> list[float]:
    return [x - w / 2, y - h / 2, x + w / 2, y + h / 2]


def of_anchors(raw: list[list[float]], version: int) -> tuple[list[list[float]], list[list[float]]]:
    """Boxes and probabilities of every class (Redmon and Farhadi, 2016, section 2 and figure 3)."""
    boxes, scores, rows = [], [], iter(raw)
    for side, stride, anchors in COCO if version == 3 else VOC:
        for row in range(side):
            for column in range(side):
                for width, height in anchors:
                    x, y, w, h, objectness, *classes = next(rows)
                    scale = 1 if version == 3 else stride  # those of VOC are printed in cells
                    boxes.append(
                        corners(
                            (sigmoid(x) + column) * stride,
                            (sigmoid(y) + row) * stride,
                            width * scale * math.exp(w),
                            height * scale * math.exp(h),
                        )
                    )
                    if version == 3:
                        chances = [sigmoid(c) for c in classes]
                    else:
                        total = sum(math.exp(c) for c in classes)
                        chances = [math.exp(c) / total for c in classes]
                    scores.append([sigmoid(objectness) * chance for chance in chances])
    assert next(rows, None) is None
    return boxes, scores


def of_cells(numbers: list[float]) -> tuple[list[list[float]], list[list[float]]]:
    """Of 7x7 cells with two boxes and 20 classes (Redmon et al., 2015, section 2), as darknet has
    them: all class probabilities, all confidences, all boxes."""
    boxes, scores = [], []
    for cell in range(49):
        chances = numbers[cell * 20 : cell * 20 + 20]
        for box in range(2):
            confidence = numbers[980 + cell * 2 + box]
            start = 980 + 98 + (cell * 2 + box) * 4
            x, y, w, h = numbers[start : start + 4]
            row, column = divmod(cell, 7)
            boxes.append(corners((column + x) * 64, (row + y) * 64, w * w * 448, h * h * 448))
            scores.append([confidence * chance for chance in chances])
    return boxes, scores


def chosen(boxes: Tensor, scores: Tensor, side: int, size: tuple[int, int]) -> Found:
    """The 100 best of at least 0.01 after suppression at 0.45, in pixels of the image."""
    boxes = boxes.clamp(0, side)
    place, label = torch.where(scores > 0.01)
    keep = torchvision.ops.batched_nms(boxes[place], scores[place, label], label, 0.45)[:100]
    scale = torch.tensor([size[1] / side, size[0] / side] * 2)
    return {
        "boxes": boxes[place[keep]] * scale,
        "scores": scores[place[keep], label[keep]],
        "labels": label[keep] + 1,
    }


@pytest.mark.parametrize("name", ["yolov1", "yolov2", "yolov3"])
def test_yolo(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the network says is made up; the boxes that come of it are those of the formulas."""
    torch.manual_seed(0)
    with torch.device("meta"):
        net = emitted_class(name)().eval()
    side = net.size[0]
    if name == "yolov1":
        raw = torch.rand(1, 7 * 7 * 30) ** 2
        boxes, scores = of_cells(raw[0].tolist())
    else:
        version = int(name[-1])
        net.anchors, net.strides = net.default_boxes()
        raw = torch.randn(1, len(net.anchors), 85 if version == 3 else 25)
        raw[..., 4] -= 3 if version == 2 else 7  # few are chosen: suppression is slow
        raw[..., 2:4] /= 4
        boxes, scores = of_anchors(raw[0].tolist(), version)
    monkeypatch.setattr(net, "predict", lambda x: raw)
    found = net([torch.zeros(3, 300, 500)])[0]
    expected = chosen(torch.tensor(boxes), torch.tensor(scores), side, (300, 500))
    same_detections(found, expected)
    assert len(expected["labels"].unique()) > 10
