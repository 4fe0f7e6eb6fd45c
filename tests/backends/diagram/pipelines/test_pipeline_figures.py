"""Figures of detectors: every step in a box, and what is said of heads is what the compiler knows."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pipeline_networks import (
    COLUMN,
    DETECTORS,
    PAGE,
    ZOO_DETECTORS,
    X,
    check,
    design,
    routes,
    texts,
)

import netdsl
from netdsl.backends.diagram.kinds.pipeline.figure import pipeline
from netdsl.backends.diagram.kinds.pipeline.stages import Backbone
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.scene.scene import Placed, Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.steps import Steps
from netdsl.design import Predicted
from netdsl.diagnostics import NetError


def figure(name: str, width: float | None = None) -> Scene:
    return pipeline(design(name), Settings(width=width))


def stages(name: str) -> list[tuple[str, list[str]]]:
    found = Backbone(design(name), Planner(design(name)), Steps()).stages
    return [(stage.title, stage.lines) for stage in found]


def node(scene: Scene, name: str) -> Placed:
    return next(n for n in scene.nodes if n.name == name)


@pytest.mark.parametrize("width", [PAGE, COLUMN])
@pytest.mark.parametrize("name", [*DETECTORS, *ZOO_DETECTORS])
def test_a_figure_can_be_printed(name: str, width: float) -> None:
    check(figure(name, width), design(name), width)


@pytest.mark.parametrize("width", [300.0, 340.0, 400.0])
@pytest.mark.parametrize("name", ["ssd300", "yolov3", "fasterrcnnvgg16", "fasterrcnn", "rcnn"])
def test_widths_between_a_column_and_a_page(name: str, width: float) -> None:
    check(figure(name, width), design(name), width)


# ---------------------------------------------------------------------------------------- backbones
def test_stages_of_vgg() -> None:
    """A stage for every size of the map, in the words of the paper's table."""
    assert stages("fastrcnnvgg16") == [
        ("image", []),
        ("conv1", [f"2 {X} (3{X}3, 64)"]),
        *(
            (f"conv{n}", [f"2{X}2 max, /2", f"{times} {X} (3{X}3, {width})"])
            for n, times, width in ((2, 2, 128), (3, 3, 256), (4, 3, 512), (5, 3, 512))
        ),
    ]


def test_stages_of_resnet_are_its_own() -> None:
    found = stages("fasterrcnn")
    assert found[1] == ("conv1", [f"7{X}7, 64, /2", f"3{X}3 max, /2"])
    assert [lines for title, lines in found if title.startswith("layer")] == [
        [f"bottleneck {X}{times}"] for times in (3, 4, 6, 3)
    ]


def test_maps_that_are_read_end_a_stage() -> None:
    """SSD reads an inner map; what squeezes a map to one place and back is no change of its size."""
    assert [title for title, _ in stages("ssd300")][4:6] == ["relu4_3", "fc7"]
    assert stages("ssd300")[5][1][3:] == [f"3{X}3 dil 6, 1024", f"1{X}1, 1024"]
    titles = [title for title, _ in stages("ssdlitemobilenetv3")]
    assert titles[-6:] == ["fine", "coarse", "extra1", "extra2", "extra3", "extra4"]
    assert len(titles) < 12


# ------------------------------------------------------------------------------------- one-stage heads
@pytest.mark.parametrize("width", [PAGE, COLUMN])
@pytest.mark.parametrize("name", ["ssd300", "ssdlitemobilenetv2", "digitsssd", "yolov3"])
def test_the_sum_of_boxes_is_the_compilers(name: str, width: float) -> None:
    (event,) = design(name).heads.values()
    counts = [link.what.count for link in event.predicted if isinstance(link.what, Predicted)]
    written = texts(figure(name, width))
    said = f"{' + '.join(map(str, counts))} = {event.count} boxes"
    assert said in written or said in " ".join(written)
    assert all(str(count) in written for count in counts)


def test_every_map_of_ssd_has_a_box_that_says_its_channels() -> None:
    scene = figure("ssd300")
    boxes = [node(scene, f"ssd.{n}.predict").lines for n in range(6)]
    assert boxes == [(f"3{X}3 conv", f"{n} {X} (21+4)") for n in (4, 6, 6, 6, 4, 4)]
    assert {(f"ssd.{n}.predict", "ssd.boxes") for n in range(6)} <= routes(scene)
    assert ("features.21", "ssd.0.norm4_3") in routes(scene)
    assert ("fc7.0", "ssd.1.predict") in routes(scene)
    assert node(scene, "ssd.detections").lines == (
        "softmax, decode, score > 0.01, NMS 0.45, best 200",
    )
    few = pipeline(netdsl.load("zoo:ssd300", classes=3).design, Settings())
    assert node(few, "ssd.5.predict").lines[1] == f"4 {X} (4+4)"


def test_yolo_says_what_a_cell_predicts() -> None:
    scene = figure("yolov1")
    said = f"1470 = 7{X}7{X}(2{X}5+20)"
    assert said in texts(scene)
    assert {f"7{X}7", "98 boxes"} <= set(texts(scene))
    assert ("yolo.grid", "yolo.chosen") in routes(scene)
    three = netdsl.load("zoo:yolov1", boxes=3, classes=4).design
    assert f"931 = 7{X}7{X}(3{X}5+4)" in texts(pipeline(three, Settings()))
    assert f"5 {X} (5+20)" in texts(figure("yolov2"))
    assert ("stage5", "conv9.conv") in routes(figure("yolov2"))


def test_finer_maps_of_yolov3_are_joined_with_earlier_ones() -> None:
    for width in (PAGE, COLUMN):
        found = routes(figure("yolov3", width))
        assert {("stage4", "up2"), ("stage3", "up3"), ("neck2", "up3")} <= found
    for width in (PAGE, 300.0):  # where stages are one to fit
        found = routes(figure("yolov3", width))
        assert any(tail == "stage4" and head in ("up2", "neck2") for tail, head in found)


def test_retinanet_has_two_subnets_for_all_maps() -> None:
    scene = figure("retinanet")
    assert node(scene, "retina.classification").lines == ("classification", f"4 {X} (3{X}3, 256)")
    assert node(scene, "retina.scores").lines[1] == f"9 {X} 91 scores"
    assert node(scene, "retina.offsets").lines[1] == f"9 {X} 4 offsets"
    assert {"P3", "P4", "P5", "P6", "P7", "shared by P3 to P7, 9 anchors a place"} <= {
        *texts(scene)
    }
    into = [tail for tail, head in routes(scene) if head == "maps"]
    assert len(into) == 5
    assert {("maps", "retina.classification"), ("maps", "retina.regression")} <= routes(scene)


# ------------------------------------------------------------------------------------- two-stage heads
@pytest.mark.parametrize("width", [PAGE, COLUMN])
def test_proposals_and_the_map_meet_in_the_pooling(width: float) -> None:
    scene = figure("fasterrcnnvgg16", width)
    map_ = node(scene, "features.28").name
    found = routes(scene)
    assert {(map_, "rpn.conv"), (map_, "rcnn.roi_pool"), ("rpn.chosen", "rcnn.roi_pool")} <= found
    assert {("rpn.conv", "rpn.scores"), ("rpn.conv", "rpn.offsets")} <= found
    assert node(scene, "rpn.scores").lines == (f"1{X}1 conv, 18", f"9 {X} 2 scores")
    assert node(scene, "rpn.offsets").lines == (f"1{X}1 conv, 36", f"9 {X} 4 offsets")
    assert node(scene, "rcnn.roi_pool").lines == ("RoI pool", f"512{X}7{X}7")
    assert node(scene, "rcnn.scores").lines == ("fc, 21", "20+1 scores")
    assert node(scene, "rcnn.offsets").lines == ("fc, 84", f"21 {X} 4 offsets")
    assert "300 proposals" in texts(scene)
    assert any("9 anchors a place: 128, 256, 512 pixels" in text for text in texts(scene))


def test_numbers_of_heads_follow_the_text() -> None:
    source = """
        net Small(classes=5) { input image: 3x?x?
          body: { conv(16, 3x3, stride=16, padding=1) -> relu }
          head rpn(features=@body, nms=0.6, proposals=[70, 30]) {
            conv(24, 3x3, padding=1) -> relu
            anchors(sizes=[16, 32], ratios=[0.5, 1], softmax=true)
          }
          head rcnn(features=@body, classes=classes, score=0.2, nms=0.4, detections=7) {
            roi_pool(5x5) -> flatten -> hidden: linear(12) -> relu
          } }"""
    scene = pipeline(netdsl.loads(source).design, Settings())
    assert node(scene, "rpn.scores").lines == (f"1{X}1 conv, 8", f"4 {X} 2 scores")
    assert node(scene, "rpn.chosen").lines == ("decode", "NMS 0.6")
    assert node(scene, "rcnn.roi_pool").lines == ("RoI pool", f"16{X}5{X}5")
    assert node(scene, "rcnn.hidden").lines == ("hidden", "fc, 12")
    assert node(scene, "rcnn.chosen").lines == ("score > 0.2", "NMS 0.4", "best 7")
    assert "30 proposals" in texts(scene)


def test_fast_rcnn_takes_regions_from_outside() -> None:
    scene = figure("fastrcnnvgg16")
    assert node(scene, "proposals").kind == "input"
    assert ("proposals", "rcnn.roi_pool") in routes(scene)


@pytest.mark.parametrize("width", [PAGE, COLUMN])
def test_a_pyramid_leads_into_both_heads(width: float) -> None:
    scene = figure("fasterrcnn", width)
    found = routes(scene)
    assert {("maps", "rpn.conv"), ("maps", "rcnn.roi_align")} <= found
    assert {tail for tail, head in found if head == "maps"} == {f"fpn.p{n}" for n in range(5)}
    assert {"P2", "P3", "P4", "P5", "P6", "1000 proposals"} <= {*texts(scene)}
    assert any(
        text.endswith("reads P2 to P5, one by the size of the region") for text in texts(scene)
    )


def test_rcnn_from_regions_to_machines() -> None:
    scene = figure("rcnn")
    order = ["image", "region", "conv1", "conv2", "conv5", "fc7", "svm.scores", "svm.chosen"]
    assert all(pair in routes(scene) for pair in pairwise(order))
    assert ("fc7", "svm.offsets") in routes(scene)
    assert node(scene, "svm.scores").lines == ("SVMs", "20 scores")
    assert "warped, 16 pixels" in texts(scene)


def test_scores_of_pixels_are_sums_over_stages() -> None:
    for width in (PAGE, COLUMN):
        scene = figure("fcn8s_voc", width)
        found = routes(scene)
        assert {("pool4", "crop1"), ("upscore2", "compute"), ("crop1", "compute")} <= found
        assert {("pool3", "crop2"), ("compute_2", "fcn.upscore8")} <= found
        assert [n.name for n in scene.nodes if n.kind == "sum"] == ["compute", "compute_2"]
        assert f"21{X}500{X}500" in " ".join(texts(scene))


# ------------------------------------------------------------------------------------------- the rest
def test_networks_without_heads() -> None:
    with pytest.raises(NetError, match="E435.*LeNet5 has no head"):
        pipeline(netdsl.load("zoo:lenet5").design, Settings())


def test_letters_of_open_sizes_are_explained_and_only_there() -> None:
    assert any("H, W: size of the image" in text for text in texts(figure("fasterrcnnvgg16")))
    assert not any("H, W" in text for text in texts(figure("ssd300")))


def test_a_legend_can_be_left_out() -> None:
    bare = pipeline(design("ssd300"), Settings(legend=False))
    assert "concat" not in texts(bare) and bare.height < figure("ssd300").height


def test_a_figure_is_the_same_twice() -> None:
    for name in ("ssd300", "fasterrcnn"):
        first = figure(name)
        second = pipeline(netdsl.load(f"zoo:{name}").design, Settings())
        assert first.items == second.items and first.under == second.under
        assert first.nodes == second.nodes and first.routes == second.routes
