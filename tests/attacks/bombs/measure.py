"""What bombs and long texts cost, in a process of their own: `python measure.py bombs [NAME...]` prints a
line of JSON a bomb, `python measure.py shapes TURNS KIB,KIB,... [NAME...]` one a shape.

Seconds are of the processor. `machine` is how many times slower this machine is at that moment than one on
which a million rounds of a loop take 45 ms (a desktop of 2020): a throttled one is measured with the same
stick. Memory is the peak of the process above where it was before, on Linux.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bomb_texts import BOMBS, SHAPES, Bomb

from netdsl.compiler import Compilation
from netdsl.diagnostics import NetError
from netdsl.elaborate.program import read_main
from netdsl.source import Source

STICK = 0.045  # seconds for a million rounds
ROUNDS = 200_000
WINDOW = 0.5  # seconds that a size is measured in a turn, at least


def machine() -> float:
    """How many times slower than the stick this machine is now."""
    started = time.process_time()
    total = 0
    for i in range(ROUNDS):
        total += i & 3
    return (time.process_time() - started) / (STICK * ROUNDS / 1e6)


def peak() -> float:
    """The most memory so far, in MB (10**6 bytes); 0 where that cannot be told."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next(float(x.split()[1]) * 1024 / 1e6 for x in lines if x.startswith("VmHWM"))


def forget_peak() -> None:
    gc.collect()
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def check(path: Path) -> list[str]:
    """The codes of what is said about a file."""
    try:
        text, real = read_main(path)
    except NetError as error:
        return [d.code for d in error.diagnostics]
    found = Compilation(Source(path.name, text), real, path.parent).check()
    return [d.code for d in found]


def measured(bomb: Bomb) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in bomb.files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        first = Path(folder) / next(iter(bomb.files))
        forget_peak()
        slow, before = machine(), peak()
        started = time.process_time()
        codes = check(first)
        seconds = time.process_time() - started
        slow = (slow + machine()) / 2
        return {
            "seconds": seconds,
            "machine": slow,
            "megabytes": peak() - before,
            "codes": sorted(set(codes)),
            "size": sum(map(len, bomb.files.values())),
        }


def growth(shape: Any, turns: int, sizes: list[int]) -> list[float]:
    """Seconds of the processor for each size in KiB. The sizes are measured in turns, each for as long (a short
    run finds a quiet moment more easily than a long one); the best mean of all turns counts."""
    texts = [shape(size * 1024)[: 256 * 1024] for size in sizes]
    best = [float("inf")] * len(texts)
    for _ in range(turns):
        for i, text in enumerate(texts):
            found: list[float] = []
            while sum(found) < WINDOW:
                gc.collect()
                gc.freeze()  # what is there already is not searched again and again
                started = time.process_time()
                Compilation(Source("long.net", text)).check()
                found.append(time.process_time() - started)
                gc.unfreeze()
            best[i] = min(best[i], sum(found) / len(found))
    return best


def main() -> None:
    Compilation(Source("a.net", "net A { input a: 3x8x8\n conv(3, 1x1) -> relu }")).check()
    Compilation(Source("a.net", "net A { input a: 3x8x8\n cnov(3, 1x1) }")).check()
    what, *rest = sys.argv[1:]
    if what == "bombs":
        for name in rest or BOMBS:
            print(json.dumps({"name": name, **measured(BOMBS[name])}), flush=True)
        return
    turns, sizes, *names = rest
    for name in names or SHAPES:
        seconds = growth(SHAPES[name], int(turns), [int(s) for s in sizes.split(",")])
        print(json.dumps({"name": name, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
