"""What stands below a stage: its name, its layers (`2 x (3x3, 64)`), its map's size, and what follows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from netdsl.backends.diagram import labels
from netdsl.backends.diagram.kinds.volume.stages import Stage
from netdsl.backends.diagram.kinds.volume.style import Style
from netdsl.backends.diagram.kinds.volume.trunk import Solid
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.text import TIMES, clean, layer_text, shape_text
from netdsl.layers.base import Layer
from netdsl.record import Record

LONGEST_WORDS = 32  # letters of a layer
LONGEST_PERIOD = 4
MOST_LINES = 6  # of layers; more are counted
LONGEST_REST = 58.0  # points; longer ones are lines
SHORT_WORDS = {"dropout": "dropout", "channel_dropout": "dropout", "drop_path": "drop path"}


class Caption(Record):
    """`name` is bold, `size` muted; `layers` and `rest` are lines of text, `pooled` a muted one."""

    name: str
    layers: tuple[str, ...]
    size: str
    rest: tuple[str, ...] = ()
    pooled: str = ""

    @property
    def width(self) -> float:
        plain = max((text_width(t, pen.TEXT) for t in (*self.layers, *self.rest)), default=0.0)
        muted = max(text_width(t, pen.SMALL) for t in (self.size, self.pooled))
        return max(plain, muted, text_width(self.name, pen.TITLE, True))

    @property
    def count(self) -> int:
        """How many lines it has."""
        return 1 + len(self.layers) + len(self.rest) + bool(self.size) + bool(self.pooled)

    def lines(self, layers: int) -> list[tuple[int, str, str]]:
        """Which line has which text, and its looks: "name", "plain" or "muted". `layers` is how many lines
        of layers a caption of the same row has at most: sizes stand in one line of the row, below the
        layers, or above them if they take several lines."""
        above = layers > 1 or not self.layers
        words = [(text, "plain") for text in self.layers]
        size = [(self.size, "muted")] if self.size else []
        rest = [*[(text, "plain") for text in self.rest], (self.pooled, "muted")]
        texts = [(self.name, "name"), *(size + words if above else words + size), *rest]
        return [(i, text, look) for i, (text, look) in enumerate(texts) if text]


class Usual:
    """What holds for all layers of a kind, so that the legend says it once: the layers fused with them, and the
    one way of pooling, if there is one."""

    def __init__(self, solids: Sequence[Solid]) -> None:
        fused: dict[str, Counter[tuple[str, ...]]] = {}
        for solid in solids:
            if solid.layer is not None:
                fused.setdefault(solid.layer.family, Counter())[fused_words(solid)] += 1
        self._fused = {family: found.most_common(1)[0][0] for family, found in fused.items()}
        pools = Counter(layer_words(solid) for solid in solids if solid.kind == "pool")
        self.pool, times = pools.most_common(1)[0] if pools else ("", 0)
        self.pools_differ = len(pools) > 1
        if self.pools_differ and times < 2:
            self.pool = ""

    def fused(self, solid: Solid) -> tuple[str, ...]:
        return self._fused.get(solid.layer.family, ()) if solid.layer is not None else ()


def fused_words(solid: Solid) -> tuple[str, ...]:
    """`("BN", "relu")`."""
    return tuple(layer_text(layer) for layer in solid.fused)


def caption(
    stage: Stage, following: Stage | None, usual: Usual, style: Style, sizes: bool, bare: bool
) -> Caption:
    """The caption of a stage. With `sizes` it says those of maps; `bare` ones say no channels, which stand at
    the solids then."""
    main, short = stage.main, style.short
    last = main[-1]
    words = [layer_words(solid, bare).removeprefix(f"{stage.name}, ") for solid in main]
    layers = [] if main[0].kind in ("input", "softmax") else _layers(words, short)
    size = sides_text(last) if layers else TIMES.join(map(str, last.shape))
    if last.kind in ("pool", "shape"):
        size = f"{last.channels}{TIMES}{size}"
    pooled = stage.leaning[-1] if stage.leaning else None
    told = ""
    if pooled is not None and following is not None and following.main[0].sides != pooled.sides:
        told = f"pooled {sides_text(pooled)}"
    rest = _rest(stage, usual)
    joined = ", ".join(rest)
    if rest and not short and text_width(joined, pen.TEXT) <= LONGEST_REST:
        rest = [joined]
    said = size if sizes else ""
    return Caption(stage.name, tuple(layers), said, tuple(rest), told if sizes else "")


def node_lines(solid: Solid) -> tuple[str, str]:
    """A solid in two lines, for formats that know boxes only: its layer, or the input's name, and its shape."""
    first = clean(solid.name) if solid.kind == "input" else layer_words(solid)
    return first, shape_text(solid.shape)


def sides_text(solid: Solid) -> str:
    """`56x56`."""
    return f"{solid.height}{TIMES}{solid.width}"


# ------------------------------------------------------------------------------------------ layers
def layer_words(solid: Solid, bare: bool = False) -> str:
    """A solid's layer: `3x3, 64, /2`; a bare one is `3x3, /2`."""
    if solid.layer is None:
        return f"{solid.title}, {solid.channels}"
    text = clean(labels.short(solid.layer), LONGEST_WORDS)
    text = text.replace(" conv dil ", " dil ")
    if bare:
        said = (str(solid.channels), f"g{getattr(solid.layer, 'groups', 1)}")
        return ", ".join(part for part in text.split(", ") if part not in said)
    if solid.kind == "pool":
        text = text.replace(" subsampling", "")  # the legend has it
    return f"{text}, {solid.channels}" if solid.kind in ("shape", "extern") else text


def _layers(words: Sequence[str], short: bool) -> list[str]:
    """Lines of layers, repetitions folded."""
    runs = folded(words)
    lines: list[str] = []
    for texts, times in runs:
        if short:
            lines += _narrow(texts, times)
        elif times == 1:
            lines += texts
        else:
            first, last = f"{times} {TIMES} ({texts[0]}", f"{texts[-1]})"
            lines += [f"{first})"] if len(texts) == 1 else [first, *texts[1:-1], last]
    if len(lines) <= MOST_LINES:
        return lines
    return [f"{len(words)} layers"]


def _narrow(texts: Sequence[str], times: int) -> list[str]:
    """The same in short lines: `2 x 3x3` above `64`."""
    lines = []
    for i, text in enumerate(texts):
        size, _, rest = text.partition(", ")
        if size == "fc":
            size, rest = text, ""
        lines.append(f"{times} {TIMES} {size}" if times > 1 and i == 0 else size)
        if rest:
            lines.append(rest)
    return lines


def folded(texts: Sequence[str]) -> list[tuple[tuple[str, ...], int]]:
    """Equal runs of texts and how often they stand one after another: the longest saving first."""
    out: list[tuple[tuple[str, ...], int]] = []
    at = 0
    while at < len(texts):
        best, times = 1, 1
        for period in range(1, LONGEST_PERIOD + 1):
            count = 1
            run = texts[at : at + period]
            while texts[at + count * period : at + (count + 1) * period] == run:
                count += 1
            if (count - 1) * period > (times - 1) * best:
                best, times = period, count
        out.append((tuple(texts[at : at + best]), times))
        at += best * times
    return out


# ------------------------------------------------------------------------------------------ others
def _rest(stage: Stage, usual: Usual) -> list[str]:
    """What else is done, in order: layers of their own, activations that differ from the usual ones, poolings
    that do."""
    words: list[str] = []
    said = False
    for solid in stage.solids:
        own, common = fused_words(solid), usual.fused(solid)
        if own != common:
            odd = ", ".join(own) if own else f"no {' or '.join(common)}"
            if odd not in words:
                words.append(odd)
        if solid in stage.leaning:
            plain = layer_words(solid) == usual.pool
            words.append("pool" if plain else layer_words(solid))
            said = said or not plain
        for layer in solid.apart:
            text = word_of(layer)
            if text and text not in words:
                words.append(text)
                said = True
    only_pools = all(word == "pool" for word in words)
    return [] if only_pools and not said else words


def word_of(layer: Layer) -> str:
    """A layer that is no solid, in few letters; "" of what changes nothing."""
    if layer.family == "pooling" or layer.word in ("reshape", "identity"):
        return ""
    return SHORT_WORDS.get(layer.word) or clean(layer_text(layer), LONGEST_WORDS)
