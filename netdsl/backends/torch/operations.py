"""Operations of `forward`, before they are lines: what each reads, what it gives, who needs it.

An operation reads variables and gives one (or several, where a block's inner values are read from
outside). Variables are `%n` in expressions until they get their names.
"""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.torch.scene import Var
from netdsl.code.expr import Expr, Name
from netdsl.record import Record


class Op(Record):
    """One operation. `group` is the statement of the source it belongs to; `joins` marks a merge, whose
    result the next statement may take up; `random` one that draws random numbers in training."""

    outs: tuple[Var, ...]
    expr: Expr
    group: object
    joins: bool = False
    random: bool = False
    condition: Expr | None = None  # aux: computed under this condition only


class LoopOp(Record):
    """A loop in `forward`: `carried` enters with `entry` and leaves as `exit`."""

    targets: tuple[str, ...]
    iterable: Expr
    body: tuple[Op | LoopOp, ...]
    entry: Var
    inner: Var  # what the running value is called at the start of a round
    last: Var  # ... and at its end
    exit: Var
    group: object

    @property
    def outs(self) -> tuple[Var, ...]:
        return (self.exit,)


AnyOp = Op | LoopOp


def reads_of(op: AnyOp) -> list[str]:
    """Ids of the variables an operation reads, once for each time."""
    if isinstance(op, LoopOp):
        inside: list[str] = [op.entry.id]
        made = {v.id for inner in op.body for v in inner.outs} | {op.inner.id}
        for inner in op.body:
            inside += [r for r in reads_of(inner) for _ in (0, 1) if r not in made]
        return inside
    return variables(op.expr)


def variables(expr: Expr) -> list[str]:
    """Every variable in an expression, as often as it stands there, in order."""
    if isinstance(expr, Name):
        return [expr.id] if expr.id.startswith("%") else []
    return [v for part in expr.parts() for v in variables(part)]


def names_of(op: AnyOp) -> set[str]:
    """Every name that an operation reads: attributes and the variables of loops too."""
    if isinstance(op, LoopOp):
        return set(op.iterable.names) | {n for o in op.body for n in names_of(o)}
    return set(op.expr.names)


def without_dead(ops: Sequence[AnyOp], ends: Sequence[Var]) -> list[AnyOp]:
    """The operations whose results somebody reads."""
    alive = {v.id for v in ends}
    kept: list[AnyOp] = []
    for op in reversed(ops):
        if isinstance(op, LoopOp) and op.exit.id in alive:
            op = op.but(body=tuple(without_dead(op.body, [op.last])))
        if any(v.id in alive for v in op.outs):
            kept.append(op)
            alive.update(reads_of(op))
    return kept[::-1]
