"""Detectors whose heads share their weights among maps: RetinaNet, and those of two stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from netdsl.backends.torch.detectors.base import Detector
from netdsl.backends.torch.detectors.filling import counted, filled, methods, short
from netdsl.backends.torch.names import SELF
from netdsl.code.expr import (
    Attribute,
    Choose,
    Expr,
    ListOf,
    Literal,
    Name,
    Op,
    Range,
    Star,
    Subscript,
    Tuple,
    call,
)
from netdsl.code.stmt import Assign, For, Function, Return, Statement
from netdsl.design import HeadEvent, Predicted

MAPS = Name("maps")


class Pyramid(Detector):
    """The base of those that predict for anchors on maps of any size."""

    returns: ClassVar[str] = "tuple[list[Tensor], list[Tensor], list[Tensor]]"
    predicts: ClassVar[str]

    def last(self, values: Sequence[Expr]) -> list[Statement]:
        assert self.use.module is not None
        return [
            Assign("maps", ListOf(tuple(values))),
            Return(Tuple((MAPS, Star(call(self.use.module, MAPS))))),
        ]

    def doc(self) -> str:
        number = len(self.event.maps)
        maps = f"{counted(number, 'map')}, and for each its" if number > 1 else "The map, and its"
        return f"{maps} {self.predicts} scores and offsets."

    def anchors(self) -> Function:
        """`anchors`, for a batch of any size."""
        said = self.predictor()
        sizes = said.of_maps(len(self.event.maps))
        single = all(len(of_map) == 1 for of_map in sizes)
        own = "side" if single else "sides"
        table = tuple(short(of_map[0] if single else of_map) for of_map in sizes)
        ratios = ListOf(tuple(Literal(short(ratio)) for ratio in said.ratios))
        if said.octaves > 1:
            cell = call("octave_sizes", Name(own), said.octaves, ratios)
        else:
            cell = call("anchor_sizes", ListOf((Name(own),)) if single else Name(own), ratios)
        what = self.event.predicted[0].what
        assert isinstance(what, Predicted)
        numbers = {
            "ANCHORS": self.constant("ANCHORS", table, "sizes of the anchors, map by map"),
            "CELL": cell,
            "STEP": self._step(said),
            "NUMBER": Name(counted(what.boxes, "box")),
        }
        found = methods()["each_anchors"].but(name="anchors")
        body = tuple(s.but(targets=("x", own)) if isinstance(s, For) else s for s in found.body)
        return filled(found.but(body=body), numbers)

    def _step(self, said: Any) -> Expr:
        """Pixels between places: as the text says, else the image divided by the map."""
        if said.step is not None:
            return Literal((short(said.step), short(said.step)))
        sides = ("height", "width")
        return Tuple(
            tuple(
                Op("//", Subscript(Name("size"), Literal(i)), Name(side))
                for i, side in enumerate(sides)
            )
        )


class Retina(Pyramid):
    predicts: ClassVar[str] = "anchors'"
    targets: ClassVar[str] = "boxes and labels, from 0"

    def methods(self) -> list[Statement]:
        return [
            self.anchors(),
            self.method("retina_forward", "forward"),
            self.method("retina_detect", "detect"),
        ]


class TwoStages(Pyramid):
    """A network that proposes regions, and a head for what they hold."""

    predicts: ClassVar[str] = "proposals'"

    def methods(self) -> list[Statement]:
        forward = self.method("proposing_forward", "forward")
        return [self.anchors(), forward, *of_regions(self, self.uses[1].event)]

    def numbers(self, event: HeadEvent) -> dict[str, Expr]:
        found = super().numbers(event)
        if event is self.event:
            kind = event.kind
            train, evaluate = (
                Literal((candidates, proposals))
                for candidates, proposals in zip(kind.candidates, kind.proposals)
            )
            training = Attribute(SELF, "training")
            found["LIMITS"] = train if train == evaluate else Choose(train, training, evaluate)
        return found


class GivenRegions(Detector):
    """Fast R-CNN: regions come with the images."""

    returns: ClassVar[str] = "list[Tensor]"

    def last(self, values: Sequence[Expr]) -> list[Statement]:
        return [Return(ListOf(tuple(values)))]

    def doc(self) -> str:
        number = len(self.event.maps)
        return f"{counted(number, 'map')}." if number > 1 else "The map."

    def methods(self) -> list[Statement]:
        return [self.method("given_forward", "forward"), *of_regions(self, self.event)]


def of_regions(detector: Detector, event: HeadEvent) -> list[Statement]:
    """The methods of a head on regions."""
    pooled = {"POOLED": _pooled(detector, event)}
    names = ("classify", "region_loss", "detect")
    return [detector.method(f"rcnn_{name}", name, event, **pooled) for name in names]


def _pooled(detector: Detector, event: HeadEvent) -> Expr:
    """How regions are cut out of the maps that `predict` gives."""
    assert event.pool is not None
    layer: Any = event.pool.what.layer  # type: ignore[union-attr]
    every = detector.use.values
    (use,) = (use for use in detector.uses if use.event is event)
    places = [every.index(var) for var in use.values]
    maps: Expr = MAPS
    if places == list(range(len(places))):
        maps = (
            MAPS
            if len(places) == len(every)
            else Subscript(MAPS, Range(None, Literal(len(places))))
        )
    else:
        maps = ListOf(tuple(Subscript(MAPS, Literal(place)) for place in places))
    strides, size = Literal(tuple(event.strides)), Literal(layer.output_size)
    if layer.word == "roi_pool":
        return call("pool_regions_max", maps, Name("regions"), strides, size)
    return call("pool_regions", maps, Name("regions"), strides, size, layer.sampling_ratio)
