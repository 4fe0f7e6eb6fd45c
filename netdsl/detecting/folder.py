"""Pictures of one's own: a folder of images and what is in them, written as COCO does.

`annotations.json` has "images" ({"id", "file_name"}), "annotations" ({"image_id", "category_id", "bbox":
[x, y, width, height]}) and "categories" ({"id", "name"}), see cocodataset.org/#format-data.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from netdsl.detecting.pictures import Pictures, Target
from netdsl.diagnostics import Diagnostic, NetError

ANNOTATIONS = "annotations.json"
HELD_OUT = 0.2  # of a folder's pictures, where no others are given


def read_folder(folder: Path, longest: int | None = None) -> Pictures:
    """The pictures of a folder with its `annotations.json`. Files are read when they are asked for.

    Labels are 1..n in the order of "categories". Crowds are left out, boxes are cut at the image, and
    what then has no area is left out. A picture with a side above `longest` pixels is made so much
    smaller. Raises `NetError` (E414), with the file's name, for what cannot be used.
    """
    path = folder / ANNOTATIONS
    told = _read(path)
    labels, classes = _categories(path, told["categories"])
    files = _Files(longest)
    places: dict[Any, int] = {}
    for entry in told["images"]:
        key = _field(path, entry, "images", "id", (int, str))
        name = _field(path, entry, "images", "file_name", (str,))
        if key in places:
            _stop(path, f"two images have the id {key}")
        places[key] = files.add(folder / name)
    found: list[list[tuple[tuple[float, ...], int]]] = [[] for _ in places]
    for entry in told["annotations"]:
        image = _field(path, entry, "annotations", "image_id", (int, str))
        category = _field(path, entry, "annotations", "category_id", (int, str))
        if image not in places:
            _stop(path, f"an annotation is of image {image}, which there is not")
        if category not in labels:
            _stop(path, f"an annotation has category {category}, which there is not")
        if entry.get("iscrowd"):
            continue
        place = places[image]
        box = _cut(_box(path, entry), files.sizes[place], files.scales[place])
        if box[0] < box[2] and box[1] < box[3]:
            found[place].append((box, labels[category]))
    if not found:
        _stop(path, "there are no images in it")
    return Pictures(files, [_target(objects) for objects in found], classes)


def split(pictures: Pictures, held_out: float = HELD_OUT) -> tuple[Pictures, Pictures]:
    """Pictures to train with, and a share that is held out: always the same ones.

    Raises `ValueError` where one side would be empty.
    """
    count = round(len(pictures) * held_out)
    if not 0 < count < len(pictures):
        raise ValueError(f"{len(pictures)} pictures cannot be split")
    order = np.random.default_rng(0).permutation(len(pictures)).tolist()
    return _chosen(pictures, sorted(order[count:])), _chosen(pictures, sorted(order[:count]))


def _chosen(pictures: Pictures, places: list[int]) -> Pictures:
    images = pictures.images
    if isinstance(images, _Files):
        kept: Any = images.chosen(places)
    else:
        kept = [images[i] for i in places]
    return Pictures(kept, [pictures.targets[i] for i in places], pictures.classes)


# --------------------------------------------------------------------------------------------- files
class _Files(Sequence[Tensor]):
    """Images that are read from their files each time: (3, H, W), uint8."""

    def __init__(self, longest: int | None) -> None:
        self.longest = longest
        self.paths: list[Path] = []
        self.sizes: list[tuple[int, int]] = []  # (width, height) as they are given out
        self.scales: list[tuple[float, float]] = []  # of x and y, from the file to there

    def add(self, path: Path) -> int:
        """Look at the head of a file; the place that it gets."""
        try:
            with Image.open(path) as image:
                width, height = image.size
        except (OSError, UnidentifiedImageError) as error:
            _stop(path, _reason(error))
        shrink = min(1.0, self.longest / max(width, height)) if self.longest else 1.0
        size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        self.paths.append(path)
        self.sizes.append(size)
        self.scales.append((size[0] / width, size[1] / height))
        return len(self.paths) - 1

    def chosen(self, places: list[int]) -> _Files:
        """Some of them."""
        some = _Files(self.longest)
        some.paths = [self.paths[i] for i in places]
        some.sizes = [self.sizes[i] for i in places]
        some.scales = [self.scales[i] for i in places]
        return some

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: Any) -> Any:
        path = self.paths[index]
        try:
            with Image.open(path) as image:
                rgb = image.convert("RGB")
        except (OSError, UnidentifiedImageError) as error:
            _stop(path, _reason(error))
        if rgb.size != self.sizes[index]:
            rgb = rgb.resize(self.sizes[index], Image.Resampling.BILINEAR)
        return torch.from_numpy(np.array(rgb)).permute(2, 0, 1)


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, UnidentifiedImageError):
        return "this is no image that Pillow reads"
    return str(getattr(error, "strerror", None) or error)


# --------------------------------------------------------------------------------------- annotations
def _read(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The three lists, each of dictionaries."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        _stop(path, _reason(error))
    except UnicodeDecodeError:
        _stop(path, "this is not UTF-8 text")
    except json.JSONDecodeError as error:
        _stop(path, f"this is not JSON: line {error.lineno}, column {error.colno}: {error.msg}")
    lists = {}
    for name in ("images", "annotations", "categories"):
        entries = told.get(name) if isinstance(told, dict) else None
        if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            _stop(path, f'there is no list "{name}" of objects in it')
        lists[name] = entries
    return lists


def _categories(path: Path, entries: list[dict[str, Any]]) -> tuple[dict[Any, int], list[str]]:
    """Labels by the category's id, and the names of the labels."""
    labels: dict[Any, int] = {}
    names = []
    for entry in entries:
        key = _field(path, entry, "categories", "id", (int, str))
        if key in labels:
            _stop(path, f"two categories have the id {key}")
        labels[key] = len(labels) + 1
        names.append(str(entry.get("name", key)))
    if not labels:
        _stop(path, "there are no categories in it")
    return labels, names


def _field(
    path: Path, entry: dict[str, Any], where: str, name: str, kinds: tuple[type, ...]
) -> Any:
    value = entry.get(name)
    if not isinstance(value, kinds) or isinstance(value, bool):
        _stop(path, f'an entry of "{where}" has no "{name}": {json.dumps(entry)[:80]}')
    return value


def _box(path: Path, entry: dict[str, Any]) -> tuple[float, float, float, float]:
    """x y width height."""
    box = entry.get("bbox")
    if (
        not isinstance(box, list)
        or len(box) != 4
        or not all(isinstance(v, (int, float)) and math.isfinite(v) for v in box)
    ):
        _stop(path, f'"bbox" of an annotation is not four numbers: {json.dumps(box)[:80]}')
    return box[0], box[1], box[2], box[3]


def _cut(
    box: tuple[float, float, float, float], size: tuple[int, int], scale: tuple[float, float]
) -> tuple[float, ...]:
    """x1 y1 x2 y2 in the image that is given out."""
    x, y, width, height = box
    corners = ((x, 0), (y, 1), (x + width, 0), (y + height, 1))
    return tuple(min(max(value * scale[i], 0.0), float(size[i])) for value, i in corners)


def _target(objects: list[tuple[tuple[float, ...], int]]) -> Target:
    return {
        "boxes": torch.tensor([box for box, _ in objects], dtype=torch.float32).view(-1, 4),
        "labels": torch.tensor([label for _, label in objects], dtype=torch.int64),
    }


def _stop(path: Path, what: str) -> NoReturn:
    hint = f"a folder of pictures has an {ANNOTATIONS} as COCO writes it"
    raise NetError([Diagnostic("E414", f"{path}: {what}", hint=hint)])
