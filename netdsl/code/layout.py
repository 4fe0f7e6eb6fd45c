"""The lines of the emitted Python: what `ruff format` leaves unchanged, in the style of the house.

What fits on one line is written on one line. Else brackets break: the arguments of a call go on one
indented line, or on one line each; a collection, and a list of modules (`nn.Sequential(...)`,
`super().__init__(...)`), always has one element a line. Where brackets cannot help, the value is
put in parentheses and its operators begin the lines. A comment that has no room at the end of its
statement goes above it: ruff would break the statement, and for some values move the comment.

One thing is left out, as ruff 0.17 changes there what it wrote itself: a chain of three brackets and
more, two of them broken round one that is not, behind a tuple, a subscript or an annotation with
brackets (`a, b = f(...)(...)[...]`). Function and Class stand in a Module, a Class or a Function
only; in `if` and `for` ruff wants empty lines of its own round them.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from netdsl.code import prose
from netdsl.code.doc import (
    SOFT,
    Broken,
    Doc,
    Group,
    Indent,
    columns,
    fits_broken,
    fits_outside,
    joined,
    opened,
    render,
)
from netdsl.code.expr import (
    Attribute,
    Expr,
    ListOf,
    Literal,
    Name,
    Op,
    Subscript,
    Tuple,
    lift,
    subscript,
)
from netdsl.code.expr_doc import (
    INSIDE,
    NOTHING,
    PARENTHESES,
    PERHAPS,
    RETRIED,
    document,
    in_brackets,
    is_unary,
    listed,
    may_stand_bare,
    need,
)
from netdsl.code.stmt import (
    Assign,
    Augment,
    Body,
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
    Return,
    Statement,
)
from netdsl.record import Record

WIDTH = 88  # the default of ruff and of Black


def lines(statement: Statement, indent: int = 0, width: int = WIDTH) -> list[str]:
    """The lines of a statement that stands `indent` columns to the right."""
    return _lines(statement, _Place(indent, width))


def module_text(module: Module, width: int = WIDTH) -> str:
    """The text of a file: docstring, imports, and what it defines."""
    place = _Place(0, width)
    out = prose.docstring(module.doc, width)
    imports, body = _imports(module.imports, place), _stacked(module.body, place)
    if out and (imports or body):
        out.append("")
    out += imports
    if body:
        defines = isinstance(module.body[0], (Function, Class))
        out += [""] * (bool(imports) + (defines and bool(out)))
    return "\n".join([*out, *body]) + "\n"


class _Place(Record):
    """Where lines stand: the column that they begin at, and the one that they end before."""

    indent: int
    width: int

    @property
    def margin(self) -> str:
        return " " * self.indent

    @property
    def room(self) -> int:
        return self.width - self.indent

    def deeper(self) -> _Place:
        return _Place(self.indent + 4, self.width)

    def fits(self, text: str) -> bool:
        return columns(text) <= self.room

    def render(self, doc: Doc) -> list[str]:
        return render(doc, self.indent, self.width)

    def put(self, texts: Iterable[str]) -> list[str]:
        """The texts as lines here."""
        return [self.margin + text if text else "" for text in texts]


def _lines(statement: Statement, place: _Place) -> list[str]:
    return _LAYOUTS[type(statement)](statement, place)


# --------------------------------------------------------------------------------------- values
def _valued(
    head: str, value: Expr, place: _Place, tail: str = "", text: str | None = None
) -> list[str]:
    """The lines of `head`, a value, and `tail` (a colon, a comment); `text`: the value on one line."""
    line = head + (value.text if text is None else text) + tail
    if place.fits(line):
        return place.put([line])
    bare, within = (head, document(value), tail), (head, _parenthesized(value), tail)
    stands = need(value) == NOTHING or _stands_bare(bare, value, place)
    if need(value) == PERHAPS and not stands:
        stands = not fits_broken(within, place.indent, place.width)
    return place.render(bare if stands else within)


def _stands_bare(bare: Doc, value: Expr, place: _Place) -> bool:
    """Whether it is enough that brackets of the value break."""
    if need(value) == PARENTHESES and not may_stand_bare(value):
        return False
    return fits_outside(bare, place.indent, place.width)


def _parenthesized(value: Expr) -> Doc:
    retried = need(value) == PARENTHESES and may_stand_bare(value)
    inner = document(value, RETRIED if retried else INSIDE)
    return ("(", Indent((SOFT, inner)), SOFT, ")")


def _plain(value: Expr) -> str:
    """The value on one line, a tuple of several without its parentheses."""
    several = isinstance(value, Tuple) and len(value.items) > 1
    if isinstance(value, Literal) and isinstance(value.value, tuple):
        several = len(value.value) > 1 and value.text.startswith("(")
    return value.text[1:-1] if several else value.text


def _after(head: Doc, value: Expr, place: _Place, tail: str) -> list[str]:
    """The lines of a `head` that takes several, and of a value that stands after it."""
    *above, last = place.render(head)
    return [*above, *_valued(last[place.indent :], value, place, tail)]


def _one_a_line(items: Sequence[str]) -> Doc:
    """Targets in parentheses, one a line."""
    comma = "," if len(items) > 1 else ""
    return ("(", Indent((SOFT, joined(items, (",", SOFT)), comma)), SOFT, ")")


# --------------------------------------------------------------------------------------- comments
def _commented(
    comment: str | None, value: Expr, place: _Place, with_tail: Callable[[str], list[str]]
) -> list[str]:
    """A statement with its comment at the end if there is room, else above."""
    plain, remark = with_tail(""), prose.comment(comment)
    if not remark:
        return plain
    tail = f"  {remark}"
    full = [*plain[:-1], plain[-1] + tail]
    movable = len(plain) > 1 and isinstance(document(value), str)  # ruff: into the parentheses
    if columns(full[-1]) <= place.width and full == with_tail(tail) and not movable:
        return full
    return [*_above(comment, place), *plain]


def _above(comment: str | None, place: _Place) -> list[str]:
    return place.put(prose.comment_lines(comment, place.room))


# --------------------------------------------------------------------------------------- assignments
def _assign(statement: Assign, place: _Place) -> list[str]:
    target, value = _target(statement.target), statement.value

    def with_tail(tail: str) -> list[str]:
        return _assignment(target, statement.annotation, "=", value, place, tail)

    return _commented(statement.comment, value, place, with_tail)


def _augment(statement: Augment, place: _Place) -> list[str]:
    return _assignment(_target(statement.target), None, f"{statement.op}=", statement.value, place)


def _field(statement: Field, place: _Place) -> list[str]:
    if statement.value is None:
        annotation = _annotation(statement.annotation or "object")
        return _valued(f"{statement.name}: ", annotation, place)
    return _assignment(Name(statement.name), statement.annotation, "=", statement.value, place)


def _constant(statement: Constant, place: _Place) -> list[str]:
    name, value = Name(statement.name), statement.value
    below = _assignment(name, statement.annotation, "=", value, place)
    return [*_above(statement.comment, place), *below]


def _target(target: Expr | str) -> Expr:
    return Name(target) if isinstance(target, str) else target


def _assignment(
    target: Expr, annotation: str | None, op: str, value: Expr, place: _Place, tail: str = ""
) -> list[str]:
    """`target: annotation = value`, and a `tail` (the comment).

    The value breaks; only if that does not help, the brackets of target or annotation do.
    """
    left, text = _plain(target), value.text
    if isinstance(target, Tuple):
        text = _plain(value)
    breakable = isinstance(target, (Subscript, Tuple))
    if annotation is not None:
        kind = _annotation(annotation)
        left, breakable = f"{left}: {kind.text}", not isinstance(kind, (Name, Attribute))
    head = f"{left} {op} "
    if place.fits(head + text + tail) or not breakable:
        return _valued(head, value, place, tail, text)
    bare = (head, document(value), tail)
    if _stands_bare(bare, value, place):
        return place.render(bare)
    helps = need(value) == PARENTHESES or (need(value) == PERHAPS and not is_unary(value))
    if helps and place.fits(f"{head}("):
        return place.render((head, _parenthesized(value), tail))
    if isinstance(target, Tuple):
        split = _one_a_line([i.text for i in target.items])
    elif annotation is None:
        split = opened(document(target))
    else:
        split = (document(target), ": ", opened(_annotated(annotation)))
    return _after((split, f" {op} "), value, place, tail)


def _do(statement: Do, place: _Place) -> list[str]:
    def with_tail(tail: str) -> list[str]:
        line = statement.of.text + tail
        return (
            place.put([line]) if place.fits(line) else place.render((document(statement.of), tail))
        )

    return _commented(statement.comment, statement.of, place, with_tail)


# --------------------------------------------------------------------------------------- annotations
@cache
def _annotation(text: str) -> Expr:
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
    if isinstance(node, ast.Constant):
        return lift(node.value)
    return Name(ast.unparse(node))


def _annotated(text: str) -> Doc:
    """The document of an annotation: a long union goes into parentheses."""
    inner = document(_annotation(text), INSIDE)
    if need(_annotation(text)) != PARENTHESES:
        return inner
    return Group((Broken("("), Indent((SOFT, inner)), SOFT, Broken(")")))


# --------------------------------------------------------------------------------------- blocks
def _return(statement: Return, place: _Place) -> list[str]:
    if statement.value is None:
        return place.put(["return"])
    return _valued("return ", statement.value, place, text=_plain(statement.value))


def _for(statement: For, place: _Place) -> list[str]:
    targets, iterable = statement.targets, statement.iterable
    head = _valued(f"for {', '.join(targets)} in ", iterable, place, ":")
    moved = need(iterable) == PERHAPS and head[0].endswith(" in (")
    if moved or columns(head[0]) > place.width:  # rather break the targets
        broken = _after(("for ", _one_a_line(targets), " in "), iterable, place, ":")
        helps = columns(broken[2]) <= place.width and not broken[2].endswith(" in (")
        if len(targets) > 1 or helps:
            head = broken
    return head + _block(statement.body, place)


def _if(statement: If, place: _Place, word: str = "if") -> list[str]:
    out = _valued(f"{word} ", statement.condition, place, ":") + _block(statement.then, place)
    other = statement.other
    if len(other) == 1 and isinstance(other[0], If):
        out += _if(other[0], place, "elif")
    elif other:
        out += place.put(["else:"]) + _block(other, place)
    return out


def _block(body: Body, place: _Place, doc: Sequence[str] = ()) -> list[str]:
    """The lines of a body that belongs to what stands at `place`, after its docstring."""
    inner = place.deeper()
    found = [*inner.put(doc), *_stacked(body, inner)]
    return found or inner.put(["pass"])


def _stacked(body: Body, place: _Place) -> list[str]:
    """Statements one below the other, with empty lines round definitions."""
    out: list[str] = []
    for before, statement in zip((None, *body), body):
        if before is not None:
            out += [""] * _gap(before, statement, place)
        out += _lines(statement, place)
    return out


def _gap(before: Statement, after: Statement, place: _Place) -> int:
    """How many empty lines stand between two statements."""
    if isinstance(before, (Function, Class)) or isinstance(after, (Function, Class)):
        return 1 if place.indent else 2
    return int(isinstance(after, Constant) and bool(prose.comment(after.comment)))


# --------------------------------------------------------------------------------------- definitions
def _function(statement: Function, place: _Place) -> list[str]:
    head, returns, result = f"def {statement.name}(", "", ""
    if statement.returns is not None:
        returns = f" -> {_annotation(statement.returns).text}"
        result = (" -> ", _annotated(statement.returns))
    line = f"{head}{', '.join(map(_parameter_text, statement.parameters))}){returns}:"
    out = place.put(f"@{d.text}" for d in statement.decorators)
    if place.fits(line):
        out += place.put([line])
    else:
        parameters = [_parameter(p) for p in statement.parameters]
        listing = listed(parameters, apart=False)
        if len(parameters) == 1:  # unlike a lone argument, it gets its comma
            listing = (parameters[0], ",")
        broken = (Indent((SOFT, listing)), SOFT) if parameters else ""
        out += place.render((head, broken, ")", result, ":"))
    doc = prose.docstring(statement.doc, place.deeper().room)
    if doc and statement.body and isinstance(statement.body[0], (Function, Class)):
        doc.append("")
    return out + _block(statement.body, place, doc)


def _parameter(parameter: Parameter) -> Doc:
    doc: Doc = parameter.name
    if parameter.annotation is not None:
        doc = (doc, ": ", _annotated(parameter.annotation))
    if parameter.default is not None:
        doc = (doc, _equals(parameter), document(parameter.default, INSIDE))
    return doc


def _parameter_text(parameter: Parameter) -> str:
    text = parameter.name
    if parameter.annotation is not None:
        text += f": {_annotation(parameter.annotation).text}"
    if parameter.default is not None:
        text += _equals(parameter) + parameter.default.text
    return text


def _equals(parameter: Parameter) -> str:
    return "=" if parameter.annotation is None else " = "


def _class(statement: Class, place: _Place) -> list[str]:
    bases: Doc = ""
    if statement.bases:
        named = [document(_annotation(b), INSIDE) for b in statement.bases]
        bases = in_brackets("(", listed(named, apart=False), ")")
    doc = prose.docstring(statement.doc, place.deeper().room)
    if doc and statement.body:
        doc.append("")
    head = place.render((f"class {statement.name}", bases, ":"))
    return head + _block(statement.body, place, doc)


# --------------------------------------------------------------------------------------- imports
def _imports(imports: Iterable[Import], place: _Place) -> list[str]:
    """Import statements in the order and the groups of isort, which ruff's I001 asks for."""
    names: dict[tuple[str, str], set[str]] = {}  # what has an alias gets a line of its own
    for i in imports:
        for name in i.names:
            names.setdefault((i.module, name if " as " in name else ""), set()).add(name)
    found = [
        (_section(m), False, (m.lower(), m, _import_order(m)), [f"import {m}"])
        for m in {i.module for i in imports if not i.names}
    ]
    for (module, _), some in names.items():
        ordered = sorted(some, key=_import_order)
        key = (module.lower(), module, _import_order(ordered[0]))
        found.append((_section(module), True, key, _from_import(module, ordered, place)))
    out: list[str] = []
    for _, section in groupby(sorted(found), key=lambda f: f[0]):
        out += [""] if out else []
        out += [line for *_, text in section for line in text]
    return out


def _section(module: str) -> int:
    root = module.partition(".")[0]
    return 0 if root == "__future__" else 1 if root in sys.stdlib_module_names else 2


def _import_order(name: str) -> tuple[int, str, str]:
    """Constants, then classes, then the rest."""
    plain = name.partition(" ")[0]
    kind = 0 if plain.isupper() and len(plain) > 1 else 1 if plain[0].isupper() else 2
    return kind, plain.lower(), plain


def _from_import(module: str, names: Sequence[str], place: _Place) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if place.fits(line):
        return [line]
    return [f"from {module} import (", *(f"    {n}," for n in names), ")"]


_LAYOUTS: dict[type[Statement], Callable[[Any, _Place], list[str]]] = {
    Assign: _assign,
    Augment: _augment,
    Field: _field,
    Constant: _constant,
    Do: _do,
    Return: _return,
    For: _for,
    If: _if,
    Function: _function,
    Class: _class,
}
