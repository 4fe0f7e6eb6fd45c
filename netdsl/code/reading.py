"""Python text -> statements: for code that is written down once and emitted with other numbers in it.

Only what the statements of `netdsl.code.stmt` can say is read; anything else is a `ValueError`, which
the tests of the texts would show.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from netdsl.code.expr import (
    Attribute,
    Bool,
    Call,
    Choose,
    Compare,
    Comprehension,
    Expr,
    ListOf,
    Literal,
    Minus,
    Name,
    Not,
    Op,
    Range,
    Star,
    Subscript,
    Tuple,
)
from netdsl.code.stmt import (
    Assign,
    Do,
    For,
    Function,
    If,
    Parameter,
    Raise,
    Return,
    Statement,
)

MODULES = frozenset({"torch", "nn", "F", "math"})  # `torch.cat` is one name
OPERATORS: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitOr: "|",
    ast.BitAnd: "&",
}
COMPARISONS: dict[type, str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
}


def functions(text: str) -> dict[str, Function]:
    """The functions that a Python text defines."""
    return {
        node.name: function(node)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }


def function(node: ast.FunctionDef) -> Function:
    arguments = node.args
    missing: list[ast.expr | None] = [None] * (len(arguments.args) - len(arguments.defaults))
    parameters = tuple(
        Parameter(
            a.arg,
            None if a.annotation is None else ast.unparse(a.annotation),
            None if default is None else expression(default),
        )
        for a, default in zip(arguments.args, [*missing, *arguments.defaults])
    )
    returns = None if node.returns is None else ast.unparse(node.returns)
    doc = ast.get_docstring(node)
    body = node.body[1:] if doc is not None else node.body
    decorators = tuple(expression(d) for d in node.decorator_list)
    return Function(node.name, parameters, returns, doc, statements(body), decorators)


def statements(nodes: Sequence[ast.stmt]) -> tuple[Statement, ...]:
    return tuple(statement(node) for node in nodes if not isinstance(node, ast.Pass))


def statement(node: ast.stmt) -> Statement:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return Assign(_target(node.targets[0]), expression(node.value))
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return Assign(_target(node.target), expression(node.value), ast.unparse(node.annotation))
    if isinstance(node, ast.Expr):
        return Do(expression(node.value))
    if isinstance(node, ast.Return):
        return Return(None if node.value is None else expression(node.value))
    if isinstance(node, ast.Raise) and node.exc is not None:
        return Raise(expression(node.exc))
    if isinstance(node, ast.For):
        body = statements(node.body)
        return For(_names(node.target), expression(node.iter), body)
    if isinstance(node, ast.If):
        return If(expression(node.test), statements(node.body), statements(node.orelse))
    raise ValueError(f"line {node.lineno}: a statement that cannot be emitted")


def _target(node: ast.expr) -> Expr | str:
    return node.id if isinstance(node, ast.Name) else expression(node)


def _names(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Tuple):
        return tuple(name for element in node.elts for name in _names(element))
    raise ValueError(f"line {node.lineno}: a target that cannot be emitted")


def expression(node: ast.expr) -> Expr:
    if isinstance(node, ast.Constant):
        return Name("...") if node.value is ... else Literal(node.value)
    if isinstance(node, ast.Name):
        return Name(node.id)
    if isinstance(node, ast.Attribute):
        of = node.value
        if isinstance(of, ast.Name) and of.id in MODULES:
            return Name(f"{of.id}.{node.attr}")
        return Attribute(expression(of), node.attr)
    if isinstance(node, ast.Subscript):
        return Subscript(expression(node.value), expression(node.slice))
    if isinstance(node, ast.Slice):
        ends = [None if e is None else expression(e) for e in (node.lower, node.upper)]
        return Range(*ends)
    if isinstance(node, ast.Call):
        positional = tuple(expression(a) for a in node.args)
        named = tuple((k.arg or "", expression(k.value)) for k in node.keywords)
        return Call(expression(node.func), positional, named)
    if isinstance(node, ast.Starred):
        return Star(expression(node.value))
    if isinstance(node, ast.BinOp):
        return Op(OPERATORS[type(node.op)], expression(node.left), expression(node.right))
    if isinstance(node, ast.UnaryOp):
        of = expression(node.operand)
        if isinstance(node.op, ast.Not):
            return Not(of)
        literal = isinstance(of, Literal) and isinstance(of.value, (int, float))
        return Literal(-of.value) if literal else Minus(of)  # type: ignore[attr-defined]
    if isinstance(node, ast.BoolOp):
        word = "and" if isinstance(node.op, ast.And) else "or"
        return Bool(word, tuple(expression(v) for v in node.values))
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        op = COMPARISONS[type(node.ops[0])]
        return Compare(op, expression(node.left), expression(node.comparators[0]))
    if isinstance(node, ast.IfExp):
        return Choose(expression(node.body), expression(node.test), expression(node.orelse))
    if isinstance(node, ast.Tuple):
        return Tuple(tuple(expression(e) for e in node.elts))
    if isinstance(node, ast.List):
        return ListOf(tuple(expression(e) for e in node.elts))
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)) and len(node.generators) == 1:
        loop = node.generators[0]
        condition = expression(loop.ifs[0]) if loop.ifs else None
        brackets = "[]" if isinstance(node, ast.ListComp) else "()"
        names = _names(loop.target)
        return Comprehension(
            expression(node.elt), names, expression(loop.iter), condition, brackets
        )
    raise ValueError(
        f"line {node.lineno}: an expression that cannot be emitted: {ast.unparse(node)}"
    )
