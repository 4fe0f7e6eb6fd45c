"""The statements of `forward`: lines in which every variable has its name.

Names are given by liveness: a value may take the name of one that nobody reads any more. The running
value is `x`, or `out` while the input is still needed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from netdsl.backends.torch.lines import CAT_WIDEST, Line, find_cat, join
from netdsl.backends.torch.names import distinct
from netdsl.backends.torch.operations import AnyOp, LoopOp, reads_of, variables
from netdsl.backends.torch.scene import Var
from netdsl.code import expr as code
from netdsl.code.expr import Call, Expr, Name
from netdsl.code.stmt import Assign, For, Statement


class Namer:
    """Names for variables, so that no value is overwritten while somebody still reads it."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self.reserved = frozenset(reserved)
        self.names: dict[str, str] = {}

    def clean(self, name: str) -> str:
        while name in self.reserved:
            name += "_"
        return name

    def choose(self, var: Var, used: Collection[str]) -> str:
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
    ops, targets = _apart(ops, [name for _, name in inputs])
    namer = Namer([*reserved, *targets])
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


def _apart(ops: Sequence[AnyOp], inputs: Sequence[str]) -> tuple[list[AnyOp], set[str]]:
    """The operations with variables of loops that hide no input, and what these variables are called."""
    targets = {target for op in ops if isinstance(op, LoopOp) for target in _targets(op)}
    others = {t: distinct(t, {*inputs, *targets}) for t in sorted(targets & {*inputs})}
    names: dict[str, Expr] = {old: Name(new) for old, new in others.items()}
    found = [_renamed(op, names) for op in ops] if names else list(ops)
    return found, {others.get(t, t) for t in targets}


def _targets(op: LoopOp) -> Iterator[str]:
    yield from op.targets
    for inner in op.body:
        if isinstance(inner, LoopOp):
            yield from _targets(inner)


def _renamed(op: AnyOp, names: Mapping[str, Expr]) -> AnyOp:
    if not isinstance(op, LoopOp):
        return op.but(expr=code.rename(op.expr, names))
    targets = tuple(names[t].text if t in names else t for t in op.targets)
    body = tuple(_renamed(inner, names) for inner in op.body)
    return op.but(targets=targets, iterable=code.rename(op.iterable, names), body=body)


def _write(
    lines: Sequence[Line | LoopOp], ends: Sequence[str], namer: Namer, held: Iterable[str] = ()
) -> list[Statement]:
    """Lines as statements. The names `held` keep their values throughout."""
    living = _Living(lines, ends, namer, held)
    alive = living.names
    out: list[Statement] = []
    for i, line in enumerate(lines):
        living.reach(i)
        if isinstance(line, LoopOp):
            out += _loop(line, {*alive}, namer)
            living.add(line.exit.id)
            continue
        value = code.rename(line.expr, {v: Name(namer.names[v]) for v in variables(line.expr)})
        value, before = _long_concatenation(value, alive, namer)
        out += before
        targets = []
        for var in line.outs:
            if not living.is_needed(var.id):
                targets.append("_")
                continue
            name = namer.choose(var, alive)
            namer.names[var.id] = name
            living.add(var.id)
            targets.append(name)
        if line.condition is not None:
            value = code.Choose(value, line.condition, code.Literal(None))
        if isinstance(value, Name) and [value.id] == targets:
            continue  # it has this name already
        out.append(Assign(", ".join(targets), value))
    return out


class _Living:
    """The names of the values that are needed after a line."""

    def __init__(
        self, lines: Sequence[Line | LoopOp], ends: Sequence[str], namer: Namer, held: Iterable[str]
    ) -> None:
        self.namer = namer
        self.line = -1
        self.last = {v: i for i, line in enumerate(lines) for v in _read_by(line)}  # that reads it
        self.last.update(dict.fromkeys(ends, len(lines)))
        self.names = Counter(held)  # `x = y` makes two values of one name
        self.until: dict[int, list[str]] = defaultdict(list)
        for v in self.last:
            if v in namer.names:
                self.add(v)

    def is_needed(self, value: str) -> bool:
        return self.last.get(value, -1) > self.line

    def add(self, value: str) -> None:
        """A value that has its name now."""
        if self.is_needed(value):
            name = self.namer.names[value]
            self.names[name] += 1
            self.until[self.last[value]].append(name)

    def reach(self, line: int) -> None:
        """From one line to the next."""
        self.line = line
        for name in self.until.pop(line, ()):
            self.names[name] -= 1
            if not self.names[name]:
                del self.names[name]


def _read_by(line: Line | LoopOp) -> list[str]:
    return reads_of(line) if isinstance(line, LoopOp) else variables(line.expr)


def _long_concatenation(
    value: Expr, used: Collection[str], namer: Namer
) -> tuple[Expr, list[Statement]]:
    """`branches = [...]` before a concatenation that is too long for one line."""
    found = find_cat(value)
    if found is None or len(found.text) <= CAT_WIDEST:
        return value, []
    name = namer.clean("branches")
    while name in used:
        name += "_"
    shorter = Call(found.function, (Name(name),), found.named)
    replaced = _replace(value, found, shorter)
    return replaced, [Assign(name, found.positional[0])]


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
