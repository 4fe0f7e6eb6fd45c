"""What is in a figure: every step of the network, with its shapes, once."""

from __future__ import annotations

import pytest
from diagram_oracle import census, check_figure, depth_of, drawn, unfolded
from networks import NAMES, TEXTS, network

import netdsl
from netdsl.backends.diagram.draw import figure
from netdsl.backends.diagram.figure import panels_of
from netdsl.backends.diagram.levels import Level
from netdsl.backends.diagram.text import shape_text
from netdsl.design import Applied, Scope, Shared
from netdsl.walks import links_of


@pytest.mark.parametrize("name", NAMES)
def test_every_step_is_drawn_once(name: str) -> None:
    design = network(name).design
    picture = figure(design)
    check_figure(picture, design)
    assert sum(census(design).values()) >= len(design.net.children)


@pytest.mark.parametrize("name", NAMES)
def test_a_collapsed_figure_holds_all_steps_too(name: str) -> None:
    design = network(name).design
    for depth in (0, 1):
        check_figure(figure(design, Level(depth, None, True, 0, False)), design)


@pytest.mark.parametrize("name", NAMES)
def test_the_longest_path_is_the_depth_of_the_network(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network(name)
    picture = unfolded(net.design, monkeypatch)
    check_figure(picture, net.design)
    assert all(node.times == 1 for node in picture.nodes)
    assert depth_of(picture) == net.layers


@pytest.mark.parametrize("name", NAMES)
def test_shapes_at_edges_are_shapes_of_the_design(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing folded a box has its layer's path as its name: the Design says what it gives."""
    design = network(name).design
    known: dict[str, str] = {}

    def walk(scope: Scope, path: tuple[str, ...]) -> None:
        for link in links_of(scope.region):
            what = link.what.scope if isinstance(link.what, Shared) else link.what
            here = (*path, link.key) if link.key is not None else None
            if here is None or link.output is None:
                continue
            if isinstance(what, Scope):
                walk(what, here)
            elif isinstance(what, Applied):
                known[".".join(here)] = shape_text(link.output.shape)

    walk(design.net, ())
    picture = unfolded(design, monkeypatch)
    nodes = {node.name: node for node in picture.nodes}
    checked = 0
    for node in picture.nodes:
        if node.name in known and len(node.lines) == 1 and not node.fused:
            assert node.size == known[node.name], node
            checked += 1
    for edge in picture.edges:
        if edge.shape:
            assert edge.shape == nodes[edge.tail].shape
    said = {edge.tail for edge in picture.edges if edge.shape}
    assert checked or len(known) < 3
    assert said or name in ("gates", "repeat")


def test_folds_multiply() -> None:
    """ResNet-152: 155 convolutions in few boxes, and its title says how many there are of each."""
    design = network("zoo:resnet152").design
    picture = figure(design)
    assert drawn(picture)["conv"] == 155
    assert len(picture.nodes) < 60
    assert [p.times for p in panels_of(picture.children) if p.times > 1] == [2, 7, 35, 2]


def test_repeats_of_one_layer_are_one_box() -> None:
    picture = figure(network("repeat").design)
    times = [(node.lines[0], node.times) for node in picture.nodes if node.times > 1]
    assert times == [("3\N{MULTIPLICATION SIGN}3 conv, 8", 5)]
    assert [p.times for p in panels_of(picture.children)] == [3]


def test_one_panel_for_each_block() -> None:
    titles = [p.title for p in panels_of(figure(network("zoo:googlenet").design).children)]
    cells = [f"inception{name}" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")]
    assert [t for t in titles if t.startswith("inception")] == cells
    assert {"aux1", "aux2"} <= set(titles)


def test_what_differs_is_not_folded() -> None:
    text = "net N { input x: 4x9x9\n conv(4, 1x1)\n conv(4, 1x1)\n conv(4, 1x1, bias=false) -> conv(4, 1x1) }"
    picture = figure(netdsl.loads(text).design)
    assert all(node.times == 1 for node in picture.nodes)


def test_side_outputs_are_for_training() -> None:
    picture = figure(network("aux").design)
    nodes = {node.name: node for node in picture.nodes}
    outputs = [(n.training, n.lines) for n in picture.nodes if n.kind == "output"]
    assert sorted(training for training, _ in outputs) == [False, True, True]
    assert ("side 7", "loss weight 0.3") in [lines for training, lines in outputs if training]
    for edge in picture.edges:
        assert not nodes[edge.tail].training or nodes[edge.head].training
        if nodes[edge.head].training and not nodes[edge.tail].training:
            assert edge.role == "training"


def test_a_large_network_stays_readable() -> None:
    rows = "\n".join(f"c{i}: conv({i + 1}, 1x1) -> relu" for i in range(900))
    picture = figure(netdsl.loads(f"net Long {{ input x: 3x8x8\n{rows}\n}}").design)
    assert len(picture.nodes) <= 400
    assert drawn(picture)["conv"] == 900
    assert any("900" in line or "902" in line for line in picture.notes), picture.notes


def test_all_texts_are_short() -> None:
    for name in TEXTS:
        for node in figure(network(name).design).nodes:
            assert all(len(line) <= 80 for line in node.lines)
