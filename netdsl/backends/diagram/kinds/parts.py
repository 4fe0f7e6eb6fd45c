"""Items of the plan in the order of the flow, for figures that are rows of parts and not whole graphs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netdsl.backends.diagram import labels
from netdsl.backends.diagram.items import Around, Chain, DenseItem, Fold, Item, Join, Op, Plan, Sub
from netdsl.backends.diagram.steps import Steps, summary
from netdsl.backends.diagram.text import clean, kind_of
from netdsl.record import Record

PREPARING = ("norm", "activation", "shape")  # kinds that may stand in the box of what they prepare


class Cell(Record):
    """One box: its kind, its text in one line and in several, and the steps it stands for."""

    name: str
    kind: str
    text: str
    lines: tuple[str, ...]
    steps: Counter[str]
    prepared: str = ""  # what stands before the layer in its box: `BN, ReLU`

    def repeated(self, times: int) -> Cell:
        """So many of them as one box; its steps are those of all already."""
        lines = (f"{times} \N{MULTIPLICATION SIGN} ({self.text})",)
        return Cell(self.name, self.kind, lines[0], lines, self.steps, self.prepared)

    @property
    def row(self) -> tuple[str, ...]:
        """Its text where boxes stand below each other: in one line if that is short."""
        return (self.text,) if len(self.text) <= 12 else self.lines


def inside(item: Item) -> list[list[Item]]:
    """The lists of items in an item, but for the level below it."""
    if isinstance(item, Fold):
        return [item.items]
    if isinstance(item, Join):
        return [chain.items for chain in item.branches]
    if isinstance(item, Around):
        return [item.body.items, item.shortcut.items]
    if isinstance(item, DenseItem):
        return [chain.items for chain in item.iterations]
    return []


def plain(plan: Plan) -> bool:
    """Whether a level is a chain: each item reads what the one before it gives, and nothing else."""
    before = None
    for item in plan.items:
        if len(item.reads) != 1 or item.aux is not None or item.output is None:
            return False
        if before is not None and item.enters is not before:
            return False
        before = item.output
    return bool(plan.items) and plan.result is before


def cells(items: list[Item], steps: Steps, prefix: str = "") -> list[Cell]:
    """A chain as boxes. What only prepares a convolution (BN and activation before it) is in its box."""
    out: list[Cell] = []
    waiting: list[tuple[str, Op]] = []
    for where, item in _flat(items, prefix):
        if isinstance(item, Op):
            kind = kind_of(item.layers[0])
            if kind in PREPARING and all(kind_of(x) in PREPARING for x in item.layers):
                waiting.append((where, item))
                continue
            prepares = kind in (*labels.CONVOLUTIONS, "up", "linear")
            out += [] if prepares else _own(waiting, steps)
            before = [op for _, op in waiting] if prepares else []
            out.append(_cell(item, before, steps, where))
        else:
            out += _own(waiting, steps)
            out.append(stack(item, steps, where))
        waiting = []
    return out + _own(waiting, steps)


def _flat(items: list[Item], prefix: str = "") -> Iterator[tuple[str, Item]]:
    """The items of a chain, levels that are chains themselves opened, with the paths of their scopes."""
    for item in items:
        if isinstance(item, Sub) and plain(item.plan) and not item.shared:
            yield from _flat(item.plan.items, f"{prefix}{'.'.join(item.path)}.")
        else:
            yield prefix, item


def _own(waiting: list[tuple[str, Op]], steps: Steps) -> list[Cell]:
    """One box of what prepares nothing."""
    if not waiting:
        return []
    words = tuple(labels.long(layer) for _, op in waiting for layer in op.layers)
    total = steps.items([op for _, op in waiting])
    prefix, first = waiting[0]
    kind = kind_of(first.layers[0])
    return [Cell(prefix + ".".join(first.path), kind, ", ".join(words), words, total)]


def _cell(item: Op, before: list[Op], steps: Steps, prefix: str) -> Cell:
    layer = item.layers[0]
    words = " and ".join(labels.long(x) for op in before for x in op.layers)
    name = prefix + ".".join(item.path)
    total = steps.items([*before, item])
    lines = labels.cell(layer)
    if kind_of(layer) == "up":
        first, _, rest = lines[0].partition(", ")
        lines = (first, rest) if rest else lines
    if len(lines) == 1 and len(lines[0]) > 12 and " " in lines[0]:
        first, _, rest = lines[0].partition(" ")
        lines = (first, rest)
    return Cell(name, kind_of(layer), labels.short(layer), lines, total, words)


def stack(item: Item, steps: Steps, prefix: str = "") -> Cell:
    """One box for an item with something inside."""
    total = steps.item(item)
    if isinstance(item, Sub):
        name, title = prefix + ".".join(item.path), " ".join(item.titles())
    elif isinstance(item, Fold):
        cell = cells(item.items, steps, prefix)
        text = ", ".join(c.text for c in cell)
        name = cell[0].name if cell else prefix
        title = f"{item.times} \N{MULTIPLICATION SIGN} ({text})" if len(cell) < 3 else ""
    else:
        name, title = prefix + (item.word or "part"), item.word
    title = clean(title, 24)
    said = summary(total)
    return Cell(name, "stack", title or said, (title, said) if title else (said,), total)


def sentence(items: list[Item]) -> str:
    """A chain in words: `BN, ReLU, 1x1 conv 128, BN, ReLU, 3x3 conv 32`; "" where it branches."""
    words: list[str] = []
    for _, item in _flat(items):
        if not isinstance(item, Op):
            return ""
        words += [labels.long(layer).replace(", ", " ") for layer in item.layers]
    return ", ".join(words)


def chain_key(chain: Chain) -> tuple[int, ...]:
    """What a chain does, for telling equal ones."""
    return tuple(item.key for item in chain.items)
