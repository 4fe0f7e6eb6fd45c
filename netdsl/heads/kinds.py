"""The kinds of heads, `head ssd(...) { ... }`: what each takes, with what its authors took.

Overlaps are intersections over unions. Where two numbers stand, the first is for training.
"""

from __future__ import annotations

from typing import Any, ClassVar

from netdsl.heads.fields import Band, Modes, Share, Variances
from netdsl.layers.checked import Checked
from netdsl.layers.fields import Bool, NonNegative, NonNegativeNumber, Positive, PositiveNumber

KINDS: dict[str, type[Kind]] = {}


class Kind(Checked):
    """A kind of head; `title` is what figures and tables call it.

    `form` is how its text is read: "bars", each of which predicts for itself; else one body, for each of
    the "maps" of `features`, for "regions" of them, for the "vector" of a region, or ("plain") for what flows.
    """

    title: ClassVar[str] = ""
    form: ClassVar[str] = "bars"
    positional: ClassVar[int] = 1

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        KINDS[cls.word] = cls


class SSD(Kind):
    """Boxes of fixed sizes on several maps, each with scores and offsets of its own.

    Every bar ends in `multibox`. An object's best box, and all that overlap some object by `match`, are
    its; of the others the hardest count, `negatives` for each that has an object. `balance` weighs the
    loss of the boxes. Source: Liu et al., 2015, 2.2.
    """

    word: ClassVar[str] = "ssd"
    title: ClassVar[str] = "SSD head"

    classes: Positive
    match: Share = 0.5
    negatives: NonNegativeNumber = 3.0
    variances: Variances = (0.1, 0.1, 0.2, 0.2)
    balance: NonNegativeNumber = 1.0
    score: Share = 0.01
    nms: Share = 0.45
    candidates: Positive = 400
    detections: Positive = 200
    clip: Bool = False


class RPN(Kind):
    """A region proposal network: for every anchor whether it holds an object, and offsets.

    The body is applied to every map of `features` with the same weights and ends in `anchors`. Anchors
    that overlap an object by `match[1]` are positive, below `match[0]` negative; `samples` of an image
    count, at most a share `positive` of them positive. The best `candidates` of every map are suppressed
    at `nms`, and the best `proposals` go on. Source: Ren et al., 2015, 3.1.
    """

    word: ClassVar[str] = "rpn"
    title: ClassVar[str] = "RPN"
    form: ClassVar[str] = "maps"
    positional: ClassVar[int] = 0

    features: Any
    match: Band = (0.3, 0.7)
    samples: Positive = 256
    positive: Share = 0.5
    balance: NonNegativeNumber = 1.0
    nms: Share = 0.7
    candidates: Modes = (2000, 1000)
    proposals: Modes = (2000, 1000)


class RCNN(Kind):
    """What a region holds: scores of all classes and of background, and offsets for each of them.

    The body begins with `roi_align` or `roi_pool` on the maps of `features` and gives a vector; `scores`
    (classes + 1) and `offsets` (4 for each) are added. Regions are those of `head rpn`; without one they
    are an input of the network. Source: Girshick, 2015, 2; Ren et al., 2015, 3.2.
    """

    word: ClassVar[str] = "rcnn"
    title: ClassVar[str] = "R-CNN head"
    form: ClassVar[str] = "regions"

    classes: Positive
    features: Any
    match: Share = 0.5
    samples: Positive = 512
    positive: Share = 0.25
    variances: Variances = (0.1, 0.1, 0.2, 0.2)
    score: Share = 0.05
    nms: Share = 0.5
    detections: Positive = 100


class Retina(Kind):
    """Anchors on a pyramid, classified with the focal loss; all maps share the weights.

    The body is applied to every map of `features` and ends in `anchors`. Labels count from 0: there is
    no column for background. Source: Lin et al., "Focal Loss for Dense Object Detection", 2017, 4.
    """

    word: ClassVar[str] = "retina"
    title: ClassVar[str] = "RetinaNet head"
    form: ClassVar[str] = "maps"

    classes: Positive
    features: Any
    match: Band = (0.4, 0.5)
    gamma: NonNegativeNumber = 2.0
    alpha: Share = 0.25
    score: Share = 0.05
    nms: Share = 0.5
    candidates: Positive = 1000
    detections: Positive = 300


class YOLO(Kind):
    """A grid whose cells predict the objects that have their centres there.

    Every bar ends in `boxes` (anchors) or, for the first version, the only bar in `cells`. Predictions
    that overlap some object by more than `ignore` are no background. With `softmax` the classes exclude
    each other, as in version 2; else they are independent, as in version 3. Source: Redmon et al., 2015;
    Redmon and Farhadi, 2016 and 2018.
    """

    word: ClassVar[str] = "yolo"
    title: ClassVar[str] = "YOLO head"

    classes: Positive
    ignore: Share = 0.5
    softmax: Bool = False
    score: Share = 0.01
    nms: Share = 0.45
    detections: Positive = 100


class FCN(Kind):
    """A class for every pixel: the body gives scores of the size of the input.

    Pixels of the class `ignore` count in no loss. Source: Long et al., 2014, 3.
    """

    word: ClassVar[str] = "fcn"
    title: ClassVar[str] = "FCN head"
    form: ClassVar[str] = "plain"

    classes: Positive
    ignore: NonNegative = 255


class SVM(Kind):
    """R-CNN: the features of warped regions, a linear support vector machine for each class against the
    rest, and ridge regression of boxes.

    Regions are an input of the network, cut out of the image with `context` pixels around and warped to
    the net's input. Objects themselves are positive, regions that overlap an object of the class by less
    than `match[0]` negative; those that overlap one by `match[1]` teach the boxes, with `ridge` as the
    weight of their squares. Source: Girshick et al., 2014, 2.3 and appendices A to C.
    """

    word: ClassVar[str] = "svm"
    title: ClassVar[str] = "SVMs"
    form: ClassVar[str] = "vector"

    classes: Positive
    context: NonNegative = 16
    match: Band = (0.3, 0.6)
    penalty: PositiveNumber = 1e-3
    ridge: NonNegativeNumber = 1000.0
    score: float = 0.0
    nms: Share = 0.3
    detections: Positive = 100
