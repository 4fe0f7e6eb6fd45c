"""A network with its levels opened, as far as a figure of stages needs it: levels of which inner maps are read, and
levels that change the size of the map more than once."""

from __future__ import annotations

from netdsl.backends.diagram.clock import Clock
from netdsl.backends.diagram.items import Fold, HeadItem, Item, Op, Sub
from netdsl.backends.diagram.text import clean, kind_of
from netdsl.design import Value
from netdsl.shapes import Dim, Shape
from netdsl.walks import inner_value

FAR = 2**20  # open sides are compared where they are this large
CHANGE = 1.5  # a size that differs by less is the same, but for a border
LIGHT = ("pool", "norm", "activation", "dropout", "shape")  # kinds without many weights
DEEPEST = 100  # names that one value has, level by level


class Unit:
    """An item of the opened network: what it reads and gives, by the names of the net around it."""

    def __init__(self, name: str, item: Item, reads: list[Value], output: Value) -> None:
        self.name, self.item, self.reads, self.output = name, item, reads, output
        self.exports: list[Value] = []  # of a neck, the maps that it gives

    @property
    def alone(self) -> bool:
        return isinstance(self.item, Sub) and bool(self.item.label)

    @property
    def light(self) -> bool:
        return isinstance(self.item, Op) and kind_of(self.item.layers[0]) in LIGHT


class Opened:
    """The units of a network. `wanted` are values that heads read, by identity."""

    def __init__(self, clock: Clock) -> None:
        self._same = clock.same
        self._alias: dict[int, Value] = {}
        self.ends: dict[int, str] = {}  # labels of opened levels, by their results
        self.labels: dict[int, str] = {}  # what inner maps that are read outside are called there

    def same(self, value: Value) -> Value:
        """A value by the name that the net around knows it by."""
        value = self._same(value)
        seen = 0
        while id(value) in self._alias and seen < DEEPEST:
            value, seen = self._same(self._alias[id(value)]), seen + 1
        return value

    def units(self, items: list[Item], prefix: str, wanted: set[int]) -> list[Unit]:
        out: list[Unit] = []
        for item in items:
            if item.output is None:
                continue
            if isinstance(item, Sub) and self._opens(item, wanted):
                self._enter(item)
                name = prefix + ".".join(item.path)
                inside = self.units(item.plan.items, f"{name}.", wanted)
                if inside:
                    out += inside
                    if item.label and inside[-1].output is self.same(item.output):
                        self.ends[id(inside[-1].output)] = clean(item.label, 18)
                    continue
            found = item.reads
            if isinstance(item, Op) and item.enters is not None:
                found = [item.enters]  # of other maps it needs no more than their size
            reads = [self.same(value) for value in found]
            unit = Unit(prefix + path_of(item), item, reads, self.same(item.output))
            if isinstance(item, Sub) and is_neck(item):
                unit.exports = [self.same(value) for value in item.link.exports.values()]
            out.append(unit)
        return out

    def _opens(self, item: Sub, wanted: set[int]) -> bool:
        if item.shared or is_neck(item) or item.aux is not None:
            return False
        inner = any(id(self.same(value)) in wanted for value in item.link.exports.values())
        return inner or changes(item) > 1

    def _enter(self, item: Sub) -> None:
        """Note what the inside of a level calls the values around it, and the other way around."""
        for outer, own in item.binding:
            self._alias[id(own)] = outer
        for path, value in item.link.exports.items():
            inner = inner_value(item.scope, path)
            self.labels[id(self._same(value))] = clean(path[-1], 18)
            if inner is not None and self._same(inner) is not self._same(value):
                self._alias[id(self._same(inner))] = value
        assert item.output is not None
        result = self._same(item.plan.result)
        if result is not self._same(item.output) and id(result) not in self._alias:
            self._alias[id(result)] = item.output
        elif id(result) in self._alias:  # it is exported too: both names are one value
            self._alias[id(self._same(item.output))] = self._alias[id(result)]


def path_of(item: Item) -> str:
    """An item's name in its scope; of equal ones that are folded the first's."""
    if isinstance(item, (Op, Sub)):
        return ".".join(item.path)
    if isinstance(item, Fold):
        return path_of(item.items[0])
    return item.word or "compute"


def read_by(head: HeadItem) -> list[Value]:
    """The values of the network that a head reads, maps first."""
    event = head.event
    if event.kind.form == "bars":
        entries = [p.chain.entry for p in head.predictors]
        return [*(value for value in entries if value is not None), *head.reads]
    return [*event.maps, *head.reads]


def is_neck(item: Sub) -> bool:
    """Whether a level makes several maps of several: a feature pyramid."""
    sizes = {str(value.shape) for value in item.link.exports.values()}
    return len(item.reads) > 1 and len(item.link.exports) > 1 and len(sizes) > 1


# --------------------------------------------------------------------------------------------- sizes
def side(value: Dim) -> float:
    """A side as a number, open ones where the image is large."""
    if isinstance(value, int):
        return float(value)
    found = value.at(dict.fromkeys(value.symbols, FAR))
    return float(found) if isinstance(found, int) else float(FAR)


def changed(before: Shape | None, after: Shape | None) -> bool:
    """Whether the size of a map changes by more than a border."""
    if before is None or after is None:
        return False
    if len(before) != len(after):
        return True
    return any(
        not 1 / CHANGE < side(a) / max(1.0, side(b)) < CHANGE
        for a, b in zip(before.sides, after.sides)
    )


def changes(item: Sub) -> int:
    """How often the size of the map changes on the chain inside of a level."""
    count = 0
    before = item.enters.shape if item.enters is not None else None
    for inner in item.plan.items:
        if inner.output is None:
            continue
        if changed(before, inner.output.shape):  # what comes back to its size changes nothing
            count += max(changes(inner) if isinstance(inner, Sub) else 1, 1)
        before = inner.output.shape
    return count
