"""Networks whose tables are compared with live modules, and how a live module is asked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import netdsl
from netdsl.backends.table.data import nested
from netdsl.backends.table.model import Row
from netdsl.backends.table.rows import rows_of
from netdsl.network import Network

GOLDENS = Path(__file__).parent / "goldens"

TEXTS = {
    "plain": "net N { input x: 3x24x24\n conv(8, 3x3) -> bn -> relu -> maxpool(2x2) -> flatten -> linear(5) }",
    "merges": """
        block unit(c, k=1x1) { conv: conv(c, k, padding="same", bias=false) -> bn -> relu }
        net N { input x: 3x20x20
          conv(16, 3x3, stride=2)
          concat { | unit(8) | unit(4) -> unit(8, 3x3) | maxpool(3x3, stride=1, padding=1) -> unit(6) }
          repeat 3 { cell(22) }
          sum: add { | conv(8, 3x3, padding=1) -> bn | unit(8) | conv(8, 1x1, groups=2) }
          mul { | x1: unit(8) | x2: unit(8) }
          conv_transpose(4, 2x2, stride=2) -> prelu -> groupnorm(2)
        }
        block cell(c) { residual { unit(4) -> unit(c) } -> relu }""",
    "dense": """
        block layer(growth) { norm: bn -> relu -> conv: conv(growth, 3x3, padding=1, bias=false) }
        net N { input x: 3x16x16
          stem: conv(8, 3x3, padding=1)
          features: dense(4) { layer: layer(4) }
          bn(affine=false) -> frozen_bn -> relu -> flatten -> linear(3) }""",
    "shared": """
        block head(t, c) { t -> conv(c, 1x1) }
        net N { input x: 3x16x16
          module tower = { conv(3, 3x3, padding=1) -> bn -> relu }
          module mix = conv(3, 1x1)
          tower -> tower -> mix
          body: { conv(3, 3x3, stride=2) -> tower -> mix }
          head(tower, 4)
        }""",
    "aux": """
        net N { input x: 3x32x32
          features: { repeat 2 { conv(8, 3x3) -> relu } }
          aux side(weight=0.3) { adaptive_avgpool(2x2) -> flatten -> linear(7) }
          aux last = conv(4, 1x1)
          global_avgpool -> flatten -> fc: linear(7) }""",
}
ZOO = ("resnet50", "googlenet", "densenet121", "mobilenet_v2", "unet")
GOLDEN_SIZES = {"gates": {"right": "3x16x16"}, "stages": None}
NAMES = (*TEXTS, *GOLDEN_SIZES, *(f"zoo:{name}" for name in ZOO))


@cache
def network(name: str) -> Network:
    if name in TEXTS:
        return netdsl.loads(TEXTS[name])
    if name in GOLDEN_SIZES:
        return netdsl.load(GOLDENS / f"{name}.net", input=GOLDEN_SIZES[name])
    return netdsl.load(name)


def every_row(net: Network, fold: bool = False) -> Iterator[tuple[int, Row]]:
    """Every row with its depth."""
    return nested(rows_of(net.design, fold))


@cache
def live(name: str) -> nn.Module:
    """The live module where it costs nothing."""
    with torch.device("meta"):
        return network(name).module().eval()


def inputs(net: Network) -> list[Tensor]:
    return [torch.zeros(1, *shape, device="meta") for shape in net.input_shapes.values()]


def prefixed(named: Iterator[tuple[str, Tensor]], key: str) -> int:
    """The numbers of all tensors at a path."""
    return sum(t.numel() for n, t in named if n == key or n.startswith(f"{key}."))


@cache
def macs_by_module(name: str) -> tuple[int, dict[str, int]]:
    """Multiply-adds as torch counts them: of the network, and below every path."""
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        live(name)(*inputs(network(name)))
    root = type(live(name)).__name__
    counts = {
        path.removeprefix(f"{root}."): sum(flops.values()) // 2
        for path, flops in counter.get_flop_counts().items()
    }
    return counter.get_total_flops() // 2, counts


def output_shapes(name: str) -> dict[str, tuple[int, ...]]:
    """What the module at every path gave last, without the batch."""
    shapes: dict[str, tuple[int, ...]] = {}

    def record(path: str) -> Any:
        def hook(_: nn.Module, __: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                shapes[path] = tuple(output.shape[1:])

        return hook

    hooks = [m.register_forward_hook(record(path)) for path, m in live(name).named_modules()]
    with torch.no_grad():
        live(name)(*inputs(network(name)))
    for hook in hooks:
        hook.remove()
    return shapes
