"""Feature pyramids, hourglasses and FCN as boxes: columns, rungs, what leaves."""

from __future__ import annotations

import pytest
from ladder_networks import design
from test_ladder_slabs import by_name, texts

from netdsl.backends.diagram.kinds.ladder.figure import fpn_part, ladder
from netdsl.backends.diagram.scene.scene import Placed, Scene
from netdsl.backends.diagram.settings import Settings

TIMES = "\N{MULTIPLICATION SIGN}"


def middle(node: Placed) -> tuple[float, float]:
    return node.left + node.width / 2, node.top + node.height / 2


def middles(scene: Scene, *names: str) -> list[tuple[float, float]]:
    nodes = by_name(scene)
    return [middle(nodes[name]) for name in names]


def in_row(scene: Scene, *names: str) -> bool:
    heights = [y for _, y in middles(scene, *names)]
    return max(heights) - min(heights) < 0.02


def below_each_other(scene: Scene, *names: str) -> bool:
    places = middles(scene, *names)
    return all(abs(x - places[0][0]) < 0.02 for x, _ in places) and places == sorted(
        places, key=lambda place: place[1]
    )


@pytest.mark.parametrize("width", [496.8, 234.0])
def test_a_pyramid_is_rows_and_columns(width: float) -> None:
    """As figure 3 of Lin et al. (2017): stages upwards, laterals level, sums below each other."""
    scene = ladder(design("zoo:faster_rcnn"), Settings(width=width))
    for i, sign in enumerate(("sum0.add", "sum1.add", "sum2.add")):
        assert in_row(scene, f"body.layer{i + 1}", f"fpn.inner{i}", f"fpn.{sign}", f"fpn.p{i}")
    assert in_row(scene, "body.layer4", "fpn.inner3", "fpn.p3")
    assert below_each_other(scene, *(f"body.layer{i}" for i in (4, 3, 2, 1)), "body.conv1", "image")
    assert below_each_other(scene, *(f"fpn.inner{i}" for i in (3, 2, 1, 0)))
    assert below_each_other(scene, *(f"fpn.p{i}" for i in (4, 3, 2, 1, 0)))
    ways = [f"fpn.sum{i}.{part}" for i in (2, 1, 0) for part in ("branch2", "add")]
    assert below_each_other(scene, *ways)


def test_what_stands_in_the_boxes_of_a_pyramid() -> None:
    said = texts(ladder(design("zoo:faster_rcnn"), Settings()))
    assert [text for text in said if text.startswith("bottleneck ")] == [
        f"bottleneck {TIMES}{n}" for n in (3, 4, 6, 3)
    ]
    assert {"256, /4", "512, /8", "1024, /16", "2048, /32", "normalized", "proposals"} <= set(said)
    assert said.count(f"{TIMES}2") == 3
    assert [t for t in said if t in ("P2", "P3", "P4", "P5", "P6")] == [
        "P6",
        "P5",
        "P4",
        "P3",
        "P2",
    ]
    assert {"body", "fpn", "RPN", "R-CNN head", "reads P2 to P5"} <= set(said)


def test_heads_read_what_they_read() -> None:
    scene = ladder(design("zoo:faster_rcnn"), Settings())
    readers = {
        head: sorted(route.tail for route in scene.routes if route.head == head)
        for head in ("rpn", "rcnn")
    }
    maps = [f"fpn.p{i}" for i in range(5)]
    assert readers == {"rpn": maps, "rcnn": [*maps[:4], "rpn"]}


def test_a_part_gives_its_outputs_from_top_to_bottom() -> None:
    part = fpn_part(design("zoo:faster_rcnn"), Settings(width=240.0))
    assert [name for name, _, _ in part.outs] == ["P6", "P5", "P4", "P3", "P2"]
    assert len({x for _, x, _ in part.outs}) == 1
    heights = [y for _, _, y in part.outs]
    assert heights == sorted(heights)
    left, _, right, _ = part.scene.bounds()
    assert right - left <= 240
    assert {entry.kind for entry in part.entries} == {
        "conv",
        "conv1",
        "pool",
        "up",
        "stack",
        "@sum",
    }
    assert not {"rpn", "rcnn"} & {node.name for node in part.scene.nodes}


def test_a_part_is_as_loose_as_its_room() -> None:
    wide, narrow = (fpn_part(design("zoo:retinanet"), Settings(width=w)) for w in (400.0, 10.0))
    assert f"1{TIMES}1 conv, 256" in texts(wide.scene)
    assert f"1{TIMES}1, 256" in texts(narrow.scene)


def test_an_activation_behind_what_leaves_belongs_to_what_follows() -> None:
    """RetinaNet predicts on P6 as it is; a ReLU stands between it and P7."""
    nodes = by_name(ladder(design("zoo:retinanet"), Settings()))
    assert nodes["coarser.p6"].lines == (f"3{TIMES}3 conv, 256, /2",)
    assert nodes["coarser.relu"].lines == ("ReLU", f"3{TIMES}3 conv, 256, /2")


def test_yolo_joins_at_bars() -> None:
    scene = ladder(design("zoo:yolov3"), Settings())
    bars = [node.lines[0] for node in scene.nodes if node.kind == "concat"]
    assert bars == [f"768{TIMES}26{TIMES}26", f"384{TIMES}52{TIMES}52"]
    assert below_each_other(
        scene, "neck1", "up2.upsample", "up2.concat", "neck2", "up3.upsample", "up3.concat", "neck3"
    )
    assert in_row(scene, "stage5", "neck1")
    assert in_row(scene, "stage4", "up2.concat")
    assert [n for n, *_ in fpn_part(design("zoo:yolov3"), Settings()).outs] == ["P5", "P4", "P3"]


def test_fcn_sums_scores_of_inner_maps() -> None:
    scene = ladder(design("zoo:fcn8s"), Settings())
    assert in_row(scene, "pool3" if "pool3" in by_name(scene) else "conv3_1", "score_pool3")
    assert sum(node.kind == "sum" for node in scene.nodes) == 2
    nodes = by_name(scene)
    assert nodes["conv3_1"].lines == (f"3 {TIMES} (3{TIMES}3 conv, 256)", f"2{TIMES}2 max pool, /2")
    assert nodes["output"].lines == (f"output 21{TIMES}500{TIMES}500",)


@pytest.mark.parametrize("name", ["hourglass", "residuals"])
def test_an_hourglass_has_blocks_on_all_ways(name: str) -> None:
    scene = ladder(design(name), Settings())
    sums = [node for node in scene.nodes if node.kind == "sum"]
    assert len(sums) == {"hourglass": 4, "residuals": 3}[name]
    for sign in sums:
        row = [n for n in scene.nodes if abs(middle(n)[1] - middle(sign)[1]) < 0.02]
        assert [n.kind for n in sorted(row, key=lambda n: n.left)] == ["stack", "stack", "sum"]


def test_coarser_maps_stand_higher() -> None:
    scene = ladder(design("pyramid"), Settings())
    (six, five) = (
        next(n for n in scene.nodes if n.lines[:1] == (t,)) for t in ("p6: 64, /64", "p5: 64, /32")
    )
    assert six.bottom < five.top


def test_a_formula_is_no_sum() -> None:
    import netdsl

    text = """
    net Gated { input image: 3x64x64
      a: conv(16, 3x3, padding=1)
      maxpool(2x2) -> b: conv(16, 3x3, padding=1)
      maxpool(2x2) -> conv(16, 3x3, padding=1)
      ub: upsample(scale=2)
      (@b + 0.5 * @ub) -> conv(16, 3x3, padding=1)
      ua: upsample(scale=2)
      mul { | @a | @ua } -> relu -> conv(2, 1x1) }"""
    scene = ladder(netdsl.loads(text).design, Settings())
    said = texts(scene)
    assert "(@b + 0.5 * @ub)" in said
    assert "product, then ReLU" in said
    assert not any(node.kind == "sum" for node in scene.nodes)


def test_layers_can_be_named_as_in_pytorch() -> None:
    said = texts(ladder(design("zoo:faster_rcnn"), Settings(labels="torch")))
    assert "Conv2d(2048, 256, 1)" in said
