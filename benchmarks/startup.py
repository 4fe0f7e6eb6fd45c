"""What a table costs: the whole process of `netdsl compile zoo:resnet152 --to table` against torchinfo.

Both run as processes of their own, in turns, so that what else the machine does hits both. What counts
is the CPU time of the process (user and system); of all runs the middle one is reported. Every program
runs once before it is measured, so that Python's compiled files and the disk's cache are there for both.
torch has one thread: more of them only spin.

    python benchmarks/startup.py [--runs 7] [--least 20]

The exit status is 1 if netdsl is less than `--least` times cheaper.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import textwrap
from pathlib import Path

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
TOTAL = "60,192,808"  # what both must say, or something else was measured


def environment() -> dict[str, str]:
    """That of this process, but compiled files are kept, as they are wherever netdsl is installed."""
    found = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
    found["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [found.get("PYTHONPATH")])])
    return {**found, "OMP_NUM_THREADS": "1"}


def cpu_time(command: list[str]) -> float:
    """The CPU time of one process, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(
        command, check=False, capture_output=True, text=True, encoding="utf-8", env=environment()
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode or TOTAL not in run.stdout:
        sys.exit(f"{' '.join(command[:4])} ... failed:\n{run.stderr or run.stdout[-500:]}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(runs: int) -> dict[str, list[float]]:
    """The CPU times of every program, in turns."""
    for command in PROGRAMS.values():
        cpu_time(command)
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(runs):
        for name, command in PROGRAMS.items():
            times[name].append(cpu_time(command))
    return times


def main() -> int:
    parser = argparse.ArgumentParser(description="The CPU time of a table, against torchinfo's.")
    parser.add_argument("--runs", type=int, default=7, help="how often each program runs")
    parser.add_argument("--least", type=float, default=20, help="the ratio that is good enough")
    arguments = parser.parse_args()
    times = measure(arguments.runs)
    middle = {name: statistics.median(found) for name, found in times.items()}
    for name, found in times.items():
        spread = f"{min(found):.3f} to {max(found):.3f}"
        print(f"{name:10} {middle[name]:7.3f} s of CPU ({spread}, {len(found)} runs)")
    ratio = middle["torchinfo"] / middle["netdsl"]
    print(f"torchinfo costs {ratio:.1f} times as much; at least {arguments.least:g} is wanted")
    return 0 if ratio >= arguments.least else 1


if __name__ == "__main__":
    sys.exit(main())
