"""Tables of open sizes: evaluated at a size they are the tables computed at that size."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from typing import Any

import pytest
from click.testing import CliRunner

import netdsl
from netdsl.backends.table.data import nested
from netdsl.backends.table.rows import rows_of
from netdsl.cli import main
from netdsl.diagnostics import NetError
from netdsl.formulas import Formula, at
from netdsl.network import Network
from netdsl.shapes import Size

# Every family of the zoo that takes open sizes, the fully convolutional ones first, with three sizes: one
# of them odd, where the network takes odd ones at all.
ODD = ("256x288", "331x363", "480x416")
NETS = {
    **dict.fromkeys(
        [
            *("fcn32s_voc", "fcn16s_voc", "fcn8s_voc", "fcn32s", "fcn16s", "fcn8s", "fasterrcnn"),
            *("digitsretinanet", "digitsfasterrcnn", "retinanet", "fastrcnnvgg16", "fasterrcnnzf"),
            *(
                "resnet50",
                "resnext50_32x4d",
                "densenet121",
                "mobilenetv2",
                "squeezenet1_1",
                "vgg16",
            ),
            *("alexnet", "nin", "googlenet_bn", "inceptionv4", "inceptionresnetv2", "preresnet50"),
            *("inceptionresnetv1", "inceptionv2", "resnet34_a", "wide_resnet16_10_cifar"),
            *("highway19_cifar", "resnet20_cifar", "densenet40_k12_bc_cifar", "inceptionnaive"),
        ],
        ODD,
    ),
    "unet": ("572x572", "331x363", "480x416"),
    "inceptionv3": ("299x299", "331x363", "480x416"),
    "bninception": ("224x224", "256x288", "480x416"),  # `concat` of two strides: even sizes only
    "stochasticdepth110_cifar": ("32x32", "64x96", "36x44"),
}


@cache
def opened(name: str) -> Network:
    shapes = netdsl.load(f"zoo:{name}").input_shapes
    sizes: dict[str, Any] = {
        n: Size((s.channels, *[None] * len(s.sides))) for n, s in shapes.items()
    }
    return netdsl.load(f"zoo:{name}", input=sizes)


def cells(network: Network) -> list[tuple[Any, ...]]:
    rows = nested(rows_of(network.design, False))
    return [(d, r.name, r.layer, r.key, r.shape, r.parameters, r.macs) for d, r in rows]


@pytest.mark.parametrize("name", NETS)
def test_the_table_at_a_size_is_the_table_of_that_size(name: str) -> None:
    network = opened(name)
    for size in NETS[name]:
        channels = next(iter(network.input_shapes.values())).channels
        there = netdsl.load(f"zoo:{name}", input=f"{channels}x{size}")
        values = dict(zip("HW", map(int, size.split("x"))))
        found = network.at(size)
        assert cells(found) == cells(there), size
        assert found.table("json") == there.table("json")
        assert found.table() == network.table(at=size) == there.table()
        # and the formulas themselves, row by row
        for (*_, macs), (*_, number) in zip(cells(network), cells(there)):
            assert at(macs, values) == number
        assert at(network.macs, values) == there.macs
        assert at(network.connections, values) == there.connections


def test_all_formats_have_formulas() -> None:
    net = netdsl.loads("net A { input x: 3x?x?\n conv(8, 3x3) -> relu }")
    assert net.macs == Formula({("H", "W"): 216, ("H",): -432, ("W",): -432, (): 864})
    text, markdown = net.table(), net.table("markdown")
    assert "216*(H-2)*(W-2)" in text and r"216\*(H-2)\*(W-2)" in markdown
    assert r"216 \, \left(H - 2\right) \, \left(W - 2\right)" in net.table("latex")
    assert r"8 \times \left(H - 2\right) \times \left(W - 2\right)" in net.table("latex")
    rows = list(csv.DictReader(io.StringIO(net.table("csv"))))
    assert rows[0]["macs"] == "216*(H-2)*(W-2)"
    data = json.loads(net.table("json"))
    assert data["totals"]["connections"] == "224*(H-2)*(W-2)"
    assert isinstance(net.diagram("svg"), str)


def test_short_formulas_say_for_which_sizes_they_hold() -> None:
    short = opened("resnet50").short()
    table = short.table(depth=1)
    assert short.design.multiple == 32
    assert "2048x(H/32)x(W/32)" in table and "ceil" not in table
    assert "All of it holds for H, W that are multiples of 32 only." in table
    there = netdsl.load("zoo:resnet50", input="3x96x160")
    assert at(short.macs, {"H": 96, "W": 160}) == there.macs
    exact = opened("resnet50").table(depth=1)
    assert f"multiples of 32 the MACs are {short.macs:,}." in exact


def test_several_inputs() -> None:
    text = "net Two {{ input a: {}\n input b: {}\n add {{ | @a -> conv(4, 3x3) | @b -> conv(4, 3x3) }} }}"
    net = netdsl.loads(text.format("3x?x8", "3x10x8"), input={"b": "3x10x8", "a": "3x10x8"})
    assert net.macs == 2 * 4 * 27 * 8 * 6
    other = netdsl.loads(
        "net Two { input a: 3x?x8\n input b: 3x?x?\n @a -> x: conv(4, 3x3)\n @b -> conv(2, 3x3) }"
    )
    found = other.at({"a": "10x8", "b": "3x9x7"})
    assert found.macs == 4 * 27 * 8 * 6 + 2 * 27 * 7 * 5
    wrong: Any = (
        ("10x8", "has 2 inputs"),
        ({"a": "10x8"}, "`b` of `Two` is open"),
        ({"c": "10x8"}, "no input `c`"),
        ({"a": "10x9", "b": "9x7"}, "cannot be 10x9"),
        ({"a": "10", "b": "9x7"}, "cannot be 10"),
        ({"a": "4x10x8", "b": "9x7"}, "cannot be 4x10x8"),
    )
    for sizes, said in wrong:
        with pytest.raises(NetError) as caught:
            other.at(sizes)
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.code == "E455" and said in diagnostic.message, diagnostic.message


@pytest.mark.parametrize(
    ("net", "size", "said"),
    [
        ("input x: 3x?x?\n conv(4, 7x7)", "6x9", "kernel of `conv` is larger"),
        ("input x: 3x?x?\n maxpool(2) -> maxpool(2)", "3x9", "larger than its input"),
        ("input x: 3x?x?\n center_crop(8x8)", "7x9", "takes"),
        ('input x: 3x?x?\n pad(3, mode="reflect")', "3x9", "can add at most"),
        (
            "input x: 3x?x?\n add { | conv(3, 1x1) | maxpool(2) -> upsample(2) }",
            "7x8",
            "needs equal shapes",
        ),
        (
            "input x: 3x?x?\n residual { maxpool(2) -> upsample(2) }",
            "8x7",
            "needs equal shapes",
        ),
        ("input x: 3x?x?\n space_to_depth(2)", "7x8", "multiples of 2"),
        # it would run, but what is emitted for open sizes says no
        ("input x: 3x?x?\n maxpool(2) -> space_to_depth(2)", "16x17", "multiples of 4"),
    ],
)
def test_sizes_that_a_step_does_not_take(net: str, size: str, said: str) -> None:
    network = netdsl.loads(f"net A {{ {net} }}")
    with pytest.raises(NetError) as caught:
        network.at(size)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E456" and said in diagnostic.message
    assert diagnostic.span is not None
    assert network.at("16x32").output_shape.known


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["compile", *arguments])
    return result.exit_code, result.output


def test_command_line() -> None:
    code, said = run(
        "zoo:resnet18", "--to", "table", "--input", "3x?x?", "--at", "64x96", "--memory"
    )
    assert code == 0 and "512x2x3" in said and "Memory in inference (a batch of 1" in said
    code, said = run("zoo:resnet18", "--to", "table", "--input", "3x?x?", "--at", "image=64x96")
    assert code == 0 and "512x2x3" in said
    code, said = run("zoo:resnet18", "--to", "table", "--input", "3x?x?", "--short", "--depth", "1")
    assert code == 0 and "512x(H/32)x(W/32)" in said
    code, said = run("zoo:resnet18", "--to", "table", "--at", "64x96")
    assert code == 1 and "E455" in said
    code, said = run("zoo:resnet18", "--to", "table", "--input", "3x?x?", "--memory")
    assert code == 1 and "E457" in said
    code, said = run("zoo:resnet18", "--to", "torch", "--at", "64x96")
    assert code == 2 and "--at goes with --to table" in said
    code, said = run("zoo:resnet18", "--to", "table", "--at", "64x96", "--short")
    assert code == 2 and "one of them" in said
