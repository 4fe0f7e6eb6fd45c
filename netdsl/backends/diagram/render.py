"""DOT -> SVG, PDF, PNG: by the `dot` program, else by pygraphviz, whose wheels carry Graphviz.

Both run in a process of their own under a time limit: a layout can take hours, and a library that
does would take its caller along. Nothing is ever chosen by the clock but to stop.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec

from netdsl.diagnostics import Diagnostic, NetError

SECONDS = 120.0
RESOLUTION = 192  # dots an inch of a PNG: twice those of a screen
INSTALL = (
    "install Graphviz (https://graphviz.org/download/) so that `dot` can be called, or "
    '`pip install "netdsl[diagram]"`, which brings it along; `--format dot` needs neither'
)

# What the child does with pygraphviz: the graph comes and the figure goes by the standard streams.
_CHILD = """
import sys
import pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode("utf-8"))
figure = graph.draw(format=sys.argv[1], prog="dot", args=" ".join(sys.argv[2:]))
sys.stdout.buffer.write(figure)
"""


_DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}")


def render(source: str, format: str, seconds: float = SECONDS) -> bytes:
    """The figure of a DOT text as svg, pdf or png. Raises `NetError` without a renderer, if it fails
    and after `seconds`."""
    settings = [f"-Gdpi={RESOLUTION}"] if format == "png" else []
    program = shutil.which("dot")
    if program is not None:
        command, name = [program, f"-T{format}", *settings], "`dot`"
    elif sys.executable and _has_pygraphviz():
        command, name = [sys.executable, "-P", "-c", _CHILD, format, *settings], "pygraphviz"
    else:
        message = f"to draw a figure as {format.upper()} Graphviz is needed"
        raise NetError([Diagnostic("E401", message, hint=INSTALL)])
    figure = _run(command, name, source.encode(), seconds)
    if format == "pdf":  # the same network is the same file, whenever it is drawn
        figure = _DATE.sub(rb"/\1 (D:19700101000000", figure)
    return figure


def _has_pygraphviz() -> bool:
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
        hint = "`--format dot` writes the graph without drawing it; other layouts may be quicker"
        raise NetError([Diagnostic("E402", message, hint=hint)]) from None
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
    hint = "`--format dot` writes the graph without drawing it"
    return NetError([Diagnostic("E403", f"{name} could not draw the figure: {why}", hint=hint)])


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
