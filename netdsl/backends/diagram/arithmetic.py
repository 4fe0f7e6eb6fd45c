"""`(@gate * @h + (1 - @gate) * @in)` as a small graph: circles for what joins values, boxes for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.backends.diagram.text import clean
from netdsl.design import Link, Value
from netdsl.record import Record
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.design import Design

KINDS = {"+": "sum", "-": "difference", "*": "product", "/": "quotient", "**": "power"}
SIGNS = {"*": "\N{MULTIPLICATION SIGN}", "-": "\N{MINUS SIGN}", "/": "/", "+": "+", "**": "^"}
MOST_OPERATIONS = 12  # of one expression; longer ones are one box with their text


class Operation(Record):
    """One node of the graph: its kind, its text, and what it reads: values and other operations."""

    kind: str
    text: str
    reads: tuple[Operation | Value, ...]


def operation(design: Design, link: Link, values: list[Value]) -> Operation:
    """The last operation of a step of arithmetic; `values` are those it reads, in order."""
    node = link.node.step.value  # type: ignore[union-attr]
    reader = _Reader(_names(design, link), iter(values))
    found = reader.read(node)
    if not isinstance(found, Operation):
        return Operation("compute", clean(node.span.text), (found,))
    if reader.count > MOST_OPERATIONS:
        once = {id(v): v for v in values}
        return Operation("compute", clean(node.span.text), tuple(once.values()))
    return found


def _names(design: Design, link: Link) -> Any:
    """Where the expression is read. An inlined block brings the file that it stands in."""
    from netdsl.elaborate.names import Names

    return Names(design.run, link.frame.file, link.frame)


class _Reader:
    def __init__(self, names: Any, values: Any) -> None:
        self.names = names
        self.values = values
        self.count = 0

    def read(self, node: ast.Expr) -> Operation | Value:
        """What an expression that holds a value gives. Values come in the order of the compiler's walk."""
        if isinstance(node, ast.Unary):
            return self.make("compute", f"{SIGNS['-']}x", self.read(node.of))
        if isinstance(node, ast.Choose):
            from netdsl.elaborate.expressions import truth

            return self.read(node.then if truth(node.condition, self.names) else node.other)
        if isinstance(node, ast.Binary):
            return self.binary(node)
        if isinstance(node, ast.Apply):
            assert isinstance(node.of, ast.Ref)
            parts = [a.value for a in node.args]
            held = [self.read(p) for p in parts if self.holds(p)]
            numbers = [self.number(p) for p in parts if not self.holds(p)]
            shown = f"{node.of.name}({', '.join(['x', *numbers])})" if numbers else node.of.name
            return self.make("compute", shown, *held)
        return next(self.values)

    def binary(self, node: ast.Binary) -> Operation:
        left = self.read(node.left) if self.holds(node.left) else None
        right = self.read(node.right) if self.holds(node.right) else None
        sign = SIGNS.get(node.op, node.op)
        if left is not None and right is not None:
            return self.make(KINDS.get(node.op, "compute"), sign, left, right)
        if left is not None:
            return self.make("compute", f"x {sign} {self.number(node.right)}", left)
        assert right is not None
        return self.make("compute", f"{self.number(node.left)} {sign} x", right)

    def make(self, kind: str, text: str, *reads: Operation | Value) -> Operation:
        self.count += 1
        return Operation(kind, clean(text), reads)

    def holds(self, node: ast.Expr) -> bool:
        from netdsl.elaborate.compute import holds_value

        return holds_value(node, self.names)

    def number(self, node: ast.Expr) -> str:
        from netdsl.diagnostics import Mistake
        from netdsl.elaborate.expressions import evaluate
        from netdsl.elaborate.values import Silent

        try:
            value = evaluate(node, self.names)
        except (Mistake, Silent):
            return clean(node.span.text, 24)
        return f"{value:g}" if isinstance(value, (int, float)) else clean(str(value), 24)
