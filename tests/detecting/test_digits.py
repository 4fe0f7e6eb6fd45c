"""The digits on photographs: always the same, nothing shared with what is held out, boxes that fit."""

from __future__ import annotations

import hashlib
import socket
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from netdsl.detecting import digits as module
from netdsl.detecting.digits import CLASSES, DIGITS, PHOTOGRAPHS, SEEDS, make_digits
from netdsl.detecting.precision import box_iou


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would open a connection fails."""

    def refused(*_: object) -> None:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refused)


def test_pictures_and_targets() -> None:
    pictures = make_digits(60)
    assert pictures.classes == tuple("0123456789") == CLASSES
    image, target = pictures[7]
    assert (image.dtype, tuple(image.shape)) == (torch.uint8, (3, 128, 128))
    assert target["boxes"].dtype == torch.float32 and target["labels"].dtype == torch.int64
    labels = torch.cat([t["labels"] for t in pictures.targets])
    assert set(labels.tolist()) == set(range(1, 11))
    for _, target in pictures:
        boxes = target["boxes"]
        assert 1 <= len(boxes) == len(target["labels"]) <= 4
        assert boxes.min() >= 0 and boxes.max() <= 128
        assert ((boxes[:, 2:] - boxes[:, :2]) >= 1).all()
        assert (box_iou(boxes.numpy(), boxes.numpy()) == np.eye(len(boxes))).all()


def test_a_seed_means_the_same_bytes() -> None:
    """The pictures are made with whole numbers, so this holds on every machine."""
    told = hashlib.sha256()
    for image, target in make_digits(8):
        told.update(image.numpy().tobytes())
        told.update(target["boxes"].numpy().astype("<f4").tobytes())
        told.update(bytes(target["labels"].tolist()))
    assert told.hexdigest() == "afc48055033332f2acb7328f827c79a6426f26ceabde6654cfb52985de295944"


def test_a_larger_set_begins_with_the_smaller() -> None:
    few, many = make_digits(3), make_digits(6)
    assert torch.equal(few.images[:3], many.images[:3])
    assert not torch.equal(make_digits(3, seed=5).images, few.images)


def test_parts_share_neither_digits_nor_places() -> None:
    assert len(set(SEEDS.values())) == 3
    inks = {part: {i.tobytes() for i in module._inks(part)[0]} for part in SEEDS}
    assert [len(module._inks(part)[0]) for part in SEEDS] == [4000, 500, 500]
    assert [stop - start for start, stop in DIGITS.values()] == [4000, 500, 500]
    assert not inks["training"] & (inks["validation"] | inks["test"])
    assert not inks["validation"] & inks["test"]
    whole = [Path(find_spec("skimage").origin).parent / "data" / n for n in PHOTOGRAPHS]
    assert all(path.is_file() for path in whole)
    for left, right in zip(module._strips("training"), module._strips("test")):
        assert left.shape[1] / (left.shape[1] + right.shape[1]) == pytest.approx(0.6, abs=0.01)
        assert min(left.shape[:2]) >= 128 and min(right.shape[:2]) >= 128


def test_boxes_are_where_the_digits_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a plain ground every pixel that differs much is in a box, and boxes touch it on four sides."""
    plain = np.full((400, 400, 3), 40, dtype=np.uint8)
    monkeypatch.setattr(module, "_strips", lambda part: [plain])
    for image, target in make_digits(40, seed=11):
        moved = (image.int() - image.int().flatten(1).mode().values[:, None, None]).abs().amax(0)
        inside = torch.zeros(128, 128, dtype=torch.bool)
        for x1, y1, x2, y2 in target["boxes"].int().tolist():
            inside[y1:y2, x1:x2] = True
            written = moved[y1:y2, x1:x2]
            assert written.max() >= 120  # a contrast of 0.5, in the thickest place
            for edge in (written[0], written[-1], written[:, 0], written[:, -1]):
                assert edge.max() >= 30
        assert moved[~inside].max() == 0


def test_sizes() -> None:
    boxes = torch.cat([t["boxes"] for t in make_digits(80, sizes=(60, 64)).targets])
    assert 36 <= (boxes[:, 3] - boxes[:, 1]).median() <= 48
    assert make_digits(2, side=64, sizes=(20, 30))[0][0].shape == (3, 64, 64)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"part": "all"}, "there is no part 'all'"),
        ({"sizes": (20, 200)}, "do not fit"),
        ({"side": 5000}, "no photograph is large enough"),
        ({"contrast": 0.8}, "not in 0..0.5"),
    ],
)
def test_what_cannot_be(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_digits(1, **given)
