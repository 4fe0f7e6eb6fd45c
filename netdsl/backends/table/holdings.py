"""What layers and scopes put into the `state_dict`, beside how many numbers they learn."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from netdsl import totals
from netdsl.design import Applied, Link, Scope, Shared
from netdsl.layers.base import Layer


class Facts(NamedTuple):
    """What a scope or a layer puts into the `state_dict`, beside learned numbers."""

    entries: int  # tensors, learned or fixed
    buffers: int  # fixed numbers
    unknown: bool  # extern layers


class Holdings:
    """The facts of layers and scopes; those of a scope are found once."""

    def __init__(self) -> None:
        self._known: dict[int, Facts] = {}

    def layer(self, layer: Layer, link: Link) -> Facts:
        shape = link.inputs[0].shape
        tensors = layer.tensors(shape) if shape is not None else ()
        fixed = sum(prod(t.shape) for t in tensors if not t.learned)
        return Facts(len(tensors), fixed, layer.family == "extern")

    def scope(self, scope: Scope) -> Facts:
        found = self._known.get(id(scope))
        if found is None:
            entries, buffers, unknown = len(scope.weights), 0, False
            for child in scope.children.values():
                if isinstance(child.what, Applied):
                    facts = self.layer(child.what.layer, child)
                elif isinstance(child.what, Scope):
                    facts = self.scope(child.what)
                else:
                    continue
                entries += facts.entries
                buffers += facts.buffers
                unknown |= facts.unknown
            for use in totals.uses_of_shared(scope):
                if isinstance(use.what, Shared):
                    unknown |= self._hides(use.what.scope)
            found = self._known[id(scope)] = Facts(entries, buffers, unknown)
        return found

    def _hides(self, what: Scope | Layer) -> bool:
        """Whether a shared module holds extern layers."""
        return self.scope(what).unknown if isinstance(what, Scope) else what.family == "extern"
