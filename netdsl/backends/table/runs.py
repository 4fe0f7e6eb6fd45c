"""Equal rows in a row are one: `conv -> ReLU`, twelve times over.

A run is a sequence of rows that comes five times or more, one right behind the other: equal layers or
blocks, with equal numbers and shapes, whose names only count on. Its row stands for all of them, and the
rows below it are those of the first time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.backends.table.model import NUMBERED, Row, added, equal_blocks
from netdsl.layers.base import Layer

LEAST = 5  # times: few conv -> ReLU are more easily read one by one, as in VGG
LONGEST = 8  # rows of the sequence


def folded(rows: Sequence[Row]) -> list[Row]:
    """The rows with runs folded, on every level."""
    for row in rows:
        row.children = folded(row.children)
    if len(rows) < LEAST:
        return list(rows)
    out: list[Row] = []
    at = 0
    looks = [_look(row) for row in rows]
    while at < len(rows):
        length, times = _run(rows, looks, at)
        if times < LEAST:
            out.append(rows[at])
            at += 1
            continue
        out.append(_one(rows[at : at + length * times], length, times))
        at += length * times
    return out


def _look(row: Row) -> tuple[object, ...] | None:
    """What equal rows have in common; None for a row that is in no run."""
    if row.count > 1 or row.start or row.shared or row.declared or row.auxiliary or row.origin:
        return None
    if row.kind not in ("layer", "block"):
        return None
    prefix = NUMBERED.fullmatch(row.name)
    start = prefix[1] if prefix is not None else row.name
    numbers = (row.parameters, row.macs, row.buffers)
    return (row.kind, row.word, row.layer, row.shape, row.inputs, *numbers, start, row.frozen)


def _run(
    rows: Sequence[Row], looks: Sequence[tuple[object, ...] | None], at: int
) -> tuple[int, int]:
    """The shortest sequence that begins at a row and is a run: its length, and how often it comes."""
    for length in range(1, LONGEST + 1):
        if at + LEAST * length > len(rows) or None in looks[at : at + length]:
            break
        end = at + length
        while end < len(rows) and looks[end] == looks[end - length]:
            if not _goes_on(rows, at, end, length):
                break
            end += 1
        times = (end - at) // length
        if times >= LEAST:
            return length, times
    return 1, 1


def _goes_on(rows: Sequence[Row], at: int, end: int, length: int) -> bool:
    """Whether a row is what the one a sequence before it is, and is called so."""
    row, before = rows[end], rows[end - length]
    if not _same(row.what, before.what):
        return False
    this, last = _number(row), _number(before)
    if this is None or last is None:
        return row.name == before.name and row.key == before.key
    step = this - last
    first = end - length - length
    if first < at:
        return step > 0
    earlier = _number(rows[first])
    return earlier is not None and last - earlier == step


def _same(a: object, b: object) -> bool:
    if isinstance(a, Layer):
        return a is b or a == b
    return equal_blocks(a, b)  # type: ignore[arg-type]


def _number(row: Row) -> int | None:
    found = NUMBERED.fullmatch(row.name)
    return int(found[2]) if found is not None else None


def _one(rows: Sequence[Row], length: int, times: int) -> Row:
    """The row of a run."""
    first, last = rows[0], rows[-1]
    if length == 1:
        row = first
    else:
        words = " -> ".join(row.layer for row in rows[:length])
        row = Row("run", first.name, "", words, last.shape)
        row.children = list(rows[:length])
        row.key, row.inputs, row.frozen = _first_key(rows), first.inputs, first.frozen
        row.amounts = dict.fromkeys(first.amounts, 0)
        _take(row, rows[:1])
    _take(row, rows[1:])
    row.count, row.last, row.field = times, last.name, last.field
    row.last_key = _first_key(rows[::-1]) if row.key else ""
    return row


def _first_key(rows: Sequence[Row]) -> str:
    return next((row.key for row in rows if row.key), "")


def _take(row: Row, others: Sequence[Row]) -> None:
    for other in others:
        row.parameters = added(row.parameters, other.parameters)
        row.macs = added(row.macs, other.macs)
        row.buffers += other.buffers
        row.amounts = {n: added(a, other.amounts[n]) for n, a in row.amounts.items()}


def every(rows: Sequence[Row]) -> Iterator[Row]:
    """Every row, from the top."""
    for row in rows:
        yield row
        yield from every(row.children)
