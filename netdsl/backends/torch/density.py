"""`dense(n) { }`: every round reads the concatenation of the input and all outputs before it.

Labelled, with one step a round, it is an `nn.ModuleDict`; else rounds are written out or stay a loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.close import close
from netdsl.backends.torch.given import channels_of, form_target, step_of
from netdsl.backends.torch.initial import emit_init
from netdsl.backends.torch.keys import key_expr
from netdsl.backends.torch.loops import FEW_TRIPS, loop_name
from netdsl.backends.torch.modules import module_of, result_val
from netdsl.backends.torch.names import SELF
from netdsl.backends.torch.operations import LoopOp, names_of
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import FREE, Val, Var
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.expr import Expr, ListOf, Literal, Name
from netdsl.code.stmt import Assign, For, Return, Statement
from netdsl.design import (
    Applied,
    Dense,
    Flow,
    Link,
    Region,
    Scope,
)

if TYPE_CHECKING:
    from netdsl.backends.torch.flow import Walker


def dense(w: Walker, links: list[Link], val: Val, at: At) -> Val:
    """`dense` without a class of its own: each round is written out, or one round of a loop."""
    b = w.b
    found: list[Dense] = [link.what for link in links]  # type: ignore[misc]
    trips = [len(d.iterations) for d in found]
    step = step_of(links[0])
    target = form_target(at, step)
    count = target.bound["count"]
    assert isinstance(count, Expr)
    if not any(trips):
        b.scene.wanted |= b.dependencies(count)
        out = result_val(b, links, val.channels, at, val.taint)
        out.var = w.var_of(val)
        return out
    if len(set(trips)) == 1 and (trips[0] <= FEW_TRIPS or b.emitter.exact):
        return _dense_unrolled(w, links, found, trips[0], val, at, count)
    restore = b.snapshot()
    try:
        if not all(b.emitter.readers.stay_inside(d.iterations, joined=True) for d in found):
            raise Differ(at.rows, trips, "a value of one round is read outside")
        return _dense_rolled(w, links, found, trips, val, at, count)
    except Differ as differ:
        restore()
        if len(set(trips)) > 1:
            raise (
                differ
                if differ.rows.base is at.rows.base
                else Differ(at.rows, trips, "different numbers of rounds")
            ) from None
    return _dense_unrolled(w, links, found, trips[0], val, at, count)


def _dense_unrolled(
    w: Walker, links: list[Link], found: list[Dense], trips: int, val: Val, at: At, count: Expr
) -> Val:
    b = w.b
    b.scene.wanted |= b.dependencies(count)
    for j in range(trips):
        regions = [d.iterations[j] for d in found]
        inner = at.inside(at.rows.reframed([r.frame for r in regions]))
        inner.env.names["round "] = Literal(j)
        if w.branch is None:
            w.group = object()
        out = w.relocate(w.region(regions[0].body, regions, val, inner), at)
        assert out is not None
        if j + 1 < trips:
            values = [d.iterations[j + 1].entry for d in found]
        else:
            values = [link.output for link in links]
        channels = code.total([channels_of(b, at, val), channels_of(b, at, out)])
        joined = b.scene.know(Val(channels, values, at.rows, val.taint | out.taint))  # type: ignore[arg-type]
        pair = ListOf((w.var_of(val).expr, w.var_of(out).expr))
        val = w.gives(joined, code.call("torch.cat", pair, dim=1))
    return val


def _dense_rolled(
    w: Walker,
    links: list[Link],
    found: list[Dense],
    trips: list[int],
    val: Val,
    at: At,
    count: Expr,
) -> Val:
    b = w.b
    if b.is_list:
        raise Differ(at.rows, trips, "a loop in a list")
    regions = [r for d in found for r in d.iterations]
    owners = [i for i, t in enumerate(trips) for _ in range(t)]
    rows = at.rows.inside([r.frame for r in regions], owners)
    inner = at.inside(rows, looping=True)
    index = loop_name(b, "i", at)
    inner.loops = (*at.loops, index)
    inner.env.names["round "] = Name(index)
    b.deps[index] = frozenset()
    growth = _growth(b, regions, val, rows, inner)
    start = channels_of(b, at, val)
    first = Var()
    entry = b.scene.know(
        Val(start + Name(index) * growth, [r.entry for r in regions], rows, val.taint, first)
    )  # type: ignore[misc]
    ctor_at, ops_at = len(b.ctor), len(b.ops)
    out = w.region(regions[0].body, regions, entry, inner)
    assert out is not None
    joined = Var()
    w.op([joined], code.call("torch.cat", ListOf((first.expr, w.var_of(out).expr)), dim=1))
    ctor, ops = b.ctor[ctor_at:], b.ops[ops_at:]
    del b.ctor[ctor_at:]
    del b.ops[ops_at:]
    used = any(index in s.reads() for s in ctor)
    b.ctor.append(For((index if used else "_",), code.call("range", count), tuple(ctor)))
    through = code.call("range", b.for_forward(count, "depth"))
    read = {n for op in ops for n in names_of(op)}
    result = b.scene.know(
        Val(start + count * growth, [link.output for link in links], at.rows, val.taint)
    )  # type: ignore[misc]
    result.var = Var(branch=w.branch)
    shown = index if index in read else "_"
    before, body = b.variable(w.var_of(val)), tuple(ops)
    b.ops.append(LoopOp((shown,), through, body, before, first, joined, result.var, w.group))
    return result


def is_dense_dict(b: Builder, scopes: Sequence[Scope]) -> bool:
    """A labelled `dense` whose body is one step: a dictionary of modules keeps its keys."""
    for scope in scopes:
        if scope.kind != "dense":
            return False
        link = scope.region.events[0].links[0]  # type: ignore[union-attr]
        if not isinstance(link.what, Dense) or not link.what.iterations:
            return False
        for number, region in enumerate(link.what.iterations, 1):
            if (
                len(region.events) != 1
                or not isinstance(region.events[0], Flow)
                or len(region.events[0].links) != 1
            ):
                return False
            only = region.events[0].links[0]
            if (
                not isinstance(only.what, (Applied, Scope))
                or only.key is None
                or not only.key.endswith(str(number))
            ):
                return False
            if (
                len(only.inputs) != 1
                or only.exports
                or (isinstance(only.what, Applied) and only.what.layer.references())
            ):
                return False
            if isinstance(only.what, Scope) and (
                only.what.kind != "block" or b.emitter.gives_several(only.what)
            ):
                return False
    return True


def dense_class(b: Builder, scopes: Sequence[Scope], val: Val, at: At) -> Val | None:
    """`class X(nn.ModuleDict)`: every layer reads what all before it gave. None where its rounds
    cannot be one loop, but can be written out."""
    trips = {len(s.region.events[0].links[0].what.iterations) for s in scopes}  # type: ignore[union-attr]
    restore = b.snapshot()
    try:
        return _dense_class(b, scopes, val, at)
    except Differ as differ:
        outward = differ.outward() if differ.parent_base is at.rows.base else None
        if len(trips) > 1 or differ.rows.base is at.rows.base or outward is not None:
            raise  # two classes, each with its own loop
        restore()
        return None


def _dense_class(b: Builder, scopes: Sequence[Scope], val: Val, at: At) -> Val:
    links = [s.region.events[0].links[0] for s in scopes]  # type: ignore[union-attr]
    step = step_of(links[0])
    target = form_target(at, step)
    count = target.bound["count"]
    assert isinstance(count, Expr)
    iterations = [link.what.iterations for link in links]  # type: ignore[union-attr]
    regions = [r for its in iterations for r in its]
    owners = [i for i, its in enumerate(iterations) for _ in its]
    rows = at.rows.inside([r.frame for r in regions], owners)
    inner = at.inside(rows, looping=True)
    index = loop_name(b, "i", at)
    inner.loops = (*at.loops, index)
    inner.env.names["round "] = Name(index)
    b.deps[index] = frozenset()
    growth = _growth(b, regions, val, rows, inner)
    start = channels_of(b, at, val)
    entry = b.scene.know(
        Val(start + Name(index) * growth, [r.entry for r in regions], rows, val.taint)
    )  # type: ignore[misc]
    column = [r.events[0].links[0] for r in regions]  # type: ignore[union-attr]
    made = module_of(b, column, entry, inner)
    assert made is not None
    key = key_expr(column, inner)
    if isinstance(key, Literal):  # of the only round here: another count has more
        key = code.text_of([key.value[:-1], Name(index) + 1])
    body: list[Statement] = [*made.before, *made.sets, Assign(code.Subscript(SELF, key), made.expr)]
    used = any(index in s.reads() for s in body)
    b.ctor.append(For((index if used else "_",), code.call("range", count), tuple(body)))
    b.template.base = "nn.ModuleDict"
    b.template.forward_params = []
    emit_init(b, scopes, at)
    b.template.forward_params_all = [("x", "Tensor")]
    b.template.forward = [
        For(
            ("layer",),
            code.call(code.Attribute(SELF, "values")),
            (
                Assign(
                    "x",
                    code.call(
                        "torch.cat", ListOf((Name("x"), code.call("layer", Name("x")))), dim=1
                    ),
                ),
            ),
        ),
        Return(Name("x")),
    ]
    exits = [s.result for s in scopes]
    out = b.scene.know(Val(start + count * growth, exits, at.rows, val.taint))  # type: ignore[arg-type]
    return close(b, scopes, val, out, at)


def _growth(b: Builder, regions: Sequence[Region], val: Val, rows: Any, inner: At) -> Expr:
    """The channels that every round adds. They must not depend on what it reads."""
    from netdsl.backends.torch.flow import Walker

    restore = b.snapshot()
    known = {*b.locals, *b.origins, *b.deps, *(p.name for p in b.params)}
    probe = b.fresh("channels")
    b.deps[probe] = frozenset()
    entry = b.scene.know(Val(Name(probe), [r.entry for r in regions], rows, val.taint))  # type: ignore[misc]
    out = Walker(b).region(regions[0].body, regions, _with_var(entry), inner)
    assert out is not None
    growth = out.channels if out.channels is None else b.spelled_out(out.channels)
    restore()
    if growth is not None and any(
        b.is_local(n) and n not in known and not n.startswith(FREE) for n in growth.names - {probe}
    ):
        growth = None  # a variable of the round
    if growth is None or probe in growth.names or inner.env.names["round "].text in growth.names:  # type: ignore[union-attr]
        numbers = [r.exit.shape.channels for r in regions]  # type: ignore[union-attr]
        if len(set(numbers)) > 1:
            raise Differ(rows, numbers, "rounds of `dense` add different channels")
        return Literal(numbers[0])
    return growth


def _with_var(val: Val) -> Val:
    if val.var is None:
        val.var = Var()
    return val
