"""What the classes of all detectors have in common: how images become a batch, and their methods."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.detectors.filling import (
    ABSENT,
    RESULT,
    filled,
    methods,
    of_channels,
    short,
    spliced,
)
from netdsl.backends.torch.given import target_of
from netdsl.backends.torch.heads import HeadUse
from netdsl.backends.torch.names import SELF, distinct
from netdsl.backends.torch.scene import Var
from netdsl.backends.torch.symbols import At
from netdsl.code.expr import Attribute, Expr, Literal, Name, call
from netdsl.code.expr import Tuple as TupleOf
from netdsl.code.stmt import Field, Function, Return, Statement, needed
from netdsl.design import HeadEvent, Predicted

if TYPE_CHECKING:
    from netdsl.backends.torch.flow import Walker

DIVISOR = 32  # the sides of a batch of images of all sizes are its multiples, as in torchvision


class Detector:
    """The class of a net with heads, all but its weights. A subclass is a kind of detector."""

    returns: ClassVar[str] = "tuple[Tensor, Tensor]"  # what `predict` does
    targets: ClassVar[str] = "boxes and labels, from 1"

    def __init__(self, b: Builder, uses: Sequence[HeadUse], at: At) -> None:
        self.b, self.uses, self.at = b, uses, at
        self.design = b.emitter.design
        self.use = uses[0]
        self.event = self.use.event
        (image,) = self.design.inputs.values()
        assert image.shape is not None
        self.channels = image.shape.channels
        self.size = tuple(image.shape.sides) if image.shape.known else None  # None: of any size

    # ------------------------------------------------------------------------------------ predict
    def ends(self, w: Walker) -> list[Var]:
        """The values that the last statements of `predict` read."""
        return self.use.values

    def last(self, values: Sequence[Expr]) -> list[Statement]:
        """The last statements of `predict`."""
        assert self.use.module is not None
        return [Return(call(self.use.module, *values))]

    def doc(self) -> str | None:
        """The documentation of `predict`."""
        return None

    # ---------------------------------------------------------------------------------- the class
    def fields(self) -> list[Statement]:
        """What stands above the constructor."""
        found: list[Statement] = []
        if self.size is not None:
            found.append(Field("size", None, Literal(self.size)))
        found += self._preparing()
        for use in self.uses:
            variances = getattr(use.event.kind, "variances", None)
            if variances is not None:
                found.append(Field("variances", None, Literal(variances)))
        return found

    def _preparing(self) -> list[Statement]:
        """`mean` and `std` of the images."""
        prepared = self.design.prepared
        if prepared is None:
            return []
        said = target_of(self.at, [prepared]).bound
        layer: Any = prepared.what.layer  # type: ignore[union-attr]
        node: Any = prepared.node
        written = {a.name.text: a.value for a in node.step.args if a.name is not None}
        found: list[Statement] = []
        for name in ("mean", "std"):
            numbers = of_channels(getattr(layer, name), written.get(name), self.channels)
            given = said.get(name)
            if isinstance(given, Expr) and not isinstance(given, (Literal, TupleOf)):
                numbers = given  # a constant of the file
            found.append(Field(name, None, numbers))
        return found

    def buffers(self) -> list[Statement]:
        """What stands at the end of the constructor."""
        return []

    def methods(self) -> list[Statement]:
        """What stands behind `predict`."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------ filling
    def method(
        self, template: str, name: str, event: HeadEvent | None = None, **more: Expr
    ) -> Function:
        """A method with the numbers of a head (the first one) in it."""
        event = event or self.event
        found = methods()[template].but(name=name)
        found = found.but(body=spliced(found.body, self._pieces()))
        numbers = {**self.numbers(event), **more}
        if "CLASSES" in needed(found.body):
            assert event.classes is not None
            numbers["CLASSES"] = self.b.for_forward(self.at.expr(event.classes), "classes")
        return filled(found, numbers)

    def _pieces(self) -> dict[str, Sequence[Statement]]:
        """The statements for images of one size, or of all sizes."""
        kind = "open" if self.size is None else "fixed"
        names = ("BATCH", "TARGETS", "PROPOSALS")
        found: dict[str, Sequence[Statement]]
        found = {name: methods()[f"{kind}_{name.lower()}"].body for name in names}
        found["PICTURES"] = methods()["pictures"].body if self.design.prepared else ()
        return found

    def numbers(self, event: HeadEvent) -> dict[str, Expr]:
        """What the names in capitals are."""
        kind = event.kind
        found: dict[str, Expr] = {}
        for name in type(kind).fields:
            value = getattr(kind, name)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                found[name.upper()] = Literal(short(value))
        match = getattr(kind, "match", None)
        if isinstance(match, tuple):
            found["LOW"], found["HIGH"] = map(Literal, match)
        if getattr(kind, "balance", None) == 1:
            found["BALANCE"] = ABSENT
        for name in ("mean", "std"):
            found[name.upper()] = ABSENT if self.design.prepared is None else Attribute(SELF, name)
        multiples = (condition.multiple for condition in self.design.conditions)
        found["DIVISOR"] = Literal(math.lcm(DIVISOR, *multiples))
        fixed = self.size is not None
        found["INSIDE"] = Attribute(SELF, "size") if fixed else Name("size")
        found["RESULT"] = Name("scale_boxes") if fixed else RESULT
        found["OLD"] = Attribute(SELF, "size") if fixed else ABSENT
        found["NEW"] = Name("size") if fixed else ABSENT
        found["PIXELS"] = Name("resized_scores" if fixed else "cropped_scores")
        return found

    def constant(self, wanted: str, value: Any, comment: str) -> Expr:
        """A constant of the file."""
        constants = self.b.scene.constants
        name = distinct(wanted, constants.taken - {wanted})
        constants.entries[name] = (value, comment)
        return Literal(value, name)

    def predictor(self) -> Any:
        """The first step that predicts."""
        what = self.event.predicted[0].what
        assert isinstance(what, Predicted)
        return what.predictor
