"""Groups, bars and labelled forms as modules: an `nn.Sequential`, or a class made for the group."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.chains import is_chain
from netdsl.backends.torch.given import channels_of
from netdsl.backends.torch.items import write
from netdsl.backends.torch.modules import Made, named_channels, result_val, said_channels
from netdsl.backends.torch.names import camel, safe
from netdsl.backends.torch.parameters import input_value
from netdsl.backends.torch.rows import Rows
from netdsl.backends.torch.scene import INPUT, Env, Val
from netdsl.backends.torch.sequence import SequenceBuilder
from netdsl.backends.torch.symbols import At
from netdsl.backends.torch.template import Template
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Name
from netdsl.design import Link, Scope, Value
from netdsl.syntax import ast


def group_module(b: Builder, links: Sequence[Link], val: Val | None, at: At) -> Made:
    """A group, a bar, a labelled form: `nn.Sequential(...)` where it is one chain, else a class."""
    scopes = [link.scope for link in links if link.scope is not None]
    exports = b.emitter.exports_of_link(links)
    if val is not None and not exports and all(is_chain(b.emitter, s) for s in scopes):
        return sequential(b, links, scopes, val, at)
    return helper(b, links, scopes, val, at, exports)


def _rows_inside(scopes: Sequence[Scope], at: At) -> Rows:
    """The rows of `at`, seen from inside of their scopes."""
    return at.rows.reframed([s.frame for s in scopes])


def sequential(
    b: Builder, links: Sequence[Link], scopes: Sequence[Scope], val: Val, at: At
) -> Made:
    """`nn.Sequential(...)` for groups of which each is one chain."""
    ordered = not scopes[0].numbered
    builder = SequenceBuilder(b, ordered)
    rows = _rows_inside(scopes, at)
    inner = at.inside(rows)
    entry = val.within(at.rows).but(rows=rows)
    items, last = builder.region(scopes[0].region.body, [s.region for s in scopes], entry, inner)

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
    rows = _rows_inside(scopes, at)
    inner = Builder(b.emitter, template, scopes, rows)
    inner.outer = b
    inner.scene.constants = b.scene.constants
    inner.scene.wanted = b.scene.wanted
    inner.scene.parent = b.scene
    inner.scene.freed = b.freed
    env = Env(at.env, b.freed)
    if val is not None:
        entry = input_value(inner, val.at(at.rows), val.taint)
    else:
        entry = None
    around = _input_of(b, inner, at, rows)
    inner_at = At(inner.scene, env, rows, at.file, around, lambda n: _freed_fact(b, at, n))
    out = flow.build(inner, scopes, entry, inner_at)
    b.template.uses.append(template)
    b.fixed_sides |= inner.fixed_sides and val is not None and INPUT in val.taint
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
    channels = said_channels(b, out.channels, known)
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
        export_channels=tuple(said_channels(b, c, known) for c in template.export_channels),
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
