"""Strides replaced by dilation: torchvision's numbers, and every s-th place is one of the old map."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from passes_oracle import gap, lively

sys.path.insert(0, str(Path(__file__).parents[1] / "oracles"))

from torchvision_cpu import import_torchvision  # pyright: ignore[reportMissingImports]

import netdsl
from netdsl.diagnostics import NetError


@pytest.mark.parametrize("replace", [[False, True, True], [False, False, True]])
def test_torchvisions_resnet(replace: list[bool]) -> None:
    models = import_torchvision().models
    theirs = lively(models.resnet50(replace_stride_with_dilation=replace))
    steps = [f"layer{i}" for i, chosen in zip((2, 3, 4), replace) if chosen]
    net = netdsl.load("zoo:resnet50").dilate(*steps)
    ours = net.module().eval()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(1, 3, 97, 130)
    with torch.no_grad():
        assert torch.equal(ours(x), theirs(x))
    other = netdsl.load("zoo:resnet50").dilate(output_stride=32 // 2 ** len(steps))
    assert other.macs == net.macs and other.module().state_dict().keys() == ours.state_dict().keys()


@pytest.mark.parametrize(
    ("name", "stride", "step"),
    [
        ("resnet18", 8, "layer4"),
        ("preresnet50", 8, "layer4"),
        ("mobilenet_v2", 8, "features.17"),
        ("densenet121", 16, "features"),
        ("resnext50_32x4d", 16, "layer4"),
        ("resnet50_v1", 8, "layer4"),
    ],
)
def test_old_maps_are_in_the_new_ones(name: str, stride: int, step: str) -> None:
    net = netdsl.load(f"zoo:{name}")
    dilated = net.dilate(output_stride=stride)
    whole, module = lively(net.module()), dilated.module().eval()
    module.load_state_dict(whole.state_dict())
    assert dilated.parameters == net.parameters
    seen: list[torch.Tensor] = []
    for one in (whole, module):
        one.get_submodule(step).register_forward_hook(lambda *given: seen.append(given[2]))
        with torch.no_grad():
            one(torch.randn(1, 3, 128, 96, generator=torch.Generator().manual_seed(1)))
    before, after = seen
    apart = 32 // stride
    assert gap(after[..., ::apart, ::apart], before) < 1e-5


def test_emitted_as_by_hand() -> None:
    """One class of each block, as torchvision's; dilation is a parameter, and strides are 1 where used."""
    net = netdsl.load("zoo:resnet50")
    source = net.dilate("layer3", "layer4").torch_source()
    assert source.count("\nclass ") == net.torch_source().count("\nclass ") == 3
    assert "self.layer4 = Stage(1024, 512, depths[3], dilation=2, dilation2=4)\n" in source
    assert "self.layer2 = Stage(256, 128, depths[1], stride=2)  # ?x28x28\n" in source
    assert "padding=dilation,\n            dilation=dilation," in source
    assert "Output: (N, 4 * width, H / stride, W / stride)." in source


def test_parts_of_a_numbered_network() -> None:
    """VGG's last two poolings, by their names: the second's input is twice as fine already."""
    net = netdsl.load("zoo:vgg16", input="3x?x?").dilate("features.23", "features.30")
    whole = netdsl.load("zoo:vgg16")
    assert net.state_dict_shapes() == whole.state_dict_shapes()
    source = net.torch_source()
    assert "dilation=2" in source and "nn.MaxPool2d(2, stride=1" in source


@pytest.mark.parametrize(
    ("step", "stride", "code", "said"),
    [
        ("layer1", None, "E480", "`layer1` has no stride to replace"),
        ("nope", None, "E142", "no step `nope`"),
        (None, 32, "E480", "no stride beyond an output stride of 32"),
    ],
)
def test_refused(step: str | None, stride: int | None, code: str, said: str) -> None:
    with pytest.raises(NetError) as raised:
        netdsl.load("zoo:resnet18").dilate(*([step] if step else []), output_stride=stride)
    (found,) = raised.value.diagnostics
    assert found.code == code and said in found.message


def test_average_pooling_behind_a_stride() -> None:
    with pytest.raises(NetError) as raised:
        netdsl.load("zoo:densenet121").dilate(output_stride=8)
    (found,) = raised.value.diagnostics
    assert found.code == "E481" and "`avgpool` of 2x2 cannot be dilated" in found.message


def test_all_passes_together() -> None:
    """As in a segmenter that is deployed: dilated, sliding, folded."""
    net = netdsl.load("zoo:resnet18")
    made = net.drop("layer3.1").dilate("layer4").convolutional(input="3x?x?").fold_bn()
    assert made.design.passed is not None and len(made.design.passed.said) == 4
    whole, module = lively(net.drop("layer3.1").dilate("layer4").module()), made.module().eval()
    module.load_original(lively(net.module()).state_dict())  # type: ignore[operator]
    module.load_original(whole.state_dict())  # type: ignore[operator]
    x = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        assert gap(module(x), whole(x)[..., None, None]) < 1e-5
