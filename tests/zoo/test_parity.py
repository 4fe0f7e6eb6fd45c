"""Emitted networks beside torchvision's: the same `state_dict`, outputs and gradients.

The quick tests load every network and compare what it gives for small images, at which torchvision's
networks work as well; the slow ones compare outputs and gradients at the usual size and at another.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn
from zoo_oracle import (
    difference,
    images,
    loss,
    network,
    one_thread,
    outputs,
    pair,
    theirs,
    torchvision,
    weights,
    without_dropout,
)
from zoo_table import BY_NAME, IN_TORCHVISION, Row

import netdsl

SMALL = "3x96x64"
LARGEST = 1e-5  # absolute, in float32
QUICK = 2_000_000_000  # multiply-adds: the usual size is compared in the quick run up to here
TRAINED = (
    "squeezenet1_1",
    "mobilenet_v2",
    "resnet18",
    "resnext50_32x4d",
    "densenet121",
    "googlenet_bn",
)

every = pytest.mark.parametrize("row", IN_TORCHVISION, ids=lambda row: row.name)


@pytest.fixture(autouse=True)
def single() -> Iterator[None]:
    with one_thread():
        yield


Ledger = dict[str, dict[str, float]]


@pytest.fixture(scope="module")
def ledger(pytestconfig: pytest.Config) -> Iterator[Ledger]:
    """Every largest difference that was measured, by what was compared. The same operations in the same
    order give exactly the same: at the end nine in ten differences must be 0, whatever was compared."""
    measured: Ledger = {"outputs": {}, "gradients": {}}
    yield measured
    zero = {what: sum(gap == 0 for gap in gaps.values()) for what, gaps in measured.items()}
    said = "; ".join(
        f"{zero[what]} of {len(gaps)} {what} exactly 0, largest {max(gaps.values(), default=0)}"
        for what, gaps in measured.items()
    )
    capturing: Any = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capturing.global_and_fixture_disabled():
        print(f"\ntorchvision parity: {said}", file=sys.stderr)
    assert all(zero[what] >= 0.9 * len(gaps) for what, gaps in measured.items()), said


# ------------------------------------------------------------------------------------------ names
@every
def test_names_and_shapes_are_theirs(row: Row) -> None:
    """By the static Design alone, in torchvision's order.

    GoogLeNet's side outputs stand in the text where they branch off; torchvision makes them last.
    """
    assert row.torchvision is not None
    wanted = {
        name: tuple(tensor.shape) for name, tensor in theirs(row.torchvision).state_dict().items()
    }
    found = network(row.name).state_dict_shapes()
    assert found == wanted
    if row.name != "googlenet_bn":
        assert list(found) == list(wanted)
    assert network(row.name, row.other).state_dict_shapes() == found


# ---------------------------------------------------------------------------------------- outputs
def compare_evaluation(
    row: Row, size: str, our: nn.Module, their: nn.Module, ledger: Ledger
) -> None:
    x = images(2, size)
    with torch.no_grad():
        found, wanted = outputs(our.eval()(x)), outputs(their.eval()(x))
    assert list(found) == list(wanted) == ["output"]
    assert float(wanted["output"].std()) > 0.1  # the weights are no trivial ones
    gap = difference(found["output"], wanted["output"])
    ledger["outputs"][f"{row.name} {size}"] = gap
    assert gap <= LARGEST


def compare_training(row: Row, size: str, our: nn.Module, their: nn.Module, ledger: Ledger) -> None:
    x = images(2, size)
    found = outputs(without_dropout(our).train()(x))
    wanted = outputs(without_dropout(their).train()(x))
    assert set(found) == set(wanted)
    for name, value in found.items():
        gap = difference(value, wanted[name])
        ledger["outputs"][f"{row.name} {size} training {name}"] = gap
        assert gap <= LARGEST, name
    for (name, mine), yours in zip(our.named_buffers(), dict_in_order(our, their), strict=True):
        assert difference(mine.float(), yours.float()) <= LARGEST, name  # running statistics
    loss(found).backward()
    gradients = {name: parameter.grad for name, parameter in our.named_parameters()}
    our.zero_grad()
    loss(wanted).backward()
    largest = 0.0
    for name, parameter in their.named_parameters():
        mine, yours = gradients[name], parameter.grad
        assert mine is not None and yours is not None and mine is not yours, name
        gap = difference(mine, yours)
        ledger["gradients"][f"{row.name} {size} {name}"] = gap
        assert gap <= LARGEST, name
        largest = max(largest, float(yours.abs().max()))
    assert largest > 1e-3  # gradients that are all about nothing would agree as well


def dict_in_order(our: nn.Module, their: nn.Module) -> list[torch.Tensor]:
    """Their buffers in the order of ours."""
    buffers = dict(their.named_buffers())
    return [buffers[name] for name, _ in our.named_buffers()]


@every
def test_evaluation(row: Row, ledger: Ledger) -> None:
    our, their = pair(row)
    small = SMALL if row.name != "inception_v3" else "3x107x139"
    compare_evaluation(row, small, our, their, ledger)
    if row.macs <= QUICK:
        compare_evaluation(row, row.input, our, their, ledger)


@pytest.mark.parametrize("name", TRAINED)
def test_training(name: str, ledger: Ledger) -> None:
    compare_training(BY_NAME[name], SMALL, *pair(BY_NAME[name]), ledger)


@pytest.mark.slow
@every
def test_usual_size(row: Row, ledger: Ledger) -> None:
    our, their = pair(row)
    compare_evaluation(row, row.input, our, their, ledger)
    compare_training(row, row.input, our, their, ledger)


@pytest.mark.slow
@every
def test_another_size(row: Row, ledger: Ledger) -> None:
    """The network emitted for the usual size takes another as torchvision's does, and so does the one
    emitted for that other size."""
    our, their = pair(row)
    compare_evaluation(row, row.other, our, their, ledger)
    our, their = pair(row, row.other)
    compare_evaluation(row, row.other, our, their, ledger)
    compare_training(row, row.other, our, their, ledger)


def test_other_parameters(ledger: Ledger) -> None:
    """MobileNet-V2 at other widths, a DenseNet of another growth: torchvision has these too."""
    models = torchvision().models
    with torch.device("meta"):
        cases = [
            (models.mobilenet_v2(width_mult=0.35), "mobilenet_v2", {"alpha": 0.35}),
            (models.mobilenet_v2(width_mult=1.4), "mobilenet_v2", {"alpha": 1.4}),
            (
                models.DenseNet(12, (2, 3, 4, 2), 24),
                "densenet121",
                {"growth": 12, "depths": [2, 3, 4, 2]},
            ),
        ]
        made = [netdsl.load(f"zoo:{name}", **values).module() for _, name, values in cases]
    for (their, name, values), our in zip(cases, made, strict=True):
        their.load_state_dict(weights(their), assign=True)
        our.load_state_dict(their.state_dict(), assign=True)
        with torch.no_grad():
            gap = difference(our.eval()(images(2, SMALL)), their.eval()(images(2, SMALL)))
        ledger["outputs"][f"{name} {values}"] = gap
        assert gap <= LARGEST
