"""Keys: equal numbers for what does the same, and the folding that rests on them.

A key tells operations, parameters, block names and how values run between the parts, but no shapes
and no labels. Two runs of items with equal keys whose inputs have equal shapes are copies of each
other; that is all that is ever folded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netdsl.backends.diagram.clock import Clock
from netdsl.backends.diagram.items import Around, Chain, Fold, Item, Op, Sub, parts_of
from netdsl.design import Value
from netdsl.layers.base import Layer

LONGEST_PERIOD = 8
FEWEST_BOXES = 5  # equal boxes one after another are folded from here on
FEWEST_BRANCHES = 4  # equal branches side by side are folded from here on


class Keys:
    """Numbers for keys, each given once."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._layers: dict[int, tuple[Layer, int]] = {}

    def number(self, *parts: Any) -> int:
        return self._numbers.setdefault(parts, len(self._numbers))

    def layer(self, layer: Layer) -> int:
        known = self._layers.get(id(layer))
        if known is None:
            fields = []
            for name in type(layer).fields:
                held = getattr(layer, name)
                fields.append((name, "value" if isinstance(held, Value) else repr(held)))
            known = self._layers[id(layer)] = layer, self.number(layer.word, *fields)
        return known[1]


class Numbering:
    """Values by the order in which they appear, so that structures can be compared."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.parts: list[Any] = []
        self.reads: list[Value] = []
        self.made: list[Value] = []
        self._numbers: dict[int, int] = {}

    def enter(self, value: Value | None) -> None:
        """A value that is known by its place: the input."""
        if value is not None:
            self._numbers[id(self.clock.same(value))] = -1 - len(self._numbers)

    def read(self, value: Value | None) -> None:
        if value is None:
            self.parts.append(None)
            return
        value = self.clock.same(value)
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._numbers)
            self.reads.append(value)
        self.parts.append(number)

    def make(self, value: Value | None) -> None:
        if value is None:
            return
        value = self.clock.same(value)
        if id(value) not in self._numbers:
            self._numbers[id(value)] = len(self._numbers)
            self.made.append(value)

    def item(self, item: Item) -> None:
        self.parts.append((item.key, len(item.reads), len(item.made)))
        for value in item.reads:
            self.read(value)
        for value in item.made:
            self.make(value)

    def chain(self, chain: Chain) -> None:
        self.parts.append((len(chain.items), chain.times))
        for item in chain.items:
            self.item(item)
        self.read(chain.result)

    def close(self, item: Item, key: int, *outputs: Value | None) -> None:
        """Give an item its key, what it reads and what it makes."""
        for value in outputs:
            self.make(value)
        item.key, item.reads, item.made = key, self.reads, self.made


# ------------------------------------------------------------------------------------------- folding
def fold(items: list[Item], keys: Keys, clock: Clock) -> list[Item]:
    """The items with equal consecutive runs folded: the longest saving first come."""
    out: list[Item] = []
    at = 0
    while at < len(items):
        period, times = _best_run(items, at, clock)
        if times == 1:
            out.append(items[at])
            at += 1
            continue
        folded = Fold(items[at : at + period], times, items[at + times * period - 1])
        _range(folded.items, items[at + (times - 1) * period : at + times * period])
        numbering = Numbering(clock)
        for item in folded.items:
            numbering.item(item)
        key = keys.number("fold", times, *numbering.parts)
        numbering.close(folded, key)
        folded.made = [folded.output] if folded.output is not None else []
        out.append(folded)
        at += period * times
    return out


def _range(first: Sequence[Item], last: Sequence[Item]) -> None:
    """Note chances of survival that differ between the first and the last of equal runs."""
    waiting = list(zip(first, last))
    while waiting:
        one, other = waiting.pop()
        if isinstance(one, Around) and isinstance(other, Around):
            end = other.until if other.until is not None else other.survival
            one.until = end if end != one.survival else None
        pairs = list(zip(_inside(one), _inside(other)))
        waiting += [pair for a, b in pairs for pair in zip(a, b)]


def _inside(item: Item) -> list[list[Item]]:
    return [item.plan.items] if isinstance(item, Sub) else parts_of(item)


def _best_run(items: list[Item], at: int, clock: Clock) -> tuple[int, int]:
    """The period and number of repetitions from here that save most; (1, 1) for none."""
    best, saved = (1, 1), 0
    for period in range(1, min(LONGEST_PERIOD, (len(items) - at) // 2) + 1):
        if items[at].key != items[at + period].key:
            continue
        times = _repetitions(items, at, period, clock)
        if period == 1 and times < FEWEST_BOXES and isinstance(items[at], Op):
            continue  # a few equal boxes are written out, as papers do
        if times < 3 and all(isinstance(item, Op) for item in items[at : at + period]):
            continue  # two boxes are read faster than one that says that it is two
        if (times - 1) * period > saved:
            best, saved = (period, times), (times - 1) * period
    return best


def _repetitions(items: list[Item], at: int, period: int, clock: Clock) -> int:
    first = items[at : at + period]
    if (
        any(item.aux is not None or item.output is None for item in first)
        or first[0].enters is None
    ):
        return 1
    times = 1
    before = first
    if not _closed(before, clock):
        return 1
    while True:
        start = at + times * period
        following = items[start : start + period]
        if len(following) < period or not _copies(first, following, before[-1].output, clock):
            return times
        # what the runs give, but for the last, must be read by the next one only
        handed = before[-1].output
        assert handed is not None
        if not clock.ends_with(handed, following[-1].end) or not _closed(following, clock):
            return times
        before = following
        times += 1


def _closed(run: Sequence[Item], clock: Clock) -> bool:
    """Whether nothing made in a run is read after it, but for its result."""
    result = run[-1].output
    return all(
        value is result or clock.ends_with(value, run[-1].end)
        for item in run
        for value in item.made
    )


def _copies(
    first: Sequence[Item], other: Sequence[Item], entry: Value | None, clock: Clock
) -> bool:
    """Whether `other`, into which `entry` flows, does what `first` does, on equal shapes."""
    start = first[0].enters
    assert start is not None
    start = clock.same(start)
    if entry is None or entry.shape != start.shape:
        return False
    stands_for: dict[int, Value] = {id(start): clock.same(entry)}
    for a, b in zip(first, other):
        if a.key != b.key or len(a.reads) != len(b.reads) or len(a.made) != len(b.made):
            return False
        for mine, its in zip(a.reads, b.reads):
            if stands_for.get(id(mine), mine) is not its:
                return False
        for mine, its in zip(a.made, b.made):
            if mine.shape != its.shape:
                return False
            stands_for[id(mine)] = its
    return True


def fold_branches(branches: list[Chain], clock: Clock, end: int) -> list[Chain]:
    """Branches with equal ones side by side folded."""
    keys = [_branch_key(branch, clock) for branch in branches]
    out: list[Chain] = []
    at = 0
    while at < len(branches):
        count = 1
        while at + count < len(branches) and keys[at] is not None and keys[at + count] == keys[at]:
            count += 1
        run = branches[at : at + count]
        if count >= FEWEST_BRANCHES and all(_branch_closed(b, clock, end) for b in run):
            run[0].times = count
            out.append(run[0])
        else:
            out += run
        at += count
    return out


def _branch_key(branch: Chain, clock: Clock) -> Any:
    """What a branch does and to which values; None for one that does nothing."""
    if not branch.items:
        return None
    numbering = Numbering(clock)
    numbering.chain(branch)
    return (tuple(numbering.parts), tuple(id(v) for v in numbering.reads))


def _branch_closed(branch: Chain, clock: Clock, end: int) -> bool:
    return all(clock.ends_with(value, end) for item in branch.items for value in item.made)
