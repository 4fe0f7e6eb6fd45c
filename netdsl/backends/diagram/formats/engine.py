"""DOT -> SVG, PDF, PNG by Graphviz itself, for those who ask for it: netdsl's own figures need none.

The `graphviz` package calls the `dot` program; where there is none, pygraphviz does it, whose wheels carry
Graphviz. Both run in a process of their own under a time limit: a layout can take hours, and a library that
does would take its caller along. The clock never chooses anything but to stop.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from typing import Literal

from netdsl.diagnostics import Diagnostic, NetError

SECONDS = 120.0
RESOLUTION = 192  # dots an inch of a PNG: twice those of a screen
INSTALL = (
    "install Graphviz (https://graphviz.org/download/) so that `dot` can be called, or "
    '`pip install "netdsl[diagram]"`, which brings it along; without `--engine` netdsl draws by itself'
)
OTHERWISE = (
    "`--format dot` writes the graph without drawing it; without `--engine` netdsl draws by itself"
)

# What the children do: a graph comes and a figure goes by the standard streams. The arguments are format
# and engine; "neato" keeps the positions of nodes and the lines of edges that the graph has.
_BY_PROGRAM = """
import subprocess, sys
import graphviz
source = graphviz.Source(sys.stdin.buffer.read().decode("utf-8"))
kept = 2 if sys.argv[2] == "neato" else None
try:
    figure = source.pipe(sys.argv[1], engine=sys.argv[2], neato_no_op=kept, quiet=True)
except subprocess.CalledProcessError as error:
    said = (error.stderr or b"").decode("utf-8", "replace").strip()
    died = f"it crashed (signal {-error.returncode})" if error.returncode < 0 else ""
    sys.exit(died or said or f"exit status {error.returncode}")
sys.stdout.buffer.write(figure)
"""
_BY_LIBRARY = """
import sys
import pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode("utf-8"))
engine = "nop2" if sys.argv[2] == "neato" else sys.argv[2]  # what `neato -n2` is called in there
figure = graph.draw(format=sys.argv[1], prog=engine)
sys.stdout.buffer.write(figure)
"""

_DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}")


def rendered(
    source: str,
    format: Literal["svg", "pdf", "png"],
    engine: Literal["dot", "neato"] = "dot",
    seconds: float = SECONDS,
) -> bytes:
    """A DOT text as a figure. "dot" lays it out anew, "neato" draws it where its nodes and edges stand.

    Raises `NetError` if there is no Graphviz (E401), after `seconds` (E402) and if it fails (E403).
    """
    if shutil.which("dot") and find_spec("graphviz") is not None:
        child, name = _BY_PROGRAM, "Graphviz's `dot`"
    elif _has_library():
        child, name = _BY_LIBRARY, "pygraphviz"
    else:
        message = f"to lay out a figure with `{engine}` Graphviz is needed"
        raise NetError([Diagnostic("E401", message, hint=INSTALL)])
    if format == "png":
        source = _with(source, f"dpi={RESOLUTION}")
    command = [sys.executable, "-P", "-c", child, format, engine]
    figure = _run(command, name, source.encode("utf-8", "replace"), seconds)
    if format == "svg":  # what Graphviz takes for a weight is part of a name there
        figure = re.sub(rb'(font-family="[^"]*) bold"', rb'\1" font-weight="bold"', figure)
    if format == "pdf":  # the same network is the same file, whenever it is drawn
        figure = _DATE.sub(rb"/\1 (D:19700101000000", figure)
    return figure


def _with(source: str, setting: str) -> str:
    """A graph with one more setting, at its end: no text of the graph can be taken for that place."""
    body = source.rstrip()
    return f"{body[:-1]}{setting};\n}}\n" if body.endswith("}") else source


def _has_library() -> bool:
    """Whether pygraphviz is there, in a version that needs no `dot` program."""
    from importlib.metadata import PackageNotFoundError, version

    if find_spec("pygraphviz") is None:
        return False
    try:
        return int(version("pygraphviz").split(".")[0]) >= 2
    except (PackageNotFoundError, ValueError):
        return False


def _run(command: list[str], name: str, text: bytes, seconds: float) -> bytes:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "0"}  # for newer PDF writers
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise _failed(name, error.strerror or str(error)) from None
    try:
        out, errors = process.communicate(text, timeout=seconds)
    except subprocess.TimeoutExpired:
        message = f"{name} was not done with the figure after {seconds:g} seconds"
        raise NetError([Diagnostic("E402", message, hint=OTHERWISE)]) from None
    finally:
        _end(process)
    if process.returncode != 0 or not out:
        raise _failed(name, _reason(process.returncode, errors.decode("utf-8", "replace")))
    return out


def _reason(status: int, errors: str) -> str:
    """Why a child failed: what it said last, but for its remarks on the fonts of the machine."""
    said = [line for line in errors.splitlines() if line.strip() and "Fontconfig" not in line]
    if status < 0:
        return f"it crashed (signal {-status})"
    return said[-1].strip() if said else f"exit status {status}"


def _failed(name: str, why: str) -> NetError:
    message = f"{name} could not draw the figure: {why}"
    return NetError([Diagnostic("E403", message, hint=OTHERWISE)])


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what still runs, with everything that it started."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
