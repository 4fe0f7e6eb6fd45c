"""What is in a figure of volumes: every step of the network once, and the ways between them."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from diagram_oracle import census
from volume_facts import HALF_COLUMN, design, drawn, figure, steps, texts

import netdsl
from netdsl.backends.diagram.kinds.volumes import volumes
from netdsl.backends.diagram.settings import Settings
from netdsl.diagnostics import NetError
from netdsl.zoo import entries, names

NO_CHAIN = ("fcn8s", "fcn16s", "fcn8s_voc", "fcn16s_voc")
MADE_FOR = ("lenet5", "alexnet", "alexnet_two_gpu", "zfnet", "vgg16", "nin", "ssd300", "unet")
OPEN = ("faster_rcnn", "fastrcnnvgg16", "fasterrcnnvgg16", "retinanet", "digitsfasterrcnn")


def compiled(name: str) -> netdsl.design.Design | None:
    """A network of the zoo; None for those that need arguments."""
    try:
        return netdsl.load(f"zoo:{name}").design
    except NetError as error:
        assert error.diagnostics[0].code == "E111"
        return None


def check_zoo(found: list[str]) -> tuple[int, Counter[str]]:
    """Count the steps of networks in their figures; how many there were, and why others were refused."""
    refused: Counter[str] = Counter()
    whole = 0
    for name in found:
        net = compiled(name)
        if net is None:
            continue
        try:
            scene = volumes(net, Settings())
        except NetError as error:
            refused[error.diagnostics[0].code] += 1
            continue
        assert steps(scene) == census(net), name
        assert len({node.name for node in scene.nodes}) == len(scene.nodes), name
        whole += 1
    return whole, refused


def test_every_step_of_a_chain_is_in_its_figure() -> None:
    """Of a network of every file of the zoo, and of those that the figure was made for."""
    of_files = {path.name: name for name, path in entries()}
    whole, refused = check_zoo([*of_files.values(), *MADE_FOR])
    assert whole > 40
    assert set(refused) <= {"E430", "E431"}


@pytest.mark.slow
def test_every_step_of_every_chain_of_the_zoo_is_in_its_figure() -> None:
    whole, refused = check_zoo(names())
    assert whole > 100
    assert set(refused) == {"E430", "E431"}
    assert refused["E431"] == len(NO_CHAIN)


@pytest.mark.parametrize("name", OPEN)
def test_with_a_size_detectors_are_whole_too(name: str) -> None:
    net = netdsl.load(f"zoo:{name}", input="3x320x320").design
    for width in (None, HALF_COLUMN):
        assert steps(volumes(net, Settings(width=width))) == census(net)


@pytest.mark.parametrize(
    "name",
    ["lenet5", "vgg16", "alexnet_two_gpu", "googlenet", "resnet50", "unet", "ssd300", "yolov1"],
)
@pytest.mark.parametrize("width", [None, HALF_COLUMN])
def test_every_solid_is_made_of_another(name: str, width: float | None) -> None:
    scene = figure(name, width)
    known = {node.name for node in scene.nodes}
    into = Counter(route.head for route in scene.routes)
    assert {end for route in scene.routes for end in (route.tail, route.head)} <= known
    (source,) = design(name).inputs
    for node in scene.nodes:
        told = node.name.endswith(("elsewhere", "from"))  # names in the place of lines
        assert into[node.name] or node.name == source or told, node.name


def test_layers_that_keep_a_map_are_counted_with_it() -> None:
    scene = figure("alexnet_two_gpu")
    conv1 = next(node for node in scene.nodes if node.name == "conv1")
    assert dict(conv1.steps) == {"conv": 1, "relu": 1, "lrn": 1}
    assert texts(scene).count("LRN, pool") == 2


def test_a_block_that_is_no_chain_is_one_solid() -> None:
    scene = figure("resnet50")
    blocks = [node for node in scene.nodes if node.kind == "stack"]
    assert blocks[0].name == "layer1.0"
    assert dict(blocks[0].steps) == {"residual": 1, "conv": 4, "bn": 4, "relu": 3}
    assert "3 × (bottleneck, 256)" in texts(scene)


def test_uses_of_a_block_look_alike_even_where_one_is_a_chain() -> None:
    """MobileNetV2's blocks have a sum only where the stride is 1."""
    kinds = Counter(node.kind for node in figure("mobilenet_v2").nodes)
    assert kinds["stack"] == 17
    assert kinds["grouped"] == 0


def test_long_stages_are_shortened_and_say_so() -> None:
    scene = figure("resnet152")
    third = [node for node in scene.nodes if node.name.startswith("layer3")]
    assert len(third) == 4
    assert sum(dict(node.steps)["residual"] for node in third) == 36
    assert "36 × (bottleneck, 1024)" in texts(scene)
    assert any("long stages are shortened" in text for text in texts(scene))
    unrolled = volumes(design("resnet152"), Settings(unroll=True))
    assert sum(node.kind == "stack" for node in unrolled.nodes) == 50


def test_values_that_are_read_further_on_have_lines() -> None:
    shortcuts = [r for r in figure("unet").routes if r.role == "shortcut"]
    assert [(r.tail, r.head) for r in shortcuts] == [
        ("down3.2", "up3"),
        ("down2.2", "up2"),
        ("down1.2", "up1"),
        ("down0.2", "up0"),
    ]
    heights = [min(y for _, y in route.points) for route in shortcuts]
    assert heights == sorted(heights, reverse=True), "longer ways run above shorter ones"
    told = texts(figure("unet", HALF_COLUMN))
    assert {"to up0", "from down0"} <= set(told)


def test_heads() -> None:
    ssd = figure("ssd300")
    taps = [route.tail for route in ssd.routes if route.head == "ssd"]
    assert taps == ["features.21", "fc7.0", "conv8.2", "conv9.2", "conv10.2", "conv11.2"]
    assert "5776 + 2166 + 600 + 150 + 36 + 4 = 8732 boxes" in texts(ssd)
    assert {"98 boxes", "yolo head", "1 fc"} <= set(texts(figure("yolov1")))
    net = netdsl.load("zoo:fasterrcnnvgg16", input="3x320x320").design
    ends = [(r.tail, r.head) for r in volumes(net, Settings()).routes][-3:]
    assert ("rpn", "rcnn") in ends


def test_side_outputs_are_dashed() -> None:
    scene = figure("googlenet")
    sides = [route for route in scene.routes if route.role == "training"]
    assert [(route.tail, route.head) for route in sides] == [
        ("inception4a", "aux1"),
        ("inception4d", "aux2"),
    ]
    assert all(route.dashed for route in sides)
    assert "in training only" in texts(scene)


# ------------------------------------------------------------------------------------------ errors
def said(text: str) -> tuple[str, str, str]:
    with pytest.raises(NetError) as caught:
        drawn(text)
    (found,) = caught.value.diagnostics
    assert found.hint is not None
    return found.code, found.message, found.hint


def test_an_open_input_is_asked_for_a_size() -> None:
    code, message, hint = said("net Free { input image: 3x?x?\n conv(8, 3x3) -> relu }")
    assert code == "E430"
    assert "`Free` has no size" in message
    assert hint == "say one, as `--input 3x224x224`"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "net Two { input a: 3x8x8\n input b: 3x8x8\n add { | @a | @b } }",
            "it has 2 inputs",
        ),
        (
            """net Side { input x: 3x8x8
                 a: conv(4, 3x3, padding=1)
                 b: conv(4, 3x3, padding=1)
                 @a -> conv(2, 1x1) }""",
            "`conv` does not read what is made before it",
        ),
        ("net Cube { input x: 2x9x9x9\n conv(4, 3x3x3) }", "a value of shape 2x9x9x9 is no map"),
        ("net Bare { input x: 2x9x9\n relu }", "it has no layers"),
    ],
)
def test_what_does_not_stand_in_a_row_is_refused(text: str, why: str) -> None:
    code, message, hint = said(text)
    assert code == "E431"
    assert why in message
    assert "boxes and lines" in hint


# ------------------------------------------------------------------------------------- determinism
def test_a_figure_is_the_same_every_time() -> None:
    program = """
import hashlib, netdsl
from netdsl.backends.diagram.kinds.volumes import volumes
from netdsl.backends.diagram.settings import Settings
for name in ("alexnet_two_gpu", "unet", "googlenet", "ssd300"):
    scene = volumes(netdsl.load(f"zoo:{name}").design, Settings())
    parts = (scene.under, scene.items, scene.nodes, scene.routes, scene.width, scene.height)
    print(hashlib.sha256(repr(parts).encode()).hexdigest())
"""
    said = set()
    for seed in ("0", "1", "77"):
        run = subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=True,
        )
        said.add(run.stdout)
    assert len(said) == 1
