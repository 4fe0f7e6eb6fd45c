"""Annotations and base classes: texts of Python in the statements, expressions in their lines."""

from __future__ import annotations

import ast
from functools import cache

from netdsl.code.doc import SOFT, Broken, Doc, Group, Indent
from netdsl.code.expr import Attribute, Expr, ListOf, Name, Op, Tuple, lift, subscript
from netdsl.code.expr_doc import INSIDE, PARENTHESES, document, need


@cache
def type_expr(text: str) -> Expr:
    """The expression that an annotation, or a base class, is."""
    return _from_ast(ast.parse(text, mode="eval").body)


def _from_ast(node: ast.expr) -> Expr:
    if isinstance(node, ast.Attribute):
        return Attribute(_from_ast(node.value), node.attr)
    if isinstance(node, ast.Subscript):
        return subscript(_from_ast(node.value), _from_ast(node.slice))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return Op("|", _from_ast(node.left), _from_ast(node.right))
    if isinstance(node, ast.Tuple):
        return Tuple(tuple(_from_ast(e) for e in node.elts))
    if isinstance(node, ast.List):
        return ListOf(tuple(_from_ast(e) for e in node.elts))
    if isinstance(node, ast.Constant) and node.value is not ...:
        return lift(node.value)
    return Name(ast.unparse(node))


def type_doc(text: str) -> Doc:
    """The document of an annotation: a long union goes into parentheses."""
    inner = document(type_expr(text), INSIDE)
    if need(type_expr(text)) != PARENTHESES:
        return inner
    return Group((Broken("("), Indent((SOFT, inner)), SOFT, Broken(")")))
