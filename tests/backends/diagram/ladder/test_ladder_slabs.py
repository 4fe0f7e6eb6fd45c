"""U-Net as maps: sizes to scale, rungs and stairs straight, numbers where they belong."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from ladder_networks import design

from netdsl.backends.diagram.kinds.ladder.figure import ladder
from netdsl.backends.diagram.kinds.ladder.graph import Graph
from netdsl.backends.diagram.kinds.ladder.places import THINNEST
from netdsl.backends.diagram.scene.scene import Placed, Scene, Text
from netdsl.backends.diagram.settings import Settings

TIMES = "\N{MULTIPLICATION SIGN}"
UNETS = ("zoo:unet", "unet2", "unet3", "unet5", "unet6", "open", "once", "strided", "supervised")


def texts(scene: Scene) -> list[str]:
    return [item.text for item in scene.items if isinstance(item, Text)]


def by_name(scene: Scene) -> dict[str, Placed]:
    return {node.name: node for node in scene.nodes}


def test_every_map_of_unet_is_a_slab() -> None:
    """1 input, 18 convolutions, 4 poolings, 4 up-convolutions, 4 cropped maps, 1 output."""
    scene = ladder(design("zoo:unet"), Settings())
    kinds = Counter(node.kind for node in scene.nodes)
    assert kinds == {"input": 1, "conv": 18, "pool": 4, "up": 4, "shape": 4, "conv1": 1}


@pytest.mark.parametrize("name", ["zoo:unet", "unet5", "unet6"])
def test_heights_and_widths_are_square_roots(name: str) -> None:
    scene = ladder(design(name), Settings())
    values = {cell.name: cell.value for cell in Graph(design(name), plain=True).cells}
    heights, widths = [], []
    for node in scene.nodes:
        value = values[node.name]
        assert value is not None
        shape = value.shape
        if node.kind == "shape" and shape.channels != int(node.note.split(TIMES)[0]):
            continue  # a copied map has the name of the concatenation
        heights.append(node.height / math.sqrt(int(str(shape.sides[0]))))
        if node.width > THINNEST:
            widths.append(node.width / math.sqrt(shape.channels))
        else:
            assert shape.channels <= 48
    assert max(heights) - min(heights) < 1e-9 * max(heights) + 1e-6
    assert len(widths) > 8
    assert max(widths) - min(widths) < 1e-6


@pytest.mark.parametrize("name", UNETS)
def test_rungs_are_straight(name: str) -> None:
    scene = ladder(design(name), Settings())
    nodes = by_name(scene)
    rungs = [route for route in scene.routes if route.role == "tap"]
    assert len(rungs) >= 2
    for rung in rungs:
        (x0, y0), (x1, y1) = rung.points
        assert y0 == y1
        assert x1 - x0 > 10
        tail, head = nodes[rung.tail], nodes[rung.head]
        assert abs(tail.right - x0) < 2
        assert abs(head.left - x1) < 2
        assert tail.note.split(TIMES)[1:] == head.note.split(TIMES)[1:] or name == "zoo:unet"


def test_joined_slabs_touch() -> None:
    scene = ladder(design("zoo:unet"), Settings())
    nodes = by_name(scene)
    for i in range(4):
        copied, larger = nodes[f"up{i}.branch1"], nodes[f"up{i}.upsample"]
        assert abs(copied.right - larger.left) < 1e-6
        assert (copied.top, copied.height) == (larger.top, larger.height)


@pytest.mark.parametrize("name", ["zoo:unet", "unet2", "unet5", "unet6"])
def test_arrows_between_rows_are_upright_and_those_in_rows_alike(name: str) -> None:
    """The lowest row is not stretched."""
    scene = ladder(design(name), Settings())
    nodes = by_name(scene)
    lengths = []
    for route in scene.routes:
        if route.role != "flow":
            continue
        (x0, y0), *_, (x1, y1) = route.points
        assert len(route.points) == 2
        if y0 == y1:
            lengths.append(nodes[route.head].left - nodes[route.tail].right)
        else:
            assert abs(x0 - x1) < 0.02
            assert (y1 > y0) == (nodes[route.head].kind == "pool")
    assert max(lengths) <= 1.3 * min(lengths)


def test_channels_stand_above_maps() -> None:
    scene = ladder(design("zoo:unet"), Settings())
    said = Counter(text for text in texts(scene) if text.isdigit())
    expected = Counter({"1": 1, "2": 1})
    for width in (64, 128, 256, 512):
        expected[str(width)] += (
            4 + 1
        )  # two maps down and two up, and the pooled one in the next row
        expected[str(2 * width)] += 1  # the joined ones
    expected["1024"] += 2
    assert said == expected


def test_sizes_and_crops_are_said() -> None:
    said = texts(ladder(design("zoo:unet"), Settings()))
    for size in (572, 284, 140, 68, 32, 28, 52, 100, 196, 388):
        assert f"{size}{TIMES}{size}" in said
    for size in (392, 200, 104, 56):
        assert f"crop to {size}{TIMES}{size}" in said
    assert said.count("2\N{MULTIPLICATION SIGN}2 max pool, /2") == 5  # the legend's too
    assert {"image", "output", "copy and crop"} <= set(said)


def test_without_crops_maps_are_copied() -> None:
    said = texts(ladder(design("unet5"), Settings()))
    assert said.count("copy") == 5 + 1
    assert not any("crop" in text for text in said)


def test_open_sizes_are_symbols() -> None:
    said = texts(ladder(design("open"), Settings()))
    assert {f"H{TIMES}W", f"H/2{TIMES}W/2", f"H/8{TIMES}W/8"} <= set(said)


def test_what_makes_a_map_larger_in_two_steps_is_one_arrow() -> None:
    scene = ladder(design("unet3"), Settings())
    ups = [dict(node.steps) for node in scene.nodes if node.kind == "up"]
    assert ups == [{"upsample": 1, "conv": 1, "relu": 1}] * 3
    assert f"upsample, {TIMES}2 + 3{TIMES}3 conv + ReLU" in texts(scene)


def test_a_rung_with_a_layer_says_so() -> None:
    scene = ladder(design("strided"), Settings())
    assert texts(scene).count(f"1{TIMES}1 conv + ReLU") == 3 + 1
    assert "copy" not in texts(scene)


@pytest.mark.parametrize("name", ["zoo:unet", "unet3", "unet6", "open"])
def test_a_column_has_one_slab_a_level(name: str) -> None:
    scene = ladder(design(name), Settings(width=234.0))
    rungs = [route for route in scene.routes if route.role == "tap"]
    assert len(scene.nodes) == 4 * len(rungs) + 1
    nodes = by_name(scene)
    left = {round(nodes[r.tail].left + nodes[r.tail].width / 2, 2) for r in rungs}
    assert len(left) == 1
    assert any(text.startswith(f"2 {TIMES} (3{TIMES}3, ") for text in texts(scene))


def test_a_level_can_be_asked_for() -> None:
    scene = ladder(design("zoo:unet"), Settings(level="block"))
    assert len(scene.nodes) == 17
    assert len(ladder(design("zoo:unet"), Settings(level="layer")).nodes) == 32


def test_a_low_figure_has_lower_slabs() -> None:
    tall, low = (ladder(design("zoo:unet"), Settings(height=h)) for h in (None, 240.0))
    assert low.height < tall.height
    assert low.width <= 496.8
