"""How the layer of a row moves over its map: cells of columns about windows and shapes.

Their second argument is not needed: cells of other columns are parts of a whole.
"""

from __future__ import annotations

from typing import Any

from netdsl.backends.table.model import Row
from netdsl.layers.base import Layer, Window

NOTHING = ""  # a row has no such thing


def _layer_of(row: Row) -> Layer | None:
    """The layer of a row that has a map to move over."""
    known = isinstance(row.what, Layer) and row.inputs and row.inputs[0].sides
    return row.what if known and isinstance(row.what, Layer) else None


def _spread(row: Row, name: str) -> tuple[int, ...] | None:
    """A parameter of the row's layer, one number a side; None if it has none."""
    layer = _layer_of(row)
    if layer is None or name not in type(layer).fields:
        return None
    value = getattr(layer, name)
    if value is None or isinstance(value, str):
        return None
    return layer.per_side(name, len(row.inputs[0].sides))


def _window(row: Row) -> Window | None:
    layer = _layer_of(row)
    if layer is None or layer.family not in ("convolution", "pooling"):
        return None
    return layer.window(row.inputs[0])


def kernel_of(row: Row, whole: Any) -> Any:
    given, window = _spread(row, "kernel_size"), _window(row)
    return given or (window.kernel if window is not None else NOTHING)


def stride_of(row: Row, whole: Any) -> Any:
    given, window = _spread(row, "stride"), _window(row)
    return given or (window.stride if window is not None else NOTHING)


def padding_of(row: Row, whole: Any) -> Any:
    window = _window(row)
    if window is not None:
        return window.padding
    return NOTHING if (found := _spread(row, "padding")) is None else found


def dilation_of(row: Row, whole: Any) -> Any:
    found = _spread(row, "dilation")
    return NOTHING if found is None or set(found) == {1} else found


def groups_of(row: Row, whole: Any) -> Any:
    groups = getattr(_layer_of(row), "groups", 1)
    return groups if isinstance(groups, int) and groups != 1 else NOTHING


def input_of(row: Row, whole: Any) -> Any:
    """What flows in; where several values meet, only if they are alike."""
    return row.inputs[0] if len(set(row.inputs)) == 1 else NOTHING


def output_of(row: Row, whole: Any) -> Any:
    return NOTHING if row.shape is None else row.shape
