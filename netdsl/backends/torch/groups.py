"""Steps that are modules with modules inside: uses of blocks, groups, and classes made for groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.given import channels_of, sides_of, target_of
from netdsl.backends.torch.items import write
from netdsl.backends.torch.modules import Made, named_channels, result_val
from netdsl.backends.torch.names import camel, safe
from netdsl.backends.torch.parameters import input_value
from netdsl.backends.torch.rows import Differ, Rows
from netdsl.backends.torch.scene import FREE, Env, SymTarget, Val, as_expr
from netdsl.backends.torch.sequence import SequenceBuilder
from netdsl.backends.torch.symbols import At
from netdsl.backends.torch.template import Template, same_value
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.design import (
    Applied,
    Branch,
    Flow,
    Inlined,
    Link,
    Loop,
    Note,
    Region,
    Scope,
    SharedModule,
    Value,
)
from netdsl.elaborate.values import BlockDef
from netdsl.syntax import ast
from netdsl.walks import reads_around

if TYPE_CHECKING:
    from netdsl.backends.torch.emitter import Emitter


# ------------------------------------------------------------------------------------------- blocks
def block_call(b: Builder, links: Sequence[Link], val: Val | None, at: At) -> Made:
    """`Bottleneck(in_channels, width, stride=stride)`."""
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
    known: dict[str, Expr] = dict(template.substitutes)
    if val is not None:
        channels = channels_of(b, at, val)
        known["in_channels"] = channels
    for param in template.params:
        if param.role == "in":
            known[param.name] = channels_of(b, at, val) if val is not None else Literal(0)
        elif param.role == "fact":
            assert val is not None
            known[param.name] = _side(b, val, param.source, at)
        elif param.role == "channels":
            known[param.name] = _value_channels(b, target.bound[param.source], at)
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
    out = template.out_channels
    channels = None if out is None else code.rename(out, known)
    if channels is not None and not _sayable(b, channels, known):
        channels = None
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
        takes_input=template.takes_input,
    )


def _sayable(b: Builder, expr: Expr, known: dict[str, Expr]) -> bool:
    return all(
        b.is_local(n)
        or n in ("int", "min", "max", "round", "abs", "len", "sum", "make_divisible")
        or n.startswith("math.")
        for n in expr.names
    )


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


# ------------------------------------------------------------------------------------------- groups
def group_module(b: Builder, links: Sequence[Link], val: Val | None, at: At) -> Made:
    """A group, a bar, a labelled form: `nn.Sequential(...)` where it is one chain, else a class."""
    scopes = [link.scope for link in links if link.scope is not None]
    exports = b.emitter.exports_of_link(links)
    if val is not None and not exports and all(is_chain(b.emitter, s) for s in scopes):
        return _sequential(b, links, scopes, val, at)
    return helper(b, links, scopes, val, at, exports)


def is_chain(emitter: Emitter, scope: Scope) -> bool:
    """Whether a scope is one chain of modules."""
    if isinstance(scope.definition, ast.Aux):
        return False  # a side output reads best as a class with its own forward
    return (
        scope.kind in ("group", "bar", "aux", "module")
        and not scope.weights
        and not scope.shared
        and region_is_chain(emitter, scope.region)
    )


def region_is_chain(emitter: Emitter, region: Region) -> bool:
    """Whether every step of a body is a module that takes and gives one value."""
    for event in region.events:
        if isinstance(event, Flow):
            if not all(_link_is_chain(emitter, link) for link in event.links):
                return False
        elif isinstance(event, Loop):
            if not all(region_is_chain(emitter, r) for r in event.iterations):
                return False
        elif isinstance(event, Branch):
            if event.region is not None and not region_is_chain(emitter, event.region):
                return False
        elif not (isinstance(event, Note) and isinstance(event.node, (ast.Let, ast.Init))):
            return False
    return True


def _link_is_chain(emitter: Emitter, link: Link) -> bool:
    what = link.what
    if isinstance(what, Applied):
        return not what.layer.references()
    if isinstance(what, Scope):
        if link.exports or len(link.inputs) != 1 or emitter.gives_several(what):
            return False
        if any(isinstance(v, SharedModule) for v in what.arguments.values()):
            return False  # forward passes the module
        return what.outer is None or not reads_around(what)
    if isinstance(what, Inlined):
        return region_is_chain(emitter, what.region)
    return False


def scope_body(scope: Scope) -> ast.Body | ast.Chain:
    return scope.region.body


def scope_rows(scopes: Sequence[Scope], at: At) -> Rows:
    """The rows of `at`, seen from inside of their scopes."""
    return at.rows.reframed([s.frame for s in scopes])


def _sequential(
    b: Builder, links: Sequence[Link], scopes: Sequence[Scope], val: Val, at: At
) -> Made:
    ordered = not scopes[0].numbered
    builder = SequenceBuilder(b, ordered)
    rows = scope_rows(scopes, at)
    inner = at.inside(rows)
    entry = Val(val.channels, val.at(at.rows), rows, val.taint)
    items, last = builder.region(scope_body(scopes[0]), [s.region for s in scopes], entry, inner)

    def variable() -> str:
        labels = {link.label for link in links}
        if len(labels) == 1 and links[0].label is not None:
            text = links[0].label
        else:
            plain = getattr(getattr(links[0].node, "label", None), "parts", ())
            text = "".join(p for p in plain if isinstance(p, str)).strip("_")
        return b.fresh(safe(text if text.isidentifier() else "layers"))

    before, arguments = write(items, ordered, variable)
    call = code.Call(Name("nn.Sequential"), tuple(arguments))
    result = result_val(b, links, last.channels, at, last.taint)
    return Made(call, result, tuple(before))


def helper(
    b: Builder,
    links: Sequence[Link],
    scopes: Sequence[Scope],
    val: Val | None,
    at: At,
    exports: Sequence[tuple[str, ...]],
) -> Made:
    """A class of its own for a group: it gets the free names of its text, and the values that it reads."""
    from netdsl.backends.torch import flow

    template = Template(_helper_name(links[0], b), "helper")
    template.exports = list(exports)
    template.parent = b.template
    rows = scope_rows(scopes, at)
    inner = Builder(b.emitter, template, scopes, rows)
    inner.outer = b
    inner.scene.constants = b.scene.constants
    inner.scene.wanted = b.scene.wanted
    inner.scene.parent = b.scene
    inner.scene.freed = b.freed
    env = Env(at.env, b.freed)
    if val is not None:
        entry = input_value(inner, val.at(at.rows))
    else:
        entry = None
    around = _input_of(b, inner, at, rows)
    inner_at = At(inner.scene, env, rows, at.file, around, lambda n: _freed_fact(b, at, n))
    out = flow.build(inner, scopes, entry, inner_at)
    b.template.uses.append(template)
    # what it must be given
    known: dict[str, Expr] = {}
    positional: list[Expr] = []
    for param in template.params:
        value = (
            channels_of(b, at, val)
            if param.role == "in" and val is not None
            else Name(param.source)
        )
        known[param.name] = value
        if param in template.kept:
            positional.append(value)
    call: Expr = code.Call(template.reference, tuple(positional))
    channels = out.channels
    if channels is not None:
        known.update({n: Name(n[1:]) for n in channels.names if n.startswith(FREE)})
        channels = code.rename(channels, known)
        if not _sayable(b, channels, known):
            channels = None
    channels, call, sets = named_channels(b, channels, call, at)
    result = result_val(b, links, channels, at, out.taint)
    captured, places = tuple(inner.captured), tuple(template.places)
    return Made(
        call,
        result,
        (),
        tuple(sets),
        helper=captured,
        exports=tuple(exports),
        places=places,
        takes_input=template.takes_input,
    )


def _freed_fact(b: Builder, at: At, name: str) -> Expr | None:
    fact = at.facts(name)
    return None if fact is None else b.freed(fact)


def _input_of(b: Builder, inner: Builder, at: At, rows: Rows) -> Val | None:
    """`in` inside a group is still the block's input."""
    if at.input is None:
        return None
    concretes: list[Value] = at.input.at(at.rows)
    known = inner.scene.find(rows, concretes)
    if known is not None:
        return known
    channels = None if at.input.channels is None else b.freed(at.input.channels)
    return Val(channels, concretes, rows, at.input.taint)


def _helper_name(link: Link, b: Builder) -> str:
    node = link.node
    label = getattr(node, "label", None)
    if isinstance(label, ast.Computed):
        text = "".join(p for p in label.parts if isinstance(p, str)).strip("_")
        if text:
            return camel(text)
    if isinstance(node, ast.Module):
        return camel(node.name.text)
    return (
        camel(link.key or "Group")
        if not (link.key or "0").isdigit()
        else f"{b.template.wanted}Group"
    )
