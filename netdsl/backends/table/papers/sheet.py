"""The model of a paper's table: columns, lines of cells, notes below. Layouts make it, writers print it.

A cell is a stack of texts and brackets (`[3x3, 64; 3x3, 64] x 2`), may span columns, and has beside what
people read the `value` that programs get: an exact number, a text, a list. Texts are plain: writers
escape them, and set `3x3` with the sign of their format.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from netdsl.record import Record

Value: TypeAlias = "int | float | str | list[Any] | None"
# What may be asked of a table beside its cells: by network, row and column.
Values: TypeAlias = "dict[tuple[str, str, str], Value]"


class Bracket(Record):
    """Lines in brackets, so many times: a block of a residual network."""

    lines: tuple[str, ...]
    times: int = 1

    @property
    def flat(self) -> str:
        return f"[{'; '.join(self.lines)}] x {self.times}"


Part: TypeAlias = "str | Bracket"


class Cell(Record):
    """A stack of parts over `span` columns. Programs get `value`; where it is None, the texts."""

    parts: tuple[Part, ...] = ()
    value: Value = None
    span: int = 1

    @property
    def flat(self) -> str:
        """All parts on one line."""
        return "; ".join(p if isinstance(p, str) else p.flat for p in self.parts)

    @property
    def data(self) -> Value:
        if self.value is not None or not self.parts:
            return self.value
        return self.flat


class Column(Record):
    """`key` is for programs and stays; numbers stand at the right."""

    key: str
    right: bool = False
    centre: bool = False


class Line(Record):
    """A row. `key` names it for programs; `rule` draws a line above it; `strong` marks totals."""

    key: str
    cells: tuple[Cell, ...]
    rule: bool = False
    strong: bool = False


class Difference(Record):
    """A number that a text prints and the network does not have; `kind` is "rounding", "error", or
    "missing" where the network has no such row."""

    network: str
    row: str
    column: str
    printed: str
    computed: Value
    kind: str


class Sheet(Record):
    """A whole table. `head` are the rows above it, whose cells may span columns; `values` what else is
    known of it, with which printed tables are compared; `differences` what they print otherwise."""

    layout: str
    title: str
    networks: tuple[str, ...]
    columns: tuple[Column, ...]
    head: tuple[tuple[Cell, ...], ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    values: Values
    differences: tuple[Difference, ...] = ()


def cell(*parts: Part, value: Value = None, span: int = 1) -> Cell:
    """A cell of these parts; empty texts are left out."""
    return Cell(tuple(p for p in parts if p != ""), value, span)


def joined_cells(cells: list[Cell]) -> tuple[Cell, ...]:
    """Neighbours that say the same become one cell over their columns, as in papers."""
    out: list[Cell] = []
    for own in cells:
        last = out[-1] if out else None
        if last is not None and own.parts and _same(last, own):
            out[-1] = last.but(span=last.span + own.span)
        else:
            out.append(own)
    return tuple(out)


def _same(a: Cell, b: Cell) -> bool:
    return a.flat == b.flat and a.data == b.data


def spread_cells(cells: tuple[Cell, ...]) -> list[Cell]:
    """One cell a column: what spans several stands in each of them."""
    return [own.but(span=1) for own in cells for _ in range(own.span)]
