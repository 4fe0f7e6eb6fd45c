"""The same bytes in every process, whatever order sets have in it and whatever language it speaks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import netdsl

ROOT = Path(netdsl.__file__).parent.parent
PLACES = (("0", "C"), ("4711", "de_DE.UTF-8"))  # seed of hashes, locale
KINDS = {
    "network": ["zoo:googlenet", "zoo:resnet50", "zoo:squeezenet1_1", "zoo:retinanet"],
    "auto": ["zoo:unet", "zoo:faster_rcnn", "zoo:ssd300"],
    "volumes": ["zoo:vgg16"],
    "columns": ["zoo:resnet34"],
    "dense": ["zoo:densenet121"],
    "unravelled": ["zoo:resnet18"],
    "boxes": ["zoo:ssd300"],
    "timeline": ["zoo:alexnet"],
}
CODE = f"""
import hashlib, netdsl, sys
for kind, names in {KINDS!r}.items():
    for name in names:
        net = netdsl.load(name)
        for format in ("svg", "pdf", "tex", "dot", "mermaid", "text"):
            made = net.diagram(format, kind=kind)
            made = made.encode() if isinstance(made, str) else made
            print(kind, name, format, hashlib.sha256(made).hexdigest())
net = netdsl.load("zoo:googlenet")
cell = net.diagram("svg", only=("inception3a",))
print("cell", hashlib.sha256(cell.encode()).hexdigest(), file=sys.stdout)
sys.exit(any(name in sys.modules for name in ("torch", "numpy", "PIL")))
"""


def started(seed: str, language: str) -> subprocess.Popen[str]:
    """A process of its own that draws all of them, on another day in another place."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": language, "TZ": "Asia/Tokyo"}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONOPTIMIZE": "" if seed == "0" else "1"}
    return subprocess.Popen(
        [sys.executable, "-c", CODE],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_every_process_draws_the_same() -> None:
    """A difference is told by kind, network and format."""
    said = []
    for process in [started(*place) for place in PLACES]:
        out, wrong = process.communicate(timeout=120)
        assert process.returncode == 0, wrong
        said.append(out.splitlines())
    assert len(said[0]) == 6 * sum(map(len, KINDS.values())) + 1
    assert said[0] == said[1]


def test_a_process_draws_the_same_again() -> None:
    """Nothing that was drawn before has a part in it: not what was measured, not what was named."""
    lonely, used = netdsl.load("zoo:googlenet"), netdsl.load("zoo:googlenet")
    for settings in ({"level": "net"}, {"fit": "3.25in"}, {"direction": "right"}, {"unroll": True}):
        used.diagram("svg", **settings)
    assert used.diagram("svg") == lonely.diagram("svg")
    assert used.diagram("dot") == lonely.diagram("dot")
