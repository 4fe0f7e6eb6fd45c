"""Steps that are run again, in a loop or in another use of a block: with the same arguments on the same
shape a layer gives what it gave before, and is copied instead of being checked anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.design import Applied, Link, Value
from netdsl.elaborate.applying import apply_layer, at_argument, make_layer
from netdsl.elaborate.arguments import bind_arguments
from netdsl.elaborate.expressions import evaluate_arguments
from netdsl.elaborate.values import LayerDef, Target
from netdsl.layers.base import Layer
from netdsl.layers.fields import ArgumentMistake
from netdsl.shapes import Shape, Size
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.names import Names
    from netdsl.elaborate.run import Run

# What is compared by value: 1, 1.0 and true are equal, and not the same.
PLAIN = frozenset({int, float, bool, str, type(None), Size})


class Before:
    """The last run of a step: its word's meaning, its arguments, and what they made of it."""

    __slots__ = ("arguments", "bare", "entered", "gave", "layer", "target")

    def __init__(self, bare: Target, arguments: list[Any], target: Target, layer: Layer) -> None:
        self.bare = bare
        self.arguments = arguments
        self.target = target
        self.layer = layer
        self.entered: Shape | None = None
        self.gave: Shape | None = None

    def is_same(self, bare: Target, arguments: list[Any]) -> bool:
        return self.bare is bare and all(
            one is other or (one.__class__ is other.__class__ and one == other)
            for one, other in zip(self.arguments, arguments)
        )


def layer_step(
    run: Run, link: Link, bare: Target, step: ast.Call, current: Value | None, names: Names
) -> None:
    """Use a layer with the arguments of a step on the current value."""
    arguments = evaluate_arguments(step.args, names)
    values = [value for _, value in arguments]
    before = run.before.get(step)
    if before is None or not before.is_same(bare, values):
        entering = current.shape if current is not None else None
        target = bind_arguments(bare, arguments, names, entering)
        assert isinstance(target.definition, LayerDef)
        layer = make_layer(target.definition.layer, target, step)
        before = Before(bare, values, target, layer.copy())
        if all(value.__class__ in PLAIN for value in values):
            run.before[step] = before
    else:
        layer = before.layer.copy()
    scope = names.frame.scope
    shape = current.shape if current is not None and not current.tensor else None
    if current is not None and shape is not None and shape == before.entered:
        link.what, link.inputs = Applied(layer), [current]
        layer.works_on(len(shape) - 1)
        link.output = Value(before.gave, scope, link.label)
        return
    conditions = len(run.conditions)
    try:
        apply_layer(run, link, layer, current, scope)
    except ArgumentMistake as mistake:
        raise at_argument(mistake, before.target, step) from None
    if len(link.inputs) == 1 and not layer.passes and len(run.conditions) == conditions:
        before.entered = shape
        before.gave = link.output.shape if link.output is not None else None
