"""The invariants of a Design. One that does not hold is our mistake, not the author's."""

from __future__ import annotations

from netdsl.design import Applied, Design, Link, Scope, Value
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
        raise BrokenDesign(f"netdsl contradicts itself: {what}. Please report this.")


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
    values: list[Value | None] = [*link.inputs, link.output]
    for value in values:
        _require(value is not None and value.shape is not None, f"a step of {scope} has no shape")
    what = link.what
    if isinstance(what, Applied) and not what.layer.passes and link.inputs[0].shape is not None:
        has_weights = bool(what.layer.tensors(link.inputs[0].shape))
        _require(
            not has_weights or link.key in places,
            f"{what.layer.word} in {scope} has no name",
        )
        again = what.layer.output(link.inputs[0].shape)
        assert link.output is not None
        _require(
            again == link.output.shape, f"{what.layer.word} gave {link.output.shape}, then {again}"
        )


def _places(scope: Scope) -> set[str | None]:
    """The names of a scope's children, and of those of lists in it."""
    lists = [c.what for c in scope.children.values() if isinstance(c.what, Scope)]
    inner = [name for what in lists if what.kind == "list" for name in what.children]
    return {*scope.children, *inner}
