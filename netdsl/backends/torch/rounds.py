"""Loops and conditions in a scope with a `forward`.

A short loop is written out. A long one stays: modules are added by computed names, and `forward` goes
through them. A condition has one outcome, or decides about one module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from netdsl.backends.torch import residuals
from netdsl.backends.torch.given import channels_of
from netdsl.backends.torch.iterators import lasting, passing
from netdsl.backends.torch.keys import key_expr
from netdsl.backends.torch.loops import (
    FEW_TRIPS,
    assign_channels,
    bind_round,
    count_of,
    folded,
    loop_dependencies,
    loop_header,
)
from netdsl.backends.torch.modules import module_of
from netdsl.backends.torch.operations import AnyOp, LoopOp, names_of
from netdsl.backends.torch.row_values import row_values
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import Val, Var
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign, For, Statement
from netdsl.design import (
    Branch,
    Loop,
    Region,
)
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.backends.torch.flow import Walker


def loop(w: Walker, events: list[Loop], val: Val | None, at: At) -> Val | None:
    trips = [len(e.iterations) for e in events]
    if not any(trips):
        w.b.scene.wanted |= loop_dependencies(w.b, events[0].node, at)
        return val
    same = len(set(trips)) == 1
    short = same and (trips[0] <= FEW_TRIPS or w.b.emitter.exact)
    restore = w.b.snapshot()
    if not short and all(w.b.emitter.readers.stay_inside(e.iterations) for e in events):
        try:
            return _rolled(w, events, trips, val, at)
        except Differ as differ:
            restore()
            outward = differ if differ.rows.base is at.rows.base else None
            if outward is None and differ.parent_base is at.rows.base:
                outward = differ.outward()
            if outward is not None and not same:
                raise outward from None
    if not same:
        raise Differ(at.rows, trips, "different numbers of rounds")
    return _unrolled(w, events, trips[0], val, at)


def _unrolled(w: Walker, events: list[Loop], trips: int, val: Val | None, at: At) -> Val | None:
    node = events[0].node
    w.b.scene.wanted |= loop_dependencies(w.b, node, at)
    for j in range(trips):
        regions = [e.iterations[j] for e in events]
        inner = at.inside(at.rows.reframed([r.frame for r in regions]))
        bind_round(node, j, inner, at)
        val = w.relocate(w.region(node.body, regions, val, inner), at)
    return val


def _rolled(w: Walker, events: list[Loop], trips: list[int], val: Val | None, at: At) -> Val:
    """A long loop: modules are added by computed names, and `forward` goes through them."""
    b = w.b
    if val is None or b.is_list:
        raise Differ(at.rows, trips, "a loop without a running value")
    node = events[0].node
    regions = [r for e in events for r in e.iterations]
    owners = [i for i, t in enumerate(trips) for _ in range(t)]
    rows = at.rows.inside([r.frame for r in regions], owners)
    inner = at.inside(rows, looping=True)
    targets, iterable = loop_header(b, node, at, inner)
    if isinstance(node, ast.For) and "round " not in inner.env.names:
        raise Differ(rows, list(range(len(rows))), "a loop without a counter")
    restore = b.snapshot()
    made = _round(w, node, regions, rows, val, inner, None)
    channels, last = val.channels, made.last
    if last.channels is None or channels is None or last.channels.text != channels.text:
        restore()
        start = channels_of(b, at, val)
        name = b.fresh("channels")
        b.deps[name] = b.dependencies(start)
        made = _round(w, node, regions, rows, val, inner, name)
        channels, last = Name(name), made.last
        if last.channels is None:
            raise Differ(rows, [r.exit.shape.channels for r in regions], "channels differ")  # type: ignore[union-attr]
        b.deps[name] |= b.dependencies(last.channels)
        b.ctor.append(Assign(name, start))
        if last.channels != Name(name):
            made.ctor.append(assign_channels(name, last.channels))
    shown = tuple(t if any(t in s.reads() for s in made.ctor) else "_" for t in targets)
    b.ctor.append(For(shown, iterable, tuple(made.ctor)))
    if isinstance(node, ast.Repeat):
        through = code.call("range", b.for_forward(count_of(iterable), "depth"))
    else:
        through = passing(b.for_forward(lasting(iterable), "rounds"))
    read = {n for op in made.ops for n in names_of(op)}
    shown = tuple(t if t in read else "_" for t in targets)
    exits = [e.iterations[-1].exit if e.iterations else v for e, v in zip(events, val.at(at.rows))]
    out = Val(
        channels,
        exits,
        at.rows,
        last.taint | val.taint | b.dependencies(iterable),
    )  # type: ignore[arg-type]
    out.var = Var(branch=w.branch)
    entry, body = b.variable(w.var_of(val)), tuple(made.ops)
    b.ops.append(LoopOp(shown, through, body, entry, made.first, made.end, out.var, w.group))
    return b.scene.know(out)


class _Round(NamedTuple):
    """What a round is: from the variable `first` to `last`, which `end` holds."""

    ctor: list[Statement]
    ops: list[AnyOp]
    first: Var
    last: Val
    end: Var


def _round(
    w: Walker,
    node: Any,
    regions: Sequence[Region],
    rows: Any,
    val: Val,
    inner: At,
    name: str | None,
) -> _Round:
    """A round of a long loop, whose running channels are called `name` where they change."""
    b = w.b
    channels: Expr | None = val.channels if name is None else Name(name)
    first = Var()
    entry = b.scene.know(Val(channels, [r.entry for r in regions], rows, val.taint, first))  # type: ignore[misc]
    ctor_at, ops_at = len(b.ctor), len(b.ops)
    names = set(inner.env.names)
    last = w.region(node.body, regions, entry, inner)
    assert last is not None
    end = b.variable(w.var_of(last))
    ctor, ops = b.ctor[ctor_at:], b.ops[ops_at:]
    del b.ctor[ctor_at:]
    del b.ops[ops_at:]
    for extra in set(inner.env.names) - names:
        del inner.env.names[extra]
    return _Round(list(ctor), list(ops), first, last, end)


def if_(w: Walker, events: list[Branch], val: Val | None, at: At) -> Val | None:
    b = w.b
    outcomes = [e.outcome for e in events]
    node = events[0].node
    if len(set(outcomes)) == 1:
        folded(b, node.condition, at)
        if events[0].region is None:
            return val
        regions = [e.region for e in events]
        inner = at.inside(at.rows.reframed([r.frame for r in regions]))  # type: ignore[union-attr]
        return w.relocate(w.region(regions[0].body, regions, val, inner), at)  # type: ignore[union-attr,arg-type]
    single = _optional(w, events, val, at)
    if single is not None:
        return single
    raise Differ(at.rows, outcomes, "a condition")


def _optional(w: Walker, events: list[Branch], val: Val | None, at: At) -> Val | None:
    """One module under a condition: `nn.Identity()` where it is false."""
    b = w.b
    if val is None or any(e.region is not None and not e.outcome for e in events):
        return None
    chosen = [i for i, e in enumerate(events) if e.region is not None]
    regions = [events[i].region for i in chosen]
    if not all(r is not None and residuals.single_module([r]) is not None for r in regions):
        return None
    rows = at.rows.inside([r.frame for r in regions if r is not None], chosen)
    inner = at.inside(rows)
    narrowed = val.within(rows)
    column = [link for r in regions if r is not None for link in residuals.flow_links(r)]
    restore = b.snapshot()
    made = module_of(b, column, narrowed, inner)
    key = key_expr(column, inner)
    condition = at.expr(events[0].node.condition)
    if made is None or made.exports or made.helper or not isinstance(key, Literal) or made.sets:
        restore()
        return None
    actual = [v.shape.channels for v in _after(events, val, at)]  # type: ignore[union-attr]
    channels = None
    for candidate in (made.val.channels, val.channels):
        if candidate is not None and row_values(b, candidate, at) == actual:
            channels = candidate
            break
    if channels is None:
        restore()
        return None
    attribute = residuals.optional(b, key, condition, made)
    out = b.scene.know(
        Val(
            channels,
            _after(events, val, at),
            at.rows,
            val.taint | made.val.taint | b.dependencies(condition),
        )
    )
    random = made.layer is not None and made.layer.family == "dropout"
    return w.gives(out, code.call(attribute, w.var_of(val).expr), random=random)


def _after(events: Sequence[Branch], val: Val, at: At) -> list[Any]:
    return [e.region.exit if e.region is not None else v for e, v in zip(events, val.at(at.rows))]
