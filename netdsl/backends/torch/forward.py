"""The statements of `forward`: operations on values, joined into lines, with names for what stays.

An operation reads variables and gives one (or several, where a block's inner values are read from
outside). What is read once, in the same statement of the source, is written inside what reads it; a
line has at most three calls, of which at most one carries settings. A value may take the name of one
that nobody reads any more: the running value is `x`, or `out` while the input is still needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from netdsl.backends.torch.scene import Var
from netdsl.code import expr as code
from netdsl.code.expr import Call, Expr, ListOf, Name
from netdsl.code.stmt import Assign, For, Statement
from netdsl.record import Record

MOST_CALLS = 3
WIDEST = 82  # columns of a line that is joined from several steps
CAT_WIDEST = 60  # beyond that the branches of a concatenation get a line of their own
INDENT = 8


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
    groups: list[object] = []
    for op in ops:
        if not groups or groups[-1] is not op.group:
            groups.append(op.group)

    def flush(keep: Iterable[str] = ()) -> None:
        kept = set(keep)
        for name in list(pending):
            if name not in kept:
                waiting = pending.pop(name)
                lines.append(Line(waiting.outs, waiting.expr, waiting.group))

    for index, op in enumerate(ops):
        if isinstance(op, LoopOp):
            flush()
            lines.append(op)
            continue
        taken = [r for r in reads_of(op) if r in pending]
        flush(n for n, w in pending.items() if w.group is op.group or (n in taken and w.joins))
        taken = [r for r in taken if r in pending]
        if op.random:  # random numbers are drawn in the order of the text
            flush(taken)
        current = op
        for name in list(dict.fromkeys(taken)):
            waiting = pending[name]
            near = waiting.group is op.group or (
                waiting.joins and _next_group(groups, waiting.group, op.group)
            )
            merged = code.rename(current.expr, {name: waiting.expr})
            if (
                near
                and not by_id[name].tapped
                and _fits(merged, current, waiting, limits.get(name, MOST_CALLS))
            ):
                del pending[name]
                current = Op(
                    current.outs,
                    merged,
                    current.group,
                    current.joins,
                    current.random or waiting.random,
                    current.condition,
                )
            else:
                flush(n for n in pending if n != name)
        alone = (
            len(current.outs) == 1
            and reads.get(current.outs[0].id, 0) == 1
            and not current.outs[0].tapped
            and current.condition is None
        )
        if alone:
            pending[current.outs[0].id] = current
        else:
            flush()
            lines.append(Line(current.outs, current.expr, current.group, current.condition))
    for name in list(pending):
        waiting = pending.pop(name)
        lines.append(Line(waiting.outs, waiting.expr, waiting.group))
    return lines


def _next_group(groups: list[object], before: object, after: object) -> bool:
    """Whether one statement directly follows another."""
    for a, b in pairwise(groups):
        if a is before and b is after:
            return True
    return False


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


def _fits(merged: Expr, outer: Op, inner: Op, most: int) -> bool:
    """Whether a step may be written inside the one that reads it."""
    if outer.joins and _find_cat(outer.expr) is not None:
        # A branch of a concatenation is measured by itself: it can stand on a line of its own.
        return _small(inner.expr, MOST_CALLS)
    if outer.joins:
        return (
            INDENT + len("return F.relu(") + len(_readable(merged)) <= WIDEST + 8
            and settings_in(merged) <= 1
        )
    if inner.joins and isinstance(inner.expr, Call) and len(inner.expr.text) > CAT_WIDEST:
        return False
    return _small(merged, MOST_CALLS if inner.joins else most)


def _small(expr: Expr, most: int) -> bool:
    text = INDENT + len("x = ") + len(_readable(expr))
    return calls_in(expr) <= most and settings_in(expr) <= 1 and text <= WIDEST


def _readable(expr: Expr) -> str:
    """The text with short names in place of `%n`: good enough to measure."""
    return code.rename(expr, {v: Name("x") for v in variables(expr)}).text


# -------------------------------------------------------------------------------------------- names
class Namer:
    """Names for variables, so that no value is overwritten while somebody still reads it."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self.reserved = frozenset(reserved)
        self.names: dict[str, str] = {}

    def clean(self, name: str) -> str:
        while name in self.reserved:
            name += "_"
        return name

    def choose(self, var: Var, used: set[str]) -> str:
        """A name that no living value has."""
        wanted: list[str] = []
        if var.label is not None and var.tapped:
            wanted.append(self.clean(var.label))
        elif var.branch is not None:
            wanted.append(self.clean(var.branch))
        wanted += ["x", "out", "y", "z"]
        for name in wanted:
            if name not in used and name not in self.reserved:
                return name
        number = 2
        base = wanted[0] if wanted[0] not in ("x",) else "out"
        while f"{base}{number}" in used or f"{base}{number}" in self.reserved:
            number += 1
        return f"{base}{number}"


def statements(
    ops: Sequence[AnyOp],
    inputs: Sequence[tuple[Var, str]],
    ends: Sequence[Var],
    reserved: Iterable[str],
    finish: Callable[[list[Expr]], list[Statement]],
) -> list[Statement]:
    """The body of `forward`. `inputs` are its parameters with their names, `ends` what is returned;
    `finish` makes the last statements from the expressions of the ends."""
    namer = Namer(reserved)
    for var, name in inputs:
        namer.names[var.id] = name
    lines = join(ops, ends)
    result = _write(lines, [v.id for v in ends], namer)
    last = lines[-1] if lines else None
    values: list[Expr] = [Name(namer.names.get(v.id, v.id)) for v in ends]
    single = (
        len(ends) == 1
        and isinstance(last, Line)
        and last.condition is None
        and len(last.outs) == 1
        and last.outs[0] is ends[0]
        and not ends[0].tapped
    )
    if single and result and isinstance(result[-1], Assign):
        final = result.pop()
        assert isinstance(final, Assign)
        values = [final.value]
    return result + finish(values)


def _write(
    lines: Sequence[Line | LoopOp], ends: Sequence[str], namer: Namer, held: Iterable[str] = ()
) -> list[Statement]:
    """Lines as statements. The names `held` keep their values throughout."""
    later: list[set[str]] = [set(ends)]
    for line in reversed(lines):
        later.insert(
            0, later[0] | set(reads_of(line) if isinstance(line, LoopOp) else variables(line.expr))
        )
    out: list[Statement] = []
    for i, line in enumerate(lines):
        alive = {namer.names[v] for v in later[i + 1] if v in namer.names} | {*held}
        if isinstance(line, LoopOp):
            out += _loop(line, alive, namer)
            continue
        renamed = {v: Name(namer.names[v]) for v in variables(line.expr)}
        targets = []
        for var in line.outs:
            if var.id not in later[i + 1]:
                targets.append("_")
                continue
            name = namer.choose(var, alive | set(targets))
            namer.names[var.id] = name
            targets.append(name)
        value = code.rename(line.expr, renamed)
        if line.condition is not None:
            value = code.Choose(value, line.condition, code.Literal(None))
        value, before = _long_concatenation(value, alive, namer)
        out += before
        out.append(Assign(", ".join(targets), value))
    return out


def _long_concatenation(value: Expr, used: set[str], namer: Namer) -> tuple[Expr, list[Statement]]:
    """`branches = [...]` before a concatenation that is too long for one line."""
    found = _find_cat(value)
    if found is None or len(found.text) <= CAT_WIDEST:
        return value, []
    name = namer.clean("branches")
    while name in used:
        name += "_"
    shorter = Call(found.function, (Name(name),), found.named)
    replaced = _replace(value, found, shorter)
    return replaced, [Assign(name, found.positional[0])]


def _find_cat(expr: Expr) -> Call | None:
    if (
        isinstance(expr, Call)
        and expr.function.text == "torch.cat"
        and isinstance(expr.positional[0], ListOf)
    ):
        return expr
    for part in expr.parts():
        found = _find_cat(part)
        if found is not None:
            return found
    return None


def _replace(expr: Expr, old: Expr, new: Expr) -> Expr:
    if expr is old:
        return new
    return expr.map(lambda part: _replace(part, old, new))


def _loop(op: LoopOp, alive: set[str], namer: Namer) -> list[Statement]:
    """A loop. What its rounds read of what was made before it is needed in every one of them."""
    entry = namer.names[op.entry.id]
    read = {r for inner in op.body for r in reads_of(inner)}
    held = alive | {namer.names[r] for r in read if r in namer.names}
    out: list[Statement] = []
    name = entry
    if entry in held or entry in namer.reserved:
        name = namer.choose(op.exit, held)
        out.append(Assign(name, Name(entry)))
    namer.names[op.inner.id] = name
    namer.names[op.exit.id] = name
    lines = join(op.body, [op.last])
    body = _write(lines, [op.last.id], namer, held)
    final = namer.names[op.last.id]
    if final != name:
        if body and isinstance(body[-1], Assign) and body[-1].target == final:
            body[-1] = Assign(name, body[-1].value)
        else:
            body.append(Assign(name, Name(final)))
    out.append(For(op.targets, op.iterable, tuple(body)))
    return out
