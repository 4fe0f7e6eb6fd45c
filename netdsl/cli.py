"""The command line: `netdsl compile`, `check`, `explain`, `layers`, `zoo`.

Exit status: 0 fine, 1 the file has errors, 2 wrong use, or a file that cannot be read or written.
Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click

from netdsl.diagnostics import Diagnostic, NetError, did_you_mean, render
from netdsl.version import __version__

TARGETS = {
    "torch": {"py": "py"},
    "diagram": {"dot": "dot", "gv": "dot", "svg": "svg", "pdf": "pdf", "png": "png"},
    "table": {"txt": "text", "md": "markdown", "csv": "csv", "json": "json", "tex": "latex"},
}
DEFAULTS = {"torch": "py", "diagram": "dot", "table": "text"}
BINARY = ("pdf", "png")


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


def settings(values: tuple[str, ...]) -> dict[str, str]:
    """`--set name=value` as a dictionary."""
    found: dict[str, str] = {}
    for value in values:
        name, sign, text = value.partition("=")
        if not sign or not name.strip().isidentifier() or not text.strip():
            raise click.UsageError(f"--set takes name=value, not `{value}`")
        if name.strip() in found:
            raise click.UsageError(f"--set {name.strip()} is given twice")
        found[name.strip()] = text.strip()
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


# ----------------------------------------------------------------------------------------- commands
@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="netdsl")
def main() -> None:
    """Convolutional networks as texts: compile them to PyTorch, figures and tables."""


@main.command()
@click.argument("file")
@click.option(
    "--to", "target", type=click.Choice(list(TARGETS)), required=True, help="What to make."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write it; else standard output.",
)
@click.option("--format", help="The format, where the output's suffix does not tell it.")
@click.option(
    "--net",
    metavar="NAME",
    help="Which net of the file; else the one named like the file, or the last.",
)
@click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a parameter: --set classes=10.",
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="[NAME=]SIZE",
    help="Another input size: --input 3x256x256.",
)
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder below which imports are read; else that of the file.",
)
@click.option(
    "--width",
    type=click.IntRange(60, 200),
    default=88,
    show_default=True,
    help="Columns of emitted Python.",
)
@click.option(
    "--depth",
    type=click.IntRange(1),
    help="Levels of blocks that a table shows; else all.",
)
@guarded
def compile(
    file: str,
    target: str,
    output: Path | None,
    format: str | None,
    net: str | None,
    values: tuple[str, ...],
    inputs: tuple[str, ...],
    root: Path | None,
    width: int,
    depth: int | None,
) -> None:
    """Compile FILE (a path, `-` for standard input, or `zoo:name`) to PyTorch, a figure or a table."""
    from netdsl.network import Network

    what = chosen_format(target, format, output)
    compilation, meant = open_text(file, root)
    design = compilation.design(net or meant, settings(values), sizes(inputs))
    show(compilation.report.warnings)
    network = Network(design)
    if target == "torch":
        result: str | bytes = network.torch_source(width)
    elif target == "table":
        result = network.table(what, depth)
    else:
        result = network.diagram(what)
    write(result, output, what)


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


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder below which imports are read; else that of each file.",
)
@guarded
def check(files: tuple[str, ...], root: Path | None) -> None:
    """Check files: syntax, names, shapes and beliefs of every net. Nothing is written."""
    from netdsl.elaborate.program import reason_of

    errors = warnings = unreadable = 0
    for file in files:
        try:
            compilation, _ = open_text(file, root)
        except OSError as error:
            click.echo(f"netdsl: {file}: {reason_of(error)}", err=True)
            unreadable += 1
            continue
        except NetError as error:
            show(error.diagnostics)
            errors += len(error.diagnostics)
            continue
        found = compilation.check()
        if found and (errors or warnings):
            click.echo(err=True)
        show(found)
        errors += sum(d.severity == "error" for d in found)
        warnings += sum(d.severity == "warning" for d in found)
    checked = len(files) - unreadable
    said = [count(checked, "file")]
    said.append(count(errors, "error") if errors else "no errors")
    if warnings:
        said.append(count(warnings, "warning"))
    click.echo(("\n" if errors or warnings else "") + ", ".join(said), err=bool(errors))
    if unreadable or errors:
        sys.exit(2 if unreadable else 1)


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


@main.command()
@click.argument("code")
@guarded
def explain(code: str) -> None:
    """Explain an error code: `netdsl explain E203`."""
    from netdsl.explain import codes
    from netdsl.explain import explain as explanation

    known = codes()
    if code.upper() not in known:
        hint = did_you_mean(code.upper(), known)
        raise click.UsageError(f"there is no code `{code}`" + (f"; {hint}" if hint else ""))
    click.echo(explanation(code.upper()))


@main.command()
@click.argument("name", required=False)
@guarded
def layers(name: str | None) -> None:
    """List the layers of the language, or describe one: `netdsl layers conv`."""
    from netdsl.reference import describe_layer, list_layers

    if name is None:
        click.echo(list_layers())
        return
    described = describe_layer(name)
    if described is None:
        from netdsl.layers import WORDS

        hint = did_you_mean(name, WORDS)
        raise click.UsageError(f"there is no layer `{name}`" + (f"; {hint}" if hint else ""))
    click.echo(described)


@main.group(invoke_without_command=True)
@click.pass_context
def zoo(context: click.Context) -> None:
    """The networks that netdsl ships; `zoo:name` stands for a file everywhere."""
    if context.invoked_subcommand is None:
        context.invoke(list_zoo)


@zoo.command("list")
@guarded
def list_zoo() -> None:
    """List them with their parameters, multiply-adds and files."""
    from netdsl.reference import zoo_table

    click.echo(zoo_table())


@zoo.command("show")
@click.argument("name")
@guarded
def show_zoo(name: str) -> None:
    """Write the source of a network to standard output."""
    from netdsl.elaborate.program import read_text
    from netdsl.network import find_zoo_file

    path, _ = find_zoo_file(name)
    click.echo(read_text(path), nl=False)


@zoo.command("copy")
@click.argument("name")
@click.argument("to", type=click.Path(path_type=Path), default=Path())
@guarded
def copy_zoo(name: str, to: Path) -> None:
    """Copy the source of a network, and the files it imports, into a folder (here by default)."""
    from netdsl.files import write_atomically
    from netdsl.network import find_zoo_file
    from netdsl.reference import zoo_sources

    path, _ = find_zoo_file(name)
    folder = to.parent if to.suffix == ".net" else to
    sources = zoo_sources(path)
    targets = [(to if to.suffix == ".net" and p == path else folder / p.name) for p in sources]
    for target in targets:
        if target.exists():
            fail(f"{target} exists already; it is left as it is")
    if not folder.is_dir():
        fail(f"{folder}: there is no such folder")
    for source, target in zip(sources, targets):
        write_atomically(target, source.read_bytes())
        click.echo(f"wrote {target}", err=True)


if __name__ == "__main__":
    main()
