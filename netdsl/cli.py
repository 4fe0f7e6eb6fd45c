"""The command line: `netdsl compile`, `check`, `verify`, `compare`, `diff`, `breaking`, `train`, `explain`, ...

Here are the commands with their options; how they read, write and fail is in `terminal`.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netdsl import options
from netdsl.choices import OneOf, similar_file
from netdsl.comparing_cli import breaking, compare, diff
from netdsl.cost_options import Costs, of_costs
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean
from netdsl.escaping.terminal import shown
from netdsl.figure_options import Wanted, of_figure
from netdsl.formatting_cli import fmt
from netdsl.options import of_network
from netdsl.paper_options import like, networks_beside
from netdsl.pass_options import Changed, of_passes
from netdsl.table_options import Listed, of_table
from netdsl.terminal import (
    TARGETS,
    Commands,
    chosen_format,
    consoles,
    every_file,
    fail,
    guarded,
    missing_beside,
    open_text,
    show,
    tell,
    write,
)
from netdsl.version import __version__

if TYPE_CHECKING:
    from netdsl.network import Network


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="netdsl")
def main() -> None:
    """Convolutional networks as texts: compile them to PyTorch, figures and tables."""


for _command in (compare, diff, breaking, fmt):
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
@of_passes
@guarded
def check(
    files: tuple[str, ...], root: Path | None, principles: bool, format: str, changed: Changed
) -> None:
    """Check files: syntax, names, shapes and beliefs of every net. Nothing is written.

    With passes (--drop, --fold-bn, ...) the net of each file is checked once more with them. The exit
    status is 0 if there are no errors, 1 if there are, 2 if a file cannot be read.
    """
    from netdsl.elaborate.program import reason_of
    from netdsl.reporting.findings import Findings
    from netdsl.reporting.output import finished, went_on

    findings = Findings()
    for file in files:
        found: Sequence[Diagnostic]
        try:
            compilation, meant = open_text(file, root)
            found = compilation.check(principles=principles)
            if changed.any and not compilation.report.errors:
                found = [*found, *changed.mistakes(compilation, meant)]
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


@main.command()
@of_network
@click.option(
    "--data",
    default="digits",
    show_default=True,
    metavar="digits|FOLDER",
    help="Handwritten digits on photographs, or a folder of pictures with an annotations.json as COCO's.",
)
@click.option(
    "--test",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Another such folder to evaluate on; else a fifth of the pictures is held out.",
)
@click.option(
    "--validate",
    is_flag=True,
    help="Evaluate on the digits for validation, not on the test: to choose settings by.",
)
@click.option(
    "--pictures",
    type=click.IntRange(1, 1_000_000),
    default=8000,
    show_default=True,
    help="Pictures of digits to train with.",
)
@click.option(
    "--longest",
    type=click.IntRange(16),
    metavar="PIXELS",
    help="Make pictures of a folder smaller whose longer side is above this.",
)
@click.option(
    "--epochs",
    type=click.FloatRange(0, min_open=True),
    help="How often every picture is seen.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    help="How long to train; with --epochs what is over first counts. [default: 10]",
)
@click.option(
    "--cpu-time",
    is_flag=True,
    help="Minutes are of processors, not of the clock: what other programs take does not count.",
)
@click.option(
    "--batch", type=click.IntRange(1), default=16, show_default=True, help="Pictures of a step."
)
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    default=2e-3,
    show_default=True,
    help="The highest learning rate; it rises at the beginning and falls as a cosine.",
)
@click.option(
    "--decay", type=click.FloatRange(0), default=1e-3, show_default=True, help="Weight decay."
)
@click.option(
    "--mirror",
    is_flag=True,
    help="Exchange left and right in half of the pictures: for things, not for digits.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Of first weights and of the order.",
)
@click.option("--device", help="cpu, cuda, cuda:1 ...; else cuda where there is one.")
@click.option(
    "--weights",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A checkpoint to begin with: of this network, or with --start-from of that one.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("trained"),
    show_default=True,
    help="The folder for weights.pt, detections.png and result.json.",
)
@guarded
def train(compiled: Callable[[], Network], **chosen: Any) -> None:
    """Train a detector, FILE, and evaluate it: its mean average precision on held-out pictures.

    Ctrl-C ends training early; what was learned is kept and evaluated.
    """
    from netdsl.detecting.needed import ALWAYS, FOR_DIGITS, require

    for name in ("epochs", "minutes", "rate", "decay"):
        if chosen[name] is not None and not math.isfinite(chosen[name]):
            raise click.UsageError(f"--{name} is a number, not {chosen[name]}")
    own = chosen["data"] != "digits"
    for name in ("validate",) if own else ("test", "longest"):
        if chosen[name]:
            raise click.UsageError(f"--{name} goes with --data {'digits' if own else 'FOLDER'}")
    network = compiled()
    require(ALWAYS + (() if own else FOR_DIGITS))
    from netdsl.detecting.command import Choices, run
    from netdsl.detecting.training import usable

    if chosen["device"] is not None and not usable(chosen["device"]):
        raise click.UsageError(f"--device {chosen['device']}: PyTorch has no such device here")
    run(network, Choices(**chosen), *consoles())


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
    """List the layers and heads of the language, or describe one: `netdsl layers conv`."""
    from netdsl.reference import describe_layer, list_layers, words

    if name is None:
        click.echo(list_layers())
        return
    described = describe_layer(name)
    if described is None:
        hint = did_you_mean(name, words())
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
    from netdsl.network import find_zoo_file
    from netdsl.reading import read_text

    path, _ = find_zoo_file(name)
    click.echo(read_text(path), nl=False)


@zoo.command("copy")
@click.argument("name")
@click.argument("to", type=click.Path(path_type=Path), default=Path())
@guarded
def copy_zoo(name: str, to: Path) -> None:
    """Copy the source of a network, and the files it imports, into a folder (here by default)."""
    from netdsl.files import write_together
    from netdsl.network import find_zoo_file
    from netdsl.reference import zoo_sources

    path, _ = find_zoo_file(name)
    folder = to.parent if to.suffix == ".net" else to
    sources = zoo_sources(path)
    targets = [(to if to.suffix == ".net" and p == path else folder / p.name) for p in sources]
    for target in targets:
        if os.path.lexists(target):
            fail(f"{target} exists already; it is left as it is")
    if not folder.is_dir():
        fail(f"{folder}: there is no such folder")
    write_together([(t, s.read_bytes()) for s, t in zip(sources, targets)])
    for target in targets:
        click.echo(shown(f"wrote {target}"), err=True)


if __name__ == "__main__":
    main()
