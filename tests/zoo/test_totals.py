"""The zoo's numbers: parameters, multiply-adds, layers, shapes, and how short its sources are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from line_counts import net_lines
from torch.utils.flop_counter import FlopCounterMode
from zoo_oracle import network, ours, outputs, theirs, torchvision
from zoo_table import IN_TORCHVISION, ROWS, Row

import netdsl
from netdsl.asked import parse_size
from netdsl.compiler import Compilation
from netdsl.data import data_file
from netdsl.source import Source
from netdsl.zoo import entries

FILES = sorted(data_file("zoo").glob("*.net"))
LONGEST = {"vgg16": 40, "resnet": 60, "googlenet": 50, "densenet": 30}

every = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
SIBLINGS = re.compile(
    r"vgg1[139]|vgg16_c|resnet(34|101|152)|resnext101|densenet(161|169|201)|squeezenet1_0"
    r"|fcn(32|16)s|alexnet_merged|caffenet|zfnet_big|nin_cifar|inception_resnet_v2_paper"
    r"|(pre)?resnet(200|1001|1202)|preresnet1[05]|wide_resnet(101|16|40)|stochasticdepth1202"
    r"|(resnet|plain)(32|44|56|110)_cifar|densenet(40_k12_bc|100_k12|190|250|100_k24)|highway(20|50|100)"
)
one_of_a_family = pytest.mark.parametrize(
    "row",
    [pytest.param(r, marks=pytest.mark.slow if SIBLINGS.match(r.name) else ()) for r in ROWS],
    ids=lambda row: row.name,
)
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def meta_images(row: Row, batch: int) -> torch.Tensor:
    sides = [side for side in parse_size(row.input) if side is not None]
    return torch.empty(batch, *sides, device="meta")


# ----------------------------------------------------------------------------------------- totals
@every
def test_totals(row: Row) -> None:
    net = network(row.name)
    assert net.parameters == row.parameters
    assert net.parameters_used == row.used
    assert net.macs == row.macs
    assert net.layers == row.layers
    assert [str(shape) for shape in net.input_shapes.values()] == [row.input]
    assert str(net.output_shape) == row.output


def test_connections_of_lenet() -> None:
    """Section II.B of its paper, and the 840 of its codes."""
    counted = 122_304 + 5_880 + 151_600 + 2_000 + 48_120 + 10_164 + 84 * 10
    assert network("lenet5").connections == counted == 340_908


@one_of_a_family
def test_the_emitted_module_agrees(row: Row) -> None:
    """Names, shapes and their order, parameters, shapes that flow, and what torch counts on the way."""
    net, model = network(row.name), ours(row.name)
    found = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    assert list(found.items()) == list(net.state_dict_shapes().items())
    assert sum(p.numel() for p in model.parameters()) == row.parameters
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        result = model.eval()(meta_images(row, 1))
    assert tuple(result.shape) == (1, *parse_size(row.output))
    assert counter.get_total_flops() == 2 * (row.computed or row.macs)
    sides = getattr(type(model), "aux_weights", {})
    with torch.no_grad():
        trained = outputs(model.train()(meta_images(row, 2)))
    assert list(trained) == ["output", *sides]
    assert all(tuple(value.shape) == (2, *parse_size(row.output)) for value in trained.values())


@pytest.mark.parametrize("row", IN_TORCHVISION, ids=lambda row: row.name)
def test_the_table_is_theirs(row: Row) -> None:
    """The numbers typed here are those of torchvision's modules and of its published weights."""
    assert row.torchvision is not None
    model = theirs(row.torchvision)
    assert sum(p.numel() for p in model.parameters()) == row.parameters
    sides = ("aux1", "aux2", "AuxLogits")
    used = [p.numel() for name, p in model.named_parameters() if name.split(".")[0] not in sides]
    assert sum(used) == row.used
    published = published_facts(row)
    assert published["num_params"] in (row.parameters, row.used)
    assert published["_ops"] == round(row.macs / 1e9, 3)


# ------------------------------------------------------------------------------------------ facts
def published_facts(row: Row) -> dict[str, Any]:
    """What torchvision says about the first weights that it published for a network."""
    models = torchvision().models
    return models.get_model_weights(row.torchvision).IMAGENET1K_V1.meta


@pytest.mark.parametrize("row", IN_TORCHVISION, ids=lambda row: row.name)
def test_accuracies_are_published(row: Row) -> None:
    metrics = published_facts(row)["_metrics"]["ImageNet-1K"]
    facts = network(row.name).meta
    assert facts["top1_accuracy"] == metrics["acc@1"]
    assert facts["top5_accuracy"] == metrics["acc@5"]
    assert "IMAGENET1K_V1" in facts["weights"]


@every
def test_every_network_is_documented(row: Row) -> None:
    net = network(row.name)
    assert net.doc is not None
    cited = re.findall(r'"[A-Z][^"]+", (\d{4})', net.doc)
    assert str(net.meta["year"]) in cited
    assert re.match(r"arXiv:\d{4}\.\d{4,5}$|doi:10\.", net.meta["paper"])


@every_file
def test_every_file_is_sound(path: Path) -> None:
    """No mistake and no warning in any of its nets, and each states what it expects."""
    text = path.read_text(encoding="utf-8")
    compilation = Compilation(Source(path.name, text), path)
    assert compilation.check() == []
    assert text.startswith('"""')
    assert compilation.file is not None
    assert "expect parameters ==" in text or not compilation.file.nets  # a file of blocks
    assert max(len(line) for line in text.splitlines()) <= 120


def test_the_table_has_every_network() -> None:
    """But detectors, which tests/detection has."""

    def folded(name: str) -> str:
        return name.lower().replace("_", "")

    found = [folded(name) for name, _ in entries() if not network(name).design.heads]
    assert sorted(found) == sorted(folded(row.name) for row in ROWS)
    assert len(set(found)) == len(found)


def test_a_family_file_without_a_name_gives_its_own_network() -> None:
    path = data_file("zoo") / "vgg16.net"
    assert netdsl.load(path).name == "VGG16"
    assert netdsl.load("zoo:vgg16_bn").name == "VGG16_BN"


def test_a_shallower_unet() -> None:
    """It goes up as often as it went down."""
    net = netdsl.load("zoo:unet", widths=[16, 32, 64], bottom=128, input="1x252x252")
    assert net.layers == 18
    assert str(net.output_shape) == "2x164x164"


# ----------------------------------------------------------------------------------------- length
def test_how_lines_are_counted() -> None:
    text = '''"""Two
lines of documentation."""

# a comment
block b(width) {          # 1
  """About it."""
  conv(width, 3x3)        # 2
  init { conv: zeros }
}                         # 3

net N {                   # 4
  input x: 3x8x8          # 5
  b(4) -> relu            # 6
  meta {
    year: 2014
  }
  expect parameters == 112
}                         # 7
'''
    assert net_lines(text) == 7


@every_file
def test_sources_are_short(path: Path) -> None:
    assert net_lines(path.read_text(encoding="utf-8")) <= LONGEST.get(path.stem, 90)
