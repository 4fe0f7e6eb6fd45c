"""The items of a sequence: what they say, and how they are written.

They become either the arguments of one call or statements that fill a list, or a dictionary where
modules have names (`ordered`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netdsl.code import expr as code
from netdsl.code.expr import Expr, ListOf, Literal, Name, Star
from netdsl.code.stmt import Assign, Augment, Do, For, If, Statement
from netdsl.record import Record


class ModuleItem(Record):
    """One module: its key (None where they are numbered), statements that must come before it."""

    key: Expr | None
    expr: Expr
    before: tuple[Statement, ...] = ()


class LoopItem(Record):
    """A loop that stays one."""

    targets: tuple[str, ...]
    iterable: Expr
    items: tuple[Item, ...]


class IfItem(Record):
    """A condition that not all rows decide alike."""

    condition: Expr
    then: tuple[Item, ...]
    other: tuple[Item, ...]


class SetItem(Record):
    """A variable of the constructor gets a value."""

    statement: Statement


Item = ModuleItem | LoopItem | IfItem | SetItem


def names_in(items: Sequence[Item]) -> set[str]:
    """The names that the items read."""
    found: set[str] = set()
    for item in items:
        if isinstance(item, ModuleItem):
            found |= item.expr.names | (item.key.names if item.key is not None else set())
            for statement in item.before:
                found |= statement.reads()
        elif isinstance(item, SetItem):
            found |= item.statement.reads()
        elif isinstance(item, LoopItem):
            found |= item.iterable.names | names_in(item.items)
        else:
            found |= item.condition.names | names_in(item.then) | names_in(item.other)
    return found


def sunk(items: list[Item], name: str) -> list[Item]:
    """The items of a round without the `channels = width` at their end, if the innermost loop that
    changes it ends with the same."""
    *body, last = items
    if not isinstance(last, SetItem) or not body or not isinstance(body[-1], LoopItem):
        return items
    loop = body[-1]
    inner_sets = [i for i in loop.items if isinstance(i, SetItem) and name in i.statement.binds()]
    if inner_sets and inner_sets[-1].statement == last.statement:
        return body
    return items


# ------------------------------------------------------------------------------------------ writing
def write(
    items: Sequence[Item], ordered: bool, variable: Callable[[], str]
) -> tuple[list[Statement], list[Expr]]:
    """Statements that come first, and the arguments of `nn.Sequential`; `variable` names the list or
    dictionary, if there must be one."""
    sets: list[Statement] = []
    for item in items:
        if not isinstance(item, SetItem):
            break
        sets.append(item.statement)
    rest = items[len(sets) :]
    first = _leading_modules(rest, ordered)
    if ordered:
        start: Expr = _dictionary(first)
        if len(first) == len(rest):
            return sets, [start]
        annotation = "OrderedDict[str, nn.Module]"
    else:
        arguments = _arguments(rest)
        if arguments is not None:
            return sets, arguments
        start = ListOf(tuple(m.expr for m in first))
        annotation = "list[nn.Module]"
    name = variable()
    out = [*sets, Assign(name, start, annotation), *_filling(rest[len(first) :], ordered, name)]
    return out, [Name(name) if ordered else Star(Name(name))]


def _leading_modules(items: Sequence[Item], ordered: bool) -> list[ModuleItem]:
    """The modules at the beginning that need no statements; where they have names, constant ones."""
    found: list[ModuleItem] = []
    for item in items:
        if not isinstance(item, ModuleItem) or item.before:
            break
        if ordered and not isinstance(item.key, Literal):
            break
        found.append(item)
    return found


def _dictionary(modules: Sequence[ModuleItem]) -> Expr:
    """Modules with constant names."""
    named = tuple((m.key.value, m.expr) for m in modules if isinstance(m.key, Literal))
    return code.Call(Name("OrderedDict"), (), named)


def _arguments(items: Sequence[Item]) -> list[Expr] | None:
    """Numbered items as arguments of one call; None if they need statements."""
    out: list[Expr] = []
    for item in items:
        if isinstance(item, ModuleItem) and not item.before:
            out.append(item.expr)
        elif isinstance(item, LoopItem):
            only = item.items[0] if len(item.items) == 1 else None
            if not isinstance(only, ModuleItem) or only.before:
                return None
            out.append(Star(code.Comprehension(only.expr, item.targets, item.iterable)))
        else:
            return None
    return out


def _filling(items: Sequence[Item], ordered: bool, name: str) -> list[Statement]:
    """Statements that fill the list or the dictionary `name`."""
    out: list[Statement] = []
    run: list[Expr] = []

    def flush() -> None:
        if len(run) == 1:
            out.append(Do(code.call(code.Attribute(Name(name), "append"), run[0])))
        elif run:
            out.append(Augment(name, "+", ListOf(tuple(run))))
        run.clear()

    for item in items:
        if isinstance(item, ModuleItem):
            if item.before:
                flush()
                out.extend(item.before)
            if ordered:
                assert item.key is not None
                out.append(Assign(code.Subscript(Name(name), item.key), item.expr))
            else:
                run.append(item.expr)
            continue
        flush()
        if isinstance(item, SetItem):
            out.append(item.statement)
        elif isinstance(item, LoopItem):
            body = tuple(_filling(item.items, ordered, name))
            out.append(For(item.targets, item.iterable, body))
        else:
            then = tuple(_filling(item.then, ordered, name))
            other = tuple(_filling(item.other, ordered, name))
            if then:
                out.append(If(item.condition, then, other))
            elif other:
                out.append(If(code.negate(item.condition), other))
    flush()
    return out
