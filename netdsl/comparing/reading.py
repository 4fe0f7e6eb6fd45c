"""Which network an argument of `compare`, `diff` and `breaking` means."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError

GIT = "git:"


class Wanted(NamedTuple):
    """A file, which net of it, and the revision of git to take it from."""

    file: str
    net: str | None
    revision: str | None


def wanted(text: str) -> Wanted:
    """`FILE`, `zoo:name`, either with `:Net` behind it, and `git:REVISION:FILE`."""
    revision = None
    if text.startswith(GIT) and not Path(text).exists():
        revision, sign, text = text.removeprefix(GIT).partition(":")
        if not sign or not text:
            message = f"`{GIT}{revision}` names no file"
            hint = "write git:REVISION:FILE, as in `git:main:net.net`"
            raise NetError([Diagnostic("E461", message, hint=hint)])
    file, sign, net = text.rpartition(":")
    named = sign and net.isidentifier() and file not in ("", "zoo", "-")
    if named and not Path(text).exists():
        return Wanted(file, net, revision)
    return Wanted(text, None, revision)


def steps_design(text: str, size: Any, number: int) -> Design:
    """The network of some steps: `conv(16, 1x1) -> conv(32, 5x5, padding=2)` on an input of a size."""
    from netdsl.compiler import Compilation
    from netdsl.source import Source

    source = Source(f"--steps {number}", f"net Steps{number} {{\n  input x: {size}\n  {text}\n}}\n")
    return Compilation(source).design()
