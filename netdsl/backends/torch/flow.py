"""Scopes that are an `nn.Module` with a `forward`: attributes, and operations on values.

The same walk over the text makes both: a step with weights becomes an attribute and a call of it, a
step without becomes a function, unless `forward` could not say its arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netdsl.backends.torch import calls, density, merges, residuals, rounds, sharing
from netdsl.backends.torch.arithmetic import computed
from netdsl.backends.torch.builder import Builder, Captured
from netdsl.backends.torch.chains import region_is_chain
from netdsl.backends.torch.changed import same_edits
from netdsl.backends.torch.close import close
from netdsl.backends.torch.finish import finish
from netdsl.backends.torch.given import layer_of, taint_of
from netdsl.backends.torch.initial import emit_init
from netdsl.backends.torch.items import write
from netdsl.backends.torch.keys import key_expr
from netdsl.backends.torch.lets import inlined, let
from netdsl.backends.torch.modules import (
    Made,
    in_place,
    layer_channels,
    layer_module,
    layer_parts,
    result_val,
)
from netdsl.backends.torch.names import SELF
from netdsl.backends.torch.operations import Op
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import FREE, Val, Var
from netdsl.backends.torch.sequence import SequenceBuilder
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign, Do
from netdsl.design import (
    Applied,
    AuxEvent,
    Branch,
    Computed,
    Dense,
    Flow,
    HeadEvent,
    Inlined,
    Link,
    Loop,
    Merge,
    Note,
    Predicted,
    Region,
    Residual,
    Scope,
    Shared,
    Taken,
    Value,
    WeightEvent,
)
from netdsl.syntax import ast


def build(b: Builder, scopes: Sequence[Scope], val: Val | None, at: At) -> Val:
    """Build the class for these scopes. What it gives is returned in its own words."""
    if val is not None and val.var is None:
        val.var = Var(label="x")
    walker = Walker(b)
    regions = [s.region for s in scopes]
    first = scopes[0]
    if (
        first.numbered
        and not b.template.exports
        and all(region_is_chain(b.emitter, s.region) for s in scopes)
        and val is not None
    ):
        return sequential_class(b, scopes, val, at)
    if (
        density.is_dense_dict(b, scopes)
        and val is not None
        and not b.template.exports
        and not b.emitter.exact
    ):
        made = density.dense_class(b, scopes, val, at)
        if made is not None:
            return made
    b.is_list = first.numbered
    result = walker.region(first.region.body, regions, val, at)
    emit_init(b, scopes, at)
    if walker.heads:
        from netdsl.backends.torch.detectors import finish_detector

        return finish_detector(b, first, walker, val, at)
    return finish(b, scopes, walker, val, result, at)


def sequential_class(b: Builder, scopes: Sequence[Scope], val: Val, at: At) -> Val:
    """`class X(nn.Sequential)` with `super().__init__(a, b, c)`."""
    builder = SequenceBuilder(b, False)
    items, last = builder.region(scopes[0].region.body, [s.region for s in scopes], val, at)
    before, arguments = write(items, False, lambda: b.fresh("layers"))
    b.template.base = "nn.Sequential"
    b.template.forward_params = []  # a chain reads what flows only
    b.captured.clear()
    b.ctor += [*before, Do(code.call(code.Attribute(code.call("super"), "__init__"), *arguments))]
    emit_init(b, scopes, at)
    return close(b, scopes, val, last, at)


# ------------------------------------------------------------------------------------------- walker
class Walker:
    """Walks a scope and makes attributes and operations."""

    def __init__(self, builder: Builder) -> None:
        self.b = builder
        builder.scene.capture = self.capture
        self.group: object = None  # the statement of the source that operations belong to
        self.branch: str | None = None  # the bar in which they stand
        self.aux: dict[str, tuple[Var, float]] = {}
        self.heads: list[Any] = []  # of a net: `heads.HeadUse`
        self.predicting: Any = None  # of the class of a head: `heads.Predicting`

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
        channels = None if found.channels is None else b.scene.freed(found.channels)
        val = b.scene.know(found.but(channels=channels, concretes=own, rows=b.rows, var=var))
        b.captured.append(Captured(val, None, var, label, "Tensor"))
        return val

    def _own_row(self, at: At, concretes: Sequence[Value], row: int) -> Value:
        """What a captured value is in one row of the class: it may not change within."""
        owners = at.rows.lift(list(range(len(self.b.rows))), self.b.rows)
        own = [c for c, owner in zip(concretes, owners) if owner == row]
        if not own:
            reads = [i in owners for i in range(len(self.b.rows))]
            raise Differ(self.b.rows, reads, "a value that some uses read in no round")
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

    def gives(self, val: Val, expr: Expr, joins: bool = False, random: bool = False) -> Val:
        """A value that an operation makes here."""
        val.var = Var(branch=self.branch)
        self.op([val.var], expr, joins, random)
        return val

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
            return rounds.loop(self, list(events), val, at)
        if isinstance(first, Branch):
            return rounds.if_(self, list(events), val, at)
        if isinstance(first, WeightEvent):
            sharing.weight(self, list(events), at)
        elif isinstance(first, HeadEvent):
            from netdsl.backends.torch.heads import head

            self.heads.append(head(self, first, val, at))
        elif isinstance(first, AuxEvent):
            sharing.aux_output(self, list(events), val, at)
        elif isinstance(first, Note):
            self.note(list(events), at)
        return val

    def note(self, events: Sequence[Note], at: At) -> None:
        node = events[0].node
        if isinstance(node, ast.Let):
            self.b.ctor += let(self.b, node, at)
        elif isinstance(node, ast.Module):
            sharing.shared_module(self, node, events, at)

    # ------------------------------------------------------------------------------------ links
    def links(self, rows: Sequence[Sequence[Link]], val: Val | None, at: At) -> Val | None:
        for column in zip(*rows):
            val = self.link(list(column), val, at)
        return val

    def link(self, links: list[Link], val: Val | None, at: At) -> Val | None:
        what = links[0].what
        kinds = [type(link.what).__name__ for link in links]
        if len(set(kinds)) > 1:
            raise Differ(at.rows, kinds, "different steps")
        same_edits(links, at)
        if isinstance(what, Taken):
            found = self.resolve(at, [link.output for link in links])  # type: ignore[misc]
            self.var_of(found).tapped = True
            self._label(links, found)
            return found
        if isinstance(what, Computed):
            out = computed(self, links, at)
        elif isinstance(what, Inlined):
            inner, regions = inlined(links, val, at)
            return self.relocate(self.region(what.region.body, regions, val, inner), at)
        elif isinstance(what, Merge):
            out = merges.merge(self, links, val, at)
        elif isinstance(what, Residual):
            assert val is not None
            out = residuals.residual(self, links, val, at)
        elif isinstance(what, Dense):
            assert val is not None
            out = density.dense(self, links, val, at)
        elif isinstance(what, Predicted):
            from netdsl.backends.torch.heads import predicted

            assert val is not None
            return predicted(self, links, val, at)
        elif isinstance(what, Shared):
            assert val is not None
            out = sharing.use_shared(self, links, val, at)
        elif isinstance(what, Applied):
            assert val is not None
            made_out = self.layer(links, val, at)
            if made_out is None:
                self._label(links, val)
                return val
            out = made_out
        else:
            out = calls.module(self, links, val, at)
        self._label(links, out)
        return out

    def relocate(self, val: Val | None, at: At) -> Val | None:
        """A value from inside of a body, as it is outside of it."""
        if val is None or val.rows.base is at.rows.base:
            return val
        return self.b.scene.know(val.but(rows=at.rows))

    def _label(self, links: Sequence[Link], val: Val) -> None:
        label = links[0].label
        if label is not None and val.var is not None and val.var.label is None:
            val.var.label = label if all(link.label == label for link in links) else None

    def layer(self, links: list[Link], val: Val, at: At) -> Val | None:
        """A layer: a function where `forward` can say it, else an attribute."""
        b = self.b
        words = [layer_of(link).word for link in links]
        if len(set(words)) > 1:
            raise Differ(at.rows, words, "different layers")
        if layer_of(links[0]).family == "region":
            return None  # the network does it, between its heads
        if layer_of(links[0]).passes:
            if b.is_list and links[0].key is not None:  # a dropped step that keeps its number
                item = code.call("nn.Identity")
                b.ctor.append(Do(code.call(code.Attribute(SELF, "append"), item)))
            return None
        layer, given = layer_parts(b, links, val, at)
        if b.emitter.is_hoisted(links[0]):
            return None
        module = None if layer.references() else layer.module(given)
        if not layer.module_only and not (b.is_list and module is not None):
            if b.is_list:  # it has a number all the same
                b.ctor.append(
                    Do(code.call(code.Attribute(SELF, "append"), code.call("nn.Identity")))
                )
            x = [self.var_of(val).expr, *(given.get(n, Literal(0)) for n in layer.references())]
            expr = layer.function(given, *x)
            sayable = expr is not None and not any(b.is_local(n) for n in expr.names)
            if sayable or module is None:
                assert expr is not None
                if sayable:
                    expr = in_place(b, layer, links, expr)
                else:
                    expr = b.for_forward(expr, links[0].word)
                channels = layer_channels(layer, given, links)
                out = result_val(b, links, channels, at, taint_of(b, layer, given, val))
                return self.gives(out, expr)
        made = layer_module(b, links, val, at)
        self.attribute(links, made, at)
        call = self.call(links, at, [self.var_of(val).expr])
        return self.gives(made.val, call, random=layer.family == "dropout")

    def attribute(self, links: Sequence[Link], made: Made, at: At) -> None:
        """`self.conv1 = ...`, at its place in the constructor."""
        b = self.b
        b.ctor += made.before
        b.ctor += made.sets
        key = key_expr(links, at)
        comment = _belief(links)
        if b.is_list:
            b.ctor.append(Do(code.call(code.Attribute(SELF, "append"), made.expr), comment))
        elif isinstance(key, Literal):
            b.ctor.append(Assign(code.Attribute(SELF, key.value), made.expr, comment=comment))
        else:
            b.ctor.append(Do(code.call(code.Attribute(SELF, "add_module"), key, made.expr)))

    def child(self, links: Sequence[Link], at: At) -> Expr:
        """How `forward` reaches a step's module."""
        key = key_expr(links, at)
        if self.b.is_list:
            assert isinstance(key, Literal)
            return code.Subscript(SELF, Literal(int(key.value)))
        if isinstance(key, Literal):
            return code.Attribute(SELF, key.value)
        outside = {n for n in key.names if self.b.is_local(n) and n not in at.loops}
        kept = {
            n: self.b.store(Name(n), self.b.origin(n) or n.lstrip(FREE)) for n in sorted(outside)
        }
        return code.call("getattr", SELF, code.rename(key, kept))

    def call(self, links: Sequence[Link], at: At, arguments: Sequence[Expr]) -> Expr:
        return code.Call(self.child(links, at), tuple(arguments))


def _belief(links: Sequence[Link]) -> str | None:
    """What the text says of the shape, where that holds for what is emitted."""
    node = links[0].node
    belief = node.belief if isinstance(node, ast.Link) else None
    if not isinstance(belief, ast.SizeLiteral):
        return None
    shapes = [link.output.shape for link in links if link.output is not None]
    said = [list(zip(belief.sides, shape)) for shape in shapes if shape is not None]
    if any(wanted is not None and wanted != side for pairs in said for wanted, side in pairs):
        return None
    return belief.span.text
