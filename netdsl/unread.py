"""Places of maps that no layer reads: what floor division leaves over, and gaps between windows.

A place counts as read if any window covers it, or anything but a window has the whole map. What enters a
block is followed into it, so that a strided shortcut beside a body that reads everything loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netdsl.design import (
    Applied,
    Computed,
    Dense,
    Design,
    Inlined,
    Link,
    Merge,
    Predicted,
    Residual,
    Scope,
    Shared,
    Taken,
    Value,
)
from netdsl.layers.base import Window
from netdsl.shapes import Shape
from netdsl.walks import links_of


class Unread(NamedTuple):
    """A map of which places are lost: who reads it, its shape, and one entry a side: how many places at
    the end, and how many between windows, no window covers."""

    readers: list[Link]
    shape: Shape
    end: tuple[int, ...]
    gaps: tuple[int, ...]


def unread(design: Design) -> Iterator[Unread]:
    """The maps of known size of which places are lost, in the order of the text."""
    readings = _Readings()
    readings.collect(design.net)
    for value in [*design.inputs.values(), *readings.made]:
        windows = readings.windows(value)
        shape = value.shape
        if not windows or shape is None or not all(isinstance(n, int) for n in shape):
            continue
        end, gaps = zip(*(_lost(i, n, windows) for i, n in enumerate(shape.sides)))
        if any(end) or any(gaps):
            yield Unread([link for link, _ in windows], shape, end, gaps)


def _lost(side: int, n: object, windows: list[tuple[Link, Window]]) -> tuple[int, int]:
    """How many places of one side no window covers: at the end, and before it."""
    assert isinstance(n, int)
    read = 0  # a bit for every place
    for link, window in windows:
        y = link.output.shape if link.output is not None else None
        places = y.sides[side] if y is not None else 0
        assert isinstance(places, int)
        kernel, stride, padding = (part[side] for part in window)
        for j in range(places):
            start, stop = max(j * stride - padding, 0), min(j * stride - padding + kernel, n)
            if stop > start:
                read |= ((1 << (stop - start)) - 1) << start
    return n - read.bit_length(), read.bit_length() - read.bit_count()


class _Readings:
    """Who reads which value. None among the readers is somebody who has the whole map."""

    def __init__(self) -> None:
        self.made: list[Value] = []  # what steps give, in the order of the text
        self._readers: dict[int, list[Link | Value | None]] = {}
        self._seen: set[int] = set()

    def windows(self, value: Value) -> list[tuple[Link, Window]]:
        """The windows that read a value; none where somebody has the whole map, or nobody any of it."""
        found: list[tuple[Link, Window]] = []
        for reader in self._readers.get(id(value), ()):
            if isinstance(reader, Value):  # the input of a block that it enters
                inner = self.windows(reader)
                if not inner:
                    return []
                found += inner
                continue
            window = _window(reader) if reader is not None else None
            if reader is None or window is None:
                return []
            found.append((reader, window))
        return found

    def collect(self, scope: Scope) -> None:
        """Everything that a scope and those below read."""
        if id(scope) in self._seen:
            return
        self._seen.add(id(scope))
        for link in links_of(scope.region):
            self._link(link)
        for shared in scope.shared.values():
            if shared.link is not None and isinstance(shared.link.what, Scope):
                self.collect(shared.link.what)
        if scope.outer is None:
            self._whole(scope.result, *scope.outputs.values())

    def _link(self, link: Link) -> None:
        what = link.what
        self._whole(*link.exports.values())
        if isinstance(what, Applied):
            if what.layer.passes:
                return
            self._reads(link.inputs[0], link)
            self._whole(*link.inputs[1:])
        elif isinstance(what, Scope):
            if what.outer is None and link.inputs and what.input is not None:
                self._reads(link.inputs[0], what.input)
                self._whole(*link.inputs[1:])
            elif what.outer is None:
                self._whole(*link.inputs)
            self.collect(what)
        elif isinstance(what, Merge):
            self._whole(*what.branches)
        elif isinstance(what, Residual):
            if what.adds:
                self._whole(what.body.exit, what.shortcut.exit if what.shortcut else link.inputs[0])
            return
        elif isinstance(what, Dense):
            self._whole(*link.inputs, *(v for r in what.iterations for v in (r.entry, r.exit)))
        elif isinstance(what, (Computed, Predicted, Shared)):
            self._whole(*link.inputs)
        elif isinstance(what, (Taken, Inlined)):
            return
        if link.output is not None:
            self.made.append(link.output)

    def _reads(self, value: Value, reader: Link | Value) -> None:
        self._readers.setdefault(id(value), []).append(reader)

    def _whole(self, *values: Value | None) -> None:
        for value in values:
            if value is not None:
                self._readers.setdefault(id(value), []).append(None)


def _window(link: Link) -> Window | None:
    """The window of a step that is one."""
    x = link.inputs[0].shape
    if not isinstance(link.what, Applied) or x is None or not x.sides:
        return None
    y = link.output.shape if link.output is not None else None
    if y is None or not all(isinstance(n, int) for n in y.sides):
        return None
    layer = link.what.layer  # a crop means to lose places, and a transposed convolution reads all
    reads = layer.family in ("convolution", "pooling") and layer.word != "conv_transpose"
    return layer.window(x) if reads else None
