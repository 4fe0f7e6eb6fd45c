"""Networks by year: rows by task and by stages, places by year."""

from __future__ import annotations

import pytest
from pipeline_networks import COLUMN, PAGE, design, texts

import netdsl
from netdsl.backends.diagram.kinds.timeline import timeline
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.themes import NAMES, named
from netdsl.backends.diagram.settings import Settings
from netdsl.diagnostics import NetError

NETS = ("rcnn", "fastrcnnvgg16", "fasterrcnn", "ssd300", "yolov1", "yolov3", "fcn8s_voc")


@pytest.mark.parametrize("width", [PAGE, COLUMN])
def test_networks_stand_in_rows_at_their_years(width: float) -> None:
    scene = timeline([design(name) for name in NETS], Settings(width=width))
    rows = {cluster.title: cluster.members for cluster in scene.clusters}
    assert rows == {
        "segmentation": ("FCN8s_VOC",),
        "two-stage detection": ("RCNN", "FastRCNNVGG16", "FasterRCNN"),
        "one-stage detection": ("SSD300", "YOLOv1", "YOLOv3"),
    }
    middles = {n.name: n.left + n.width / 2 for n in scene.nodes}
    assert middles["SSD300"] == pytest.approx(middles["YOLOv1"], abs=0.02)
    order = ["RCNN", "FCN8s_VOC", "FastRCNNVGG16", "FasterRCNN", "YOLOv3"]
    assert [*sorted(order, key=lambda name: middles[name])] == order
    assert "VOC 2007: 74.3" in texts(scene)
    assert scene.width <= width
    for theme in NAMES:
        assert lint(scene, named(theme)) == []


def test_what_meta_says_counts() -> None:
    text = """
        net Own { input x: 3x8x8
          conv(4, 3x3)
          meta { year: 2020 task: "depth" } }
        """
    scene = timeline([netdsl.loads(text).design, design("rcnn")], Settings())
    assert {cluster.title for cluster in scene.clusters} == {"two-stage detection", "depth"}


def test_networks_without_a_year() -> None:
    bare = netdsl.loads("net Bare { input x: 3x8x8\n conv(4, 3x3) }").design
    with pytest.raises(NetError, match="E439"):
        timeline([bare], Settings())
    scene = timeline([bare, design("rcnn")], Settings())
    assert "1 network without a year left out" in texts(scene)
