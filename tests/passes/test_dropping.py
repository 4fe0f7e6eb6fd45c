"""Dropping steps: what remains is PyTorch's network without them, and what cannot go is refused.

Veit, Wilber and Belongie, 2016, section 4.1.
"""

from __future__ import annotations

import pytest
import torch
from click.testing import CliRunner
from passes_oracle import gap, lively
from torch import Tensor, nn

import netdsl
from netdsl.cli import main
from netdsl.diagnostics import NetError

RESNET18 = [f"layer{i}.{j}" for i in range(1, 5) for j in range(2)]


class _Skipped(nn.Module):
    """A unit of torchvision's or ours without its body: what its shortcut gives, and the relu after it."""

    def __init__(self, shortcut: nn.Module) -> None:
        super().__init__()
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x).relu()


@pytest.mark.parametrize("unit", RESNET18)
def test_each_unit_of_a_resnet(unit: str) -> None:
    """Against the whole module with that unit taken out by hand."""
    net = netdsl.load("zoo:resnet18")
    whole = lively(net.module())
    dropped = net.drop(unit)
    module = dropped.module().eval()
    module.load_original(whole.state_dict())  # type: ignore[operator]
    stage, _, place = unit.partition(".")
    shortcut = whole.get_submodule(unit).downsample
    taken = _Skipped(shortcut)  # type: ignore[arg-type]
    whole.get_submodule(stage)[int(place)] = taken  # type: ignore[index, operator]
    x = torch.randn(2, 3, 65, 90)
    with torch.no_grad():
        assert gap(module(x), whole(x)) < 1e-5
    assert dropped.parameters == sum(p.numel() for p in whole.parameters())
    assert dropped.paths().count == net.paths().count // 2 == 2**7
    kept = {name.removeprefix("shortcut.") for name in taken.state_dict()}
    names = {n for n in net.state_dict_shapes() if not n.startswith(f"{unit}.")}
    assert set(dropped.state_dict_shapes()) == names | {f"{unit}.downsample.{n}" for n in kept}


def test_names_of_other_steps_stay() -> None:
    net = netdsl.load("zoo:resnet50")
    dropped = net.drop("layer2.2", "layer3.0")
    assert dropped.state_dict_shapes().items() <= net.state_dict_shapes().items()
    assert "nn.Identity(),\n            Bottleneck(4 * width, width)," in dropped.torch_source()
    assert dropped.drop("layer4.1").paths().count == 2**13  # of 16 units, one by one


def test_a_shortcut_that_reads_the_body_keeps_what_it_reads() -> None:
    """Pre-activated units: the projection reads the first relu."""
    net = netdsl.load("zoo:preresnet50")
    dropped = net.drop("layer3.0")
    left = [n for n in dropped.state_dict_shapes() if n.startswith("layer3.0.")]
    assert {n.split(".")[2] for n in left} == {"bn1", "downsample"}
    whole, module = lively(net.module()), dropped.module().eval()
    module.load_original(whole.state_dict())  # type: ignore[operator]
    unit = whole.get_submodule("layer3.0")
    order = nn.Sequential(unit.bn1, nn.ReLU(), unit.downsample)  # type: ignore[arg-type]
    whole.get_submodule("layer3")[0] = order  # type: ignore[index, operator]
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert gap(module(x), whole(x)) < 1e-5


def test_a_label_can_be_dropped_and_still_be_read() -> None:
    text = """
    net N { input x: 3x8x8
      a: conv(8, 3x3, padding=1) -> relu
      b: conv(8, 3x3, padding=1)
      @a -> c: conv(8, 1x1)
      add { | @b | @c }
    }"""
    net = netdsl.loads(text, name="n.net")
    assert list(net.drop("b").state_dict_shapes()) == ["a.weight", "a.bias", "c.weight", "c.bias"]
    assert net.drop("relu").module()(torch.zeros(1, 3, 8, 8)).shape == (1, 8, 8, 8)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("features.0", "it takes 3x224x224 and gives 64x224x224"),
        ("features.30", "it takes 512x14x14 and gives 512x7x7"),
        ("features", "it takes 3x224x224 and gives 512x7x7"),
        ("classifier.6", "it takes 4096 and gives 1000"),
    ],
)
def test_vgg_refuses(step: str, said: str) -> None:
    with pytest.raises(NetError) as raised:
        netdsl.load("zoo:vgg16").drop(step)
    (found,) = raised.value.diagnostics
    assert found.code == "E475" and found.span is not None and found.hint is not None
    assert found.message == f"`{step}` cannot be dropped: {said}"


def test_vgg_without_a_layer_of_equal_channels() -> None:
    """Not all of VGG's layers change the shape; its numbered neighbours keep their numbers."""
    net = netdsl.load("zoo:vgg11")
    dropped = net.drop("features.13")
    gone = net.state_dict_shapes().keys() - dropped.state_dict_shapes().keys()
    assert gone == {"features.13.weight", "features.13.bias"}
    module = dropped.module()
    assert isinstance(module.get_submodule("features.13"), nn.Identity)
    assert set(module.state_dict()) == set(dropped.state_dict_shapes())


def test_what_is_no_step_on_the_way() -> None:
    siamese = """
    net N { input left: 1x8x8
      input right: 1x8x8
      module tower = { conv(4, 3x3, padding=1) -> relu -> flatten -> linear(4) }
      @left -> a: tower
      @right -> b: tower
      aux side(weight=0.3) { linear(2) }
      (@a + @b) }"""
    net = netdsl.loads(siamese, name="n.net")
    for step, said in (("side", "it is a side output"), ("tower", "it is a module")):
        with pytest.raises(NetError, match=said):
            net.drop(step)
    with pytest.raises(NetError, match="E142"):
        net.drop("nothing")


def test_what_is_read_elsewhere() -> None:
    text = """
    block unit(width) { residual { conv1: conv(width, 3x3, padding=1) -> relu } }
    net N { input x: 8x8x8
      unit: unit(8)
      @unit.conv1 -> inner: conv(4, 1x1)
      @unit -> outer: conv(4, 1x1)
      add { | @inner | @outer } }"""
    with pytest.raises(NetError) as raised:
        netdsl.loads(text, name="n.net").drop("unit")
    (found,) = raised.value.diagnostics
    assert found.code == "E476" and "without `unit`" in found.message


def test_passes_come_before_weights() -> None:
    net = netdsl.load("zoo:resnet18").freeze("layer1")
    with pytest.raises(ValueError, match="passes come first"):
        net.drop("layer2.1")


def test_command_line() -> None:
    run = CliRunner().invoke
    result = run(main, ["check", "zoo:vgg16", "--drop", "features.0"])
    assert result.exit_code == 1 and "error[E475]" in result.output
    assert run(main, ["check", "zoo:resnet18", "--drop", "layer2.1"]).exit_code == 0
    shown = ["compile", "zoo:resnet18", "--to", "table", "--format", "csv", "--drop", "layer2.1"]
    keys = [line.split(",")[0] for line in run(main, shown).output.splitlines()]
    assert not any(key.startswith("layer2.1.") for key in keys)
