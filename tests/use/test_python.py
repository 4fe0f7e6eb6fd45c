"""netdsl from Python."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import netdsl

NET = """\
block unit(width) { conv: conv(width, 3x3, padding=1) -> relu }

net Small(width=8, norm=identity, classes=10) {
  input image: 3x16x16
  unit: unit(width) -> norm -> maxpool(2x2)
  aux side(weight=0.5) = { flatten -> linear(classes) }
  flatten -> fc: linear(classes)
}

net Twin {
  input left: 1x8x8
  input right: 1x8x8
  module tower = { conv(4, 3x3) -> flatten }
  @left -> a: tower
  @right -> b: tower
  concat { | @a | @b }
  linear(2)
}
"""


def test_numbers() -> None:
    net = netdsl.loads(NET, "Small")
    side = 8 * 64 * 10 + 10
    fc = 8 * 64 * 10 + 10
    assert (net.name, net.torch_class) == ("Small", "Small")
    assert net.parameters == 224 + side + fc
    assert net.parameters_used == 224 + fc
    assert net.macs == 3 * 9 * 8 * 256 + 8 * 64 * 10
    assert net.layers == 2
    assert net.output_shape == (10,)
    assert [str(s) for s in net.input_shapes.values()] == ["3x16x16"]


def test_the_module_is_what_was_said() -> None:
    for name in ("Small", "Twin"):
        net = netdsl.loads(NET, name)
        model = net.module()
        assert type(model).__name__ == net.torch_class
        found = {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}
        assert list(found.items()) == list(net.state_dict_shapes().items())
        assert sum(p.numel() for p in model.parameters()) == net.parameters
        inputs = [torch.randn(2, *shape) for shape in net.input_shapes.values()]
        with torch.no_grad():
            assert model.eval()(*inputs).shape == (2, *net.output_shape)


@pytest.mark.parametrize(
    ("settings", "like"),
    [
        ({"width": 16}, {"width": "16"}),
        ({"norm": "bn"}, {"norm": "bn(eps=1e-5)"}),
        ({"input": "3x32x32"}, {"input": (3, 32, 32)}),
        ({"input": torch.Size([3, 32, 32])}, {"input": {"image": [3, 32, 32]}}),
    ],
)
def test_settings(settings: dict[str, Any], like: dict[str, Any]) -> None:
    one, other = netdsl.loads(NET, "Small", **settings), netdsl.loads(NET, "Small", **like)
    assert one.state_dict_shapes() == other.state_dict_shapes()
    assert one.parameters != netdsl.loads(NET, "Small").parameters


def test_lists_are_set() -> None:
    net = netdsl.load("zoo:vgg", depths=[1, 1, 2, 2, 2], norm="groupnorm(8)", classes=7)
    assert net.layers == 11 and net.output_shape == (7,)
    assert "nn.GroupNorm(8, width)" in net.torch_source()


def test_open_sizes() -> None:
    net = netdsl.loads("net A { input x: 3x?x?\nconv(4, 3x3, stride=2, padding=1) }")
    assert str(net.macs) == "108*ceil(H/2)*ceil(W/2)" and net.parameters == 112
    assert not net.output_shape.known
    assert (
        netdsl.loads("net A { input x: 3x?x?\nconv(4, 3x3) }", input=(3, 5, 5)).macs == 4 * 27 * 9
    )


def test_formats() -> None:
    net = netdsl.loads(NET, "Small")
    assert isinstance(net.diagram(), str)
    svg = net.diagram("svg")
    assert isinstance(svg, str) and svg == net._repr_svg_()
    assert isinstance(net.diagram("png"), bytes)
    assert net.table() == net.table("text") != net.table("markdown")
    assert net.table(depth=1) != net.table()
    assert repr(net).startswith("Network(Small, ")


def test_paths(tmp_path: Path) -> None:
    path = tmp_path / "net.net"
    path.write_text(NET, encoding="utf-8")
    assert netdsl.load(path, "Twin").name == netdsl.load(str(path)).name == "Twin"


@pytest.mark.parametrize(
    ("failing", "code"),
    [
        (lambda: netdsl.load("nosuch.net"), "E130"),
        (lambda: netdsl.load("a\0b.net"), "E130"),
        (lambda: netdsl.load("zoo:nosuch"), "E109"),
        (lambda: netdsl.loads(NET, "Smal"), "E109"),
        (lambda: netdsl.loads("net A {"), "E0"),
        (lambda: netdsl.loads(NET, "Small", widht=3), "E135"),
        (lambda: netdsl.loads(NET, "Small", width={}), "E135"),
        (lambda: netdsl.loads(NET, "Small", width=object()), "E135"),
        (lambda: netdsl.loads(NET, "Small", width=0), "E112"),
        (lambda: netdsl.loads(NET, "Small", width="8)"), "E0"),
        (lambda: netdsl.loads(NET, "Small", input="16x16"), "E208"),
        (lambda: netdsl.loads(NET, "Small", input=(3, "x")), "E208"),
        (lambda: netdsl.loads(NET, "Twin", input="1x9x9"), "E135"),
        (lambda: netdsl.loads(NET, "Small").table("word"), "E404"),
        (lambda: netdsl.loads(NET, "Small").diagram("gif"), "E404"),
    ],
)
def test_every_failure_is_a_net_error(failing: Callable[[], Any], code: str) -> None:
    with pytest.raises(netdsl.NetError) as caught:
        failing()
    assert caught.value.diagnostics
    first = caught.value.diagnostics[0]
    assert first.code.startswith(code) and first.message in str(caught.value)


def test_only_a_module_needs_torch() -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"  # importing it fails
        f"import netdsl; net = netdsl.loads({NET!r}, 'Small')\n"
        "net.parameters, net.macs, net.layers, net.output_shape, net.state_dict_shapes()\n"
        "net.table('latex'), net.diagram('svg'), net.torch_source()\n"
        "try: net.module()\n"
        "except netdsl.NetError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert "pip install netdsl[torch]" in done.stdout
