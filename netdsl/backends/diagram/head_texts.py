"""What a figure says of a detection head: of each map its size, its boxes and the layers that predict."""

from __future__ import annotations

from netdsl.backends.diagram.items import Item, Op, Sub
from netdsl.backends.diagram.text import TIMES, clean, layer_text, plural, shape_text
from netdsl.design import HeadEvent, Predicted
from netdsl.shapes import Shape


def total(count: int | None) -> str:
    """`8,732 boxes`."""
    return plural(count, "box", "boxes") if count is not None else "all boxes"


def place_text(what: Predicted) -> str:
    """The size of the map that a step predicts on, or of the grid that it makes of a vector."""
    grid = getattr(what.predictor, "grid", None)
    return TIMES.join(map(str, grid)) if grid is not None else sides_text(what.map.shape)


def boxes_text(what: Predicted) -> tuple[str, ...]:
    """`4 boxes a place, 5,776`."""
    place = "cell" if getattr(what.predictor, "grid", None) is not None else "place"
    each = f"{plural(what.boxes, 'box', 'boxes')} a {place}"
    return (each if what.count is None else f"{each}, {what.count:,}",)


def sides_text(shape: Shape | None) -> str:
    """`38x38`, or what is known of open sides: `H/16xW/16`."""
    return shape_text(Shape(*shape.sides)) if shape is not None else ""


def proposals_text(event: HeadEvent) -> str:
    training, evaluation = event.kind.proposals
    more = f" ({training:,} in training)" if training != evaluation else ""
    return f"{plural(evaluation, 'proposal')}{more}"


def layer_words(item: Item) -> str:
    """A predicting layer, or the block that stands for it with its channels."""
    if isinstance(item, Op):
        return ", ".join(layer_text(layer) for layer in item.layers)
    assert isinstance(item, Sub) and item.output is not None and item.output.shape is not None
    return f"{clean(item.scope.name)}, {item.output.shape.channels}"
