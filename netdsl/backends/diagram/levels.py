"""How much of a network is drawn: as much as fits into a readable number of nodes.

The choice depends on the number of nodes alone, so that the same source gives the same figure on a
slow machine. What lies deeper than the chosen level is drawn as one box for each block; if that is
still too much, the middle of long chains and wide merges is left out and said in one box.
"""

from __future__ import annotations

from netdsl.backends.diagram.items import (
    Arithmetic,
    Around,
    Chain,
    DenseItem,
    Fold,
    HeadItem,
    Item,
    Join,
    Op,
    Plan,
    Sub,
    parts_of,
)
from netdsl.record import Record

MOST_NODES = 400
MOST_LEVELS = 40  # panels inside of panels
LENGTHS = (160, 80, 40, 20, 10, 5)  # of chains, and numbers of branches, tried in this order


class Level(Record):
    """`depth` levels of blocks are drawn (None: all), chains and merges of at most `length` parts;
    with `joins` off a merge is one box too. `full` is the number of nodes that nothing is left out of.
    Blocks that hold at most `folded` levels are one box, but for those on the way to `expand`."""

    depth: int
    length: int | None
    joins: bool
    full: int
    complete: bool
    folded: int = -1
    expand: tuple[str, ...] = ()
    name: str = "layer"

    def opens(self, path: str, levels: int) -> bool:
        """Whether the inside of a block is drawn that holds that many levels of blocks."""
        if levels > self.folded:
            return True
        return any(f"{wanted}.".startswith(f"{path}.") for wanted in self.expand)


class Counter:
    """Numbers of nodes, each plan counted once a level."""

    def __init__(self, length: int | None = None, joins: bool = True) -> None:
        self.length = length
        self.joins = joins
        self._known: dict[tuple[int, int], int] = {}

    def plan(self, plan: Plan, depth: int) -> int:
        known = self._known.get((id(plan), depth))
        if known is None:
            known = self._known[id(plan), depth] = self.items(plan.items, depth)
        return known

    def items(self, items: list[Item], depth: int) -> int:
        shown, left_out = shortened(items, self.length)
        return sum(self.item(item, depth) for part in shown for item in part) + (left_out > 0)

    def chain(self, chain: Chain, depth: int) -> int:
        return self.items(chain.items, depth)

    def item(self, item: Item, depth: int) -> int:
        side = 1 if item.aux is not None else 0
        if isinstance(item, Sub):
            return side + (1 + self.plan(item.plan, depth - 1) if depth > 0 else 1)
        if isinstance(item, Fold):
            return self.items(item.items, depth)
        if not self.joins and isinstance(item, (Join, Around, DenseItem)):
            return 1
        if isinstance(item, Join):
            shown, left_out = shortened(item.branches, self.length)
            return 2 + (left_out > 0) + sum(self.chain(b, depth) for part in shown for b in part)
        if isinstance(item, Around):
            extra = (item.scale is not None) + (item.survival is not None)
            return 2 + extra + self.chain(item.body, depth) + self.chain(item.shortcut, depth)
        if isinstance(item, DenseItem):
            if item.equal:
                return 2 + self.chain(item.iterations[0], depth)
            shown, left_out = shortened(item.iterations, self.length)
            return (left_out > 0) + sum(2 + self.chain(c, depth) for part in shown for c in part)
        if isinstance(item, HeadItem):
            if depth == 0:
                return 1
            inside = sum(self.items(items, depth - 1) for items in item.chains)
            return 3 + len(item.predictors) + inside
        if isinstance(item, Arithmetic):
            return len(item.computed.values)
        return 1 + side if isinstance(item, Op) else 1


def shortened(parts: list, length: int | None) -> tuple[tuple[list, list], int]:
    """The first and the last of a long list, and how many were left out between them."""
    if length is None or len(parts) <= length:
        return (parts, []), 0
    head = (length + 1) // 2
    tail = length - head
    return (parts[:head], parts[len(parts) - tail :]), len(parts) - length


def choose(plan: Plan, most: int = MOST_NODES) -> Level:
    """The deepest level that has at most `most` nodes."""
    counter = Counter()
    levels = _depth(plan, {})
    deepest = min(levels, MOST_LEVELS)
    full = counter.plan(plan, deepest)
    for depth in range(deepest, -1, -1):
        if counter.plan(plan, depth) <= most:
            return Level(depth, None, True, full, depth == levels)
    for joins in (True, False):
        for length in LENGTHS:
            if Counter(length, joins).plan(plan, 0) <= most:
                return Level(0, length, joins, full, False)
    return Level(0, LENGTHS[-1], False, full, False)


FOLDED = {"layer": -1, "block": 0, "stage": 1, "net": 1_000_000}  # levels inside of what is one box


def level(plan: Plan, name: str, expand: tuple[str, ...] = (), most: int = MOST_NODES) -> Level:
    """A level by its name: `layer` draws everything (that is not too much), `block` the innermost blocks
    as boxes, `stage` also those that hold such, `net` all."""
    return choose(plan, most).but(folded=FOLDED[name], expand=expand, name=name)


def names_of(plan: Plan) -> list[str]:
    """The levels that make a difference, deepest first."""
    inside = levels_in(plan, {})
    names = ["layer"]
    if inside > 0:
        names.append("block")
    if inside > 1:
        names.append("stage")
    if inside > 2:
        names.append("net")
    return names


BLOCKS = ("block", "module", "aux", "dense", "head")


def levels_in(plan: Plan, known: dict[tuple[int, bool], int], inside: bool = False) -> int:
    """How many levels of blocks lie inside of each other in a plan. Groups outside of blocks count too (a
    stage may be one), those `inside` of a block are how it is written."""
    found = known.get((id(plan), inside))
    if found is None:
        found = max((_levels_of(item, known, inside) for item in plan.items), default=0)
        known[id(plan), inside] = found
    return found


def _levels_of(item: Item, known: dict[tuple[int, bool], int], inside: bool) -> int:
    if isinstance(item, Sub):
        block = item.scope.kind in BLOCKS
        return (block or not inside) + levels_in(item.plan, known, inside or block)
    chains = item.chains if isinstance(item, HeadItem) else parts_of(item)
    own = 1 if isinstance(item, HeadItem) else 0
    return own + max((_levels_of(i, known, inside) for chain in chains for i in chain), default=0)


def _depth(plan: Plan, known: dict[int, int]) -> int:
    """How many levels lie inside of each other below a plan."""
    found = known.get(id(plan))
    if found is None:
        found = known[id(plan)] = max((_item_depth(i, known) for i in plan.items), default=0)
    return found


def _item_depth(item: Item, known: dict[int, int]) -> int:
    if isinstance(item, Sub):
        return 1 + _depth(item.plan, known)
    if isinstance(item, HeadItem):
        return 1 + max((_item_depth(i, known) for chain in item.chains for i in chain), default=0)
    return max((_item_depth(i, known) for chain in parts_of(item) for i in chain), default=0)
