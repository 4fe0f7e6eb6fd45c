"""Loops and conditions of the text: their headers in the code, and their names in a round of its own."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.iterators import passing
from netdsl.backends.torch.names import distinct, safe
from netdsl.backends.torch.rows import Differ, Rows
from netdsl.backends.torch.scene import Sym, Val, are_values, concrete
from netdsl.backends.torch.symbols import At
from netdsl.code import expr as code
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign, Augment, Statement
from netdsl.design import Value
from netdsl.elaborate.values import Silent
from netdsl.shapes import Open
from netdsl.syntax import ast
from netdsl.walks import holds

FEW_TRIPS = 8  # rounds of a loop that are written out in any case


# ----------------------------------------------------------------------------- loops that stay loops
def loop_header(
    b: Builder, node: ast.For | ast.Repeat, at: At, inner: At
) -> tuple[tuple[str, ...], Expr]:
    """The variables of a loop and what it goes through. `round` is known inside, if it has a name."""
    if isinstance(node, ast.Repeat):
        count = at.expr(node.count)
        name = loop_name(b, "i", at)
        inner.loops = (*at.loops, name)
        inner.env.names["round "] = Name(name)
        b.deps[name] = b.dependencies(count)
        return (name,), code.call("range", count)
    entries = at.values_of(node.iterable)[0]
    if are_values(entries) or holds(entries, Open):  # sizes that no constructor knows
        raise Differ(inner.rows, list(range(len(inner.rows))), "a loop over values")
    through = at.sym(node.iterable)
    if not isinstance(through, Expr):
        raise Differ(inner.rows, list(range(len(inner.rows))), "a loop over values")
    iterable = passing(through)
    targets = []
    parts = _component_dependencies(b, iterable, len(node.names))
    for target, deps in zip(node.names, parts):
        python = loop_name(b, safe(target.text), at, target.text)
        inner.env.names[target.text] = Name(python)
        b.origins[python] = target.text
        b.deps[python] = deps
        targets.append(python)
    inner.loops = (*at.loops, *targets)
    counter = _round_of(iterable, targets)
    if counter is not None:
        inner.env.names["round "] = counter
    return tuple(targets), iterable


def loop_name(b: Builder, wanted: str, at: At, source: str | None = None) -> str:
    """A loop's variable: a name of a loop that has ended may be taken again."""
    taken = {n for n in b.locals if n not in b.loop_names} | set(at.loops)
    taken |= {n for n, o in b.origins.items() if o != source}
    names = [wanted, "j", "k", "m", "n"] if source is None else [wanted]
    name = next((n for n in names if n not in taken), None) or distinct(wanted, taken)
    b.locals.add(name)
    b.loop_names.add(name)
    return name


def _round_of(iterable: Expr, targets: Sequence[str]) -> Expr | None:
    """The number of the round in terms of the loop's variables, where they tell it."""
    if isinstance(iterable, code.Call):
        if iterable.function.text == "range" and len(iterable.positional) == 1:
            return Name(targets[0])
        if iterable.function.text == "enumerate":
            return Name(targets[0])
    return None


def _component_dependencies(b: Builder, iterable: Expr, count: int) -> list[frozenset[str]]:
    """What each variable of a loop depends on: of `zip((64, 128), depths)` only the second on `depths`."""
    if (
        isinstance(iterable, code.Call)
        and iterable.function.text == "zip"
        and len(iterable.positional) == count
    ):
        return [b.dependencies(p) for p in iterable.positional]
    if isinstance(iterable, code.Call) and iterable.function.text == "enumerate" and count == 2:
        return [frozenset(), b.dependencies(iterable)]
    return [b.dependencies(iterable)] * count


def count_of(iterable: Expr) -> Expr:
    """n of `range(n)`."""
    return iterable.positional[0] if isinstance(iterable, code.Call) else iterable


def settled(b: Builder, channels: Expr, exits: Sequence[Value], at: At, every: bool) -> Expr:
    """Channels after a loop: a number, if no parameter of the class can change it."""
    numbers = {v.shape.channels for v in exits if v.shape is not None}
    if every and len(numbers) == 1 and not b.dependencies(channels) and len(exits) == len(at.rows):
        return Literal(numbers.pop())
    return channels


def assign_channels(name: str, value: Expr) -> Statement:
    """`channels = width`, or `channels += growth`."""
    terms = code.summands(value)
    if len(terms) > 1 and terms[0] == Name(name):
        return Augment(name, "+", code.added(terms[1:]))
    return Assign(name, value)


# -------------------------------------------------------------------------- loops that are written out
def bind_round(node: ast.For | ast.Repeat, j: int, inner: At, at: At) -> None:
    """The names of a loop in its round `j`, which is written out."""
    inner.env.names["round "] = Literal(j)
    if isinstance(node, ast.Repeat):
        return
    entry = _entry(at, node.iterable, j)
    if len(node.names) == 1:
        values: Sequence[Sym | None] = [entry]
    elif isinstance(entry, Literal) and isinstance(entry.value, tuple):
        values = [Literal(v) for v in entry.value]
    elif isinstance(entry, code.Tuple):
        values = entry.items
    elif isinstance(entry, tuple):
        values = entry
    elif isinstance(entry, Expr):
        values = [code.subscript(entry, Literal(k)) for k in range(len(node.names))]
    else:
        values = [None] * len(node.names)
    for target, value in zip(node.names, values):
        if value is None:
            found = [f.find(target.text) for f in inner.rows.frames]
            if isinstance(concrete(found[0]), Value):
                continue  # looked up where it is read
            value = inner.from_value(inner.rows.uniform(found, target.text))
        inner.env.names[target.text] = value


def _entry(at: At, node: ast.Expr, j: int) -> Sym | None:
    """Entry `j` of what a loop goes through, as an expression; None if only its value is known."""
    if isinstance(concrete(at.values_of(node)[0][j]), Value):
        return None
    if isinstance(node, ast.ListLiteral):
        return at.sym(node.items[j])
    if (
        isinstance(node, ast.Apply)
        and isinstance(node.of, ast.Ref)
        and at.env.find(node.of.name) is None
    ):
        name = node.of.name
        arguments = [a.value for a in node.args]
        if name == "zip":
            entries = [_entry(at, a, j) for a in arguments]
            return None if any(e is None for e in entries) else tuple(entries)
        if name == "enumerate":
            entry = _entry(at, arguments[0], j)
            return None if entry is None else (Literal(j), entry)
        if name == "range" and len(arguments) == 1:
            return Literal(j)
        if name == "reversed":
            lengths = [len(v) for v in at.values_of(arguments[0])]
            if len(set(lengths)) == 1:
                return _entry(at, arguments[0], lengths[0] - 1 - j)
    found = at.sym(node)
    if isinstance(found, Literal) and isinstance(found.value, tuple):
        return Literal(found.value[j])
    if isinstance(found, code.Tuple):
        return found.items[j]
    if isinstance(found, tuple):
        return found[j]
    if isinstance(found, Name):
        return code.subscript(found, Literal(j))
    return None


def loop_dependencies(b: Builder, node: ast.For | ast.Repeat, at: At) -> frozenset[str]:
    through = node.count if isinstance(node, ast.Repeat) else node.iterable
    first = at.values_of(through)[0]
    if isinstance(first, tuple) and first and isinstance(concrete(first[0]), Value):
        return frozenset()
    found = at.sym(through)
    return b.dependencies(found) if isinstance(found, Expr) else frozenset()


def relocated(val: Val, rows: Rows) -> Val:
    """The same value, known in enclosing rows (where each has one inner row)."""
    if val.rows.base is rows.base:
        return val
    return val.but(rows=rows)


# -------------------------------------------------------------------------------------- conditions
def folded(b: Builder, condition: ast.Expr, at: At) -> None:
    """A condition with one outcome is not emitted: what it depends on is no free parameter of a net."""
    try:
        expr = at.sym(condition)
    except (Differ, KeyError, TypeError, LookupError, ArithmeticError, Silent):
        return
    if isinstance(expr, Expr):
        b.scene.wanted |= b.dependencies(expr)
