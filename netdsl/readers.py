"""Who reads which value: how often each is read, block by block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from netdsl.design import (
    Applied,
    Computed,
    Dense,
    Inlined,
    Link,
    Merge,
    Predicted,
    Region,
    Residual,
    Scope,
    Shared,
    SharedModule,
    Taken,
    Value,
)
from netdsl.syntax import ast
from netdsl.walks import links_of, own_links


class Counts:
    """How often values are read, and how often they are taken up by name: what such a one flows to reads it,
    and that may be nothing."""

    def __init__(self) -> None:
        self._read: Counter[int] = Counter()
        self._taken: Counter[int] = Counter()

    def read(self, value: Value | None) -> None:
        if value is not None:
            self._read[id(value)] += 1

    def take(self, value: Value | None) -> None:
        if value is not None:
            self._taken[id(value)] += 1

    def reads(self, value: Value | None) -> int:
        return self._read[id(value)]

    def taken(self, value: Value | None) -> int:
        return self._taken[id(value)]


class Readers:
    """Who reads which value, block by block."""

    def __init__(self, exported: dict[int, set[tuple[str, ...]]]) -> None:
        self.exported = exported  # id of a scope -> paths that are read from outside
        self.counts: dict[int, Counts] = {}

    def of(self, scope: Scope) -> Counts:
        """How often each value of a block is read."""
        block = scope.block
        found = self.counts.get(id(block))
        if found is None:
            found = self.counts[id(block)] = Counts()
            _count_region(block.region, found)
            for shared in _shared_in(block):
                if shared.link is not None and shared.link.what is not None:
                    _count_links([shared.link], found)
            for value in (block.result, *block.outputs.values()):
                found.read(value)
            for path in self.exported.get(id(block), ()):
                _count_path(block, path, found)
        return found

    def stay_inside(self, rounds: Sequence[Region], joined: bool = False) -> bool:
        """Whether what the rounds of a loop make is read in them only, but for what each hands to the
        next and the last to what follows. `joined`: every round's value goes into a concatenation."""
        if not rounds:
            return True
        scope = rounds[0].frame.scope
        assert scope is not None
        counts = self.of(scope)
        own: list[Counts] = []
        for region in rounds:
            own.append(Counts())
            _count_region(region, own[-1])
        for j, region in enumerate(rounds):
            for link in links_of(region):
                for value in (link.output, *link.exports.values()):
                    inside = own[j].reads(value)
                    if value is region.exit:
                        if joined:
                            inside += 1
                        elif j + 1 == len(rounds):
                            continue
                        else:
                            inside += own[j + 1].reads(value)
                    if counts.reads(value) != inside:
                        return False
                    if counts.taken(value) != own[j].taken(value):
                        return False
        return True


def _shared_in(scope: Scope) -> list[SharedModule]:
    """The modules that are declared in a block."""
    found = list(scope.shared.values())
    for link in scope.children.values():
        if isinstance(link.what, Scope) and link.what.outer is not None:
            found += _shared_in(link.what)
    return found


def _count_path(scope: Scope, path: tuple[str, ...], counts: Counts) -> None:
    link = scope.labels.get(path[0])
    if link is None:
        return
    if len(path) == 1:
        counts.read(link.output)
    elif path[1:] in link.exports:
        counts.read(link.exports[path[1:]])


def _count_region(region: Region, counts: Counts) -> None:
    for link in own_links(region):
        _count_links([link], counts)
        if isinstance(link.node, ast.Aux):
            counts.read(link.output)  # returned; it may be what came in


def _count_links(links: Iterable[Link], counts: Counts) -> None:
    for link in links:
        what = link.what
        if isinstance(what, Applied):
            if not what.layer.passes:
                for value in link.inputs:
                    counts.read(value)
        elif isinstance(what, (Shared, Computed)):
            for value in link.inputs:
                counts.read(value)
        elif isinstance(what, Predicted):
            counts.read(what.map)
            _count_links(what.parts.values(), counts)
        elif isinstance(what, Scope):
            if what.outer is None:
                for value in link.inputs:
                    counts.read(value)
            else:
                _count_region(what.region, counts)
            for path in link.exports:
                if what.outer is not None:
                    _count_path(what, path, counts)
        elif isinstance(what, Merge):
            _count_region(what.region, counts)
            for value in what.branches:
                counts.read(value)
        elif isinstance(what, Residual):
            _count_region(what.body, counts)
            if what.adds:
                ends = [
                    what.body.exit,
                    link.inputs[0] if what.shortcut is None else what.shortcut.exit,
                ]
                if what.shortcut is not None:
                    _count_region(what.shortcut, counts)
            else:
                ends = [what.body.exit]
            for value in ends:
                counts.read(value)
        elif isinstance(what, Dense):
            before = link.inputs[0]
            for region in what.iterations:
                _count_region(region, counts)
                for value in (region.entry or before, region.exit):
                    counts.read(value)
        elif isinstance(what, Inlined):
            _count_region(what.region, counts)
        elif isinstance(what, Taken):
            counts.take(link.output)
