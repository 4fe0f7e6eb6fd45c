"""What the compiler says about a file: as it is, or asked for something from outside."""

from __future__ import annotations

from pathlib import Path

from netdsl.asked import parse_size
from netdsl.compiler import Compilation
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.source import Source


def said_about(
    text: str,
    path: Path,
    net: str | None = None,
    settings: dict[str, str] | None = None,
    size: str | None = None,
) -> list[Diagnostic]:
    """Errors and warnings; `net`, `settings` and `size` are the options of the command line."""
    compilation = Compilation(Source(path.name, text), path)
    if net is None and settings is None and size is None:
        return compilation.check()
    try:
        compilation.design(net, settings or {}, {} if size is None else {"": parse_size(size)})
    except NetError as error:
        return list(error.diagnostics)
    return compilation.report.diagnostics
