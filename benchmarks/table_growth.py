"""How the cost of a table grows: networks of 100 to 100,000 layers, compiled and listed.

The networks are of blocks in blocks, as deep ones are: the compiler runs equal uses of a block once, so that
100,000 layers stay within its limit of steps. `flat` ones have no blocks, and go as far as that limit lets
them. What counts is the CPU time of compiling and listing, in one process after a small network has been
listed, so that imports are no part of it. The sizes are measured in turns, each for at least a second: on a
machine with other work a short run finds a quiet moment more easily than a long one. The least mean of all
turns is taken. Time per layer must not grow: that of each size is compared with the least of the smaller
sizes.

    python benchmarks/table_growth.py [--turns 5] [--most 1.5]

The exit status is 1 if the ratio is above `--most` somewhere.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import netdsl

BLOCKS = """
block unit(c) {{
  conv(c, 3x3, padding=1, bias=false) -> bn -> relu
  conv(c, 3x3, padding=1, bias=false) -> bn -> relu
  conv(c, 1x1) -> bn -> relu -> dropout(0.1)
}}
block stage(c) {{ repeat 10 {{ unit(c) }} }}
net Deep {{ input x: 8x16x16
  repeat {stages} {{ stage(8) }}
}}
"""
FLAT = """
net Flat {{ input x: 8x16x16
  repeat {pairs} {{ conv(8, 3x3, padding=1) -> relu }}
}}
"""


def blocks(layers: int) -> str:
    """A network of blocks with so many layers, a multiple of 100."""
    return BLOCKS.format(stages=layers // 100)


def flat(layers: int) -> str:
    """A network without blocks with so many layers."""
    return FLAT.format(pairs=layers // 2)


WINDOW = 1.0  # seconds that a size is measured in a turn, at least
# What is measured: the networks, their sizes, and the tables.
CASES: dict[str, tuple[Callable[[int], str], tuple[int, ...], dict[str, Any]]] = {
    "text": (blocks, (100, 1_000, 10_000, 100_000), {}),
    "text, unfolded": (blocks, (100, 1_000, 10_000, 100_000), {"fold": False}),
    "text, all columns": (blocks, (100, 1_000, 10_000, 100_000), {"columns": "all"}),
    "csv": (blocks, (100, 1_000, 10_000, 100_000), {"format": "csv"}),
    "json, all columns": (blocks, (100, 1_000, 10_000), {"format": "json", "columns": "all"}),
    "flat text": (flat, (100, 1_000, 10_000, 18_000), {}),
    "flat, unfolded": (flat, (100, 1_000, 10_000, 18_000), {"fold": False, "stages": True}),
}


def seconds(text: str, settings: dict[str, Any]) -> float:
    """The CPU time of compiling and listing, the mean of as many runs as take `WINDOW`."""
    found: list[float] = []
    while sum(found) < WINDOW:
        gc.collect()
        before = time.process_time()
        netdsl.loads(text).table(**settings)
        found.append(time.process_time() - before)
    return sum(found) / len(found)


def main() -> int:
    parser = argparse.ArgumentParser(description="How the cost of a table grows with the network.")
    parser.add_argument("--turns", type=int, default=5, help="how often everything is measured")
    parser.add_argument("--most", type=float, default=1.5, help="the ratio that is good enough")
    arguments = parser.parse_args()
    worst = 0.0
    for name, (network, sizes, settings) in CASES.items():
        seconds(network(sizes[0]), settings)
        turns = [
            [seconds(network(size), settings) / size for size in sizes]
            for _ in range(arguments.turns)
        ]
        per_layer = [min(found) for found in zip(*turns)]
        ratio = max(b / min(per_layer[:i]) for i, b in enumerate(per_layer) if i)
        worst = max(worst, ratio)
        shown = "  ".join(f"{n:,}: {1e6 * t:.1f}" for n, t in zip(sizes, per_layer))
        print(f"{name:18} us a layer  {shown}  ratio {ratio:.2f}", flush=True)
    print(f"the largest ratio is {worst:.2f}; at most {arguments.most:g} is wanted")
    return 0 if worst <= arguments.most else 1


if __name__ == "__main__":
    sys.exit(main())
