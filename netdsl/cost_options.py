"""The options of a table that say at which size, on which device and for which batch it counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from netdsl.footers import Footer
    from netdsl.network import Network

_OPTIONS: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--at",
        "at_sizes",
        multiple=True,
        metavar="[NAME=]SIZE",
        help="Tables: evaluate open sizes: --at 512x512, or --at image=512x512.",
    ),
    click.option(
        "--short",
        is_flag=True,
        help="Tables: open sizes as H/32, for the multiples for which that holds; a note says which.",
    ),
    click.option(
        "--memory",
        is_flag=True,
        help="Tables: what the network takes at its peak, in inference and in training.",
    ),
    click.option(
        "--device",
        metavar="NAME|flops=N,bandwidth=N",
        help="Tables: an estimate of the time on a device: a100, h100, v100, ...",
    ),
)
_NAMES = ("at_sizes", "short", "memory", "device")


def of_costs(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; it is called with `costs`, a `Costs`."""

    @wraps(command)
    def run(*args: Any, **given: Any) -> Any:
        own = {name: given.pop(name) for name in _NAMES}
        return command(*args, costs=Costs(own), **given)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


class Costs:
    """What the options say."""

    def __init__(self, own: dict[str, Any]) -> None:
        self.own = own

    def check(self, target: str) -> None:
        """They are about tables only."""
        named = {"at_sizes": "--at", "short": "--short", "memory": "--memory", "device": "--device"}
        for name, option in named.items():
            if self.own[name] and target != "table":
                raise click.UsageError(f"{option} goes with --to table")
        if self.own["short"] and self.own["at_sizes"]:
            raise click.UsageError(
                "--short is for open sizes, --at gives them numbers: one of them"
            )

    def network(self, network: Network) -> Network:
        """The network at the sizes that are asked for."""
        from netdsl.terminal import sizes

        if self.own["at_sizes"]:
            return network.at(sizes(self.own["at_sizes"], "--at"))
        return network.short() if self.own["short"] else network

    def footers(self, network: Network, batch: int, dtype: str) -> list[Footer]:
        """What is said below the table of a network."""
        own = self.own
        found: list[Footer] = []
        if own["memory"]:
            from netdsl.footers import memory_footer

            peaks = [network.memory(batch, dtype, t) for t in (False, True)]
            found.append(memory_footer(*peaks))
        if own["device"] is not None:
            from netdsl.footers import time_footer

            found.append(time_footer(network.roofline(own["device"], batch, dtype)))
        return found
