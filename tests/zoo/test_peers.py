"""Emitted networks beside those of timm and pytorchcv, with one set of weights."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from peers import Peer, by_name, in_order, made
from torch.utils.flop_counter import FlopCounterMode
from zoo_oracle import difference, images, one_thread
from zoo_table import BY_NAME

import netdsl
from netdsl.network import parse_size

LARGEST = 1e-5  # of the largest output, where that is above 1
LARGE = ("alexnet_merged", "caffenet", "zfnet_big", "vgg11_lrn", "vgg16_c", "fcn32s", "fcn16s")
BEFORE_POOLING = (("norm", "lrn(alpha=2e-5)"), ("pooled_norm", "identity"))

PEERS: tuple[Peer, ...] = (
    Peer("densenet121", "timm:densenet121", 7_978_856, "3x64x64"),
    Peer("alexnet_two_gpu", "composed:alexnet_two_gpu", 60_965_224, "3x227x227"),
    Peer("alexnet_merged", "composed:alexnet_merged", 62_378_344, "3x227x227"),
    # Their LRN divides by five, and they pad no image of 224x224 but round up where they pool.
    Peer(
        "alexnet_merged",
        "pytorchcv:alexnet",
        62_378_344,
        "3x227x227",
        values=(("norm", "lrn(alpha=2e-5)"),),
    ),
    Peer("caffenet", "composed:caffenet", 60_965_224, "3x227x227"),
    Peer("zfnet", "composed:zfnet", 62_357_608, "3x224x224"),
    Peer("zfnet", "pytorchcv:zfnet", 62_357_608, "3x224x224", values=BEFORE_POOLING),
    Peer("zfnet_big", "pytorchcv:zfnetb", 107_627_624, "3x224x224", values=BEFORE_POOLING),
    Peer("nin", "composed:nin", 7_595_176, "3x64x64"),
    Peer("nin_cifar", "pytorchcv:nin_cifar10", 966_986, "3x32x32"),
    Peer("vgg11_lrn", "composed:vgg11_lrn", 132_863_336, "3x32x32"),
    Peer("vgg16_c", "composed:vgg16_c", 133_638_952, "3x32x32"),
    Peer("inception_naive", "composed:inception_naive", 387_296, "192x8x8"),
    Peer("bn_inception", "pytorchcv:bninception", 11_295_240, "3x224x224"),
    Peer("inception_v2", "composed:inception_v2", 25_954_248, "3x75x75"),
    Peer("inception_v4", "timm:inception_v4", 42_679_816, "3x75x75", named=True),
    Peer("inception_v4", "pytorchcv:inceptionv4", 42_679_816, "3x299x299"),
    Peer("inception_resnet_v1", "pytorchcv:inceptionresnetv1", 23_995_624, "3x299x299"),
    Peer("inception_resnet_v2", "timm:inception_resnet_v2", 55_843_464, "3x75x75", named=True),
    Peer(
        "inception_resnet_v2_paper",
        "composed:inception_resnet_v2_paper",
        32_433_928,
        "3x75x75",
    ),
    Peer("fcn32s", "composed:fcn32s", 136_152_917, "3x32x32"),
    Peer("fcn16s", "composed:fcn16s", 134_815_994, "3x32x32"),
    Peer("fcn8s", "composed:fcn8s", 134_489_759, "3x32x47"),
)


@pytest.fixture(autouse=True)
def single() -> Iterator[None]:
    with one_thread():
        yield


each = pytest.mark.parametrize(
    "peer",
    [pytest.param(p, marks=pytest.mark.slow if p.name in LARGE else ()) for p in PEERS],
    ids=lambda p: f"{p.name}-{p.model}",
)


@each
def test_same_outputs(peer: Peer) -> None:
    net = netdsl.load(f"zoo:{peer.name}", input=peer.input, **dict(peer.values))
    with torch.device("meta"):
        our = net.module()
    their = made(peer.model)
    (by_name if peer.named else in_order)(their, our)
    x = images(2, peer.input)
    with torch.no_grad():
        found, wanted = our.eval()(x), their.eval()(x)
    assert difference(found, wanted) <= LARGEST * max(1, float(wanted.abs().max()))


@each
def test_the_table_is_theirs(peer: Peer) -> None:
    """The numbers typed in the table are those of their modules, at the usual input."""
    row, their = BY_NAME[peer.name], made(peer.model).eval()
    assert sum(p.numel() for p in their.parameters()) == row.used == peer.parameters
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        result = their(images(1, row.input).to("meta"))
    assert tuple(result.shape) == (1, *parse_size(row.output))
    assert counter.get_total_flops() == 2 * row.macs
