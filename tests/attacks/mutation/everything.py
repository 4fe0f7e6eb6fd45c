"""A text through everything: parse and check, or all backends; what it takes is measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from netdsl.compiler import Compilation
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError, render
from netdsl.limits import Limits
from netdsl.network import Network
from netdsl.source import Source

STEPS = 20_000  # of a text that goes through all backends: most mutants of it are alike


def checked(text: str) -> list[Diagnostic]:
    """What `check` finds; every message can be written."""
    found = Compilation(Source("text.net", text)).check()
    for diagnostic in found:
        said = render(diagnostic)
        assert all(c.isprintable() or c == "\n" for c in said), ascii(said)
    return found


def designs(text: str) -> list[Design]:
    """The networks of a text; none where it has mistakes."""
    names: list[str] = []
    compilation = Compilation(Source("text.net", text))
    if compilation.file is not None:
        names = [net.name.text for net in compilation.file.nets][:2]
    found = []
    for name in names:
        try:
            found.append(
                Compilation(Source("text.net", text), limits=Limits(layers=STEPS)).design(name)
            )
        except NetError as error:
            assert error.diagnostics
    return found


BACKENDS: dict[str, Callable[[Network], Any]] = {
    "torch": lambda n: compile(n.torch_source(), "emitted.py", "exec"),
    "text": lambda n: n.table("text"),
    "csv": lambda n: n.table("csv", columns="all"),
    "json": lambda n: n.table("json"),
    "markdown": lambda n: n.table("markdown"),
    "latex": lambda n: n.table("latex"),
    "html": lambda n: n.table("html"),
    "comparison": lambda n: n.table("text", like="comparison"),
    "svg": lambda n: n.diagram("svg"),
    "tex": lambda n: n.diagram("tex"),
    "dot": lambda n: n.diagram("dot"),
    "pdf": lambda n: n.diagram("pdf"),
    "mermaid": lambda n: n.diagram("mermaid"),
    "terminal": lambda n: n.diagram("text"),
    "paths": lambda n: n.paths(),
    "diff": lambda n: n.diff(n),
}


def through_backends(text: str, clock: dict[str, float] | None = None) -> int:
    """Write all that can be written of the networks of a text; how many there were. A backend may refuse
    with a `NetError` (E4xx), and nothing else."""
    found = designs(text)
    for design in found:
        network = Network(design)
        for name, write in BACKENDS.items():
            started = time.process_time()
            try:
                write(network)
            except NetError as error:
                wrong = [d for d in error.diagnostics if not d.code.startswith("E4")]
                assert not wrong, render(wrong[0])
            if clock is not None:
                clock[name] = max(clock.get(name, 0.0), time.process_time() - started)
    return len(found)
