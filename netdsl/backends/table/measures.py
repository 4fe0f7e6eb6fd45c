"""Quantities that add up: of a layer, of what is nested in a step, of the whole network.

A scope that stands for many equal uses of a block is added up once, so the cost does not grow with
repetition. A number is an int, a formula while a size is open, or None where it is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from netdsl.design import (
    Applied,
    Computed,
    Dense,
    Design,
    Link,
    Merge,
    Residual,
    Scope,
    Shared,
    Value,
)
from netdsl.layers.base import Layer
from netdsl.shapes import Shape
from netdsl.totals import weight_sides
from netdsl.walks import links_of

Number = Any  # int | Formula | None
Amounts = dict[str, Number]
Rule = Callable[[Layer, Sequence[Shape], Shape], Number]


# ------------------------------------------------------------------------------------ of one layer
def _parameters(layer: Layer, inputs: Sequence[Shape], output: Shape) -> int:
    return sum(prod(tensor.shape) for tensor in layer.tensors(inputs[0]) if tensor.learned)


def _fixed(layer: Layer, inputs: Sequence[Shape], output: Shape) -> int:
    return sum(prod(tensor.shape) for tensor in layer.tensors(inputs[0]) if not tensor.learned)


def _macs(layer: Layer, inputs: Sequence[Shape], output: Shape) -> Number:
    return layer.macs(inputs[0], output)


def _connections(layer: Layer, inputs: Sequence[Shape], output: Shape) -> Number:
    return layer.connections_of(inputs[0], output)


def _neurons(layer: Layer, inputs: Sequence[Shape], output: Shape) -> Number:
    connected = _connections(layer, inputs, output)
    return 0 if isinstance(connected, int) and not connected else output.elements


def _activations(layer: Layer, inputs: Sequence[Shape], output: Shape) -> Number:
    return 0 if layer.is_view or layer.passes else output.elements


_RULES: dict[str, Rule] = {
    "parameters": _parameters,
    "fixed": _fixed,
    "macs": _macs,
    "connections": _connections,
    "neurons": _neurons,
    "activations": _activations,
}
# These stand where weights are declared; all others where the work is done.
WEIGHTS = frozenset({"parameters", "fixed"})


def unbiased(layer: Layer) -> Layer:
    """A convolution or linear layer without its bias; another layer as it is."""
    if layer.family in ("convolution", "linear") and getattr(layer, "bias", False) is True:
        return layer.but(bias=False)
    return layer


def plus(a: Amounts, b: Amounts) -> Amounts:
    return {name: sum_of(a[name], b[name]) for name in a}


def sum_of(a: Number, b: Number) -> Number:
    return None if a is None or b is None else a + b


# ---------------------------------------------------------------------------------------- of a step
class Measures:
    """The quantities `wanted`, as name -> rule: one of `_RULES`, or of those of `netdsl.counting`. Without
    `bias` those of convolutions and linear layers are nowhere."""

    def __init__(self, wanted: dict[str, str], bias: bool = True) -> None:
        self.bias = bias
        self.rules = {name: _RULES[rule] for name, rule in wanted.items() if rule in _RULES}
        self.counts = {name: rule for name, rule in wanted.items() if rule not in _RULES}
        self.zero: Amounts = dict.fromkeys([*self.rules, *self.counts], 0)
        self._scopes: dict[int, tuple[Scope, Amounts]] = {}  # the scope too: its id stays its own

    def applied(self, layer: Layer, link: Link) -> Amounts:
        """Of one application of a layer."""
        inputs = link.inputs if layer.many else link.inputs[:1]
        counts = layer if self.bias else unbiased(layer)
        shapes, output = _known(inputs), _shape(link.output)
        if shapes is None or output is None or layer.family == "extern":
            return self.zero
        found = {name: rule(counts, shapes, output) for name, rule in self.rules.items()}
        if self.counts:
            from netdsl.counting import counted

            for name, rule in self.counts.items():
                found[name] = counted(counts, shapes, output, rule)
        return found

    def own(self, link: Link) -> Amounts:
        """Of what a step does itself: where values meet, that; nothing for what only holds others."""
        what = link.what
        if isinstance(what, Applied):
            return self.applied(what.layer, link)
        if isinstance(what, Shared) and isinstance(what.scope, Layer):
            return without_weights(self.applied(what.scope, link))
        if isinstance(what, Dense):
            total = self.zero
            for at in range(len(what.iterations)):
                total = plus(total, self.joined(what, link, at))
            return total
        if isinstance(what, (Merge, Computed)) or (isinstance(what, Residual) and what.adds):
            found = self._written(link.output)
            if self.counts:
                from netdsl.counting import counted_step

                for name, rule in self.counts.items():
                    found[name] = counted_step(link, rule)
            return found
        return self.zero

    def _written(self, value: Value | None) -> Amounts:
        """Of what makes a value without being a layer: it writes it."""
        shape = _shape(value)
        if shape is None or "activations" not in self.zero:
            return dict(self.zero)
        return {**self.zero, "activations": shape.elements}

    def joined(self, what: Dense, link: Link, at: int) -> Amounts:
        """Of the concatenation after one iteration."""
        last = at + 1 == len(what.iterations)
        return self._written(link.output if last else what.iterations[at + 1].entry)

    def whole(self, link: Link) -> Amounts:
        """Of a step with everything in it."""
        what = link.what
        if isinstance(what, Scope):
            return self.scope(what)
        if isinstance(what, Shared) and isinstance(what.scope, Scope):
            return without_weights(self.scope(what.scope))
        return self.own(link)

    def scope(self, scope: Scope) -> Amounts:
        """Of everything in a scope: side outputs included, modules that are declared in it once."""
        known = self._scopes.get(id(scope))
        if known is not None:
            return known[1]
        total = dict(self.zero)
        if "parameters" in total:
            total["parameters"] = sum(prod(weight_sides(w)) for w in scope.weights.values())
        for link in links_of(scope.region):
            total = plus(total, self.whole(link))
        for module in scope.shared.values():
            if module.link is not None:
                total = plus(total, without_work(self.whole(module.link)))
        for head in scope.heads.values():
            for other in head.others:  # the same weights on other maps
                total = plus(total, without_weights(self.whole(other)))
        self._scopes[id(scope)] = (scope, total)
        return total

    def used(self, design: Design) -> Amounts:
        """Of a network in evaluation: without the side outputs of training."""
        total = dict(self.scope(design.net))
        for event in design.net.aux.values():
            for name, amount in self.whole(event.link).items():
                kept = total[name]
                total[name] = None if kept is None or amount is None else kept - amount
        return total


def without_work(amounts: Amounts) -> Amounts:
    """What a `module` line has: weights, but no work."""
    return {name: amount if name in WEIGHTS else 0 for name, amount in amounts.items()}


def without_weights(amounts: Amounts) -> Amounts:
    """What a use of a module has: work, but no weights."""
    return {name: 0 if name in WEIGHTS else amount for name, amount in amounts.items()}


def shapes_of(values: Sequence[Value | None]) -> list[Shape | None]:
    return [_shape(value) for value in values]


def _known(values: Sequence[Value | None]) -> list[Shape] | None:
    """The shapes of values; None if there is none, or one is unknown after a mistake."""
    shapes = [shape for value in values if (shape := _shape(value)) is not None]
    return shapes if shapes and len(shapes) == len(values) else None


def _shape(value: Value | None) -> Shape | None:
    return None if value is None else value.shape
