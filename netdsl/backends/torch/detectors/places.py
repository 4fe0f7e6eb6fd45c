"""Detectors whose bars predict at the places of maps: SSD, YOLO. Their boxes are laid over the image once."""

from __future__ import annotations

from typing import Any, ClassVar

from netdsl.backends.torch.detectors.base import Detector
from netdsl.backends.torch.detectors.filling import ABSENT, filled, methods, short
from netdsl.backends.torch.names import SELF
from netdsl.code.expr import Attribute, Expr, Literal, Name, Range, Tuple, call, subscript
from netdsl.code.stmt import Assign, Do, Field, Function, Statement
from netdsl.design import HeadEvent, Predicted

_DEFAULT_BOXES = call(Attribute(SELF, "default_boxes"))


def _registered(name: str, value: Expr) -> Statement:
    return Do(call(Attribute(SELF, "register_buffer"), name, value, persistent=False))


class Bars(Detector):
    """The base of those whose boxes stand in a table, one row a bar."""

    table: ClassVar[str]  # what it is called
    columns: ClassVar[str]

    def row(self, said: Any, steps: tuple[Any, ...]) -> tuple[Any, ...]:
        """What a row says behind the size of its map; `steps` lie between its places."""
        raise NotImplementedError

    def default_boxes(self, template: str) -> Function:
        """`default_boxes`, which goes through the table."""
        assert self.size is not None
        found = [link.what for link in self.event.predicted]
        steps = [what for what in found if isinstance(what, Predicted)]
        shapes = [what.map.shape.sides for what in steps if what.map.shape is not None]
        square = all(len({*sides}) == 1 for sides in (self.size, *shapes))
        rows = []
        for what, sides in zip(steps, shapes):
            first, *rest = self.row(what.predictor, self._steps(what.predictor, sides))
            shape, step = (sides[0], first[0]) if square else (tuple(sides), first)
            rows.append((shape, step, *rest))
        side = "side" if square else "(height, width)"
        table = self.constant(self.table, tuple(rows), f"{side} of the map, {self.columns}")
        numbers = {
            self.table: table,
            "SHAPE": _pair("side") if square else Name("side"),
            "STEPS": _pair("step") if square else Name("step"),
            "LIMIT": Literal(self.size[0]) if getattr(self.event.kind, "clip", False) else ABSENT,
            "COUNT": Literal(self.event.count),
        }
        return filled(methods()[template].but(name="default_boxes"), numbers)

    def _steps(self, said: Any, sides: Any) -> tuple[Any, ...]:
        """Pixels between places, downwards and to the right."""
        assert self.size is not None
        given = getattr(said, "step", None) or getattr(said, "stride", None)
        return tuple(short(given or size / side) for size, side in zip(self.size, sides))


def _pair(name: str) -> Expr:
    return Tuple((Name(name), Name(name)))


class SSD(Bars):
    table: ClassVar[str] = "PRIORS"
    columns: ClassVar[str] = "step, smallest, largest, ratios"

    def doc(self) -> str:
        count = self.event.count
        return f"Scores (N, {count}, classes + 1) and offsets (N, {count}, 4)."

    def fields(self) -> list[Statement]:
        return [*super().fields(), Field("priors", "Tensor")]

    def buffers(self) -> list[Statement]:
        return [_registered("priors", _DEFAULT_BOXES)]

    def methods(self) -> list[Statement]:
        return [self.default_boxes("ssd_default_boxes"), self.method("ssd_forward", "forward")]

    def row(self, said: Any, steps: tuple[Any, ...]) -> tuple[Any, ...]:
        return (steps, short(said.min), short(said.max), short(said.ratios))


class YOLO(Bars):
    returns: ClassVar[str] = "Tensor"
    table: ClassVar[str] = "ANCHORS"
    columns: ClassVar[str] = "stride, (width, height) of the anchors"

    def doc(self) -> str:
        return f"(N, {self.event.count}, 5 + classes): offsets, objectness, classes."

    def fields(self) -> list[Statement]:
        return [*super().fields(), Field("anchors", "Tensor"), Field("strides", "Tensor")]

    def buffers(self) -> list[Statement]:
        names = ("anchors", "strides")
        made = Assign(Tuple(tuple(Name(name) for name in names)), _DEFAULT_BOXES)
        return [made, *(_registered(name, Name(name)) for name in names)]

    def methods(self) -> list[Statement]:
        return [self.default_boxes("yolo_default_boxes"), self.method("yolo_forward", "forward")]

    def row(self, said: Any, steps: tuple[Any, ...]) -> tuple[Any, ...]:
        return (steps, short(said.anchors))

    def numbers(self, event: HeadEvent) -> dict[str, Expr]:
        logits = subscript(Name("x"), Tuple((Range(None, None), Range(Literal(5), None))))
        found = super().numbers(event)
        if event.kind.softmax:
            found["YOLO_LOSS"] = Name("yolo2_loss")
            found["CLASS_PROBABILITY"] = call(Attribute(logits, "softmax"), dim=1)
        else:
            found["YOLO_LOSS"] = Name("yolo_loss")
            found["CLASS_PROBABILITY"] = call(Attribute(logits, "sigmoid"))
        return found


class Grid(Detector):
    """The first YOLO: the cells of one grid, without anchors."""

    returns: ClassVar[str] = "Tensor"

    def doc(self) -> str:
        return "(N, numbers): the probabilities, confidences and boxes of all cells."

    def methods(self) -> list[Statement]:
        return [self.method("cells_forward", "forward")]

    def numbers(self, event: HeadEvent) -> dict[str, Expr]:
        said = self.predictor()
        cells = {"GRID": Literal(said.grid[0]), "BOXES": Literal(said.boxes)}
        return {**super().numbers(event), **cells}
