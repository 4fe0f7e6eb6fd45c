"""Detectors without boxes of their own: R-CNN's support vector machines, and a class for every pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from netdsl.backends.torch.detectors.base import Detector
from netdsl.backends.torch.scene import Var
from netdsl.code.expr import Expr, Name
from netdsl.code.stmt import Return, Statement

if TYPE_CHECKING:
    from netdsl.backends.torch.flow import Walker


class SupportVectors(Detector):
    def doc(self) -> str:
        return "Of warped regions: scores (R, classes), offsets (R, classes, 4)."

    def methods(self) -> list[Statement]:
        pictures = Name("pictures" if self.design.prepared else "images")
        return [
            self.method("svm_forward", "forward", pictures=pictures),
            self.method("svm_region_loss", "region_loss"),
        ]


class Pixels(Detector):
    returns: ClassVar[str] = "Tensor"
    targets: ClassVar[str] = "labels (H, W), from 0"

    def ends(self, w: Walker) -> list[Var]:
        assert self.use.result is not None
        return [w.var_of(self.use.result)]

    def last(self, values: Sequence[Expr]) -> list[Statement]:
        return [Return(values[0])]

    def methods(self) -> list[Statement]:
        return [self.method("fcn_forward", "forward")]
