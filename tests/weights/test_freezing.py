"""Weights that stay as they are: which, and that they do."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

import netdsl
from netdsl import NetError, Network

NETS = [
    *("alexnet", "resnet18", "googlenet", "densenet121", "unet", "fcn8s", "squeezenet1_0"),
    *("mobilenet_v2", "inception_resnet_v1", "preresnet110_cifar", "highway19_cifar", "lenet5"),
]

SHARED = """\
net Shared {
  input left: 3x8x8
  input right: 3x8x8
  module tower = { conv(4, 3x3) -> bn -> relu -> conv(4, 3x3) }
  @left -> a: tower
  @right -> extra: conv(3, 3x3, padding=1) -> b: tower
  param scale: [4] = ones
  scaled: (@a * @scale)
  both: concat { | @scaled | @b }
  aux side(weight=0.3) = { flatten -> linear(2) }
  flatten -> last: linear(2)
}
"""


def first_tensor(value: object) -> Tensor:
    return value if isinstance(value, Tensor) else value[0]  # type: ignore[index]


def on_meta(network: Network) -> nn.Module:
    with torch.device("meta"):
        return network.module()


def reached(network: Network, path: str) -> set[str]:
    """By autograd: the parameters on which the output of a module depends."""
    model = on_meta(network).train()
    kept: list[Tensor] = []
    module = model.get_submodule(path)
    hook = module.register_forward_hook(lambda _m, _i, out: kept.append(first_tensor(out)))
    for_input = [
        [d for d in shape if isinstance(d, int)] for shape in network.input_shapes.values()
    ]
    model(*(torch.empty(2, *sides, device="meta") for sides in for_input))
    hook.remove()
    names, parameters = zip(*model.named_parameters())
    grads = torch.autograd.grad(kept[-1].sum(), parameters, allow_unused=True)
    return {name for name, grad in zip(names, grads) if grad is not None}


def frozen(model: nn.Module) -> set[str]:
    return {name for name, p in model.named_parameters() if not p.requires_grad}


@pytest.mark.parametrize("name", NETS)
def test_what_is_frozen(name: str) -> None:
    """Every part of the net itself: frozen up to there is just what its output depends on."""
    network = netdsl.load(f"zoo:{name}")
    top = {part.partition(".")[0] for part in network.state_dict_shapes()}
    sides = getattr(type(on_meta(network)), "aux_weights", {})
    parts = sorted(top - set(sides))
    checked = parts if len(parts) < 8 else [*parts[:: len(parts) // 6], parts[-1]]
    for part in checked:
        model = on_meta(network.freeze(part))
        assert frozen(model) == reached(network, part), part


def test_inside_of_parts() -> None:
    network = netdsl.load("zoo:resnet18")
    for path in ("layer2.0.conv1", "layer2.0.downsample.0", "layer3.1.bn2"):
        assert frozen(network.freeze(path).module()) == reached(network, path), path


def test_labels_without_weights() -> None:
    network = netdsl.load("zoo:vgg16")
    assert network.freeze("features.3").frozen == ("features.0", "features.2")
    assert network.freeze("flatten").frozen == ("features",)


def test_shared_modules_tensors_and_side_outputs() -> None:
    network = netdsl.loads(SHARED)
    assert network.freeze("a").frozen == ("tower",)
    assert network.freeze("b").frozen == ("tower", "extra")
    assert network.freeze("scaled").frozen == ("scale", "tower")
    assert network.freeze("tower").frozen == ("tower", "extra")
    assert network.freeze("last").frozen == ("scale", "tower", "extra", "last")
    model = network.freeze("both").module()
    assert frozen(model) == {
        name for name, _ in model.named_parameters() if name.split(".")[0] not in ("side", "last")
    }


def test_training_leaves_frozen_parts() -> None:
    """Transfer learning: only the new head changes; running statistics stay too."""
    network = netdsl.load("zoo:resnet18", input="3x64x64", replace={"fc": "linear(5)"})
    model = network.start_from("zoo:resnet18").freeze("global_avgpool").module()
    before = copy.deepcopy(model.state_dict())
    optimizer = torch.optim.SGD((p for p in model.parameters() if p.requires_grad), lr=0.1)
    images, labels = torch.randn(4, 3, 64, 64), torch.tensor([0, 1, 2, 3])
    for _ in range(2):
        model.train()
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    changed = {n for n, t in model.state_dict().items() if not torch.equal(t, before[n])}
    assert changed == {"fc.weight", "fc.bias"}
    assert model.training and model.fc.training and not model.layer1.training  # type: ignore[union-attr]


def test_only_what_has_statistics_overrides_train() -> None:
    assert "def train" in netdsl.load("zoo:resnet18").freeze("layer1").torch_source()
    assert "def train" not in netdsl.load("zoo:vgg16").freeze("features").torch_source()


def test_frozen_modules_compile_and_export() -> None:
    network = netdsl.load("zoo:resnet20_cifar").freeze("layer1")
    model = network.module().eval()
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        wanted = model(images)
        exported = torch.export.export(model, (images,)).module()(images)
        scripted = torch.jit.script(model)(images)
    assert torch.equal(exported, wanted) and torch.equal(scripted, wanted)


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("layer9", "net `ResNet18` has no step `layer9`", "did you mean `layer4`?"),
        ("layer1.9", "`layer1` has no step `9`", "it has 0, 1"),
        ("fc.weight", "`fc` has no step `weight`", "it has no steps inside"),
    ],
)
def test_no_such_step(path: str, message: str, hint: str) -> None:
    with pytest.raises(NetError) as error:
        netdsl.load("zoo:resnet18").freeze(path)
    (diagnostic,) = error.value.diagnostics
    assert (diagnostic.code, diagnostic.message, diagnostic.hint) == ("E142", message, hint)


def test_nothing_to_freeze() -> None:
    with pytest.raises(NetError, match="no step up to `relu` has weights"):
        netdsl.loads("net N {\n  input x: 3x8x8\n  relu -> flatten -> linear(2)\n}\n").freeze(
            "relu"
        )


@pytest.mark.parametrize("name", ["Self", "Any", "ClassVar", "Mapping"])
def test_blocks_called_like_what_is_imported(name: str) -> None:
    text = f"""\
block {name}(width) {{ conv: conv(width, 1x1) -> bn: bn }}
net N {{
  input image: 3x8x8
  param scale: [3] = ones
  first: {name}(4)
  second: {name}(5)
}}
"""
    network = netdsl.loads(text).freeze("first")
    model = network.start_from(network).module()
    assert frozen(model) == {
        f"first.{n}" for n in ("conv.weight", "conv.bias", "bn.weight", "bn.bias")
    }
    assert model.train() is model and not model.first.bn.training  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "upto", "frozen"),
    [
        (
            "ssd300",
            "ssd",
            ("features", "fc6", "fc7", "conv8", "conv9", "conv10", "conv11", "ssd"),
        ),
        ("ssd300", "ssd.scores.1", ("features", "fc6", "fc7", "ssd.scores.1")),
        ("retinanet", "retina", ("body", "fpn", "coarser", "retina")),
        ("faster_rcnn", "rcnn.fc6", ("body", "fpn", "rcnn.fc6")),
    ],
)
def test_heads(name: str, upto: str, frozen: tuple[str, ...]) -> None:
    """Heads, and what of them: a shared body needs all maps, and so do regions."""
    assert netdsl.load(f"zoo:{name}").freeze(upto).frozen == frozen
