"""The statements of a constructor without what nobody needs: variables read once, or never."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.torch.builder import Builder
from netdsl.code import expr as code
from netdsl.code.change import renamed
from netdsl.code.expr import Expr, Name
from netdsl.code.stmt import Assign, Augment, Do, For, If, Statement, needed


def inline_once(body: Sequence[Statement], b: Builder) -> list[Statement]:
    """The statements without variables of ours that are read once, by the next statement."""
    out: list[Statement] = []
    for i, statement in enumerate(body):
        statement = _inlined_inside(statement, b)
        previous = out[-1] if out else None
        name = _own_variable(previous, b)
        if (
            name is not None
            and isinstance(statement, (Assign, Do))
            and isinstance(previous, Assign)
        ):
            later = body[i + 1 :]
            reads = names_in_text_order([statement]).count(name)
            if reads == 1 and not any(name in s.reads() or name in s.binds() for s in later):
                out[-1] = renamed(statement, {name: previous.value})
                continue
        out.append(statement)
    return out


def _inlined_inside(statement: Statement, b: Builder) -> Statement:
    if isinstance(statement, For):
        return For(statement.targets, statement.iterable, tuple(inline_once(statement.body, b)))
    if isinstance(statement, If):
        return If(
            statement.condition,
            tuple(inline_once(statement.then, b)),
            tuple(inline_once(statement.other, b)),
        )
    return statement


def _own_variable(statement: Statement | None, b: Builder) -> str | None:
    """The name of a variable that the emitter made, if that is what a statement assigns."""
    if not isinstance(statement, Assign):
        return None
    name = _target(statement)
    return name if name in b.meanings and name not in b.origins else None


def _target(statement: Assign | Augment) -> str:
    target = statement.target
    return target if isinstance(target, str) else target.text


def without_unused(body: Sequence[Statement], b: Builder) -> list[Statement]:
    """The statements without variables that nobody reads, again and again until nothing changes."""
    before = list(body)
    while True:
        kept = _prune(before, frozenset(), b)
        if len(kept) == len(before) and all(x is y for x, y in zip(kept, before)):
            return kept
        before = kept


def _prune(body: Sequence[Statement], after: frozenset[str], b: Builder) -> list[Statement]:
    out: list[Statement] = []
    alive = after
    for statement in reversed(body):
        changed = _pruned(statement, alive, b)
        if changed is None:
            continue
        out.insert(0, changed)
        alive = changed.needs(alive)
    return out


def _pruned(statement: Statement, alive: frozenset[str], b: Builder) -> Statement | None:
    if isinstance(statement, Assign):
        target = _target(statement)
        if "." not in target and "[" not in target and target in b.locals and target not in alive:
            return None
        return statement
    if isinstance(statement, Augment):
        target = _target(statement)
        return None if target in b.deps and target not in alive else statement
    if isinstance(statement, For):
        again = alive | needed(statement.body, alive)
        body = _prune(statement.body, again, b)
        if not body:
            return None
        inside = needed(body)
        targets = tuple(t if t in inside or t == "_" else "_" for t in statement.targets)
        if (
            len(body) == len(statement.body)
            and targets == statement.targets
            and all(x is y for x, y in zip(body, statement.body))
        ):
            return statement
        return For(targets, statement.iterable, tuple(body))
    if isinstance(statement, If):
        then = _prune(statement.then, alive, b)
        other = _prune(statement.other, alive, b)
        if not then and not other:
            return None
        if len(then) == len(statement.then) and len(other) == len(statement.other):
            return statement
        if not then:
            return If(code.negate(statement.condition), tuple(other))
        return If(statement.condition, tuple(then), tuple(other))
    return statement


def names_in_text_order(body: Sequence[Statement]) -> list[str]:
    """Names in the order in which they are read."""
    found: list[str] = []

    def visit(expr: Expr) -> None:
        if isinstance(expr, Name):
            found.append(expr.id)
        for part in expr.parts():
            visit(part)

    for statement in body:
        for inner in statement.walk():
            for expr in inner.expressions():
                visit(expr)
    return found
