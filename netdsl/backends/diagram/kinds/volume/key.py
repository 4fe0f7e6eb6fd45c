"""The legend of volumes: the kinds of solids that occur, what the lines mean, and how true the scale is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netdsl.backends.diagram.kinds.volume import links, towers
from netdsl.backends.diagram.kinds.volume.captions import Usual, fused_words
from netdsl.backends.diagram.kinds.volume.solids import LEAST_WINDOW, window_shares
from netdsl.backends.diagram.kinds.volume.spacing import Column
from netdsl.backends.diagram.kinds.volume.style import Style
from netdsl.backends.diagram.kinds.volume.trunk import Solid, Trunk
from netdsl.backends.diagram.scene import legend as legends
from netdsl.backends.diagram.scene.legend import Entry
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.text import layer_text
from netdsl.layers.geometry import size_label

ORDER = ("conv", "conv1", "grouped", "fixed", "up", "pool", "linear", "stack", "shape", "extern")
NAMES = {
    "conv": "convolution",
    "conv1": "1\N{MULTIPLICATION SIGN}1 convolution",
    "grouped": "grouped convolution",
    "fixed": "fixed convolution",
    "up": "upsampling",
    "pool": "pooling",
    "linear": "fully connected",
    "stack": "block of layers",
    "shape": "rearranged numbers",
    "extern": "module from outside",
}
ABOVE = 5.0  # between captions and the legend
APART = 16.0  # between entries and a note that stands beside them


def draw(
    scene: Scene,
    way: Trunk,
    columns: Sequence[Column],
    usual: Usual,
    style: Style,
    width: float,
    top: float,
) -> float:
    """Draw the legend below `top`; the result is its bottom. `width` is what there is for it."""
    left, _, right, _ = scene.bounds()
    middle, wide = (left + right) / 2, max(right - left, 0.6 * width)
    found, notes = entries(way, columns, usual, style), remarks(columns, style)
    joined = "; ".join(notes)
    row = sum(legends.SAMPLE + text_width(e.text, legends.SIZE) + legends.GAP for e in found)
    beside = text_width(joined, legends.SIZE)
    top += ABOVE
    if row + APART + beside <= wide:
        start = middle - wide / 2
        y = top + legends.ROW / 2
        scene.text(start + wide, y, joined, legends.SIZE, "end", fill="muted")
        return legends.legend(scene, start, top, row - legends.GAP, found)
    return legends.legend(scene, middle - wide / 2, top, wide, found, notes)


def entries(way: Trunk, columns: Sequence[Column], usual: Usual, style: Style) -> list[Entry]:
    """An entry for every kind of solid, in a fixed order."""
    drawn = {}
    for column in columns:
        for solid in column.solids:
            kind = towers.shown_kind(solid, column)
            drawn.setdefault(kind, []).append(solid)
    found = [Entry(kind, _text(kind, drawn[kind], usual)) for kind in ORDER if kind in drawn]
    if style.towers and any(column.crossed for column in columns):
        found.append(Entry("@accent", "reads the other tower too"))
    if any(solid.reads for solid in way.solids):
        found.append(Entry("@shortcut", "skip connection"))
    if any(side.training for side in way.hanging):
        found.append(Entry("@training", "in training only"))
    return found


def _text(kind: str, solids: Sequence[Solid], usual: Usual) -> str:
    """What a kind of solid is, as exactly as holds for all of them."""
    text = NAMES[kind]
    layers = [solid.layer for solid in solids if solid.layer is not None]
    if kind == "conv":
        sizes = {size_label(size) for x in layers if (size := getattr(x, "kernel_size", None))}
        if len(sizes) == 1:
            one = layer_text(layers[0]).split(" ")[0]
            text = f"{one} convolution"
    elif kind == "grouped" and all(towers.groups_of(s) == s.channels for s in solids):
        text = "depthwise convolution"
    elif kind == "up" and all(x.family == "convolution" for x in layers):
        text = "transposed convolution"
    elif kind == "pool" and usual.pool:
        if not usual.pools_differ:
            text = layer_text(layers[0]).replace(" pool", " pooling")
        else:
            text = f"pooling ({usual.pool} unless stated)"
    elif kind == "stack":
        titles = list(dict.fromkeys(solid.title for solid in solids))
        text = titles[0] if len(titles) == 1 else text
    fused = [word for solid in solids[:1] for word in usual.fused(solid)]
    if fused and any(fused_words(solid) == tuple(fused) for solid in solids):
        text = " + ".join((text, *fused))
    return text


def remarks(columns: Sequence[Column], style: Style) -> list[str]:
    """What is said of the scale and of the lines."""
    found = ["edges as square roots"]
    if style.pyramids:
        pairs = [(a.solids[-1], b.solids[0]) for a, b in pairwise(columns)]
        seen = [(links.kernel(a, b), a) for a, b in pairs]
        windows = [window_shares(window, solid) for window, solid in seen if window is not None]
        if windows:
            found.append("dotted: what one place sees")
        if not all(true for _, _, true in windows):
            found.append(f"kernels shown at least {LEAST_WINDOW * 100:.0f} % wide")
    if any(solid.parts for column in columns for solid in column.solids):
        found.append("long stages are shortened")
    return found
