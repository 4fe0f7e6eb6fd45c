"""What the commands share: arguments read, results written, mistakes told.

Exit status: 0 fine, 1 the file has errors, 2 wrong use, or a file that cannot be read or written.
Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from netdsl.diagnostics import Diagnostic, NetError, render

if TYPE_CHECKING:
    from rich.console import Console

# What `--to` makes: the suffixes of files, with the format that each means.
TARGETS = {
    "torch": {"py": "py"},
    "diagram": {
        "svg": "svg",
        "pdf": "pdf",
        "png": "png",
        "tex": "tex",
        "tikz": "tex",
        "dot": "dot",
        "gv": "dot",
        "mmd": "mermaid",
        "md": "mermaid",
        "txt": "text",
    },
    "graphviz": {"dot": "dot", "gv": "dot", "svg": "svg", "pdf": "pdf", "png": "png"},
    "table": {"txt": "text", "md": "markdown", "csv": "csv", "json": "json", "tex": "latex"},
}
DEFAULTS = {"torch": "py", "diagram": "svg", "graphviz": "dot", "table": "text"}


# ------------------------------------------------------------------------------------------ failing
def fail(message: str) -> NoReturn:
    """Wrong use, or a file that cannot be read or written."""
    click.echo(f"netdsl: {message}", err=True)
    sys.exit(2)


def show(diagnostics: Iterable[Diagnostic]) -> None:
    """Write messages, in colour on a terminal."""
    for i, diagnostic in enumerate(diagnostics):
        head, *rest = render(diagnostic).split("\n")
        colour = "red" if diagnostic.severity == "error" else "yellow"
        kind, _, message = head.partition(": ")
        shown = click.style(kind, fg=colour, bold=True) + ": " + click.style(message, bold=True)
        click.echo("\n".join([*([""] if i else []), shown, *rest]), err=True)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """No traceback for anybody: mistakes of a file are shown and end with 1, the rest with 2."""

    @wraps(command)
    def run(*args: Any, **named: Any) -> Any:
        from netdsl.elaborate.program import reason_of

        try:
            return command(*args, **named)
        except NetError as error:
            show(error.diagnostics)
            sys.exit(1)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except OSError as error:
            what = f"{error.filename}: " if error.filename else ""
            fail(f"{what}{reason_of(error)}")
        except (click.ClickException, click.exceptions.Exit, click.Abort, SystemExit):
            raise
        except Exception as error:
            if os.environ.get("NETDSL_TRACEBACK"):
                raise
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            fail(
                f"internal error, a mistake of netdsl itself: {said}\n"
                "Please report it with the file; NETDSL_TRACEBACK=1 shows where it happened."
            )

    return run


def consoles() -> tuple[Console, Console]:
    """Where results go, and where it is told how work goes on: standard output and error."""
    from rich.console import Console

    return Console(highlight=False), Console(stderr=True, highlight=False)


# ------------------------------------------------------------------------------------------ reading
def open_text(file: str, root: Path | None) -> tuple[Any, str | None]:
    """The compilation of FILE (a path, `-`, `zoo:name`) and the net that its name means."""
    from netdsl.compiler import Compilation
    from netdsl.elaborate.program import read_text
    from netdsl.network import find_zoo_file
    from netdsl.source import Source

    if file == "-":
        data = sys.stdin.buffer.read()
        try:
            text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            fail(f"standard input is not UTF-8 text (byte {error.start})")
        return Compilation(Source("<stdin>", text), None, root), None
    if file.startswith("zoo:"):
        path, net = find_zoo_file(file)
        return Compilation(Source(f"zoo/{path.name}", read_text(path)), path, root), net
    path = Path(file)
    try:
        text = read_text(path)
    except OSError as error:
        error.filename = file
        raise
    return Compilation(Source(file, text), path, root), None


def every_file(files: Iterable[str]) -> list[str]:
    """The files that are meant: of a folder every `.net` file in it."""
    found: list[str] = []
    for file in files:
        inside = sorted(Path(file).glob("*.net")) if os.path.isdir(file) else None
        if inside == []:
            fail(f"{file}: there is no .net file in this folder")
        found += [file] if inside is None else [str(path) for path in inside]
    return found


def settings(values: tuple[str, ...]) -> dict[str, str]:
    """`--set name=value` as a dictionary."""
    found = pairs("--set", values, "name=value")
    for name, value in found.items():
        if not name.isidentifier():
            raise click.UsageError(f"--set takes name=value, not `{name}={value}`")
    return found


def pairs(
    option: str, values: tuple[str, ...], form: str, one_empty: bool = False
) -> dict[str, str]:
    """`name=value`, as often as an option is given, as a dictionary."""
    found: dict[str, str] = {}
    for value in values:
        name, sign, text = (part.strip() for part in value.partition("="))
        if not sign or not (name or text) or not (one_empty or (name and text)):
            raise click.UsageError(f"{option} takes {form}, not `{value}`")
        if name in found:
            raise click.UsageError(f"{option} {name} is given twice")
        found[name] = text
    return found


def sizes(values: tuple[str, ...]) -> dict[str, Any]:
    """`--input 3x256x256` or `--input left=3x64x64` as sizes by the input's name."""
    from netdsl.network import parse_size

    found: dict[str, Any] = {}
    for value in values:
        name, sign, text = value.rpartition("=")
        if name.strip() in found:
            raise click.UsageError("--input is given twice for one input")
        found[name.strip() if sign else ""] = parse_size(text)
    return found


# ------------------------------------------------------------------------------------------ writing
def chosen_format(target: str, format: str | None, output: Path | None) -> str:
    """What to write: `--format`, else what the suffix of the output says, else the default."""
    known = TARGETS[target]
    if format is not None:
        found = known.get(format.lower().lstrip("."), format.lower())
        if found not in known.values():
            names = ", ".join(dict.fromkeys(known.values()))
            raise click.UsageError(f"--to {target} has the formats {names}, not `{format}`")
        return found
    if output is not None and output.suffix and str(output) != os.devnull:
        suffix = output.suffix[1:].lower()
        if suffix not in known:
            wanted = ", ".join(f".{s}" for s in known)
            raise click.UsageError(
                f"--to {target} writes {wanted}, not `{output.suffix}`; `--format` chooses otherwise"
            )
        return known[suffix]
    return DEFAULTS[target]


def write(result: str | bytes, output: Path | None, format: str) -> None:
    """To a file, atomically, or to standard output."""
    if output is not None and str(output) != "-":
        from netdsl.files import write_atomically

        try:
            write_atomically(output, result)
        except OSError as error:
            error.filename = str(output)
            raise
        return
    if isinstance(result, bytes):
        if sys.stdout.isatty():
            raise click.UsageError(f"{format} is no text; name a file with -o")
        sys.stdout.buffer.write(result)
        sys.stdout.buffer.flush()
        return
    click.echo(result, nl=not result.endswith("\n"))


def write_beside(files: dict[str, str], output: Path | None) -> None:
    """Files that the output needs beside it. One of another content stays as it is, and nothing is
    written."""
    if not files:
        return
    if output is None or str(output) in ("-", os.devnull):
        names = " and ".join(files)
        said = f"it needs {names} beside it: `-o` writes them, `--inline` puts all into one file"
        click.echo(f"netdsl: {said}", err=True)
        return
    from netdsl.files import write_atomically

    missing = []
    for name, text in files.items():
        path = output.parent / name
        if path == output:
            fail(f"{output}: the network needs a file of this name beside it; choose another")
        if not path.exists():
            missing.append((path, text))
        elif path.read_bytes() != text.encode():
            fail(
                f"{path} is another file than this netdsl writes; it is left as it is, and nothing is "
                "written. Move it away, or use `--inline`"
            )
    for path, text in missing:
        try:
            write_atomically(path, text)
        except OSError as error:
            error.filename = str(path)
            raise
