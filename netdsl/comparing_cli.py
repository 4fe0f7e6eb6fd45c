"""The commands `netdsl compare`, `diff` and `breaking`, with their options.

Exit status beside that of all commands: `diff --exit-code` ends with 1 if the networks differ, `breaking`
with 1 if old checkpoints do not load.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netdsl import options
from netdsl.choices import OneOf
from netdsl.terminal import guarded, open_text, settings, show, sizes, write

if TYPE_CHECKING:
    from netdsl.comparing.reading import Wanted
    from netdsl.design import Design

SUFFIXES = {"md": "markdown", "json": "json", "csv": "csv", "tex": "latex", "txt": "text"}


def _given(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say with which parameters and sizes networks are compiled."""
    for option in (
        click.option(
            "--set",
            "values",
            multiple=True,
            metavar="NAME=VALUE",
            help="Set a parameter of all of them: --set classes=10.",
        ),
        click.option(
            "--input",
            "inputs",
            multiple=True,
            metavar="[NAME=]SIZE",
            help="Another input size for all of them: --input 3x256x256.",
        ),
        options.root,
    ):
        command = option(command)
    return command


def _format(*formats: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--output-format",
        "--format",
        "format",
        type=OneOf(formats),
        help="How to write it; else what the suffix of the output says, or text.",
    )


_output = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write it; else standard output.",
)
_against = click.option(
    "--against",
    metavar="git:REVISION",
    help="Take the old network from the same file as it was then: --against git:main.",
)


def _chosen(format: str | None, output: Path | None, formats: tuple[str, ...]) -> str:
    suffix = output.suffix[1:].lower() if output is not None else ""
    found = format or SUFFIXES.get(suffix, "text")
    if found not in formats:
        raise click.UsageError(f"this command writes {', '.join(formats)}, not {found}")
    return found


def _designs(
    asked: list[Wanted], values: tuple[str, ...], inputs: tuple[str, ...], root: Path | None
) -> list[Design]:
    """The compiled networks. Their warnings are shown."""
    from netdsl.comparing.history import compiled_at

    found = []
    for one in asked:
        if one.revision is not None:
            compilation, meant = compiled_at(one.revision, Path(one.file), root), None
        else:
            compilation, meant = open_text(one.file, root)
        found.append(compilation.design(one.net or meant, settings(values), sizes(inputs)))
        show(compilation.report.warnings)
    return found


def _two(files: tuple[str, ...], against: str | None) -> list[Wanted]:
    """The old and the new network that are meant."""
    from netdsl.comparing.reading import GIT, wanted

    if against is None:
        if len(files) != 2:
            raise click.UsageError(
                "give two networks, OLD and NEW, or one and --against git:REVISION"
            )
        return [wanted(file) for file in files]
    if len(files) != 1:
        raise click.UsageError("with --against there is one network, the new one")
    new = wanted(files[0])
    if not against.startswith(GIT):
        raise click.UsageError(f"--against takes git:REVISION, not `{against}`")
    if new.file == "-" or new.file.startswith("zoo:"):
        raise click.UsageError(f"--against needs a file in a git repository, not `{files[0]}`")
    return [new._replace(revision=against.removeprefix(GIT)), new]


# ------------------------------------------------------------------------------------------- commands
@click.command()
@click.argument("files", nargs=-1, metavar="FILE[:NET]...")
@click.option(
    "--steps",
    multiple=True,
    metavar="STEPS",
    help="Steps as a network of their own, on --input: "
    '--input 192x28x28 --steps "conv(32, 5x5, padding=2)".',
)
@_given
@_format("text", "markdown", "json", "csv", "latex")
@_output
@guarded
def compare(
    files: tuple[str, ...],
    steps: tuple[str, ...],
    values: tuple[str, ...],
    inputs: tuple[str, ...],
    root: Path | None,
    format: str | None,
    output: Path | None,
) -> None:
    """Set networks side by side: shapes, depth, layers, kernels, parameters, multiply-adds, activations,
    receptive fields, and published errors; with ratios to the first.

    Each is a file, `zoo:name`, or a net of a file, FILE:NET; with --steps also some steps by themselves, to
    see what one choice costs.
    """
    from netdsl.comparing.compare_output import FORMATS, compare_text
    from netdsl.comparing.reading import steps_design, wanted
    from netdsl.comparing.sheets import sheet

    chosen = _chosen(format, output, FORMATS)
    if not files and not steps:
        raise click.UsageError("name networks to compare: files, zoo:name, or --steps")
    size = sizes(inputs).get("")
    if steps and size is None:
        raise click.UsageError('--steps needs an --input: --input 3x32x32 --steps "conv(6, 5x5)"')
    designs = _designs([wanted(file) for file in files], values, inputs, root)
    designs += [steps_design(text, size, i) for i, text in enumerate(steps, 1)]
    write(compare_text([sheet(design) for design in designs], chosen), output, chosen)


@click.command()
@click.argument("files", nargs=-1, metavar="OLD NEW")
@_against
@click.option("--exit-code", is_flag=True, help="End with 1 if they differ; else with 0.")
@_given
@_format("text", "markdown", "json")
@_output
@guarded
def diff(
    files: tuple[str, ...],
    against: str | None,
    exit_code: bool,
    values: tuple[str, ...],
    inputs: tuple[str, ...],
    root: Path | None,
    format: str | None,
    output: Path | None,
) -> None:
    """Say what changed from one network to another: steps, arguments, names, shapes and costs.

    Each is a file, `zoo:name`, a net of a file (FILE:NET), or a file of then (git:REVISION:FILE).
    """
    from netdsl.comparing.diff_output import FORMATS, diff_text
    from netdsl.comparing.differences import differences

    chosen = _chosen(format, output, FORMATS)
    old, new = _designs(_two(files, against), values, inputs, root)
    found = differences(old, new)
    write(diff_text(found, chosen), output, chosen)
    if exit_code and found:
        sys.exit(1)


@click.command()
@click.argument("files", nargs=-1, metavar="OLD NEW")
@_against
@_given
@_format("text", "json")
@_output
@guarded
def breaking(
    files: tuple[str, ...],
    against: str | None,
    values: tuple[str, ...],
    inputs: tuple[str, ...],
    root: Path | None,
    format: str | None,
    output: Path | None,
) -> None:
    """Say whether checkpoints of the old network load into the new one: status 1 and a list if not.

    Names and shapes of the `state_dict` are compared, renames are recognised, and what loads but computes
    something else is told. `netdsl breaking net.net --against git:main` is for continuous integration.
    """
    from netdsl.comparing.breaking import breaking as breaks
    from netdsl.comparing.breaking_output import FORMATS, breaking_text

    chosen = _chosen(format, output, FORMATS)
    old, new = _designs(_two(files, against), values, inputs, root)
    found = breaks(old, new)
    write(breaking_text(found, chosen), output, chosen)
    if found:
        sys.exit(1)
