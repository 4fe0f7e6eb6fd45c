"""Layouts read structure: names, files and levels of the source make no difference; what they cannot show they say."""

from __future__ import annotations

import re

import pytest

import netdsl
from netdsl.backends.table.papers import LAYOUTS, paper_sheet
from netdsl.backends.table.papers.measures import depth, sums
from netdsl.backends.table.papers.reading import Fork, Growth, Residue, read
from netdsl.backends.table.papers.sheet import Sheet, spread_cells
from netdsl.diagnostics import NetError

SMALL = """
net Small {
  input x: 3x64x64
  conv(16, 7x7, stride=2, padding=3) -> bn -> relu
  BODY
  global_avgpool -> flatten -> linear(10)
}
"""


def small(body: str) -> netdsl.network.Network:
    return netdsl.loads(SMALL.replace("BODY", body))


def sheet(like: str, *nets: netdsl.network.Network) -> Sheet:
    return paper_sheet(nets[0].design, like, [net.design for net in nets[1:]])


def zoo(like: str, *names: str) -> Sheet:
    return sheet(like, *(netdsl.load(f"zoo:{name}") for name in names))


def rows(own: Sheet) -> dict[str, list[str]]:
    """The texts of a table by the keys of its rows."""
    return {line.key: [c.flat for c in spread_cells(line.cells)] for line in own.lines}


# ------------------------------------------------------------------------------------------- structure
RESIDUAL = "residual { conv(16, 3x3, padding=1) -> relu -> conv(16, 3x3, padding=1) } \n relu"
ADDED = "add { | conv(16, 3x3, padding=1) -> relu -> conv(16, 3x3, padding=1)\n | identity }\n relu"
GROUPED = f"part: {{ deeper: {{ {RESIDUAL} }} }}"


@pytest.mark.parametrize("body", [RESIDUAL, ADDED, GROUPED])
def test_residual_blocks_by_structure(body: str) -> None:
    """A residual block is one however it is written and whatever it stands in."""
    found = rows(sheet("resnet", small(f"{body}\n{body.replace('part', 'other')}")))
    assert found["conv1_x, 2"][2] == "[3x3, 16; 3x3, 16] x 2"


@pytest.mark.parametrize(
    "body",
    [
        "dense(3) { conv(8, 3x3, padding=1) }",
        "repeat 3 { concat { | identity\n | conv(8, 3x3, padding=1) } }",
    ],
)
def test_dense_blocks_by_structure(body: str) -> None:
    own = sheet("densenet", small(body))
    assert rows(own)["Dense Block (1)"][1:] == ["32x32", "[3x3 conv] x 3"]
    assert own.head[1][2].flat == "(k=8)"


def test_modules_by_structure() -> None:
    """The columns of a module are the branches that it has."""
    body = """
      any: concat {
        | conv(4, 1x1) -> relu -> conv(6, 3x3, padding=1) -> relu -> conv(6, 3x3, padding=1)
        | maxpool(3x3, stride=1, padding=1) -> conv(5, 1x1)
        | conv(7, 1x1)
        | conv(3, 1x1) -> conv(9, 1x7, padding=0x3)
        | conv(2, 1x1) -> conv(8, 1x7, padding=0x3)
      }"""
    own = sheet("googlenet", small(body))
    names = [column.key for column in own.columns][4:-2]
    numbers = dict(zip(names, rows(own)["inception (1a)"][4:-2]))
    assert numbers == {
        "#1x1": "7",
        "double #3x3 reduce": "4",
        "double #3x3": "6",
        "#1x7 reduce": "3",
        "#1x7": "9",
        "#1x7 (2) reduce": "2",
        "#1x7 (2)": "8",
        "pool proj": "5",
    }


def test_weights_of_a_module_that_is_used_twice_count_once() -> None:
    text = """
    net Twice {
      input x: 8x16x16
      module tower = conv(8, 3x3, padding=1)
      tower -> relu -> tower -> global_avgpool -> flatten -> linear(2)
    }"""
    network = netdsl.loads(text)
    found = rows(sheet("alexnet", network))
    assert found["conv1"][5] == "8*(8*3*3+1) = 584"
    assert found["conv2"][5] == "0"
    assert found["total"][5] == f"{network.parameters:,}"


@pytest.mark.parametrize(
    "name",
    ["googlenet", "resnet50", "densenet121", "inception_v4", "vgg16", "lenet5", "mobilenet_v2"],
)
def test_what_is_read_is_the_network(name: str) -> None:
    """Depth and costs of what was read are those that the compiler counts in its own way."""
    network = netdsl.load(f"zoo:{name}")
    items, whole = read(network.design)
    cost = sums(items)
    assert whole
    assert (cost.parameters, cost.macs) == (network.parameters_used, network.macs)
    assert cost.connections == network.connections
    if name != "lenet5":  # whose rbf is no weight layer
        assert depth(items) == network.layers


def test_what_items_are() -> None:
    kinds = {
        type(i)
        for n in ("resnet18", "densenet121", "googlenet")
        for i in read(netdsl.load(f"zoo:{n}").design)[0]
    }
    assert {Residue, Growth, Fork} < kinds


# ------------------------------------------------------------------------------------------- papers
def test_googlenet_has_the_rows_of_its_table() -> None:
    found = rows(zoo("googlenet", "googlenet"))
    assert len(found) == 19 + 1  # those of the paper, and a total
    assert found["inception (3a)"] == [
        *("inception (3a)", "", "28x28x256", "2"),
        *("64", "96", "128", "16", "32", "32", "160K", "128M"),
    ]
    assert found["convolution 2"][5:7] == ["64", "192"]
    assert found["dropout 1"][0] == "dropout (40%)"
    assert found["total"][3] == "22"


def test_bn_inception_has_its_own_columns() -> None:
    own = zoo("googlenet", "bn_inception")
    assert "double #3x3" in [column.key for column in own.columns]
    assert rows(own)["inception (3c)"][1] == "stride 2"
    assert "max + pass" in rows(own)["inception (3c)"]


def test_vgg_side_by_side() -> None:
    own = zoo("vgg", "vgg11", "vgg11_lrn", "vgg13", "vgg16_c", "vgg16", "vgg19")
    found = rows(own)
    assert [c.flat for c in own.head[1]] == [f"{n} weight layers" for n in (11, 11, 13, 16, 16, 19)]
    assert found["block 1, row 2"] == ["", "LRN", *["conv3-64"] * 4]
    assert found["block 3, row 3"] == ["", "", "", "conv1-256", "conv3-256", "conv3-256"]
    assert [line.cells[0].span for line in own.lines if line.key == "pool 1"] == [6]
    totals = {c.value for line in own.lines if line.key == "parameters" for c in line.cells}
    assert totals == {132_863_336, 133_047_848, 133_638_952, 138_357_544, 143_667_240}


def test_resnet_side_by_side() -> None:
    own = zoo("resnet", "resnet18", "resnet34", "resnet50_v1", "resnet101_v1", "resnet152_v1")
    found = rows(own)
    times = [int(cell.rpartition(" x ")[2]) for cell in found["conv4_x"][2:]]
    assert times == [2, 6, 6, 23, 36]
    assert found["conv5_x"][2:5:2] == [
        "[3x3, 512; 3x3, 512] x 2",
        "[1x1, 512; 3x3, 512; 1x1, 2048] x 3",
    ]
    assert found["FLOPs"][2:] == ["1.8x10^9", "3.7x10^9", "3.9x10^9", "7.6x10^9", "11.3x10^9"]
    assert found["conv1"][1] == "112x112"


def test_resnext_says_its_groups() -> None:
    found = rows(zoo("resnet", "resnet50", "resnext50_32x4d"))
    assert found["conv3_x"][3] == "[1x1, 256; 3x3, 256, C=32; 1x1, 512] x 4"


@pytest.mark.parametrize(
    "name", ["preresnet50", "mobilenet_v2", "inception_resnet_v2", "resnet1202_cifar"]
)
def test_any_residual_network(name: str) -> None:
    assert "FLOPs" in rows(zoo("resnet", name))


def test_inception_modules_are_counted() -> None:
    own = zoo("inception", "inception_v3")
    assert rows(own)["inception 1"] == [
        "3 x inception",
        "1x1 | 1x1-5x5 | 1x1-3x3-3x3 | avg pool-1x1",
        "35x35x192, 256, 288",
        "818,528",
        "999,129,600",
    ]
    assert rows(own)["total"][3:] == ["23,834,568", "5,713,216,096"]


@pytest.mark.parametrize(
    "name", ["inception_v2", "inception_v4", "googlenet", "bn_inception", "squeezenet1_0"]
)
def test_the_rows_of_an_inception_table_add_up(name: str) -> None:
    own = zoo("inception", name)
    numbers = [[c.value or 0 for c in line.cells[3:]] for line in own.lines]
    assert [sum(column) for column in zip(*numbers[:-1])] == numbers[-1]


def test_lectures_formulas_are_their_values() -> None:
    found = rows(zoo("alexnet", "alexnet_two_gpu"))
    for cells in found.values():
        for text in cells[5:]:
            formula, sign, value = text.partition(" = ")
            assert not sign or f"{eval(formula):,}" == value
    assert found["conv2"][5] == "256*(48*5*5+1) = 307,456"


def test_without_biases() -> None:
    design = netdsl.load("zoo:zfnet_big").design
    found = rows(paper_sheet(design, "alexnet", bias=False))
    assert found["conv1"][5] == "96*3*7*7 = 14,112"
    assert found["fc6"][5] == "4096*18432 = 75,497,472"


def test_kilo() -> None:
    design = netdsl.load("zoo:googlenet").design
    assert rows(paper_sheet(design, "googlenet", kilo=1000))["convolution 2"][-2] == "115K"
    assert rows(paper_sheet(design, "googlenet", kilo=1024))["convolution 2"][-2] == "112K"


# -------------------------------------------------------------------------------------- exact totals
def test_parameter_totals() -> None:
    """The totals that lectures and papers lead to, read off the tables."""
    totals = {
        "lenet5": ("lenet", 60_000),
        "alexnet_two_gpu": ("alexnet", 60_965_224),
        "alexnet_merged": ("alexnet", 62_378_344),
        "alexnet": ("alexnet", 61_100_840),
        "resnet18": ("resnet", 11_689_512),
        "resnet34": ("resnet", 21_797_672),
        "resnet50": ("resnet", 25_557_032),
        "resnet101": ("resnet", 44_549_160),
        "resnet152": ("resnet", 60_192_808),
        "resnext50_32x4d": ("resnet", 25_028_904),
        "densenet121": ("densenet", 7_978_856),
        "densenet169": ("densenet", 14_149_480),
        "densenet201": ("densenet", 20_013_928),
        "densenet161": ("densenet", 28_681_000),
        "inception_v3": ("inception", 23_834_568),
        "googlenet": ("comparison", 6_998_552),
    }
    for name, (like, total) in totals.items():
        own = zoo(like, name)
        cells = [
            c.value
            for line in own.lines
            if line.strong or line.key == "parameters"
            for c in line.cells
        ]
        assert total in cells, name


def test_exact_multiply_adds() -> None:
    macs = {
        "vgg16": 15_470_264_320,
        "googlenet": 1_582_671_872,
        "resnet50": 4_089_184_256,
        "densenet121": 2_834_161_664,
        "inception_v3": 5_713_216_096,
    }
    own = zoo("comparison", *macs)
    assert rows(own)["multiply-adds"][1:] == [f"{n:,}" for n in macs.values()]


def test_connections_and_receptive_field() -> None:
    assert rows(zoo("lenet", "lenet5"))["total"][-2:] == ["60,000", "340,908"]
    fields = netdsl.load("zoo:vgg16").receptive_fields()
    assert fields["features.30" if "features.30" in fields else "features"].size == (212, 212)


# --------------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    "like, names, code, hint",
    [
        ("resent", ["resnet18"], "E470", "did you mean `resnet`?"),
        ("resnet", ["vgg16"], "E471", "`--like alexnet` suits it"),
        ("vgg", ["resnet18"], "E471", "`--like resnet` suits it"),
        ("vgg", ["densenet121"], "E471", "`--like densenet` suits it"),
        ("lenet", ["googlenet"], "E471", "`--like inception` suits it"),
        ("densenet", ["googlenet"], "E471", "`--like inception` suits it"),
        ("googlenet", ["inception_resnet_v2"], "E471", "`--like resnet` suits it"),
        ("inception", ["vgg16"], "E471", "`--like alexnet` suits it"),
        ("alexnet", ["fcn8s"], "E471", "`--like comparison` suits it"),
        ("priors", ["vgg16"], "E471", "`--like alexnet` suits it"),
        (
            "googlenet",
            ["googlenet", "vgg16"],
            "E472",
            "side by side: vgg, resnet, densenet, comparison",
        ),
        ("priors", ["faster_rcnn"], "E473", "`--input 3x224x224`"),
    ],
)
def test_what_cannot_be_shown(like: str, names: list[str], code: str, hint: str) -> None:
    with pytest.raises(NetError) as caught:
        zoo(like, *names)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert hint in (diagnostic.hint or "")


def test_the_suggested_layout_suits() -> None:
    """What a hint suggests can be printed."""
    for name in (
        "vgg16",
        "resnet18",
        "densenet121",
        "googlenet",
        "fcn8s",
        "unet",
        "inception_resnet_v2",
    ):
        with pytest.raises(NetError) as caught:
            zoo("priors", name)
        (diagnostic,) = caught.value.diagnostics
        match = re.search(r"--like (\w+)", diagnostic.hint or "")
        assert match is not None
        assert zoo(match[1], name).lines


def test_a_changed_network_is_not_compared() -> None:
    """Numbers of a paper are not held against a network of other size or classes."""
    assert not paper_sheet(netdsl.load("zoo:googlenet", classes=10).design, "googlenet").differences
    notes = paper_sheet(netdsl.load("zoo:googlenet", input="3x256x256").design, "googlenet").notes
    assert not any("table 1" in note for note in notes)


def test_another_network_of_a_papers_name() -> None:
    """A file of one's own may say that it is the paper's, and lack its rows."""
    text = """
    net GoogLeNet {
      input x: 3x32x32
      concat { | conv(4, 1x1)
               | conv(4, 3x3, padding=1) }
      meta { paper: "arXiv:1409.4842" }
    }"""
    own = paper_sheet(netdsl.loads(text).design, "googlenet")
    assert {d.kind for d in own.differences} == {"missing"}
    assert any(
        note.startswith("In the paper's table 1, but not in this network") for note in own.notes
    )


def test_every_layout_is_described() -> None:
    for name, layout in LAYOUTS.items():
        assert layout.about and len(layout.about) < 80, name


def test_a_variant_takes_a_fact_away() -> None:
    """What was handed in to a competition is no fact of a network's variants."""
    assert netdsl.load("zoo:googlenet").meta["top5_error_entry"] == 6.67
    own = netdsl.load("zoo:googlenet_bn").meta
    assert "top5_error_entry" not in own and own["year"] == 2014
