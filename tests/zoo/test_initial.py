"""How weights start: the statistics of every tensor beside those of torchvision's network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor
from zoo_oracle import network, one_thread, torchvision
from zoo_table import BY_NAME

# torchvision means to start this one at 0.01, as the published code does, but marks the module around it.
MEANT = {"AuxLogits.conv1.conv.weight": 0.01}
ENOUGH = 2_000  # numbers of a tensor whose spread says something


@pytest.fixture(autouse=True)
def single() -> Iterator[None]:
    with one_thread():
        torch.manual_seed(11)
        yield


@pytest.mark.parametrize(
    "name",
    [
        "resnet18",
        "squeezenet1_1",
        "mobilenet_v2",
        "googlenet_bn",
        pytest.param("densenet121", marks=pytest.mark.slow),
        pytest.param("inception_v3", marks=pytest.mark.slow),
        pytest.param("alexnet", marks=pytest.mark.slow),
        pytest.param("vgg11", marks=pytest.mark.slow),
        pytest.param("vgg11_bn", marks=pytest.mark.slow),
        pytest.param("resnext50_32x4d", marks=pytest.mark.slow),
    ],
)
def test_weights_start_like_theirs(name: str) -> None:
    builder = BY_NAME[name].torchvision or ""
    options = {"init_weights": True} if builder in ("googlenet", "inception_v3") else {}
    their = getattr(torchvision().models, builder)(weights=None, **options).state_dict()
    our = network(name).module().state_dict()
    compared = 0
    for key, wanted in their.items():
        if constant(wanted):
            assert torch.equal(our[key], wanted), key
        elif wanted.numel() >= ENOUGH:
            spread = MEANT.get(key, float(wanted.std()))
            assert float(our[key].std()) == pytest.approx(spread, rel=0.15), key
            assert abs(float(our[key].mean())) <= 0.15 * spread, key
            if key not in MEANT:  # a normal and a uniform distribution of one spread differ here
                assert inner_share(our[key]) == pytest.approx(inner_share(wanted), abs=0.05), key
            compared += 1
    assert compared >= 5


def constant(tensor: Tensor) -> bool:
    return bool((tensor == tensor.flatten()[0]).all())


def inner_share(tensor: Tensor) -> float:
    """How many numbers lie within one standard deviation: 0.68 of a normal distribution, 0.58 of a
    uniform one."""
    return float((tensor.abs() < tensor.std()).float().mean())


@pytest.mark.parametrize(("name", "convolutions"), [("googlenet", 59), ("bn_inception", 69)])
def test_as_the_caffe_models(name: str, convolutions: int) -> None:
    """Caffe's Xavier, a variance of 1 / N for N incoming connections, and a bias of 0.2 in convolutions."""
    state = network(name).module().state_dict()
    weights = [tensor for key, tensor in state.items() if key.endswith("conv.weight")]
    assert len(weights) == convolutions
    for conv in weights:
        assert float(conv.std()) == pytest.approx((1 / conv[0].numel()) ** 0.5, rel=0.05)
        assert inner_share(conv) == pytest.approx(0.577, abs=0.02)
    biases = [tensor for key, tensor in state.items() if key.endswith("conv.bias")]
    assert len(biases) == convolutions and all(bool((bias == 0.2).all()) for bias in biases)


def test_the_papers_googlenet() -> None:
    """Its linear layers start like torchvision's."""
    state = network("googlenet").module().state_dict()
    assert float(state["fc.weight"].std()) == pytest.approx(0.01, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "last", "convolutions", "with_bias"),
    [("inception_v4", "last_linear", 149, 0), ("inception_resnet_v2", "classif", 244, 40)],
)
def test_as_tf_slim(name: str, last: str, convolutions: int, with_bias: int) -> None:
    """A variance of 2 / N for N incoming connections, Glorot's in the linear layer, biases of zero."""
    state = network(name).module().state_dict()
    weights = [tensor for tensor in state.values() if tensor.dim() == 4]
    assert len(weights) == convolutions
    for conv in weights:
        assert float(conv.std()) == pytest.approx((2 / conv[0].numel()) ** 0.5, rel=0.15)
    linear = state[f"{last}.weight"]
    assert float(linear.std()) == pytest.approx((2 / sum(linear.shape)) ** 0.5, rel=0.05)
    assert inner_share(linear) == pytest.approx(0.577, abs=0.02)
    biases = [t for key, t in state.items() if key.endswith((f"{last}.bias", "conv2d.bias"))]
    assert len(biases) == 1 + with_bias and not any(bool(bias.any()) for bias in biases)


def test_the_papers_unet() -> None:
    """Standard deviation sqrt(2 / N) for N incoming connections (section 3 of the paper)."""
    state = network("unet").module().state_dict()
    for key in ("down1.2.weight", "up0.fuse.0.weight", "head.weight"):
        incoming = state[key][0].numel()
        assert float(state[key].std()) == pytest.approx((2 / incoming) ** 0.5, rel=0.15), key
