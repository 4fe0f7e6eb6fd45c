"""Emitted networks beside those of timm and pytorchcv, with one set of weights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from peer_table import PEERS, Peer
from peers import BESIDE_TORCHVISION, counted, gap
from zoo_oracle import one_thread
from zoo_table import BY_NAME

from netdsl.asked import parse_size

LARGEST = 1e-5  # of the largest output, where that is above 1
LARGE = re.compile(
    r"(pre)?resnet(101|152|200|1001|1202)|resnext101|wide_resnet(101|28|40)|densenet(190|250)"
    r"|alexnet_merged|caffenet|zfnet_big|vgg11_lrn|vgg16_c|fcn(32|16)s"
)
DOCUMENT = Path(__file__).parents[2] / "docs" / "zoo.md"


@pytest.fixture(autouse=True)
def single() -> Iterator[None]:
    with one_thread():
        yield


each = pytest.mark.parametrize(
    "peer",
    [pytest.param(p, marks=pytest.mark.slow if LARGE.match(p.name) else ()) for p in PEERS],
    ids=lambda p: f"{p.name}-{p.model}",
)


@each
def test_same_outputs(peer: Peer) -> None:
    found = gap(peer)
    assert found.difference <= LARGEST * max(1, found.output)


@each
def test_the_table_is_theirs(peer: Peer) -> None:
    """The numbers typed in the table are those of their modules, at the usual input."""
    row, found = BY_NAME[peer.name], counted(peer)
    assert found.parameters == row.used == peer.parameters
    assert found.macs == row.macs
    assert found.output == parse_size(row.output)


def test_the_document_has_every_peer() -> None:
    """docs/zoo.md was written by compare.py: every pair, and our numbers."""
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    rows = [line.strip("| ").split(" | ") for line in lines]
    said = {(row[0].strip("`"), row[1]): row[2:4] for row in rows if len(row) == 6}
    wanted = {
        (p.name, p.model): [f"{p.parameters:,}", f"{BY_NAME[p.name].macs:,}"]
        for p in (*BESIDE_TORCHVISION, *PEERS)
    }
    assert said == wanted
