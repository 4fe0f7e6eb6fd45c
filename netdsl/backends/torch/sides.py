"""Heights and widths in the documentation of emitted classes: what a block does to any of them.

The uses of a block show it for a few sizes and arguments only; `H / 2` there may be due to the stride or
to a pool, and `H - 4` to the padding that all uses happen to have. So the block is run again on open
sides, with the arguments of its uses and with others: what is said holds for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from netdsl.design import Scope, Value
from netdsl.diagnostics import Mistake, Report
from netdsl.elaborate.blocks import block_scope
from netdsl.elaborate.budget import Enough, TooLarge
from netdsl.elaborate.names import Names
from netdsl.elaborate.run import Run
from netdsl.elaborate.values import BlockDef, Bound, Silent, Target
from netdsl.shapes import SIDE_NAMES, Dim, Open, Quotient, Shape, Size

if TYPE_CHECKING:
    from netdsl.backends.torch.builder import Builder

UNKNOWN = "..."
MOST_USES = 16  # of which the other arguments are tried
FACTORS = (1, 2, 3, 4, 8, 16, 32)


class _Sample:
    """One run on open sides: the arguments and the sides that came out."""

    def __init__(self, arguments: dict[str, Any], sides: Sequence[Dim]) -> None:
        self.arguments = arguments
        self.sides = sides


def output_sides(b: Builder, scopes: Sequence[Scope], ins: Sequence[Shape]) -> list[str] | None:
    """The output's sides in the words of the class, a `...` for each that has no short form; None if
    that is not known. `ins` are the shapes that enter in the uses of the block."""
    if not all(isinstance(s.definition, BlockDef) for s in scopes):
        return None
    rank = len(ins[0])
    if rank - 1 not in SIDE_NAMES or any(len(s) != rank for s in ins):
        return None
    samples = _samples(b, scopes, ins)
    if not samples or len({len(s.sides) for s in samples}) != 1:
        return None
    count = len(samples[0].sides)
    if count == 0:
        return []
    if count != rank - 1:
        return None
    names = {p.source: p.name for p in b.template.kept if p.role == "argument"}
    return [
        _worded(letter, [(s.sides[i], _numbers(s.arguments, names, i)) for s in samples])
        for i, letter in enumerate(SIDE_NAMES[count])
    ]


def value_sides(scopes: Sequence[Scope], name: str, ins: Sequence[Shape]) -> list[str] | None:
    """The sides of a value parameter, where they are those of the input or a multiple in all uses."""
    factor = _factor(scopes, name, ins)
    if factor is None:
        return None
    letters = SIDE_NAMES.get(len(ins[0]) - 1, ())
    return [letter if factor == 1 else f"{factor} * {letter}" for letter in letters]


def _factor(scopes: Sequence[Scope], name: str, ins: Sequence[Shape]) -> int | None:
    found = [s.values[name].shape if name in s.values else None for s in scopes]
    if len(found) != len(ins) or not ins or len(ins[0]) < 2:
        return None
    for k in FACTORS:
        if all(v is not None and v[1:] == tuple(d * k for d in a[1:]) for v, a in zip(found, ins)):
            return k
    return None


# -------------------------------------------------------------------------------------------- trying
def _samples(b: Builder, scopes: Sequence[Scope], ins: Sequence[Shape]) -> list[_Sample] | None:
    """Runs with the arguments of the uses, then with others; None if one of the first fails."""
    run = Run(Report(), b.emitter.run.program)
    run.overridden = True  # beliefs are about the sizes that the author had in mind
    factors = {n: _factor(scopes, n, ins) for s in scopes for n in s.values}
    kept = [p.source for p in b.template.kept if p.role == "argument"]
    found: list[_Sample] = []
    for scope, shape in zip(scopes[:MOST_USES], ins):
        sides = _run(run, scope, scope.arguments, shape, factors)
        if sides is None:
            return None
        found.append(_Sample(scope.arguments, sides))
    first = scopes[0]
    changes = [(n, c) for n in kept for c in _others(first.arguments.get(n))]
    variants = [{**first.arguments, n: c} for n, c in changes]
    variants.append({**first.arguments, **dict(reversed(changes))})  # all of them at once
    for arguments in variants:
        sides = _run(run, first, arguments, ins[0], factors)
        if sides is not None:
            found.append(_Sample(arguments, sides))
    return found


def _run(
    run: Run, scope: Scope, arguments: dict[str, Any], shape: Shape, factors: dict[str, int | None]
) -> Sequence[Dim] | None:
    """The sides that come out of a block for open ones; None if it does not work for these."""
    symbols = [Open.symbol(letter) for letter in SIDE_NAMES[len(shape) - 1]]

    def opened(value: Any) -> Any:
        if isinstance(value, tuple) and not isinstance(value, Size):
            return tuple(opened(v) for v in value)
        if not isinstance(value, Value) or value.shape is None:
            return value
        factor = factors.get(value.label or "")
        if factor is None:
            own = [Open.symbol(f"{value.label}{i}") for i in range(len(value.shape) - 1)]
            return Value(value.shape.with_sides(own))
        return Value(value.shape.with_sides([s * factor for s in symbols]))

    definition = scope.definition
    bound = {n: Bound(opened(v), None, False) for n, v in arguments.items()}
    names = Names(run, definition.file, definition.file.frame)
    current = Value(shape.with_sides(symbols)) if scope.input is not None else None
    run.report = Report()
    try:
        made = block_scope(
            run,
            Target(definition, bound),
            definition,
            definition.node,
            current,
            names,
            scope.edits,
        )
    except (Mistake, Silent, TooLarge, Enough, RecursionError):
        return None
    if run.report.errors or made.result is None or made.result.shape is None:
        return None
    return made.result.shape.sides


def _others(value: Any) -> Iterable[Any]:
    """Other arguments of the same kind."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value + 2]
    if isinstance(value, Size):
        return [Size(None if s is None else s + k for s in value) for k in (1, 2)]
    if isinstance(value, tuple) and value:
        return [(*value, value[-1])]
    return []


# ------------------------------------------------------------------------------------------- wording
def _numbers(arguments: dict[str, Any], names: dict[str, str], i: int) -> dict[str, int]:
    """The whole numbers among the arguments, by their Python names; of a size its side."""
    found: dict[str, int] = {}
    for source, python in names.items():
        value = arguments.get(source)
        if isinstance(value, Size) and len(set(value)) == 1 and i < len(value):
            value = value[i]
        if isinstance(value, int) and not isinstance(value, bool):
            found[python] = value
    return found


def _worded(letter: str, samples: Sequence[tuple[Dim, dict[str, int]]]) -> str:
    """`H`, `H / stride`, `2 * H`, `(H - 1) / 2`, `H + 2 * padding - 2`, `1`."""
    arguments = [a for _, a in samples]
    if all(isinstance(side, int) for side, _ in samples):
        return _said([side for side, _ in samples if isinstance(side, int)], arguments) or UNKNOWN
    forms = [_form(side, letter) for side, _ in samples]
    if any(f is None for f in forms):
        return UNKNOWN
    known = [f for f in forms if f is not None]
    times = _said([m for m, _, _ in known], arguments)
    by = _said([d for _, d, _ in known], arguments)
    if times is None or by is None:
        return UNKNOWN
    offsets = [0 if 0 <= c < d else c if c < 0 else c - d + 1 for _, d, c in known]
    offset = _linear(offsets, arguments)
    if offset is None:
        return UNKNOWN
    text = f"{letter if times == '1' else f'{times} * {letter}'}{offset}"
    if by == "1":
        return text
    return f"({text}) / {by}" if offset else f"{text} / {by}"


def _form(side: Dim, letter: str) -> tuple[int, int, int] | None:
    """(m, d, c) if a side is floor((m * letter + c) / d)."""
    if isinstance(side, int) or len(side.terms) != 1:
        return None
    atom, k = side.terms[0]
    if isinstance(atom, str):
        return (k, 1, side.constant) if atom == letter and k > 0 else None
    assert isinstance(atom, Quotient)
    inner = atom.of.terms
    if k != 1 or len(inner) != 1 or inner[0][0] != letter or inner[0][1] <= 0:
        return None
    return inner[0][1], atom.by, atom.of.constant + atom.by * side.constant


def _said(numbers: Sequence[int], arguments: Sequence[dict[str, int]]) -> str | None:
    """One number, or the parameter that always has it."""
    if len(set(numbers)) == 1:
        return str(numbers[0])
    for name in arguments[0]:
        if all(a.get(name) == n for a, n in zip(arguments, numbers)):
            return name
    return None


def _linear(numbers: Sequence[int], arguments: Sequence[dict[str, int]]) -> str | None:
    """` + 2 * padding - 4` if that is what the numbers are for all arguments."""
    start = arguments[0]
    slopes: dict[str, int] = {}
    for name in start:
        for number, given in zip(numbers, arguments):
            changed = [n for n in start if given.get(n) != start[n]]
            if changed == [name] and name in given:
                slope, rest = divmod(number - numbers[0], given[name] - start[name])
                if rest:
                    return None
                if slope:
                    slopes[name] = slope
                break
    constant = numbers[0] - sum(k * start[n] for n, k in slopes.items())
    for number, given in zip(numbers, arguments):
        if constant + sum(k * given.get(n, 0) for n, k in slopes.items()) != number:
            return None
    text = ""
    for name, k in sorted(slopes.items(), key=lambda item: item[1] < 0):
        text += f" {'-' if k < 0 else '+'} {name if abs(k) == 1 else f'{abs(k)} * {name}'}"
    if constant:
        text += f" {'-' if constant < 0 else '+'} {abs(constant)}"
    return text
