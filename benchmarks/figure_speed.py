"""What figures cost, in the time of starting Python: ResNet-152's SVG, 20,000 boxes, and networks nobody would draw.

All times are CPU times (user and system). Starts of Python and drawings take turns, so that what else the machine
does hits both; of all runs the middle one is reported. The figure of 20,000 boxes is laid out as one column and
written as SVG. Hostile programs are those of the tests, at their large sizes; each is drawn once.

    python benchmarks/figure_speed.py [--runs 9] [--no-hostile]

The exit status is 1 if torch was imported, or a hostile program's figure takes more than 15 seconds.
"""

from __future__ import annotations

import argparse
import gc
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "backends" / "diagram" / "layout")]

import hostile

import netdsl
from netdsl.__main__ import OBJECTS
from netdsl.backends.diagram.drawing import draw
from netdsl.backends.diagram.figure import Child, Edge, Figure, Node
from netdsl.backends.diagram.formats.svg import svg
from netdsl.backends.diagram.layout.brush import Brush
from netdsl.backends.diagram.layout.build import build
from netdsl.backends.diagram.layout.columns import Columns
from netdsl.backends.diagram.layout.fit import measure
from netdsl.backends.diagram.layout.style import LONG
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.scene.themes import named
from netdsl.backends.diagram.settings import Settings

BOXES = 20_000
MOST = 15.0  # seconds for a hostile program
PAGE = Settings(width=6.9 * 72, height=9.4 * 72)


def start() -> float:
    """The CPU time of starting Python."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def residual() -> float:
    """The figure of ResNet-152 and its SVG, from the compiled network."""
    design = netdsl.load("zoo:resnet152").design
    begun = time.process_time()
    scene, _ = draw(design, PAGE)
    text = svg(scene, named("light"))
    taken = time.process_time() - begun
    assert text.count("<rect") > 20
    return taken


def boxes() -> float:
    """A chain of 20,000 boxes that all differ, none of them folded."""
    nodes: list[Child] = [Node(f"n{i}", "conv", (f"3x3 conv, {i}",)) for i in range(BOXES)]
    figure = Figure("chain", nodes, [Edge(f"n{i}", f"n{i + 1}") for i in range(BOXES - 1)])
    begun = time.process_time()
    chain, scene = build(figure), Scene("chain")
    measure(chain, LONG)
    Columns(chain, [], LONG).place(Brush(scene, LONG))
    scene.crop()
    text = svg(scene, named("light"))
    taken = time.process_time() - begun
    assert text.count("<rect") >= BOXES
    return taken


def shown(name: str, taken: float, unit: float) -> str:
    return f"{name:34} {taken:7.3f} s   {taken / unit:7.1f} starts of Python"


def main() -> int:
    options = argparse.ArgumentParser(description="What figures cost.")
    options.add_argument("--runs", type=int, default=9)
    options.add_argument("--no-hostile", action="store_true")
    asked = options.parse_args()
    gc.set_threshold(OBJECTS)  # as the command does
    residual()  # what is imported and read once
    times: dict[str, list[float]] = {"python -c pass": [], "resnet152": [], "boxes": []}
    for run in range(asked.runs):
        times["python -c pass"].append(start())
        times["resnet152"].append(residual())
        if run % 3 == 0:
            times["boxes"].append(boxes())
    middle = {name: statistics.median(found) for name, found in times.items()}
    unit = middle["python -c pass"]
    print(shown("python -c pass", unit, unit))
    print(shown("ResNet-152: figure and SVG", middle["resnet152"], unit))
    print(shown(f"{BOXES:,} boxes: layout and SVG", middle["boxes"], unit))
    slow = []
    for make, (_, size) in () if asked.no_hostile else hostile.PROGRAMS.items():
        design = netdsl.loads(make(size)).design
        begun = time.process_time()
        scene, _ = draw(design, PAGE)
        svg(scene, named("light"))
        taken = time.process_time() - begun
        print(shown(f"{make.__name__} of {size:,}", taken, unit))
        slow += [make.__name__] * (taken > MOST)
    if slow:
        print(f"more than {MOST:.0f} s: {', '.join(slow)}")
    if "torch" in sys.modules:
        print("torch was imported")
    return 1 if slow or "torch" in sys.modules else 0


if __name__ == "__main__":
    sys.exit(main())
