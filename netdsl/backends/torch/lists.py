"""Lists of the text: written out, their entries and slices, comprehensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.backends.torch.iterators import passing
from netdsl.backends.torch.named import one_by_one
from netdsl.backends.torch.names import safe
from netdsl.backends.torch.scene import Sym, Unsayable, holds_symbols, joined
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.elaborate.values import freeze
from netdsl.shapes import Size
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.backends.torch.symbols import At


def list_literal(at: At, node: ast.ListLiteral) -> Sym:
    return joined(tuple(at.sym(i) for i in node.items))


def index(at: At, node: ast.Index) -> Sym:
    of = at.sym(node.of)
    place = at.expr(node.index)
    if isinstance(of, Literal) and isinstance(place, Literal):
        return Literal(of.value[place.value])
    if isinstance(of, code.Call):
        raise Unsayable  # an entry of zip(...): its value, or nothing
    entries = _entries(of)
    if entries is not None and not isinstance(of, Expr):
        if not isinstance(place, Literal):
            place = Literal(at.agreed(node.index))
        return entries[place.value]
    if isinstance(of, Expr) and not _are_sizes(at, node.of):
        return code.subscript(of, place)
    raise Unsayable


def slice_(at: At, node: ast.Slice) -> Sym:
    of = at.sym(node.of)
    ends = [None if e is None else at.expr(e) for e in (node.start, node.stop)]
    if all(e is None or isinstance(e, Literal) for e in ends):
        start, stop = (e.value if isinstance(e, Literal) else None for e in ends)
        if isinstance(of, Literal):
            return Literal(of.value[start:stop])
        entries = _entries(of)
        if entries is not None:
            return joined(tuple(entries[start:stop]))
    if isinstance(of, Expr) and not isinstance(of, code.Call) and not _are_sizes(at, node.of):
        return code.Subscript(of, code.Range(ends[0], ends[1]))
    raise Unsayable


def _entries(of: Sym) -> list[Sym] | None:
    """The entries of a list one by one, if it is written out."""
    if isinstance(of, Literal) and isinstance(of.value, tuple):
        return [Literal(v) for v in of.value]
    if isinstance(of, code.Tuple):
        return list(of.items)
    if isinstance(of, tuple):
        return list(of)
    return None


def _are_sizes(at: At, node: ast.Expr) -> bool:
    """Whether a list is a size: in the code it may be one number, which has no sides."""
    return any(isinstance(v, Size) for v in at.values_of(node))


def comprehension(at: At, node: ast.Comprehension) -> Sym:
    try:
        values = at.values_of(node)
        if all(freeze(v) == freeze(values[0]) for v in values) and not _depends(at, node):
            return at.from_value(values[0])
    except KeyError:
        pass
    if holds_symbols(at.values_of(node)[0]):
        return one_by_one(at, node)
    iterable = passing(at.expr(node.iterable))
    inner, tested = at.among(node, False), at.among(node, True)
    for name in node.names:
        inner.env.names[name.text] = tested.env.names[name.text] = Name(f"%{name.text}")
    try:
        item = inner.expr(node.item)
        condition = None if node.condition is None else tested.expr(node.condition)
    except (KeyError, TypeError):
        raise Unsayable from None
    taken = item.names | (condition.names if condition is not None else frozenset())
    targets: dict[str, str] = {}  # names that hide nothing which is read inside
    for name in node.names:
        targets[f"%{name.text}"] = safe(name.text, [*taken, *targets.values()])
    names = {old: Name(new) for old, new in targets.items()}
    item = code.rename(item, names)
    condition = None if condition is None else code.rename(condition, names)
    return code.Comprehension(item, tuple(targets.values()), iterable, condition, "[]")


def _depends(at: At, node: ast.Expr) -> bool:
    """Whether an expression reads a parameter, a loop variable or what flows in."""
    if isinstance(node, ast.Ref):
        found = at.env.find(node.name)
        return found is not None and not isinstance(found, Literal)
    if isinstance(node, (ast.In, ast.Tap)):
        return True
    if isinstance(node, ast.Node):
        return any(_depends(at, getattr(node, f)) for f in node._fields if f != "span")
    if isinstance(node, tuple):
        return any(_depends(at, n) for n in node)
    return False
