"""Uses of blocks: the constructor call of a class, `Bottleneck(in_channels, width, stride=stride)`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.changed import ROLE, passed_number
from netdsl.backends.torch.given import channels_of, sides_of, target_of
from netdsl.backends.torch.modules import Made, named_channels, result_val, said_channels
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import INPUT, SymTarget, Val, as_expr
from netdsl.backends.torch.symbols import At
from netdsl.backends.torch.template import Template, same_value
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal
from netdsl.design import Link
from netdsl.elaborate.values import BlockDef
from netdsl.walks import of_kind


def block_call(b: Builder, links: Sequence[Link], val: Val | None, at: At) -> Made:
    """The call of the class that all uses share."""
    scopes = [link.scope for link in links]
    templates = [b.emitter.template_of(s) for s in scopes if s is not None]
    if any(t is not templates[0] for t in templates):
        raise Differ(at.rows, [t.wanted + str(id(t)) for t in templates], "different classes")
    template = templates[0]
    target = target_of(at, links)
    b.template.uses.append(template)
    return _construct(b, template, target, links, val, at)


def _construct(
    b: Builder,
    template: Template,
    target: SymTarget,
    links: Sequence[Link],
    val: Val | None,
    at: At,
) -> Made:
    """The constructor call, and what comes out in the words of the caller."""
    definition = target.definition
    assert isinstance(definition, BlockDef)
    known: dict[str, Expr] = {}
    if val is not None:
        channels = channels_of(b, at, val)
        if all(p.name != "in_channels" for p in template.params):  # not one that the block declares
            known["in_channels"] = channels
    for param in template.params:
        if param.role == "in":
            known[param.name] = channels_of(b, at, val) if val is not None else Literal(0)
        elif param.role == "fact":
            assert val is not None
            known[param.name] = _side(b, val, param.source, at)
        elif param.role == "channels":
            known[param.name] = _value_channels(b, target.bound[param.source], at)
        elif param.role == ROLE:
            known[param.name] = passed_number(b, at, param, links)
        elif param.source in target.bound:
            known[param.name] = as_expr(target.bound[param.source])
    for param in template.params:  # before those that read others
        if param.default is not None:
            known.setdefault(param.name, param.default)
    for param in template.params:
        if param.name in known:
            continue
        if param.computed is not None:
            known[param.name] = code.rename(param.computed, known)
        else:
            known[param.name] = _default_in_rows(b, param.source, links, at)
    if template.fixed_sides:
        for passed in _passed(template, target, val):
            b.scene.wanted |= passed.taint
            b.fixed_sides |= INPUT in passed.taint
    told = {param.source for param in template.params}
    for name, argument in target.bound.items():
        if name not in told:  # the class is not given it: it is what all uses are alike in
            b.scene.wanted |= _below(b, argument)
    for name in template.decided & known.keys():
        b.scene.wanted |= b.dependencies(known[name])
    positional: list[Expr] = []
    named: list[tuple[str, Expr]] = []
    for param in template.params:
        if param not in template.kept:
            continue
        value = known[param.name]
        if (
            param.default is not None
            and isinstance(value, Literal)
            and isinstance(param.default, Literal)
            and same_value(value.value, param.default.value)
        ):
            continue
        by_position = param.role in ("in", "channels", "fact") or param.source in target.positional
        skipped = len(positional) + len(named) < template.kept.index(param)
        if by_position and not named and not skipped:
            positional.append(value)
        else:
            named.append((param.name, value))
    call: Expr = code.Call(template.reference, tuple(positional), tuple(named))
    channels = said_channels(b, template.out_channels, known)
    channels, call, sets = named_channels(b, channels, call, at)
    taint = val.taint if val is not None else frozenset()
    for expr in known.values():
        taint |= b.dependencies(expr)
    result = result_val(
        b, links, channels, at, taint if _sides_differ(links) else (val.taint if val else taint)
    )
    exports, places = tuple(template.exports), tuple(template.places)
    return Made(
        call,
        result,
        (),
        tuple(sets),
        exports=exports,
        places=places,
        export_channels=tuple(said_channels(b, c, known) for c in template.export_channels),
        takes_input=template.takes_input,
    )


def _below(b: Builder, argument: object) -> frozenset[str]:
    """The parameters of this class below an argument."""
    if isinstance(argument, Expr):
        return b.dependencies(argument)
    if isinstance(argument, SymTarget):
        argument = tuple(argument.bound.values())
    entries = argument if isinstance(argument, tuple) else ()
    return frozenset(n for entry in entries for n in _below(b, entry))


def _passed(template: Template, target: SymTarget, val: Val | None) -> Iterator[Val]:
    """The values that a use of a block is given."""
    arguments = (target.bound.get(a.source) for a in template.forward_params)
    return of_kind((val, *arguments), Val)


def _sides_differ(links: Sequence[Link]) -> bool:
    for link in links:
        if (
            link.inputs
            and link.output is not None
            and link.output.shape is not None
            and link.inputs[0].shape is not None
            and link.inputs[0].shape.sides != link.output.shape.sides
        ):
            return True
    return False


def _side(b: Builder, val: Val, name: str, at: At) -> Expr:
    sides = sides_of(b, at, val)
    return sides[{"height": -2, "width": -1, "length": -1}[name]]


def _value_channels(b: Builder, sym: object, at: At) -> Expr:
    if isinstance(sym, Val):
        return channels_of(b, at, sym)
    assert isinstance(sym, tuple)
    return code.sequence([_value_channels(b, s, at) for s in sym])


def _default_in_rows(b: Builder, name: str, links: Sequence[Link], at: At) -> Expr:
    """A default that reads the block's input: its value, where all rows agree."""
    values = [link.scope.arguments[name] for link in links if link.scope is not None]
    return Literal(at.rows.uniform(values, f"default of {name}"))
