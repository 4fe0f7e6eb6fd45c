"""A table is cheap: what its process imports. (benchmarks/startup.py measures what it costs.)"""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "numpy", "torchvision", "lark", "rich", "graphviz", "pygraphviz")


def imported(program: str) -> set[str]:
    """The packages that a Python program has imported when it ends."""
    tail = "\nimport sys\nprint('\\n' + ' '.join({m.partition('.')[0] for m in sys.modules}))"
    run = subprocess.run(
        [sys.executable, "-c", program + tail], capture_output=True, text=True, check=True
    )
    return set(run.stdout.splitlines()[-1].split())


def test_nothing_heavy_for_a_text() -> None:
    found = imported("import netdsl; print(netdsl.load('zoo:resnet152').table())")
    assert "netdsl" in found
    assert not found & {*HEAVY, "jinja2"}


def test_torch_for_no_format() -> None:
    found = imported(
        "import netdsl\nnet = netdsl.load('zoo:googlenet')\n"
        "for format in ('text', 'markdown', 'csv', 'json', 'latex'): assert net.table(format)"
    )
    assert "jinja2" in found  # the latex page: what is imported is seen
    assert not found & {"torch", "numpy", "torchvision"}


def test_command_line() -> None:
    found = imported(
        "from netdsl.cli import main\n"
        "main(['compile', 'zoo:resnet152', '--to', 'table'], standalone_mode=False)"
    )
    assert "click" in found
    assert not found & {*HEAVY, "jinja2"}
