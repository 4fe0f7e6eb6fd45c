"""Every step of a network, each scope once, and what is asked of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from netdsl.design import Applied, Link, Scope, Shared
from netdsl.layers.base import Layer
from netdsl.walks import links_of

Made: TypeAlias = Layer | Scope | None


def every_step(scope: Scope, seen: set[int] | None = None) -> Iterator[tuple[Link, Made]]:
    """The steps of a scope and of all below it, with the layer or scope that each is. What a shared
    module is made of comes where it is declared, and again where it is used."""
    seen = set() if seen is None else seen
    if id(scope) in seen:
        return
    seen.add(id(scope))
    links = list(links_of(scope.region))
    links += [s.link for s in scope.shared.values() if s.link is not None]
    for link in links:
        what = link.what
        if isinstance(what, Shared):
            what = what.scope
        if isinstance(what, Applied):
            yield link, what.layer
        elif isinstance(what, Layer):
            yield link, what
        elif isinstance(what, Scope):
            yield link, what
            yield from every_step(what, seen)
        else:
            yield link, None
