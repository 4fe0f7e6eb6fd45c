"""Numbers that passes changed in some uses of a block: parameters of its class that no text has.

Where a pass gave a layer another dilation in some uses, their class is still one: it gets `dilation`, and
who constructs it passes the number, which in turn may differ among uses of its own block.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.template import Param, annotation_of, same_value
from netdsl.code.expr import Expr, Literal, Name
from netdsl.design import Applied, Link, Residual
from netdsl.elaborate.values import freeze
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.backends.torch.builder import Builder
    from netdsl.backends.torch.symbols import At

NUMBERS = ("dilation", "padding", "stride")
ROLE = "changed"


def same_edits(links: Sequence[Link], at: At) -> None:
    """Raise `Differ` where passes changed a step in some rows only, and more than its numbers."""
    if len({id(link.node) for link in links}) > 1 and changed_numbers(links) is None:
        raise Differ(at.rows, [id(link.node) for link in links], "a pass changed some of them")
    keys = [_left(link) for link in links]
    if any(key != keys[0] for key in keys):
        raise Differ(at.rows, keys, "a pass left less of some of them")


def _left(link: Link) -> Hashable:
    """What is left of a step that a pass dropped, or of a residual."""
    what = link.what
    dropped = isinstance(what, Applied) and what.layer.passes and (what.layer.word, link.key)
    return dropped, id(what.body.body) if isinstance(what, Residual) else None


def changed_numbers(links: Sequence[Link]) -> list[str] | None:
    """The arguments of a layer that passes changed in some of these rows; None where they did more."""
    found: set[str | int] = set()
    for link in links:
        if link.node is link.origin:
            continue
        new, old = _arguments(link.node), _arguments(link.origin)
        if new is None or old is None or new[0] != old[0]:
            return None
        names = new[1].keys() | old[1].keys()
        found |= {name for name in names if new[1].get(name) is not old[1].get(name)}
    layers = all(isinstance(link.what, Applied) for link in links)
    return [n for n in NUMBERS if n in found] if layers and found <= {*NUMBERS} else None


def _arguments(node: object) -> tuple[str, dict[str | int, ast.Argument]] | None:
    """The word of a step, and its arguments by name or place."""
    step = node.step if isinstance(node, ast.Link) else None
    if not isinstance(step, ast.Call):
        return None
    named = {a.name.text if a.name is not None else i: a for i, a in enumerate(step.args)}
    return step.name.text, named


def number(b: Builder, at: At, name: str, values: Sequence[Any]) -> Expr:
    """A number that may differ among rows: itself, or a parameter of the class."""
    if all(same_value(value, values[0]) for value in values):
        return Literal(values[0])
    if b.outer is not None or b.template.kind != "block":
        raise Differ(at.rows, [freeze(v) for v in values], f"{name} differs")
    owners = at.rows.lift(list(range(len(b.rows))), b.rows)
    own: dict[int, Any] = {}
    for owner, value in zip(owners, values):
        if not same_value(own.setdefault(owner, value), value):
            raise Differ(at.rows, [freeze(v) for v in values], f"{name} differs")
    plain = 1 if any(same_value(value, 1) for value in values) else values[0]
    numbers = {id(scope): own.get(i, plain) for i, scope in enumerate(b.scopes)}
    for param in b.params:
        known = b.template.changed.get(param.source) if param.role == ROLE else None
        if known is not None and all(same_value(known[s], n) for s, n in numbers.items()):
            return Name(param.name)
    param = Param(b.fresh(name), ROLE, f"{ROLE} {len(b.params)}", annotation_of(values))
    param.default = Literal(plain)
    b.params.append(param)
    b.template.changed[param.source] = numbers
    return Name(param.name)


def passed_number(b: Builder, at: At, param: Param, links: Sequence[Link]) -> Expr:
    """What a caller passes for such a parameter."""
    numbers = b.emitter.template_of(links[0].scope).changed[param.source]
    return number(b, at, param.name, [numbers[id(link.scope)] for link in links])
