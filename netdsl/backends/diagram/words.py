"""What is said about the whole figure: in its legend, and to those who cannot see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from netdsl import totals
from netdsl.backends.diagram.levels import Level
from netdsl.backends.diagram.text import clean, large, plural, shape_text
from netdsl.backends.diagram.treatment import legend
from netdsl.design import Design, Value

COUNTED = (
    ("conv", "convolution"),
    ("conv_transpose", "transposed convolution"),
    ("linear", "fully connected layer"),
    ("residual", "residual sum"),
    ("concat", "concatenation"),
)


def size(design: Design) -> str:
    """`61.1 M parameters, 714.2 M multiply-adds`, of what runs in evaluation."""
    cost = totals.cost_used(design)
    facts = [f"{large(cost.parameters)} parameters"]
    if isinstance(cost.macs, int) and cost.macs:  # no formula
        facts.append(f"{large(cost.macs)} multiply-adds")
    return ", ".join(facts)


def notes(design: Design, level: Level) -> tuple[str, ...]:
    """What the looks of boxes mean that are treated otherwise, and what was left out."""
    found = legend(design)
    if not level.complete:
        what = f"{plural(level.depth, 'level')} of blocks" if level.depth else "no inside of blocks"
        found.append(f"shows {what}; all of it would be {level.full:,} boxes")
    if level.length is not None:
        long = f"{level.length} parts" if level.joins else f"{level.length} parts, and merges whole"
        found.append(f"shows the ends of chains of more than {long}")
    return tuple(found)


def description(design: Design, steps: Counter[str]) -> str:
    """What those read who cannot see the figure."""
    said = [plural(steps[word], one) for word, one in COUNTED if steps[word]]
    inside = f" with {listed(said)}" if said else ""
    names = [clean(name) for name in design.net.aux]
    side = f"; in training also {listed(names)}" if names else ""
    ways = f"from {_named(design.inputs)} to {_named(design.outputs)}"
    has = size(design).replace(", ", " and ")
    return f"{clean(design.name)} leads {ways}{inside}{side}. It has {has}."


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _named(values: Mapping[str, Value]) -> str:
    return listed([f"{clean(name)} {shape_text(v.shape)}" for name, v in values.items()])
