"""Where an activation may overwrite its input.

`inplace=True` is right if the value was made inside the class, nothing else reads it, and the backward
pass of what made it does not need it: a relu keeps its output, a convolution does not. A view shares its
memory with what it views, so the rule applies to that. Decided on the concrete network, where every
reader is known; code that serves several instances overwrites only where all of them may.
"""

from __future__ import annotations

from typing import Any

from netdsl.design import (
    Applied,
    Computed,
    Dense,
    Flow,
    Link,
    Merge,
    Residual,
    Scope,
    Shared,
    Value,
)
from netdsl.readers import Readers


class Overwriting:
    """Which steps may overwrite what they read."""

    def __init__(self, readers: Readers) -> None:
        self.readers = readers
        self.results: dict[int, tuple[bool, bool]] = {}

    def may_overwrite(self, link: Link, scope: Scope) -> bool:
        """Whether this step may overwrite what it reads."""
        return self._free(link.inputs[0], scope)

    def _free(self, value: Value, scope: Scope) -> bool:
        counts = self.readers.of(scope)
        at = value
        while True:
            if counts.reads(at) != 1 or at.maker is None:
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


def _is_input(value: Value, scope: Scope) -> bool:
    block = scope.block
    return value is block.input or any(value is v for v in block.values.values()) or value.tensor
