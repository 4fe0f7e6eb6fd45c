"""Linear layers as convolutions: the original's numbers at its own size, maps of classes at larger ones.

V53 and V54 of the requirements: fc6 has 37,748,736 weights as either; VGG gives 2x2 at 256, 6x6 at 384.
"""

from __future__ import annotations

from math import prod

import pytest
import torch
from click.testing import CliRunner
from passes_oracle import gap, lively
from torch.nn import functional as F

import netdsl
from netdsl.cli import main
from netdsl.diagnostics import NetError


def test_vgg16() -> None:
    net = netdsl.load("zoo:vgg16")
    dense = net.convolutional(input="3x256x256")
    assert (dense.parameters, dense.output_shape) == (net.parameters, (1000, 2, 2))
    assert net.convolutional(input="3x384x384").output_shape == (1000, 6, 6)
    assert dense.notes == ("`adaptive_avgpool` of maps of 7x7 is left out",)
    whole, module = net.module().eval(), dense.module().eval()
    module.load_original(whole.state_dict())  # type: ignore[operator]
    assert module.classifier[0].weight.shape == (4096, 512, 7, 7)  # type: ignore[index, union-attr]
    x = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        assert gap(module(x), whole(x)[..., None, None]) < 1e-5
        larger = torch.randn(1, 3, 256, 256)
        slid = module(larger)
        assert slid.shape == (1, 1000, 2, 2)
        # every place is the whole network on what it sees of the maps
        maps = whole.features(larger)  # type: ignore[operator]
        for i in range(2):
            for j in range(2):
                seen = maps[..., i : i + 7, j : j + 7].flatten(1)
                assert gap(slid[..., i, j], whole.classifier(seen)) < 1e-5  # type: ignore[operator]


def test_fc6_of_alexnet() -> None:
    """The 6x6x256 convolution has as many weights as the linear layer: 37,748,736 (V53)."""
    net = netdsl.load("zoo:alexnet_merged")
    shapes = net.state_dict_shapes(), net.convolutional().state_dict_shapes()
    assert [prod(s["fc6.weight"]) for s in shapes] == [37_748_736, 37_748_736]
    assert shapes[1]["fc6.weight"] == (4096, 256, 6, 6)


@pytest.mark.parametrize("name", ["alexnet", "alexnet_merged", "googlenet", "resnet18", "nin"])
def test_the_same_numbers_at_its_own_size(name: str) -> None:
    net = netdsl.load(f"zoo:{name}")
    dense = net.convolutional()
    whole, module = lively(net.module()), dense.module().eval()
    original = whole.state_dict()
    (getattr(module, "load_original", None) or module.load_state_dict)(original)
    (shape,) = net.input_shapes.values()
    x = torch.randn(1, *shape)  # type: ignore[arg-type]
    with torch.no_grad():
        assert gap(module(x), whole(x)[..., None, None]) < 1e-5


def test_open_sizes() -> None:
    dense = netdsl.load("zoo:resnet18").convolutional(input="3x?x?")
    assert str(dense.output_shape) == "1000x(ceil(H/32)-6)x(ceil(W/32)-6)"
    module = dense.module().eval()
    with torch.no_grad():
        assert module(torch.zeros(1, 3, 224, 300)).shape == (1, 1000, 1, 4)


def test_dense_evaluation_is_the_mean_of_places() -> None:
    """GoogLeNet's pool becomes a window: the places' mean at the size of one window is the original."""
    net = netdsl.load("zoo:resnet18")
    dense = net.convolutional(input="3x256x256")
    whole, module = lively(net.module()), dense.module().eval()
    module.load_original(whole.state_dict())  # type: ignore[operator]
    maps = torch.randn(1, 512, 8, 8)
    with torch.no_grad():
        windows = F.avg_pool2d(maps, 7, stride=1)
        expected = F.linear(windows.permute(0, 2, 3, 1), whole.fc.weight, whole.fc.bias)  # type: ignore[arg-type]
        assert gap(module.fc(windows), expected.permute(0, 3, 1, 2)) < 1e-5  # type: ignore[operator]


def test_gates_stay_as_they_are() -> None:
    """Squeeze and excitation weighs channels by the whole map, whatever its size."""
    text = """
    net N { input x: 8x14x14
      conv(16, 3x3, padding=1) -> relu -> kept: identity
      global_avgpool -> flatten -> narrow: linear(4) -> relu -> wide: linear(16) -> gate: sigmoid
      (@kept * @gate)
      global_avgpool -> flatten -> fc: linear(5) }"""
    net = netdsl.loads(text, name="n.net")
    dense = net.convolutional(input="8x16x16")
    shapes = dense.state_dict_shapes()
    assert shapes["fc.weight"] == (5, 16, 1, 1) and shapes["narrow.weight"] == (4, 16)
    assert dense.output_shape == (5, 3, 3)


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("conv(8, 3x3)", "E478", "no linear layer"),
        ("flatten -> linear(8) -> layernorm", "E479", "`layernorm` reads a flat vector"),
        ("adaptive_avgpool(3x3) -> flatten -> linear(8)", "E479", "which is no multiple"),
        ("flatten -> g: linear(8)\n @x -> m: conv(8, 1x1)\n (@m * @g)", "E479", "meets maps again"),
    ],
)
def test_refused(body: str, code: str, said: str) -> None:
    net = netdsl.loads(f"net N {{ input x: 8x14x14\n {body}\n}}", name="n.net")
    with pytest.raises(NetError) as raised:
        net.convolutional()
    (found,) = raised.value.diagnostics
    assert found.code == code and said in found.message


def test_a_step_that_is_all_of_a_module() -> None:
    text = """
    net N { input x: 8
      module m = linear(8)
      input y: 2x2x2
      @y -> f: flatten -> m }"""
    net = netdsl.loads(text.replace("input x: 8\n", ""), name="n.net")
    with pytest.raises(NetError, match="E479|E484"):
        net.convolutional()


def test_a_block_called_conv() -> None:
    text = "block conv(a) { relu }\nnet N { input x: 2x4x4\n flatten -> linear(3) }"
    with pytest.raises(NetError, match="E484"):
        netdsl.loads(text, name="n.net").convolutional()


def test_command_line() -> None:
    words = ["compile", "zoo:vgg16", "--to", "table", "--depth", "1", "--convolutional"]
    result = CliRunner().invoke(main, [*words, "--input", "3x256x256"])
    assert result.exit_code == 0, result.output
    assert "1000x2x2" in result.output
    detector = CliRunner().invoke(main, ["check", "zoo:yolov1", "--convolutional"])
    assert detector.exit_code == 1 and "E479" in detector.output
