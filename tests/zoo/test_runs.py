"""What people do with an emitted network: compile it, export it, change its memory format and precision,
train it. The quick run has three of the smallest networks, the slow one all."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from zoo_oracle import (
    difference,
    images,
    network,
    one_thread,
    ours,
    outputs,
    weights,
    without_dropout,
)
from zoo_table import BY_NAME, ROWS, Row

QUICK = ("lenet5", "lenet5_modern", "squeezenet1_1", "resnet18")
# Where 3x96x64 will not do: other channels, linear layers behind a flattened map, no padding.
SMALL = {
    **dict.fromkeys(("alexnet_two_gpu", "alexnet_merged", "caffenet"), "3x227x227"),
    **dict.fromkeys(("alexnet_merged_224", "zfnet", "zfnet_big"), "3x224x224"),
    **dict.fromkeys(
        (
            "inception_v2",
            "inception_v4",
            "inception_resnet_v1",
            "inception_resnet_v2",
            "inception_resnet_v2_paper",
        ),
        "3x96x80",
    ),
    **dict.fromkeys(("fcn32s", "fcn16s", "fcn8s"), "3x32x32"),
    "inception_naive": "192x28x28",
    "lenet5": "1x32x32",
    "lenet5_modern": "1x32x32",
    "unet": "1x188x204",
    "resnextblock_a": "256x12x8",
    "resnextblock_b": "256x12x8",
    "resnextblock_c": "256x12x8",
    **{f"highway{depth}_mnist": "1x28x28" for depth in (10, 20, 50, 100)},
    "googlenet": "3x224x224",
    "inception_v3": "3x299x299",
}
# Tracing takes half a second a layer; the smaller ones of these families are made of the same blocks.
DEEP = re.compile(
    r"(pre)?resnet(110|164|200|1001|1202)|(resnet|plain)(32|44|56|110)_cifar|plain34|resnet(101|152)_v1"
    r"|preresnet1|wide_resnet(101|28|40)|resnext101_(32x4|64)|densenet(100|190|250|40_k12_full)"
    r"|stochasticdepth1202|highway(20|50|100)"
)

every = pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, marks=() if row.name in QUICK else pytest.mark.slow)
        for row in ROWS
        if not DEEP.match(row.name)
    ],
    ids=lambda row: row.name,
)


@pytest.fixture(autouse=True)
def single() -> Iterator[None]:
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, about its compiler
        yield


def filled(row: Row) -> nn.Module:
    model = ours(row.name)
    model.load_state_dict(weights(model), assign=True)
    return without_dropout(model)


def some(row: Row, batch: int) -> Tensor:
    return images(batch, SMALL.get(row.name, "3x96x64"))


# --------------------------------------------------------------------------------- torch's compilers
@every
def test_compiles_without_a_break(row: Row) -> None:
    """In evaluation and in training, and gives what it gave before."""
    torch.compiler.reset()
    model, x = filled(row), some(row, 2)
    compiled: Any = torch.compile(model, fullgraph=True, backend="eager")
    for training in (False, True):
        model.train(training)
        with torch.no_grad():
            found, wanted = outputs(compiled(x)), outputs(model(x))
        assert list(found) == list(wanted)
        assert len(found) == 1 or training
        assert max(difference(found[name], wanted[name]) for name in wanted) == 0


@every
def test_exports_with_any_batch(row: Row) -> None:
    model = filled(row).eval()
    batch = torch.export.Dim("batch", min=1)
    exported = torch.export.export(model, (some(row, 2),), dynamic_shapes=({0: batch},)).module()
    for size in (1, 3):
        x = some(row, size)
        with torch.no_grad():
            assert difference(exported(x), model(x)) <= 1e-5


# ------------------------------------------------------------------------------ memory and precision
@every
def test_channels_last_and_bfloat16(row: Row) -> None:
    """The same but for rounding; bfloat16 has 8 bits of it."""
    model, x = filled(row).eval(), some(row, 2)
    with torch.no_grad():
        wanted = model(x)
        model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        found = model(x.to(memory_format=torch.channels_last))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough = model(x)
    scale = float(wanted.abs().max())
    assert difference(found, wanted) <= 1e-4 * scale
    # Distances are sums that autocast leaves alone; a module by itself may add or join the image as it came.
    kept = row.name in ("lenet5", "inception_naive") or row.name.startswith("resnextblock")
    assert rough.dtype == (torch.float32 if kept else torch.bfloat16)
    assert difference(rough.float(), wanted) <= 0.25 * scale
    assert float(F.cosine_similarity(rough.float().flatten(1), wanted.flatten(1)).min()) > 0.99


# --------------------------------------------------------------------------------------- training
def losses(model: nn.Module, x: Tensor, steps: int) -> list[float]:
    """Plain gradient descent on one batch; side outputs count with the weights that the class states."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.003, momentum=0.9)
    shares = {"output": 1.0, **getattr(type(model), "aux_weights", {})}
    found = []
    for _ in range(steps):
        total = torch.zeros(())
        results = outputs(model(x))
        assert list(results) == list(shares)
        for name, value in results.items():
            classes = value.shape[1]
            targets = torch.arange(len(x)) % classes
            if value.dim() > 2:
                targets = targets[:, None, None].expand(-1, *value.shape[2:])
            total = total + shares[name] * F.cross_entropy(value, targets)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        found.append(float(total.detach()))
    return found


@pytest.mark.parametrize(
    "name",
    [
        "lenet5",
        "lenet5_modern",
        "resnet18",
        "googlenet_bn",
        "mobilenet_v2",
        pytest.param("unet", marks=pytest.mark.slow),
        pytest.param("googlenet", marks=pytest.mark.slow),
        pytest.param("inception_v3", marks=pytest.mark.slow),
        pytest.param("densenet121", marks=pytest.mark.slow),
        pytest.param("vgg16_bn", marks=pytest.mark.slow),
    ],
)
def test_training_lowers_the_loss(name: str) -> None:
    """From the weights that the network itself starts with."""
    torch.manual_seed(0)
    model = without_dropout(network(name).module()).train()
    found = losses(model, some(BY_NAME[name], 2), 5)
    assert all(math.isfinite(value) for value in found)
    assert found[-1] < found[0] == max(found)
