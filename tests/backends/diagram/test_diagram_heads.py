"""Figures of detectors: the maps fan into a head, in order, and every step of it is drawn."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest
from diagram_oracle import check_figure, unfolded
from networks import DETECTORS, HEADS, network

import netdsl
from netdsl.backends.diagram.draw import figure
from netdsl.backends.diagram.drawing import draw
from netdsl.backends.diagram.figure import Edge, Figure, Node, Panel, Split, nodes_of, panels_of
from netdsl.backends.diagram.levels import Level
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.scene.themes import named
from netdsl.backends.diagram.settings import Settings
from netdsl.design import HeadEvent, Predicted

X = "\N{MULTIPLICATION SIGN}"


def heads(picture: Figure) -> dict[str, Panel]:
    """The panels of heads, by their titles."""
    return {p.title: p for p in panels_of(picture.children) if p.kind == "head"}


def fan(panel: Panel) -> Split:
    """Where the maps of a head stand side by side."""
    found = [child for child in panel.children if isinstance(child, Split) and child.kind == "fan"]
    assert len(found) == 1
    return found[0]


def into(picture: Figure, name: str) -> list[Edge]:
    return [edge for edge in picture.edges if edge.head == name]


def texts(children: list) -> list[str]:
    return [line for node in nodes_of(children) for line in node.lines]


@pytest.mark.parametrize("name", DETECTORS)
def test_every_step_of_a_detector_is_drawn_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    design = network(name).design
    check_figure(figure(design), design)
    check_figure(unfolded(design, monkeypatch), design)
    for depth in (0, 1):
        check_figure(figure(design, Level(depth, None, True, 0, False)), design)


@pytest.mark.parametrize("name", DETECTORS)
def test_each_head_has_its_panel_and_each_map_its_numbers(name: str) -> None:
    """The sizes and numbers of boxes are those that the compiler counted."""
    design = network(name).design
    found = heads(figure(design))
    assert len(found) == len(design.heads)
    for panel, event in zip(found.values(), design.heads.values(), strict=True):
        shown = texts(panel.children)
        for said in numbers(event):
            assert said in shown, (said, shown)
        if event.kind.form == "bars" and len(event.maps) > 1:
            assert f"{event.count:,} boxes" in shown
        if event.kind.form == "maps" and len(event.maps) > 1:
            assert any(line.startswith(f"shared by {len(event.maps)} maps") for line in shown)


def numbers(event: HeadEvent) -> list[str]:
    """What stands in the boxes of the maps."""
    said = []
    for link in event.predicted if event.kind.form in ("bars", "maps") else []:
        what = link.what
        assert isinstance(what, Predicted) and what.map.shape is not None
        if what.count is None or len(what.map.shape) != 3:
            continue
        height, width = what.map.shape.sides
        said += [f"{height}{X}{width}", f"{what.boxes} boxes a place, {what.count:,}"]
        for part, step in what.parts.items():
            assert step.output is not None and step.output.shape is not None
            if event.kind.form == "bars" and step.word == "conv":
                said.append(f"{part}: 3{X}3 conv, {step.output.shape.channels}")
    return said


def test_maps_fan_into_ssd() -> None:
    """Six maps, from the last to the first so that their lines do not cross; one is normed before."""
    picture = figure(network("zoo:ssd300").design)
    found = fan(heads(picture)["SSD head"])
    boxes = [list(nodes_of(branch)) for branch in found.branches]
    sides = [branch[-1].lines[0] for branch in boxes]
    assert sides == [f"{s}{X}{s}" for s in (1, 3, 5, 10, 19, 38)]
    assert [len(branch) for branch in boxes] == [1, 1, 1, 1, 1, 2]
    assert boxes[-1][0].lines == ("L2 norm",)
    assert found.join is not None and found.join.lines == ("8,732 boxes",)
    assert found.fork is not None
    taps = into(picture, found.fork.name)
    assert [edge.tail for edge in sorted(taps, key=lambda e: e.head_slot or 0)] == [
        *("conv11.2", "conv10.2", "conv9.2", "conv8.2", "fc7.0", "features.21")
    ]


def test_lines_of_a_fan_keep_clear_of_those_that_pass() -> None:
    """YOLOv3's later maps are joined with earlier ones at the right of the chain: its heads' lines are
    at the left, so the chain leads to the last place."""
    found = fan(heads(figure(network("zoo:yolov3").design))["YOLO head"])
    sides = [list(nodes_of(branch))[-1].lines[0] for branch in found.branches]
    assert sides == [f"13{X}13", f"26{X}26", f"52{X}52"]


def test_proposals_and_maps_enter_the_pooling() -> None:
    for name, pooling, maps in (
        ("zoo:faster_rcnn", f"RoI align 7{X}7", "rpn.maps"),
        ("proposals", f"RoI align 4{X}4", "rpn.maps"),
        ("zoo:fasterrcnnvgg16", f"RoI pool 7{X}7", "features.28"),
    ):
        picture = figure(network(name).design)
        rpn, rcnn = heads(picture)["RPN"], heads(picture)["R-CNN head"]
        first = rcnn.children[0]
        assert isinstance(first, Node) and first.lines[0] == pooling
        tails = {edge.tail for edge in into(picture, first.name)}
        assert tails == {"rpn.proposals", maps}
        assert "rpn.proposals" in {node.name for node in nodes_of(rpn.children)}
        outputs = [node.lines[0] for node in picture.nodes if node.kind == "output"]
        assert [text.split()[0] for text in outputs] == ["scores", "offsets"]


def test_regions_that_are_given_are_an_input() -> None:
    picture = figure(network("given").design)
    inputs = {node.name: node.lines for node in picture.nodes if node.kind == "input"}
    assert list(inputs.values())[1] == ("proposals",)
    pool = next(node for node in picture.nodes if node.lines[0].startswith("RoI pool"))
    assert {edge.tail for edge in into(picture, pool.name)} == {"proposals", "fine.0", "coarse.0"}
    assert pool.lines[1] == f"of H/8{X}W/8, H/16{X}W/16"


def test_what_only_one_end_needs_stands_above_it() -> None:
    """RetinaNet's towers are side by side; Faster R-CNN's convolution is above both ends."""
    panel = heads(figure(network("zoo:retinanet").design))["RetinaNet head"]
    split = panel.children[-1]
    assert isinstance(split, Split) and split.fork is not None
    for branch, name in zip(split.branches, ("classification", "regression"), strict=True):
        tower, last, output = branch
        assert isinstance(tower, Panel) and tower.title == name
        assert isinstance(last, Node) and last.lines[-1] in ("scores", "offsets")
        assert isinstance(output, Node) and output.kind == "output"
    rpn = heads(figure(network("zoo:faster_rcnn").design))["RPN"]
    assert [type(child) for child in rpn.children] == [Split, Node, Split]


def test_a_collapsed_head_is_one_box() -> None:
    picture = figure(network("bars").design, Level(0, None, True, 0, False))
    box = next(node for node in picture.nodes if node.lines[0] == "SSD head")
    assert box.lines[1:] == (f"{8 * 8 * 4 + 4 * 4 * 6:,} boxes", "4 conv")
    assert {edge.tail for edge in into(picture, box.name)} == {"fine.0", "coarse.0"}


def test_treatment_of_weights_is_seen_in_heads() -> None:
    """What is frozen says so in a head as elsewhere."""
    design = netdsl.loads(HEADS["bars"]).design
    design.frozen = ("ssd",)
    assert {n.treated for n in figure(design).nodes if n.name.startswith("ssd")} == {"", "frozen"}
    boxes = [n for n in figure(design).nodes if any("boxes a place" in line for line in n.lines)]
    assert [node.treated for node in boxes] == ["frozen", "frozen"]


# -------------------------------------------------------------------------------------------- layout
DRAWN = (
    *("bars", "proposals", "given", "zoo:ssd300", "zoo:digitsssd", "zoo:fasterrcnnvgg16"),
    *("zoo:fastrcnnvgg16", "zoo:rcnn", "zoo:yolov1", "zoo:yolov3", "zoo:faster_rcnn"),
    "zoo:retinanet",
)
LARGE = Settings(kind="network", width=20 * 72, height=40 * 72)


@cache
def scene(name: str) -> Scene:
    """The graph of a detector on a page that holds all of it."""
    return draw(network(name).design, LARGE)[0]


@pytest.mark.parametrize("name", DRAWN)
def test_figures_of_detectors_have_no_faults(name: str) -> None:
    """Boxes lie apart, in their panels, and no line crosses one."""
    assert lint(scene(name), named("light")) == []


@pytest.mark.parametrize("name", DRAWN)
def test_the_fan_stands_in_order(name: str) -> None:
    """Boxes of a fan are on a level, from left to right as in the figure, each above its place."""
    picture = figure(network(name).design)
    places = {node.name: node for node in scene(name).nodes}
    for panel in heads(picture).values():
        for split in (c for c in panel.children if isinstance(c, Split) and c.kind == "fan"):
            last = [list(nodes_of(branch))[-1] for branch in split.branches]
            boxes = [places[node.name] for node in last]
            assert max(box.bottom for box in boxes) - min(box.bottom for box in boxes) < 1
            assert all(a.right < b.left for a, b in pairwise(boxes))
            assert split.join is not None
            bar = places[split.join.name]
            assert bar.left <= boxes[0].left + 6 and bar.right >= boxes[-1].right - 6
