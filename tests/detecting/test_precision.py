"""Average precision, against pycocotools and cases worked by hand."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from netdsl.detecting.precision import (
    THRESHOLDS,
    box_iou,
    coco_precision,
    voc_precision,
)

CLASSES = (1, 2, 3, 4)
Found = dict[str, Any]


def evaluated(
    detections: list[Found],
    truths: list[Found],
    thresholds: tuple[float, ...] = THRESHOLDS,
    recalls: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """What pycocotools says: (thresholds, classes), NaN for classes that no image has."""
    annotations, results = [], []
    for image, (found, truth) in enumerate(zip(detections, truths)):
        for box, label in zip(truth["boxes"], truth["labels"]):
            place = [box[0], box[1], box[2] - box[0], box[3] - box[1]]
            annotation = {"image_id": image, "category_id": int(label), "bbox": place}
            annotation |= {"id": len(annotations) + 1, "area": place[2] * place[3], "iscrowd": 0}
            annotations.append(annotation)
        for box, label, score in zip(found["boxes"], found["labels"], found["scores"]):
            place = [box[0], box[1], box[2] - box[0], box[3] - box[1]]
            result = {"image_id": image, "category_id": int(label), "bbox": place}
            results.append(result | {"score": float(score)})
    truth = COCO()
    truth.dataset = {
        "images": [{"id": i} for i in range(len(truths))],
        "categories": [{"id": label} for label in CLASSES],
        "annotations": annotations,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        if not results:  # loadRes refuses an empty list
            found = COCO()
            found.dataset = truth.dataset | {"annotations": []}
            found.createIndex()
        else:
            found = truth.loadRes(results)
        evaluation = COCOeval(truth, found, "bbox")
        evaluation.params.iouThrs = np.array(thresholds)
        if recalls is not None:
            evaluation.params.recThrs = recalls
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, 2]  # all areas, 100 detections
    table = precision.mean(axis=1)
    return np.where(precision[:, 0] < 0, np.nan, table)


def random_case(seed: int, images: int = 12, most: int = 30) -> tuple[list[Found], list[Found]]:
    """Objects, and detections near them, beside them, twice, and with equal scores."""
    rng = np.random.default_rng(seed)
    detections, truths = [], []
    for _ in range(images):
        n = int(rng.integers(0, 6))
        corner = rng.uniform(0, 100, (n, 2))
        boxes = np.concatenate([corner, corner + rng.uniform(5, 60, (n, 2))], axis=1)
        labels = rng.integers(1, 4, n)  # no image has class 4
        count = int(rng.integers(0, most)) if rng.uniform() > 0.15 else 0
        near = rng.integers(0, n, count) if n else np.zeros(count, int)
        base = boxes[near] if n else np.tile([10.0, 10, 40, 40], (count, 1))
        found = base + rng.normal(0, 1, (count, 4)) * rng.choice([0.0, 1, 4, 15], (count, 1))
        found[:, 2:] = np.maximum(found[:, 2:], found[:, :2] + 1)
        right = labels[near] if n else np.ones(count, int)
        other = rng.integers(1, 5, count)
        scores = rng.uniform(0, 1, count).round(int(rng.choice([1, 6])))
        chosen = np.where(rng.uniform(size=count) < 0.8, right, other)
        detections.append({"boxes": found, "labels": chosen, "scores": scores})
        truths.append({"boxes": boxes, "labels": labels})
    return detections, truths


def assert_equal(detections: list[Found], truths: list[Found]) -> None:
    ours = coco_precision(detections, truths, CLASSES)
    theirs = evaluated(detections, truths)
    np.testing.assert_allclose(ours.table, theirs, rtol=0, atol=1e-9)
    if not np.isnan(theirs).all():
        assert ours.mean == pytest.approx(np.nanmean(theirs), abs=1e-9)
        assert ours.at(0.5) == pytest.approx(np.nanmean(theirs[0]), abs=1e-9)
        assert ours.at(0.75) == pytest.approx(np.nanmean(theirs[5]), abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_random_detections(seed: int) -> None:
    detections, truths = random_case(seed)
    assert_equal(detections, truths)
    assert 0 < coco_precision(detections, truths).mean < 1


def test_more_than_a_hundred_detections_of_an_image() -> None:
    """The right one is the 101st of its class in one image and the 100th in the other; only the
    latter counts, and detections of another class do not push it out."""
    rng = np.random.default_rng(0)
    corner = rng.uniform(50, 300, (130, 2))
    wrong = np.concatenate([corner, corner + 20], axis=1)
    detections, truths = [], []
    for before in (100, 99):
        scores = np.concatenate([rng.uniform(0.5, 1, before), [0.4], rng.uniform(0, 0.3, 9)])
        boxes = np.concatenate([wrong[:before], [[0, 0, 10, 10]], wrong[-9:]])
        labels = np.concatenate([np.ones(before + 10, int), np.full(40, 2)])
        found = {"boxes": np.concatenate([boxes, wrong[:40]]), "labels": labels}
        found["scores"] = np.concatenate([scores, rng.uniform(0.9, 1, 40)])
        detections.append(found)
        truths.append({"boxes": np.array([[0.0, 0, 10, 10]]), "labels": np.array([1])})
    assert_equal(detections, truths)
    recalled = coco_precision(detections, truths)
    assert recalled.mean < coco_precision(detections, truths, most=101).mean
    assert coco_precision(detections, truths, most=99).mean == 0
    assert_equal(*random_case(100, images=4, most=900))


def test_whole_numbers_stand_on_the_thresholds() -> None:
    """IoU 0.5, 0.6 to 0.9 exactly: reached."""
    truths = [{"boxes": [[0.0, 0.0, 10.0, 10.0]], "labels": [1]} for _ in range(6)]
    detections = [
        {"boxes": [[0.0, 0.0, 10.0, float(height)]], "labels": [1], "scores": [0.9]}
        for height in (5, 6, 7, 8, 9, 10)
    ]
    assert_equal(detections, truths)


def test_two_equal_objects() -> None:
    """Equal IoU with both: one detection takes one, the second the other."""
    box = [0.0, 0.0, 10.0, 10.0]
    truths = [{"boxes": [box, box, [1.0, 0.0, 11.0, 10.0]], "labels": [1, 1, 1]}]
    found = [{"boxes": [box, box, box], "labels": [1, 1, 1], "scores": [0.5, 0.5, 0.5]}]
    assert_equal(found, truths)
    assert coco_precision(found, truths).at(0.5) == pytest.approx(1)


NOTHING: Found = {"boxes": [], "labels": [], "scores": []}
OBJECT: Found = {"boxes": [[0.0, 0.0, 10.0, 10.0]], "labels": [1]}
FOUND: Found = OBJECT | {"scores": [0.7]}


@pytest.mark.parametrize(
    ("detections", "truths", "mean"),
    [
        ([NOTHING], [OBJECT], 0),
        ([FOUND], [NOTHING], None),
        ([NOTHING], [NOTHING], None),
        ([FOUND], [OBJECT], 1),
        ([FOUND, FOUND], [OBJECT, NOTHING], 1),  # equal scores: the first image is first
        ([FOUND, FOUND], [NOTHING, OBJECT], 0.5),
    ],
)
def test_images_with_nothing(
    detections: list[Found], truths: list[Found], mean: float | None
) -> None:
    assert_equal(detections, truths)
    found = coco_precision(detections, truths).mean
    assert np.isnan(found) if mean is None else found == pytest.approx(mean)


def test_what_is_not_there() -> None:
    with pytest.raises(ValueError, match="detections of 1 images, truths of 2"):
        coco_precision([FOUND], [OBJECT, OBJECT])
    with pytest.raises(KeyError):
        coco_precision([FOUND], [OBJECT]).at(0.33)


def test_by_class() -> None:
    detections, truths = random_case(3)
    ours, theirs = coco_precision(detections, truths, CLASSES), evaluated(detections, truths)
    for k, label in enumerate(CLASSES):
        assert ours.per_class()[label] == pytest.approx(theirs[:, k].mean(), abs=1e-9, nan_ok=True)
        assert ours.per_class(0.75)[label] == pytest.approx(theirs[5, k], abs=1e-9, nan_ok=True)


# ---------------------------------------------------------------------------------------------- VOC
@pytest.mark.parametrize("seed", range(10))
def test_eleven_points_where_objects_stand_apart(seed: int) -> None:
    """There a detection can reach one object only, and VOC's rule gives what COCO's gives."""
    detections, truths = random_case(seed)
    for truth in truths:
        keep: list[int] = []
        for i, box in enumerate(truth["boxes"]):
            if not keep or box_iou(box[None], truth["boxes"][keep]).max() == 0:
                keep.append(i)
        truth.update(boxes=truth["boxes"][keep], labels=truth["labels"][keep])
    ours = voc_precision(detections, truths, CLASSES)
    theirs = evaluated(detections, truths, (0.5,), np.arange(11) / 10)
    np.testing.assert_allclose(ours.table, theirs, rtol=0, atol=1e-9)


def test_eleven_points_by_hand() -> None:
    """Three objects; right, wrong, right. Precision 1 up to recall 1/3 (4 points), 2/3 up to 2/3 (3
    points), none beyond."""
    places = [[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]]
    truths = [{"boxes": places, "labels": [1, 1, 1]}]
    boxes = [places[0], [70, 0, 80, 10], places[2]]
    found = [{"boxes": boxes, "labels": [1, 1, 1], "scores": [0.9, 0.8, 0.7]}]
    assert voc_precision(found, truths).mean == pytest.approx((4 * 1 + 3 * 2 / 3) / 11)


def test_a_second_detection_of_an_object_is_false() -> None:
    """VOC leaves it with the nearest object, which is taken; COCO lets it take the other one."""
    truths = [{"boxes": [[0, 0, 10, 10], [0, 0, 10, 12]], "labels": [1, 1]}]
    boxes = [[0, 0, 10, 10], [0, 0, 10, 10.5]]
    found = [{"boxes": boxes, "labels": [1, 1], "scores": [0.9, 0.8]}]
    assert coco_precision(found, truths).at(0.5) == pytest.approx(1)
    assert voc_precision(found, truths).at(0.5) == pytest.approx(6 / 11)


def test_difficult_objects_count_neither_way() -> None:
    places = [[0, 0, 10, 10], [20, 0, 30, 10]]
    truths = [{"boxes": places, "labels": [1, 1], "difficult": [True, False]}]
    found = [{"boxes": places, "labels": [1, 1], "scores": [0.9, 0.8]}]
    assert voc_precision(found, truths).mean == pytest.approx(1)
    truths[0]["difficult"] = [False, False]
    assert voc_precision(found[:1], truths).mean == pytest.approx(1)
    only = [{"boxes": places[:1], "labels": [1], "scores": [0.9]}]
    assert voc_precision(only, truths).mean == pytest.approx(6 / 11)
