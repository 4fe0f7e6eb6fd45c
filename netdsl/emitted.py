"""What the emitted code is like, as far as it says how long tensors live: asked of the Design, before it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netdsl.design import (
    Applied,
    AuxEvent,
    BarEvent,
    Branch,
    Computed,
    Dense,
    Flow,
    HeadEvent,
    Link,
    Loop,
    Merge,
    Region,
    Residual,
    Scope,
    Shared,
    Taken,
    Value,
    WeightEvent,
)
from netdsl.syntax import ast
from netdsl.walks import links_of


def named_values(scope: Scope) -> Iterable[Value]:
    """Values that are variables of their own in the emitted `forward`, by their label: nothing takes their
    names, so that they stay until it returns."""
    for link in links_of(scope.region):
        what = link.what
        if isinstance(what, Taken):
            found: Iterable[Value] = (what.value,)
        elif isinstance(what, Computed):
            found = what.values
        elif isinstance(what, (Applied, Scope, Shared)):
            found = link.inputs[1:]
        else:
            continue
        for value in found:
            if value.label is not None and value.owner is scope:
                yield value


def tensors_at_once(node: Any) -> tuple[int, int]:
    """How many tensors stand at once while an expression is computed, and whether one is left of it: a
    value has one already, and a number has none."""
    if isinstance(node, ast.Binary):
        parts = [node.left, node.right]
    elif isinstance(node, ast.Unary):
        parts = [node.of]
    elif isinstance(node, ast.Apply):
        parts = [argument.value for argument in node.args]
    else:
        inner = getattr(node, "value", None)
        return tensors_at_once(inner) if isinstance(inner, ast.Node) else (0, 0)
    most = before = 0
    for part in parts:
        inside, left = tensors_at_once(part)
        most = max(most, before + inside)
        before += left
    return max(most, before + 1), 1


def is_call(link: Link) -> bool:
    """Whether a step is a call in the emitted code."""
    what = link.what
    if isinstance(what, Applied):
        return not what.layer.passes
    return isinstance(what, (Scope, Shared, Merge, Residual, Dense))


def is_sequence(region: Region) -> bool:
    """Whether a level becomes an `nn.Sequential`: modules one after another, and nothing else."""
    for event in region.events:
        if isinstance(event, Flow):
            for link in event.links:
                if isinstance(link.what, Scope):
                    continue
                if not isinstance(link.what, Applied) or not link.inputs:
                    return False
                if link.what.layer.references():
                    return False
        elif isinstance(event, Loop):
            if not all(is_sequence(inner) for inner in event.iterations):
                return False
        elif isinstance(event, Branch):
            if event.region is not None and not is_sequence(event.region):
                return False
        elif isinstance(event, (BarEvent, AuxEvent, HeadEvent, WeightEvent)):
            return False
    return True
