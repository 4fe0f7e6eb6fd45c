"""What the commands share: arguments read, results written, mistakes told.

Exit status: 0 fine, 1 the file has errors, 2 wrong use, or a file that cannot be read or written.
Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from netdsl.choices import similar_file
from netdsl.depth import with_room
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean, render
from netdsl.escaping.terminal import shown

if TYPE_CHECKING:
    from rich.console import Console

    from netdsl.limits import Limits

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
    "table": {
        "txt": "text",
        "md": "markdown",
        "csv": "csv",
        "json": "json",
        "tex": "latex",
        "html": "html",
        "htm": "html",
    },
}
DEFAULTS = {"torch": "py", "diagram": "svg", "graphviz": "dot", "table": "text"}


# ------------------------------------------------------------------------------------------ failing
def tell(message: str) -> None:
    """Say something beside the result. Names of files and arguments in it can hold anything."""
    click.echo(f"netdsl: {shown(message)}", err=True)


class Commands(click.Group):
    """Commands whose messages about wrong use show arguments, which can hold anything, as texts."""

    def make_context(self, *args: Any, **named: Any) -> click.Context:
        with _shown_mistakes():
            return super().make_context(*args, **named)

    def invoke(self, ctx: click.Context) -> Any:
        with _shown_mistakes():
            return super().invoke(ctx)


@contextmanager
def _shown_mistakes() -> Iterator[None]:
    try:
        yield
    except click.ClickException as error:
        said = error.format_message()
        if said == shown(said):
            raise
        other = click.UsageError(shown(said), getattr(error, "ctx", None))
        raise other from None


def fail(message: str, status: int = 2) -> NoReturn:
    """Wrong use, or a file that cannot be read or written."""
    tell(message)
    sys.exit(status)


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
        try:
            return with_room(command)(*args, **named)
        except NetError as error:
            show(error.diagnostics)
            sys.exit(1)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except OSError as error:
            from netdsl.elaborate.program import reason_of

            what = f"{error.filename}: " if error.filename else ""
            missing = isinstance(error, FileNotFoundError) and error.filename
            fail(f"{what}{reason_of(error)}{similar_file(str(error.filename)) if missing else ''}")
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
    from netdsl.elaborate.program import read_main
    from netdsl.loading import find_zoo_file
    from netdsl.reading import LARGEST, TooLong, as_text, read_text
    from netdsl.source import Source

    limits = chosen_limits()
    if file == "-":
        try:
            text = as_text(sys.stdin.buffer.read(LARGEST + 1))
        except TooLong as error:
            fail(f"standard input: {error.strerror}", 1)
        except OSError as error:
            fail(f"standard input: {error.strerror}")
        return Compilation(Source("<stdin>", text), None, root, limits), None
    if file.startswith("zoo:"):
        path, net = find_zoo_file(file)
        source = Source(f"zoo/{path.name}", read_text(path))
        return Compilation(source, path, root, limits), net
    try:
        text, real = read_main(Path(file), root)
    except OSError as error:
        error.filename = file
        raise
    folder = root if root is not None else Path(file).parent
    return Compilation(Source(file, text), real, folder, limits), None


def chosen_limits() -> Limits:
    """What `--max-layers` and `--no-extern` say, of the command that runs."""
    from netdsl.limits import DEFAULT

    context = click.get_current_context(silent=True)
    return DEFAULT.but(**context.meta.get("netdsl.limits", {})) if context is not None else DEFAULT


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


def sizes(values: tuple[str, ...], option: str = "--input") -> dict[str, Any]:
    """`--input 3x256x256` or `--input left=3x64x64` as sizes by the input's name."""
    from netdsl.asked import parse_size

    found: dict[str, Any] = {}
    for value in values:
        name, sign, text = value.rpartition("=")
        if name.strip() in found:
            raise click.UsageError(f"{option} is given twice for one input")
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
            hint = did_you_mean(found, [*known, *known.values()])
            said = f"--to {target} has the formats {names}, not `{format}`"
            raise click.UsageError(said + (f"; {hint}" if hint else ""))
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


def write(
    result: str | bytes,
    output: Path | None,
    format: str,
    beside: Sequence[tuple[Path, str]] = (),
) -> None:
    """To a file, atomically and together with those `beside` it, or to standard output."""
    if output is not None and str(output) != "-":
        from netdsl.files import write_together

        write_together([*beside, (output, result)])
        return
    if isinstance(result, bytes):
        if sys.stdout.isatty():
            raise click.UsageError(f"{format} is no text; name a file with -o")
        sys.stdout.buffer.write(result)
        sys.stdout.buffer.flush()
        return
    click.echo(result, nl=not result.endswith("\n"))


def missing_beside(files: dict[str, str], output: Path | None) -> list[tuple[Path, str]]:
    """The files that the output needs beside it and that are not there. One of another content stays as
    it is, and nothing is written."""
    if not files:
        return []
    if output is None or str(output) in ("-", os.devnull):
        names = " and ".join(files)
        said = f"it needs {names} beside it: `-o` writes them, `--inline` puts all into one file"
        tell(said)
        return []
    from netdsl.files import holds

    missing: list[tuple[Path, str]] = []
    for name, text in files.items():
        path = output.parent / name
        if path.resolve() == output.resolve():
            fail(f"{output}: the network needs a file of this name beside it; choose another")
        if not os.path.lexists(path):
            missing.append((path, text))
        elif not holds(path, text):
            fail(
                f"{path} is another file than this netdsl writes; it is left as it is, and nothing is "
                "written. Move it away, or use `--inline`"
            )
    return missing
