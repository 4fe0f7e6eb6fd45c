"""Expressions of a `.net` text -> expressions of the emitted Python.

An expression of the text becomes one expression of the class, for all its rows; what is equal in all of
them may become a literal. How each kind of expression is read is said in `named`, `lists`, `operators`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from netdsl.backends.torch import lists, named, operators
from netdsl.backends.torch.rows import Differ, Rows
from netdsl.backends.torch.scene import (
    Env,
    Scene,
    Sym,
    SymTarget,
    Unsayable,
    Val,
    concrete,
    holds_symbols,
    joined,
)
from netdsl.code.expr import Expr, Literal
from netdsl.design import SharedModule, Value
from netdsl.elaborate.expressions import evaluate, rounds
from netdsl.elaborate.names import Names
from netdsl.elaborate.values import Target, freeze
from netdsl.shapes import Size
from netdsl.syntax import ast


class At:
    """A place in a class: its names, its rows, the file whose text is read."""

    def __init__(
        self,
        scene: Scene,
        env: Env,
        rows: Rows,
        file: Any,
        input: Val | None,
        facts: Callable[[str], Expr | None],
    ) -> None:
        self.scene = scene
        self.env = env
        self.rows = rows
        self.file = file
        self.input = input  # what `in` is
        self.facts = facts  # `in.height` and the like as parameters of the class
        self.looping = False  # inside of a loop of the emitted code
        self.loops: tuple[str, ...] = ()  # variables of the loops around
        # comprehensions around, and whether what is read stands in their condition
        self.through: tuple[tuple[ast.Comprehension, bool], ...] = ()
        self._values: dict[int, list[Any]] = {}  # of expressions, by the identity of their node

    def inside(self, rows: Rows | None = None, env: Env | None = None, looping: bool = False) -> At:
        found = At(
            self.scene, env or Env(self.env), rows or self.rows, self.file, self.input, self.facts
        )
        found.looping = self.looping or looping
        found.loops = self.loops
        found.through = self.through
        return found

    def among(self, node: ast.Comprehension, in_condition: bool) -> At:
        """A place inside of a comprehension."""
        found = self.inside()
        found.through = (*self.through, (node, in_condition))
        return found

    # ------------------------------------------------------------------------------- concretely
    def names(self, row: int) -> Names:
        return Names(self.scene.run, self.file, self.rows.frames[row])

    def values_of(self, node: ast.Expr) -> list[Any]:
        """What an expression is in every row, or in every round of the comprehensions around whose variables it
        reads. It is asked for in every round of a loop that is written out."""
        found = self._values.get(id(node))
        if found is None:
            rows = range(len(self.rows))
            if self._reads_entries(node):
                found = [evaluate(node, n) for i in rows for n in self._rounds(self.names(i))]
                if not found:
                    raise Unsayable  # there is no round
            else:
                found = [evaluate(node, self.names(i)) for i in rows]
            self._values[id(node)] = found
        return found

    def in_rows(self, node: ast.Expr) -> list[Any]:
        """What an expression is in every row. Raises `Unsayable` if it has many values in each."""
        if self._reads_entries(node):
            raise Unsayable
        return self.values_of(node)

    def agreed(self, node: ast.Expr) -> Any:
        """What an expression is in all rows."""
        values = self.values_of(node)
        if self._reads_entries(node) and any(freeze(v) != freeze(values[0]) for v in values):
            raise Unsayable
        return self.rows.uniform(values, node.span.text)

    def _reads_entries(self, node: ast.Expr) -> bool:
        if not self.through:
            return False
        names = {name.text for around, _ in self.through for name in around.names}
        return any(isinstance(n, ast.Ref) and n.name in names for n in (node, *ast.below(node)))

    def _rounds(self, names: Names) -> list[Names]:
        found = [names]
        for node, in_condition in self.through:
            found = [inner for n in found for inner in rounds(node, n, in_condition)]
        return found

    def resolve(self, concretes: Sequence[Value]) -> Val:
        """The value of the class that these concrete ones are, one a row."""
        val = self.scene.find(self.rows, concretes, read=True)
        if val is None and self.scene.capture is not None:
            val = self.scene.capture(self, concretes)
        if val is None:
            keys = [self.scene.origin(c) for c in concretes]
            raise Differ(self.rows, keys, "a value of another iteration is read")
        return val

    def literal(self, node: ast.Expr) -> Sym:
        """An expression as what it is in all rows."""
        return self.from_value(self.agreed(node))

    def from_value(self, value: Any) -> Sym:
        """A concrete value that is the same in all rows."""
        if isinstance(value, Target):
            bound: dict[str, Sym] = {}
            for name, b in value.bound.items():
                if isinstance(b.node, ast.Number):
                    bound[name] = Literal(b.value, b.node.text)
                else:
                    bound[name] = self.from_value(b.value)
            positional = frozenset(n for n, b in value.bound.items() if b.positional)
            return SymTarget(value.definition, bound, positional)
        value = concrete(value)
        if isinstance(value, Value):
            return self.resolve([value] * len(self.rows))
        if isinstance(value, SharedModule):
            raise KeyError("a shared module is no constant")
        if isinstance(value, tuple) and not isinstance(value, Size) and holds_symbols(value):
            return tuple(self.from_value(v) for v in value)
        return Literal(value)

    # ------------------------------------------------------------------------------ symbolically
    def expr(self, node: ast.Expr) -> Expr:
        """An expression of numbers, lists, texts, flags."""
        found = joined(self.sym(node))
        if isinstance(found, Expr):
            return found
        raise TypeError(f"{node.span.text} is no expression")

    def sym(self, node: ast.Expr) -> Sym:
        try:
            return _READERS[type(node)](self, node)
        except Unsayable:
            return self.literal(node)


def _unsayable(at: At, node: ast.In) -> Sym:
    raise Unsayable


_READERS: dict[type, Callable[[At, Any], Sym]] = {
    ast.Number: lambda at, node: Literal(node.value, node.text),
    ast.SizeLiteral: lambda at, node: Literal(Size(node.sides)),
    ast.String: lambda at, node: Literal(node.value),
    ast.Constant: lambda at, node: Literal(node.value),
    ast.In: _unsayable,
    ast.Ref: named.ref,
    ast.Tap: named.tap,
    ast.Attribute: named.attribute,
    ast.ListLiteral: lists.list_literal,
    ast.Comprehension: lists.comprehension,
    ast.Index: lists.index,
    ast.Slice: lists.slice_,
    ast.Unary: operators.unary,
    ast.Binary: operators.binary,
    ast.Logical: operators.logical,
    ast.Choose: operators.choose,
    ast.Apply: operators.apply,
}
