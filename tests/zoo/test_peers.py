"""Emitted networks beside those of timm and pytorchcv, with one set of weights."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from peers import Peer, in_order, made
from zoo_oracle import difference, images, network, one_thread, ours

LARGEST = 1e-5

PEERS: tuple[Peer, ...] = (Peer("densenet121", "timm:densenet121", 7_978_856, "3x64x64"),)


@pytest.fixture(autouse=True)
def single() -> Iterator[None]:
    with one_thread():
        yield


@pytest.mark.parametrize("peer", PEERS, ids=lambda p: f"{p.name}-{p.model}")
def test_same_outputs(peer: Peer) -> None:
    assert network(peer.name).parameters_used == peer.parameters
    their, our = made(peer.model), ours(peer.name, peer.input)
    in_order(their, our)
    x = images(2, peer.input)
    with torch.no_grad():
        assert difference(our.eval()(x), their.eval()(x)) <= LARGEST
