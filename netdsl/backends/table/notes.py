"""What stands under a table: the convention that its numbers follow, and what its marks mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING

from netdsl.backends.table.columns import TITLES, Column
from netdsl.backends.table.runs import every
from netdsl.backends.table.settings import Settings
from netdsl.design import Design
from netdsl.escaping.letters import plain
from netdsl.open_sizes import formula_notes
from netdsl.totals import scope_tensors
from netdsl.weights import Treatment

if TYPE_CHECKING:
    from netdsl.backends.table.view import Maker

MACS = "multiply-adds of convolutions and linear layers, one sample; no bias, no normalisation."
_RULES = {
    "macs": f"MACs: {MACS}",
    "macs+bias": "MACs + bias: multiply-adds of convolutions and linear layers and one addition for "
    "every biased output, one sample; no normalisation.",
    "flops": "FLOPs: two for every multiply-add of convolutions and linear layers, one sample; no bias, "
    "no normalisation.",
    "all": "operations: every addition, multiplication, comparison and function of every layer, one "
    "sample; a multiply-add is two.",
}
UNBIASED = "Biases of convolutions and linear layers are left out, in parameters too."


def convention(settings: Settings, columns: Sequence[Column]) -> Iterator[str]:
    """What the numbers of the columns count, and what they do not: a sentence for each kind."""
    names = [column.name for column in columns]
    rules = ["macs"] if "macs" in names or "macs_share" in names else []
    rules += ["flops"] if "flops" in names else []
    rules += [settings.count] if "count" in names else []
    for rule in dict.fromkeys(rules):
        if rule in _RULES:
            yield _RULES[rule]
        else:
            yield f"as {rule}: what {rule} counts for this network, one sample."
    if not settings.bias:
        yield UNBIASED
    for column in columns:
        if column.name in ("connections", "neurons", "receptive", "jump", "offset", "fixed"):
            yield f"{column.title}: {column.about}."
        elif column.name == "activations":
            samples = f"{settings.batch} sample{'s' * (settings.batch != 1)}"
            yield f"{column.title}: {column.about}; {samples} of {settings.dtype}."
    if settings.kilo:
        letter = (
            "ki, Mi, Gi: powers of 1,024" if settings.kilo == 1024 else "k, M, G: powers of 1,000"
        )
        yield f"{letter}; three digits are shown."


def notes(maker: Maker, columns: Sequence[Column]) -> Iterator[str]:
    design, settings, totals = maker.design, maker.settings, maker.totals
    rows = list(every(maker.rows))
    yield from convention(settings, columns)
    if settings.count not in TITLES and any(column.name == "count" for column in columns):
        from netdsl.counting import explained  # most tables count MACs only

        said = explained(design, settings.count)
        if said:
            yield said
    yield "Layers of the total: convolutions and linear layers on the longest path."
    if any(row.children for row in rows):
        yield "The row of a block is the sum of the rows below it."
    if any(row.count > 1 and row.kind != "run" for row in rows):
        yield (
            "x N: N equal blocks. Their row counts all of them, the rows below it one; "
            "`*` is any of them."
        )
    if any(row.count > 1 and row.kind == "run" for row in rows):
        yield "(...) x N: equal layers in a row. Their row counts all, the rows below it the first."
    if maker.stages:
        yield "Stages: layers whose output is that much smaller than the input along its sides."
    if any(row.auxiliary for row in rows):
        yield "auxiliary: an output in training only, not counted in the total."
    names = [column.name for column in columns]
    if maker.fixed and "parameters" in names and "fixed" not in names:
        yield "fixed: numbers of the state_dict that are not learned; no part of the parameters."
    yield from _head_notes(design)
    yield from _weight_notes(design)
    if any(row.shared for row in rows):
        yield "shared: uses the weights of the module declared above; they count once."
    if totals.unknown:
        yield "?: what extern layers hold and do is not known."
    if any(column.kind == "pixels" for column in columns) and any(
        row.field is None and row.shape is not None and row.kind != "param" and not row.declared
        for row in rows
    ):
        yield "?: receptive fields cannot be told where maps are made larger or sizes are open."
    yield from formula_notes(design, totals.macs)
    for footer in settings.footers:
        yield from footer.notes


def _head_notes(design: Design) -> Iterator[str]:
    """What the numbers of heads count, and what the network takes beside images."""
    heads = design.heads
    if any(event.others for event in heads.values()):
        yield "again: the same weights on another map; the head's row counts the work on all maps."
    regions = heads.get("rcnn") or heads.get("svm")
    if regions is not None:
        yield f"MACs of `head {regions.word}` are those of one region."
        if "rpn" not in heads:
            yield "Regions are an input: `forward(images, proposals, targets)`."


def _weight_notes(design: Design) -> Iterator[str]:
    """How many weights start from elsewhere, and how many are trained."""
    if design.start is None and not design.frozen:
        return
    learned = {name: prod(s) for name, s, learned in scope_tensors(design.net) if learned}
    total = sum(learned.values())
    if design.start is not None:
        taken = sum(learned.get(name, 0) for name in design.start.tensors)
        source = plain(design.start.source)
        yield f"from {source}: the name in its checkpoint; {taken:,} of {total:,} parameters start there."
    if design.frozen:
        treatment = Treatment(design)
        kept = sum(size for name, size in learned.items() if treatment.frozen(name))
        yield f"frozen: not trained; the other {total - kept:,} of {total:,} parameters are."
