"""The command `train`: a detector trained and evaluated (`netdsl.detecting`)."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netdsl.options import of_network
from netdsl.terminal import consoles, guarded

if TYPE_CHECKING:
    from netdsl.network import Network


@click.command()
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
