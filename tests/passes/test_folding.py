"""Batch normalisation folded into the layer before: the same function, within 1e-5, with original weights."""

from __future__ import annotations

import pytest
import torch
from passes_oracle import gap, lively
from torch import nn

import netdsl
from netdsl.backends.torch.folded import pairs, short_names
from netdsl.diagnostics import NetError

ZOO = {
    "resnet18": 20,
    "resnet50": 53,
    "googlenet_bn": 59,
    "mobilenet_v2": 52,
    "densenet121": 59,
    "inception_v3": 96,
    "vgg11_bn": 8,
}
# DenseNet: 1 + 58 behind a convolution; 58 before one, 3 of transitions and the last stay.
LEFT = {"densenet121": 62}


@pytest.mark.parametrize("name", ZOO)
def test_the_function_stays(name: str) -> None:
    net = netdsl.load(f"zoo:{name}")
    folded = net.fold_bn()
    whole, module = lively(net.module()), folded.module().eval()
    module.load_original(whole.state_dict())  # type: ignore[operator]
    left = sum(isinstance(part, nn.BatchNorm2d) for part in module.modules())
    assert left == LEFT.get(name, 0)
    assert sum(isinstance(part, nn.BatchNorm2d) for part in whole.modules()) == left + ZOO[name]
    assert bool(folded.notes) == bool(left)
    (shape,) = net.input_shapes.values()
    sides = [75 if name in ("inception_v3",) else side for side in shape[1:]]
    x = torch.randn(1, 3, *(min(side, 96) for side in sides))  # type: ignore[type-var]
    with torch.no_grad():
        assert gap(module(x), whole(x)) < 1e-5
    names = net.state_dict_shapes()
    assert all(
        names[n] == shape
        for n, shape in folded.state_dict_shapes().items()
        if not n.endswith(".bias") or n in names
    )


def test_what_stays_is_told() -> None:
    (note,) = netdsl.load("zoo:densenet121").fold_bn().notes
    assert note == (
        "batch normalisation that stays, 62 of it (features.norm5, "
        "features.denseblock1.denselayer1.norm1, features.denseblock1.denselayer2.norm1, ...): "
        "what it normalises comes from no convolution"
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("a: conv(8, 1x1) -> n: bn\n @a -> b: conv(8, 1x1)\n add { | @n | @b }", "reads"),
        ("conv(8, 3x3) -> relu -> bn", "comes from no convolution"),
        ("maxpool(2x2) -> bn", "comes from no convolution"),
        ("conv_transpose(8, 2x2, stride=2) -> bn", "`conv_transpose` cannot"),
        ("conv(1, 1x1, weights=[[1]], trainable=false) -> bn", "`conv` cannot"),
        ("a: { conv(8, 3x3) } -> b: bn", "another block"),
    ],
)
def test_what_cannot_be_folded(body: str, why: str) -> None:
    net = netdsl.loads(f"net N {{ input x: 8x16x16\n {body}\n}}", name="n.net")
    with pytest.raises(NetError) as raised:
        net.fold_bn()
    (found,) = raised.value.diagnostics
    assert found.code == "E477" and found.hint is not None and why in found.hint


@pytest.mark.parametrize(
    "body",
    [
        "conv(8, 3x3, groups=4, bias=false) -> bn(eps=1e-2) -> relu -> conv(4, 1x1) -> bn(affine=false)",
        "conv(8, 3x3) -> frozen_bn -> relu -> conv(8, 1x1, flip=true) -> bn",
        "conv(8, 3x3) -> identity -> bn -> flatten -> linear(6, bias=false) -> bn -> relu",
        "conv(8, 3x3, bias=false) -> bn -> dropout -> conv(8, 1x1) -> relu",
        "repeat 3 { unit: { conv(8, 3x3, padding=1, bias=false) -> bn } -> relu }",
        "module m = { conv(8, 3x3, padding=1, bias=false) -> bn -> relu }\n m -> m",
        "aux side(weight=1.0) { conv(8, 1x1) -> bn }\n conv(8, 1x1) -> bn",
    ],
)
def test_small_networks(body: str) -> None:
    net = netdsl.loads(f"net N {{ input x: 8x9x9\n {body}\n}}", name="n.net")
    folded = net.fold_bn()
    whole, module = net.module().eval(), folded.module().eval()
    with torch.no_grad():
        for name, tensor in whole.state_dict().items():
            if tensor.dtype == torch.float32:
                tensor.uniform_(0.5, 1.5) if name.endswith("var") else tensor.normal_()
    module.load_original(whole.state_dict())  # type: ignore[operator]
    assert "BatchNorm" not in folded.torch_source().replace("fold_batch_norm", "")
    x = torch.randn(2, 8, 9, 9)
    with torch.no_grad():
        assert gap(module(x), whole(x)) < 1e-5


def test_lines_of_folded_are_few_and_mean_the_same() -> None:
    for name, lines in (("resnet50", 4), ("inception_v3", 1), ("densenet121", 2), ("vgg11_bn", 8)):
        design = netdsl.load(f"zoo:{name}").fold_bn().design
        assert design.passed is not None
        folded = dict(design.passed.folded)
        short = short_names(design, folded)
        assert len(short) == lines
        layers = {n.rpartition(".")[0] for n in netdsl.load(f"zoo:{name}").state_dict_shapes()}
        assert pairs(layers, layers, short) == folded


def test_names_that_look_alike_are_said_in_full() -> None:
    """`b.conv` is read by somebody else, so `.conv: .bn` would fold too much."""
    net = netdsl.loads(
        """
        block free { conv: conv(8, 1x1) -> bn: bn }
        block tied { conv: conv(8, 1x1) -> bn: bn\n add { | @conv | @bn } }
        net N { input x: 8x8x8
          a: free -> b: tied -> c: free }""",
        name="n.net",
    )
    design = net.fold_bn().design
    assert design.passed is not None
    short = short_names(design, dict(design.passed.folded))
    assert short == {"a.conv": ("a.bn", 1e-5), "c.conv": ("c.bn", 1e-5)}
    whole, module = lively(net.module()), net.fold_bn().module().eval()
    module.load_original(whole.state_dict())  # type: ignore[operator]
    x = torch.randn(1, 8, 8, 8)
    with torch.no_grad():
        assert gap(module(x), whole(x)) < 1e-5
