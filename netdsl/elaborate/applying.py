"""Layers as steps: their arguments, their output, their place in the scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netdsl.design import (
    Applied,
    Condition,
    Link,
    Scope,
    SharedModule,
    Value,
)
from netdsl.diagnostics import Mistake
from netdsl.elaborate import naming
from netdsl.elaborate.functional import whole
from netdsl.elaborate.names import (
    Names,
)
from netdsl.elaborate.paths import value_of
from netdsl.elaborate.sentences import check_complete
from netdsl.elaborate.values import (
    InputFacts,
    LayerDef,
    Silent,
    Tapped,
    Target,
    kind_of,
)
from netdsl.layers.arguments import WHOLE, create
from netdsl.layers.base import Layer
from netdsl.layers.checked import Refused
from netdsl.layers.fields import ArgumentMistake
from netdsl.shapes import Open, Shape
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.elaborate.run import Run

FITS_ANY = "other sizes fail in PyTorch; `upsample(like=@label)` fits any"


def looped(names: Names) -> bool:
    return naming.in_loop(names.frame)


def place(link: Link, names: Names, fixed: str | None) -> None:
    """Give a step its place among the steps of its scope; `identity` has none."""
    if isinstance(link.what, Applied) and link.what.layer.passes:
        return
    scope = names.frame.scope
    assert scope is not None
    scope.naming.add(link, link.label or fixed, looped(names))


def make_layer(layer: type[Layer], target: Target, step: ast.Call) -> Layer:
    """The layer with its arguments. Raises `Mistake` where one is missing or wrong."""
    check_complete(target, step)
    arguments = {n: plain_value(n, b.value, target) for n, b in target.bound.items()}
    try:
        return create(layer, arguments)
    except ArgumentMistake as mistake:
        raise at_argument(mistake, target, step) from None


def at_argument(mistake: ArgumentMistake, target: Target, step: ast.Call) -> Mistake:
    """The mistake, at the argument that it is about."""
    bound = target.bound.get(mistake.argument or "")
    node = bound.node if bound is not None else None
    if isinstance(node, ast.Binary) and mistake.diagnostic.hint == WHOLE:
        span = whole(node.span)
        hint = f"`int({span.text})` drops what stands behind the point"
        if node.op == "/":
            at = node.left.span.end - span.start
            divided = span.text[:at] + span.text[at:].replace("/", "//", 1)
            hint = f"`{divided}` drops the remainder"
        mistake.diagnostic = mistake.diagnostic.but(hint=hint)
    elif isinstance(node, ast.Apply) and mistake.diagnostic.hint == WHOLE:
        hint = f"`int({node.span.text})` is a whole number"
        mistake.diagnostic = mistake.diagnostic.but(hint=hint)
    return mistake.at(whole(node.span) if node is not None else step.span)


def plain_value(name: str, value: Any, target: Target) -> Any:
    """An argument as a layer takes it."""
    if isinstance(value, (Tapped, Value)):
        return value_of(value)
    if isinstance(value, (Target, SharedModule, InputFacts)):
        node = target.bound[name].node
        said = f"`{name}` of `{target.name}` {_refusal(name, value, target)}"
        raise Mistake("E112", said, node.span if node else None)
    return value


def _refusal(name: str, value: Target | SharedModule | InputFacts, target: Target) -> str:
    """What is said of a layer, a block or a module where an argument should stand."""
    kind = kind_of(value)
    if not isinstance(value, InputFacts):
        kind = f"{kind.replace('a ', 'the ', 1)} `{value.name}`"
    if isinstance(target.definition, LayerDef):
        try:
            target.definition.layer.fields[name].check(value)
        except Refused as refused:
            return f"must be {refused.wanted}, not {kind}"
    return f"cannot be {kind}"


def apply_layer(
    run: Run, link: Link, layer: Layer, current: Value | None, scope: Scope | None
) -> None:
    """Use a layer: its output shape, or a mistake of shapes."""
    references = layer.references()
    if current is None:
        raise nothing_flows(link.word)
    if current.shape is None or any(v.shape is None for v in references.values()):
        raise Silent
    if current.tensor:
        raise Mistake(
            "E207",
            f"`{link.word}` works on what flows, not on a learned tensor",
            hint="combine it with a value first: `(@x * @scale)`",
        )
    link.what = Applied(layer)
    link.inputs = [current, *references.values()]  # type: ignore[list-item]
    if layer.passes:
        link.output = current
        return
    shape = layer.output(current.shape)
    layer.works_on(len(current.shape) - 1)
    if not references:
        multiple = layer.condition(current.shape)
        under_condition(run, multiple, [current.shape], f"`{layer.word}` takes", link.node)
    doubt = layer.doubt(current.shape)
    if doubt is not None:
        said, hint = doubt
        run.warn("W207", said, link.span, hint)
    link.output = Value(shape, scope, link.label)


def under_condition(
    run: Run,
    multiple: int,
    shapes: Sequence[Shape],
    what: str,
    node: ast.Node,
    hint: str | None = None,
) -> None:
    """What holds for some open sizes only is said once, and kept for who reads the Design."""
    if multiple > 1:
        columns = zip(*shapes) if len(shapes) > 1 else ((dim, None) for dim in shapes[0])
        sizes = [column for column in columns if any(dim != column[0] for dim in column)]
        opened = (dim for column in sizes for dim in column if isinstance(dim, Open))
        names = dict.fromkeys(name for size in opened for name in size.symbols)
        run.conditions.append(Condition(multiple, node, tuple(names)))
        run.warn(
            "W201", f"{what} only open sizes that are multiples of {multiple}", node.span, hint
        )


def nothing_flows(word: str) -> Mistake:
    return Mistake(
        "E126",
        f"no value flows into `{word}`",
        hint="with several inputs a chain starts at one of them: `@left -> ...`",
    )
