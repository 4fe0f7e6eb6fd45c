"""How good detections are: mean average precision, as COCO and as Pascal VOC 2007 compute it.

Everywhere detections are a list, one dictionary an image, with "boxes" (n, 4), x1 y1 x2 y2, "labels"
(n,) and "scores" (n,); truths are the same without scores. Tensors (on the CPU), arrays and lists will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netdsl.record import Record

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Found = Mapping[str, Any]

THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).tolist())
_COCO_RECALLS = np.linspace(0, 1, 101)
_VOC_RECALLS = np.arange(11) / 10  # 3 of 10 objects do reach 0.3


class Precision(Record):
    """Average precision by IoU threshold and class. What nothing can be said about is not a number."""

    thresholds: tuple[float, ...]
    labels: tuple[int, ...]
    table: Floats
    """(thresholds, labels); a class that no image has is NaN"""

    @property
    def mean(self) -> float:
        """mAP: the mean over thresholds and the classes that occur."""
        return _mean(self.table)

    def at(self, threshold: float) -> float:
        """mAP at one threshold: `at(0.5)`, `at(0.75)`. KeyError if it was not asked for."""
        for row, known in zip(self.table, self.thresholds):
            if abs(known - threshold) < 1e-9:
                return _mean(row)
        raise KeyError(threshold)

    def per_class(self, threshold: float | None = None) -> dict[int, float]:
        """Average precision by label; the mean over thresholds, or at one."""
        if threshold is None:
            return {label: _mean(self.table[:, k]) for k, label in enumerate(self.labels)}
        return {
            label: Precision(self.thresholds, (label,), self.table[:, k : k + 1]).at(threshold)
            for k, label in enumerate(self.labels)
        }


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


# --------------------------------------------------------------------------------------------- COCO
def coco_precision(
    detections: Sequence[Found],
    truths: Sequence[Found],
    labels: Sequence[int] | None = None,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    most: int = 100,
) -> Precision:
    """Average precision as the COCO evaluation has it (Lin et al. 2014; pycocotools, all areas).

    The best `most` detections of an image and class count. By descending score, each takes the free
    object of its class with which its IoU is highest, if that is at least the threshold; else it is
    false. Precision, made falling from the right, is read at 101 recalls; equal scores stay in
    order. `labels` are the classes asked for, else those of the truths.

    Raises `ValueError` if there are not as many detections as truths.
    """
    if labels is None:
        labels = sorted({int(label) for truth in truths for label in truth["labels"]})
    table = np.full((len(thresholds), len(labels)), np.nan)
    wanted = np.minimum(np.asarray(thresholds, dtype=np.float64), 1 - 1e-10)
    for k, label in enumerate(labels):
        scores, hits, objects = [np.zeros(0)], [np.zeros((len(wanted), 0), bool)], 0
        for found, score, truth, _ in _images(detections, truths, int(label)):
            scores.append(score[:most])
            hits.append(_match_free(box_iou(found[:most], truth), wanted))
            objects += len(truth)
        if objects:
            order = np.argsort(-np.concatenate(scores), kind="stable")
            hit = np.concatenate(hits, axis=1)[:, order]
            table[:, k] = [_area(row, objects, _COCO_RECALLS) for row in hit]
    return Precision(tuple(thresholds), tuple(int(label) for label in labels), table)


def _match_free(iou: Floats, thresholds: Floats) -> Flags:
    """Which detections (n, by descending score) of one image hit one of its objects (m), at every
    threshold: (thresholds, n)."""
    hits = np.zeros((len(thresholds), len(iou)), dtype=bool)
    if iou.shape[1] == 0:
        return hits
    free = np.ones((len(thresholds), iou.shape[1]), dtype=bool)
    rows = np.arange(len(thresholds))
    last = iou.shape[1] - 1
    for i in np.nonzero(iou.max(axis=1) >= thresholds.min())[0]:
        fit = np.where(free & (iou[i] >= thresholds[:, None]), iou[i], -1)
        chosen = last - fit[:, ::-1].argmax(axis=1)  # of equal ones the last, as in pycocotools
        hits[:, i] = fit[rows, chosen] >= 0
        free[rows, chosen] &= ~hits[:, i]
    return hits


# ---------------------------------------------------------------------------------------------- VOC
def voc_precision(
    detections: Sequence[Found],
    truths: Sequence[Found],
    labels: Sequence[int] | None = None,
    *,
    threshold: float = 0.5,
) -> Precision:
    """Average precision at 11 recalls, 0, 0.1 to 1, as Pascal VOC 2007 (Everingham et al. 2010, section
    4.2).

    By descending score, each detection belongs to the object of its class with which its IoU is
    highest, taken or not: below the threshold it is false, and the second one of an object is
    false. Truths may have "difficult" (n,), true for objects that count neither way.

    Their program adds 1 to the sides of boxes, whose corners are pixels in it; here they are places.
    Raises `ValueError` if there are not as many detections as truths.
    """
    if labels is None:
        labels = sorted({int(label) for truth in truths for label in truth["labels"]})
    table = np.full((1, len(labels)), np.nan)
    for k, label in enumerate(labels):
        scores, hits, objects = [np.zeros(0)], [np.zeros(0, bool)], 0
        for found, score, truth, difficult in _images(detections, truths, int(label)):
            counts, hit = _match_nearest(box_iou(found, truth), difficult, threshold)
            scores.append(score[counts])
            hits.append(hit[counts])
            objects += int((~difficult).sum())
        if objects:
            order = np.argsort(-np.concatenate(scores), kind="stable")
            table[0, k] = _area(np.concatenate(hits)[order], objects, _VOC_RECALLS)
    return Precision((threshold,), tuple(int(label) for label in labels), table)


def _match_nearest(iou: Floats, difficult: Flags, threshold: float) -> tuple[Flags, Flags]:
    """Which detections of one image count, and which hit an object as the first to do so."""
    counts, hits = np.ones(len(iou), dtype=bool), np.zeros(len(iou), dtype=bool)
    if iou.shape[1] == 0:
        return counts, hits
    nearest = iou.argmax(axis=1)
    close = np.nonzero(iou.max(axis=1) >= threshold)[0]
    counts[close] = ~difficult[nearest[close]]
    hits[close[np.unique(nearest[close], return_index=True)[1]]] = True
    return counts, hits & counts


# ------------------------------------------------------------------------------------------- common
def box_iou(first: Floats, second: Floats) -> Floats:
    """Intersection over union of boxes (n, 4) and (m, 4), x1 y1 x2 y2: (n, m)."""
    corner = np.maximum(first[:, None, :2], second[None, :, :2])
    side = np.clip(np.minimum(first[:, None, 2:], second[None, :, 2:]) - corner, 0, None)
    common = side.prod(axis=2)
    areas = [(box[:, 2:] - box[:, :2]).prod(axis=1) for box in (first, second)]
    union = areas[0][:, None] + areas[1][None] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def _images(
    detections: Sequence[Found], truths: Sequence[Found], label: int
) -> Iterator[tuple[Floats, Floats, Floats, Flags]]:
    """Of each image that has some of a class: boxes and scores found, best first, true boxes, and which
    of those are difficult."""
    if len(detections) != len(truths):
        raise ValueError(f"detections of {len(detections)} images, truths of {len(truths)}")
    for found, truth in zip(detections, truths):
        chosen = np.asarray(found["labels"]).reshape(-1) == label
        true = np.asarray(truth["labels"]).reshape(-1) == label
        if not (chosen.any() or true.any()):
            continue
        score = np.asarray(found["scores"], dtype=np.float64).reshape(-1)[chosen]
        order = np.argsort(-score, kind="stable")
        difficult = np.asarray(truth.get("difficult", np.zeros(len(true))), dtype=bool)
        yield (
            _boxes(found)[chosen][order],
            score[order],
            _boxes(truth)[true],
            difficult.reshape(-1)[true],
        )


def _boxes(given: Found) -> Floats:
    return np.asarray(given["boxes"], dtype=np.float64).reshape(-1, 4)


def _area(hit: Flags, objects: int, recalls: Floats) -> float:
    """The mean of the best precision at each recall or beyond it; `hit` is by descending score."""
    right = np.cumsum(hit)
    precision = right / np.arange(1, len(hit) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(right / objects, recalls, side="left")
    return float(np.append(best, 0.0)[at].mean())
