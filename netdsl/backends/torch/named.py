"""Names of the text: parameters, `let`s, layers, labels (`@a.b`) and what is known of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netdsl.backends.torch.scene import (
    EVERYTHING,
    Sym,
    Unsayable,
    Val,
    are_values,
    concrete,
    holds_symbols,
)
from netdsl.code.expr import Literal
from netdsl.design import Value
from netdsl.elaborate.expressions import evaluate
from netdsl.elaborate.values import InputFacts, Tapped, freeze
from netdsl.shapes import Open, Size
from netdsl.syntax import ast
from netdsl.syntax.place import SIZES_OF_VALUES

if TYPE_CHECKING:
    from netdsl.backends.torch.symbols import At


def definition_of(file: Any, name: str) -> Any:
    """What defines a name of a file, itself or the file that it is imported from; None if nothing."""
    definition = file.definitions.get(name)
    if isinstance(definition, ast.Import):
        other = file.imports.get(definition)
        return None if other is None else definition_of(other, name)
    return definition


def ref(at: At, node: ast.Ref) -> Sym:
    found = at.env.find(node.name)
    if found is not None:
        return _here(at, found)
    definition = definition_of(at.file, node.name)
    value = evaluate(node, at.names(0))
    if are_values(value):
        return tap(at, node)
    if isinstance(definition, ast.Let):
        if isinstance(definition.value, ast.Number):
            return Literal(value, definition.value.text)
        if isinstance(value, tuple) and not isinstance(value, Size) and not holds_symbols(value):
            return Literal(value, at.scene.constants.name(definition, value))
    return at.from_value(value)


def _here(at: At, sym: Sym) -> Sym:
    """What a name stands for; values from around are captured."""
    if isinstance(sym, Val):
        return at.resolve(sym.at(at.rows))
    return tuple(_here(at, s) for s in sym) if isinstance(sym, tuple) else sym


def tap(at: At, node: ast.Expr) -> Sym:
    values = at.in_rows(node)
    if isinstance(values[0], tuple):
        return one_by_one(at, node)
    concretes = [concrete(v) for v in values]
    if not all(isinstance(c, Value) for c in concretes):
        raise Unsayable
    return at.resolve(concretes)


def one_by_one(at: At, node: ast.Expr) -> Sym:
    """A list of values: resolved entry by entry."""
    columns = at.in_rows(node)
    length = at.rows.uniform([len(c) for c in columns], "lists of values have different lengths")
    found = []
    for i in range(length):
        concretes = [concrete(c[i]) for c in columns]
        if not all(isinstance(c, Value) for c in concretes):
            raise Unsayable
        found.append(at.resolve(concretes))
    return tuple(found)


def attribute(at: At, node: ast.Attribute) -> Sym:
    of = at.in_rows(node.of)
    first = of[0]
    plain = node.name.plain
    if isinstance(first, InputFacts) and at.input is not None:
        return _fact(at, at.input, plain or "", node)
    if isinstance(first, (Tapped, Value)) and plain in SIZES_OF_VALUES:
        val = at.scene.peek(at.rows, [concrete(v) for v in of]) or at.scene.peek(
            at.rows, [v.value if isinstance(v, Tapped) else v for v in of]
        )
        if val is not None:
            return _fact(at, val, plain, node)
        at.scene.wanted.add(EVERYTHING)
        raise Unsayable
    return tap(at, node)


def _fact(at: At, val: Val, name: str, node: ast.Expr) -> Sym:
    if name == "channels" and val.channels is not None:
        return val.channels
    if name == "shape":
        raise Unsayable
    values = at.in_rows(node)
    if any(isinstance(v, Open) for v in values):
        raise Unsayable
    at.scene.wanted |= val.taint
    if len({freeze(v) for v in values}) > 1 and val is at.input:
        parameter = at.facts(name)
        if parameter is not None:
            return parameter
    return Literal(at.rows.uniform(values, node.span.text))
