"""What the rows of a table say in words, and the texts of the author in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netdsl.design import HeadEvent, Merge, Predicted, Residual
from netdsl.escaping.letters import plain
from netdsl.layers.arguments import source_text
from netdsl.shapes import Size
from netdsl.syntax import ast


def written(node: ast.Node) -> str:
    """What the author wrote, on one line and without comments."""
    return plain(" ".join(line.split("#")[0] for line in node.span.text.splitlines()))


def fact_text(value: Any) -> str:
    """A fact of `meta { ... }`: texts without their quotes."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, (list, tuple)) and not isinstance(value, Size):
        return ", ".join(fact_text(v) for v in value)
    return plain(source_text(value))


def sum_text(numbers: Iterable[int]) -> str:
    """`64+128+32+32`; of many only the sum."""
    found = list(numbers)
    if len(found) > 8:
        return f"{sum(found)} from {len(found)}"
    return "+".join(str(n) for n in found)


def concat_text(channels: Iterable[int]) -> str:
    return f"concat, {sum_text(channels)}"


def merge_text(what: Merge) -> str:
    """`concat, 64+128+32+32`, `sum of 2`."""
    word = what.layer.word
    if word == "concat":
        return concat_text(v.shape.channels for v in what.branches if v.shape is not None)
    named = {"add": "sum of", "mul": "product of"}.get(word)
    return f"{named} {len(what.branches)}" if named else what.layer.label()


def head_text(event: HeadEvent) -> str:
    """`SSD head, 8,732 boxes`."""
    name = event.kind.title
    if event.kind.form not in ("bars", "maps") or event.count is None:
        return name
    return f"{name}, {event.count:,} boxes"


def boxes_text(what: Predicted) -> str:
    """`4 boxes a place: 5,776`."""
    text = f"{what.boxes} box{'es' * (what.boxes != 1)} a place"
    return text if what.count is None else f"{text}: {what.count:,}"


def residual_text(what: Residual) -> str:
    """`residual sum, scale 0.17`."""
    scale = "" if what.scale is None else f", scale {what.scale:g}"
    survival = "" if what.survival is None else f", survival {what.survival:g}"
    return f"residual sum{scale}{survival}"
