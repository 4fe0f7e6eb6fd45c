"""Where expressions may break, as `ruff format` breaks them, as documents (`doc`).

`document` gives the document; `need` and `may_stand_bare` tell how a whole value is helped that is
too long for its line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from netdsl.code.doc import SOFT, SPACE, Broken, Doc, Group, Indent, joined
from netdsl.code.expr import (
    ATOM,
    CHOOSE,
    NEGATION,
    OR,
    UNION,
    Attribute,
    Bool,
    Call,
    Choose,
    Compare,
    Comprehension,
    Expr,
    ListOf,
    Literal,
    Many,
    Minus,
    Not,
    Op,
    Range,
    Star,
    Subscript,
    Tuple,
    is_tight_power,
    lift,
)
from netdsl.record import Record

# Where an expression stands: its operators may begin lines inside of brackets only. RETRIED is
# inside of parentheses that were put round a value because it did not fit bare; there ruff 0.17
# writes `a** b` (its mistake, which it keeps once made).
OUTSIDE, INSIDE, RETRIED = range(3)

# Calls whose arguments are modules: one a line, unless all fit on the line of the call.
MODULE_LISTS = frozenset(["nn.Sequential", "OrderedDict", "super().__init__"])


def document(expr: Expr, inside: int = OUTSIDE) -> Doc:
    """The document of an expression. `inside` brackets its operators may begin a line."""
    if isinstance(expr, (Call, Attribute, Subscript)):
        return _chain(expr, inside)
    if isinstance(expr, _OPERATORS):
        return _group(_operators(_terms(expr), inside), inside)
    if isinstance(expr, Choose):
        return _group(_arms(expr, inside), inside)
    if isinstance(expr, (Not, Minus)):
        sign = "not " if isinstance(expr, Not) else "-"
        return (sign, _operand(*expr.operands()[0], inside))
    if isinstance(expr, Comprehension):
        return in_brackets(expr.brackets[0], _clauses(expr), expr.brackets[1])
    if isinstance(expr, Star):
        return ("*", _operand(expr.of, UNION, inside))
    if isinstance(expr, Range):
        return _range(expr)
    items = _items(expr)
    if not items:
        return expr.text
    if len(items) == 1 and expr.text.startswith("("):
        return in_brackets("(", (items[0], ","), ")")
    return in_brackets(expr.text[0], listed(items, apart=True), expr.text[-1])


def _items(expr: Expr) -> list[Doc]:
    """What a collection holds; nothing for what is none."""
    if isinstance(expr, (Tuple, ListOf)):
        return [document(i, INSIDE) for i in expr.items]
    if isinstance(expr, Literal) and expr.written is None:
        if isinstance(expr.value, dict):
            return [(f"{lift(k).text}: ", document(lift(v), INSIDE)) for k, v in expr.value.items()]
        if isinstance(expr.value, (tuple, list)) and expr.text.startswith("("):
            return [document(lift(v), INSIDE) for v in expr.value]
    return []


def _group(content: Doc, inside: int) -> Doc:
    return Group(content) if inside else content


def in_brackets(opening: str, content: Doc, closing: str) -> Doc:
    """The content in brackets, on lines of its own if need be."""
    return (opening, Group((Indent((SOFT, content)), SOFT)), closing)


def listed(items: Sequence[Doc], *, apart: bool) -> Doc:
    """Elements with commas between them. A lone element gets no trailing comma.

    `apart`: one a line as soon as the bracket around them breaks; else all may stand on one line.
    """
    content = (joined(items, (",", SPACE)), Broken(",") if len(items) > 1 else "")
    return content if apart else Group(content)


def _operand(expr: Expr, level: int, inside: int) -> Doc:
    """The expression, in brackets if it binds looser than `level`."""
    return (
        in_brackets("(", document(expr, INSIDE), ")")
        if expr.level < level
        else document(expr, inside)
    )


Operators: TypeAlias = Op | Many | Compare | Bool
_OPERATORS = (Op, Many, Compare, Bool)


class _Term(Record):
    """One operand of a chain of operators, with the operator before it."""

    op: str
    precedence: int
    operand: Expr
    level: int  # what binds looser than this is in brackets


def _terms(expr: Operators) -> list[_Term]:
    """Operators of all precedences with their operands, in text order."""
    precedence = OR if isinstance(expr, Bool) else expr.level  # `and`, `or`: as if they were equal
    out: list[_Term] = []
    op = expr.sign if isinstance(expr, Many) else expr.op
    for operand, level in expr.operands():
        inner = [_Term("", 0, operand, level)]
        if operand.level >= level and isinstance(operand, _OPERATORS):
            inner = _terms(operand)
        if out:
            inner[0] = inner[0].but(op=op, precedence=precedence)
        out += inner
    return out


def _operators(terms: Sequence[_Term], inside: int) -> Doc:
    """Operands with the loosest operators at line starts, what binds tighter in groups."""
    first, *later = terms
    if not later:
        return _operand(first.operand, first.level, inside)
    loosest = min(t.precedence for t in later)
    cuts = [i for i, t in enumerate(terms) if i and t.precedence == loosest]
    doc: list[Doc] = [_part(terms[: cuts[0]], inside)]
    for start, stop in zip(cuts, [*cuts[1:], len(terms)]):
        before, after = terms[start - 1], terms[start]
        op, bare = after.op, after.operand.level >= after.level
        tight = op == "**" and bare and is_tight_power(before.operand, after.operand)
        if tight:
            gap = Broken(" ") if inside == INSIDE else " " if inside == RETRIED else ""
            doc += [SOFT if inside else "", op, gap]
        else:
            doc += [SPACE if inside else " ", f"{op} "]
        doc.append(_part(terms[start:stop], inside))
    return tuple(doc)


def _part(terms: Sequence[_Term], inside: int) -> Doc:
    return _group(_operators(terms, inside), inside and len(terms) > 1)


def _arms(expr: Choose, inside: int) -> Doc:
    """`then if condition else other`, in three lines; an `other` of the same kind goes on so."""
    space = SPACE if inside else " "
    then, condition = _operand(expr.then, OR, inside), _operand(expr.condition, OR, inside)
    other = expr.other
    last = _arms(other, inside) if isinstance(other, Choose) else document(other, inside)
    return (then, space, "if ", condition, space, "else ", last)


def _clauses(expr: Comprehension) -> Doc:
    """`item for targets in iterable if condition`, on one line or on two or three."""
    loop = f"for {', '.join(expr.targets)} in "
    doc: Doc = (document(expr.item, INSIDE), SPACE, loop, _operand(expr.iterable, OR, INSIDE))
    if expr.condition is not None:
        doc = (doc, SPACE, "if ", _operand(expr.condition, OR, INSIDE))
    return Group(doc)


def _range(expr: Range) -> Doc:
    if expr.is_tight():
        return expr.text
    start = () if expr.start is None else (document(expr.start, INSIDE), " ")
    stop = () if expr.stop is None else (" ", document(expr.stop, INSIDE))
    step = () if expr.step is None else (":", document(expr.step, INSIDE))
    return (*start, ":", *stop, *step)


def _chain(expr: Expr, inside: int) -> Doc:
    """Calls, attributes and subscripts one after the other: `a.b(c).d(e)[f]`.

    Where two attributes of results stand in it, each may begin a line.
    """
    links: list[Call | Attribute | Subscript] = []
    while isinstance(expr, (Call, Attribute, Subscript)):
        links.append(expr)
        expr = expr.function if isinstance(expr, Call) else expr.of
    fluent = inside and _hops(links[0]) > 1
    doc: list[Doc] = [_operand(expr, ATOM, inside)]
    for link in reversed(links):
        if isinstance(link, Call):
            doc.append(_arguments(link))
        elif isinstance(link, Attribute):
            doc += [SOFT if fluent and _is_hop(link) else "", f".{link.name}"]
        else:
            doc.append(_index(link.index))
    return _group(tuple(doc), fluent)


def _is_hop(expr: Expr) -> bool:
    """Whether it is an attribute of a result: `a(b).c`, `a[b].c`, `(a + b).c`."""
    return isinstance(expr, Attribute) and (
        isinstance(expr.of, (Call, Subscript)) or expr.of.level < ATOM
    )


def _hops(expr: Expr) -> int:
    count = 0
    while isinstance(expr, (Call, Attribute, Subscript)):
        count += _is_hop(expr)
        expr = expr.function if isinstance(expr, Call) else expr.of
    return count


def _arguments(call: Call) -> Doc:
    items = [document(a, INSIDE) for a in call.positional]
    items += [(f"{n}=", document(a, INSIDE)) for n, a in call.named]
    if not items:
        return "()"
    only = call.positional[0] if call.positional and len(items) == 1 else None
    if isinstance(only, Comprehension) and only.brackets == "()":
        return items[0]
    return in_brackets("(", listed(items, apart=call.function.text in MODULE_LISTS), ")")


def _index(index: Expr) -> Doc:
    if isinstance(index, Tuple) and index.items:
        items = [document(i, INSIDE) for i in index.items]
        return in_brackets("[", listed(items, apart=False) if items[1:] else (*items, ","), "]")
    return in_brackets("[", document(index, INSIDE), "]")


# --------------------------------------------------------------------------------------- values
# How a value that is too long for its line is helped (`need`).
NOTHING, PARENTHESES, PERHAPS = range(3)


def need(value: Expr) -> int:
    """Whether a value that is too long goes into parentheses.

    NOTHING: a collection, which breaks. PARENTHESES: operators, unless `may_stand_bare`. PERHAPS:
    names, calls, subscripts, which go into parentheses if that helps, and else stand as they are.
    """
    if isinstance(value, (*_OPERATORS, Choose)):
        return PARENTHESES
    if isinstance(value, (Not, Minus)):
        of, level = value.operands()[0]
        return NOTHING if of.level < level else need(of)
    if isinstance(value, (Call, Attribute, Subscript)):
        if _hops(value) > 1:
            return PARENTHESES
        of = value.function if isinstance(value, Call) else value.of
        return NOTHING if of.level < ATOM else need(of)
    if isinstance(value, (Comprehension, Tuple, ListOf)) or value.text[0] in "([{":
        return NOTHING
    return PERHAPS


def is_unary(value: Expr) -> bool:
    return isinstance(value, (Not, Minus)) or (value.level == NEGATION and value.text[0] == "-")


def may_stand_bare(value: Expr) -> bool:
    """Whether a value with operators may do without parentheses if its brackets break.

    Only where there is one operator of the loosest kind, and a bracket begins or ends the value.
    """
    outline = _outline(value)
    loosest = min(outline.operators, default=ATOM)
    if not outline.brackets or outline.operators.count(loosest) > 1:
        return False
    return outline.begins or outline.ends or not outline.operators


class _Outline(Record):
    """What an expression is outside of its brackets."""

    operators: tuple[int, ...]  # how loosely each binds
    begins: bool  # with a bracket
    ends: bool
    brackets: bool  # has any


def _outline(expr: Expr, level: int = CHOOSE) -> _Outline:
    """The outline of an expression that is in brackets if it binds looser than `level`."""
    if expr.level < level:
        return _Outline((), True, True, True)
    if isinstance(expr, _OPERATORS):
        terms = _terms(expr)
        parts = [_outline(t.operand, t.level) for t in terms]
        return _joint(parts, [t.precedence for t in terms[1:]])
    if isinstance(expr, Choose):
        arms = [_outline(expr.then, OR), _outline(expr.condition, OR), _outline(expr.other)]
        return _joint(arms, [CHOOSE, CHOOSE])
    if isinstance(expr, (Not, Minus)):
        return _outline(*expr.operands()[0]).but(begins=False)
    if isinstance(expr, Attribute):
        of = _outline(expr.of, ATOM)
        return of.but(ends=False, operators=(*of.operators, *[ATOM] * _is_hop(expr)))
    if isinstance(expr, Subscript):
        return _outline(expr.of, ATOM).but(ends=False, brackets=True)
    if isinstance(expr, Call):
        full = bool(expr.positional or expr.named)
        return _outline(expr.function, ATOM).but(ends=full, brackets=True)
    own = isinstance(expr, Comprehension) or bool(_items(expr))
    return _Outline((), own, own, own)


def _joint(parts: Sequence[_Outline], between: Sequence[int]) -> _Outline:
    """The outline of parts with operators between them."""
    found = [*between, *(o for part in parts for o in part.operators)]
    some = any(part.brackets for part in parts)
    return _Outline(tuple(found), parts[0].begins, parts[-1].ends, some)
