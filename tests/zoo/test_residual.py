"""Residual networks that no library has: beside one that is rearranged, or composed from the paper here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from line_counts import python_lines
from peers import in_order, made, settle
from torch import Tensor, nn
from torch.nn import functional as F
from zoo_oracle import (
    difference,
    images,
    network,
    one_thread,
    ours,
    theirs,
    torchvision,
    weights,
)

import netdsl

LARGEST = 1e-5
SLOW = pytest.mark.slow


@pytest.fixture(autouse=True)
def single() -> Iterator[None]:
    with one_thread():
        yield


def is_the_same(name: str, their: nn.Module, size: str, **values: Any) -> None:
    """Whether a network of the zoo computes what one on the meta device does, whose tensors stand in the
    same order."""
    with torch.device("meta"):
        our = netdsl.load(f"zoo:{name}", **values).module()
    in_order(their, our)
    x = images(2, size)
    settle(their, x)
    with torch.no_grad():
        assert difference(our.eval()(x), their.eval()(x)) <= LARGEST


def conv_bn(channels: int, width: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, width, kernel, stride=stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(width),
    )


# --------------------------------------------------------------------------------- plain networks
def plain(
    stem: nn.Module, widths: tuple[int, ...], depths: tuple[int, ...], classes: int
) -> nn.Module:
    layers: list[nn.Module] = [stem]
    channels = widths[0]
    for width, depth in zip(widths, depths):
        for i in range(2 * depth):
            stride = 2 if i == 0 and width != widths[0] else 1
            layers += [conv_bn(channels, width, 3, stride), nn.ReLU()]
            channels = width
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)
    )


@pytest.mark.parametrize("n", [3, 5, 7, 9, pytest.param(18, marks=SLOW)])
def test_plain_networks_for_cifar(n: int) -> None:
    with torch.device("meta"):
        stem = nn.Sequential(conv_bn(3, 16), nn.ReLU())
        their = plain(stem, (16, 32, 64), (n, n, n), 10)
    is_the_same(f"plain{6 * n + 2}_cifar", their, "3x32x32")


@pytest.mark.parametrize(("name", "depths"), [("plain18", (2, 2, 2, 2)), ("plain34", (3, 4, 6, 3))])
def test_plain_networks_for_imagenet(name: str, depths: tuple[int, ...]) -> None:
    with torch.device("meta"):
        stem = nn.Sequential(conv_bn(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        their = plain(stem, (64, 128, 256, 512), depths, 1000)
    is_the_same(name, their, "3x64x64")


# ---------------------------------------------------------------------------------------- shortcuts
class Zeros(nn.Module):
    """Shortcut option A of the ResNet paper."""

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, ::2, ::2]
        return torch.cat([x, torch.zeros_like(x)], dim=1)


def resnet34(everywhere: bool) -> nn.Module:
    """torchvision's, with projections everywhere, or without any."""
    model = theirs("resnet34")
    for module in model.modules():
        if hasattr(module, "downsample"):
            conv: Any = module.conv1
            with torch.device("meta"):
                projection = conv_bn(conv.in_channels, conv.out_channels, 1, module.stride)
            zeros = Zeros() if module.downsample is not None else None
            module.downsample = projection if everywhere else zeros
    return model


@pytest.mark.parametrize(("name", "everywhere"), [("resnet34_a", False), ("resnet34_c", True)])
def test_shortcuts_of_resnet34(name: str, everywhere: bool) -> None:
    is_the_same(name, resnet34(everywhere), "3x64x64")


@pytest.mark.parametrize(
    "depth", [20, 56, *(pytest.param(depth, marks=SLOW) for depth in (110, 1202))]
)
def test_zeros_for_projections(depth: int) -> None:
    """ResNets for CIFAR-10 of pytorchcv have projections, which are taken out."""
    their: Any = made(f"pytorchcv:resnet{depth}_cifar10")
    for stage in list(their.features.children())[2:4]:
        stage.unit1.identity_conv = Zeros()
    is_the_same(f"resnet{depth}_cifar", their, "3x32x32")


@pytest.mark.parametrize("depth", [32, 44])
def test_projections(depth: int) -> None:
    """Depths that pytorchcv has no names for."""
    torchvision()  # makes the others importable beside a CPU build of torch
    from pytorchcv.models.resnet_cifar import get_resnet_cifar

    with torch.device("meta"):
        their = get_resnet_cifar(10, blocks=depth, bottleneck=False)
    is_the_same(f"resnet{depth}_cifar_b", their, "3x32x32")


# -------------------------------------------------------------------------------------------- units
UNITS = {  # what is added, and what comes after the sum; before all units, and after them
    "original": ("conv bn relu conv bn", "relu", "bn relu", ""),
    "bn_after_addition": ("conv bn relu conv", "bn relu", "bn relu", ""),
    "relu_before_addition": ("conv bn relu conv bn relu", "", "bn relu", ""),
    "relu_only_preactivation": ("relu conv bn relu conv bn", "", "bn", "relu"),
    "full_preactivation": ("bn relu conv bn relu conv", "", "", "bn relu"),
}


def sequence(words: str, channels: int, width: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for word in words.split():
        if word == "conv":
            stride = width // channels
            layers.append(nn.Conv2d(channels, width, 3, stride=stride, padding=1, bias=False))
            channels = width
        else:
            layers.append(nn.ReLU() if word == "relu" else nn.BatchNorm2d(channels))
    return nn.Sequential(*layers)


class Unit(nn.Module):
    def __init__(self, channels: int, width: int, body: str, after: str) -> None:
        super().__init__()
        self.body = sequence(body, channels, width)
        self.shortcut = Zeros() if width != channels else nn.Identity()
        self.after = sequence(after, width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.shortcut(x) + self.body(x))


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize("n", [2, pytest.param(18, marks=SLOW)])
def test_residual_units(name: str, n: int) -> None:
    body, after, before, end = UNITS[name]
    with torch.device("meta"):
        stem = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        layers: list[nn.Module] = [stem, sequence(before, 16, 16)]
        for i in range(3 * n):
            channels, width = 16 << max(0, i - 1) // n, 16 << i // n
            layers.append(Unit(channels, width, body, after))
        layers += [sequence(end, 64, 64), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
        their = nn.Sequential(*layers)
    is_the_same(f"resnet110_{name}", their, "3x32x32", n=n)


# --------------------------------------------------------------------------------- stochastic depth
def survivals(model: nn.Module) -> list[float]:
    return [module.survival for module in model.modules() if hasattr(module, "survival")]


@pytest.mark.parametrize("depth", [110, pytest.param(1202, marks=SLOW)])
def test_stochastic_depth(depth: int) -> None:
    """From almost 1 to 0.5; in use it is the ResNet whose last scales are times that, and whose shortcuts
    pool means."""
    our, plain = ours(f"stochasticdepth{depth}_cifar"), ours(f"resnet{depth}_cifar")
    for stage in (plain.layer2, plain.layer3):
        stage[0].downsample[0] = nn.AvgPool2d(2)  # type: ignore[index, union-attr]
    blocks = (depth - 2) // 2
    chances = [1 - 0.5 * (i + 1) / blocks for i in range(blocks)]
    assert survivals(our) == pytest.approx(chances, abs=1e-12)
    plain.load_state_dict(weights(plain), assign=True)
    x = images(2, "3x32x32")
    settle(plain, x)
    state = {name: tensor.clone() for name, tensor in plain.state_dict().items()}
    our.load_state_dict(state, assign=True)
    left = iter(chances)
    for module in plain.modules():
        if hasattr(module, "bn2"):
            chance = next(left)
            module.bn2.weight.data *= chance  # type: ignore[union-attr]
            module.bn2.bias.data *= chance  # type: ignore[union-attr]
    x, our, plain = x.double(), our.double(), plain.double()  # they round at other places
    with torch.no_grad():
        assert difference(our.eval()(x), plain.eval()(x)) <= LARGEST


def test_stochastic_depth_in_training() -> None:
    """A block is there or it is not, for all images at once."""
    torch.manual_seed(0)
    block = network("stochasticdepth110_cifar").module().layer3[17].train()  # type: ignore[index]
    assert survivals(block) == [0.5]
    x = torch.rand(4, 64, 8, 8)
    kept = 0
    for _ in range(64):
        with torch.no_grad():
            found = block(x)
        same = [torch.equal(found[i], x[i]) for i in range(4)]
        assert len(set(same)) == 1
        kept += not same[0]
    assert 16 < kept < 48


# ------------------------------------------------------------------------------------------ ResNeXt
def test_three_forms_of_a_block() -> None:
    """The weights of many paths, side by side, are those of the others."""
    a, b, c = (ours(f"resnextblock_{form}") for form in "abc")
    given = weights(a)
    a.load_state_dict(given, assign=True)
    paths = [
        [given[f"block.{key}.weight"] for key in (f"path{i}.0", f"path{i}.2", f"last{i}")]
        for i in range(32)
    ]
    first, second, last = zip(*paths)
    joined = {"block.last.weight": torch.cat(last, dim=1)}
    own = {name: tensor for name, tensor in given.items() if "last" not in name}
    b.load_state_dict({**own, **joined}, assign=True)
    wide = {"block.conv1.weight": torch.cat(first), "block.conv2.weight": torch.cat(second)}
    c.load_state_dict({**wide, **joined}, assign=True)
    x = images(2, "256x14x14") / 16
    with torch.no_grad():
        found = [model.eval()(x) for model in (a, b, c)]
    assert float(found[0].abs().max()) > 0.1
    assert difference(found[0], found[1]) <= LARGEST
    assert difference(found[0], found[2]) <= LARGEST


# ------------------------------------------------------------------------------------------ highway
def test_highway() -> None:
    """What the paper's equation gives, layer by layer."""
    model = network("highway10_mnist").module().eval()
    state = model.state_dict()
    assert all(bool((state[f"highways.{i}.gate.0.bias"] == -2).all()) for i in range(9))
    x = images(4, "1x28x28")
    y = F.relu(F.linear(x.flatten(1), state["first.weight"], state["first.bias"]))
    for i in range(9):
        h, t = (
            F.linear(
                y, state[f"highways.{i}.{part}.0.weight"], state[f"highways.{i}.{part}.0.bias"]
            )
            for part in ("transform", "gate")
        )
        y = F.relu(h) * torch.sigmoid(t) + y * (1 - torch.sigmoid(t))
    y = F.linear(y, state["classifier.weight"], state["classifier.bias"])
    with torch.no_grad():
        assert difference(model(x), y) <= LARGEST


def test_a_shut_gate_lets_everything_pass() -> None:
    layers: Any = network("highway19_cifar").module().stage2.highways.eval()  # type: ignore[union-attr]
    for name, tensor in layers.state_dict().items():
        if name.endswith("gate.0.bias"):
            tensor.fill_(-1000)
    x = images(2, "32x16x16")
    with torch.no_grad():
        assert torch.equal(layers(x), x)


# ------------------------------------------------------------------------------------------- length
@pytest.mark.parametrize(
    ("large", "small"),
    [
        ("resnet1202_cifar", "resnet20_cifar"),
        ("resnet1202_cifar_b", "resnet20_cifar_b"),
        ("stochasticdepth1202_cifar", "stochasticdepth110_cifar"),
        ("preresnet1001_cifar", "preresnet164_cifar"),
        ("preresnet200", "preresnet50"),
        ("resnet200", "resnet50"),
        ("densenet250_k24_bc_cifar", "densenet40_k12_bc_cifar"),
        ("wide_resnet40_8_cifar", "wide_resnet16_10_cifar"),
        ("highway100_mnist", "highway10_mnist"),
    ],
)
def test_deep_networks_take_no_more_lines(large: str, small: str) -> None:
    assert python_lines(network(large).torch_source()) == python_lines(
        network(small).torch_source()
    )
