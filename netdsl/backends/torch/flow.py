"""Scopes that are an `nn.Module` with a `forward`: attributes, and operations on values.

The same walk over the text makes both: a step with weights becomes an attribute and a call of it, a
step without becomes a function, unless `forward` could not say its arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netdsl.backends.torch import groups, parts
from netdsl.backends.torch.arithmetic import computed
from netdsl.backends.torch.builder import FEW_TRIPS, Builder, Captured, Differ
from netdsl.backends.torch.forward import LoopOp, Op
from netdsl.backends.torch.initial import emit_init, filled_tensor
from netdsl.backends.torch.parts import Made
from netdsl.backends.torch.sequence import SequenceBuilder, write
from netdsl.backends.torch.symbols import At, Env, SymModule, SymTarget, Val, Var
from netdsl.code import expr as code
from netdsl.code.expr import Call, Expr, ListOf, Literal, Name
from netdsl.code.stmt import Assign, Do, For, If, Statement
from netdsl.design import (
    Applied,
    AuxEvent,
    BarEvent,
    Branch,
    Computed,
    Dense,
    Flow,
    Inlined,
    Link,
    Loop,
    Merge,
    Note,
    Region,
    Residual,
    Scope,
    Shared,
    Taken,
    Value,
    WeightEvent,
    links_of,
)
from netdsl.layers.base import Layer
from netdsl.syntax import ast

SELF = Name("self")


def build(b: Builder, scopes: Sequence[Scope], val: Val | None, at: At) -> Val:
    """Build the class for these scopes. What it gives is returned in its own words."""
    from netdsl.backends.torch.finish import finish

    if val is not None and val.var is None:
        val.var = Var(label="x")
    walker = Walker(b)
    regions = [s.region for s in scopes]
    first = scopes[0]
    if (
        first.numbered
        and not b.template.exports
        and groups._region_is_chain(first.region)
        and val is not None
    ):
        return sequential_class(b, scopes, val, at)
    if (
        _is_dense_dict(scopes)
        and val is not None
        and not b.template.exports
        and not b.emitter.exact
    ):
        return dense_class(b, scopes, val, at)
    b.is_list = first.numbered
    result = walker.region(first.region.body, regions, val, at)
    emit_init(b, scopes, at)
    return finish(b, scopes, walker, val, result, at)


def sequential_class(b: Builder, scopes: Sequence[Scope], val: Val, at: At) -> Val:
    """`class X(nn.Sequential)` with `super().__init__(a, b, c)`."""
    from netdsl.backends.torch.finish import close

    builder = SequenceBuilder(b, False)
    items, last = builder.region(scopes[0].region.body, [s.region for s in scopes], val, at)
    before, arguments, _ = write(items, False, lambda: b.fresh("layers"))
    b.template.base = "nn.Sequential"
    b.template.forward_params = []  # a chain reads what flows only
    b.ctor += [*before, Do(code.call(code.Attribute(code.call("super"), "__init__"), *arguments))]
    emit_init(b, scopes, at)
    return close(b, scopes, val, last, at)


# -------------------------------------------------------------------------------------------- dense
def _is_dense_dict(scopes: Sequence[Scope]) -> bool:
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
            if isinstance(only.what, Scope) and only.what.kind != "block":
                return False
    return True


def dense_class(b: Builder, scopes: Sequence[Scope], val: Val, at: At) -> Val:
    """`class X(nn.ModuleDict)`: every layer reads what all before it gave."""
    from netdsl.backends.torch.finish import close

    links = [s.region.events[0].links[0] for s in scopes]  # type: ignore[union-attr]
    step = links[0].node.step  # type: ignore[union-attr]
    target = parts_target(b, at, step)
    count = target.bound["count"]
    assert isinstance(count, Expr)
    iterations = [link.what.iterations for link in links]  # type: ignore[union-attr]
    regions = [r for its in iterations for r in its]
    owners = [i for i, its in enumerate(iterations) for _ in its]
    rows = at.rows.inside([r.frame for r in regions], owners)
    inner = at.inside(rows, looping=True)
    index = parts.loop_name(b, "i", at)
    inner.loops = (*at.loops, index)
    inner.env.names["round "] = Name(index)
    b.deps[index] = frozenset()
    growth = _growth(b, regions, val, rows, inner)
    start = b.channels_of(at, val)
    entry = b.scene.know(
        Val(start + Name(index) * growth, [r.entry for r in regions], rows, val.taint)
    )  # type: ignore[misc]
    column = [r.events[0].links[0] for r in regions]  # type: ignore[union-attr]
    made = parts.module_of(b, column, entry, inner)
    assert made is not None
    key = parts.key_expr(b, column, inner)
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
        _return(Name("x")),
    ]
    exits = [s.result for s in scopes]
    out = b.scene.know(Val(start + count * growth, exits, at.rows, val.taint))  # type: ignore[arg-type]
    return close(b, scopes, val, out, at)


def _return(value: Expr) -> Statement:
    from netdsl.code.stmt import Return

    return Return(value)


def parts_target(b: Builder, at: At, step: ast.Call) -> SymTarget:
    """The arguments of `residual(...)` and `dense(...)`."""
    from netdsl.backends.torch.symbols import with_arguments
    from netdsl.elaborate.values import Form

    return with_arguments(at, SymTarget(Form(step.name.text), {}, frozenset()), step.args)


def _growth(b: Builder, regions: Sequence[Region], val: Val, rows: Any, inner: At) -> Expr:
    """The channels that every round adds. They must not depend on what it reads."""
    restore = b.snapshot()
    probe = b.fresh("channels")
    b.deps[probe] = frozenset()
    entry = b.scene.know(Val(Name(probe), [r.entry for r in regions], rows, val.taint))  # type: ignore[misc]
    out = Walker(b).region(regions[0].body, regions, _with_var(entry), inner)
    assert out is not None
    growth = out.channels
    restore()
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


# ------------------------------------------------------------------------------------------- walker
class Walker:
    """Walks a scope and makes attributes and operations."""

    def __init__(self, builder: Builder) -> None:
        self.b = builder
        builder.scene.capture = self.capture
        self.group: object = None  # the statement of the source that operations belong to
        self.branch: str | None = None  # the bar in which they stand
        self.aux: dict[str, tuple[Var, float]] = {}
        self.outputs: list[tuple[str, Var]] = []
        self.rolled: list[At] = []  # loops that stay loops around here

    # ----------------------------------------------------------------------------------- values
    def var_of(self, val: Val) -> Var:
        """The variable of a value; one from around the class becomes an argument of forward."""
        if val.var is None:
            val.var = Var(branch=self.branch)
        return val.var

    def resolve(self, at: At, concretes: Sequence[Value]) -> Val:
        """A value that is read by name; values from around are captured."""
        val = at.resolve(concretes)
        self.var_of(val)
        return val

    def capture(self, at: At, concretes: Sequence[Value]) -> Val | None:
        """A value from around the class of a group: an argument of its `forward`."""
        b = self.b
        found = b.scene.parent.peek(at.rows, concretes) if b.scene.parent is not None else None
        if found is None:
            return None
        label = concretes[0].label or "value"
        own = [self._own_row(at, concretes, i) for i in range(len(b.rows))]
        var = Var(label=label)
        var.tapped = True
        val = b.scene.know(Val(found.channels, own, b.rows, found.taint, var))
        b.captured.append(Captured(val, None, var, label, "Tensor"))
        return val

    def _own_row(self, at: At, concretes: Sequence[Value], row: int) -> Value:
        """What a captured value is in one row of the class: it may not change within."""
        owners = at.rows.lift(list(range(len(self.b.rows))), self.b.rows)
        own = [c for c, owner in zip(concretes, owners) if owner == row]
        if any(c is not own[0] for c in own):
            raise Differ(
                at.rows, [id(c) for c in concretes], "a value of another iteration is read"
            )
        return own[0]

    def op(
        self,
        outs: Sequence[Var],
        expr: Expr,
        joins: bool = False,
        random: bool = False,
        condition: Expr | None = None,
    ) -> None:
        for var in outs:
            if var.branch is None:
                var.branch = self.branch
        expr = code.rename(expr, self.b.instead)
        self.b.ops.append(Op(tuple(outs), expr, self.group, joins, random, condition))

    # ----------------------------------------------------------------------------------- bodies
    def region(
        self, body: ast.Body | ast.Chain, regions: Sequence[Region], val: Val | None, at: At
    ) -> Val | None:
        for k in range(len(regions[0].events)):
            events = [r.events[k] for r in regions]
            val = self.event(events, val, at)
        return val

    def event(self, events: Sequence[Any], val: Val | None, at: At) -> Val | None:
        first = events[0]
        if self.branch is None:
            self.group = object()
        if isinstance(first, Flow):
            return self.links([e.links for e in events], val, at)
        if isinstance(first, Loop):
            return self.loop(list(events), val, at)
        if isinstance(first, Branch):
            return self.if_(list(events), val, at)
        if isinstance(first, WeightEvent):
            self.weight(list(events), at)
        elif isinstance(first, AuxEvent):
            self.aux_output(list(events), val, at)
        elif isinstance(first, Note):
            self.note(list(events), at)
        return val

    def note(self, events: Sequence[Note], at: At) -> None:
        node = events[0].node
        if isinstance(node, ast.Let):
            self.b.ctor += parts.let(self.b, node, at)
        elif isinstance(node, ast.Module):
            self.shared_module(node, events, at)

    # ------------------------------------------------------------------------------------ links
    def links(
        self, rows: Sequence[Sequence[Link]], val: Val | None, at: At, joined: bool = False
    ) -> Val | None:
        for column in zip(*rows):
            val = self.link(list(column), val, at)
        return val

    def link(self, links: list[Link], val: Val | None, at: At) -> Val | None:
        what = links[0].what
        kinds = [type(link.what).__name__ for link in links]
        if len(set(kinds)) > 1:
            raise Differ(at.rows, kinds, "different steps")
        if isinstance(what, Taken):
            found = self.resolve(at, [link.output for link in links])  # type: ignore[misc]
            self.var_of(found).tapped = True
            self._label(links, found)
            return found
        if isinstance(what, Computed):
            out = computed(self, links, at)
        elif isinstance(what, Inlined):
            inner, regions = parts.inlined(self.b, links, val, at)
            return self._relocate(self.region(what.region.body, regions, val, inner), at)
        elif isinstance(what, Merge):
            out = self.merge(links, val, at)
        elif isinstance(what, Residual):
            assert val is not None
            out = self.residual(links, val, at)
        elif isinstance(what, Dense):
            assert val is not None
            out = self.dense(links, val, at)
        elif isinstance(what, Shared):
            assert val is not None
            out = self.use_shared(links, val, at)
        elif isinstance(what, Applied):
            assert val is not None
            made_out = self.layer(links, val, at)
            if made_out is None:
                self._label(links, val)
                return val
            out = made_out
        else:
            out = self.module(links, val, at)
        self._label(links, out)
        return out

    def _relocate(self, val: Val | None, at: At) -> Val | None:
        if val is None or val.rows.base is at.rows.base:
            return val
        return self.b.scene.know(Val(val.channels, val.concretes, at.rows, val.taint, val.var))

    def _label(self, links: Sequence[Link], val: Val) -> None:
        label = links[0].label
        if label is not None and val.var is not None and val.var.label is None:
            val.var.label = label if all(link.label == label for link in links) else None

    def layer(self, links: list[Link], val: Val, at: At) -> Val | None:
        """A layer: a function where `forward` can say it, else an attribute."""
        b = self.b
        words = [link.what.layer.word for link in links]  # type: ignore[union-attr]
        if len(set(words)) > 1:
            raise Differ(at.rows, words, "different layers")
        layer, given = parts.layer_parts(b, links, val, at)
        if layer.word == "identity":
            return None
        module = None if layer.references() else layer.module(given)
        if not layer.module_only and not (b.is_list and module is not None):
            if b.is_list:  # it has a number all the same
                b.ctor.append(Do(code.call(code.Attribute(SELF, "append"), code.call("nn.Identity"))))
            x = [self.var_of(val).expr, *(given.get(n, Literal(0)) for n in layer.references())]
            expr = layer.function(given, *x)
            if expr is not None and not any(b.is_local(n) for n in expr.names):
                if (
                    layer.inplace
                    and all(b.emitter.readers.may_overwrite(link, _owner(link)) for link in links)
                    and isinstance(expr, Call)
                ):
                    expr = Call(
                        expr.function, expr.positional, (*expr.named, ("inplace", Literal(True)))
                    )
                out = parts.result_val(
                    b, links, layer.out_channels(given), at, b.taint_of(layer, given, val)
                )
                out.var = Var(branch=self.branch)
                self.op([out.var], expr)
                return out
            if module is None:
                assert expr is not None
                stored = b.for_forward(expr, links[0].word)
                out = parts.result_val(
                    b, links, layer.out_channels(given), at, b.taint_of(layer, given, val)
                )
                out.var = Var(branch=self.branch)
                self.op([out.var], stored)
                return out
        made = parts.layer_module(b, links, val, at)
        self.attribute(links, made, at)
        call = self.call(links, at, [self.var_of(val).expr])
        made.val.var = Var(branch=self.branch)
        self.op([made.val.var], call, random=layer.family == "dropout")
        return made.val

    def module(self, links: list[Link], val: Val | None, at: At) -> Val:
        """A block or a group: an attribute and a call of it."""
        b = self.b
        here = self._written_here(links, val, at) or self._sliced(links, val, at)
        if here is not None:
            return here
        if isinstance(links[0].what, Scope) and links[0].what.kind == "block":
            made = groups.block_call(b, links, val, at)
            arguments = self.block_arguments(links, val, at)
        else:
            made = groups.group_module(b, links, val, at)
            arguments = [self.var_of(val).expr] if val is not None and made.takes_input else []
            arguments += self.captured_arguments(made, at)
        self.attribute(links, made, at)
        outs = self.outputs_of(links, made, at)
        self.op(outs, self.call(links, at, arguments))
        return made.val

    def outputs_of(self, links: Sequence[Link], made: Made, at: At) -> list[Var]:
        """Variables for what a module gives: its result, and inner values that are read from here."""
        places = made.places or tuple(range(1 + len(made.exports)))
        outs = [Var(branch=self.branch) for _ in range(max(places) + 1)]
        made.val.var = outs[places[0]]
        for path, place in zip(made.exports, places[1:]):
            values = [link.exports.get(path) for link in links]
            if not all(v is not None for v in values):
                continue
            var = outs[place]
            var.label, var.tapped = path[-1], True
            known = made.val.channels if place == places[0] else self._export_channels(values, at)
            taint = frozenset(self._taint_all())
            self.b.scene.know(Val(known, values, at.rows, taint, var))  # type: ignore[arg-type]
        return outs

    def _written_here(self, links: list[Link], val: Val | None, at: At) -> Val | None:
        """A labelled merge or group that has no weights needs no class: its functions are written out."""
        b = self.b
        scopes = [link.scope for link in links if link.scope is not None]
        if b.is_list or any(s.kind == "block" or s.shared or s.weights or _has_modules(s) for s in scopes):
            return None
        restore = b.snapshot()
        before, group = len(b.ctor), self.group
        inner = at.inside(at.rows.reframed([s.frame for s in scopes]))
        out = self.region(scopes[0].region.body, [s.region for s in scopes], val, inner)
        if len(b.ctor) > before or out is None:
            restore()
            self.group = group
            return None
        out = self._relocate(out, at)
        assert out is not None
        for path in b.emitter.exports_of_link(links):
            values = [link.exports.get(path) for link in links]
            inside = [_inner_value(s, path) for s in scopes]
            if all(v is not None for v in values):
                found = self.resolve(at, inside)  # type: ignore[arg-type]
                b.scene.know(Val(found.channels, values, at.rows, found.taint, self.var_of(found)))  # type: ignore[arg-type]
        return out

    def captured_arguments(self, made: Made, at: At) -> list[Expr]:
        """What a class for a group must be passed of what stands around it."""
        found: list[Expr] = []
        for entry in made.helper or ():
            if entry.module is not None:
                found.append(self.module_expr(entry.module))
                continue
            val = self.resolve(at, entry.val.concretes)
            var = self.var_of(val)
            var.tapped = True
            found.append(var.expr)
        return found

    def module_expr(self, module: SymModule) -> Expr:
        """A shared module as this class reaches it: its own attribute, or an argument of `forward`."""
        b = self.b
        own = b.instead.get(module.var.id)
        if own is not None:
            return own
        if any(var is module.var for var, _ in b.captured_inputs):
            return module.var.expr
        for entry in b.captured:
            if entry.module is not None and entry.module.var is module.var:
                return entry.var.expr
        var = Var(label=module.shared.name)
        b.captured.append(Captured(None, module, var, module.shared.name, "nn.Module"))
        return var.expr

    def _export_channels(self, values: Sequence[Value | None], at: At) -> Expr | None:
        numbers = {v.shape.channels for v in values if v is not None and v.shape is not None}
        return Literal(numbers.pop()) if len(numbers) == 1 else None

    def _taint_all(self) -> set[str]:
        return {p.name for p in self.b.block().params}

    def block_arguments(self, links: Sequence[Link], val: Val | None, at: At) -> list[Expr]:
        """What the call of a block passes: the running value and its value parameters."""
        step = parts.step_of(links[0])
        target = self.b.step_target(at, step, links)
        template = self.b.emitter.template_of(links[0].scope)
        arguments = [self.var_of(val).expr] if val is not None and template.takes_input else []
        for argument in template.forward_params:
            arguments.append(self._passed(target.bound[argument.source]))
        return arguments

    def _passed(self, sym: Any) -> Expr:
        if isinstance(sym, Val):
            var = self.var_of(sym)
            var.tapped = True
            return var.expr
        if isinstance(sym, SymModule):
            return self.module_expr(sym)
        assert isinstance(sym, tuple)
        return ListOf(tuple(self._passed(s) for s in sym))

    def attribute(self, links: Sequence[Link], made: Made, at: At) -> None:
        """`self.conv1 = ...`, at its place in the constructor."""
        b = self.b
        b.ctor += made.before
        b.ctor += made.sets
        key = parts.key_expr(b, links, at)
        comment = self._belief(links)
        if b.is_list:
            b.ctor.append(Do(code.call(code.Attribute(SELF, "append"), made.expr), comment))
        elif isinstance(key, Literal):
            b.ctor.append(Assign(code.Attribute(SELF, key.value), made.expr, comment=comment))
        else:
            b.ctor.append(Do(code.call(code.Attribute(SELF, "add_module"), key, made.expr)))

    def _belief(self, links: Sequence[Link]) -> str | None:
        node = links[0].node
        if isinstance(node, ast.Link) and isinstance(node.belief, ast.SizeLiteral):
            return node.belief.span.text
        return None

    def child(self, links: Sequence[Link], at: At) -> Expr:
        """How `forward` reaches a step's module."""
        key = parts.key_expr(self.b, links, at)
        if self.b.is_list:
            assert isinstance(key, Literal)
            return code.Subscript(SELF, Literal(int(key.value)))
        if isinstance(key, Literal):
            return code.Attribute(SELF, key.value)
        return code.call("getattr", SELF, key)

    def call(self, links: Sequence[Link], at: At, arguments: Sequence[Expr]) -> Expr:
        return code.Call(self.child(links, at), tuple(arguments))

    # -------------------------------------------------------------------------- tapped sequences
    def _sliced(self, links: list[Link], val: Val | None, at: At) -> Val | None:
        """A numbered group whose inner values are read: `self.features[:23](x)`."""
        scopes = [link.scope for link in links if link.scope is not None]
        exports = self.b.emitter.exports_of_link(links)
        if not exports or val is None or scopes[0].kind == "block":
            return None
        if any(len(path) > 1 for path in exports) or not all(groups.is_chain(s) for s in scopes):
            return None
        cuts: list[tuple[int, tuple[str, ...]]] = []
        for path in exports:
            places = [_position(s, path[0]) for s in scopes]
            if any(p is None for p in places) or len(set(places)) > 1:
                return None
            cuts.append((places[0], path))  # type: ignore[arg-type]
        made = groups._sequential(self.b, links, scopes, val, at)
        self.attribute(links, made, at)
        self.b.scene.wanted |= self._position_dependencies(scopes, at)
        cuts.sort(key=lambda c: c[0])
        child = self.child(links, at)
        x = self.var_of(val).expr
        start: int | None = None
        for place, path in cuts:
            var = Var(label=path[-1])
            var.tapped = True
            if start is None or place > start:
                piece = code.Subscript(
                    child, code.Range(None if start is None else Literal(start), Literal(place))
                )
                self.op([var], code.Call(piece, (x,)))
            x = var.expr
            start = place
            values = [link.exports[path] for link in links]
            self.b.scene.know(
                Val(self._export_channels(values, at), values, at.rows, made.val.taint, var)
            )
        made.val.var = Var(branch=self.branch)
        total = len(scopes[0].children)
        if start is not None and start >= total:
            made.val.var = var
            return made.val
        piece = code.Subscript(child, code.Range(Literal(start), None))
        self.op([made.val.var], code.Call(piece, (x,)))
        return made.val

    def _position_dependencies(self, scopes: Sequence[Scope], at: At) -> set[str]:
        """The places of modules depend on every loop and condition of the group."""
        found: set[str] = set()
        for event in scopes[0].region.events:
            if isinstance(event, Loop):
                found |= parts.loop_dependencies(self.b, event.node, at)
            elif isinstance(event, Branch):
                parts.folded(self.b, event.node.condition, at)
        return found

    # ------------------------------------------------------------------------------------ merges
    def merge(self, links: list[Link], val: Val | None, at: At) -> Val:
        b = self.b
        merges = [link.what for link in links]
        branch = self.branch
        values: list[Val] = []
        regions = [m.region for m in merges]  # type: ignore[union-attr]
        inner = at.inside(at.rows.reframed([r.frame for r in regions]))
        self._bars(regions, val, inner, values)
        self.branch = branch
        layer = merges[0].layer  # type: ignore[union-attr]
        step = links[0].node.step  # type: ignore[union-attr]
        values = [self._known_here(v, at) for v in values]
        target = b.step_target(at, step, links)
        shapes = [v.at(at.rows)[0].shape for v in values]
        from netdsl.layers.base import Given

        fields = {n: s for n, s in target.bound.items() if isinstance(s, Expr)}
        given = Given(fields, shapes, [b.channels_of(at, v) for v in values])  # type: ignore[arg-type]
        taint = frozenset().union(*(v.taint for v in values))
        exprs = [self.var_of(v).expr for v in values]
        channels, _, sets = parts.named_channels(b, layer.out_channels(given), Literal(0), at)
        b.ctor += sets
        out = parts.result_val(b, links, channels, at, taint)
        if len(values) == 1:
            out.var = values[0].var
            return out
        out.var = Var(branch=branch)
        expr = layer.function(given, *exprs)
        self.op([out.var], expr, joins=True)
        return out

    def _known_here(self, val: Val, at: At) -> Val:
        return (
            val
            if val.rows.encloses(at.rows)
            else Val(val.channels, val.concretes, at.rows, val.taint, val.var)
        )

    def _bars(self, regions: Sequence[Region], val: Val | None, at: At, values: list[Val]) -> None:
        for k in range(len(regions[0].events)):
            events = [r.events[k] for r in regions]
            first = events[0]
            if isinstance(first, BarEvent):
                values.append(self._bar(events, val, at))  # type: ignore[arg-type]
            elif isinstance(first, Note):
                self.note(events, at)  # type: ignore[arg-type]
            elif isinstance(first, Loop):
                trips = [len(e.iterations) for e in events]  # type: ignore[union-attr]
                if len(set(trips)) > 1:
                    raise Differ(at.rows, trips, "different numbers of bars")
                self.b.scene.wanted |= parts.loop_dependencies(self.b, first.node, at)
                for j in range(trips[0]):
                    inner_regions = [e.iterations[j] for e in events]  # type: ignore[union-attr]
                    inner = at.inside(at.rows.reframed([r.frame for r in inner_regions]))
                    parts.bind_round(self.b, first.node, j, inner, at)
                    self._bars(inner_regions, val, inner, values)
            elif isinstance(first, Branch):
                outcomes = [e.outcome for e in events]  # type: ignore[union-attr]
                if len(set(outcomes)) > 1:
                    raise Differ(at.rows, outcomes, "bars under a condition")
                parts.folded(self.b, first.node.condition, at)
                if first.region is not None:
                    arms = [e.region for e in events]  # type: ignore[union-attr]
                    inner = at.inside(at.rows.reframed([r.frame for r in arms]))
                    self._bars(arms, val, inner, values)  # type: ignore[arg-type]

    def _bar(self, events: list[BarEvent], val: Val | None, at: At) -> Val:
        number = events[0].number
        numbers = [e.number for e in events]
        if len(set(numbers)) > 1:
            raise Differ(at.rows, numbers, "bars with different numbers")
        before = self.branch
        self.branch = f"branch{number}"
        try:
            if events[0].flow is not None:
                out = self.links([e.flow.links for e in events], val, at)  # type: ignore[union-attr]
            else:
                out = self.module([e.link for e in events], val, at)  # type: ignore[misc]
        finally:
            self.branch = before
        assert out is not None
        return out

    # ---------------------------------------------------------------------------------- residual
    def residual(self, links: list[Link], val: Val, at: At) -> Val:
        b = self.b
        found: list[Residual] = [link.what for link in links]  # type: ignore[misc]
        step = links[0].node.step  # type: ignore[union-attr]
        adds = [r.adds for r in found]
        inner = at.inside(at.rows.reframed([r.body.frame for r in found]))
        group = self.group
        body = self.region(found[0].body.body, [r.body for r in found], val, inner)
        assert body is not None
        body = self._known_here(body, at)
        self.group = group if self.branch is not None else object()
        if not any(adds):
            if step.condition is not None:
                parts.folded(b, step.condition, at)
            out = parts.result_val(b, links, body.channels, at, body.taint)
            out.var = self.var_of(body)
            return out
        target = parts_target(b, at, step)
        out_expr, random = self._scaled(target, found, self.var_of(body).expr)
        channels = self._residual_channels(body, val, found, at)
        taint = body.taint | val.taint
        x = self.var_of(val).expr
        shortcut, identity = self._shortcut(links, found, step, val, at)
        if step.condition is not None and all(adds):
            parts.folded(b, step.condition, at)
        joined = x + out_expr if identity else out_expr + shortcut
        if not all(adds):
            condition = at.expr(step.condition)
            flag = b.store(condition, "residual")
            joined = code.Choose(joined, flag, self.var_of(body).expr)
        out = parts.result_val(b, links, channels, at, taint)
        out.var = Var(branch=self.branch)
        self.op([out.var], joined, joins=True, random=random)
        return out

    def _residual_channels(
        self, body: Val, val: Val, found: Sequence[Residual], at: At
    ) -> Expr | None:
        return body.channels

    def _scaled(self, target: SymTarget, found: Sequence[Residual], out: Expr) -> tuple[Expr, bool]:
        """The body's value, scaled or dropped at random as `residual(...)` says."""
        b = self.b
        scale, survival = target.bound.get("scale"), target.bound.get("survival")
        if isinstance(scale, Expr):
            out = b.for_forward(scale, "scale") * out
        if isinstance(survival, Expr):
            kept = b.for_forward(survival, "survival")
            return code.call("stochastic_depth", out, kept, code.Attribute(SELF, "training")), True
        return out, False

    def _shortcut(
        self, links: list[Link], found: Sequence[Residual], step: ast.Call, val: Val, at: At
    ) -> tuple[Expr, bool]:
        """The other summand, and whether it is what came in."""
        b = self.b
        taken = [r.shortcut is not None for r, link in zip(found, links)]
        x = self.var_of(val).expr
        if not any(taken):
            if (
                step.clauses
                and step.clauses[0].condition is not None
                and any(r.adds for r in found)
            ):
                parts.folded(b, step.clauses[0].condition, at)
            return x, True
        clause = step.clauses[0]
        matter = [i for i, r in enumerate(found) if r.adds]
        both = any(not taken[i] for i in matter)
        chosen = [i for i, t in enumerate(taken) if t]
        regions = [found[i].shortcut for i in chosen]
        frames = [r.frame for r in regions if r is not None]
        every = len(chosen) == len(found)
        rows = at.rows.reframed(frames) if every else at.rows.inside(frames, chosen)
        inner = at.inside(rows)
        narrowed = Val(val.channels, val.at(rows), rows, val.taint, val.var)
        if not both and every:
            if clause.condition is not None:
                parts.folded(b, clause.condition, at)
            out = self.region(clause.body, regions, narrowed, inner)  # type: ignore[arg-type]
            assert out is not None
            return self.var_of(out).expr, False
        condition = at.expr(clause.condition) if clause.condition is not None else Literal(True)
        if not both:
            condition = at.expr(step.condition) if step.condition is not None else condition
        single = _single_module(regions)  # type: ignore[arg-type]
        if single is not None:
            column = [link for r in regions for link in _flow_links(r)]  # type: ignore[arg-type]
            made = self._made(column, narrowed, inner)
            if made is not None and not made.exports and not made.helper:
                key = parts.key_expr(b, column, inner)
                if isinstance(key, Literal):
                    attribute = code.Attribute(SELF, key.value)
                    b.ctor.append(Assign(attribute, code.call("nn.Identity"), "nn.Module"))
                    b.ctor.append(
                        If(condition, (*made.before, *made.sets, Assign(attribute, made.expr)))
                    )
                    made.val.var = Var()
                    return code.call(attribute, x), False
        chain = self._weightless_chain(regions, narrowed, inner)  # type: ignore[arg-type]
        if chain is not None:
            attribute = code.Attribute(SELF, b.attribute("shortcut"))
            b.ctor.append(Assign(attribute, code.call("nn.Identity"), "nn.Module"))
            before, module = chain
            b.ctor.append(If(condition, (*before, Assign(attribute, module))))
            return code.call(attribute, x), False
        raise Differ(at.rows, [i in inner.rows.owners for i in range(len(at.rows))], "a shortcut")

    def _made(self, column: list[Link], val: Val, at: At) -> Made | None:
        return parts.module_of(self.b, column, val, at)

    def _weightless_chain(
        self, regions: Sequence[Region], val: Val, inner: At
    ) -> tuple[list[Statement], Expr] | None:
        """Steps without weights as one module: zero padding has no place in the `state_dict`."""
        from netdsl.totals import tensors_of

        if not all(groups._region_is_chain(r) for r in regions):
            return None
        if any(tensors_of(link) for r in regions for link in _flow_links(r)):
            return None
        items, _ = SequenceBuilder(self.b, False).region(regions[0].body, regions, val, inner)
        before, arguments, _ = write(items, False, lambda: self.b.fresh("steps"))
        module = (
            arguments[0]
            if len(arguments) == 1
            else code.Call(Name("nn.Sequential"), tuple(arguments))
        )
        return before, module

    # -------------------------------------------------------------------------------------- loops
    def loop(self, events: list[Loop], val: Val | None, at: At) -> Val | None:
        trips = [len(e.iterations) for e in events]
        if not any(trips):
            return val
        regions = [r for e in events for r in e.iterations]
        same = len(set(trips)) == 1
        short = same and (trips[0] <= FEW_TRIPS or self.b.emitter.exact)
        restore = self.b.snapshot()
        if not short and all(self.b.emitter.readers.stay_inside(e.iterations) for e in events):
            try:
                return self._rolled(events, trips, val, at)
            except Differ as differ:
                restore()
                outward = differ if differ.rows.base is at.rows.base else None
                if outward is None and differ.parent_base is at.rows.base:
                    outward = differ.outward()
                if outward is not None and not same:
                    raise outward from None
        if not same:
            raise Differ(at.rows, trips, "different numbers of rounds")
        return self._unrolled(events, trips[0], val, at)

    def _unrolled(self, events: list[Loop], trips: int, val: Val | None, at: At) -> Val | None:
        node = events[0].node
        self.b.scene.wanted |= parts.loop_dependencies(self.b, node, at)
        for j in range(trips):
            regions = [e.iterations[j] for e in events]
            inner = at.inside(at.rows.reframed([r.frame for r in regions]))
            parts.bind_round(self.b, node, j, inner, at)
            val = self._relocate(self.region(node.body, regions, val, inner), at)
        return val

    def _rolled(self, events: list[Loop], trips: list[int], val: Val | None, at: At) -> Val:
        """A long loop: modules are added by computed names, and `forward` goes through them."""
        b = self.b
        if val is None or b.is_list:
            raise Differ(at.rows, trips, "a loop without a running value")
        node = events[0].node
        regions = [r for e in events for r in e.iterations]
        owners = [i for i, t in enumerate(trips) for _ in range(t)]
        rows = at.rows.inside([r.frame for r in regions], owners)
        inner = at.inside(rows, looping=True)
        targets, iterable = parts.loop_header(b, node, at, inner)
        if isinstance(node, ast.For) and "round " not in inner.env.names:
            raise Differ(rows, list(range(len(rows))), "a loop without a counter")
        restore = b.snapshot()
        channels, carried, sets, ctor, ops, last, first = self._round(
            node, regions, rows, val, inner, None
        )
        if last.channels is None or channels is None or last.channels.text != channels.text:
            restore()
            start = b.channels_of(at, val)
            name = b.fresh("channels")
            b.deps[name] = b.dependencies(start)
            channels, carried, sets, ctor, ops, last, first = self._round(
                node, regions, rows, val, inner, name
            )
            if last.channels is None:
                raise Differ(rows, [r.exit.shape.channels for r in regions], "channels differ")  # type: ignore[union-attr]
            b.deps[name] |= b.dependencies(last.channels)
            b.ctor.append(Assign(name, start))
            ctor.append(parts.assign_channels(name, last.channels))
        if len({len(e.iterations) for e in events}) > 1 or not isinstance(
            parts.count_of(iterable), Literal
        ):
            pass
        shown = tuple(t if any(t in s.reads() for s in ctor) else "_" for t in targets)
        b.ctor.append(For(shown, iterable, tuple(ctor)))
        through = b.for_forward(iterable, "depth" if isinstance(node, ast.Repeat) else "rounds")
        read = {n for op in ops for n in _names_of(op)}
        shown = tuple(t if t in read else "_" for t in targets)
        exits = [
            e.iterations[-1].exit if e.iterations else v for e, v in zip(events, val.at(at.rows))
        ]
        out = Val(
            carried if carried is not None else val.channels,
            exits,
            at.rows,
            last.taint | val.taint | b.dependencies(iterable),
        )  # type: ignore[arg-type]
        out.var = Var(branch=self.branch)
        b.ops.append(
            LoopOp(
                shown,
                through,
                tuple(ops),
                self.var_of(val),
                first,
                self.var_of(last),
                out.var,
                self.group,
            )
        )
        return b.scene.know(out)

    def _round(
        self, node: Any, regions: Sequence[Region], rows: Any, val: Val, inner: At, name: str | None
    ) -> Any:
        b = self.b
        channels: Expr | None = val.channels if name is None else Name(name)
        first = Var()
        entry = b.scene.know(Val(channels, [r.entry for r in regions], rows, val.taint, first))  # type: ignore[misc]
        ctor_at, ops_at = len(b.ctor), len(b.ops)
        names = set(inner.env.names)
        last = self.region(node.body, regions, entry, inner)
        assert last is not None
        ctor, ops = b.ctor[ctor_at:], b.ops[ops_at:]
        del b.ctor[ctor_at:]
        del b.ops[ops_at:]
        for extra in set(inner.env.names) - names:
            del inner.env.names[extra]
        return (
            channels,
            (Name(name) if name is not None else None),
            [],
            list(ctor),
            list(ops),
            last,
            first,
        )

    # ----------------------------------------------------------------------------------- branches
    def if_(self, events: list[Branch], val: Val | None, at: At) -> Val | None:
        b = self.b
        outcomes = [e.outcome for e in events]
        node = events[0].node
        if len(set(outcomes)) == 1:
            parts.folded(b, node.condition, at)
            if events[0].region is None:
                return val
            regions = [e.region for e in events]
            inner = at.inside(at.rows.reframed([r.frame for r in regions]))  # type: ignore[union-attr]
            return self._relocate(self.region(regions[0].body, regions, val, inner), at)  # type: ignore[union-attr,arg-type]
        single = self._optional(events, val, at)
        if single is not None:
            return single
        raise Differ(at.rows, outcomes, "a condition")

    def _optional(self, events: list[Branch], val: Val | None, at: At) -> Val | None:
        """One module under a condition: `nn.Identity()` where it is false."""
        b = self.b
        if val is None or any(e.region is not None and not e.outcome for e in events):
            return None
        chosen = [i for i, e in enumerate(events) if e.region is not None]
        regions = [events[i].region for i in chosen]
        if not all(r is not None and _single_module([r]) is not None for r in regions):
            return None
        rows = at.rows.inside([r.frame for r in regions if r is not None], chosen)
        inner = at.inside(rows)
        narrowed = Val(val.channels, val.at(rows), rows, val.taint, val.var)
        column = [link for r in regions if r is not None for link in _flow_links(r)]
        restore = b.snapshot()
        made = self._made(column, narrowed, inner)
        key = parts.key_expr(b, column, inner)
        condition = at.expr(events[0].node.condition)
        if made is None or made.exports or made.helper or not isinstance(key, Literal) or made.sets:
            restore()
            return None
        actual = [v.shape.channels for v in _after(events, val, at)]  # type: ignore[union-attr]
        channels = None
        for candidate in (made.val.channels, val.channels):
            if candidate is not None and b.evaluate_rows(candidate, at) == actual:
                channels = candidate
                break
        if channels is None:
            restore()
            return None
        attribute = code.Attribute(SELF, key.value)
        b.ctor.append(Assign(attribute, code.call("nn.Identity"), "nn.Module"))
        b.ctor.append(If(condition, (*made.before, Assign(attribute, made.expr))))
        out = b.scene.know(
            Val(
                channels,
                _after(events, val, at),
                at.rows,
                val.taint | made.val.taint | b.dependencies(condition),
            )
        )
        out.var = Var(branch=self.branch)
        self.op(
            [out.var],
            code.call(attribute, self.var_of(val).expr),
            random=made.layer is not None and made.layer.family == "dropout",
        )
        return out

    # --------------------------------------------------------------------------------------- dense
    def dense(self, links: list[Link], val: Val, at: At) -> Val:
        """`dense` without a class of its own: each round is written out, or one round of a loop."""
        b = self.b
        found: list[Dense] = [link.what for link in links]  # type: ignore[misc]
        trips = [len(d.iterations) for d in found]
        if not any(trips):
            out = parts.result_val(b, links, val.channels, at, val.taint)
            out.var = self.var_of(val)
            return out
        step = links[0].node.step  # type: ignore[union-attr]
        target = parts_target(b, at, step)
        count = target.bound["count"]
        assert isinstance(count, Expr)
        if len(set(trips)) == 1 and (trips[0] <= FEW_TRIPS or b.emitter.exact):
            return self._dense_unrolled(links, found, trips[0], val, at, count)
        restore = b.snapshot()
        try:
            if not all(b.emitter.readers.stay_inside(d.iterations, joined=True) for d in found):
                raise Differ(at.rows, trips, "a value of one round is read outside")
            return self._dense_rolled(links, found, trips, val, at, count)
        except Differ as differ:
            restore()
            if len(set(trips)) > 1:
                raise (
                    differ
                    if differ.rows.base is at.rows.base
                    else Differ(at.rows, trips, "different numbers of rounds")
                ) from None
        return self._dense_unrolled(links, found, trips[0], val, at, count)

    def _dense_unrolled(
        self, links: list[Link], found: list[Dense], trips: int, val: Val, at: At, count: Expr
    ) -> Val:
        b = self.b
        b.scene.wanted |= b.dependencies(count)
        for j in range(trips):
            regions = [d.iterations[j] for d in found]
            inner = at.inside(at.rows.reframed([r.frame for r in regions]))
            inner.env.names["round "] = Literal(j)
            if self.branch is None:
                self.group = object()
            out = self._relocate(self.region(regions[0].body, regions, val, inner), at)
            assert out is not None
            if j + 1 < trips:
                values = [d.iterations[j + 1].entry for d in found]
            else:
                values = [link.output for link in links]
            channels = code.total([b.channels_of(at, val), b.channels_of(at, out)])
            joined = b.scene.know(Val(channels, values, at.rows, val.taint | out.taint))  # type: ignore[arg-type]
            joined.var = Var(branch=self.branch)
            pair = ListOf((self.var_of(val).expr, self.var_of(out).expr))
            self.op([joined.var], code.call("torch.cat", pair, dim=1), joins=False)
            val = joined
        return val

    def _dense_rolled(
        self, links: list[Link], found: list[Dense], trips: list[int], val: Val, at: At, count: Expr
    ) -> Val:
        b = self.b
        if b.is_list:
            raise Differ(at.rows, trips, "a loop in a list")
        regions = [r for d in found for r in d.iterations]
        owners = [i for i, t in enumerate(trips) for _ in range(t)]
        rows = at.rows.inside([r.frame for r in regions], owners)
        inner = at.inside(rows, looping=True)
        index = parts.loop_name(b, "i", at)
        inner.loops = (*at.loops, index)
        inner.env.names["round "] = Name(index)
        b.deps[index] = frozenset()
        growth = _growth(b, regions, val, rows, inner)
        start = b.channels_of(at, val)
        first = Var()
        entry = b.scene.know(
            Val(start + Name(index) * growth, [r.entry for r in regions], rows, val.taint, first)
        )  # type: ignore[misc]
        ctor_at, ops_at = len(b.ctor), len(b.ops)
        out = self.region(regions[0].body, regions, entry, inner)
        assert out is not None
        joined = Var()
        self.op(
            [joined], code.call("torch.cat", ListOf((first.expr, self.var_of(out).expr)), dim=1)
        )
        ctor, ops = b.ctor[ctor_at:], b.ops[ops_at:]
        del b.ctor[ctor_at:]
        del b.ops[ops_at:]
        used = any(index in s.reads() for s in ctor)
        b.ctor.append(For((index if used else "_",), code.call("range", count), tuple(ctor)))
        through = b.for_forward(code.call("range", count), "depth")
        read = {n for op in ops for n in _names_of(op)}
        result = b.scene.know(
            Val(start + count * growth, [link.output for link in links], at.rows, val.taint)
        )  # type: ignore[misc]
        result.var = Var(branch=self.branch)
        shown = index if index in read else "_"
        b.ops.append(
            LoopOp(
                (shown,),
                through,
                tuple(ops),
                self.var_of(val),
                first,
                joined,
                result.var,
                self.group,
            )
        )
        return result

    # -------------------------------------------------------------------------------------- shared
    def shared_module(self, node: ast.Module, events: Sequence[Note], at: At) -> None:
        """`module t = ...`: made where it is declared, for what its first use gives it."""
        b = self.b
        scopes = [e.frame.scope for e in events]
        shared = [s.shared[node.name.text] for s in scopes if s is not None]
        links = [s.link for s in shared]
        if any(link is None or link.what is None for link in links):
            return  # never used: nothing is known of it
        numbers = [
            link.inputs[0].shape.channels
            for link in links
            if link is not None and link.inputs[0].shape is not None
        ]
        channels = self._shared_channels(links, at, numbers)
        values = [link.inputs[0] for link in links if link is not None]
        entry = Val(channels, values, at.rows, frozenset())
        saved = dict(b.scene.values)
        inside = at.inside(at.rows.reframed([s.frame for s in shared]))
        made = parts.module_of(b, links, entry, inside)  # type: ignore[arg-type]
        b.scene.values.clear()
        b.scene.values.update(saved)
        assert made is not None
        if made.helper:
            raise Differ(
                at.rows, list(range(len(at.rows))), "a module that reads values from around"
            )
        self.attribute(links, made, at)  # type: ignore[arg-type]
        var = Var(label=node.name.text)
        at.env.names[node.name.text] = SymModule(shared[0], var)
        self.b.instead[var.id] = code.Attribute(SELF, node.name.text)

    def _shared_channels(self, links: Sequence[Link | None], at: At, numbers: list[int]) -> Expr:
        """The channels of a module's first input in the words of the class."""
        b = self.b
        if len(set(numbers)) == 1:
            for param in b.params:
                if param.role == "in":
                    found = b.evaluate_rows(Name(param.name), at)
                    if found == numbers:
                        return Name(param.name)
            return Literal(numbers[0])
        for param in b.params:
            found = b.evaluate_rows(Name(param.name), at)
            if found == numbers:
                return Name(param.name)
        raise Differ(at.rows, numbers, "channels of a shared module")

    def use_shared(self, links: list[Link], val: Val, at: At) -> Val:
        b = self.b
        step = links[0].node.step  # type: ignore[union-attr]
        found = at.env.find(step.name.text)
        if not isinstance(found, SymModule):
            raise Differ(at.rows, list(range(len(at.rows))), "a module that is not known here")
        target = self.module_expr(found)
        outs = [link.output for link in links]
        numbers = [v.shape.channels for v in outs if v is not None and v.shape is not None]
        channels = Literal(numbers[0]) if len(set(numbers)) == 1 else None
        out = b.scene.know(Val(channels, outs, at.rows, val.taint | frozenset(self._taint_all())))  # type: ignore[arg-type]
        if channels is None:
            same = [v.shape.channels for v in val.at(at.rows) if v.shape is not None]
            out.channels = val.channels if same == numbers else None
        out.var = Var(branch=self.branch)
        self.op([out.var], code.Call(target, (self.var_of(val).expr,)))
        return out

    # ------------------------------------------------------------------------------ tensors and aux
    def weight(self, events: list[WeightEvent], at: At) -> None:
        """`self.scale = nn.Parameter(torch.ones(channels))`."""
        b = self.b
        node, name = events[0].node, events[0].name
        shape = at.sym(node.shape)
        values = [e.value.shape for e in events]
        if isinstance(shape, Expr) and not isinstance(shape, (code.Tuple, Literal)):
            dims = [shape]
        elif isinstance(shape, Literal):
            dims = [Literal(v) for v in shape.value] if isinstance(shape.value, tuple) else [shape]
        else:
            dims = list(shape.items)  # type: ignore[union-attr]
        b.ctor.append(
            Assign(code.Attribute(SELF, name), filled_tensor(b, events[0].start, dims, at))
        )
        var = Var(label=name)
        concretes = [e.value for e in events]
        b.scene.know(Val(dims[0], concretes, at.rows, frozenset(), var))
        b.instead[var.id] = code.Attribute(SELF, name)
        del values

    def aux_output(self, events: list[AuxEvent], val: Val | None, at: At) -> None:
        assert val is not None
        links = [e.link for e in events]
        made = parts.module_of(self.b, links, val, at)
        assert made is not None
        self.attribute(links, made, at)
        name = links[0].key or "aux"
        var = Var(label=name)
        var.tapped = True
        arguments = [self.var_of(val).expr] if made.takes_input else []
        arguments += self.captured_arguments(made, at)
        call = self.call(links, at, arguments)
        self.op([var], call, condition=code.Attribute(SELF, "training"))
        self.aux[name] = (var, events[0].weight)


def _owner(link: Link) -> Scope:
    owner = link.frame.scope
    assert owner is not None
    return owner


def _has_modules(scope: Scope) -> bool:
    """Whether something in a scope can only be a module: weights, dropout."""
    for link in links_of(scope.region):
        what = link.what
        if isinstance(what, Applied) and what.layer.module_only:
            return True
        if isinstance(what, (Scope, Shared)):
            return True
    return False


def _inner_value(scope: Scope, path: tuple[str, ...]) -> Value | None:
    from netdsl.totals import inner_value

    return inner_value(scope, path)


def _flow_links(region: Region) -> list[Link]:
    return [link for e in region.events if isinstance(e, Flow) for link in e.links]


def _single_module(regions: Sequence[Region]) -> Link | None:
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


def _after(events: Sequence[Branch], val: Val, at: At) -> list[Any]:
    return [e.region.exit if e.region is not None else v for e, v in zip(events, val.at(at.rows))]


def _position(scope: Scope, label: str) -> int | None:
    """How many modules of a numbered chain stand up to a labelled step, itself included."""
    target = scope.labels.get(label)
    if target is None:
        return None
    for index, link in enumerate(scope.children.values(), 1):
        if link is target:
            return index
    return None


def _names_of(op: Any) -> set[str]:
    if isinstance(op, LoopOp):
        return set(op.iterable.names) | {n for o in op.body for n in _names_of(o)}
    return set(op.expr.names)


__all__ = ["Env", "Walker", "build"]
