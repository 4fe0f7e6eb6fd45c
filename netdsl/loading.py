"""From a file, a text or a name of the zoo to a Design."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netdsl.asked import InputSize, input_sizes, parameter_text
from netdsl.compiler import Compilation, find_in_zoo
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean
from netdsl.elaborate.program import read_main, reason_of
from netdsl.limits import Limits
from netdsl.reading import read_text
from netdsl.source import Source


class Asked:
    """Which net of a text, with which sizes, replaced steps and parameters, within which limits."""

    def __init__(
        self,
        net: str | None = None,
        input: InputSize | dict[str, InputSize] | None = None,
        replace: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self.net = net
        self.input = input
        self.replace = replace
        self.limits = limits or Limits()
        self.parameters = parameters or {}

    def compiled(self, compilation: Compilation, net: str | None = None) -> Design:
        """The net that is asked for; `net` is meant where none is."""
        overrides = {name: parameter_text(name, value) for name, value in self.parameters.items()}
        sizes = input_sizes(self.input)
        return compilation.design(self.net or net, overrides, sizes, replace=self.replace)


def from_file(text: str, asked: Asked, folder: Path | None = None) -> Design:
    """A net of the file that is called so, or of `zoo:name`. Imports are read below `folder`, else below
    that of the file."""
    if text.startswith("zoo:"):
        file, meant = find_zoo_file(text)
        source = Source(f"zoo/{file.name}", read_text(file))
        return asked.compiled(Compilation(source, file, folder, asked.limits), meant)
    found, own = _read(Path(text), text, folder)
    folder = folder or Path(text).parent
    return asked.compiled(Compilation(Source(text, found), own, folder, asked.limits))


def from_text(text: str, asked: Asked, name: str) -> Design:
    """A net of a text; `name` is what messages call it."""
    source = Source(name, text.replace("\r\n", "\n").replace("\r", "\n"))
    return asked.compiled(Compilation(source, limits=asked.limits))


def find_zoo_file(name: str) -> tuple[Path, str]:
    """The file and the net that `zoo:name` (or `name`) means. Raises `NetError`."""
    plain = name.removeprefix("zoo:")
    found = find_in_zoo(plain)
    if found is None:
        from netdsl.zoo import names

        hint = did_you_mean(plain, names()) or "`netdsl zoo list` shows them"
        raise NetError([Diagnostic("E109", f"the zoo has no network `{plain}`", None, hint=hint)])
    return found


def _read(file: Path, shown: str, root: Path | None) -> tuple[str, Path | None]:
    try:
        return read_main(file, root)
    except OSError as error:
        message = f"cannot read {shown}: {reason_of(error)}"
        raise NetError([Diagnostic("E130", message, None)]) from error
    except ValueError as error:
        raise NetError([Diagnostic("E130", f"{shown!r} is no path", None)]) from error
