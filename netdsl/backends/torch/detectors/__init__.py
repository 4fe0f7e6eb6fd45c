"""The class of a net with detection heads: `predict`, and around it what training and detecting need.

`predict` is the network alone. `forward` takes images and targets as torchvision's detectors do; it, and
what it calls, are the methods of templates/torch/detectors.py with the numbers of the text in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from netdsl.backends.torch.builder import Builder
from netdsl.backends.torch.close import close
from netdsl.backends.torch.detectors.base import Detector
from netdsl.backends.torch.detectors.others import Pixels, SupportVectors
from netdsl.backends.torch.detectors.places import SSD, YOLO, Grid
from netdsl.backends.torch.detectors.pyramids import GivenRegions, Retina, TwoStages
from netdsl.backends.torch.docs import text_of
from netdsl.backends.torch.finish import conclude
from netdsl.backends.torch.heads import HeadUse
from netdsl.backends.torch.scene import Val
from netdsl.backends.torch.symbols import At
from netdsl.code.expr import Expr
from netdsl.design import HeadEvent, Predicted, Scope
from netdsl.heads.predictors import PREDICTORS, Cells
from netdsl.heads.regions import REGIONS
from netdsl.syntax import ast

if TYPE_CHECKING:
    from netdsl.backends.torch.flow import Walker

# By the net's first head; a grid of cells has a head of its own kind.
DETECTORS: dict[str, type[Detector]] = {
    "ssd": SSD,
    "yolo": YOLO,
    "retina": Retina,
    "rpn": TwoStages,
    "rcnn": GivenRegions,
    "svm": SupportVectors,
    "fcn": Pixels,
}
WORDS = frozenset({"maps"})  # names of the last statements of `predict`


def finish_detector(b: Builder, net: Scope, w: Walker, val: Val | None, at: At) -> Val:
    """Write the class of a net with heads, and close it."""
    uses: list[HeadUse] = w.heads
    _settle_arguments(b, uses, at)
    detector = _kind(uses[0].event)(b, uses, at)
    template = b.template
    template.forward_name, template.forward_doc = "predict", detector.doc()
    template.returns = detector.returns
    conclude(b, val, detector.ends(w), detector.last, True, WORDS)
    template.fields += detector.fields()
    template.methods += detector.methods()
    template.buffers += detector.buffers()
    out = close(b, [net], val, None, at)
    image = f"Images ({detector.channels}, H, W) in 0..1"
    template.doc = [*text_of(b, net), f"{image}; in training also targets: {detector.targets}."]
    return out


def _kind(event: HeadEvent) -> type[Detector]:
    first = event.predicted[0].what if event.predicted else None
    if isinstance(first, Predicted) and isinstance(first.predictor, Cells):
        return Grid
    return DETECTORS[event.word]


def _settle_arguments(b: Builder, uses: Sequence[HeadUse], at: At) -> None:
    """What heads are told is written down in numbers: parameters of the net that say it are no
    parameters of its class. Only how many classes there are stays free."""
    for use in uses:
        for value in _told(use.event):
            for part in (value, *ast.below(value)):
                found = at.env.find(part.name) if isinstance(part, ast.Ref) else None
                if isinstance(found, Expr):
                    b.scene.wanted |= b.dependencies(found)


def _told(event: HeadEvent) -> Iterator[ast.Expr]:
    """The arguments of a head, of its predicting steps, and of those that cut regions out."""
    steps = (n for n in ast.below(event.node.body) if isinstance(n, ast.Call))
    told = [*event.node.args]
    for step in steps:
        if step.name.text in PREDICTORS or step.name.text in REGIONS:
            told += step.args
    for argument in told:
        if argument.value is not event.classes:
            yield argument.value
