"""What figures of detectors say: stages in a few lines, outputs as sums and products, settings of heads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os.path import commonprefix
from typing import TYPE_CHECKING, Any

from netdsl.backends.diagram import labels
from netdsl.backends.diagram.items import Fold, HeadItem, Item, Join, Op, Predictor, Sub
from netdsl.backends.diagram.scene.legend import folded
from netdsl.backends.diagram.steps import Steps, summary
from netdsl.backends.diagram.text import TIMES, clean, kind_of
from netdsl.heads.predictors import Anchors

if TYPE_CHECKING:
    from netdsl.backends.diagram.kinds.pipeline_stages import Unit

SILENT = (
    "norm",
    "activation",
    "dropout",
    "shape",
)  # kinds of which a stage with others says nothing
MOST_LINES = 5


# -------------------------------------------------------------------------------------------- stages
def lines_of(items: Sequence[Item], steps: Steps, most: int = MOST_LINES) -> list[str]:
    """What a stage does, a line for every kind of step: `3 x (3x3, 256)`, `bottleneck x3`."""
    words = _words(items, steps)
    words = [word for word in words if word[1]] or words
    lines = _shown(_folded([word for word, _ in words]))
    if len(lines) <= most:
        return lines
    first = [line for line in lines[:1] if "max" in line or "avg" in line]
    total = steps.items(list(items))
    return [*first, summary(total)]


def _words(items: Sequence[Item], steps: Steps) -> list[tuple[str, bool]]:
    """A text for every step, and whether it says more than that the step is there."""
    out: list[tuple[str, bool]] = []
    for item in items:
        if isinstance(item, Op):
            kind = kind_of(item.layers[0])
            out.append((brief(item), kind not in SILENT))
        elif isinstance(item, Fold):
            out += _words(item.items, steps) * min(item.times, 99)
        elif isinstance(item, Sub) and _levels(item):
            out += _words(item.plan.items, steps)
        elif isinstance(item, Sub):
            out.append((f"\n{clean(item.scope.name, 22)}", True))
        elif isinstance(item, Join):
            inner = [w for chain in item.branches for w, _ in _words(chain.items, steps)]
            out += [(word, True) for word in inner]
            out.append((item.word, True))
        else:
            out.append((item.word or "arithmetic", True))
    return out


def brief(item: Op) -> str:
    """A layer in as few letters as say what it is: `3x3 dil 6, 1024`."""
    text = labels.short(item.layers[0])
    if kind_of(item.layers[0]) in labels.CONVOLUTIONS:
        text = text.replace(" conv ", " ")
    return text


def _levels(item: Sub) -> bool:
    """Whether a level is a stage of blocks or layers, and not a block that a name says enough about."""
    return bool(item.label) or item.scope.kind != "block"


def _folded(words: Sequence[str]) -> list[tuple[tuple[str, ...], int]]:
    """Runs of equal words, or of equal pairs."""
    out: list[tuple[tuple[str, ...], int]] = []
    at = 0
    while at < len(words):
        best = (1, 1)
        for period in (1, 2):
            run, times = tuple(words[at : at + period]), 1
            while tuple(words[at + times * period : at + (times + 1) * period]) == run:
                times += 1
            if times > 1 and times * period > best[0] * best[1] and len(run) == period:
                best = (period, times)
        period, times = best
        out.append((tuple(words[at : at + period]), times))
        at += period * times
    return out


def _shown(runs: list[tuple[tuple[str, ...], int]]) -> list[str]:
    lines: list[str] = []
    for words, times in runs:
        names = [word.removeprefix("\n") for word in words]
        if times == 1:
            lines += names
        elif len(words) == 1 and words[0].startswith("\n"):
            lines.append(f"{names[0]} {TIMES}{times}")
        elif len(words) == 1:
            lines.append(f"{times} {TIMES} ({names[0]})")
        else:
            lines += [f"{times} {TIMES} ({names[0]}", f"{names[1]})"]
    return lines


def title_of(units: Sequence[Unit], number: int, tapped: bool = False) -> str:
    """What a stage is called: by the labels in it, else by its number, as VGG's stages are. If its map is
    `tapped`, it has the name of that."""
    names: list[str] = []
    for unit in units:
        if unit.light and any(not other.light for other in units):
            continue
        name = _label(unit.item)
        if name and name not in names:
            names.append(name)
    if not names:
        plain = all(isinstance(_first(unit.item), Op) for unit in units)
        return f"{'conv' if plain else 'stage'}{number}"
    common = commonprefix(names).rstrip("_.")
    if len(names) > 1 and all(re.fullmatch(re.escape(common) + r"[_.]\d+", n) for n in names):
        return clean(common, 18)
    if len(names) == 1 or tapped:
        return clean(names[-1], 18)
    both = f"{names[0]}, {names[1]}" if len(names) == 2 else f"{names[0]} to {names[-1]}"
    return both if len(both) <= 18 else clean(names[-1], 18)


def _first(item: Item) -> Item:
    return _first(item.items[0]) if isinstance(item, Fold) else item


def _label(item: Item) -> str:
    """The part of an item's name that a person wrote, "" if it has only a number."""
    if isinstance(item, Fold):
        inner = _label(item.items[0])
        return re.sub(r"_\d+$", "", inner)
    if isinstance(item, (Op, Sub)):
        return next((part for part in item.path if not part[:1].isdigit()), "")
    return item.word


# --------------------------------------------------------------------------------------------- heads
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


def product(total: int, factors: Sequence[tuple[int, str]]) -> str:
    """`36 = 4 x 9 offsets`: a number of channels, if it is what its factors say."""
    result = 1
    for value, _ in factors:
        result *= value
    if result != total or len(factors) < 2:
        return str(total)
    said = f" {TIMES} ".join(f"{value}{f' {word}' if word else ''}" for value, word in factors)
    return f"{total} = {said}"


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
    if len(sides) == 2 and sides[0] == sides[1] and isinstance(sides[0], int):
        return sides[0] if 1 < sides[0] <= 20 else 0
    return 0


def warping(head: HeadItem) -> str:
    """Where the regions of an R-CNN come from."""
    context = getattr(head.event.kind, "context", None)
    if context is None:
        return ""
    around = f", {context} pixels around" if context else ""
    return f"regions are proposed and cut out of an image, and warped{around}"
