"""What names stand for further in: `let`s, the parameters of an inlined block."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from netdsl.backends.torch.arguments import with_arguments
from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.names import safe
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import Env, Sym, SymTarget, Val, concrete, joined
from netdsl.backends.torch.symbols import At
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign, Statement
from netdsl.design import Inlined, Link, Region, Value
from netdsl.syntax import ast


def let(b: Builder, node: ast.Let, at: At) -> list[Statement]:
    """A `let` with a number becomes a variable, unless it is one already; others are just known."""
    name = node.name.text
    try:
        found = joined(at.sym(node.value))
    except Differ:
        if _are_values(at.values_of(node.value)[0]):
            return []  # a value that nobody reads from here is not known here
        raise
    if not isinstance(found, Expr) or isinstance(found, (Literal, Name)):
        at.env.names[name] = found
        return []
    wanted = safe(name)
    python = b.fresh_at(wanted, at) if b.origins.get(wanted) == name else b.fresh(wanted)
    b.origins[python] = name
    b.deps[python] = b.dependencies(found)
    b.meanings[python] = found
    at.env.names[name] = Name(python)
    return [Assign(python, found)]


def inlined(links: Sequence[Link], val: Val | None, at: At) -> tuple[At, list[Region]]:
    """The place inside an inlined block: its parameters are the caller's expressions."""
    what = links[0].what
    assert isinstance(what, Inlined)
    node = links[0].node
    assert isinstance(node, ast.Link) and isinstance(node.step, ast.Inline)
    step = node.step
    definition = what.definition
    target = at.env.find(step.name.text)
    base = target if isinstance(target, SymTarget) else SymTarget(definition, {}, frozenset())
    full = with_arguments(base, step.args, partial(_if_read, at))
    regions = [link.what.region for link in links]  # type: ignore[union-attr]
    rows = at.rows.reframed([r.frame for r in regions])
    env = Env()
    inner = at.inside(rows, env)
    inner.file, inner.input = definition.file, val
    for param in definition.params:
        name = param.name.text
        if name not in full.bound:
            assert param.default is not None
            env.names[name] = inner.sym(param.default)
        elif full.bound[name] is not _UNREAD:
            env.names[name] = full.bound[name]
    return inner, regions


_UNREAD = Literal(None)  # an argument that is a value which nobody reads


def _if_read(at: At, node: ast.Expr) -> Sym:
    """An argument of an inlined block; a value that is not known here is looked up where it is read."""
    try:
        return at.sym(node)
    except Differ:
        if _are_values(at.values_of(node)[0]):
            return _UNREAD
        raise


def _are_values(found: Any) -> bool:
    found = concrete(found)
    return isinstance(found, Value) or (
        isinstance(found, tuple) and any(_are_values(f) for f in found)
    )
