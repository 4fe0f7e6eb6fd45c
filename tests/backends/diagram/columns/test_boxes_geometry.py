"""Boxes and bins of figures are those of the emitted modules, number by number."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace
from typing import Any

import pytest
from column_scenes import design

import netdsl
from netdsl.backends.diagram.kinds.priors import levels
from netdsl.backends.diagram.kinds.rois import bins, level_of, pooled
from netdsl.data import data_file

torch = pytest.importorskip("torch")


def emitted(name: str, size: str | None = None) -> Any:
    """The class that is emitted, which is not constructed: its weights are not needed."""
    net = netdsl.load(f"zoo:{name}", input=size)
    space: dict[str, Any] = {"__name__": f"emitted_{name}"}
    exec(compile(net.torch_source(inline=True), name, "exec"), space)  # noqa: S102 -- emitted here
    return space[net.torch_class]


def drawn(name: str, size: str | None = None) -> Any:
    """All boxes that the figure tiles over the image, map after map."""
    found = levels(design(name, size))
    return torch.tensor([box for level in found for box in level.tiled()])


@pytest.mark.parametrize("name", ["ssd300", "ssd300torchvision", "ssd512", "digitsssd"])
def test_default_boxes(name: str) -> None:
    made = emitted(name).default_boxes()
    assert drawn(name).shape == made.shape
    assert torch.allclose(drawn(name), made, atol=1e-3)


@pytest.mark.parametrize("name", ["yolov2", "yolov2_coco", "yolov3", "digitsyolo"])
def test_anchors_of_cells(name: str) -> None:
    made, strides = emitted(name).default_boxes()
    assert torch.allclose(drawn(name), made, atol=1e-3)
    steps = [level.step[0] for level in levels(design(name)) for _ in range(level.count)]
    assert strides.flatten().tolist() == steps


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("fasterrcnnvgg16", "3x500x500"),
        ("fasterrcnnvgg16", "3x600x1000"),
        ("faster_rcnn", "3x800x1088"),
        ("retinanet", "3x512x640"),
        ("digitsfasterrcnn", "3x128x128"),
        ("digitsretinanet", "3x128x128"),
    ],
)
def test_anchors_of_maps(name: str, size: str) -> None:
    found = levels(design(name, size))
    maps = [torch.zeros(1, 1, level.rows, level.columns) for level in found]
    high, wide = (int(side) for side in size.split("x")[1:])
    made = emitted(name, size).anchors(SimpleNamespace(), maps, (high, wide))
    own = drawn(name, size)
    assert torch.equal(own, torch.cat(made))
    assert [level.count for level in found] == [len(boxes) for boxes in made]


def test_counts_are_those_of_the_paper() -> None:
    counts = [level.count for level in levels(design("ssd300"))]
    assert counts == [5776, 2166, 600, 150, 36, 4]
    assert sum(counts) == 8732
    assert [level.name for level in levels(design("ssd300"))][:2] == ["norm4_3", "fc7"]
    (only,) = levels(design("fasterrcnnvgg16", "3x600x1000"))
    assert (only.rows, only.columns, only.boxes, only.count) == (37, 62, 9, 20_646)
    (grid,) = levels(design("yolov1"))
    assert (grid.rows, grid.columns, grid.count, grid.priors) == (7, 7, 98, ())


# ------------------------------------------------------------------------------------------ regions
def shipped(name: str) -> Any:
    path = data_file(f"templates/torch/{name}.py")
    spec = importlib.util.spec_from_file_location(f"shipped_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_bins_of_whole_cells() -> None:
    plain = shipped("detection_fallback")
    for first, last, count, side in [
        (5.4, 22.7, 7, 31),
        (0.5, 3.2, 7, 31),
        (2.5, 2.6, 6, 10),
        (28.0, 40.0, 7, 31),
    ]:
        corners = (torch.tensor([round_away(first)]), torch.tensor([round_away(last)]))
        start, end = plain.bin_cells(*corners, count, side)
        own = bins(first, last, count, side)
        assert [a for a, _ in own] == start[0].tolist()
        assert [b for _, b in own] == end[0].tolist()


def round_away(value: float) -> float:
    """As roi_pool rounds corners: torch.round would take a half to an even number."""
    return float(int(value + 0.5))


def test_samples_are_where_the_operator_reads() -> None:
    """Of a map whose numbers are its places, the mean of a bin is the middle of its samples."""
    region = pooled(design("faster_rcnn", "3x800x800"))
    assert region is not None and region.word == "roi_align"
    rows, columns = region.cells
    y = torch.arange(rows, dtype=torch.float32).view(1, 1, rows, 1).expand(1, 1, rows, columns)
    x = torch.arange(columns, dtype=torch.float32).view(1, 1, 1, columns).expand_as(y)
    box = [torch.tensor([list(region.box)])]
    plain = shipped("detection_fallback")
    made = plain.roi_align(torch.cat([x, y], dim=1), box, region.size, 1.0, region.each[0])[0]
    down, right = region.size
    tall, wide = region.each
    own = torch.tensor(region.samples).view(down, tall, right, wide, 2).mean(dim=(1, 3))
    assert torch.allclose(own.permute(2, 0, 1), made, atol=1e-4)


@pytest.mark.parametrize(
    "sides", [(20, 30), (112, 112), (223, 225), (224, 224), (460, 440), (900, 1200)]
)
def test_a_region_is_cut_from_the_map_that_fits(sides: tuple[int, int]) -> None:
    strides = [4, 8, 16, 32]
    boxes = [torch.tensor([[10.0, 20.0, 10.0 + sides[0], 20.0 + sides[1]]])]
    maps = [torch.zeros(1, 1, 8, 8)] * 4
    text = shipped_levels()
    _, level = text(maps, boxes, strides)
    box = (10.0, 20.0, 10.0 + sides[0], 20.0 + sides[1])
    assert level_of(box, strides, 4) == level.item()


def shipped_levels() -> Any:
    """`fit_levels`, as an emitted detector has it."""
    net = netdsl.load("zoo:faster_rcnn", input="3x800x800")
    space: dict[str, Any] = {"__name__": "emitted_levels"}
    exec(compile(net.torch_source(inline=True), "levels", "exec"), space)  # noqa: S102 -- emitted here
    return space["fit_levels"]


def test_whole_cells_hold_the_region() -> None:
    region = pooled(design("fasterrcnnvgg16", "3x500x500"))
    assert region is not None and region.word == "roi_pool" and region.size == (7, 7)
    x0, _, x1, _ = region.box
    assert region.columns[0][0] == round_away(x0)
    assert region.columns[-1][1] == round_away(x1) + 1
    assert region.samples == ()
