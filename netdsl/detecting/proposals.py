"""Boxes that may hold an object, found without learning: sliding windows, and how well proposals cover.

Selective Search is in `selective`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netdsl.detecting.precision import Found, box_iou


def sliding_windows(
    size: tuple[int, int],
    scales: Sequence[float],
    ratios: Sequence[float] = (1.0,),
    stride: int = 16,
) -> Tensor:
    """Every window that lies in an image of (height, width), `stride` pixels apart: (n, 4), x1 y1 x2 y2.

    A window has about scale * scale pixels, its ratio is height / width, its sides are whole. They are
    in the order of scales, ratios, rows and columns. Raises `ValueError` for numbers that are not above 0.
    """
    boxes = [torch.zeros(0, 4)]
    for height, width in _windows(scales, ratios, stride):
        y = torch.arange(0, size[0] - height + 1, stride) if height <= size[0] else torch.zeros(0)
        x = torch.arange(0, size[1] - width + 1, stride) if width <= size[1] else torch.zeros(0)
        top, left = torch.meshgrid(y.float(), x.float(), indexing="ij")
        box = torch.stack([left, top, left + width, top + height], dim=-1)
        boxes.append(box.view(-1, 4))
    return torch.cat(boxes)


def count_windows(
    size: tuple[int, int],
    scales: Sequence[float],
    ratios: Sequence[float] = (1.0,),
    stride: int = 16,
) -> int:
    """How many `sliding_windows` there are: (floor((H - h) / s) + 1) * (floor((W - w) / s) + 1), summed over
    the shapes h x w that fit."""
    return sum(
        ((size[0] - height) // stride + 1) * ((size[1] - width) // stride + 1)
        for height, width in _windows(scales, ratios, stride)
        if height <= size[0] and width <= size[1]
    )


def _windows(
    scales: Sequence[float], ratios: Sequence[float], stride: int
) -> list[tuple[int, int]]:
    """(height, width) of every scale and ratio, a pixel at least."""
    if not all(value > 0 for value in (*scales, *ratios, stride)):
        raise ValueError("scales, ratios and the stride are numbers above 0")
    return [
        (max(1, round(scale * math.sqrt(ratio))), max(1, round(scale / math.sqrt(ratio))))
        for scale in scales
        for ratio in ratios
    ]


def recall(
    proposals: Sequence[Any],
    truths: Sequence[Found],
    threshold: float = 0.5,
    most: int | None = None,
) -> float:
    """The share of objects with which some proposal of their image has an IoU of `threshold` or more.

    `proposals` are boxes (n, 4), one array or tensor an image, of which the first `most` count; `truths`
    have "boxes". Not a number without objects; `ValueError` if there are not as many of both.
    """
    if len(proposals) != len(truths):
        raise ValueError(f"proposals of {len(proposals)} images, truths of {len(truths)}")
    covered = objects = 0
    for boxes, truth in zip(proposals, truths):
        given = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)[:most]
        wanted = np.asarray(truth["boxes"], dtype=np.float64).reshape(-1, 4)
        objects += len(wanted)
        if len(given):
            covered += int((box_iou(wanted, given).max(axis=1) >= threshold).sum())
    return covered / objects if objects else float("nan")
