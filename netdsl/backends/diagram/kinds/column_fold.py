"""Columns that would be too long for a page even with blocks as rows: rows that say the same are one, and of what
is left the middle is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from netdsl.backends.diagram.kinds.column_parts import (
    Arc,
    Column,
    Row,
    Side,
    Span,
    Tap,
    Words,
    beside,
)


class Run(NamedTuple):
    """Rows `first` to `last`, and the one that stands for them."""

    first: int
    last: int
    row: Row


def alike(column: Column) -> Column:
    """With consecutive rows that say the same as one, and a bracket: blocks that differ in a number which no
    figure shows, like how often stochastic depth leaves them out."""
    runs: list[Run] = []
    spans: list[Span] = []
    times = {span.first: span.times for span in column.spans if span.first == span.last}
    busy = _busy(column)
    numbers = range(len(column.rows))

    def key(number: int) -> tuple[object, ...]:
        row = column.rows[number]
        own = () if number not in busy and row.flows else (number,)
        return (row.kind, row.words, row.shape, *own)

    for _, group in groupby(numbers, key):
        first, *rest = group
        last = rest[-1] if rest else first
        count = sum(times.get(number, 1) for number in range(first, last + 1))
        if rest:
            runs.append(Run(first, last, column.rows[first]))
        if rest or first in times:
            spans.append(Span(first, last, count))
    found = _replaced(column, runs)
    where = _places(len(column.rows), runs)
    long = [span for span in column.spans if span.first != span.last]
    found.spans = [Span(where[s.first], where[s.last], s.times) for s in sorted([*long, *spans])]
    return found


def shortened(column: Column, most: int) -> Column:
    """With the middle of its rows in one, if there are more than `most`."""
    if len(column.rows) <= max(3, most):
        return column
    first = max(3, most) // 2
    last = len(column.rows) - (max(3, most) - first)
    held = [*column.spans, *column.arcs]  # none of them is cut in two
    while True:
        cut = [h for h in held if h.first <= last and first <= h.last]
        around = min([first, *(h.first for h in cut)]), max([last, *(h.last for h in cut)])
        if around == (first, last):
            break
        first, last = around
    count = last - first + 1
    text = f"{count} more rows"
    row = Row(f"{column.name}.more", "stack", Words(text, text), column.rows[last].shape)
    return _replaced(column, [Run(first, last, row)])


def _busy(column: Column) -> set[int]:
    """Rows at which something else begins or ends."""
    found: set[int] = set()
    for arc in column.arcs:
        found |= {*range(arc.first, arc.last + 1)}
    for span in column.spans:
        if span.first != span.last:
            found |= {*range(span.first, span.last + 1)}
    for tap in column.taps:
        found |= {tap.tail, tap.head}
    return found | {side.after for side in column.sides}


def _places(count: int, runs: Sequence[Run]) -> list[int]:
    """Of every row its number afterwards."""
    gone = {n for run in runs for n in range(run.first + 1, run.last + 1)}
    out: list[int] = []
    at = -1
    for number in range(count):
        at += number not in gone
        out.append(at)
    return out


def _replaced(column: Column, runs: Sequence[Run]) -> Column:
    """The column with runs of rows as one each, which stand for all that was in them."""
    where = _places(len(column.rows), runs)
    out = Column(column.subject, column.fold, column.blocks)
    out.inside, out.then, out.left_out = column.inside, column.then, column.left_out
    out.unread, out.remarks = column.unread, column.remarks
    new: dict[int, Row] = {}
    for run in runs:
        row = Row(run.row.name, run.row.kind, run.row.words, run.row.shape)
        row.treated, row.flows = run.row.treated, column.rows[run.first].flows
        new[where[run.first]] = row
    for number, row in enumerate(column.rows):
        held = new.get(where[number])
        if held is not None:
            held.steps += row.steps
        if len(out.rows) <= where[number]:
            out.rows.append(held or row)
    for arc in column.arcs:
        first, last = where[arc.first], where[arc.last]
        if first == last and first in new:
            for row in (arc, *arc.boxes):
                new[first].steps += row.steps
            continue
        moved = Arc(arc.name, first, last)
        moved.boxes, moved.steps = arc.boxes, arc.steps
        out.arcs.append(moved)
    for tap in column.taps:
        moved_tap = Tap(where[tap.tail] if tap.tail >= 0 else tap.tail, where[tap.head])
        if moved_tap.head - moved_tap.tail > 1 and moved_tap not in out.taps:
            out.taps.append(moved_tap)
    for side in column.sides:
        place = where[side.after] if side.after >= 0 else side.after
        beside(out.sides, Side(place, side.row))
    for span in column.spans:
        if where[span.first] not in new or where[span.first] != where[span.last]:
            out.spans.append(Span(where[span.first], where[span.last], span.times))
    return out
