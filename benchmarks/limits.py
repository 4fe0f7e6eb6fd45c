"""What hostile texts cost: bombs against 0.5 s and 150 MB, and how time grows with the length of a text.

    python benchmarks/limits.py bombs          # the corpus of tests/attacks/bombs, one process each
    python benchmarks/limits.py growth         # every shape at 16, 32, ... 256 KiB, the best of three turns
    python benchmarks/limits.py growth slips labels --turns 5

Seconds are of the processor, without the start of Python and the import of netdsl; memory is the peak above
what was there before. "scaled" seconds are of a machine on which a million rounds of a loop take 45 ms
(tests/attacks/bombs/measure.py): build machines are throttled, by a factor that changes while they work.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent.parent / "tests" / "attacks" / "bombs"
SECONDS, MEGABYTES, RATIO = 0.5, 150.0, 2.5
SIZES = (16, 32, 64, 128, 256)
NO_TIME = 0.02  # seconds below which a ratio is that of two noises


def _measured(*arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(CORPUS / "measure.py"), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def bombs(names: list[str]) -> bool:
    from bomb_texts import BOMBS  # pyright: ignore[reportMissingImports]

    print(f"{'bomb':30} {'bytes':>8} {'CPU s':>7} {'scaled':>7} {'MB':>7}  said")
    bad = 0
    for name in names or BOMBS:
        (one,) = _measured("bombs", name)
        scaled = one["seconds"] / one["machine"]
        right = bool(set(one["codes"]) & set(BOMBS[name].codes))
        fine = right and scaled <= SECONDS and one["megabytes"] <= MEGABYTES
        bad += not fine
        print(
            f"{name:30} {one['size']:8,} {one['seconds']:7.3f} {scaled:7.3f} "
            f"{one['megabytes']:7.1f}  {' '.join(one['codes'][:4])}{'' if fine else '   <--'}",
            flush=True,
        )
    print(f"{len(names or BOMBS)} bombs, {bad} above {SECONDS} scaled s or {MEGABYTES:g} MB")
    return bad == 0


def growth(names: list[str], turns: int) -> bool:
    from bomb_texts import SHAPES  # pyright: ignore[reportMissingImports]

    heads = " ".join(f"{size:>4} KiB" for size in SIZES)
    print(f"{'shape':22} {heads}   time(2n) / time(n)")
    bad = 0
    for name in names or SHAPES:
        (one,) = _measured("shapes", str(turns), ",".join(map(str, SIZES)), name)
        times = one["seconds"]
        ratios = [b / a if b > NO_TIME else None for a, b in itertools.pairwise(times)]
        worst = max((r for r in ratios if r is not None), default=0.0)
        bad += worst > RATIO
        shown = " ".join("    -" if r is None else f"{r:5.2f}" for r in ratios)
        print(
            f"{name:22} {' '.join(f'{t:8.3f}' for t in times)}   {shown}"
            f"{'   <--' if worst > RATIO else ''}",
            flush=True,
        )
    print(f"{len(names or SHAPES)} shapes, {bad} with a ratio above {RATIO}")
    return bad == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("what", choices=("bombs", "growth"))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    sys.path.insert(0, str(CORPUS))
    fine = bombs(given.names) if given.what == "bombs" else growth(given.names, given.turns)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
