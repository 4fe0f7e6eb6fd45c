"""The Design as computations: what the emitted code must give."""

from __future__ import annotations

from typing import Any

from netdsl.backends.torch.machine import Machine
from netdsl.backends.torch.tokens import Token, literally, plain
from netdsl.code.expr import Expr, Literal, Name
from netdsl.design import (
    Applied,
    AuxEvent,
    BarEvent,
    Branch,
    Computed,
    Dense,
    Design,
    Flow,
    HeadEvent,
    Inlined,
    Link,
    Loop,
    Merge,
    Predicted,
    Region,
    Residual,
    Scope,
    Shared,
    Taken,
    Value,
)
from netdsl.elaborate.compute import holds_value
from netdsl.elaborate.expressions import evaluate
from netdsl.elaborate.names import Names
from netdsl.layers.base import Given, Layer
from netdsl.shapes import Shape
from netdsl.syntax import ast
from netdsl.walks import inner_value, value_inputs


class Walk:
    """The Design as tokens."""

    def __init__(self, machine: Machine, design: Design) -> None:
        self.m = machine
        self.run = design.run
        self.prepared = design.prepared
        self.proposing = False
        self.heads: dict[str, Any] = {}  # what a net gives of its heads: tokens in tuples and lists
        self.paths: dict[int, str] = {}  # shared modules

    def scope(self, scope: Scope, path: str, known: dict[int, Token]) -> None:
        for shared in scope.shared.values():
            self.paths[id(shared)] = f"{path}{shared.name}"
        for name, weight in scope.weights.items():
            known[id(weight.value)] = self.m.token("parameter", f"{path}{name}")
        self.region(scope.region, path, known)

    def region(self, region: Region, path: str, known: dict[int, Token]) -> None:
        for event in region.events:
            if isinstance(event, Flow):
                for link in event.links:
                    self.link(link, path, known)
            elif isinstance(event, BarEvent):
                for link in event.flow.links if event.flow is not None else [event.link]:
                    if link is not None:
                        self.link(link, path, known)
            elif isinstance(event, Loop):
                for inner in event.iterations:
                    self.region(inner, path, known)
            elif isinstance(event, Branch):
                if event.region is not None:
                    self.region(event.region, path, known)
            elif isinstance(event, AuxEvent):
                self.link(event.link, path, known)
            elif isinstance(event, HeadEvent):
                self.head(event, path, known)

    def link(self, link: Link, path: str, known: dict[int, Token]) -> None:
        what, m = link.what, self.m
        if isinstance(what, Applied):
            if what.layer.family == "region":
                return  # done by the network between its heads
            if link is self.prepared:
                self.give(link, known[id(link.inputs[0])], known)
            elif not what.layer.passes:
                self.give(link, self.layer(what.layer, link, f"{path}{link.key}", known), known)
        elif isinstance(what, Shared):
            home = self.paths[id(what.home)]
            if isinstance(what.scope, Layer):
                self.give(link, self.layer(what.scope, link, home, known), known)
            else:
                self.inner(link, what.scope, f"{home}.", known)
        elif isinstance(what, Scope):
            self.inner(link, what, f"{path}{link.key}.", known)
        elif isinstance(what, Merge):
            self.region(what.region, path, known)
            branches = [known[id(v)] for v in what.branches]
            if len(branches) == 1:
                self.give(link, branches[0], known)
                return
            names = [Name(f"%{i}") for i in range(len(branches))]
            shapes = [v.shape for v in what.branches]
            given = Given({}, shapes, [Literal(s.channels) for s in shapes if s is not None])  # type: ignore[arg-type]
            expr = what.layer.function(given, *names)
            assert expr is not None
            self.give(link, m.evaluate(expr, {n.id: t for n, t in zip(names, branches)}), known)
        elif isinstance(what, Residual):
            self.residual(link, what, path, known)
        elif isinstance(what, Dense):
            value = known[id(link.inputs[0])]
            for region in what.iterations:
                known[id(region.entry)] = value
                self.region(region, path, known)
                out = known[id(region.exit)]
                value = m.outside("torch.cat", [[value, out]], {"dim": 1})
            self.give(link, value, known)
        elif isinstance(what, Inlined):
            self.region(what.region, path, known)
        elif isinstance(what, Predicted):
            self.predicted(link, what, path, known)
        elif isinstance(what, Computed):
            assert isinstance(link.node, ast.Link) and isinstance(link.node.step, ast.Compute)
            self.give(
                link, self.compute(link.node.step.value, link, list(what.values), known), known
            )
        else:
            assert isinstance(what, Taken)

    def head(self, event: HeadEvent, path: str, known: dict[int, Token]) -> None:
        """What `predict` gives of a head; for a head on regions what its module makes of one."""
        m, inner = self.m, f"{path}{event.word}."
        self.proposing = event.word == "rpn"  # one score an anchor, and no classes
        links = [event.link, *event.others]
        if event.kind.form == "plain":
            scope = event.scope
            self.region(scope.region, inner, known)
            assert scope.result is not None
            self.heads[event.word] = known[id(scope.result)]
            return
        if event.pool is not None:
            known[id(event.pool.output)] = m.token("regions", event.word)
        for link in links:
            assert isinstance(link.what, Scope)
            self.region(link.what.region, inner, known)
        found = [link.what for link in event.predicted]
        rows = [
            [known[id(v)] for v in p.values.values()] for p in found if isinstance(p, Predicted)
        ]
        columns = list(zip(*rows))
        if event.kind.form == "maps":
            self.heads[event.word] = tuple(list(column) for column in columns)
        elif event.kind.form == "bars" and (len(rows) > 1 or event.word == "ssd"):
            cats = [m.outside("torch.cat", [list(column)], {"dim": 1}) for column in columns]
            self.heads[event.word] = tuple(cats) if len(cats) > 1 else cats[0]
        else:
            self.heads[event.word] = rows[0][0] if len(rows[0]) == 1 else tuple(rows[0])
        maps = [known[id(v)] for v in event.maps] if event.kind.form != "bars" else []
        self.heads[f"{event.word} maps"] = maps

    def predicted(self, link: Link, what: Predicted, path: str, known: dict[int, Token]) -> None:
        m = self.m
        for name, value in what.values.items():
            part = what.parts.get(name)
            assert value.shape is not None
            token = known[id(what.map if part is None else part.inputs[0])]
            if part is not None:
                home = f"{path}{name}." if part.key != name else path
                self.link(part, home, known)
                token = known[id(part.output)]
            said = what.predictor
            if said is None:  # of a vector
                if name == "offsets":
                    token = m.outside(".unflatten", [token, 1, (-1, 4)], {})
            elif said.word != "cells":
                columns = value.shape[1]
                proposing = self.proposing and name == "scores"
                if said.word == "anchors" and name == "scores" and said.softmax:
                    token = m.outside("flatten_map", [token, 2], {})
                    token = m.outside(".diff", [token], {"dim": 2})
                else:
                    token = m.outside("flatten_map", [token, columns], {})
                if proposing:
                    token = m.outside(".squeeze", [token, 2], {})
            known[id(value)] = token

    def give(self, link: Link, token: Token, known: dict[int, Token]) -> None:
        known[id(link.output)] = token

    def inner(self, link: Link, scope: Scope, path: str, known: dict[int, Token]) -> None:
        if scope.outer is None:
            inner: dict[int, Token] = {}
            own = ([scope.input] if scope.input is not None else []) + value_inputs(scope)
            for outside, inside in zip(link.inputs, own):
                inner[id(inside)] = known[id(outside)]
        else:
            inner = known
            if scope.input is not None and link.inputs:
                inner[id(scope.input)] = known[id(link.inputs[0])]
        self.scope(scope, path, inner)
        assert scope.result is not None
        for export, value in link.exports.items():
            known[id(value)] = inner[id(inner_value(scope, export))]
        self.give(link, inner[id(scope.result)], known)

    def residual(self, link: Link, what: Residual, path: str, known: dict[int, Token]) -> None:
        m = self.m
        self.region(what.body, path, known)
        out = known[id(what.body.exit)]
        if what.adds:
            other = known[id(link.inputs[0])]
            if what.shortcut is not None:
                self.region(what.shortcut, path, known)
                other = known[id(what.shortcut.exit)]
            if what.scale is not None:
                out = m.operation("*", what.scale, out)
            if what.survival is not None:
                out = m.token("survive", out, what.survival)
            out = m.operation("+", other, out)
        self.give(link, out, known)

    def layer(self, layer: Layer, link: Link, path: str, known: dict[int, Token]) -> Token:
        m = self.m
        inputs = [known[id(v)] for v in link.inputs]
        phrase = m.phrases.get(id(link))
        if phrase is None:
            phrase = m.phrases[id(link)] = _phrase(layer, link)
        expr, is_module, weighted = phrase
        if is_module:
            leaf = m.evaluate(expr, {})
            if weighted:
                leaf.path = path
            return m.apply(leaf, inputs)
        return m.evaluate(expr, {f"%{i}": token for i, token in enumerate(inputs)})

    def compute(
        self, node: ast.Expr, link: Link, values: list[Value], known: dict[int, Token]
    ) -> Any:
        """Arithmetic on values; `values` are those it reads, in order."""
        names = Names(self.run, link.frame.file, link.frame)
        if not holds_value(node, names):
            return plain(evaluate(node, names))
        if isinstance(node, ast.Unary):
            return self.m.operation("-", 0, self.compute(node.of, link, values, known))
        if isinstance(node, ast.Choose):
            taken = node.then if evaluate(node.condition, names) else node.other
            return self.compute(taken, link, values, known)
        if isinstance(node, ast.Binary):
            left = self.compute(node.left, link, values, known)
            right = self.compute(node.right, link, values, known)
            return self.m.operation(node.op, left, right)
        if isinstance(node, ast.Apply):
            assert isinstance(node.of, ast.Ref)
            items = [self.compute(a.value, link, values, known) for a in node.args]
            return self.function(node.of.name, items, len(_shape(link)))
        return known[id(values.pop(0))]

    def function(self, name: str, items: list[Any], rank: int) -> Any:
        m = self.m
        if name in ("min", "max", "mean") and len(items) == 1:
            if rank == 1:  # there are no sides to go over
                return items[0]
            return m.token("reduce", name, items[0])
        if name == "mean":
            total = items[0]
            for item in items[1:]:
                total = m.operation("+", total, item)
            return m.operation("/", total, len(items))
        if name in ("min", "max"):
            numbers = [item for item in items if isinstance(item, (int, float))]
            value, *others = [item for item in items if not isinstance(item, (int, float))]
            for item in [*others, *numbers]:  # as it is emitted
                value = m.token("apply", name, value, item)
            return value
        if name in ("sigmoid", "tanh", "relu"):
            function = {"sigmoid": "torch.sigmoid", "tanh": "torch.tanh", "relu": "F.relu"}[name]
            return m.outside(function, [items[0]], {})
        return m.token("apply", name, items[0])


def _shape(link: Link) -> Shape:
    assert link.output is not None and link.output.shape is not None
    return link.output.shape


def _phrase(layer: Layer, link: Link) -> tuple[Expr, bool, bool]:
    """What a layer is in PyTorch, with its own numbers: a module or a function of `%0`, `%1`, ...,
    whether it is a module, and whether that has a place in the `state_dict`."""
    shapes = [v.shape for v in link.inputs if v.shape is not None]
    given = literally(layer, shapes)
    module = None if layer.references() else layer.module(given)
    if module is not None:
        return module, True, bool(layer.tensors(shapes[0])) or layer.family == "extern"
    function = layer.function(given, *(Name(f"%{i}") for i in range(len(link.inputs))))
    assert function is not None
    return function, False, False
