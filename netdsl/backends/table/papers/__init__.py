"""Tables as papers print them: `netdsl compile zoo:googlenet --to table --like googlenet`.

A layout reads the compiled network (`reading`: layers, forks, residual and dense blocks, found by structure and not
by names), and makes a `Sheet`; a writer prints it. All columns are computed. Where a paper or lecture prints the
same table of the network, every number is compared, and notes name those that differ (`printed`).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from netdsl.backends.table.papers.sheet import Sheet
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError, did_you_mean
from netdsl.record import Record


class Layout(Record):
    """`module` has `sheet(readings, wanted)`; `several` networks stand side by side. `about` is one line."""

    module: str
    several: bool
    about: str


LAYOUTS = {
    "googlenet": Layout("googlenet", False, "GoogLeNet's table 1: widths of inception modules"),
    "vgg": Layout("vgg", True, "VGG's table 1: configurations side by side"),
    "resnet": Layout("resnet", True, "ResNet's table 1: blocks by stage, side by side"),
    "densenet": Layout("densenet", True, "DenseNet's table 1: dense blocks and transitions"),
    "inception": Layout("inception", False, "Inception's table: patch size/stride, input size"),
    "alexnet": Layout("alexnet", False, "lectures' table of a line of layers, with formulas"),
    "lenet": Layout("lenet", False, "LeNet-5's layers: maps, neurons, connections"),
    "comparison": Layout("comparison", True, "networks compared: year, depth, errors, kernels"),
    "priors": Layout("priors", False, "a detector's boxes, map by map"),
}
FORMATS = ("text", "markdown", "csv", "json", "latex", "html")


def paper_table(
    design: Design,
    like: str,
    format: str = "text",
    beside: Sequence[Design] = (),
    kilo: int = 0,
    bias: bool = True,
) -> str:
    """The table of a network, and of others beside it, in a layout of `LAYOUTS` and a format of `FORMATS`.

    `kilo` is what K means (1000 or 1024; 0 as the layout's paper has it), `bias` whether biases count.
    Raises `NetError` for a layout or format that there is not (E470, E404), networks that it cannot
    show (E471, E472), sizes that are open (E473).
    """
    from netdsl.backends.table.papers.writers import written

    if format not in FORMATS:
        hint = did_you_mean(format, FORMATS) or f"there are {', '.join(FORMATS)}"
        raise NetError([Diagnostic("E404", f"there is no table format `{format}`", hint=hint)])
    return written(paper_sheet(design, like, beside, kilo, bias), format)


def paper_sheet(
    design: Design,
    like: str,
    beside: Sequence[Design] = (),
    kilo: int = 0,
    bias: bool = True,
) -> Sheet:
    """The model of that table, with what printed tables say otherwise."""
    from netdsl.backends.table.papers.fitting import Reading, Wanted
    from netdsl.backends.table.papers.printed import compared
    from netdsl.backends.table.papers.reading import read

    layout = LAYOUTS.get(like)
    if layout is None:
        hint = did_you_mean(like, LAYOUTS) or f"there are {', '.join(LAYOUTS)}"
        raise NetError([Diagnostic("E470", f"there is no table like `{like}`", hint=hint)])
    designs = (design, *beside)
    if beside and not layout.several:
        beside_of = ", ".join(name for name, own in LAYOUTS.items() if own.several)
        message = f"`--like {like}` shows one network, not {len(designs)}"
        hint = f"layouts with networks side by side: {beside_of}"
        raise NetError([Diagnostic("E472", message, hint=hint)])
    for own in designs:
        _check_sizes(own, like)
    module = import_module(f"{__name__}.{layout.module}")
    readings = [Reading(own, *read(own)) for own in designs]
    sheet = module.sheet(readings, Wanted(kilo, bias))
    notes = tuple(note for note in sheet.notes if note)
    return compared(sheet.but(notes=notes), designs)


def _check_sizes(design: Design, like: str) -> None:
    from netdsl.escaping.letters import plain

    for name, value in design.inputs.items():
        shape = value.shape
        if shape is None or not shape.known:
            size = "x".join(str(d) if isinstance(d, int) else "224" for d in shape or ())
            message = f"`--like {like}` needs sizes, and the input `{name}` of `{plain(design.name)}` is open"
            hint = f"give it one: `--input {size}`"
            raise NetError([Diagnostic("E473", message, hint=hint)])
