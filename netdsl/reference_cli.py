"""The commands that tell what there is: `explain`, `layers`, `zoo`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from netdsl.diagnostics import did_you_mean
from netdsl.escaping.terminal import shown
from netdsl.terminal import fail, guarded


@click.command()
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


@click.command()
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


@click.group(invoke_without_command=True)
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
    from netdsl.loading import find_zoo_file
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
    from netdsl.loading import find_zoo_file
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
