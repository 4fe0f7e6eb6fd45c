"""The options that say which network a command is about: its file and net, what is set from outside,
and what becomes of its weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netdsl.limits import LAYERS
from netdsl.pass_options import PASS_NAMES, PASSES, passed
from netdsl.terminal import open_text, pairs, settings, show, sizes

if TYPE_CHECKING:
    from netdsl.network import Network


def _limit(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """What becomes of an option that limits what a text may ask for (`terminal.chosen_limits`)."""

    def keep(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None:
            context.meta.setdefault("netdsl.limits", {})[name] = value

    return keep


_TRUST: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--root",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="The folder below which imports are read; else that of the file.",
    ),
    click.option(
        "--max-layers",
        type=click.IntRange(1, 10**9),
        metavar="NUMBER",
        expose_value=False,
        callback=_limit("layers"),
        help=f"The most steps of a network, those of blocks and loops included. [default: {LAYERS}]",
    ),
    click.option(
        "--no-extern",
        "extern",
        flag_value=False,
        default=None,
        expose_value=False,
        callback=_limit("extern"),
        help="Refuse `extern layer`: no text decides what the emitted code imports.",
    ),
)


def _given(
    options: Sequence[Callable[[Any], Any]], command: Callable[..., Any]
) -> Callable[..., Any]:
    """A command with several options, in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def root(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say what a text may read and ask for; it gets `root`."""
    return _given(_TRUST, command)


_ASKED: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--net",
        metavar="NAME",
        help="Which net of the file; else the one named like the file, or the last.",
    ),
    click.option(
        "--set",
        "values",
        multiple=True,
        metavar="NAME=VALUE",
        help="Set a parameter: --set classes=10.",
    ),
    click.option(
        "--input",
        "inputs",
        multiple=True,
        metavar="[NAME=]SIZE",
        help="Another input size: --input 3x256x256.",
    ),
)


def asked(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which net, and with what; it gets `net`, `values`, `inputs`."""
    return _given(_ASKED, command)


_WHICH: Sequence[Callable[[Any], Any]] = (
    click.argument("file"),
    asked,
    root,
    click.option(
        "--replace",
        "steps",
        multiple=True,
        metavar="STEP=STEPS",
        help='Other steps in the place of one: --replace fc="linear(10)".',
    ),
    *PASSES,
    click.option(
        "--start-from",
        metavar="FILE",
        help="A net (a file or zoo:name) from whose checkpoint weights start, where names and shapes agree.",
    ),
    click.option("--start-net", metavar="NAME", help="Which net of that file."),
    click.option(
        "--start-name",
        "names",
        multiple=True,
        metavar="OURS=THEIRS",
        help="What a beginning of our names is there: --start-name backbone=features.",
    ),
    click.option(
        "--first",
        type=click.IntRange(1),
        help="By order, not by names: the first so many convolutions and linear layers of it.",
    ),
    click.option("--last", type=click.IntRange(1), help="And the last so many."),
    click.option(
        "--freeze",
        metavar="STEP",
        help="Freeze the weights up to this step: a label, or a name in the state_dict.",
    ),
)


def of_network(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; it is called with `compiled`, which compiles what they say."""

    @wraps(command)
    def run(**given: Any) -> Any:
        own = {name: given.pop(name) for name in _NAMES}
        return command(lambda: _compiled(**own), **given)

    return _given(_WHICH, run)


_NAMES = (
    *("file", "net", "values", "inputs", "root", "steps"),
    *PASS_NAMES,
    *("start_from", "start_net", "names", "first", "last", "freeze"),
)


def _compiled(
    file: str,
    net: str | None,
    values: tuple[str, ...],
    inputs: tuple[str, ...],
    root: Path | None,
    steps: tuple[str, ...],
    start_from: str | None,
    start_net: str | None,
    names: tuple[str, ...],
    first: int | None,
    last: int | None,
    freeze: str | None,
    **passes: Any,
) -> Network:
    """The network that the options mean. Its warnings are shown."""
    from netdsl.network import Network

    if start_from is None and (start_net or names or first or last):
        raise click.UsageError("--start-net, --start-name, --first and --last need --start-from")
    if names and (first or last):
        raise click.UsageError("by names or by order: --start-name, or --first and --last")
    compilation, meant = open_text(file, root)
    replaced = pairs("--replace", steps, "step=steps")
    given = sizes(inputs)
    own = {} if passes["convolutional"] else given  # windows are those of its own size
    network = Network(compilation.design(net or meant, settings(values), own, replace=replaced))
    show(compilation.report.warnings)
    network = passed(network, given, **passes)
    if start_from is not None:
        other, named = open_text(start_from, root)
        source = Network(other.design(start_net or named))
        renamed = pairs("--start-name", names, "ours=theirs", one_empty=True)
        network = network.start_from(source, first=first or 0, last=last or 0, names=renamed)
    return network if freeze is None else network.freeze(freeze)
