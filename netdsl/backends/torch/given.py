"""What a step is given in the emitted code: its arguments, and the channels and sides that it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netdsl.backends.torch.arguments import with_arguments
from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.changed import changed_numbers, number
from netdsl.backends.torch.named import definition_of
from netdsl.backends.torch.row_values import channels_in
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import INPUT, SymTarget, Val, as_expr
from netdsl.backends.torch.symbols import At
from netdsl.code.expr import Expr, Literal
from netdsl.design import Applied, Link, Merge, Scope
from netdsl.elaborate.names import step_target
from netdsl.elaborate.values import Form, LayerDef, Target, id_of
from netdsl.layers.base import Given, Layer
from netdsl.layers.fields import is_one_number
from netdsl.shapes import Open
from netdsl.syntax import ast

# Parameters of layers that change heights and widths.
GEOMETRY = frozenset(
    {
        "kernel_size",
        "stride",
        "padding",
        "dilation",
        "output_size",
        "output_padding",
        "scale",
        "size",
        "factor",
        "ceil_mode",
        "like",
        "top",
        "left",
    }
)


class OpenSides(Exception):
    """A side is needed that is open. The Design should not have let it through."""


# ----------------------------------------------------------------------------------------- targets
def step_of(link: Link) -> ast.Call:
    """The word with its arguments that a step is."""
    node = link.node
    if isinstance(node, (ast.Aux, ast.Module)):
        assert node.chain is not None
        node = node.chain.links[0]
    assert isinstance(node, ast.Link) and isinstance(node.step, ast.Call)
    return node.step


def form_target(at: At, step: ast.Call) -> SymTarget:
    """The arguments of `residual(...)` and `dense(...)`."""
    return with_arguments(SymTarget(Form(step.name.text), {}, frozenset()), step.args, at.sym)


def target_of(at: At, links: Sequence[Link]) -> SymTarget:
    """The layer or block of a step, with all its arguments as expressions."""
    step = step_of(links[0])
    definition = _definition_of(links[0])
    base: SymTarget | None = None
    known = at.env.find(step.name.text)
    if isinstance(known, SymTarget) and _same(known.definition, definition):
        base = known
    elif isinstance(definition_of(at.file, step.name.text), ast.Let):
        found = at.sym(ast.Ref(step.name.span, step.name.text))
        if isinstance(found, SymTarget):
            base = found
    if base is None and definition is None:  # an extern layer
        meant = step_target(at.names(0), step.name)
        assert isinstance(meant, Target)
        definition = meant.definition
    base = base or SymTarget(definition, {}, frozenset())
    return with_arguments(base, step.args, at.sym)


def _definition_of(link: Link) -> Any:
    """What defines a step's word; None for an extern layer, whose definition it does not keep."""
    what = link.what
    if isinstance(what, Scope):
        return what.definition
    layer = what.layer if isinstance(what, (Applied, Merge)) else None
    return LayerDef(type(layer)) if layer is not None and layer.family != "extern" else None


def _same(a: Any, b: Any) -> bool:
    return a is not None and b is not None and type(a) is type(b) and id_of(a) == id_of(b)


# ------------------------------------------------------------------------------------------ layers
def layer_of(link: Link) -> Layer:
    """The layer that a step applies."""
    assert isinstance(link.what, Applied)
    return link.what.layer


def given_to(
    b: Builder, at: At, target: SymTarget, links: Sequence[Link], incoming: Sequence[Val]
) -> Given:
    """What a layer says about itself in the code: its parameters and inputs as expressions."""
    layer = layer_of(links[0])
    fields: dict[str, Expr] = {}
    references = layer.references()
    for name, field in type(layer).fields.items():
        if name in references:
            values: list[Any] = [layer_of(link).references()[name] for link in links]
            value = at.resolve(values)
            assert value.var is not None
            value.var.tapped = True
            fields[name] = value.var.expr
        elif name in target.bound:
            fields[name] = as_expr(target.bound[name])
        else:
            fields[name] = Literal(field.default)
    if any(link.node is not link.origin for link in links):
        for name in changed_numbers(links) or ():
            fields[name] = number(b, at, name, [getattr(layer_of(link), name) for link in links])
    fields.update(_arguments_of_extern(layer, target, at))
    shapes = [[v.shape for v in val.at(at.rows)] for val in incoming]
    ranks = [len(s) for s in shapes[0]]
    if len(set(ranks)) > 1:
        raise Differ(at.rows, ranks, "inputs of different rank")

    def one_number(name: str) -> bool:
        return all(is_one_number(getattr(layer_of(link), name)) for link in links)

    channels = [channels_of(b, at, val) for val in incoming]
    inputs = [s[0] for s in shapes]
    return Given(
        fields, inputs, channels, one_number=one_number, sides=lambda: sides_of(b, at, incoming[0])
    )


def _arguments_of_extern(layer: Layer, target: SymTarget, at: At) -> dict[str, Expr]:
    if layer.family != "extern":
        return {}
    found: dict[str, Expr] = {}
    for name, value in layer.parameters:  # type: ignore[attr-defined]
        sym = target.bound.get(name)
        found[name] = sym if isinstance(sym, Expr) else Literal(value)
    return found


# ------------------------------------------------------------------------- channels, sides, taint
def channels_of(b: Builder, at: At, val: Val) -> Expr:
    """The channels of a value as an expression; a number if there is no other and all rows agree."""
    if val.channels is not None:
        return val.channels
    numbers = [channels_in(v) for v in val.at(at.rows)]
    if len(set(numbers)) > 1:
        raise Differ(at.rows, numbers, "channels differ")
    b.scene.wanted |= val.taint | val.deciding
    return Literal(numbers[0])


def sides_of(b: Builder, at: At, val: Val) -> list[Expr]:
    """Height and width where the code must have them: constants, if all rows agree."""
    shapes = [v.shape for v in val.at(at.rows)]
    b.scene.wanted |= val.taint
    b.fixed_sides |= INPUT in val.taint
    out: list[Expr] = []
    for i in range(1, len(shapes[0])):
        column = [s[i] for s in shapes]
        if any(isinstance(c, Open) for c in column):
            raise OpenSides()
        if len(set(column)) > 1:
            raise Differ(at.rows, [tuple(s[1:]) for s in shapes], "sides differ")
        out.append(Literal(column[0]))
    return out


def taint_of(b: Builder, layer: Layer, given: Given, val: Val) -> frozenset[str]:
    """The parameters on which the sides of a layer's output depend."""
    found = val.taint
    names = [n for n in type(layer).fields if n in GEOMETRY]
    if "output_size" in names or layer.word.startswith("global_"):
        found = frozenset()
    for name in names:
        found |= b.dependencies(given.get(name, Literal(0)))
    return found
