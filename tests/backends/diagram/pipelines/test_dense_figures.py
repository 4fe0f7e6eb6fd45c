"""Figures of dense blocks: every layer once, every arc of the block that is drawn, no two of them together."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pipeline_networks import COLUMN, DENSE, PAGE, ZOO_DENSE, X, check, design, routes, texts

import netdsl
from netdsl.backends.diagram.kinds.dense.figure import dense
from netdsl.backends.diagram.scene.paint import painted
from netdsl.backends.diagram.scene.scene import Curve, Scene
from netdsl.backends.diagram.scene.themes import named
from netdsl.backends.diagram.settings import Settings
from netdsl.design import Dense, Design
from netdsl.diagnostics import NetError
from netdsl.walks import links_of


def figure(name: str, width: float | None = None, *only: str) -> Scene:
    return dense(design(name), Settings(width=width, only=only))


def blocks(drawn: Design) -> list[Dense]:
    """The dense blocks of a network, wherever they stand, as the compiler has them."""
    found: list[Dense] = []

    def visit(region) -> None:
        for link in links_of(region):
            if isinstance(link.what, Dense):
                found.append(link.what)
            elif hasattr(link.what, "region") and hasattr(link.what, "children"):
                visit(link.what.region)

    visit(drawn.net.region)
    return found


@pytest.mark.parametrize("width", [PAGE, COLUMN])
@pytest.mark.parametrize("name", [*DENSE, *ZOO_DENSE])
def test_a_figure_can_be_printed(name: str, width: float) -> None:
    check(figure(name, width), design(name), width)


@pytest.mark.parametrize("name", ["five", "inside a block", "skips", "densenet121"])
def test_every_tensor_leads_into_every_later_bar(name: str) -> None:
    """A bar says how many channels are read; into it come the input and all layers before it."""
    scene = figure(name)
    shown = next(b for b in blocks(design(name)) if (scene_has(scene, b)))
    bars = [n for n in scene.nodes if n.kind == "concat" and ".concat" in n.name and n.lines]
    reads = [region.entry.shape.channels for region in shown.iterations]
    last = shown.iterations[-1]
    reads.append(last.entry.shape.channels + last.exit.shape.channels)
    assert [bar.lines[0] for bar in bars] == [str(count) for count in reads]
    tensors = [n.name for n in scene.nodes if n.kind == "tensor"]
    assert len(tensors) == len(shown.iterations) + 1
    wanted = {(t, bar.name) for k, bar in enumerate(bars) for t in tensors[: k + 1]}
    assert {(a, b) for a, b in routes(scene) if a in tensors} == wanted


def scene_has(scene: Scene, block: Dense) -> bool:
    """Whether this is the block that is drawn with its arcs: bars as many as it has layers, and one."""
    bars = [n.lines[0] for n in scene.nodes if n.kind == "concat" and n.lines]
    first = block.iterations[0].entry
    return len(bars) == len(block.iterations) + 1 and bars[0] == str(first.shape.channels)


@pytest.mark.parametrize("width", [PAGE, COLUMN])
@pytest.mark.parametrize("name", ["densenet121", "five", "long"])
def test_arcs_into_a_bar_end_apart_and_do_not_cross(name: str, width: float) -> None:
    """The nearest tensor comes in on the left: arcs into one bar lie inside each other."""
    scene = figure(name, width)
    arcs = [item.points for item in scene.items if isinstance(item, Curve)]
    bars = [n for n in scene.nodes if n.kind == "concat" and n.lines]
    for bar in bars:
        ends = [
            p for p in arcs if bar.left <= p[-1][0] <= bar.right and abs(p[-1][1] - bar.top) < 1
        ]
        ends.sort(key=lambda points: points[-1][0])
        gaps = [b[-1][0] - a[-1][0] for a, b in pairwise(ends)]
        assert all(gap >= 1.6 for gap in gaps)
        starts = [points[0][0] for points in ends]
        assert starts == sorted(starts, reverse=True)
        highest = [min(y for _, y in points) for points in ends]
        assert highest == sorted(highest, reverse=True)


def test_long_blocks_show_the_first_layers_and_the_last() -> None:
    scene = figure("long", None)
    shown = [n.lines[0] for n in scene.nodes if n.name.rpartition(".")[2].startswith("H")]
    assert shown == ["H1", "H2", "H3", "H4\N{EN DASH}39", "H40"]
    middle = next(n for n in scene.nodes if n.lines == ("H4\N{EN DASH}39",))
    assert dict(middle.steps) == {"conv": 36}
    assert f"36{X}4" in texts(scene)
    assert f"{8 + 3 * 4}\N{EN DASH}{8 + 38 * 4}" in texts(scene)


def test_the_layers_are_said_in_words() -> None:
    said = f"each layer H (BN, ReLU, 1{X}1 conv 128, BN, ReLU, 3{X}3 conv 32) reads everything before it"
    assert said in texts(figure("densenet121"))
    assert said.replace("128", "96").replace("32)", "24)") in texts(
        dense(netdsl.load("zoo:densenet121", growth=24).design, Settings())
    )


def test_the_row_repeats_layers_and_says_sizes() -> None:
    scene = figure("densenet121")
    written = texts(scene)
    for size, times in (("256X56X56", 6), ("512X28X28", 12), ("1024X14X14", 24), ("1024X7X7", 16)):
        assert size.replace("X", X) in written
        assert f"{X}{times}" in written
    assert ("features.denseblock1.denselayer1.conv2", "features.transition1.conv") in routes(scene)
    boxes = [n for n in scene.nodes if n.steps]
    assert len(boxes) == 2 + 4 * 2 + 3 * 2 + 3  # and nothing of the block below counts twice


def test_one_block_alone_has_no_row() -> None:
    whole = figure("densenet121")
    alone = figure("densenet121", None, "features.denseblock1")
    assert {n.name.rpartition(".")[0] for n in alone.nodes} == {"features.denseblock1"}
    assert alone.height < 0.7 * whole.height
    steps = {word: n for node in alone.nodes for word, n in node.steps}
    assert steps["dense"] == 1
    assert all(n.kind != "input" for n in figure("five").nodes)  # it is nothing else


def test_skips_lead_from_line_to_line() -> None:
    """What a concatenation reads of an earlier block is drawn, in one line and between lines."""
    for width in (PAGE, COLUMN):
        found = routes(figure("skips", width))
        bars = [head for tail, head in found if tail.startswith("down2.") and "concat" in head]
        assert "concat" in bars
        assert any(tail.startswith("down1.") and head == "concat_2" for tail, head in found)


def test_without_colours_arcs_differ_in_grey_or_dashes() -> None:
    scene = figure("densenet121")
    looks: dict[float, set[tuple[str | None, str | None]]] = {}
    for item in painted(scene, named("print")):
        if isinstance(item, Curve):
            looks.setdefault(item.points[0][0], set()).add((item.stroke, item.dash))
    assert len(looks) == 7 and all(len(found) == 1 for found in looks.values())
    assert len({next(iter(found)) for found in looks.values()}) == 7
    assert all(i.dash is None for i in painted(scene, named("light")) if isinstance(i, Curve))


def test_networks_without_dense_blocks() -> None:
    with pytest.raises(NetError, match="E437.*lenet5 has no dense block|E437.*LeNet5"):
        dense(netdsl.load("zoo:lenet5").design, Settings())
    with pytest.raises(NetError, match="E437.*`?transition1"):
        figure("densenet121", None, "features.transition1")
    with pytest.raises(NetError, match="E436"):
        figure("densenet121", None, "features.denseblock9")


def test_a_figure_is_the_same_twice() -> None:
    first, second = figure("densenet201"), dense(netdsl.load("zoo:densenet201").design, Settings())
    assert first.items == second.items and first.nodes == second.nodes
    assert first.routes == second.routes
