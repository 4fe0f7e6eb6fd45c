"""The options of passes (`netdsl.passes`): what is changed in a network before anything is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from netdsl.terminal import tell

if TYPE_CHECKING:
    from netdsl.compiler import Compilation
    from netdsl.diagnostics import Diagnostic
    from netdsl.network import Network
    from netdsl.shapes import Size

PASSES: Sequence[Callable[[Any], Any]] = (
    click.option(
        "--drop",
        "dropped",
        multiple=True,
        metavar="STEP",
        help="Leave a step out, a residual unit above all: --drop layer2.3.",
    ),
    click.option(
        "--dilate",
        "dilated",
        multiple=True,
        metavar="STEP",
        help="Dilation in the place of the strides in a step: --dilate layer4.",
    ),
    click.option(
        "--output-stride",
        type=click.IntRange(1),
        metavar="N",
        help="Dilation in the place of the strides that make maps coarser than 1/N.",
    ),
    click.option(
        "--convolutional",
        is_flag=True,
        help="Linear layers as convolutions, so that --input 3x384x384 gives a map of classes.",
    ),
    click.option(
        "--fold-bn",
        is_flag=True,
        help="Fold batch normalisation into the layers before it, for evaluation.",
    ),
)
PASS_NAMES = ("dropped", "dilated", "output_stride", "convolutional", "fold_bn")


def passed(
    network: Network,
    sizes: Mapping[str, Size],
    *,
    dropped: tuple[str, ...] = (),
    dilated: tuple[str, ...] = (),
    output_stride: int | None = None,
    convolutional: bool = False,
    fold_bn: bool = False,
) -> Network:
    """The network after these passes, in this order, for images of `sizes`. Notes are shown. Raises
    `NetError`."""
    if not (dropped or dilated or output_stride is not None or convolutional or fold_bn):
        return network
    from netdsl.diagnostics import NetError
    from netdsl.network import Network
    from netdsl.passes import convolutional as dense

    dilates = bool(dilated) or output_stride is not None

    def sliding(before: Network) -> Network:
        return Network(dense.convolutional(before.design, sizes))

    if dropped:
        network = network.drop(*dropped)
    if dilates and convolutional:
        whole = network
        try:  # kernels that were linear layers are dilated too, as DeepLab's
            network = sliding(network).dilate(*dilated, output_stride=output_stride)
        except NetError as error:
            if error.diagnostics[0].code != "E481":
                raise
            network = sliding(whole.dilate(*dilated, output_stride=output_stride))
    elif dilates:
        network = network.dilate(*dilated, output_stride=output_stride)
    elif convolutional:
        network = sliding(network)
    if fold_bn:
        network = network.fold_bn()
    for note in network.notes:
        tell(note)
    return network


class Changed:
    """What the options of passes say, for a command of many files."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given

    @property
    def any(self) -> bool:
        """Whether there is any pass."""
        return any(value not in ((), None, False) for value in self.given.values())

    def mistakes(
        self,
        compilation: Compilation,
        net: str | None,
        overrides: Mapping[str, str],
        sizes: Mapping[str, Size],
    ) -> Sequence[Diagnostic]:
        """Why a net of a file cannot be changed so; nothing if it can."""
        from netdsl.diagnostics import NetError
        from netdsl.network import Network

        try:
            passed(Network(compilation.design(net, overrides, sizes)), {}, **self.given)
        except NetError as error:
            return error.diagnostics
        return ()


def of_passes(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of passes; it gets them as `changed`."""

    @wraps(command)
    def run(**given: Any) -> Any:
        own = {name: given.pop(name) for name in PASS_NAMES}
        return command(changed=Changed(own), **given)

    for option in reversed(PASSES):
        run = option(run)
    return run
