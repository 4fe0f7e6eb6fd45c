"""Pictures of one's own, as COCO describes them; what is wrong with them is told with the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools.coco import COCO

from netdsl.detecting.folder import read_folder, split
from netdsl.detecting.precision import coco_precision
from netdsl.diagnostics import NetError


@pytest.fixture
def told() -> dict[str, Any]:
    """Three pictures: two objects, a crowd with an object, nothing. Category ids are not in order."""
    return {
        "images": [
            {"id": 7, "file_name": "a.png"},
            {"id": 3, "file_name": "b.jpg"},
            {"id": 5, "file_name": "c.png"},
        ],
        "categories": [{"id": 20, "name": "cat"}, {"id": 4, "name": "bird"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 4, "bbox": [10, 20, 30, 15], "iscrowd": 0},
            {"id": 2, "image_id": 3, "category_id": 20, "bbox": [1.5, 2, 3, 4], "iscrowd": 0},
            {"id": 3, "image_id": 3, "category_id": 20, "bbox": [0, 0, 60, 40], "iscrowd": 1},
            {"id": 4, "image_id": 7, "category_id": 20, "bbox": [90, 60, 50, 50]},
            {"id": 5, "image_id": 7, "category_id": 20, "bbox": [5, 5, 0, 10]},
        ],
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """A folder with the pictures and these annotations."""
    rng = np.random.default_rng(0)
    for name, size in (("a.png", (80, 100, 3)), ("b.jpg", (40, 60, 3)), ("c.png", (33, 47))):
        Image.fromarray(rng.integers(0, 256, size, dtype=np.uint8)).save(tmp_path / name)

    def written(told: dict[str, Any]) -> Path:
        (tmp_path / "annotations.json").write_text(json.dumps(told), encoding="utf-8")
        return tmp_path

    return written


Write = Callable[[dict[str, Any]], Path]


def test_pictures_and_boxes(told: dict[str, Any], write: Write) -> None:
    folder = write(told)
    pictures = read_folder(folder)
    assert pictures.classes == ("cat", "bird")
    assert len(pictures) == 3
    assert [tuple(image.shape) for image in pictures.images] == [
        (3, 80, 100),
        (3, 40, 60),
        (3, 33, 47),
    ]
    image, target = pictures[0]
    with Image.open(folder / "a.png") as read:
        assert torch.equal(image, torch.from_numpy(np.array(read)).permute(2, 0, 1))
    assert target["boxes"].tolist() == [[10, 20, 40, 35], [90, 60, 100, 80]]  # the latter is cut
    assert target["labels"].tolist() == [2, 1]
    assert pictures[1][1]["boxes"].tolist() == [[1.5, 2, 4.5, 6]]
    assert pictures[2][1]["boxes"].shape == (0, 4) and pictures[2][1]["labels"].shape == (0,)
    grey = pictures[2][0]
    assert torch.equal(grey[0], grey[1]) and grey.dtype == torch.uint8


def test_as_pycocotools_reads_it(told: dict[str, Any], write: Write) -> None:
    """The same objects, image by image (but for crowds, what is cut, and what has no area)."""
    folder = write(told)
    theirs = COCO(str(folder / "annotations.json"))
    pictures = read_folder(folder)
    for place, entry in enumerate(told["images"]):
        rows = theirs.loadAnns(theirs.getAnnIds(imgIds=entry["id"]))
        wanted = [
            (r["bbox"][0], r["bbox"][1], theirs.loadCats(r["category_id"])[0]["name"])
            for r in rows
            if r["bbox"][2] > 0 and not r.get("iscrowd")
        ]
        target = pictures.targets[place]
        found = [
            (x, y, pictures.classes[label - 1])
            for (x, y, _, _), label in zip(target["boxes"].tolist(), target["labels"].tolist())
        ]
        assert found == wanted


def test_smaller_pictures(told: dict[str, Any], write: Write) -> None:
    """The longer side is 50; boxes go with it; small pictures stay."""
    pictures = read_folder(write(told), longest=50)
    assert tuple(pictures.images[0].shape) == (3, 40, 50)
    assert pictures.targets[0]["boxes"][0].tolist() == [5, 10, 20, 17.5]
    assert tuple(pictures.images[2].shape) == (3, 33, 47)


def test_some_are_held_out(told: dict[str, Any], write: Write) -> None:
    pictures = read_folder(write(told), longest=50)
    training, held_out = split(pictures, 0.34)
    assert (len(training), len(held_out)) == (2, 1)
    sizes = sorted(tuple(i.shape) for part in (training, held_out) for i in part.images)
    assert sizes == sorted(tuple(i.shape) for i in pictures.images)
    again, _ = split(pictures, 0.34)
    assert [t["labels"].tolist() for t in again.targets] == [
        t["labels"].tolist() for t in training.targets
    ]
    for part in (training, held_out):  # boxes have stayed with their pictures
        for image, target in part:
            place = [tuple(i.shape) for i in pictures.images].index(tuple(image.shape))
            assert torch.equal(target["boxes"], pictures.targets[place]["boxes"])
    truths = held_out.targets
    perfect = [t | {"scores": torch.ones(len(t["labels"]))} for t in pictures.targets]
    assert coco_precision(perfect, pictures.targets).mean == pytest.approx(1)
    assert len(truths) == 1
    with pytest.raises(ValueError, match="cannot be split"):
        split(held_out)


# ---------------------------------------------------------------------------------------- mistakes
def change(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def changed(told: dict[str, Any]) -> None:
        place: Any = told
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return changed


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (change("images", to=None), 'annotations.json: there is no list "images" of objects'),
        (change("categories", to=[]), "there are no categories"),
        (change("categories", 1, "id", to=20), "two categories have the id 20"),
        (change("images", 1, "id", to=7), "two images have the id 7"),
        (change("images", 0, "file_name", to="none.png"), "none.png: there is no such file"),
        (change("images", 0, "file_name", to="broken.png"), "broken.png: this is no image"),
        (
            change("images", 0, "file_name", to=5),
            'an entry of "images" has no "file_name": {"id": 7',
        ),
        (
            change("annotations", 0, "image_id", to=99),
            "an annotation is of image 99, which there is not",
        ),
        (change("annotations", 0, "category_id", to=9), "has category 9, which there is not"),
        (change("annotations", 0, "bbox", to=[1, 2, 3]), r"is not four numbers: \[1, 2, 3\]"),
        (change("annotations", 0, "bbox", to=[1, 2, 3, "x"]), "is not four numbers"),
    ],
)
def test_mistakes(
    told: dict[str, Any], write: Write, changed: Callable[[dict[str, Any]], None], message: str
) -> None:
    changed(told)
    folder = write(told)
    (folder / "broken.png").write_bytes(b"nothing of the kind")
    with pytest.raises(NetError, match=message) as error:
        read_folder(folder)
    assert error.value.diagnostics[0].code == "E414"
    assert str(folder) in str(error.value).replace("\n", "") or "annotations.json" in str(
        error.value
    )


def test_no_annotations_at_all(tmp_path: Path) -> None:
    with pytest.raises(NetError, match="annotations.json: there is no such file"):
        read_folder(tmp_path)
    (tmp_path / "annotations.json").write_text('{"images": [],\n oops}', encoding="utf-8")
    with pytest.raises(NetError, match="not JSON: line 2, column 2"):
        read_folder(tmp_path)
    (tmp_path / "annotations.json").write_bytes(b"\xff\xfe")
    with pytest.raises(NetError, match="not UTF-8"):
        read_folder(tmp_path)
    empty: dict[str, Any] = {"images": [], "annotations": [], "categories": [{"id": 1}]}
    (tmp_path / "annotations.json").write_text(json.dumps(empty), encoding="utf-8")
    with pytest.raises(NetError, match="there are no images"):
        read_folder(tmp_path)


def test_a_picture_that_goes_away(told: dict[str, Any], write: Write) -> None:
    """Or is cut short: said when it is asked for, with its name."""
    folder = write(told)
    pictures = read_folder(folder)
    whole = (folder / "a.png").read_bytes()
    (folder / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NetError, match=r"a\.png: "):
        pictures[0]
    (folder / "a.png").unlink()
    with pytest.raises(NetError, match=r"a\.png: there is no such file"):
        pictures[0]
