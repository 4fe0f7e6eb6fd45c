"""The figure of boxes: to scale, on the page, and only for networks that have some."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest
from column_scenes import design

from netdsl.backends.diagram.kinds.boxes import boxes
from netdsl.backends.diagram.kinds.boxes_draw import cut
from netdsl.backends.diagram.kinds.priors import levels
from netdsl.backends.diagram.scene import themes
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.scene import Path, Rect, Scene, Text
from netdsl.backends.diagram.settings import Settings
from netdsl.diagnostics import NetError

DETECTORS = (
    ("ssd300", None, None),
    ("ssd300", None, 234.0),
    ("ssd512", None, 300.0),
    ("yolov1", None, None),
    ("yolov2", None, 234.0),
    ("yolov3", None, None),
    ("retinanet", "3x800x800", None),
    ("retinanet", "3x320x320", 496.8),
    ("fasterrcnnvgg16", "3x500x500", None),
    ("faster_rcnn", "3x800x1333", None),
    ("faster_rcnn", "3x1333x800", 340.0),
    ("fastrcnnvgg16", "3x600x600", None),
    ("digitsfasterrcnn", "3x128x128", None),
    ("ssdlitemobilenetv3", None, None),
)


@cache
def scene_of(name: str, size: str | None = None, width: float | None = None) -> Scene:
    return boxes(design(name, size), Settings(width=width))


def texts(scene: Scene) -> list[str]:
    return [item.text for item in scene.items if isinstance(item, Text)]


@pytest.mark.parametrize("theme", themes.NAMES)
@pytest.mark.parametrize(("name", "size", "width"), DETECTORS)
def test_figures_are_without_faults(
    name: str, size: str | None, width: float | None, theme: str
) -> None:
    scene = scene_of(name, size, width)
    assert lint(scene, themes.named(theme)) == []
    assert scene.width <= (width or 496.8)
    assert scene.smallest >= 7.0


def test_captions_count() -> None:
    said = texts(scene_of("ssd300"))
    assert said[said.index("norm4_3, 38\xd738") + 1] == "4 boxes a cell: 5776"
    assert said[said.index("fc7, 19\xd719") + 1] == "6 boxes a cell: 2166"
    assert any(text.startswith("8732 boxes over an image of 300\xd7300 pixels") for text in said)
    assert "30\xd730" in said and "42\xd742" in said and "42\xd721, 21\xd742" in said


def test_boxes_are_to_scale() -> None:
    """Every box of a cell that lies in the image is drawn, at the scale of its frame, around one point."""
    scene = scene_of("ssd300")
    frames = {node.name.split(".")[-1]: node for node in scene.nodes}
    for level in levels(design("ssd300"))[1:4]:  # those of the first map are enlarged
        frame = frames[level.name]
        scale = frame.width / 300
        x, y = level.centre(level.rows // 2, level.columns // 2)
        shown = {
            item.points
            for item in scene.items
            if isinstance(item, Path) and item.closed and item.stroke and "accent" in item.stroke
        }
        inside = 0
        for prior in level.priors:
            left, top, right, bottom = prior.box
            if min(x + left, y + top) < 0 or max(x + right, y + bottom) > 300:
                continue
            inside += 1
            ends = (frame.left + (x + left) * scale, frame.top + (y + top) * scale)
            far = (frame.left + (x + right) * scale, frame.top + (y + bottom) * scale)
            near = [
                points
                for points in shown
                if abs(points[0][0] - ends[0]) < 0.02
                and abs(points[0][1] - ends[1]) < 0.02
                and abs(points[2][0] - far[0]) < 0.02
                and abs(points[2][1] - far[1]) < 0.02
            ]
            assert near, prior
        assert inside >= 4


def test_grids_have_the_lines_of_their_maps_unless_they_are_too_fine() -> None:
    scene = scene_of("ssd300")
    frame = next(node for node in scene.nodes if node.name.endswith(".conv8"))
    across = [
        item.points[0][0]
        for item in scene.items
        if isinstance(item, Path)
        and item.stroke == "line"
        and item.dash is None
        and abs(item.points[0][1] - frame.top) < 0.02
        and abs(item.points[1][1] - frame.bottom) < 0.02
        and frame.left <= item.points[0][0] <= frame.right
    ]
    assert len(across) == 9  # between ten cells
    gaps = {round(b - a, 1) for a, b in pairwise(sorted(across))}
    assert len(gaps) <= 2 and max(gaps) - min(gaps) < 0.2
    assert any("not every line" in text for text in texts(scene_of("ssd300", None, 234.0)))


def test_the_outline_of_a_box_is_cut_at_the_image() -> None:
    image = (0.0, 0.0, 10.0, 10.0)
    whole = cut((2.0, 2.0, 5.0, 5.0), image)
    assert [inside for inside, _ in whole] == [True]
    assert whole[0][1][0] == whole[0][1][-1]
    for box in [(-2.0, 3.0, 4.0, 5.0), (-2.0, -2.0, 12.0, 5.0), (-3.0, 2.0, 13.0, 4.0)]:
        runs = cut(box, image)
        total = 2 * (box[2] - box[0] + box[3] - box[1])
        length = 0.0
        for inside, points in runs:
            for (x0, y0), (x1, y1) in pairwise(points):
                length += abs(x1 - x0) + abs(y1 - y0)
                x, y = (x0 + x1) / 2, (y0 + y1) / 2
                assert inside == (0 <= x <= 10 and 0 <= y <= 10)
        assert length == pytest.approx(total)
        assert any(inside for inside, _ in runs) and any(not inside for inside, _ in runs)


def test_what_lies_outside_is_lighter() -> None:
    scene = scene_of("ssd300")
    last = next(node for node in scene.nodes if node.name.endswith(".conv11"))
    beyond = [
        item
        for item in scene.items
        if isinstance(item, Path)
        and item.dash is not None
        and any(y < last.top - 0.5 and y > last.top - 20 for _, y in item.points)
        and all(last.left - 20 < x < last.right + 20 for x, _ in item.points)
    ]
    assert beyond and {item.stroke for item in beyond} == {"line"}


def test_regions_are_a_panel_of_their_own() -> None:
    scene = scene_of("fasterrcnnvgg16", "3x500x500")
    assert [node.name.split(".")[-1] for node in scene.nodes] == ["features", "roi_pool"]
    assert "RoI pooling, 7\xd77 bins on features" in texts(scene)
    (only,) = scene_of("fastrcnnvgg16", "3x600x600").nodes
    assert only.name.endswith("roi_pool")
    align = scene_of("faster_rcnn", "3x800x1333")
    assert any(text.startswith("RoI align, 7\xd77 bins on") for text in texts(align))
    circles = [item for item in align.items if type(item).__name__ == "Circle"]
    assert len(circles) == 5 + 7 * 7 * 4  # a centre a map, four samples a bin


def test_more_maps_than_fit_are_said() -> None:
    scene = scene_of("ssd512")
    assert len(scene.nodes) == 6
    assert any("the first 6 of 7 maps" in text for text in texts(scene))


@pytest.mark.parametrize("name", ["vgg16", "fcn8s", "rcnn", "resnet50"])
def test_networks_without_boxes(name: str) -> None:
    with pytest.raises(NetError) as caught:
        boxes(design(name))
    assert [d.code for d in caught.value.diagnostics] == ["E434"]


@pytest.mark.parametrize("name", ["retinanet", "fasterrcnnvgg16", "fastrcnnvgg16"])
def test_an_image_must_have_a_size(name: str) -> None:
    with pytest.raises(NetError) as caught:
        boxes(design(name))
    assert [d.code for d in caught.value.diagnostics] == ["E432"]


def test_the_same_boxes_every_time() -> None:
    first, second = (boxes(design("yolov3"), Settings(width=300.0)) for _ in range(2))
    assert first.items == second.items
    assert not any(isinstance(item, Rect) and item.width < 0 for item in first.items)
