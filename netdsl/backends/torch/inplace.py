"""Where an activation may overwrite its input.

`inplace=True` is right if the value was made inside the class, nothing else reads it, and the backward
pass of what made it does not need it: a relu keeps its output, a convolution does not. A view shares its
memory with what it views, so the rule applies to that. Decided on the concrete network, where every
reader is known; code that serves several instances overwrites only where all of them may.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from netdsl.design import (
    Applied,
    Computed,
    Dense,
    Flow,
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


class Readers:
    """Who reads which value, block by block."""

    def __init__(self, exported: dict[int, set[tuple[str, ...]]]) -> None:
        self.exported = exported  # id of a scope -> paths that are read from outside
        self.counts: dict[int, Counter[int]] = {}
        self.results: dict[int, tuple[bool, bool]] = {}

    def of(self, scope: Scope) -> Counter[int]:
        """How often each value of a block is read (by the value's id)."""
        block = scope.block
        found = self.counts.get(id(block))
        if found is None:
            found = self.counts[id(block)] = Counter()
            _count_region(block.region, found)
            for shared in _shared_in(block):
                if shared.link is not None and shared.link.what is not None:
                    _count_links([shared.link], found)
            for value in (block.result, *block.outputs.values()):
                if value is not None:
                    found[id(value)] += 1
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
        own: list[Counter[int]] = []
        for region in rounds:
            own.append(Counter())
            _count_region(region, own[-1])
        for j, region in enumerate(rounds):
            for link in links_of(region):
                for value in (link.output, *link.exports.values()):
                    inside = own[j][id(value)]
                    if value is region.exit:
                        if joined:
                            inside += 1
                        elif j + 1 == len(rounds):
                            continue
                        else:
                            inside += own[j + 1][id(value)]
                    if counts[id(value)] != inside:
                        return False
                    if value is not None and counts[_taken(value)] != own[j][_taken(value)]:
                        return False
        return True

    def may_overwrite(self, link: Link, scope: Scope) -> bool:
        """Whether this step may overwrite what it reads."""
        return self._free(link.inputs[0], scope)

    def _free(self, value: Value, scope: Scope) -> bool:
        counts = self.of(scope)
        at = value
        while True:
            if counts[id(at)] != 1 or at.maker is None:
                return False
            maker = at.maker
            if at is not maker.output:
                return False  # a value from inside a step, which something else inside may need
            what = _form(maker.what)
            if _is_input(at, scope):
                return False
            if isinstance(what, Applied):
                layer = what.layer
                if layer.saves_output:
                    return False
                if not (layer.is_view or layer.family == "dropout"):
                    return True
                at = maker.inputs[0]
            elif isinstance(what, Residual):
                if what.adds:
                    return True
                exit_value = what.body.exit
                assert exit_value is not None
                at = exit_value
            elif isinstance(what, Merge):
                if len(what.branches) > 1:
                    return True
                at = what.branches[0]
            elif isinstance(what, Dense):
                return True  # without a round its value is another step's
            elif isinstance(what, Scope):
                fresh, saves = self.result(what)
                return fresh and not saves
            elif isinstance(what, Shared):
                if isinstance(what.scope, Scope):
                    return False
                return not (what.scope.saves_output or what.scope.is_view)
            elif isinstance(what, Computed):
                return False  # sigmoid, sqrt, ... may stand in it, or a product that needs it
            else:
                return False

    def result(self, block: Scope) -> tuple[bool, bool]:
        """Whether a block's result is a tensor of its own, and whether something inside needs it."""
        known = self.results.get(id(block))
        if known is None:
            result = block.result
            if result is None or result.maker is None or _is_input(result, block):
                known = (False, True)
            else:
                free = self._free(result, block)
                known = (free, not free)
            self.results[id(block)] = known
        return known


def _form(what: Any) -> Any:
    """The merge, residual or dense that a label made a level of."""
    if isinstance(what, Scope) and what.kind in ("merge", "residual", "dense"):
        event = what.region.events[0]
        assert isinstance(event, Flow)
        return event.links[0].what
    return what


def _shared_in(scope: Scope) -> list[SharedModule]:
    """The modules that are declared in a block."""
    found = list(scope.shared.values())
    for link in scope.children.values():
        if isinstance(link.what, Scope) and link.what.outer is not None:
            found += _shared_in(link.what)
    return found


def _is_input(value: Value, scope: Scope) -> bool:
    block = scope.block
    return value is block.input or any(value is v for v in block.values.values()) or value.tensor


def _taken(value: Value) -> int:
    """The key of how often a value is taken up by name: what it flows to reads it, and that may be nothing."""
    return -id(value)


def _count_path(scope: Scope, path: tuple[str, ...], counts: Counter[int]) -> None:
    link = scope.labels.get(path[0])
    if link is None:
        return
    if len(path) == 1:
        if link.output is not None:
            counts[id(link.output)] += 1
    elif path[1:] in link.exports:
        counts[id(link.exports[path[1:]])] += 1


def _count_region(region: Region, counts: Counter[int]) -> None:
    for link in own_links(region):
        _count_links([link], counts)
        if isinstance(link.node, ast.Aux):
            counts[id(link.output)] += 1  # returned; it may be what came in


def _count_links(links: Iterable[Link], counts: Counter[int]) -> None:
    for link in links:
        what = link.what
        if isinstance(what, Applied):
            if not what.layer.passes:
                for value in link.inputs:
                    counts[id(value)] += 1
        elif isinstance(what, (Shared, Computed)):
            for value in link.inputs:
                counts[id(value)] += 1
        elif isinstance(what, Predicted):
            counts[id(what.map)] += 1
            _count_links(what.parts.values(), counts)
        elif isinstance(what, Scope):
            if what.outer is None:
                for value in link.inputs:
                    counts[id(value)] += 1
            else:
                _count_region(what.region, counts)
            for path in link.exports:
                if what.outer is not None:
                    _count_path(what, path, counts)
        elif isinstance(what, Merge):
            _count_region(what.region, counts)
            for value in what.branches:
                counts[id(value)] += 1
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
                if value is not None:
                    counts[id(value)] += 1
        elif isinstance(what, Dense):
            before = link.inputs[0]
            for region in what.iterations:
                _count_region(region, counts)
                for value in (region.entry or before, region.exit):
                    if value is not None:
                        counts[id(value)] += 1
        elif isinstance(what, Inlined):
            _count_region(what.region, counts)
        elif isinstance(what, Taken) and link.output is not None:
            counts[_taken(link.output)] += 1
