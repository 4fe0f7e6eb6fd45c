"""Methods that are written down once, in templates/torch/detectors.py, and filled with what a text says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from netdsl.code import expr as code
from netdsl.code.change import transform
from netdsl.code.expr import Call, Expr, Literal, Name
from netdsl.code.reading import functions
from netdsl.code.stmt import Do, For, Function, If, Statement
from netdsl.data import data_file
from netdsl.syntax import ast

ABSENT = Name("ABSENT")  # an argument that is left out
RESULT = Name("RESULT")  # `RESULT(x)` is x as an image has it


@cache
def methods() -> dict[str, Function]:
    """The methods of templates/torch/detectors.py."""
    return functions(data_file("templates/torch/detectors.py").read_text(encoding="utf-8"))


def filled(function: Function, numbers: dict[str, Expr]) -> Function:
    """A method in which names in capitals are what `numbers` says, in its documentation too."""

    def change(expr: Expr) -> Expr:
        return _called(_with(expr, numbers))

    made = transform(function, change)
    doc = made.doc or ""
    for name, number in numbers.items():
        doc = doc.replace(name, number.text) if name.isupper() else doc
    return made.but(doc=doc or None)


def spliced(body: Sequence[Statement], places: dict[str, Sequence[Statement]]) -> tuple[Any, ...]:
    """Statements with those of `places` where a name stands alone."""
    out: list[Statement] = []
    for statement in body:
        if isinstance(statement, Do) and isinstance(statement.of, Name):
            out += places[statement.of.id]
        elif isinstance(statement, If):
            then, other = spliced(statement.then, places), spliced(statement.other, places)
            out.append(statement.but(then=then, other=other))
        elif isinstance(statement, For):
            out.append(statement.but(body=spliced(statement.body, places)))
        else:
            out.append(statement)
    return tuple(out)


def _with(expr: Expr, numbers: dict[str, Expr]) -> Expr:
    """An expression with its names filled; unlike `rename`, variables of comprehensions may stand in what
    is filled in."""
    if isinstance(expr, Name):
        return numbers.get(expr.id, expr)
    return expr.map(lambda part: _with(part, numbers))


def _called(expr: Expr) -> Expr:
    """Calls without the arguments that are `ABSENT`, and without `RESULT` where it says nothing."""
    expr = expr.map(_called)
    if not isinstance(expr, Call):
        return expr
    if expr.function == RESULT:
        return expr.positional[0]
    return Call(
        expr.function,
        tuple(a for a in expr.positional if a != ABSENT),
        tuple((n, a) for n, a in expr.named if a != ABSENT),
    )


# ---------------------------------------------------------------------------------------- numbers
def short(value: Any) -> Any:
    """A number as a person writes it: 30, not 30.0; of a tuple all."""
    if isinstance(value, tuple):
        return tuple(map(short, value))
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e9
    return int(value) if whole else value


def of_channels(value: Any, node: ast.Expr | None, channels: int) -> Expr:
    """Numbers for the channels of an image, as the text writes them: `1 / 255`."""
    values = value if isinstance(value, tuple) else (value,) * channels
    nodes: Sequence[ast.Expr | None] = [node] * len(values)
    if isinstance(node, ast.ListLiteral) and len(node.items) == len(values):
        nodes = node.items
    return code.Tuple(tuple(_written(v, n) for v, n in zip(values, nodes)))


def _written(value: Any, node: ast.Expr | None) -> Literal:
    if isinstance(node, ast.Binary):
        left, right = node.left, node.right
        if isinstance(left, ast.Number) and isinstance(right, ast.Number):
            return Literal(value, f"{left.text} {node.op} {right.text}")
    return Literal(short(value))


def counted(number: int, what: str) -> str:
    """`Nine boxes`, at the beginning of a sentence."""
    words = ("", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
    ending = ("es" if what.endswith("x") else "s") if number != 1 else ""
    return f"{words[number] if number < len(words) else number} {what}{ending}"
