"""The roofline against times computed by hand."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import netdsl
from netdsl.cli import main
from netdsl.diagnostics import NetError
from netdsl.roofline import DEVICES, device_of

NET = (
    "net A { input x: 16x10x10\n c: conv(32, 3x3, bias=false) -> relu -> flatten -> f: linear(10) }"
)


def test_by_hand() -> None:
    found = netdsl.loads(NET).roofline("flops=1e9,bandwidth=1e8", batch=2)
    assert [step.path for step in found.steps] == ["c", "relu", "f"]  # flatten is a view
    conv, relu, linear = found.steps
    assert conv.macs == 2 * 8 * 8 * 32 * 16 * 9
    assert conv.bytes == 4 * (2 * (16 * 100 + 32 * 64) + 32 * 16 * 9)
    assert relu.bytes == 4 * 2 * 2 * 32 * 64 and relu.macs == 0
    assert linear.bytes == 4 * (2 * (2048 + 10) + 2048 * 10 + 10)
    assert conv.seconds == pytest.approx(max(2 * conv.macs / 1e9, conv.bytes / 1e8))
    assert (conv.bound, relu.bound, linear.bound) == ("compute", "memory", "memory")
    assert found.seconds == pytest.approx(conv.seconds + relu.seconds + linear.seconds)


def test_half_the_bytes_of_half_the_numbers() -> None:
    net = netdsl.load("zoo:resnet18")
    single, half = (net.roofline("v100", dtype=t) for t in ("float32", "float16"))
    assert [2 * s.bytes for s in half.steps] == [s.bytes for s in single.steps]
    assert sum(s.macs for s in single.steps) == net.macs
    assert half.seconds < single.seconds


def test_large_batches_are_bound_by_compute() -> None:
    net = netdsl.load("zoo:vgg16")
    small, large = (net.roofline("a100", batch=b, dtype="float16") for b in (1, 64))
    linear = [next(s for s in e.steps if s.path.endswith("classifier.0")) for e in (small, large)]
    assert linear[0].bound == "memory"
    assert linear[1].seconds < 8 * linear[0].seconds  # the weights are read once


@pytest.mark.parametrize(
    "text",
    [
        "b52",
        "flops=1e9",
        "flops=0,bandwidth=1",
        "flops=x,bandwidth=1",
        "flops=1,flops=2,bandwidth=1",
        "flops=inf,bandwidth=1",
        "tpu=1",
    ],
)
def test_no_devices(text: str) -> None:
    with pytest.raises(NetError) as caught:
        device_of(text)
    assert caught.value.diagnostics[0].code == "E459" and caught.value.diagnostics[0].hint


def test_devices() -> None:
    for name, device in DEVICES.items():
        assert device_of(name.upper()) is device
        assert all(1e12 < rate < 1e15 for rate in device.flops.values())
        assert 1e11 < device.bandwidth < 1e13
    with pytest.raises(NetError, match="no rate"):
        netdsl.loads(NET).roofline("gtx580", dtype="float16")
    with pytest.raises(NetError, match="open"):
        netdsl.loads(NET.replace(" -> flatten -> f: linear(10)", ""), input="16x?x?").roofline("t4")


def test_command_line() -> None:
    given = ["compile", "zoo:resnet18", "--to", "table", "--device", "h100", "--dtype", "bfloat16"]
    result = CliRunner().invoke(main, [*given, "--batch", "8"])
    assert result.exit_code == 0
    assert "Time on H100 SXM, an estimate: at least" in result.output
    assert "No measurement" in result.output and "Bound by compute" in result.output
    data = json.loads(CliRunner().invoke(main, [*given, "--format", "json", "--memory"]).output)
    assert data["roofline"]["steps"][0]["name"] == "conv1"
    assert (
        data["memory"]["training"]["optimizers"]["adam"]
        == 2 * data["memory"]["training"]["gradients"]
    )
