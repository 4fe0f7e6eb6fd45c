"""Where PyTorch has no such layer, or defines it otherwise: the papers' formulas."""

from __future__ import annotations

import math

import pytest
import torch
from layer_oracle import batch, function, helpers, layer, literal, module
from torch import Tensor

from netdsl.code.expr import Name
from netdsl.shapes import Shape


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("shape", [Shape(7, 4), Shape(7, 2, 3), Shape(7, 2, 2, 2)], ids=str)
def test_lrn_is_the_papers(size: int, shape: Shape) -> None:
    k, alpha, beta = 2.0, 0.01, 0.75
    x = batch(shape)
    expected = torch.empty_like(x)
    channels = shape.channels
    for i in range(channels):
        near = x[:, max(0, i - size // 2) : min(channels - 1, i + size // 2) + 1]
        expected[:, i] = x[:, i] / (k + alpha * (near**2).sum(dim=1)) ** beta
    torch.testing.assert_close(function(layer("lrn", size=size, alpha=alpha), x), expected)


@pytest.mark.parametrize("size", [1, 3, 5])
def test_lrn_within_a_channel(size: int) -> None:
    x = batch(Shape(2, 6, 4))
    padded = torch.nn.functional.pad(x.square(), [size // 2] * 4)
    expected = torch.empty_like(x)
    for i in range(6):
        for j in range(4):
            near = padded[:, :, i : i + size, j : j + size].sum(dim=(2, 3))
            expected[:, :, i, j] = x[:, :, i, j] / (2 + 0.01 * near) ** 0.75
    made = layer("lrn", size=size, alpha=0.01, within=True)
    torch.testing.assert_close(function(made, x), expected)


# ------------------------------------------------------------------------------- kernels and means
def test_kernels_are_given_for_all_for_each_or_for_every_pair() -> None:
    """One kernel for all pairs of maps, one an output map, one a pair."""
    a, b = [[1, 2]], [[3, 4]]

    def weight(weights: object, channels: int = 2, groups: int = 1) -> list[object]:
        arguments = {"channels": channels, "kernel_size": [1, 2], "groups": groups}
        made = layer("conv", **arguments, weights=weights, trainable=False)
        return module(made, Shape(2, 3, 3)).get_buffer("weight").tolist()

    assert weight(a) == [[a, a], [a, a]]
    assert weight([a, b]) == [[a, a], [b, b]]
    assert weight([[a, b], [b, a]]) == [[a, b], [b, a]]
    assert weight(a, groups=2) == [[a], [a]]


def test_dividing_by_a_deviation() -> None:
    images = batch(Shape(3, 1, 2))
    y = module(layer("normalize", mean=[1, 2, 3], std=[1, 2, 4]), Shape(3, 1, 2))(images)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ([1.0, 2, 3], [1.0, 2, 4]))
    torch.testing.assert_close(y, (images - mean) / std)


def test_the_mean_image_is_no_parameter_and_starts_as_zeros() -> None:
    images = batch(Shape(3, 1, 2))
    made = module(layer("normalize", mean="image"), Shape(3, 1, 2))
    assert torch.equal(made(images), images)
    assert list(made.state_dict()) == ["mean"] and not list(made.parameters())


def test_lrn_says_its_numbers_as_a_person_would() -> None:
    x = Shape(7, 2, 2)
    made = layer("lrn")
    call = made.function(literal(made, x), Name("x"))
    assert call is not None
    assert call.text == "F.local_response_norm(x, 5, alpha=5e-4, k=2.0)"
    made = layer("lrn", size=9, k=1, alpha=1e-4)  # 9 * 1e-4 is 0.0009000000000000001
    call = made.module(literal(made, x))
    assert call is not None and call.text == "nn.LocalResponseNorm(9, alpha=9e-4)"


def test_scaled_tanh() -> None:
    x = torch.linspace(-3, 3, 13)
    expected = torch.tensor([1.7159 * math.tanh(2 / 3 * v) for v in x.tolist()])
    made = layer("scaled_tanh")
    torch.testing.assert_close(function(made, x.view(1, -1)), expected.view(1, -1))
    assert abs(helpers.scaled_tanh(torch.tensor(1.0)).item() - 1) < 1e-4
    call = made.module(literal(made, Shape(3)))
    assert call is not None and call.text == "ScaledTanh()"


@pytest.mark.parametrize("shape", [Shape(4), Shape(4, 5), Shape(4, 3, 2)], ids=str)
def test_l2norm(shape: Shape) -> None:
    x = batch(shape)
    built = module(layer("l2norm", scale=10), shape)
    built.load_state_dict({"scale": torch.tensor([10.0, 3.0, 10.0, 10.0])})
    y = built(x)
    scales = torch.tensor([10.0, 3.0, 10.0, 10.0])
    length = (x**2).sum(dim=1, keepdim=True).sqrt()
    factor = scales.view(1, -1, *[1] * len(shape.sides))
    torch.testing.assert_close(y, x / length * factor)


def test_frozen_bn_is_batch_normalisation_in_evaluation() -> None:
    x = batch(Shape(4, 3, 3))
    frozen, plain = module(layer("frozen_bn"), Shape(4, 3, 3)), torch.nn.BatchNorm2d(4)
    for name, tensor in plain.state_dict().items():
        if name != "num_batches_tracked":
            tensor.uniform_(0.5, 2)
            frozen.state_dict()[name].copy_(tensor)
    torch.testing.assert_close(frozen(x), plain.eval()(x))
    assert not list(frozen.parameters())
    frozen.train()
    torch.testing.assert_close(frozen(x), plain(x))


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_drop_path(p: float) -> None:
    x = torch.randn(4000, 2, 3)
    built = module(layer("drop_path", p=p), Shape(2, 3))
    y = built(x)
    dropped = (y == 0).flatten(1).all(dim=1)
    kept = ~dropped
    assert abs(dropped.float().mean().item() - p) < 0.03
    torch.testing.assert_close(y[kept], x[kept] / (1 - p) if p < 1 else x[kept])
    assert built.eval()(x) is x


def test_drop_path_drops_as_torchvision_does() -> None:
    def stochastic_depth(x: Tensor, p: float) -> Tensor:  # torchvision 0.28, mode "row"
        noise = torch.empty([x.shape[0], 1, 1, 1]).bernoulli_(1 - p)
        return x * noise.div_(1 - p)

    x = batch(Shape(3, 2, 2)).repeat(8, 1, 1, 1)
    torch.manual_seed(3)
    expected = stochastic_depth(x, 0.4)
    torch.manual_seed(3)
    assert torch.equal(module(layer("drop_path", p=0.4), Shape(3, 2, 2))(x), expected)


def test_pad_channels_is_option_a() -> None:
    x = batch(Shape(3, 2, 2))
    y = function(layer("pad_channels", channels=5), x)
    assert torch.equal(y[:, :3], x)
    assert not y[:, 3:].any()


def test_pad_goes_where_it_says() -> None:
    x = batch(Shape(1, 2, 2))
    y = function(layer("pad", padding=[1, 2, 3, 4]), x)  # top, bottom, left, right
    assert y.shape == (2, 1, 5, 9)
    assert torch.equal(y[:, :, 1:3, 3:5], x)
    assert y.count_nonzero() == x.count_nonzero()


def test_crop_takes_what_it_says() -> None:
    x = batch(Shape(2, 6, 7))
    assert torch.equal(function(layer("crop", size=[2, 3], top=1, left=4), x), x[:, :, 1:3, 4:7])
    assert torch.equal(function(layer("slice", start=1), x), x[:, 1:])
