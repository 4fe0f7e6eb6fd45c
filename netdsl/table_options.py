"""The options that say what a table is to show."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netdsl.choices import OneOf
from netdsl.conventions import DTYPES, RULES, TOOLS
from netdsl.terminal import write

if TYPE_CHECKING:
    from netdsl.footers import Footer
    from netdsl.network import Network

_OPTIONS: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--columns",
        metavar="A,B,...",
        help="Tables: the columns, in this order (name,output,parameters,macs), or all.",
    ),
    click.option(
        "--depth", type=click.IntRange(1), help="Tables: levels of blocks that are shown; else all."
    ),
    click.option("--unfold", is_flag=True, help="Tables: equal rows one by one, not `x 6`."),
    click.option(
        "--stages", is_flag=True, help="Tables: subtotals of layers whose maps are equally small."
    ),
    click.option("--count", type=OneOf(RULES), help="Tables: what is counted as work; else MACs."),
    click.option(
        "--as",
        "tool",
        type=OneOf(TOOLS),
        help="Tables: count as this tool does.",
    ),
    click.option(
        "--kilo",
        type=OneOf(["1000", "1024"]),
        help="Tables: 4.09 G (1000) or 3.81 Gi (1024); else exact numbers.",
    ),
    click.option(
        "--no-bias",
        is_flag=True,
        help="Tables: leave out biases of convolutions and linear layers.",
    ),
    click.option(
        "--batch", type=click.IntRange(1), default=1, help="Tables: samples, of bytes and times."
    ),
    click.option(
        "--dtype",
        type=OneOf(list(DTYPES)),
        default="float32",
        help="Tables: the type of numbers, of bytes and times.",
    ),
)
_NAMES = ("columns", "depth", "unfold", "stages", "count", "tool", "kilo", "no_bias") + (
    "batch",
    "dtype",
)


def of_table(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; it is called with `listing`, a `Listed`."""

    @wraps(command)
    def run(*args: Any, **given: Any) -> Any:
        own = {name: given.pop(name) for name in _NAMES}
        return command(*args, listing=Listed(own), **given)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


class Listed:
    """What the options say of a table."""

    def __init__(self, own: dict[str, Any]) -> None:
        self.own = own

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of `Network.table`."""
        own = self.own
        if own["count"] and own["tool"]:
            raise click.UsageError("by a rule or as a tool does: --count, or --as")
        return {
            "columns": own["columns"],
            "depth": own["depth"],
            "fold": not own["unfold"],
            "stages": own["stages"],
            "count": own["count"] or own["tool"] or "macs",
            "kilo": int(own["kilo"] or 0),
            "bias": not own["no_bias"],
            "batch": own["batch"],
            "dtype": own["dtype"],
        }

    def of_papers(self) -> dict[str, Any]:
        """The settings that go with `--like`; the others are refused."""
        own = self.own
        for name in ("columns", "depth", "unfold", "stages", "count", "tool"):
            if own[name]:
                option = "as" if name == "tool" else name
                raise click.UsageError(
                    f"--like has its own rows; --{option} goes with the table of layers"
                )
        return {"kilo": int(own["kilo"] or 0), "bias": not own["no_bias"]}

    def write(
        self, network: Network, format: str, output: Path | None, footers: Sequence[Footer] = ()
    ) -> None:
        """Write the table. A terminal gets it with colours and in its width, if rich is installed."""
        settings = {**self.settings, "footers": tuple(footers)}
        if format == "text" and output is None and sys.stdout.isatty() and _has_rich():
            from netdsl.backends.table.coloured import show
            from netdsl.backends.table.settings import settings_of
            from netdsl.terminal import consoles

            show(network.design, settings_of(**settings), consoles()[0])
            return
        write(network.table(format, **settings), output, format)


def _has_rich() -> bool:
    from importlib.util import find_spec

    return find_spec("rich") is not None
