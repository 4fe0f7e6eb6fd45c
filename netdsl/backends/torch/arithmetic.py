"""Arithmetic on values in `forward`: `gate * transform + (1 - gate) * x`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce
from typing import TYPE_CHECKING

from netdsl.backends.torch.loops import folded
from netdsl.backends.torch.modules import result_val
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import Val
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.expr import Call, Expr, Literal
from netdsl.design import Link, Value
from netdsl.elaborate.compute import holds_value
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.backends.torch.flow import Walker

FUNCTIONS = {
    "abs": "torch.abs",
    "exp": "torch.exp",
    "log": "torch.log",
    "sqrt": "torch.sqrt",
    "sigmoid": "torch.sigmoid",
    "tanh": "torch.tanh",
    "relu": "F.relu",
}


def computed(walker: Walker, links: Sequence[Link], at: At) -> Val:
    """One step of arithmetic."""
    b = walker.b
    node = links[0].node
    assert isinstance(node, ast.Link) and isinstance(node.step, ast.Compute)
    shapes = [link.output.shape for link in links if link.output is not None]
    ranks = [len(s) for s in shapes if s is not None]
    if len(set(ranks)) > 1:
        raise Differ(at.rows, ranks, "values of different rank")
    reads = [link.what.values for link in links]  # type: ignore[union-attr]
    work = _Work(walker, at, ranks[0], list(zip(*reads)))
    expr = work.expr(node.step.value)
    channels = _channels(work.read, links, at, walker)
    taint = frozenset().union(*(v.taint for v in work.read))
    out = result_val(b, links, channels, at, taint)
    return walker.gives(out, expr)


def _channels(read: Sequence[Val], links: Sequence[Link], at: At, walker: Walker) -> Expr | None:
    """The channels of the result: those of a value that has them in all rows."""
    wanted = [link.output.shape.channels for link in links]  # type: ignore[union-attr]
    for val in read:
        numbers = [v.shape.channels for v in val.at(at.rows)] if val.rows.encloses(at.rows) else []
        if numbers == wanted and val.channels is not None:
            return val.channels
    return Literal(wanted[0]) if len(set(wanted)) == 1 else None


class _Work:
    def __init__(self, walker: Walker, at: At, rank: int, values: list[tuple[Value, ...]]) -> None:
        self.walker = walker
        self.at = at
        self.rank = rank
        self.values = values  # what the text reads, in its order; one a row
        self.read: list[Val] = []

    def expr(self, node: ast.Expr) -> Expr:
        names = self.at.names(0)
        if not holds_value(node, names):
            return self.walker.b.for_forward(self.at.expr(node), _hint(node))
        if isinstance(node, ast.Unary):
            return code.negative(self.expr(node.of))
        if isinstance(node, ast.Choose):
            outcomes = self.at.values_of(node.condition)
            outcome = self.at.rows.uniform(outcomes, node.condition.span.text)
            folded(self.walker.b, node.condition, self.at)
            return self.expr(node.then if outcome else node.other)
        if isinstance(node, ast.Binary):
            left, right = self.expr(node.left), self.expr(node.right)
            return (
                code.Op(node.op, left, right)
                if node.op == "**"
                else code.binary(node.op, left, right)
            )
        if isinstance(node, ast.Apply):
            return self.function(node)
        return self.value()

    def function(self, node: ast.Apply) -> Expr:
        assert isinstance(node.of, ast.Ref)
        name = node.of.name
        items = [self.expr(a.value) for a in node.args]
        if name in FUNCTIONS:
            return code.call(FUNCTIONS[name], items[0])
        if len(items) == 1:
            return self.over_sides(name, items[0], node.args[0].value)
        if name == "mean":
            return code.Op("/", reduce(lambda a, b: a + b, items), Literal(len(items)))
        function, bound = ("torch.minimum", "max") if name == "min" else ("torch.maximum", "min")
        names = self.at.names(0)
        flows = [holds_value(a.value, names) for a in node.args]
        total = reduce(partial(code.call, function), [i for i, f in zip(items, flows) if f])
        for number in [i for i, f in zip(items, flows) if not f]:
            total = Call(code.Attribute(total, "clamp"), (), ((bound, number),))
        return total

    def over_sides(self, name: str, of: Expr, node: ast.Expr) -> Expr:
        """`mean(@x)`: channel by channel, over height and width, which stay as 1."""
        method = {"mean": "mean", "min": "amin", "max": "amax"}[name]
        dims = tuple(range(2, self.rank + 1))
        if not dims:
            return of
        shown = dims if len(dims) > 1 else self.rank
        return Call(
            code.Attribute(of, method), (), (("dim", Literal(shown)), ("keepdim", Literal(True)))
        )

    def value(self) -> Expr:
        """The next value that the text reads. (Its label may mean another one by now.)"""
        concretes = list(self.values.pop(0))
        val = self.walker.resolve(self.at, concretes)
        var = self.walker.var_of(val)
        var.tapped = True
        self.read.append(val)
        shape = concretes[0].shape
        assert shape is not None
        if len(shape) == 1 and self.rank > 1:
            return self.spread(var.expr, concretes[0].tensor)
        return var.expr

    def spread(self, of: Expr, tensor: bool) -> Expr:
        """One number a channel, beside maps: `scale[:, None, None]`."""
        whole = [code.Range(None, None)] * (1 if tensor else 2)
        index = code.Tuple((*whole, *(Literal(None) for _ in range(self.rank - 1))))
        return code.Subscript(of, index)


def _hint(node: ast.Expr) -> str:
    return node.name if isinstance(node, ast.Ref) else "factor"
