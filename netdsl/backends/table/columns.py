"""The columns of a table: what each of them holds for a row, and how it is defined.

`COLUMNS` is all there are, in their order where nobody chooses another. A cell's value is a text, a
`Shape`, a tuple (one number a side), a number (an int, or a formula while a size is open), None where
it is not known, and `NOTHING` where a row has no such thing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from netdsl.backends.table.model import Row
from netdsl.backends.table.settings import Settings
from netdsl.backends.table.windows import (
    NOTHING,
    dilation_of,
    groups_of,
    input_of,
    kernel_of,
    output_of,
    padding_of,
    stride_of,
)
from netdsl.record import Record

if TYPE_CHECKING:
    from netdsl.receptive import Field

NUMBERS = ("number", "bytes", "share", "pixels", "factor")  # kinds that end at the same place


class Whole(Record):
    """What cells of a row are parts of: the totals of the network in use, and the settings."""

    parameters: Any
    macs: Any
    settings: Settings


Cell = Callable[[Row, Whole], Any]


class Column(NamedTuple):
    """`kind` is name, layer, shape, key, size, number, bytes, share, pixels, factor or word. `measure` is
    what has to be measured for it, `side` whether it is about "weights", which stand where they are declared,
    or "work", which stands where it is done. `about` defines it, for the footer and the documentation."""

    name: str
    title: str
    kind: str
    cell: Cell
    about: str
    measure: str = ""
    side: str = ""

    @property
    def right(self) -> bool:
        """Whether cells end at the same place."""
        return self.kind in NUMBERS


# --------------------------------------------------------------------------------------- numbers
def _known(row: Row, number: Any) -> Any:
    """A number of a row; those of extern layers nobody knows."""
    return None if row.kind == "extern" else number


def _amount(name: str) -> Cell:
    return lambda row, whole: _known(row, row.amounts.get(name))


def _bytes(row: Row, whole: Whole) -> Any:
    elements = _known(row, row.amounts.get("activations"))
    if elements is None:
        return None
    return elements * (whole.settings.batch * whole.settings.number_bytes)


def _share(part: Any, total: Any, row: Row) -> Any:
    if row.auxiliary or not isinstance(total, int) or not total:
        return NOTHING if row.auxiliary or total == 0 else None
    return part / total if isinstance(part, int) else None


def _field(part: Callable[[Field], tuple[int, ...]]) -> Cell:
    def cell(row: Row, whole: Whole) -> Any:
        if row.field is not None:
            return part(row.field)
        seen = row.shape is not None and row.kind != "param"
        return None if seen and not row.declared else NOTHING

    return cell


_ALL = (
    Column(
        "name",
        "name",
        "name",
        lambda row, whole: row.name,
        "the label, else the name in the state_dict, else the word of the text",
    ),
    Column(
        "layer",
        "layer",
        "layer",
        lambda row, whole: row.layer,
        "the layer in a paper's words: `7x7 conv, 64, /2`",
    ),
    Column(
        "input",
        "input",
        "shape",
        input_of,
        "the shape that flows in, channels first, without the batch; empty where unlike shapes meet",
    ),
    Column("output", "output", "shape", output_of, "the shape that comes out, in the same way"),
    Column(
        "kernel",
        "kernel",
        "size",
        kernel_of,
        "the window of a convolution or of pooling; of global pooling the map",
    ),
    Column("stride", "stride", "factor", stride_of, "the places that the window moves on"),
    Column("padding", "padding", "factor", padding_of, "the places added at both ends of a side"),
    Column(
        "dilation",
        "dilation",
        "factor",
        dilation_of,
        "the distance of what the window reads; empty where it is 1",
    ),
    Column("groups", "groups", "number", groups_of, "groups of channels; empty where it is 1"),
    Column("key", "key", "key", lambda row, whole: row.key, "the path in the state_dict"),
    Column(
        "parameters",
        "parameters",
        "number",
        lambda row, whole: row.parameters,
        "learned numbers; those of a module stand where it is declared",
        side="weights",
    ),
    Column(
        "fixed",
        "fixed",
        "number",
        _amount("fixed"),
        "numbers in the state_dict that are not learned: running means and variances, given kernels",
        measure="fixed",
        side="weights",
    ),
    Column(
        "macs",
        "MACs",
        "number",
        lambda row, whole: row.macs,
        "multiply-adds of convolutions and linear layers for one sample, without biases",
        side="work",
    ),
    Column(
        "flops",
        "FLOPs",
        "number",
        _amount("flops"),
        "floating-point operations for one sample: a multiply-add is two of them",
        measure="flops",
        side="work",
    ),
    Column(
        "count",
        "count",
        "number",
        _amount("count"),
        "what the chosen rule counts for one sample",
        measure="count",
        side="work",
    ),
    Column(
        "connections",
        "connections",
        "number",
        _amount("connections"),
        "what convolutions, linear layers and subsampling read for all their outputs, biases included "
        "(LeCun et al., 1998)",
        measure="connections",
        side="work",
    ),
    Column(
        "neurons",
        "neurons",
        "number",
        _amount("neurons"),
        "outputs of the layers that have connections",
        measure="neurons",
        side="work",
    ),
    Column(
        "receptive",
        "receptive field",
        "pixels",
        _field(lambda field: field.size),
        "places of the input that one place of the output sees along a side, padding included",
    ),
    Column(
        "jump",
        "jump",
        "pixels",
        _field(lambda field: field.jump),
        "places of the input from one receptive field to the next",
    ),
    Column(
        "offset",
        "offset",
        "pixels",
        _field(lambda field: field.start),
        "where the first receptive field begins; below 0 in the padding",
    ),
    Column(
        "activations",
        "activation bytes",
        "bytes",
        _bytes,
        "bytes of what a step writes in evaluation; views (flatten, dropout) write nothing",
        measure="activations",
        side="work",
    ),
    Column(
        "parameters_share",
        "% parameters",
        "share",
        lambda row, whole: _share(row.parameters, whole.parameters, row),
        "share of the total of parameters",
        side="weights",
    ),
    Column(
        "macs_share",
        "% MACs",
        "share",
        lambda row, whole: _share(row.macs, whole.macs, row),
        "share of the total of MACs",
        side="work",
    ),
)
COLUMNS = {column.name: column for column in _ALL}
DEFAULT = ("name", "layer", "output", "key", "parameters", "macs")
# For terminals, the widest first: the first that fits is taken.
FOR_WIDTHS = (
    ("name", "layer", "output", "receptive", "key", "parameters", "parameters_share")
    + ("macs", "macs_share"),
    DEFAULT,
    ("name", "layer", "output", "parameters", "macs"),
    ("name", "layer", "parameters", "macs"),
    ("name", "parameters", "macs"),
)
TITLES = {"macs": "MACs", "macs+bias": "MACs + bias", "flops": "FLOPs", "all": "operations"}
_FIELDS = ("receptive", "jump", "offset")


def chosen(settings: Settings, default: Sequence[str] = DEFAULT) -> tuple[Column, ...]:
    """The columns that settings ask for. Another rule than MACs has its column: in the place of the MACs
    where nobody chose, else last if it was not named."""
    names = list(settings.columns or default)
    if settings.count != "macs" and "count" not in names:
        if settings.columns is None:
            names[names.index("macs")] = "count"
        else:
            names.append("count")
    elif len(names) == len(COLUMNS) and settings.count == "macs":
        names.remove("count")  # of all columns it would be there twice
    rule = TITLES.get(settings.count, f"as {settings.count}")
    return tuple(
        COLUMNS[name]._replace(title=rule) if name == "count" else COLUMNS[name] for name in names
    )


def wanted_measures(columns: Sequence[Column], settings: Settings) -> dict[str, str]:
    """What has to be measured for these columns: names, and their rules."""
    names = [column.measure for column in columns if column.measure]
    if not settings.bias:
        names += ["parameters", "macs"]
    return {name: settings.count if name == "count" else name for name in names}


def sees_input(columns: Sequence[Column]) -> bool:
    """Whether receptive fields are asked for."""
    return any(column.name in _FIELDS for column in columns)
