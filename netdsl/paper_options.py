"""The option that prints a table as a paper does, and the networks beside the one that a command is about."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from netdsl.network import Network

# Those of `netdsl.backends.table.papers`, whose import a start can do without.
NAMES = (
    *("googlenet", "vgg", "resnet", "densenet", "inception"),
    *("alexnet", "lenet", "comparison", "priors"),
)

like = click.option(
    "--like",
    metavar="PAPER",
    help=f"Tables: as a paper prints it: {', '.join(NAMES)}.",
)


def networks_beside(named: Sequence[str], network: Network) -> list[Network]:
    """The networks that `--beside` names: `zoo:name`, a file, or another net of the network's own file."""
    return [_beside(name, network) for name in named]


def _beside(name: str, network: Network) -> Network:
    from netdsl.network import load

    if name.startswith("zoo:") or not name.isidentifier() or os.path.exists(name):
        return load(name)
    own = network.design.source.name
    if own.startswith("zoo/") and not os.path.exists(own):
        return load(f"zoo:{name}")
    return load(own, net=name)
