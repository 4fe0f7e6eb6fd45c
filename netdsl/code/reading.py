"""Python text -> statements: for code that is written down once and emitted with other numbers in it.

Only what `netdsl.code.stmt` and `netdsl.code.expr` can say is read; anything else is a `ValueError`, which
the tests of such texts show. Numbers keep their text, statements the comment at their end.
"""

from __future__ import annotations

import ast
import re

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
    Text,
    Tuple,
)
from netdsl.code.stmt import (
    Assign,
    Augment,
    Class,
    Constant,
    Do,
    Field,
    For,
    Function,
    If,
    Import,
    Module,
    Parameter,
    Raise,
    Return,
    Statement,
)

OPERATORS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
}


def expression(node: ast.expr, text: str) -> Expr:
    """The expression; numbers keep the text that they have in `text`."""

    def of(inner: ast.expr) -> Expr:
        return expression(inner, text)

    def all_of(inner: list[ast.expr]) -> tuple[Expr, ...]:
        return tuple(of(i) for i in inner)

    match node:
        case ast.Name():
            return Name(node.id)
        case ast.Attribute():
            return Attribute(of(node.value), node.attr)
        case ast.Constant(value=str() | None):
            return Literal(node.value)
        case ast.Constant() if node.value is ...:
            return Name("...")
        case ast.Constant():
            return Literal(node.value, ast.get_source_segment(text, node))
        case ast.BinOp():
            return Op(OPERATORS[type(node.op)], of(node.left), of(node.right))
        case ast.BoolOp():
            return Bool("and" if isinstance(node.op, ast.And) else "or", all_of(node.values))
        case ast.Compare(ops=[op], comparators=[right]):
            return Compare(OPERATORS[type(op)], of(node.left), of(right))
        case ast.UnaryOp(op=ast.USub()):
            return Minus(of(node.operand))
        case ast.UnaryOp(op=ast.Not()):
            return Not(of(node.operand))
        case ast.IfExp():
            return Choose(of(node.body), of(node.test), of(node.orelse))
        case ast.Tuple():
            return Tuple(all_of(node.elts))
        case ast.List():
            return ListOf(all_of(node.elts))
        case ast.Dict():
            return Literal(ast.literal_eval(node))
        case ast.Starred():
            return Star(of(node.value))
        case ast.Subscript():
            return Subscript(of(node.value), of(node.slice))
        case ast.Slice():
            return Range(*(e and of(e) for e in (node.lower, node.upper, node.step)))
        case ast.GeneratorExp() | ast.ListComp():
            [loop] = node.generators
            names = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
            condition = of(loop.ifs[0]) if loop.ifs else None
            targets = tuple(ast.unparse(n) for n in names)
            brackets = "[]" if isinstance(node, ast.ListComp) else "()"
            return Comprehension(of(node.elt), targets, of(loop.iter), condition, brackets)
        case ast.JoinedStr():
            pieces = (
                of(v.value) if isinstance(v, ast.FormattedValue) else ast.literal_eval(v)
                for v in node.values
            )
            return Text(tuple(pieces))
        case ast.Call():
            named = tuple((k.arg, of(k.value)) for k in node.keywords if k.arg)
            return Call(of(node.func), all_of(node.args), named)
    raise ValueError(f"line {node.lineno}: an expression that cannot be emitted")


def functions(text: str) -> dict[str, Function]:
    """The functions of a text by their names."""
    return {s.name: s for s in module(text).body if isinstance(s, Function)}


def module(text: str) -> Module:
    """The file that a text is."""
    tree = ast.parse(text)
    lines = text.split("\n")

    def remark(node: ast.stmt) -> str | None:
        """The comment at the end of a statement."""
        end = lines[(node.end_lineno or 0) - 1][node.end_col_offset :]
        return end.partition("# ")[2] or None

    def above(node: ast.stmt) -> str | None:
        """The comment on the lines above a statement."""
        found = []
        for line in reversed(lines[: node.lineno - 1]):
            if not line.startswith("#"):
                break
            found.insert(0, line[2:])
        return "\n".join(found) or None

    def of(node: ast.expr) -> Expr:
        return expression(node, text)

    def optional(node: ast.expr | None) -> Expr | None:
        return None if node is None else of(node)

    def target(node: ast.expr) -> Expr:
        return of(node)

    def body(nodes: list[ast.stmt], where: str) -> tuple[Statement, ...]:
        kept = [n for n in nodes if not isinstance(n, (ast.Import, ast.ImportFrom, ast.Pass))]
        if kept and isinstance(kept[0], ast.Expr) and isinstance(kept[0].value, ast.Constant):
            kept = kept[1:]  # the docstring
        return tuple(statement(n, where) for n in kept)

    def doc(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> str | None:
        return ast.get_docstring(node)

    def statement(node: ast.stmt, where: str) -> Statement:
        match node:
            case ast.Assign(targets=[ast.Name() as left]) if where == "module":
                return Constant(left.id, of(node.value), None, above(node))
            case ast.Assign(targets=[left]):
                return Assign(target(left), of(node.value), None, remark(node))
            case ast.AnnAssign() if where == "class":
                name, annotation = ast.unparse(node.target), ast.unparse(node.annotation)
                return Field(name, annotation, optional(node.value))
            case ast.AnnAssign(value=ast.expr() as value):
                annotation = ast.unparse(node.annotation)
                return Assign(target(node.target), of(value), annotation, remark(node))
            case ast.AugAssign():
                return Augment(target(node.target), OPERATORS[type(node.op)], of(node.value))
            case ast.Expr():
                return Do(of(node.value), remark(node))
            case ast.Return():
                return Return(optional(node.value))
            case ast.Raise(exc=ast.expr() as error):
                return Raise(of(error))
            case ast.For():
                names = tuple(re.findall(r"\w+", ast.unparse(node.target)))
                return For(names, of(node.iter), body(node.body, ""))
            case ast.If():
                return If(of(node.test), body(node.body, ""), body(node.orelse, ""))
            case ast.FunctionDef():
                arguments = node.args.args
                defaults = [None] * (len(arguments) - len(node.args.defaults))
                parameters = tuple(
                    Parameter(a.arg, a.annotation and ast.unparse(a.annotation), optional(d))
                    for a, d in zip(arguments, [*defaults, *node.args.defaults])
                )
                returns = node.returns and ast.unparse(node.returns)
                marks = tuple(of(d) for d in node.decorator_list)
                return Function(
                    node.name, parameters, returns, doc(node), body(node.body, ""), marks
                )
            case ast.ClassDef():
                bases = tuple(ast.unparse(b) for b in node.bases)
                return Class(node.name, bases, doc(node), body(node.body, "class"))
        raise ValueError(f"line {node.lineno}: a statement that cannot be emitted")

    imports = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            imports += [Import(a.name) for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = (f"{a.name} as {a.asname}" if a.asname else a.name for a in node.names)
            imports.append(Import(node.module or "", tuple(names)))
    return Module(doc(tree), tuple(imports), body(tree.body, "module"))
