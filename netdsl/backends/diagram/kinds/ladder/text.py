"""The words of a ladder: what a step does without its channels, runs of equal steps, sizes and strides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

from netdsl.backends.diagram.items import Around, DenseItem, Item, Join, Op, Plan, Sub
from netdsl.backends.diagram.kinds.ladder.cells import PASSING, Cell, chains_of
from netdsl.backends.diagram.kinds.ladder.passes import Ladder
from netdsl.backends.diagram.labels import CONVOLUTIONS, short
from netdsl.backends.diagram.steps import summary
from netdsl.backends.diagram.text import TIMES, clean, kind_of, layer_text, shape_text
from netdsl.backends.diagram.words import description
from netdsl.layers.base import Layer
from netdsl.shapes import Shape

MOST_INSIDE = 2  # lines for what is in a block


# -------------------------------------------------------------------------------------------- layers
def channels_off(layer: Layer) -> str:
    """`3x3 conv, /2` of `3x3 conv, 64, /2`."""
    first, *rest = layer_text(layer).split(", ")
    if kind_of(layer) in (*CONVOLUTIONS, "up"):
        rest = [part for part in rest if not part.isdigit()]
    return ", ".join([first, *rest])


def doing(cells: Sequence[Cell]) -> str:
    """What cells do, without their channels: `3x3 conv + BN + ReLU`."""
    texts: list[str] = []
    for cell in cells:
        if isinstance(cell.item, Op):
            first, *others = cell.item.layers
            texts.append(" + ".join([channels_off(first), *(layer_text(o) for o in others)]))
    return " + ".join(texts)


def said(item: Item | None) -> str:
    """One step in a few words: `3x3, 64, /2`."""
    if isinstance(item, Op):
        return short(item.layers[0])
    if isinstance(item, Sub):
        return item.titles()[0]
    return item.word if item is not None else ""


def runs(texts: Sequence[str]) -> list[str]:
    """Equal texts that follow each other as one: `2 x (3x3, 64)`."""
    out: list[tuple[str, int]] = []
    for text in texts:
        if out and out[-1][0] == text:
            out[-1] = text, out[-1][1] + 1
        else:
            out.append((text, 1))
    return [text if times == 1 else f"{times} {TIMES} ({text})" for text, times in out]


# -------------------------------------------------------------------------------------------- blocks
def contents(item: Item) -> list[str]:
    """What a block consists of, line by line: `bottleneck x6` of six blocks, `2 x (3x3, 64)` of layers;
    nothing of what would take more than two lines."""
    if not isinstance(item, Sub):
        return []
    lines: list[tuple[str, int, bool]] = []
    for part in _inner(item.plan):
        if _passing(part):
            continue
        block = isinstance(part, Sub) and part.scope.kind == "block"
        if not block and not isinstance(part, Op):
            return []
        name = clean(part.scope.name) if isinstance(part, Sub) else said(part)
        if lines and lines[-1][0] == name:
            name, times, block = lines.pop()
            lines.append((name, times + 1, block))
        else:
            lines.append((name, 1, block))
    if not 0 < len(lines) <= MOST_INSIDE:
        return []
    return [_times(name, times, block) for name, times, block in lines]


def _times(name: str, times: int, block: bool) -> str:
    if block:
        return f"{name} {TIMES}{times}"
    return name if times == 1 else f"{times} {TIMES} ({name})"


def _inner(plan: Plan) -> list[Item]:
    """The items of a block; of one that is a single group or block, those of that."""
    items = plan.items
    while len(items) == 1 and isinstance(items[0], Sub):
        items = items[0].plan.items
    return items


def _passing(item: Item) -> bool:
    return isinstance(item, Op) and kind_of(item.layers[0]) in PASSING


def block_lines(cell: Cell) -> tuple[str, ...]:
    """A collapsed block: its name, and what it consists of."""
    item = cell.item
    assert item is not None
    if isinstance(item, Sub):
        title, *names = item.titles()
        return (title, *(contents(item) or [", ".join([*names, summary(cell.steps)])]))
    name = {Join: "branches", Around: "residual", DenseItem: "dense block"}.get(type(item), "")
    return (name or item.word, summary(cell.steps))


def ops_in(item: Item | None) -> Iterator[Op]:
    """All layers of an item, however deep."""
    if isinstance(item, Op):
        yield item
    elif isinstance(item, Sub):
        for part in item.plan.items:
            yield from ops_in(part)
    elif isinstance(item, (Join, Around, DenseItem)):
        for chain in chains_of(item):
            for part in chain.items:
                yield from ops_in(part)


# --------------------------------------------------------------------------------------------- sizes
def sides_text(shape: Shape | None) -> str:
    """`572x572`, `H/2xW/2`."""
    return shape_text(Shape(*shape.sides)) if shape is not None and shape.sides else ""


def stride_text(stride: Fraction | None) -> str:
    """`/8`; `/4.5` where strides are no whole numbers."""
    if stride is None:
        return ""
    return f"/{stride.numerator}" if stride.denominator == 1 else f"/{float(stride):.3g}"


def size_note(cell: Cell) -> str:
    """`256x52x52`; `256, /8` where sizes are open."""
    shape = cell.value.shape if cell.value is not None else None
    if shape is None:
        return ""
    if shape.known:
        return shape_text(shape)
    return f"{shape.channels}, {stride_text(cell.stride)}"


def titled(ladder: Ladder) -> tuple[str, str]:
    """The title of a ladder's figure, and what it says to those who cannot see it."""
    design = ladder.graph.design
    total = sum((cell.steps for cell in ladder.graph.cells), Counter())
    return clean(design.name), description(design, total)
