"""How operations are joined into lines.

What is read once, in the same statement of the source, is written inside what reads it; a line has at
most three calls, of which at most one carries settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from netdsl.backends.torch.operations import AnyOp, LoopOp, Op, reads_of, variables
from netdsl.backends.torch.scene import Var
from netdsl.code import expr as code
from netdsl.code.expr import Call, Expr, ListOf, Name

MOST_CALLS = 3
WIDEST = 82  # columns of a line that is joined from several steps
CAT_WIDEST = 60  # beyond that the branches of a concatenation get a line of their own
INDENT = 8


def calls_in(expr: Expr) -> int:
    own = 1 if isinstance(expr, Call) else 0
    return own + sum(calls_in(p) for p in expr.parts())


def settings_in(expr: Expr) -> int:
    """How many calls carry settings: arguments by name, `inplace` not counted."""
    own = 0
    if isinstance(expr, Call):
        named = [n for n, _ in expr.named if n != "inplace"]
        own = 1 if named and expr.function.text != "torch.cat" else 0
    return own + sum(settings_in(p) for p in expr.parts())


class Line:
    """One line of `forward`: what it gives, and from what."""

    def __init__(
        self, outs: tuple[Var, ...], expr: Expr, group: object, condition: Expr | None = None
    ) -> None:
        self.outs = outs
        self.expr = expr
        self.group = group
        self.condition = condition


def join(ops: Sequence[AnyOp], ends: Sequence[Var]) -> list[Line | LoopOp]:
    """Operations as lines. `ends` are read after the last one."""
    reads: dict[str, int] = {}
    for op in ops:
        for r in reads_of(op):
            reads[r] = reads.get(r, 0) + 1
    for var in ends:
        reads[var.id] = reads.get(var.id, 0) + 1
    lines: list[Line | LoopOp] = []
    pending: dict[str, Op] = {}  # operations whose result stands inside a later one
    limits = _limits(ops, reads)
    by_id: dict[str, Var] = {v.id: v for op in ops for v in op.outs}
    follow = {(id(a.group), id(b.group)) for a, b in pairwise(ops)}

    def flush(names: Iterable[str]) -> None:
        for name in names:
            waiting = pending.pop(name)
            lines.append(Line(waiting.outs, waiting.expr, waiting.group))

    group: object = None  # of all that is pending
    for op in ops:
        if isinstance(op, LoopOp):
            flush(list(pending))
            lines.append(op)
            continue
        taken = {r: pending[r] for r in reads_of(op) if r in pending}
        if op.group is not group:
            flush([n for n in pending if n not in taken or not taken[n].joins])
            group = op.group
        if op.random:  # random numbers are drawn in the order of the text
            flush([n for n in pending if n not in taken])
        outer = _Outer(op)
        for name in [n for n in taken if n in pending]:
            waiting = pending[name]
            near = waiting.group is group or (id(waiting.group), id(group)) in follow
            tapped = by_id[name].tapped
            if near and not tapped and outer.takes(name, waiting, limits.get(name, MOST_CALLS)):
                del pending[name]
            else:
                flush([name])
        current = outer.done()
        alone = (
            len(current.outs) == 1
            and reads.get(current.outs[0].id, 0) == 1
            and not current.outs[0].tapped
            and current.condition is None
        )
        if alone:
            pending[current.outs[0].id] = current
        else:
            flush(list(pending))
            lines.append(Line(current.outs, current.expr, current.group, current.condition))
    flush(list(pending))
    return lines


class _Outer:
    """An operation, and the steps that are written inside of it."""

    def __init__(self, op: Op) -> None:
        self.op = op
        # A branch of a concatenation is measured by itself: it can stand on a line of its own.
        self.branches: dict[str, Expr] | None = None
        if op.joins and find_cat(op.expr) is not None:
            self.branches = {}
        before = "return F.relu(" if op.joins else "x = "
        self.room = WIDEST + (8 if op.joins else 0) - INDENT - len(before)
        self.width = len(_readable(op.expr))

    def takes(self, name: str, inner: Op, most: int) -> bool:
        """Write a step inside, if it fits there; a line may have `most` calls."""
        if self.branches is not None:
            fits = _small(inner.expr, MOST_CALLS)
            if fits:
                self.branches[name] = inner.expr
                self.op = self.op.but(random=self.op.random or inner.random)
            return fits
        if self.width > self.room:  # as it is: of a sum of thousands, each would be tried
            return False
        merged = code.rename(self.op.expr, {name: inner.expr})
        if not self._fits(merged, inner, most):
            return False
        self.op = self.op.but(expr=merged, random=self.op.random or inner.random)
        self.width = len(_readable(merged))
        return True

    def _fits(self, merged: Expr, inner: Op, most: int) -> bool:
        if self.op.joins:
            return len(_readable(merged)) <= self.room and settings_in(merged) <= 1
        if inner.joins and isinstance(inner.expr, Call) and len(_readable(inner.expr)) > CAT_WIDEST:
            return False
        return _small(merged, MOST_CALLS if inner.joins else most)

    def done(self) -> Op:
        if self.branches:
            return self.op.but(expr=code.rename(self.op.expr, self.branches))
        return self.op


def _limits(ops: Sequence[AnyOp], reads: dict[str, int]) -> dict[str, int]:
    """How many calls a line may have, by the value that would be written inside the next one.

    A long chain is cut into pieces of about equal length: four calls are two and two.
    """
    limits: dict[str, int] = {}
    chain: list[Op] = []

    def close() -> None:
        calls = sum(calls_in(op.expr) for op in chain)
        pieces = -(-calls // MOST_CALLS)
        for op in chain:
            limits[op.outs[0].id] = max(1, -(-calls // max(1, pieces)))
        chain.clear()

    for op in ops:
        follows = (
            bool(chain)
            and isinstance(op, Op)
            and op.group is chain[-1].group
            and set(variables(op.expr)) == {chain[-1].outs[0].id}
            and reads.get(chain[-1].outs[0].id) == 1
            and not chain[-1].outs[0].tapped
        )
        if not follows:
            close()
        if isinstance(op, Op) and len(op.outs) == 1:
            chain.append(op)
    close()
    return limits


def _small(expr: Expr, most: int) -> bool:
    text = INDENT + len("x = ") + len(_readable(expr))
    return calls_in(expr) <= most and settings_in(expr) <= 1 and text <= WIDEST


def _readable(expr: Expr) -> str:
    """The text with short names in place of `%n`: good enough to measure."""
    return code.rename(expr, {v: Name("x") for v in variables(expr)}).text


def find_cat(expr: Expr) -> Call | None:
    """The first concatenation of a list in an expression."""
    if (
        isinstance(expr, Call)
        and expr.function.text == "torch.cat"
        and isinstance(expr.positional[0], ListOf)
    ):
        return expr
    for part in expr.parts():
        found = find_cat(part)
        if found is not None:
            return found
    return None
