"""The loss with side outputs (V51): main + 0.3 each, in training only; passes leave the weights alone."""

from __future__ import annotations

import pytest
import torch

import netdsl


@pytest.mark.parametrize("name", ["googlenet", "googlenet_bn"])
def test_weights_of_side_outputs(name: str) -> None:
    net = netdsl.load(f"zoo:{name}")
    model = net.module()
    weights = model.aux_weights
    losses = {"output": 2.0, "aux1": 3.0, "aux2": 4.0}
    assert isinstance(weights, dict)
    total = sum(weights.get(output, 1.0) * loss for output, loss in losses.items())
    assert total == pytest.approx(4.1, abs=1e-9)
    x = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        assert model.train()(x)._fields == tuple(losses)
        assert model.eval()(x).shape == (2, 1000)
    assert net.convolutional().module().aux_weights == weights
