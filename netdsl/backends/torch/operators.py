"""Operators, choices and functions of the text; layers and blocks that are given arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.backends.torch.arguments import with_arguments
from netdsl.backends.torch.iterators import lasting
from netdsl.backends.torch.named import one_by_one
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import Sym, SymTarget, Unsayable, has_open_size, holds_symbols
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal
from netdsl.diagnostics import Mistake
from netdsl.elaborate.functions import FUNCTIONS
from netdsl.elaborate.values import LayerDef
from netdsl.layers import find
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.backends.torch.symbols import At

# What an expression may end in that nothing looks at, because another one decides.
VALUELESS = (Mistake, TypeError, LookupError, ArithmeticError)
_LOOPED = ("range", "zip", "enumerate", "reversed")  # what loops go through stays as written
_PYTHON = {"ceil": "math.ceil", "floor": "math.floor", "sqrt": "math.sqrt", "log2": "math.log2"}


def unary(at: At, node: ast.Unary) -> Sym:
    of = at.expr(node.of)
    if node.op == "not":
        return code.negate(of)
    if isinstance(of, Literal) and of.written is not None:
        return Literal(-of.value, f"-{of.written}")
    return code.negative(of)


def binary(at: At, node: ast.Binary) -> Sym:
    left, right = at.sym(node.left), at.sym(node.right)
    if isinstance(left, SymTarget) or isinstance(right, SymTarget):
        raise Unsayable  # layers are compared before there is a class
    if has_open_size(left) or has_open_size(right):
        raise Unsayable
    if isinstance(left, tuple) or isinstance(right, tuple):
        values = at.values_of(node)
        if node.op == "+" and any(map(holds_symbols, values)):
            return one_by_one(at, node)  # a list of values
    left, right = at.expr(node.left), at.expr(node.right)
    if node.op in ("==", "!=", "<", "<=", ">", ">="):
        return code.compare(node.op, left, right)
    if isinstance(left, Literal) and isinstance(right, Literal):
        return Literal(code.OPERATIONS[node.op](left.value, right.value))
    return code.binary(node.op, left, right)


def logical(at: At, node: ast.Logical) -> Sym:
    items: list[Expr] = []
    decisive = node.op == "or"
    for item in node.items:
        try:
            found = at.expr(item)
        except VALUELESS:  # never looked at: what stands before it decides
            at.scene.wanted |= frozenset().union(*(i.names for i in items))
            raise Unsayable from None
        items.append(found)
        if isinstance(found, Literal) and bool(found.value) is decisive:
            break  # the rest is not looked at, and may not even have a value
    return code.logical(node.op, items)


def choose(at: At, node: ast.Choose) -> Sym:
    condition = at.expr(node.condition)
    if isinstance(condition, Literal):
        return at.sym(node.then if condition.value else node.other)
    outcomes = at.values_of(node.condition)
    if len(set(outcomes)) == 1:
        # One arm only is ever taken; the other may not even have a value.
        arm = at.sym(node.then if outcomes[0] else node.other)
        try:
            other = at.sym(node.other if outcomes[0] else node.then)
        except (Differ, *VALUELESS):
            other = None
        if isinstance(arm, Expr) and isinstance(other, Expr):
            return (
                code.choose(arm, condition, other)
                if outcomes[0]
                else code.choose(other, condition, arm)
            )
        at.scene.wanted |= condition.names
        return arm
    then, other = at.sym(node.then), at.sym(node.other)
    if isinstance(then, Expr) and isinstance(other, Expr):
        return code.choose(then, condition, other)
    raise Unsayable


def apply(at: At, node: ast.Apply) -> Sym:
    if isinstance(node.of, ast.Ref) and at.env.find(node.of.name) is None:
        name = node.of.name
        if name in FUNCTIONS and name not in at.file.definitions:
            return _function(at, name, node)
        if name not in at.file.definitions:
            layer = find(name)
            if layer is not None:
                return with_arguments(
                    SymTarget(LayerDef(layer), {}, frozenset()), node.args, at.sym
                )
    of = at.sym(node.of)
    if isinstance(of, SymTarget):
        return with_arguments(of, node.args, at.sym)
    raise Unsayable


def _function(at: At, name: str, node: ast.Apply) -> Sym:
    found = [at.sym(a.value) for a in node.args]
    if name == "len" and isinstance(found[0], (tuple, code.Tuple)):
        return Literal(len(found[0] if isinstance(found[0], tuple) else found[0].items))
    items = [f for f in found if isinstance(f, Expr)]
    if len(items) < len(found):
        raise Unsayable
    values = [i.value for i in items if isinstance(i, Literal)]
    if len(values) == len(items) and name not in _LOOPED:
        return Literal(FUNCTIONS[name][0](*values))
    return lasting(code.call(_PYTHON.get(name, name), *items))
