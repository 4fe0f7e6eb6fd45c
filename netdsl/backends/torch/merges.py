"""Merges: `concat`, `add`, `mul`. Bars are walked one after the other; their values meet in one operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from netdsl.backends.torch import calls
from netdsl.backends.torch.given import channels_of, target_of
from netdsl.backends.torch.loops import bind_round, folded, loop_dependencies
from netdsl.backends.torch.modules import named_channels, result_val
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import Val
from netdsl.backends.torch.symbols import At
from netdsl.code.expr import Expr, Literal
from netdsl.design import (
    BarEvent,
    Branch,
    Link,
    Loop,
    Note,
    Region,
)
from netdsl.layers.base import Given

if TYPE_CHECKING:
    from netdsl.backends.torch.flow import Walker


def merge(w: Walker, links: list[Link], val: Val | None, at: At) -> Val:
    b = w.b
    merges = [link.what for link in links]
    branch = w.branch
    values: list[Val] = []
    regions = [m.region for m in merges]  # type: ignore[union-attr]
    inner = at.inside(at.rows.reframed([r.frame for r in regions]))

    def take(events: Sequence[BarEvent], entry: Val | None, at: At) -> None:
        values.append(_bar(w, events, entry, at))

    bars(w, regions, val, inner, take)
    w.branch = branch
    layer = merges[0].layer  # type: ignore[union-attr]
    values = [known_here(w, v, at) for v in values]
    target = target_of(at, links)
    shapes = [v.at(at.rows)[0].shape for v in values]
    fields = {n: s for n, s in target.bound.items() if isinstance(s, Expr)}
    given = Given(fields, shapes, [channels_of(b, at, v) for v in values])  # type: ignore[arg-type]
    taint = frozenset().union(*(v.taint for v in values))
    exprs = [w.var_of(v).expr for v in values]
    channels, _, sets = named_channels(b, layer.out_channels(given), Literal(0), at)
    b.ctor += sets
    out = result_val(b, links, channels, at, taint)
    if len(values) == 1:
        out.var = values[0].var
        return out
    expr = layer.function(given, *exprs)
    assert expr is not None
    return w.gives(out, expr, joins=True)


def known_here(w: Walker, val: Val, at: At) -> Val:
    return val if val.rows.encloses(at.rows) else val.but(rows=at.rows)


def bars(
    w: Walker,
    regions: Sequence[Region],
    val: Val | None,
    at: At,
    take: Callable[[Sequence[BarEvent], Val | None, At], None],
) -> None:
    """Every bar of a body, and of the loops and conditions around bars; `take` writes one."""
    for k in range(len(regions[0].events)):
        events = [r.events[k] for r in regions]
        first = events[0]
        if isinstance(first, BarEvent):
            take(events, val, at)  # type: ignore[arg-type]
        elif isinstance(first, Note):
            w.note(events, at)  # type: ignore[arg-type]
        elif isinstance(first, Loop):
            trips = [len(e.iterations) for e in events]  # type: ignore[union-attr]
            if len(set(trips)) > 1:
                raise Differ(at.rows, trips, "different numbers of bars")
            w.b.scene.wanted |= loop_dependencies(w.b, first.node, at)
            for j in range(trips[0]):
                inner_regions = [e.iterations[j] for e in events]  # type: ignore[union-attr]
                inner = at.inside(at.rows.reframed([r.frame for r in inner_regions]))
                bind_round(first.node, j, inner, at)
                bars(w, inner_regions, val, inner, take)
        elif isinstance(first, Branch):
            outcomes = [e.outcome for e in events]  # type: ignore[union-attr]
            if len(set(outcomes)) > 1:
                raise Differ(at.rows, outcomes, "bars under a condition")
            folded(w.b, first.node.condition, at)
            if first.region is not None:
                arms = [e.region for e in events]  # type: ignore[union-attr]
                inner = at.inside(at.rows.reframed([r.frame for r in arms if r is not None]))
                bars(w, arms, val, inner, take)  # type: ignore[arg-type]


def _bar(w: Walker, events: Sequence[BarEvent], val: Val | None, at: At) -> Val:
    number = events[0].number
    numbers = [e.number for e in events]
    if len(set(numbers)) > 1:
        raise Differ(at.rows, numbers, "bars with different numbers")
    before = w.branch
    w.branch = f"branch{number}"
    try:
        if events[0].flow is not None:
            out = w.links([e.flow.links for e in events], val, at)  # type: ignore[union-attr]
        else:
            out = calls.module(w, [e.link for e in events], val, at)  # type: ignore[misc]
    finally:
        w.branch = before
    assert out is not None
    return out
