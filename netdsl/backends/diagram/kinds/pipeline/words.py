"""What figures of detectors say of heads: outputs as sums and products, anchors, how boxes are chosen."""

from __future__ import annotations

from typing import Any

from netdsl.backends.diagram.items import HeadItem, Predictor
from netdsl.backends.diagram.scene.legend import folded
from netdsl.backends.diagram.text import TIMES
from netdsl.heads.predictors import Anchors


def number(value: float) -> str:
    return f"{value:g}"


def choosing(kind: Any) -> tuple[str, ...]:
    """How detections are chosen: `score > 0.05`, `NMS 0.5`, `best 100`."""
    said: list[str] = []
    if getattr(kind, "score", None) is not None:
        said.append(f"score > {number(kind.score)}")
    if getattr(kind, "nms", None) is not None:
        said.append(f"NMS {number(kind.nms)}")
    if getattr(kind, "detections", None) is not None:
        said.append(f"best {kind.detections}")
    return tuple(said)


def proposing(kind: Any) -> tuple[str, ...]:
    """How a proposal network chooses."""
    return ("decode", f"NMS {number(kind.nms)}")


def proposals(kind: Any) -> str:
    """How many regions go on in evaluation: `300 proposals`."""
    return f"{kind.proposals[1]} proposals"


def places(head: HeadItem) -> str:
    """How many boxes a place of a map has, over all maps: `4 or 6`."""
    found: list[int] = []
    for predictor in head.predictors:
        if predictor.predicted.boxes not in found:
            found.append(predictor.predicted.boxes)
    return " or ".join(map(str, sorted(found)))


def anchors(head: HeadItem) -> str:
    """The anchors of a head in words: `9 anchors a place: 128, 256, 512 pixels, ratios 0.5, 1, 2`."""
    first = head.predictors[0].predicted if head.predictors else None
    if first is None or not isinstance(first.predictor, Anchors):
        return ""
    kind: Anchors = first.predictor
    sizes = kind.of_maps(len(head.predictors))
    flat = [number(size) for group in sizes for size in group]
    if len(flat) > 3 and len(sizes) > 1:
        flat = [flat[0], "...", flat[-1]] if len(flat) > 6 else flat
    said = f"{', '.join(flat)} pixels, ratios {', '.join(map(number, kind.ratios))}"
    return f"{first.boxes} anchors a place: {said}"


def predictor_lines(predictor: Predictor, word: str) -> tuple[str, ...]:
    """A layer that predicts, and what its channels are: `3x3 conv` over `6 x (21+4)`."""
    predicted = predictor.predicted
    word = word.partition(",")[0]
    boxes = predicted.boxes
    channels = [
        link.output.shape.channels
        for link in predicted.parts.values()
        if link.output is not None and link.output.shape is not None
    ]
    if channels and all(count % boxes == 0 for count in channels):
        each = "+".join(str(count // boxes) for count in channels)
        return (word, f"{boxes} {TIMES} ({each})")
    shape = predicted.map.shape
    grid = getattr(predicted.predictor, "grid", None)
    if grid is not None and shape is not None:
        each, rest = grid_of(predicted.predictor, shape.channels)
        return (word, f"{shape.channels} = {each}{TIMES}({rest})")
    if shape is not None and shape.channels % boxes == 0 and shape.channels // boxes > 5:
        return (word, f"{boxes} {TIMES} (5+{shape.channels // boxes - 5})")
    return (word, *((str(shape.channels),) if shape is not None else ()))


def grid_of(predictor: Any, numbers: int) -> tuple[str, str]:
    """The two factors of the numbers of a grid: `7x7`, and `2x5+20` for each cell."""
    rows, columns = predictor.grid
    classes = numbers // (rows * columns) - 5 * predictor.boxes
    return f"{rows}{TIMES}{columns}", f"{predictor.boxes}{TIMES}5+{classes}"


def total_text(head: HeadItem) -> str:
    """`5776 + 2166 + 600 + 150 + 36 + 4 = 8732 boxes`; without numbers while a size is open."""
    counts = [predictor.predicted.count for predictor in head.predictors]
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        return "concat: boxes of all maps"
    return f"{' + '.join(map(str, known))} = {sum(known)} boxes"


def total_lines(head: HeadItem, width: float) -> list[str]:
    """The same in lines of a width."""
    return folded([total_text(head)], width)


def each_box(head: HeadItem) -> str:
    """What a head says of every box: `4 or 6 boxes a place, each 20+1 scores and 4 offsets`."""
    kind = head.event.kind
    classes = getattr(kind, "classes", None)
    if not head.predictors or classes is None:
        return ""
    said = f"{places(head)} boxes a place, each "
    if kind.word == "yolo":
        return f"{said}4 offsets, objectness and {classes} classes"
    return f"{said}{classes}+1 scores and 4 offsets"


def outcome(head: HeadItem, name: str) -> tuple[str, str]:
    """How many numbers a result has, and what they are: `36` and `4 x 9 offsets`."""
    value = head.event.outputs.get(name)
    chain = head.ends[name]
    shape = chain.result.shape
    count = shape.channels if shape is not None else 0
    boxes = head.predictors[0].predicted.boxes if head.predictors else 0
    classes = getattr(head.event.kind, "classes", None)
    said = ""
    if boxes and count % boxes == 0:
        each = count // boxes
        said = f"{boxes} {name}" if each == 1 else f"{boxes} {TIMES} {each} {name}"
    elif classes is not None and name == "scores":
        said = f"{classes}+1 {name}" if count == classes + 1 else f"{count} {name}"
    elif classes is not None and count % 4 == 0 and count:
        said = f"{count // 4} {TIMES} 4 {name}"
    return str(count), said if value is not None else ""


def described(head: HeadItem, maps: str = "") -> str:
    """What stands behind the title of a head's panel; `maps` names those that share it."""
    kind = head.event.kind
    shared = f"shared by {maps}" if maps else ""
    if kind.form == "maps":
        if not maps:
            return anchors(head)
        return f"{shared}, {places(head)} anchors a place"
    if kind.form == "regions":
        return f"reads {maps}, one by the size of the region" if maps else ""
    if kind.form == "bars":
        return each_box(head)
    return ""


def grid_side(predictor: Predictor) -> int:
    """How many places a side of the map has on which boxes are predicted, if it is square and known."""
    grid = getattr(predictor.predicted.predictor, "grid", None)
    shape = predictor.predicted.map.shape
    sides = grid or (shape.sides if shape is not None else ())
    first = sides[0] if len(sides) == 2 and sides[0] == sides[1] else 0
    return first if isinstance(first, int) and 1 < first <= 20 else 0


def warping(head: HeadItem) -> str:
    """Where the regions of an R-CNN come from."""
    context = getattr(head.event.kind, "context", None)
    if context is None:
        return ""
    around = f", {context} pixels around" if context else ""
    return f"regions are proposed and cut out of an image, and warped{around}"
