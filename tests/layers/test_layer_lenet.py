"""The parts of LeNet-5 that PyTorch lacks, against the numbers and formulas of the paper."""

from __future__ import annotations

import pytest
import torch
from layer_oracle import batch, helpers, layer, module
from torch import nn
from torch.nn import functional as F

from netdsl.shapes import Open, Shape

# Table I: the maps of S2 that are read by each map of C3.
C3 = [
    *([i % 6 for i in (k, k + 1, k + 2)] for k in range(6)),
    *([i % 6 for i in (k, k + 1, k + 2, k + 3)] for k in range(6)),
    *([0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5]),
    [0, 1, 2, 3, 4, 5],
]


# ------------------------------------------------------------------------------- connection tables
def filled(table: nn.Module, rows: list[list[int]], channels: int) -> torch.Tensor:
    """All kernels of a table, zeros where there is none."""
    weight = table.get_parameter("weight")
    kernels = torch.zeros(len(rows), channels, *weight.shape[1:])
    pairs = [(i, j) for i, row in enumerate(rows) for j in row]
    for (i, j), kernel in zip(pairs, weight, strict=True):
        kernels[i, j] = kernel
    return kernels


def test_a_table_is_a_convolution_with_zeros() -> None:
    x = batch(Shape(6, 14, 14))
    table = module(layer("conv", channels=16, kernel_size=5, connections=C3), Shape(6, 14, 14))
    full = nn.Conv2d(6, 16, 5)
    full.load_state_dict({"weight": filled(table, C3, 6), "bias": table.get_parameter("bias")})
    torch.testing.assert_close(table(x), full(x))
    for network in (table, full):
        network(x).square().sum().backward()
    mine, theirs = table.get_parameter("weight").grad, full.weight.grad
    assert mine is not None and theirs is not None
    pairs = [(i, j) for i, row in enumerate(C3) for j in row]
    torch.testing.assert_close(mine, torch.stack([theirs[i, j] for i, j in pairs]))


def test_a_full_table_is_a_convolution() -> None:
    x = batch(Shape(3, 7, 6))
    rows = [[0, 1, 2], [0, 1, 2]]
    made = layer("conv", channels=2, kernel_size=[3, 2], connections=rows, stride=2, padding=1)
    table = module(made, Shape(3, 7, 6))
    expected = F.conv2d(x, filled(table, rows, 3), table.get_parameter("bias"), 2, 1)
    torch.testing.assert_close(table(x), expected)


def test_a_table_starts_as_its_map_reads() -> None:
    """Like nn.Conv2d: uniform within one over the root of what an output reads."""
    torch.manual_seed(0)
    rows = [[0], list(range(100))]
    table = module(layer("conv", channels=2, kernel_size=5, connections=rows), Shape(100, 5, 5))
    weight = table.get_parameter("weight").detach()
    assert 0.15 < weight[0].abs().max() <= 1 / 25**0.5
    assert 0.0199 < weight[1:].abs().max() <= 1 / 2500**0.5
    assert table.get_parameter("bias")[1].abs() <= 1 / 2500**0.5


# ------------------------------------------------------------------------------------- subsampling
def test_subsampling_has_a_coefficient_and_a_bias_a_map() -> None:
    x = batch(Shape(3, 5, 7))
    made = module(layer("subsample", kernel_size=[2, 3]), Shape(3, 5, 7))
    torch.testing.assert_close(made(x), F.avg_pool2d(x, (2, 3)))
    weight, bias = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([0.0, 3.0, -1.0])
    made.load_state_dict({"weight": weight, "bias": bias})
    windows = F.unfold(x, (2, 3), stride=(2, 3)).view(2, 3, 6, 2, 2).sum(dim=2)
    torch.testing.assert_close(
        made(x), weight.view(3, 1, 1) * windows + bias.view(3, 1, 1), rtol=1e-5, atol=1e-5
    )


# ------------------------------------------------------------------------- radial basis functions
def test_distances_to_codes() -> None:
    made = module(layer("rbf", features=3), Shape(3))
    codes = torch.tensor([[1.0, 1, 1], [1, -1, 1], [-1, -1, -1]])
    made.load_state_dict({"weight": codes})
    x = batch(Shape(3))
    torch.testing.assert_close(made(x), torch.cdist(x, codes).square())


def test_the_digits() -> None:
    codes = module(layer("rbf", features=10, codes="bitmap"), Shape(84)).get_buffer("weight")
    assert codes.shape == (10, 84) and set(codes.flatten().tolist()) == {1.0, -1.0}
    assert torch.equal(codes, helpers.digit_bitmaps())
    seven = ["".join(".#"[int(v > 0)] for v in row) for row in codes[7].view(12, 7).tolist()]
    assert seven == [
        "#######",
        ".....##",
        ".....##",
        "....##.",
        "...##..",
        "...##..",
        "..##...",
        "..##...",
        "..##...",
        "..##...",
        ".......",
        ".......",
    ]
    distances = torch.cdist(codes, codes).square()
    assert distances.fill_diagonal_(1000).min() >= 4 * 10, "two digits differ in ten places"


def test_random_codes_are_those_of_their_seed() -> None:
    def codes(seed: int) -> torch.Tensor:
        torch.manual_seed(seed + 10)
        made = module(layer("rbf", features=50, codes="random", seed=seed), Shape(84))
        return made.get_buffer("weight")

    assert torch.equal(codes(1), codes(1)) and not torch.equal(codes(1), codes(2))
    assert set(codes(1).flatten().tolist()) == {1.0, -1.0}
    assert abs(codes(1).mean().item()) < 0.05
    before = torch.get_rng_state()
    helpers.RandomRBF(4, 5, seed=1)
    assert torch.equal(torch.get_rng_state(), before), "it took numbers of the others"


# ------------------------------------------------------------------------------------- connections
CONNECTIONS = [
    ("conv", {"channels": 6, "kernel_size": 5}, Shape(1, 32, 32), 122_304),
    ("subsample", {"kernel_size": 2}, Shape(6, 28, 28), 5_880),
    ("conv", {"channels": 16, "kernel_size": 5, "connections": C3}, Shape(6, 14, 14), 151_600),
    ("subsample", {"kernel_size": 2}, Shape(16, 10, 10), 2_000),
    ("conv", {"channels": 120, "kernel_size": 5}, Shape(16, 5, 5), 48_120),
    ("linear", {"features": 84}, Shape(120), 10_164),
    ("rbf", {"features": 10, "codes": "bitmap"}, Shape(84), 840),
    ("conv", {"channels": 4, "kernel_size": 1, "bias": False}, Shape(8, 3, 3), 4 * 9 * 8),
    ("conv", {"channels": 4, "kernel_size": 3, "groups": 4}, Shape(8, 3, 3), 4 * (2 * 9 + 1)),
    ("conv_transpose", {"channels": 4, "kernel_size": 2}, Shape(2, 3, 3), 9 * 2 * 4 * 4 + 4 * 16),
    ("bn", {}, Shape(4, 3, 3), 0),
    ("maxpool", {"kernel_size": 2}, Shape(4, 4, 4), 0),
]


@pytest.mark.parametrize(("word", "arguments", "x", "count"), CONNECTIONS, ids=str)
def test_connections(word: str, arguments: dict[str, object], x: Shape, count: int) -> None:
    """The numbers of the paper, layer by layer; together 340,908 with the codes' 840."""
    made = layer(word, **arguments)
    assert made.cost(x, made.output(x)).connections == count


def test_connections_of_the_table() -> None:
    made = layer("conv", channels=16, kernel_size=5, connections=C3)
    x = Shape(6, 14, 14)
    assert made.cost(x, made.output(x)).macs == 150_000
    assert made.tensors(x)[0].shape == (60, 5, 5)
    open_x = Shape(6, Open.symbol("H"), 14)
    parameters, macs, connections = made.cost(open_x, made.output(open_x))
    assert (parameters, str(macs), str(connections)) == (1_516, "15000*(H-4)", "15160*(H-4)")
    assert str(layer("subsample", kernel_size=2).cost(open_x, open_x).connections) == "420*H"
