"""The command line: `netdsl compile`, `check`, `verify`, `compare`, `diff`, `breaking`, `train`, `explain`, ...

Here are the commands with their options; how they read, write and fail is in `terminal`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl import options
from netdsl.choices import OneOf, similar_file
from netdsl.comparing_cli import breaking, compare, diff
from netdsl.cost_options import Costs, of_costs
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.figure_options import Wanted, of_figure
from netdsl.formatting_cli import fmt
from netdsl.options import of_network
from netdsl.paper_options import like, networks_beside
from netdsl.pass_options import Changed, of_passes
from netdsl.reference_cli import explain, layers, zoo
from netdsl.table_options import Listed, of_table
from netdsl.terminal import (
    TARGETS,
    Commands,
    chosen_format,
    every_file,
    guarded,
    missing_beside,
    open_text,
    settings,
    show,
    sizes,
    tell,
    write,
)
from netdsl.training_cli import train
from netdsl.version import __version__

if TYPE_CHECKING:
    from netdsl.network import Network


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="netdsl")
def main() -> None:
    """Convolutional networks as texts: compile them to PyTorch, figures and tables."""


for _command in (compare, diff, breaking, fmt, train, explain, layers, zoo):
    main.add_command(_command)


@main.command()
@click.option("--to", "target", type=OneOf(list(TARGETS)), required=True, help="What to make.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write it; else standard output.",
)
@click.option("--format", help="The format, where the output's suffix does not tell it.")
@of_network
@click.option(
    "--width",
    type=click.IntRange(60, 200),
    default=88,
    show_default=True,
    help="Columns of emitted Python.",
)
@click.option(
    "--inline",
    is_flag=True,
    help="A detector in one file; else what all detectors share is written beside it.",
)
@like
@of_costs
@of_table
@of_figure
@guarded
def compile(
    compiled: Callable[[], Network],
    figure: Wanted,
    costs: Costs,
    listing: Listed,
    target: str,
    output: Path | None,
    format: str | None,
    width: int,
    like: str | None,
    inline: bool,
) -> None:
    """Compile FILE (a path, `-` for standard input, or `zoo:name`) to PyTorch, a figure or a table."""
    what = chosen_format(target, format, output)
    costs.check(target)
    network = costs.network(compiled())
    beside: list[tuple[Path, str]] = []
    if target == "torch":
        result: str | bytes = network.torch_source(width, inline)
        if not inline:
            beside = missing_beside(network.torch_files, output)
    elif target == "table" and like is not None:
        others = networks_beside(figure.own["beside"], network)
        result = network.table(what, like=like, beside=others, **listing.of_papers())
    elif target == "table":
        if figure.own["beside"]:
            raise click.UsageError("networks stand beside each other in tables with --like")
        footers = costs.footers(network, listing.settings["batch"], listing.settings["dtype"])
        listing.write(network, what, output, footers)
        return
    else:
        drawing = figure.drawing(network)
        result = drawing.rendered(what, **figure.looks(target))
        if drawing.said:
            tell(drawing.said)
    write(result, output, what, beside)


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@options.root
@click.option(
    "--principles",
    is_flag=True,
    help="Advice too: bottlenecks of the representation, large convolutions that could be factorised.",
)
@click.option(
    "--output-format",
    "format",
    type=OneOf(("full", "concise", "json", "github", "sarif")),
    default="full",
    show_default=True,
    help="How messages are written: for people, or for editors and build servers.",
)
@options.asked
@of_passes
@guarded
def check(
    files: tuple[str, ...],
    root: Path | None,
    principles: bool,
    format: str,
    net: str | None,
    values: tuple[str, ...],
    inputs: tuple[str, ...],
    changed: Changed,
) -> None:
    """Check files: syntax, names, shapes and beliefs of every net. Nothing is written.

    With --net, --set or --input one net of each file is checked, with what they say.
    With passes (--drop, --fold-bn, ...) the net of each file is checked once more with them. The exit
    status is 0 if there are no errors, 1 if there are, 2 if a file cannot be read.
    """
    from netdsl.elaborate.program import reason_of
    from netdsl.reporting.findings import Findings
    from netdsl.reporting.output import finished, went_on

    overrides, given = settings(values), sizes(inputs)
    findings = Findings()
    for file in files:
        found: Sequence[Diagnostic]
        try:
            compilation, meant = open_text(file, root)
            if net or overrides or given:
                found = compilation.check_asked(net or meant, overrides, given, principles)
            else:
                found = compilation.check(principles)
            if changed.any and not compilation.report.errors:
                wrong = changed.mistakes(compilation, net or meant, overrides, given)
                found = [*found, *wrong]
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            findings.cannot_read(file, reason_of(error) + (similar_file(file) if missing else ""))
        except NetError as error:
            went_on(findings.add(file, error.diagnostics), findings, format)
        else:
            went_on(findings.add(file, found), findings, format)
    finished(findings, format)
    if findings.status:
        sys.exit(findings.status)


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER...")
@options.root
@guarded
def verify(files: tuple[str, ...], root: Path | None) -> None:
    """Judge what files state about their nets, `::` and `expect`: met or not, with both numbers."""
    from netdsl.verification import Account

    account = Account()
    for file in every_file(files):
        compilation, _ = open_text(file, root)
        try:
            account.add(file, compilation.verdicts())
        except NetError as error:
            show(error.diagnostics)
            account.wrong += 1
    click.echo(account.text())
    if account.wrong or account.unmet:
        sys.exit(1)


@main.command()
@of_network
@click.option("--format", type=OneOf(["text", "json"]), default="text", show_default=True)
@click.option(
    "--decay",
    type=click.FloatRange(0, min_open=True),
    metavar="NUMBER",
    help="What a unit multiplies the gradient by, as measured: shows from which paths it comes.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write it; else standard output.",
)
@guarded
def paths(
    compiled: Callable[[], Network], format: str, decay: float | None, output: Path | None
) -> None:
    """The paths through the residual units of FILE: how many, and how long (Veit et al., 2016)."""
    from netdsl import ensembles

    if decay is not None and not math.isfinite(decay):
        raise click.UsageError(f"--decay is a number, not {decay}")
    found = compiled().paths()
    result = ensembles.as_json(found, decay) if format == "json" else ensembles.text(found, decay)
    write(result, output, format)


if __name__ == "__main__":
    main()
