"""Ways through a Design: the steps of a region in the order they run, and what a scope shares with
what is around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from netdsl.design import (
    AuxEvent,
    BarEvent,
    Branch,
    Dense,
    Flow,
    HeadEvent,
    Inlined,
    Link,
    Loop,
    Merge,
    Predicted,
    Region,
    Residual,
    Scope,
    Shared,
    SharedModule,
    Value,
    What,
)
from netdsl.layers.base import Layer
from netdsl.syntax import ast

T = TypeVar("T")


# -------------------------------------------------------------------------------------------- steps
def own_links(region: Region) -> Iterator[Link]:
    """The steps of a region, without those inside of merges, residuals, ..."""
    for event in region.events:
        if isinstance(event, Flow):
            yield from event.links
        elif isinstance(event, BarEvent):
            if event.flow is not None:
                yield from event.flow.links
            elif event.link is not None:
                yield event.link
        elif isinstance(event, Loop):
            for inner in event.iterations:
                yield from own_links(inner)
        elif isinstance(event, Branch):
            if event.region is not None:
                yield from own_links(event.region)
        elif isinstance(event, (AuxEvent, HeadEvent)):
            yield event.link


def links_of(region: Region) -> Iterator[Link]:
    """The steps of a region, down to the scopes that they make."""
    for link in own_links(region):
        yield link
        yield from _inner_links(link)


def _inner_links(link: Link) -> Iterator[Link]:
    """The steps inside a merge, a residual, ... that belong to the same scope."""
    what = link.what
    if isinstance(what, Merge):
        yield from links_of(what.region)
    elif isinstance(what, Residual):
        yield from links_of(what.body)
        if what.shortcut is not None:
            yield from links_of(what.shortcut)
    elif isinstance(what, Dense):
        for region in what.iterations:
            yield from links_of(region)
    elif isinstance(what, Inlined):
        yield from links_of(what.region)
    elif isinstance(what, Predicted):
        yield from what.parts.values()


def used(link: Link) -> What | Layer:
    """What a step uses; of a shared module its scope, or its only layer."""
    return link.what.scope if isinstance(link.what, Shared) else link.what


def all_links(scope: Scope) -> Iterator[Link]:
    """The steps of a scope, and what its heads do on maps other than the first."""
    yield from links_of(scope.region)
    for head in scope.heads.values():
        yield from head.others


def counted_links(scope: Scope) -> Iterator[Link]:
    """The same in evaluation: without side outputs, which exist in training only."""
    return (link for link in all_links(scope) if not isinstance(link.node, ast.Aux))


def every_scope(net: Scope) -> Iterator[Scope]:
    """A scope and all below it; what several uses share comes once."""
    seen: set[int] = set()
    waiting = [net]
    while waiting:
        scope = waiting.pop()
        if id(scope) in seen:
            continue
        seen.add(id(scope))
        yield scope
        waiting += [inner for link in all_links(scope) if isinstance(inner := used(link), Scope)]


def read_from_outside(net: Scope) -> dict[int, set[tuple[str, ...]]]:
    """The values inside of levels that are read from outside: the paths of their labels, by level."""
    found: dict[int, set[tuple[str, ...]]] = {}
    for scope in every_scope(net):
        modules = (shared.link for shared in scope.shared.values() if shared.link is not None)
        for link in (*links_of(scope.region), *modules):
            inner = used(link)
            if link.exports and isinstance(inner, Scope):
                found.setdefault(id(inner), set()).update(link.exports)
    return found


def bars_of(region: Region) -> Iterator[BarEvent]:
    """The bars of a merge or a head, those in loops and conditions too."""
    for event in region.events:
        if isinstance(event, BarEvent):
            yield event
        elif isinstance(event, Loop):
            for iteration in event.iterations:
                yield from bars_of(iteration)
        elif isinstance(event, Branch) and event.region is not None:
            yield from bars_of(event.region)


# ------------------------------------------------------------------------------------------- values
class Around(NamedTuple):
    """A step that reads what is around a group: a shared module, or (None) a value."""

    link: Link
    module: SharedModule | None


def reads_around(scope: Scope) -> bool:
    """Whether a group reads anything but what flows into it: values, or shared modules."""
    return next(_readers(scope), None) is not None


def outer_reader(scope: Scope) -> Around | None:
    """The first step of a group that reads anything but what flows into the group."""
    return next(_readers(scope), None)


def outer_module(scope: Scope) -> Around | None:
    """The first step of a group that uses a shared module of what is around the group."""
    return next((reader for reader in _readers(scope) if reader.module is not None), None)


def _readers(scope: Scope) -> Iterator[Around]:
    """The steps of a group that read anything but what flows into the group."""
    known = {id(scope.input)}
    own: set[int] = set()

    def readers(at: Scope) -> Iterator[Around]:
        own.update(id(shared) for shared in at.shared.values())
        known.update(id(weight.value) for weight in at.weights.values())
        for link in links_of(at.region):
            what = link.what
            yield from (Around(link, m) for m in modules_used(link) if id(m) not in own)
            if isinstance(what, Dense):
                known.update(id(region.entry) for region in what.iterations)
            elif not isinstance(what, Merge) and any(id(v) not in known for v in link.inputs):
                yield Around(link, None)  # what meets in a merge are steps of their own
            if isinstance(what, Scope) and what.outer is not None:
                yield from readers(what)
            known.update(id(value) for value in (link.output, *link.exports.values()))

    yield from readers(scope)


def modules_used(link: Link) -> list[SharedModule]:
    """The shared module that a step is a use of, or those that a block is given."""
    what = link.what
    if isinstance(what, Shared):
        return [what.home]
    arguments = tuple(what.arguments.values()) if isinstance(what, Scope) else ()
    return list(of_kind(arguments, SharedModule))


def value_inputs(scope: Scope) -> list[Value]:
    """The values that a block is given, in the order of its parameters: a default is what flows in, or another
    parameter."""
    found = {id(v): v for v in of_kind(tuple(scope.arguments.values()), Value)}
    found.pop(id(scope.input), None)
    return list(found.values())


def of_kind(found: object, kind: type[T]) -> Iterator[T]:
    """What is of a kind: itself, or in a list, or in a list of it."""
    if isinstance(found, kind):
        yield found
    elif isinstance(found, tuple):
        for entry in found:
            yield from of_kind(entry, kind)


def holds(found: object, *kinds: type[object]) -> bool:
    """Whether something is of one of some kinds, or a list in which such a thing stands."""
    return any(True for kind in kinds for _ in of_kind(found, kind))


def inner_value(scope: Scope, path: tuple[str, ...]) -> Value | None:
    """The value that a path of labels reaches inside a scope."""
    link = scope.labels[path[0]]
    if len(path) == 1:
        return link.output
    return link.exports.get(path[1:])
