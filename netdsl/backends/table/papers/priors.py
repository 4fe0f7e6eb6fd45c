"""The table of a detector's boxes: on which maps it predicts, how many boxes a place has, how many there are.

Liu et al., "SSD: single shot multibox detector", 2015; Ren et al., "Faster R-CNN", 2015; Lin et al., "Focal loss for dense
object detection", 2017; Redmon and Farhadi, "YOLO9000", 2016.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netdsl.backends.table.papers import phrases
from netdsl.backends.table.papers.fitting import Reading, Wanted, unfit
from netdsl.backends.table.papers.sheet import Cell, Column, Line, Sheet, Values, cell
from netdsl.design import HeadEvent, Predicted, Value
from netdsl.escaping.letters import plain
from netdsl.layers.arguments import source_text
from netdsl.record import Record
from netdsl.shapes import Shape, Size


class Level(Record):
    """One map: `channels` are those of what predicts scores and offsets on it."""

    map: Shape
    boxes: int
    count: int
    form: str
    channels: dict[str, int]


def sheet(readings: Sequence[Reading], wanted: Wanted) -> Sheet:
    (reading,) = readings
    columns = (
        Column("head"),
        Column("map"),
        Column("boxes a place", right=True),
        Column("boxes", right=True),
        Column("channels of predictions"),
        Column("sizes and ratios"),
    )
    lines: list[Line] = []
    values: Values = {}
    net = reading.design.name
    for event in reading.design.heads.values():
        levels = list(_levels(event))
        for number, level in enumerate(levels, 1):
            key = f"{event.word}, map {number}"
            lines.append(_line(key, event.word, level, not lines or number == 1))
            values[net, key, "map"] = phrases.sides_text(level.map)
            values[net, key, "boxes a place"] = level.boxes
            values[net, key, "boxes"] = level.count
            values[net, key, "channels"] = sum(level.channels.values())
        if len(levels) > 1:
            total = sum(level.count for level in levels)
            numbers = sum(
                level.count * sum(level.channels.values()) // level.boxes for level in levels
            )
            values[net, f"{event.word}, total", "boxes"] = total
            values[net, f"{event.word}, total", "numbers"] = numbers
            blank = (Cell(), Cell())
            cells = (cell("total"), *blank, cell(phrases.comma(total), value=total), *blank)
            lines.append(Line(f"{event.word}, total", cells, rule=True, strong=True))
    if not lines:
        unfit("priors", reading, "no head of it predicts boxes at the places of maps")
    head = (tuple(cell(column.key) for column in columns),)
    title = f"{reading.name}: boxes by map"
    notes = ("channels: numbers that are predicted at each place, boxes times numbers a box.",)
    return Sheet("priors", title, (reading.name,), columns, head, tuple(lines), notes, values)


def _levels(event: HeadEvent) -> Iterator[Level]:
    for number, link in enumerate(event.predicted):
        what = link.what
        if not isinstance(what, Predicted) or what.predictor is None or what.count is None:
            continue
        shape = what.map.shape
        if shape is None or not shape.sides:
            continue
        channels = {
            name: value.shape.channels
            for name, value in _predictions(what)
            if value.shape is not None
        }
        yield Level(
            shape,
            what.boxes,
            what.count,
            _form(what.predictor, number, len(event.predicted)),
            channels,
        )


def _predictions(what: Predicted) -> Iterator[tuple[str, Value]]:
    for name, part in what.parts.items():
        if part.output is not None:
            yield name, part.output
    if not what.parts:
        yield "", what.map


def _form(predictor: Any, number: int, maps: int) -> str:
    """The settings of the boxes on one of several maps, as a text has them: `min=30, max=60, ratios=[2]`."""
    fields = type(predictor).fields
    shown = ("min", "max", "sizes", "ratios", "octaves", "anchors", "grid")
    found = {name: getattr(predictor, name) for name in shown if name in fields}
    if hasattr(predictor, "of_maps"):
        found["sizes"] = predictor.of_maps(maps)[number]
    if found.get("octaves") == 1:
        del found["octaves"]
    return plain(", ".join(f"{n}={source_text(_whole(value))}" for n, value in found.items()))


def _whole(value: Any) -> Any:
    """Numbers without a fraction as such: 30, not 30.0; pairs as sizes."""
    if isinstance(value, tuple) and value and all(isinstance(v, tuple) for v in value):
        return [Size(map(round, v)) if len(v) == 2 else _whole(v) for v in value]
    if isinstance(value, (list, tuple)) and not isinstance(value, Size):
        return [_whole(v) for v in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _line(key: str, word: str, level: Level, rule: bool) -> Line:
    channels = sum(level.channels.values())
    each = channels // level.boxes
    text = (
        f"{level.boxes} x {each} = {channels}" if each * level.boxes == channels else str(channels)
    )
    cells = (
        cell(word),
        cell(phrases.map_text(level.map)),
        cell(str(level.boxes), value=level.boxes),
        cell(phrases.comma(level.count), value=level.count),
        cell(text, value=channels),
        cell(level.form),
    )
    return Line(key, cells, rule=rule)
