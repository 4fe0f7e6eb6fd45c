"""Many random programs against torch: `python tests/random/sweep.py --start 1 --programs 10000`.

Prints what was checked how often, a census of layers and constructs, and every program that fails;
with `--short` made as short as it still fails. Ends with status 1 if one failed, or if a layer or a
construct is in less than one in a hundred of at least a thousand programs.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import torch
from drawing.programs import Program
from oracle import ALL, EVERY, Case, judged
from shrinking import shrunk
from strategies import program_of
from wanted import EVERYWHERE, WANTED

ENOUGH = 1000  # programs of which a census tells


class Sweep:
    """What is found in many programs."""

    def __init__(self, every: dict[str, int]) -> None:
        self.every = every
        self.programs = 0
        self.census: Counter[str] = Counter()
        self.checks: Counter[str] = Counter()
        self.failures: list[tuple[int, str, str]] = []

    def take(self, seed: int) -> None:
        """Draw and check one program."""
        drawn = program_of(seed)
        number = self.programs
        self.programs += 1
        try:
            case = Case(drawn)
            self.census.update(case.constructs.keys())
            self.checks.update(judged(case, number, self.every))
        except Exception as error:  # noqa: BLE001
            self.failures.append((seed, said(error), drawn.text))

    @property
    def rare(self) -> dict[str, int]:
        """What is in too few of the programs."""
        least = EVERYWHERE * self.programs
        return {name: self.census[name] for name in WANTED if self.census[name] < least}

    def report(self) -> str:
        lines = [f"{self.programs} programs, {len(self.failures)} fail"]
        lines += [f"  {number:>9,}  {check}" for check, number in sorted(self.checks.items())]
        lines.append("census (programs that have it):")
        shares = sorted((self.census[name], name) for name in WANTED)
        lines += [f"  {n:>7,} {n / max(1, self.programs):7.2%}  {name}" for n, name in shares]
        return "\n".join(lines)


def said(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} ({Path(last.filename).name}:{last.lineno}): {error}"


def short(drawn: Program) -> str:
    """The shortest text found that fails as a program does."""

    def failure(text: str) -> str:
        try:
            judged(Case(Program(text, drawn.net, drawn.detects)))
        except Exception as error:  # noqa: BLE001
            last = traceback.extract_tb(error.__traceback__)[-1]
            code = getattr(error, "diagnostics", [None])[0]
            return (
                f"{type(error).__name__} {last.filename}:{last.lineno} {getattr(code, 'code', '')}"
            )
        return ""

    wanted = failure(drawn.text)
    return shrunk(drawn.text, lambda text: failure(text) == wanted)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=int, default=1, help="the first seed")
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--all", action="store_true", help="make every check of every program")
    parser.add_argument("--short", action="store_true", help="make what fails short")
    given = parser.parse_args()
    torch.set_num_threads(1)
    sweep, begun = Sweep(ALL if given.all else EVERY), time.process_time()
    for seed in range(given.start, given.start + given.programs):
        failed = len(sweep.failures)
        sweep.take(seed)
        for number, why, text in sweep.failures[failed:]:
            shown = short(program_of(number)) if given.short else text
            print(f"seed {number}: {why}\n{shown if given.short else ''}", flush=True)
        if sweep.programs % 100 == 0:
            print(f"... {sweep.programs} programs, {len(sweep.failures)} fail", flush=True)
    print(sweep.report())
    seconds = (time.process_time() - begun) / max(1, given.programs)
    print(f"{seconds * 1000:.0f} ms of processor time each")
    rare = sweep.rare if given.programs >= ENOUGH else {}
    if rare:
        print(f"in less than {EVERYWHERE:.0%}: {rare}")
    return int(bool(sweep.failures or rare))


if __name__ == "__main__":
    sys.exit(main())
