"""Columns hold every step of every network, under its own name, and say what the networks add up to."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest
from column_scenes import COMPARED, compared, design, of_column, steps

sys.path.append(str(Path(__file__).parents[1]))
from diagram_oracle import census  # pyright: ignore[reportMissingImports]

import netdsl
from netdsl.backends.diagram.kinds.columns import columns
from netdsl.backends.diagram.scene.scene import Text
from netdsl.backends.diagram.settings import Settings
from netdsl.design import Scope
from netdsl.diagnostics import NetError


@pytest.mark.parametrize("names", COMPARED)
def test_every_step_is_in_a_box(names: str) -> None:
    wanted: Counter[str] = Counter()
    for name in names.split():
        wanted += census(design(name))
    scene = compared(names)
    assert steps(scene) == wanted
    known = [node.name for node in scene.nodes]
    assert len(set(known)) == len(known)
    assert {r.tail for r in scene.routes} | {r.head for r in scene.routes} == set(known)


@pytest.mark.parametrize("fuse", ["all", "bn", "none"])
@pytest.mark.parametrize("height", [10_000.0, 676.8, 300.0])
def test_whatever_is_folded_all_steps_are_there(fuse: str, height: float) -> None:
    """Unfolded, folded, in blocks."""
    for name in ("resnet50", "preresnet110_cifar", "mobilenet_v2"):
        settings = Settings(fuse=fuse, height=height)
        assert steps(columns([design(name)], settings)) == census(design(name))


def test_boxes_have_the_names_of_the_state_dict() -> None:
    known: set[str] = set()

    def walk(scope: Scope, path: str) -> None:
        for key, link in scope.children.items():
            known.add(f"{path}{key}")
            if isinstance(link.what, Scope):
                walk(link.what, f"{path}{key}.")

    walk(design("resnet34").net, "")
    scene = compared("vgg19 plain34 resnet34")
    rows = [n for n in of_column(scene, "ResNet34") if n.kind in ("conv", "conv1", "linear")]
    assert len(rows) == 37  # 33 convolutions and one layer behind them, 3 on shortcuts
    for node in rows:
        assert node.name.removeprefix("ResNet34.") in known


def test_totals_are_computed() -> None:
    names = ("vgg19", "plain34", "resnet34")
    said = [item.text for item in compared(" ".join(names)).items if isinstance(item, Text)]
    for name in names:
        net = netdsl.load(f"zoo:{name}")
        assert net.macs is not None
        giga, mega = f"{net.macs / 1e9:.1f} G", f"{net.parameters / 1e6:.1f} M"
        assert f"{net.layers} layers, {giga} MACs" in said
        assert f"{mega} parameters" in said


def test_a_name_in_meta_is_the_title() -> None:
    text = 'net Ours_3 { input x: 3x8x8\n conv(4, 3x3)\n meta { name: "VGG-19" } }'
    scene = columns([netdsl.loads(text).design])
    assert "VGG-19" in [item.text for item in scene.items if isinstance(item, Text)]
    assert scene.clusters[0].title == scene.title == "VGG-19"


def test_a_sum_says_the_activation_behind_it_and_not_one_of_the_next_body() -> None:
    texts = {
        name: [item.text for item in compared(name).items if isinstance(item, Text)]
        for name in ("resnet18", "resnet110_full_preactivation")
    }
    assert "sum, then ReLU" in texts["resnet18"]
    assert "sum" in texts["resnet110_full_preactivation"]
    assert "BN, ReLU" in texts["resnet110_full_preactivation"]


def test_what_stands_first_in_a_body_is_not_counted_above_it() -> None:
    text = """net T { input x: 4x8x8
        conv(4, 3x3, padding=1)
        residual { dropout(0.5) -> conv(4, 1x1) }
        residual { relu -> conv(4, 1x1) } }"""
    scene = columns([netdsl.loads(text).design])
    own = {node.lines: dict(node.steps) for node in scene.nodes}
    assert own["3\xd73 conv, 4",] == {"conv": 1}
    assert own["dropout 0.5",] == {"dropout": 1}
    assert own["ReLU",] == {"relu": 1}


def test_values_read_further_down_are_lines_to_their_readers() -> None:
    scene = compared("unet")
    taps = [route for route in scene.routes if route.role == "tap"]
    assert [route.head.split(".")[-1] for route in taps] == ["up3", "up2", "up1", "up0"]
    assert all(design("unet").net.children.get(r.head.split(".")[-1]) for r in taps)


def test_side_outputs_exist_in_training_only() -> None:
    scene = compared("googlenet")
    sides = [route.head for route in scene.routes if route.role == "training"]
    assert sides == ["GoogLeNet.aux1", "GoogLeNet.aux2"]


def test_equal_blocks_are_folded_where_the_page_ends() -> None:
    tall = columns([design("resnet50")], Settings(unroll=True))
    page = compared("resnet50")
    assert tall.height > 9.4 * 72 >= page.height
    repeats = [cluster.times for cluster in page.clusters if cluster.times > 1]
    assert repeats == [2, 3, 5, 2]  # the first block of each stage stands apart
    assert steps(page) == steps(tall)


def test_rows_that_differ_in_no_word_are_one_at_last() -> None:
    """Chances of dropout are no part of a row: nothing is equal, and everything says the same."""
    body = "for i in range(80) { conv(8, 3x3, padding=1) -> dropout((i + 1) / 100) }"
    net = netdsl.loads(f"net Many {{ input x: 8x16x16\n {body} }}").design
    scene = columns([net])
    (row,) = [node for node in scene.nodes if node.kind == "conv"]
    assert row.times == 80 and dict(row.steps) == {"conv": 80, "dropout": 80}
    assert "\xd780" in [item.text for item in scene.items if isinstance(item, Text)]


def test_stochastic_depth_fits_a_page() -> None:
    """Every block is left out with a probability of its own."""
    scene = compared("stochasticdepth110_cifar")
    assert scene.height <= 9.4 * 72
    repeats = [cluster.times for cluster in scene.clusters if cluster.times > 1]
    assert repeats == [18, 17, 17]


def test_a_chain_without_end_has_its_middle_in_one_row() -> None:
    layers = "\n".join(f"conv({8 + i}, 3x3, padding=1) -> relu" for i in range(300))
    net = netdsl.loads(f"net Long {{ input x: 3x16x16\n {layers} }}").design
    scene = columns([net])
    assert scene.height <= 9.4 * 72
    assert steps(scene) == census(net) == {"conv": 300, "relu": 300}
    (more,) = [node for node in scene.nodes if node.kind == "stack"]
    count = 300 - sum(node.kind == "conv" for node in scene.nodes)
    assert more.lines == (f"{count} more rows",)


def test_networks_that_are_no_columns() -> None:
    siamese = netdsl.loads(
        "net Two { input a: 1x8x8\n input b: 1x8x8\n module m = { conv(2, 3x3) -> flatten }\n"
        "@a -> p: m\n @b -> q: m\n (abs(@p - @q)) -> linear(1) }"
    ).design
    for wanted in ([], [design("vgg11")] * 6, [siamese]):
        with pytest.raises(NetError) as caught:
            columns(wanted)
        assert [d.code for d in caught.value.diagnostics] == ["E442"]


def test_sizes_must_be_known() -> None:
    with pytest.raises(NetError) as caught:
        columns([design("vgg11"), design("retinanet")])
    (found,) = caught.value.diagnostics
    assert found.code == "E432" and "RetinaNet" in found.message


@pytest.mark.parametrize(
    "body", ["identity", "relu", "flatten -> linear(3)", "residual { identity }", "softmax"]
)
def test_small_networks(body: str) -> None:
    net = netdsl.loads(f"net T {{ input x: 3x8x8\n {body} }}").design
    assert steps(columns([net])) == census(net)


def test_the_same_network_twice_has_names_of_its_own() -> None:
    scene = columns([design("vgg11"), design("vgg11")])
    names = [node.name for node in scene.nodes]
    assert len(set(names)) == len(names)
    assert [cluster.name for cluster in scene.clusters] == ["VGG11", "VGG11#2"]
