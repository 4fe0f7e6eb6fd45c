"""What a table costs: the whole process of `netdsl compile zoo:resnet152 --to table` against torchinfo.

Both run as processes of their own, in turns, so that what else the machine does hits both: five of netdsl,
one of torchinfo. What counts
is the CPU time of the process (user and system) and its peak of resident memory; of all runs the middle
one is reported. Every program runs once before it is measured, so that Python's compiled files and the
disk's cache are there for both. torch has one thread: more of them only spin.

    python benchmarks/startup.py [--runs 7] [--least 20] [--memory 8]

The exit status is 1 if netdsl is less than `--least` times cheaper, or takes less than `--memory` times
less memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
NETDSL = [sys.executable, "-m", "netdsl", "compile", "zoo:resnet152", "--to", "table"]
TORCHINFO = [
    sys.executable,
    "-c",
    textwrap.dedent(
        f"""
        import sys
        sys.path.insert(0, {str(ROOT / "tests" / "oracles")!r})
        from torchvision_cpu import import_torchvision
        import torch, torchinfo
        torch.set_num_threads(1)
        model = import_torchvision().models.resnet152()
        print(torchinfo.summary(model, (1, 3, 224, 224), depth=4, device="cpu", verbose=0))
        """
    ),
]
PROGRAMS = {"netdsl": NETDSL, "torchinfo": TORCHINFO}
TIMES = {"netdsl": 5, "torchinfo": 1}  # in a turn: what is short is disturbed more easily
TOTAL = "60,192,808"  # what both must say, or something else was measured


def environment() -> dict[str, str]:
    """That of this process, but compiled files are kept, as they are wherever netdsl is installed."""
    found = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    found["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [found.get("PYTHONPATH")])])
    return {**found, "OMP_NUM_THREADS": "1"}


class Cost(NamedTuple):
    seconds: float  # of CPU
    megabytes: float  # resident, at the peak


def cost(command: list[str]) -> Cost:
    """The cost of one process."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=out, stderr=errors, env=environment())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (out, errors):
            file.seek(0)
        said, complaints = out.read().decode(), errors.read().decode()
    if process.returncode or TOTAL not in said:
        sys.exit(f"{' '.join(command[:4])} ... failed:\n{complaints or said[-500:]}")
    kilo = 1024 if sys.platform == "darwin" else 1  # there the peak is in bytes
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / kilo / 1024)


def measure(runs: int) -> dict[str, list[Cost]]:
    """The costs of every program, in turns."""
    for command in PROGRAMS.values():
        cost(command)
    costs: dict[str, list[Cost]] = {name: [] for name in PROGRAMS}
    for _ in range(runs):
        for name, command in PROGRAMS.items():
            costs[name] += [cost(command) for _ in range(TIMES[name])]
    return costs


def main() -> int:
    parser = argparse.ArgumentParser(description="What a table costs, against torchinfo's.")
    parser.add_argument("--runs", type=int, default=7, help="how many turns there are")
    parser.add_argument("--least", type=float, default=20, help="the ratio of CPU time wanted")
    parser.add_argument("--memory", type=float, default=8, help="the ratio of memory wanted")
    arguments = parser.parse_args()
    costs = measure(arguments.runs)
    times = {name: statistics.median(c.seconds for c in found) for name, found in costs.items()}
    peaks = {name: statistics.median(c.megabytes for c in found) for name, found in costs.items()}
    for name, found in costs.items():
        spread = f"{min(found).seconds:.3f} to {max(found).seconds:.3f}, {len(found)} runs"
        print(f"{name:10} {times[name]:7.3f} s of CPU ({spread}), {peaks[name]:6.1f} MB")
    faster = times["torchinfo"] / times["netdsl"]
    smaller = peaks["torchinfo"] / peaks["netdsl"]
    print(f"torchinfo costs {faster:.1f} times as much; at least {arguments.least:g} is wanted")
    print(f"and {smaller:.1f} times as much memory; at least {arguments.memory:g} is wanted")
    return 0 if faster >= arguments.least and smaller >= arguments.memory else 1


if __name__ == "__main__":
    sys.exit(main())
