"""The model of a table: rows, and what they add up to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netdsl.design import Scope
from netdsl.formulas import Count
from netdsl.layers.base import Layer
from netdsl.record import Record
from netdsl.shapes import Shape
from netdsl.weights import PARTLY

if TYPE_CHECKING:
    from netdsl.receptive import Field

NUMBERED = re.compile(r"(.*?)(\d+)")


class Row:
    """One row. Numbers are those of the whole step, what is in `children` included.

    `parameters` and `macs` are None for an extern layer, whose weights nobody knows; `macs` is a formula
    while a size is open; `unknown` marks rows that hold extern layers. `key` is the full path in the
    `state_dict`, empty for what has no entry there. `count` equal blocks in a row are one row in
    folded tables, up to `last` and `last_key`; its children are those of one block. `declared` marks
    what a `module` line holds (weights, but no work), `shared` what a use of it does (work, but no
    weights). `origin` is the name in the checkpoint from which its weights start, `frozen` says
    "frozen" if they are not trained; both are "partly" if that holds for some of them. `start` is the
    value that a chain started at. `what` is a layer, a scope, or None. `inputs` are the shapes that flow
    in. `amounts` are what was asked to be measured (`netdsl.backends.table.measures`), `field` the
    receptive field of the output, None where it cannot be told or was not asked for. `layers` are the
    convolutions and linear layers of a stage.
    """

    __slots__ = (
        "amounts",
        "auxiliary",
        "buffers",
        "children",
        "count",
        "declared",
        "field",
        "frozen",
        "inputs",
        "key",
        "kind",
        "last",
        "last_key",
        "layer",
        "layers",
        "macs",
        "name",
        "origin",
        "parameters",
        "shape",
        "shared",
        "start",
        "unknown",
        "what",
        "word",
    )

    def __init__(self, kind: str, name: str, word: str, layer: str, shape: Shape | None) -> None:
        self.kind = kind
        self.name = self.last = name
        self.word = word
        self.layer = layer
        self.shape = shape
        self.key = self.last_key = ""
        self.parameters: int | None = 0
        self.buffers = 0
        self.macs: Count | None = 0
        self.unknown = False
        self.auxiliary = False
        self.declared = False
        self.shared = False
        self.origin = self.frozen = ""
        self.start = ""
        self.count = 1
        self.layers = 0
        self.what: Layer | Scope | None = None
        self.children: list[Row] = []
        self.inputs: tuple[Shape, ...] = ()
        self.amounts: dict[str, Any] = {}
        self.field: Field | None = None

    def __repr__(self) -> str:
        return f"Row({self.kind} {self.name}: {self.layer}, {self.shape})"


class Totals(Record):
    """What a network adds up to. `parameters` are those in use, `with_auxiliary` all of them."""

    parameters: int
    with_auxiliary: int
    buffers: int
    macs: Count | None
    connections: Count | None
    layers: int
    unknown: bool  # extern layers come on top


def cut(rows: list[Row], depth: int) -> None:
    """Leave out what is nested deeper; the rows that stay count it."""
    for row in rows:
        if depth <= 1:
            row.children = []
        cut(row.children, depth - 1)


# ------------------------------------------------------------------------------------------ folding
def continues(row: Row, following: Row) -> bool:
    """Whether the next row is an equal block, and a range of names that starts with `row` tells so."""
    if row.start or following.start or not equal_blocks(row.what, following.what):
        return False
    if row.shared or following.shared or row.auxiliary or following.auxiliary:
        return False
    if not _treated_alike(row, following):
        return False
    last, this = NUMBERED.fullmatch(row.last), NUMBERED.fullmatch(following.name)
    if last is None or this is None or last[1] != this[1]:
        return False
    return int(this[2]) == int(last[2]) + 1


def _treated_alike(a: Row, b: Row) -> bool:
    """Whether the same becomes of the weights of two blocks. Those that start from a checkpoint must be
    called there as they are here, for one row to say it."""
    if a.frozen != b.frozen or PARTLY in (a.frozen, a.origin, b.origin):
        return False
    return a.origin == b.origin == "" or (a.origin, b.origin) == (a.key, b.key)


def equal_blocks(a: Layer | Scope | None, b: Layer | Scope | None) -> bool:
    """Whether two uses of a block are the same: its arguments, and what flows in."""
    if not isinstance(a, Scope) or not isinstance(b, Scope) or a.kind != "block":
        return False
    if a is b:
        return True  # the compiler runs uses with the same text of arguments once
    if b.kind != "block" or a.definition.node is not b.definition.node:
        return False
    shapes = [s.input.shape if s.input is not None else None for s in (a, b)]
    pairs = [(v, b.arguments[n]) for n, v in a.arguments.items()]
    return shapes[0] == shapes[1] and all(type(v) is type(w) and v == w for v, w in pairs)


def extend(row: Row, following: Row) -> None:
    """Take an equal block into the row of those before it."""
    row.count += 1
    row.last, row.last_key = following.name, following.key
    row.buffers += following.buffers
    row.parameters = added(row.parameters, following.parameters)
    row.macs = added(row.macs, following.macs)
    row.amounts = {n: added(a, following.amounts[n]) for n, a in row.amounts.items()}
    row.field = following.field


def added(a: Any, b: Any) -> Any:
    """The sum of numbers and formulas; None if one of them is not known."""
    return None if a is None or b is None else a + b


def arguments_of(row: Row) -> dict[str, Any]:
    """The arguments of a layer or a block, by name."""
    what = row.what
    if isinstance(what, Scope):
        return dict(what.arguments)
    if isinstance(what, Layer) and row.kind == "extern":
        return dict(what.parameters)  # type: ignore[attr-defined]
    if isinstance(what, Layer):
        return {name: getattr(what, name) for name in type(what).fields}
    return {}
