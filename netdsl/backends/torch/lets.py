"""What names stand for further in: `let`s, the parameters of an inlined block."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from netdsl.backends.torch.arguments import with_arguments
from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.names import safe
from netdsl.backends.torch.rows import Differ
from netdsl.backends.torch.scene import Env, Sym, SymTarget, Val, are_values, joined
from netdsl.backends.torch.symbols import At
from netdsl.code.expr import Expr, Literal, Name
from netdsl.code.stmt import Assign, Statement
from netdsl.design import Inlined, Link, Region
from netdsl.syntax import ast


def let(b: Builder, node: ast.Let, at: At) -> list[Statement]:
    """A `let` with a number becomes a variable, unless it is one already; others are just known."""
    name = node.name.text
    found = joined(_if_known(at, node.value))
    if found is _UNREAD:
        return []
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
    full = with_arguments(base, step.args, partial(_if_known, at))
    regions = [link.what.region for link in links]  # type: ignore[union-attr]
    rows = at.rows.reframed([r.frame for r in regions])
    env = Env()
    inner = at.inside(rows, env)
    inner.file, inner.input = definition.file, val
    if val is not at.input:  # the constructor's facts are of what flows into the class
        inner.facts = _no_fact
    for param in definition.params:
        name = param.name.text
        if name not in full.bound:
            assert param.default is not None
            env.names[name] = inner.sym(param.default)
        elif full.bound[name] is not _UNREAD:
            env.names[name] = full.bound[name]
    return inner, regions


def _no_fact(name: str) -> Expr | None:
    return None


_UNREAD = Literal(None)  # a value that is not known here: it is looked up where it is read


def _if_known(at: At, node: ast.Expr) -> Sym:
    """What a `let` or an argument of an inlined block stands for. A value of a class around is captured
    where it is read, for nobody may."""
    if not are_values(at.values_of(node)[0]):
        return at.sym(node)
    capture, at.scene.capture = at.scene.capture, None
    try:
        return at.sym(node)
    except Differ:
        return _UNREAD
    finally:
        at.scene.capture = capture
