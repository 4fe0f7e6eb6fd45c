"""What is said about the whole figure: below it, and to those who cannot see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

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


def caption(design: Design, level: Level) -> tuple[str, ...]:
    """The network's size, and what was left out."""
    cost = totals.cost_used(design)
    facts = [f"{large(cost.parameters)} parameters"]
    if cost.macs:
        facts.append(f"{large(cost.macs)} multiply-adds")
    lines = [f"{clean(design.name)}: {', '.join(facts)}"]
    treated = legend(design)
    if treated:
        lines.append("; ".join(treated))
    if not level.complete:
        what = f"{plural(level.depth, 'level')} of blocks" if level.depth else "no inside of blocks"
        lines.append(f"shows {what}; all of it would be {level.full:,} boxes")
    if level.length is not None:
        long = f"{level.length} parts" if level.joins else f"{level.length} parts, and merges whole"
        lines.append(f"shows the ends of chains of more than {long}")
    return tuple(lines)


def description(design: Design, steps: Counter[str]) -> str:
    """A sentence for those who cannot see the figure."""
    said = [plural(steps[word], one) for word, one in COUNTED if steps[word]]
    inside = f" with {', '.join(said)}" if said else ""
    names = ", ".join(clean(name) for name in design.net.aux)
    side = f"; in training also {names}" if names else ""
    ways = f"from {_named(design.inputs)} to {_named(design.outputs)}"
    return f"{clean(design.name)} leads {ways}{inside}{side}."


def _named(values: Mapping[str, Value]) -> str:
    return " and ".join(f"{clean(name)} {shape_text(v.shape)}" for name, v in values.items())
