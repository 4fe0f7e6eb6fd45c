"""`compare`: numbers of papers and lectures, and its five formats."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

import netdsl
from netdsl.comparing.compare_output import FORMATS, compare_text
from netdsl.comparing.sheets import Sheet, sheet

CHOICES = Path(__file__).parent / "choices.net"


def of(name: str, **settings: str) -> Sheet:
    return sheet(netdsl.load(f"zoo:{name}", **settings).design)


def choice(net: str) -> Sheet:
    return sheet(netdsl.load(CHOICES, net).design)


# ------------------------------------------------------------------------------------------- choices
def test_fully_connected_against_convolution() -> None:
    """The lecture's layer: 14,450,688 weights and 450, a ratio of 32112.64."""
    full, conv = choice("FullyConnected"), choice("Convolution")
    assert (full.weights, conv.weights) == (14_450_688, 450)
    assert full.parameters / conv.parameters == 32112.64
    assert full.activations == conv.activations == 4704
    assert "/ 32,112.64" in compare_text([full, conv])


def test_a_reduction_before_5x5() -> None:
    """GoogLeNet's 3a: 120,422,400 multiply-adds, and 12,443,648."""
    direct, reduced = choice("Direct"), choice("Reduced")
    assert (direct.macs, reduced.macs) == (120_422_400, 12_443_648)


def test_three_3x3_against_7x7() -> None:
    large, stacked = choice("Large"), choice("Stacked")
    assert (large.weights, stacked.weights) == (49 * 256**2, 27 * 256**2)
    assert round(1 - stacked.weights / large.weights, 2) == 0.45
    assert large.field == stacked.field == "7x7"


def test_fc6_is_a_convolution() -> None:
    """V53: 37,748,736 weights both ways."""
    linear, conv = choice("Fc6"), choice("Fc6Convolutional")
    assert linear.weights == conv.weights == 37_748_736
    assert linear.macs == conv.macs == 37_748_736


# ------------------------------------------------------------------------------------------- networks
def test_facts_of_networks() -> None:
    vgg, google = of("vgg16"), of("googlenet")
    assert (vgg.depth, vgg.convolutions, vgg.linear, vgg.kernels) == (16, 13, 3, {"3x3": 13})
    assert (google.depth, google.kernels) == (22, {"7x7": 1, "5x5": 9, "3x3": 10, "1x1": 37})
    assert (google.parameters, google.every) == (6_998_552, 13_378_280)
    assert vgg.parameters - vgg.weights == 13_416  # 12,416 maps and neurons, 1000 classes
    assert vgg.field == "196x196"
    assert vgg.meta["year"] == "2014"


def test_published_activations() -> None:
    """Radosavovic et al., Designing Network Design Spaces, 2020, table 4: ResNet-50 has 11.1 million."""
    assert round(of("resnet50").activations / 1e6, 1) == 11.1


def test_shared_modules_work_twice() -> None:
    text = """net Siamese {
      input left: 1x28x28
      input right: 1x28x28
      module embed = { conv(8, 3x3) -> relu -> flatten -> linear(32) }
      @left -> a: embed
      @right -> b: embed
      (abs(@a - @b)) -> score: linear(1)
    }"""
    found = sheet(netdsl.loads(text).design)
    assert (found.convolutions, found.linear, found.inputs) == (2, 3, ("1x28x28", "1x28x28"))
    assert found.activations == 2 * (8 * 26 * 26 + 32) + 1


def test_heads_and_open_sizes() -> None:
    ssd, fcn = of("ssd300"), of("fcn8s")
    assert ssd.convolutions == 35  # 23 of the trunk, and two for each of six maps
    assert fcn.convolutions > 15
    for format in FORMATS:
        assert compare_text([ssd, fcn], format)


# -------------------------------------------------------------------------------------------- formats
def test_text() -> None:
    shown = compare_text([choice("Direct"), choice("Reduced")])
    assert shown.startswith(
        "                                              Direct     Reduced\n"
        "----------------------------------------------------------------\n"
        "input                                      192x28x28   192x28x28\n"
    )
    assert "MACs                                     120,422,400  12,443,648\n" in shown


def test_json() -> None:
    data = json.loads(compare_text([of("alexnet"), of("vgg16")], "json"))
    assert data["schema"] == "netdsl-compare/1"
    first, second = data["networks"]
    assert first["ratios"]["parameters"] == 1
    assert second["ratios"]["parameters"] == pytest.approx(138_357_544 / 61_100_840)
    assert second["kernels"] == {"3x3": 13}


def test_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(compare_text([of("alexnet"), of("vgg16")], "csv"))))
    assert [row["name"] for row in rows] == ["AlexNet", "VGG16"]
    assert rows[0]["conv 11x11"] == "1"
    assert rows[1]["parameters"] == "138357544"


def test_markdown_and_latex() -> None:
    sheets = [of("alexnet"), of("vgg16"), of("resnet50")]
    rows = [row for row in compare_text(sheets, "markdown").splitlines() if row.startswith("|")]
    assert {row.count("|") for row in rows} == {5}
    tex = compare_text(sheets, "latex")
    assert tex.count("&") == 3 * sum(line.endswith(r"\\") for line in tex.splitlines())
    assert r"top1\_accuracy" in tex


def test_hostile_facts() -> None:
    text = 'net T {\n input x: 3x8x8\n conv(4, 3x3)\n meta { top1_error: "=1|2\\n&_$" year: 1 }\n}'
    one = sheet(netdsl.loads(text).design)
    assert "\\|" in compare_text([one], "markdown")
    assert r"\textbar{}" in compare_text([one], "latex")
    cells = list(csv.reader(io.StringIO(compare_text([one], "csv"))))[1]
    assert cells[-1].startswith("'=")


def test_from_python() -> None:
    shown = netdsl.compare("zoo:alexnet", netdsl.load("zoo:vgg16"), format="markdown")
    assert shown.startswith("|  | AlexNet | VGG16 |")
    with pytest.raises(netdsl.NetError, match="E404"):
        netdsl.compare("zoo:alexnet", format="html")
    with pytest.raises(ValueError, match="nothing"):
        netdsl.compare()
