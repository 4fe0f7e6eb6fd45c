"""What is a ladder: two passes over the same resolutions, whatever things are called."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from diagram_oracle import census
from ladder_networks import LADDERS, NAMES, NOT, OTHERS, ZOO, design
from networks import DETECTORS, TEXTS, network

import netdsl
from netdsl.backends.diagram.kinds.ladder.figure import fpn_part, is_ladder, ladder
from netdsl.backends.diagram.kinds.ladder.graph import Graph
from netdsl.backends.diagram.kinds.ladder.passes import recognised
from netdsl.backends.diagram.settings import Settings
from netdsl.diagnostics import NetError


@pytest.mark.parametrize("name", [*LADDERS, *(f"zoo:{name}" for name in ZOO)])
def test_two_passes_and_rungs_are_a_ladder(name: str) -> None:
    assert is_ladder(design(name))


@pytest.mark.parametrize("name", [*OTHERS, *(f"zoo:{name}" for name in NOT)])
def test_what_only_looks_like_it_is_none(name: str) -> None:
    assert not is_ladder(design(name))


@pytest.mark.parametrize("name", ["unet3", "resunet", "pyramid"])
def test_names_do_not_matter(name: str) -> None:
    text = LADDERS[name]
    numbers: dict[str, str] = {}
    labels = set(re.findall(r"@(\w+)\b(?!\{)", text)) - {"in"}

    def other(match: re.Match[str]) -> str:
        word = match.group()
        return numbers.setdefault(word, f"q{len(numbers)}") if word in labels else word

    renamed = re.sub(r"(?<![\w.])[a-z]\w*(?!\w*\()", other, text)
    assert numbers
    assert is_ladder(netdsl.loads(renamed).design)


@pytest.mark.parametrize("name", [*TEXTS, *DETECTORS])
def test_every_network_can_be_asked(name: str) -> None:
    expected = name in ("taps", "zoo:faster_rcnn", "zoo:retinanet", "zoo:digitsretinanet")
    assert is_ladder(network(name).design) == (expected or name in ("zoo:yolov3", "zoo:fcn8s_voc"))


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    "name", [*NAMES, "zoo:preresnet200", "zoo:densenet121", "zoo:inception_v3"]
)
def test_cells_hold_every_step(name: str, plain: bool) -> None:
    graph = Graph(design(name), plain=plain)
    total = sum((cell.steps for cell in graph.cells), type(census(design(name)))())
    assert total == census(design(name))
    names = [cell.name for cell in graph.cells]
    assert len(set(names)) == len(names)
    for cell in graph.cells:
        assert all(part.index < cell.index for part in cell.reads)


def strides(name: str) -> list[tuple[str, Fraction | None]]:
    return [(cell.name, cell.stride) for cell in Graph(design(name)).cells]


def test_strides_are_those_of_the_layers_not_of_the_sizes() -> None:
    """U-Net and FCN-8s lose or gain borders: 572 / 28 is no stride."""
    unet = dict(strides("zoo:unet"))
    assert [unet[f"maxpool{i}"] for i in range(1, 5)] == [2, 4, 8, 16]
    assert [unet[f"up{i}.upsample"] for i in (3, 2, 1, 0)] == [8, 4, 2, 1]
    assert unet["head"] == 1
    fcn = dict(strides("zoo:fcn8s"))
    assert (fcn["pool3"], fcn["pool4"], fcn["fc7"], fcn["upscore2"]) == (8, 16, 32, 16)
    assert (fcn["crop1"], fcn["upscore8"], fcn["crop3"]) == (16, 1, 1)


def test_strides_of_open_sizes() -> None:
    fpn = dict(strides("zoo:faster_rcnn"))
    assert [fpn[f"body.layer{i}"] for i in range(1, 5)] == [4, 8, 16, 32]
    assert [fpn[f"fpn.p{i}"] for i in range(5)] == [4, 8, 16, 32, 64]
    assert fpn["fpn.sum0.branch2"] == 4


def test_rungs_run_between_equal_strides() -> None:
    for name in NAMES:
        found = recognised(Graph(design(name)))
        assert found is not None
        for rung in found.rungs:
            assert rung.source.stride == rung.merge.stride
            assert rung.source in found.down
            assert rung.merge in found.up
        assert len(found.rungs) >= 2


def test_the_rungs_of_unet() -> None:
    found = recognised(Graph(design("zoo:unet")))
    assert found is not None
    said = [(rung.source.name, rung.merge.name) for rung in found.rungs]
    assert said == [(f"down{i}", f"up{i}.concat") for i in (3, 2, 1, 0)]
    assert not found.heads
    assert [cell.name for cell in found.outs] == ["head"]


@pytest.mark.parametrize("draw", [ladder, fpn_part])
def test_no_ladder_is_refused(draw) -> None:
    with pytest.raises(NetError) as caught:
        draw(design("zoo:resnet18"), Settings())
    assert [d.code for d in caught.value.diagnostics] == ["E438"]
