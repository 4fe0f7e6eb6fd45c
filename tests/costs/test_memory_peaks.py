"""Peaks of memory against what PyTorch allocates for the emitted module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from allocations import inference, training
from work import growth

import netdsl
from netdsl.diagnostics import NetError


def load(name: str) -> Any:
    net, _, size = name.partition("@")
    return netdsl.load(f"zoo:{net}", input=size or None)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "resnet50",
            "densenet121",
            "resnet18@3x97x131",
            "vgg11@3x64x64",
            "googlenet",
            "mobilenetv2",
        ),
        *("unet@1x188x204", "squeezenet1_0@3x97x97", "preresnet50@3x64x64", "alexnet"),
        *("fcn8s_voc@3x64x96", "inceptionv3@3x299x299", "highway19_cifar"),
        *("resnext50_32x4d@3x64x64", "densenet40_k12_bc_cifar", "bn_inception@3x64x64"),
    ],
)
def test_inference(name: str) -> None:
    network = load(name)
    batch = 2 if "@" in name else 1
    peak = network.memory(batch=batch)
    assert peak.activations == pytest.approx(inference(network, batch), rel=0.05)


@pytest.mark.parametrize("name", ["resnet50", "densenet121"])
def test_inference_to_the_byte(name: str) -> None:
    network = load(name)
    assert network.memory(batch=1).activations == inference(network, 1)


@pytest.mark.parametrize(
    "name",
    [
        *("resnet50@3x64x64", "densenet121@3x64x64", "resnet18@3x96x128", "squeezenet1_0@3x96x96"),
        *("mobilenetv2@3x96x96", "unet@1x188x188", "preresnet50@3x64x64", "resnet20_cifar"),
        "vgg11_bn@3x64x64",
    ],
)
def test_training(name: str) -> None:
    network = load(name)
    found = network.memory(batch=2, training=True)
    peak, saved = training(network, 2)
    assert found.activations == pytest.approx(peak, rel=0.05)
    assert found.saved == pytest.approx(saved, rel=0.05)


def test_weights_and_states() -> None:
    network = load("resnet18")
    module = network.module()
    weights = sum(p.numel() * 4 for p in module.parameters())
    buffers = sum(b.numel() * b.element_size() for b in module.buffers())
    evaluation, training_ = network.memory(), network.memory(training=True)
    assert (evaluation.parameters, evaluation.buffers) == (weights, buffers)
    assert evaluation.total("adam") == weights + buffers + evaluation.activations
    adam = torch.optim.Adam(module.parameters())
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    adam.step()
    states = [t for s in adam.state.values() for n, t in s.items() if n != "step"]
    assert training_.optimizers["adam"] == sum(t.numel() * 4 for t in states)
    assert training_.gradients == weights
    assert training_.total("adam") - training_.total("momentum") == weights


def test_a_batch_and_a_type_of_numbers() -> None:
    network = load("resnet20_cifar")
    one, eight = network.memory(), network.memory(batch=8)
    assert eight.activations == 8 * one.activations and eight.parameters == one.parameters
    assert network.memory(dtype="float16").activations * 2 == one.activations
    half = network.module().eval().to(torch.float64)
    assert network.memory(dtype="float64").parameters == sum(
        8 * p.numel() for p in half.parameters()
    )


LAYERS = [
    *("relu", "relu6", "sigmoid", "tanh", "silu", "gelu", "leaky_relu(0.1)", "elu", "hardswish"),
    *("mish", "softplus", "softmax", "hardsigmoid", "prelu", "selu"),
    *("maxpool(2)", "avgpool(2)", "adaptive_avgpool(3)", "global_avgpool", "global_maxpool"),
    *(
        "groupnorm(2)",
        "layernorm",
        "bn",
        "instancenorm",
        "upsample(2)",
        "pad(1)",
        "conv_transpose(4, 2)",
    ),
    *("mul { | identity | conv(4, 1x1) }", "add { | identity | conv(4, 1x1) | conv(4, 1x1) }"),
    *("concat { | identity | conv(4, 1x1) }", "residual(scale=0.5) { conv(4, 1x1) }", "flatten"),
]


@pytest.mark.parametrize("layer", LAYERS)
def test_what_a_layer_saves(layer: str) -> None:
    """Behind a convolution, so that it may work in place, and before another one."""
    last = "linear(5)" if layer == "flatten" else "conv(4, 1x1)"
    text = f"net A {{ input x: 3x12x12\n conv(4, 3x3, padding=1) -> {layer} -> {last} }}"
    network = netdsl.loads(text)
    _, saved = training(network, 16)
    assert network.memory(batch=16, training=True).saved == pytest.approx(saved, rel=0.02)
    assert network.memory(batch=2).activations == pytest.approx(inference(network, 2), rel=0.02)


def test_what_cannot_be_computed() -> None:
    network = load("resnet18@3x?x?")
    for bad, code in (({}, "E457"), ({"dtype": "half"}, "E458")):
        with pytest.raises(NetError) as caught:
            network.memory(**bad)
        assert caught.value.diagnostics[0].code == code
    with pytest.raises(ValueError, match="at least one"):
        network.memory(batch=0)
    assert network.at("224x224").memory().activations == load("resnet18").memory().activations


def test_long_chains_take_work_in_proportion() -> None:
    def measured(layers: int) -> Callable[[], object]:
        net = netdsl.loads(
            f"net A {{ input x: 4x8x8\n repeat {layers} {{ conv(4, 1x1) -> relu }} }}"
        )
        return lambda: net.memory(training=True)

    assert growth(measured, 300) < 1.2
