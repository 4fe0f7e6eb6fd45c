"""The invariants of a Design. One that does not hold is our mistake, not the author's."""

from __future__ import annotations

from netdsl.design import Applied, Design, Link, Scope
from netdsl.walks import links_of


class BrokenDesign(AssertionError):
    """The compiler made a Design that contradicts itself. This is a bug in netdsl."""


def verify(design: Design) -> None:
    """Every value has a shape, every step that makes weights has a name, every name is used once."""
    seen: set[int] = set()
    _verify(design.net, seen)
    for name, value in design.outputs.items():
        _require(value.shape is not None, f"output {name} has no shape")


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise _contradiction(what)


def _contradiction(what: str) -> BrokenDesign:
    return BrokenDesign(f"netdsl contradicts itself: {what}. Please report this.")


def _verify(scope: Scope, seen: set[int]) -> None:
    if id(scope) in seen:
        return
    seen.add(id(scope))
    _require(scope.naming is None, f"{scope} was never finished")
    names = [*scope.weights, *scope.children]
    _require(len(set(names)) == len(names), f"{scope} uses a name twice: {names}")
    for key, link in scope.children.items():
        _require(link.key == key, f"{scope} knows {link.key} as {key}")
    places = _places(scope)
    for link in links_of(scope.region):
        _link(link, scope, places)
        if isinstance(link.what, Scope):
            _verify(link.what, seen)


def _link(link: Link, scope: Scope, places: set[str | None]) -> None:
    """Messages are made for what does not hold only: there are as many steps as a network has layers."""
    if any(v is None or v.shape is None for v in (*link.inputs, link.output)):
        raise _contradiction(f"a step of {scope} has no shape")
    what = link.what
    if not isinstance(what, Applied) or what.layer.passes:
        return
    layer, x, y = what.layer, link.inputs[0].shape, link.output and link.output.shape
    if x is None:
        return
    if link.key not in places and layer.tensors(x):
        raise _contradiction(f"{layer.word} in {scope} has no name")
    again = layer.output(x)
    if again != y:
        raise _contradiction(f"{layer.word} gave {y}, then {again}")


def _places(scope: Scope) -> set[str | None]:
    """The names of a scope's children, and of those of lists in it."""
    lists = [c.what for c in scope.children.values() if isinstance(c.what, Scope)]
    inner = [name for what in lists if what.kind == "list" for name in what.children]
    return {*scope.children, *inner}
