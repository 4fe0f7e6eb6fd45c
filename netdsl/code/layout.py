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

from collections.abc import Callable, Sequence
from typing import Any

from netdsl.code import prose
from netdsl.code.annotations import type_doc, type_expr
from netdsl.code.doc import SOFT, Doc, Indent, columns, joined, opened
from netdsl.code.expr import Attribute, Expr, Name, Subscript, Tuple
from netdsl.code.expr_doc import (
    INSIDE,
    PARENTHESES,
    PERHAPS,
    document,
    in_brackets,
    is_unary,
    listed,
    need,
)
from netdsl.code.imports import import_lines
from netdsl.code.place import Place, one_line, parenthesized, stands_bare, valued, valued_after
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
    Module,
    Parameter,
    Raise,
    Return,
    Statement,
)

WIDTH = 88  # the default of ruff and of Black


def lines(statement: Statement, indent: int = 0, width: int = WIDTH) -> list[str]:
    """The lines of a statement that stands `indent` columns to the right."""
    return _lines(statement, Place(indent, width))


def module_text(module: Module, width: int = WIDTH) -> str:
    """The text of a file: docstring, imports, and what it defines."""
    place = Place(0, width)
    out = prose.docstring(module.doc, width)
    imports, body = import_lines(module.imports, width), _stacked(module.body, place)
    if out and (imports or body):
        out.append("")
    out += imports
    if body:
        defines = isinstance(module.body[0], (Function, Class))
        out += [""] * (bool(imports) + (defines and bool(out)))
    return "\n".join([*out, *body]) + "\n"


def _lines(statement: Statement, place: Place) -> list[str]:
    return _LAYOUTS[type(statement)](statement, place)


# --------------------------------------------------------------------------------------- comments
def _commented(
    comment: str | None, value: Expr, place: Place, with_tail: Callable[[str], list[str]]
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


def _above(comment: str | None, place: Place) -> list[str]:
    return place.put(prose.comment_lines(comment, place.room))


# --------------------------------------------------------------------------------------- assignments
def _assign(statement: Assign, place: Place) -> list[str]:
    target, value = _target(statement.target), statement.value

    def with_tail(tail: str) -> list[str]:
        return _assignment(target, statement.annotation, "=", value, place, tail)

    return _commented(statement.comment, value, place, with_tail)


def _augment(statement: Augment, place: Place) -> list[str]:
    return _assignment(_target(statement.target), None, f"{statement.op}=", statement.value, place)


def _field(statement: Field, place: Place) -> list[str]:
    if statement.value is None:
        kind = type_expr(statement.annotation or "object")
        return valued(f"{statement.name}: ", kind, place)
    return _assignment(Name(statement.name), statement.annotation, "=", statement.value, place)


def _constant(statement: Constant, place: Place) -> list[str]:
    name, value = Name(statement.name), statement.value
    below = _assignment(name, statement.annotation, "=", value, place)
    return [*_above(statement.comment, place), *below]


def _target(target: Expr | str) -> Expr:
    return Name(target) if isinstance(target, str) else target


def _assignment(
    target: Expr, annotation: str | None, op: str, value: Expr, place: Place, tail: str = ""
) -> list[str]:
    """`target: annotation = value`, and a `tail` (the comment).

    The value breaks; only if that does not help, the brackets of target or annotation do.
    """
    left, text = one_line(target), value.text
    if isinstance(target, Tuple):
        text = one_line(value)
    breakable = isinstance(target, (Subscript, Tuple))
    if annotation is not None:
        kind = type_expr(annotation)
        left, breakable = f"{left}: {kind.text}", not isinstance(kind, (Name, Attribute))
    head = f"{left} {op} "
    if place.fits(head + text + tail) or not breakable:
        return valued(head, value, place, tail, text)
    bare = (head, document(value), tail)
    if stands_bare(bare, value, place):
        return place.render(bare)
    helps = need(value) == PARENTHESES or (need(value) == PERHAPS and not is_unary(value))
    if helps and place.fits(f"{head}("):
        return place.render((head, parenthesized(value), tail))
    if isinstance(target, Tuple):
        split = _one_a_line([i.text for i in target.items])
    elif annotation is None:
        split = opened(document(target))
    else:
        split = (document(target), ": ", opened(type_doc(annotation)))
    return valued_after((split, f" {op} "), value, place, tail)


def _one_a_line(items: Sequence[str]) -> Doc:
    """Targets in parentheses, one a line."""
    comma = "," if len(items) > 1 else ""
    return ("(", Indent((SOFT, joined(items, (",", SOFT)), comma)), SOFT, ")")


def _do(statement: Do, place: Place) -> list[str]:
    def with_tail(tail: str) -> list[str]:
        line = statement.of.text + tail
        return (
            place.put([line]) if place.fits(line) else place.render((document(statement.of), tail))
        )

    return _commented(statement.comment, statement.of, place, with_tail)


# --------------------------------------------------------------------------------------- blocks
def _return(statement: Return, place: Place) -> list[str]:
    if statement.value is None:
        return place.put(["return"])
    return valued("return ", statement.value, place, text=one_line(statement.value))


def _raise(statement: Raise, place: Place) -> list[str]:
    return valued("raise ", statement.value, place, text=one_line(statement.value))


def _for(statement: For, place: Place) -> list[str]:
    targets, iterable = statement.targets, statement.iterable
    head = valued(f"for {', '.join(targets)} in ", iterable, place, ":")
    moved = need(iterable) == PERHAPS and head[0].endswith(" in (")
    if moved or columns(head[0]) > place.width:  # rather break the targets
        broken = valued_after(("for ", _one_a_line(targets), " in "), iterable, place, ":")
        helps = columns(broken[2]) <= place.width and not broken[2].endswith(" in (")
        if len(targets) > 1 or helps:
            head = broken
    return head + _block(statement.body, place)


def _if(statement: If, place: Place, word: str = "if") -> list[str]:
    out = valued(f"{word} ", statement.condition, place, ":") + _block(statement.then, place)
    other = statement.other
    if len(other) == 1 and isinstance(other[0], If):
        out += _if(other[0], place, "elif")
    elif other:
        out += place.put(["else:"]) + _block(other, place)
    return out


def _block(body: Body, place: Place, doc: Sequence[str] = ()) -> list[str]:
    """The lines of a body that belongs to what stands at `place`, after its docstring."""
    inner = place.deeper()
    found = [*inner.put(doc), *_stacked(body, inner)]
    return found or inner.put(["pass"])


def _stacked(body: Body, place: Place) -> list[str]:
    """Statements one below the other, with empty lines round definitions."""
    out: list[str] = []
    for before, statement in zip((None, *body), body):
        if before is not None:
            out += [""] * _gap(before, statement, place)
        out += _lines(statement, place)
    return out


def _gap(before: Statement, after: Statement, place: Place) -> int:
    """How many empty lines stand between two statements."""
    if isinstance(before, (Function, Class)) or isinstance(after, (Function, Class)):
        return 1 if place.indent else 2
    return int(isinstance(after, Constant) and bool(prose.comment(after.comment)))


# --------------------------------------------------------------------------------------- definitions
def _function(statement: Function, place: Place) -> list[str]:
    head, returns, result = f"def {statement.name}(", "", ""
    if statement.returns is not None:
        returns = f" -> {type_expr(statement.returns).text}"
        result = (" -> ", type_doc(statement.returns))
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
        doc = (doc, ": ", type_doc(parameter.annotation))
    if parameter.default is not None:
        doc = (doc, _equals(parameter), document(parameter.default, INSIDE))
    return doc


def _parameter_text(parameter: Parameter) -> str:
    text = parameter.name
    if parameter.annotation is not None:
        text += f": {type_expr(parameter.annotation).text}"
    if parameter.default is not None:
        text += _equals(parameter) + parameter.default.text
    return text


def _equals(parameter: Parameter) -> str:
    return "=" if parameter.annotation is None else " = "


def _class(statement: Class, place: Place) -> list[str]:
    bases: Doc = ""
    if statement.bases:
        named = [document(type_expr(b), INSIDE) for b in statement.bases]
        bases = in_brackets("(", listed(named, apart=False), ")")
    doc = prose.docstring(statement.doc, place.deeper().room)
    if doc and statement.body:
        doc.append("")
    head = place.render((f"class {statement.name}", bases, ":"))
    return head + _block(statement.body, place, doc)


_LAYOUTS: dict[type[Statement], Callable[[Any, Place], list[str]]] = {
    Assign: _assign,
    Augment: _augment,
    Field: _field,
    Constant: _constant,
    Do: _do,
    Return: _return,
    Raise: _raise,
    For: _for,
    If: _if,
    Function: _function,
    Class: _class,
}
