"""`residual { } shortcut { }`: a sum of what the body gives and what came in, or a way around.

A shortcut that only some instances take is one attribute, `nn.Identity()` in the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netdsl.backends.torch import merges
from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.chains import region_is_chain
from netdsl.backends.torch.given import form_target, step_of
from netdsl.backends.torch.items import write
from netdsl.backends.torch.keys import key_expr
from netdsl.backends.torch.loops import folded
from netdsl.backends.torch.modules import Made, module_of, result_val
from netdsl.backends.torch.names import SELF
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import SymTarget, Val, Var
from netdsl.backends.torch.sequence import SequenceBuilder
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign, Do, If, Statement
from netdsl.design import (
    Applied,
    Flow,
    Link,
    Region,
    Residual,
    Scope,
)
from netdsl.syntax import ast
from netdsl.totals import tensors_of

if TYPE_CHECKING:
    from netdsl.backends.torch.flow import Walker


def residual(w: Walker, links: list[Link], val: Val, at: At) -> Val:
    b = w.b
    found: list[Residual] = [link.what for link in links]  # type: ignore[misc]
    step = step_of(links[0])
    adds = [r.adds for r in found]
    inner = at.inside(at.rows.reframed([r.body.frame for r in found]))
    group = w.group
    body = w.region(found[0].body.body, [r.body for r in found], val, inner)
    assert body is not None
    body = merges.known_here(w, body, at)
    w.group = group if w.branch is not None else object()
    if not any(adds):
        if step.condition is not None:
            folded(b, step.condition, at)
        out = result_val(b, links, body.channels, at, body.taint)
        out.var = w.var_of(body)
        return out
    target = form_target(at, step)
    out_expr, random = _scaled(w, target, found, w.var_of(body).expr)
    taint = body.taint | val.taint
    x = w.var_of(val).expr
    shortcut, identity = _shortcut(w, links, found, step, val, at)
    if step.condition is not None and all(adds):
        folded(b, step.condition, at)
    joined = x + out_expr if identity else out_expr + shortcut
    if not all(adds):
        assert step.condition is not None
        condition = at.expr(step.condition)
        flag = b.store(condition, "residual")
        joined = code.Choose(joined, flag, w.var_of(body).expr)
    out = result_val(b, links, body.channels, at, taint)
    return w.gives(out, joined, joins=True, random=random)


def _scaled(
    w: Walker, target: SymTarget, found: Sequence[Residual], out: Expr
) -> tuple[Expr, bool]:
    """The body's value, scaled or dropped at random as `residual(...)` says."""
    b = w.b
    scale, survival = target.bound.get("scale"), target.bound.get("survival")
    if isinstance(scale, Expr):
        out = b.for_forward(scale, "scale") * out
    if isinstance(survival, Expr):
        kept = b.for_forward(survival, "survival")
        return code.call("stochastic_depth", out, kept, code.Attribute(SELF, "training")), True
    return out, False


def _shortcut(
    w: Walker, links: list[Link], found: Sequence[Residual], step: ast.Call, val: Val, at: At
) -> tuple[Expr, bool]:
    """The other summand, and whether it is what came in."""
    b = w.b
    taken = [r.shortcut is not None for r, link in zip(found, links)]
    x = w.var_of(val).expr
    if not any(taken):
        if step.clauses and step.clauses[0].condition is not None and any(r.adds for r in found):
            folded(b, step.clauses[0].condition, at)
        return x, True
    clause = step.clauses[0]
    both = any(r.adds and not t for r, t in zip(found, taken))
    chosen = [i for i, t in enumerate(taken) if t]
    regions = [found[i].shortcut for i in chosen]
    frames = [r.frame for r in regions if r is not None]
    every = len(chosen) == len(found)
    rows = at.rows.reframed(frames) if every else at.rows.inside(frames, chosen)
    inner = at.inside(rows)
    narrowed = val.within(rows)
    if not both and every:
        if clause.condition is not None:
            folded(b, clause.condition, at)
        out = w.region(clause.body, regions, narrowed, inner)  # type: ignore[arg-type]
        assert out is not None
        return w.var_of(out).expr, False
    condition = _when_taken(step, taken, at)
    single = single_module(regions)  # type: ignore[arg-type]
    if single is not None:
        column = [link for r in regions for link in flow_links(r)]  # type: ignore[arg-type]
        made = module_of(b, column, narrowed, inner)
        if made is not None and not made.exports and not made.helper:
            key = key_expr(column, inner)
            if isinstance(key, Literal):
                made.val.var = Var()
                return code.call(optional(b, key, condition, made), x), False
    chain = _weightless_chain(w, regions, narrowed, inner)  # type: ignore[arg-type]
    if chain is not None:
        attribute = code.Attribute(SELF, b.attribute("shortcut"))
        b.ctor.append(Assign(attribute, code.call("nn.Identity"), "nn.Module"))
        before, module = chain
        b.ctor.append(If(condition, (*before, Assign(attribute, module))))
        return code.call(attribute, x), False
    raise Differ(at.rows, [i in inner.rows.owners for i in range(len(at.rows))], "a shortcut")


def optional(b: Builder, key: Literal, condition: Expr, made: Made) -> Expr:
    """Keep a module that only some instances have, `nn.Identity()` in the others; how `forward` reaches it."""
    identity, before = code.call("nn.Identity"), (*made.before, *made.sets)
    if b.is_list:
        append = code.Attribute(SELF, "append")
        if before:
            there = (*before, Do(code.call(append, made.expr)))
            b.ctor.append(If(condition, there, (Do(code.call(append, identity)),)))
        else:
            b.ctor.append(Do(code.call(append, code.choose(made.expr, condition, identity))))
        return code.Subscript(SELF, Literal(int(key.value)))
    attribute = code.Attribute(SELF, key.value)
    b.ctor.append(Assign(attribute, identity, "nn.Module"))
    b.ctor.append(If(condition, (*before, Assign(attribute, made.expr))))
    return attribute


def _when_taken(step: ast.Call, taken: Sequence[bool], at: At) -> Expr:
    """When a shortcut is there: as its own condition says, as that of the residual does, or both."""
    own, outer = step.clauses[0].condition, step.condition
    for node in (own, outer):
        if node is not None and at.values_of(node) == list(taken):
            return at.expr(node)
    if own is None or outer is None:
        return Literal(True)
    return at.expr(ast.Logical(own.span, "and", (outer, own)))


def _weightless_chain(
    w: Walker, regions: Sequence[Region], val: Val, inner: At
) -> tuple[list[Statement], Expr] | None:
    """Steps without weights as one module: zero padding has no place in the `state_dict`."""
    if not all(region_is_chain(w.b.emitter, r) for r in regions):
        return None
    if any(tensors_of(link) for r in regions for link in flow_links(r)):
        return None
    items, _ = SequenceBuilder(w.b, False).region(regions[0].body, regions, val, inner)
    before, arguments = write(items, False, lambda: w.b.fresh("steps"))
    module = (
        arguments[0] if len(arguments) == 1 else code.Call(Name("nn.Sequential"), tuple(arguments))
    )
    return before, module


def single_module(regions: Sequence[Region]) -> Link | None:
    """The one step of these regions, if it is a module."""
    first: Link | None = None
    for region in regions:
        flows = [e for e in region.events if isinstance(e, Flow)]
        if len(region.events) != 1 or len(flows) != 1 or len(flows[0].links) != 1:
            return None
        link = flows[0].links[0]
        what = link.what
        if isinstance(what, Applied):
            if not what.layer.module_only:
                return None
        elif not isinstance(what, Scope):
            return None
        first = first or link
    return first


def flow_links(region: Region) -> list[Link]:
    return [link for e in region.events if isinstance(e, Flow) for link in e.links]
