"""When values are read: what may be drawn as one, and what may be folded, depends on it.

The steps of a block run one after another; so do those of its groups, bars and loops, which see the
values around them. A number counts on from step to step.
"""

from __future__ import annotations

from netdsl.design import (
    Dense,
    Design,
    HeadEvent,
    Inlined,
    Link,
    Merge,
    Predicted,
    Region,
    Residual,
    Scope,
    Value,
)
from netdsl.layers.base import Layer
from netdsl.walks import every_scope, inner_value, links_of, own_links, used

NEVER = -1


class Clock:
    """`end` is when a step is done, `last` when a value is read for the last time, by identity."""

    def __init__(self, design: Design) -> None:
        self.now = 0
        self.ends: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._same: dict[int, Value] = {}
        self._seen: set[int] = set()
        self._exported: set[int] = set()
        self._heads = {id(event.link): event for event in design.heads.values()}
        self._find_exports(design.net)
        for value in design.net.outputs.values():
            self._exported.add(id(value))

    # ------------------------------------------------------------------------------------- answers
    def same(self, value: Value) -> Value:
        """The value that this one really is: a merge of one branch gives that branch's value."""
        while id(value) in self._same:
            value = self._same[id(value)]
        return value

    def done(self, link: Link) -> int:
        return self.ends[id(link)]

    def ends_with(self, value: Value, time: int) -> bool:
        """Whether nobody reads the value later, or from outside of its block."""
        return id(value) not in self._exported and self._last.get(id(value), NEVER) <= time

    # --------------------------------------------------------------------------------------- a run
    def run(self, scope: Scope) -> None:
        """Go through a block or net; only the first time counts."""
        if id(scope) not in self._seen:
            self._seen.add(id(scope))
            self._region(scope.region)
            if scope.result is not None:
                self._tick()
                self._read(scope.result)

    def _find_exports(self, net: Scope) -> None:
        for scope in every_scope(net):
            for link in links_of(scope.region):
                inner = used(link)
                if not isinstance(inner, Scope):
                    continue
                for path in link.exports:
                    value = inner_value(inner, path)
                    if value is not None:
                        self._exported.add(id(value))

    def _tick(self) -> int:
        self.now += 1
        return self.now

    def _read(self, value: Value | None) -> None:
        if value is not None:
            self._last[id(self.same(value))] = self.now

    def _region(self, region: Region) -> None:
        for link in own_links(region):
            self._link(link)

    def _link(self, link: Link) -> None:
        what = link.what
        self._tick()
        if isinstance(what, Merge):
            self._region(what.region)
            self._tick()
            if len(what.branches) == 1 and link.output is not None:
                self._same[id(link.output)] = what.branches[0]
            for value in what.branches:
                self._read(value)
        else:
            for value in link.inputs:
                self._read(value)
        if isinstance(what, Residual):
            self._residual(link, what)
        elif isinstance(what, Dense):
            for region in what.iterations:
                self._region(region)
                self._tick()
                self._read(region.exit)
        elif isinstance(what, Inlined):
            self._region(what.region)
        elif isinstance(what, Predicted):
            for part in what.parts.values():
                self._link(part)
        else:
            scope = used(link)
            if isinstance(scope, Layer) and scope.passes and link.output is not None:
                self._same[id(link.output)] = link.inputs[0]
            if isinstance(scope, Scope) and scope.outer is not None:
                self._region(scope.region)
                self._tick()
                self._read(scope.result)
        if id(link) in self._heads:
            self._head(self._heads[id(link)])
        self.ends[id(link)] = self._tick()

    def _head(self, event: HeadEvent) -> None:
        """The other maps of a head, whose body ran on the first of them."""
        for other in event.others:
            self._link(other)
        for value in event.maps:
            self._read(value)

    def _residual(self, link: Link, what: Residual) -> None:
        self._region(what.body)
        if not what.adds:
            if link.output is not None and what.body.exit is not None:
                self._same[id(link.output)] = what.body.exit
            return
        if what.shortcut is not None:
            self._region(what.shortcut)
        self._tick()
        self._read(what.body.exit)
        self._read(what.shortcut.exit if what.shortcut is not None else link.inputs[0])
