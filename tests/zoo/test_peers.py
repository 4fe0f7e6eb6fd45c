"""Emitted networks beside those of timm and pytorchcv, with one set of weights."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import torch
from peers import Peer, in_order, made, settle
from torch.utils.flop_counter import FlopCounterMode
from zoo_oracle import difference, images, network, one_thread, ours
from zoo_table import BY_NAME

from netdsl.network import parse_size

LARGEST = 1e-5
LARGE = re.compile(
    r"(pre)?resnet(101|152|200|1001|1202)|resnext101|wide_resnet(101|28|40)|densenet(190|250)"
)

PEERS: tuple[Peer, ...] = (
    Peer("densenet121", "timm:densenet121", 7_978_856, "3x64x64"),
    Peer("resnet200", "timm:resnet200", 64_673_832, "3x64x64"),
    Peer("resnext50_32x4d", "timm:resnext50_32x4d", 25_028_904, "3x64x64"),
    Peer("resnext101_32x4d", "timm:resnext101_32x4d", 44_177_704, "3x64x64"),
    Peer("resnext101_32x4d", "pytorchcv:resnext101_32x4d", 44_177_704, "3x224x224"),
    Peer("resnext101_64x4d", "timm:resnext101_64x4d", 83_455_272, "3x64x64"),
    Peer("wide_resnet101_2", "timm:wide_resnet101_2", 126_886_696, "3x64x64"),
    Peer("resnet50_v1", "pytorchcv:resnet50", 25_557_032, "3x224x224"),
    Peer("resnet101_v1", "pytorchcv:resnet101", 44_549_160, "3x224x224"),
    Peer("resnet152_v1", "pytorchcv:resnet152", 60_192_808, "3x224x224"),
    Peer("resnet34_b", "timm:resnet34", 21_797_672, "3x64x64"),
    Peer("resnet20_cifar_b", "pytorchcv:resnet20_cifar10", 272_474, "3x32x32"),
    Peer("resnet56_cifar_b", "pytorchcv:resnet56_cifar10", 855_770, "3x32x32"),
    Peer("resnet110_cifar_b", "pytorchcv:resnet110_cifar10", 1_730_714, "3x32x32"),
    Peer("resnet1202_cifar_b", "pytorchcv:resnet1202_cifar10", 19_424_026, "3x32x32"),
    Peer("preresnet50", "pytorchcv:preresnet50b", 25_549_480, "3x224x224"),
    Peer("preresnet101", "pytorchcv:preresnet101b", 44_541_608, "3x224x224"),
    Peer("preresnet152", "pytorchcv:preresnet152b", 60_185_256, "3x224x224"),
    Peer("preresnet200", "pytorchcv:preresnet200b", 64_666_280, "3x224x224"),
    Peer("preresnet110_cifar", "pytorchcv:preresnet110_cifar10", 1_730_522, "3x32x32"),
    Peer("preresnet164_cifar", "pytorchcv:preresnet164bn_cifar10", 1_703_258, "3x32x32"),
    Peer("preresnet1001_cifar", "pytorchcv:preresnet1001_cifar10", 10_327_706, "3x32x32"),
    Peer("wide_resnet16_10_cifar", "pytorchcv:wrn16_10_cifar10", 17_116_634, "3x32x32"),
    Peer("wide_resnet28_10_cifar", "pytorchcv:wrn28_10_cifar10", 36_479_194, "3x32x32"),
    Peer("wide_resnet40_8_cifar", "pytorchcv:wrn40_8_cifar10", 35_748_314, "3x32x32"),
    Peer("densenet40_k12_cifar", "pytorchcv:densenet40_k12_cifar10", 599_050, "3x32x32"),
    Peer("densenet100_k12_cifar", "pytorchcv:densenet100_k12_cifar10", 4_068_490, "3x32x32"),
    Peer("densenet40_k12_bc_cifar", "pytorchcv:densenet40_k12_bc_cifar10", 176_122, "3x32x32"),
    Peer("densenet100_k12_bc_cifar", "pytorchcv:densenet100_k12_bc_cifar10", 769_162, "3x32x32"),
    Peer("densenet190_k40_bc_cifar", "pytorchcv:densenet190_k40_bc_cifar10", 25_624_430, "3x32x32"),
    Peer("densenet250_k24_bc_cifar", "pytorchcv:densenet250_k24_bc_cifar10", 15_324_406, "3x32x32"),
)


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
    assert network(peer.name).parameters_used == peer.parameters
    their, our = made(peer.model), ours(peer.name, peer.input)
    in_order(their, our)
    x = images(2, peer.input)
    settle(their, x)
    with torch.no_grad():
        assert difference(our.eval()(x), their.eval()(x)) <= LARGEST


@each
def test_the_table_is_theirs(peer: Peer) -> None:
    """The numbers typed in the table are those of their modules, at the usual input."""
    row, their = BY_NAME[peer.name], made(peer.model).eval()
    assert sum(p.numel() for p in their.parameters()) == row.used
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        result = their(images(1, row.input).to("meta"))
    assert tuple(result.shape) == (1, *parse_size(row.output))
    assert counter.get_total_flops() == 2 * row.macs
