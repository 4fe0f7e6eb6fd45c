"""Rules of counting beside what other tools said (`tools.json`), and beside torchinfo while it runs."""

from __future__ import annotations

import importlib.util
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import torch

import netdsl
from netdsl.counting import RULES, counted, explain, explained, parts, total
from netdsl.counting.rules import MACS, TOOLS
from netdsl.layers import load_all
from netdsl.layers.convolution import Conv
from netdsl.shapes import Shape

TOLD = json.loads((Path(__file__).parent / "tools.json").read_text(encoding="utf-8"))
QUICK = ("alexnet", "vgg16", "googlenet_bn", "resnet18", "densenet40_k12_bc_cifar", "unet", "zfnet")


def summed(design: Any, tool: str, functions: tuple[str, ...]) -> set[int]:
    """The totals with and without those kinds of layers that may be emitted as functions."""
    often = [d.count for d in explain(design, tool) if d.what.startswith(functions)]
    whole = total(design, tool)
    sums = (sum(some) for n in range(len(often) + 1) for some in combinations(often, n))
    return {whole - less for less in sums}


# What the emitter writes as functions where it can, which thop does not see.
FUNCTIONS = (
    "average pool",
    "global average pool",
    "adaptive average pool",
    "upsampling",
    "softmax",
)


def check(net: netdsl.Network, told: dict[str, Any]) -> None:
    for tool in TOOLS:
        if tool != "thop":
            assert net.counted(tool) == told[tool], tool
    pools = parts_by_layer(net.design)
    assert told["thop"] in summed(net.design, "thop", FUNCTIONS) or told["thop"] in {
        total(net.design, "thop") - some for some in pools
    }


def parts_by_layer(design: Any) -> set[int]:
    """What some of the average pools of a network count: those that are functions."""
    from netdsl.counting.steps import step_parts
    from netdsl.walks import links_of

    counts: list[int] = []

    def collect(scope: Any) -> None:
        for link in links_of(scope.region):
            if link.scope is not None:
                collect(link.scope)
            for what, count in (step_parts(link, "thop") or {}).items():
                if what.startswith(FUNCTIONS):
                    counts.append(count)

    collect(design.net)
    sums = {0}
    for count in counts:
        sums |= {some + count for some in sums}
    return sums


# ------------------------------------------------------------------------------------ other tools said
def test_the_table_of_five_networks() -> None:
    """Their excess over exact MACs on torchvision's networks, as measured on torchvision itself."""
    names = ("vgg16", "googlenet_bn", "resnet50", "densenet121", "inception_v3")
    nets = [netdsl.load(f"zoo:{name}") for name in names]
    found = {rule: [net.counted(rule) - (net.macs or 0) for net in nets] for rule in TOOLS}
    assert [net.counted() - (net.macs or 0) for net in nets] == [0] * 5
    assert found["ptflops"] == [13_556_712, 1_000, 1_000, 1_000, 1_000]
    assert found["torchinfo"] == [13_556_712, 15_560, 54_120, 84_648, 35_432]
    assert found["torchprofile"] == [25_088, 3_227_184, 11_116_032, 15_844_096, 10_971_936]
    assert found["fvcore"] == [25_088, 6_502_496, 22_328_320, 31_385_088, 18_066_048]
    assert found["thop"][:3] == [50_176, 12_955_840, 44_558_336]
    # of the others thop does not see the pools that are functions in torchvision
    by_kind = {d.what: d.count for d in nets[3].counted_otherwise("thop")}
    assert found["thop"][3] - 62_845_440 == 51_200
    assert by_kind["global average pools, 1 per input and output"] == 51_200
    assert found["thop"][4] - 36_003_072 == 2_002_400  # branch pools, 1 an output


@pytest.mark.parametrize("row", TOLD["steps"], ids=lambda row: f"{row['input']} {row['step']}"[:60])
def test_single_steps(row: dict[str, Any]) -> None:
    step = row["step"].replace("@in", "@x")
    body = f"g: {{ {row['before']}\n {step} }}" if row["before"] else step
    net = netdsl.loads(f"net T {{\n input x: {row['input']}\n {body}\n}}")
    assert {tool: net.counted(tool) for tool in TOOLS} == {tool: row[tool] for tool in TOOLS}


def test_every_layer_was_measured() -> None:
    """All words of the language but `identity` and those that only make sense in pairs."""
    measured = {row["step"].split("(")[0].split(" ")[0] for row in TOLD["steps"]}
    assert set(load_all()) - measured <= {"identity", "center_crop", "add", "mul", "concat"}


@pytest.mark.parametrize("name", TOLD["programs"])
def test_programs(name: str) -> None:
    """Shared weights, gates, scaled residuals, depthwise and transposed convolutions."""
    check(netdsl.loads(TOLD["programs"][name]["text"]), TOLD["programs"][name])


@pytest.mark.parametrize("name", QUICK)
def test_networks(name: str) -> None:
    told = TOLD["networks"][name]
    check(netdsl.load(f"zoo:{name}", input=told.get("input")), told)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in TOLD["networks"] if name not in QUICK])
def test_the_zoo(name: str) -> None:
    told = TOLD["networks"][name]
    check(netdsl.load(f"zoo:{name}", input=told.get("input")), told)


needs_torchinfo = pytest.mark.skipif(
    importlib.util.find_spec("torchinfo") is None, reason="torchinfo is not installed"
)


@needs_torchinfo
@pytest.mark.parametrize(
    "name", ["resnet18", "googlenet", "densenet40_k12_cifar", "unet", "lenet5"]
)
def test_torchinfo_now(name: str) -> None:
    """The tool itself on the emitted module, without data (on the meta device)."""
    from torchinfo import summary

    net = netdsl.load(f"zoo:{name}")
    inputs = [torch.zeros(1, *shape, device="meta") for shape in net.input_shapes.values()]
    module = net.module().eval().to("meta")
    said = summary(module, input_data=inputs, verbose=0, device="meta").total_mult_adds
    assert net.counted("torchinfo") == said


def test_flop_counter() -> None:
    """PyTorch's own counts operations of exact MACs, two each."""
    from torch.utils.flop_counter import FlopCounterMode

    for name in ("resnet18", "googlenet", "fcn8s"):
        size = "3x64x64" if "fcn" in name else None
        net = netdsl.load(f"zoo:{name}", input=size)
        module = net.module().eval().to("meta")
        inputs = [torch.zeros(1, *shape, device="meta") for shape in net.input_shapes.values()]
        with FlopCounterMode(display=False) as counter:
            module(*inputs)
        assert net.counted("flops") == counter.get_total_flops() == 2 * (net.macs or 0)


# ----------------------------------------------------------------------------------------------- ours
SMALL = """net Small {
  input image: 3x8x8
  conv(4, 3x3) -> bn -> relu
  maxpool(2x2)
  flatten -> linear(5, bias=false) -> softmax
}
"""


def test_all_operations_by_hand() -> None:
    net = netdsl.loads(SMALL)
    conv, linear = 4 * 36 * 27, 36 * 5
    assert net.macs == conv + linear
    assert net.counted("macs+bias") == conv + linear + 4 * 36
    assert net.counted("flops") == 2 * (conv + linear)
    by_hand = 2 * conv + 144 + 2 * 144 + 144 + 36 * 3 + 2 * linear + 3 * 5
    assert net.counted("all") == by_hand


@pytest.mark.parametrize(
    ("step", "each"),
    [
        ("global_avgpool", 2 * 49),
        ("adaptive_avgpool(2x2)", 2 * 64),  # rows 0 to 3 and 3 to 6: 4 + 4 of 7, squared
        ("adaptive_maxpool(2x2)", 2 * 64 - 2 * 4),
        ("avgpool(3x3, stride=2)", 2 * 9 * 9),
        ("lrn(5)", 98 * 9),
        ("lrn(3, within=true)", 98 * 13),
        ("groupnorm(2)", 98 * 7),
        ("instancenorm(track_running_stats=true)", 98 * 2),
        ('upsample(scale=2, mode="bilinear")', 4 * 98 * 7),
        ("dropout(0.5)", 0),
        ("add { | identity | relu }", 98 + 98),
        ("residual(scale=0.5) { relu }", 98 + 2 * 98),
        ("(abs(@x) * @x + 1)", 3 * 98),
        ("(@x * mean(@x))", 98 + 2),
    ],
)
def test_operations_of_a_step(step: str, each: int) -> None:
    net = netdsl.loads(f"net T {{\n input x: 2x7x7\n {step}\n}}")
    assert net.counted("all") == each


def test_one_layer() -> None:
    layer = Conv(channels=8, kernel_size=3)
    x, y = Shape(3, 10, 10), Shape(8, 8, 8)
    assert counted(layer, [x], y, "macs") == 8 * 64 * 27
    assert counted(layer, [x], y, "torchinfo") == 8 * 64 * 27 + 512
    assert parts(layer, [x], y, "fvcore") == {MACS: 8 * 64 * 27}
    with pytest.raises(ValueError, match="no rule 'tf'"):
        counted(layer, [x], y, "tf")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["googlenet", "unet", "inception_resnet_v2", "lenet5"])
def test_the_explanation_adds_up(name: str, rule: str) -> None:
    net = netdsl.load(f"zoo:{name}")
    more = sum(difference.count for difference in net.counted_otherwise(rule))
    assert net.counted(rule) == (net.macs or 0) + more
    assert all(difference.layers > 0 for difference in net.counted_otherwise(rule))


def test_the_explanation_reads_well() -> None:
    design = netdsl.load("zoo:inception_v3").design
    assert explained(design, "torchinfo") == (
        "torchinfo counts 35,432 more than exact MACs, 5,713,216,096: 34,432 parameters of batch norm "
        "(94 layers); 1,000 biases (1 per output, 1 layer)."
    )
    assert explained(design, "macs") == "`macs` counts exact MACs, 5,713,216,096."
    lenet = explained(netdsl.load("zoo:lenet5").design, "fvcore")
    assert lenet.startswith("fvcore counts 89,160 more than exact MACs, 326,520: 90,000 connection")
    assert "-840 not seen: layers that PyTorch has no module for (1 layer)" in lenet


def test_what_is_not_known() -> None:
    extern = 'extern layer Mine(k=1) -> in.shape = "a.b:Mine"\n'
    net = netdsl.loads(extern + "net T {\n input x: 3x8x8\n conv(4, 3x3) -> Mine\n}")
    assert net.counted("torchinfo") is None
    assert "not known" in explained(net.design, "torchinfo")
