"""Scenes that have everything a scene can have, and texts that break formats which do not escape them."""

from __future__ import annotations

from netdsl.backends.diagram.scene import legend, pen
from netdsl.backends.diagram.scene.legend import Entry
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.scene.themes import KINDS

TEXTS = {
    "conv": "3×3 conv, 64, /2",
    "conv1": "1×1, 128",
    "grouped": "3×3 conv, 256, g32",
    "fixed": "fixed 5×5",
    "pool": "3×3 max pool, /2",
    "up": "up ×2",
    "norm": "LRN",
    "activation": "relu",
    "linear": "fc, 1000",
    "softmax": "softmax",
    "stack": "inception 4b",
    "dropout": "dropout 0.4",
    "shape": "reshape",
    "extern": "extern",
    "param": "γ, β",
    "compute": "mean ± 2",
    "input": "image 3×224×224",
    "output": "classes",
}
HOSTILE = (
    "<script>alert(1)</script>",
    "a ]]> b <!-- c --> &amp; &#1;",
    "\\end{document} \\input{x} \\\\ \\",
    "50 % of $x^2_i$ ~ {#1} & \"q\" 'p' `r`",
    "^^4d -- --- ?` !` ,, << >> ''",
    ") Tj (endstream endobj) \\",
    "nul \x00 bell \x07 tab \t line \n end",
    "bidi \u202egnp.exe\u202c \u2066x\u2069 \u200f",
    "lone \ud800 half, no \uffff character",
    "café naïve Łódź ÅÄÖ ßøþð œ €",
    "≈ H/16, α→Δ, ∑ x², ½, −1",
    "漢字 кириллица עברית 🙂",
    "thin\u2009space, no\u00a0break, soft\u00adhyphen",
    "[x=1] (y) : ; ! ? | = * + @ , .",
    "“quotes” ‘single’ «g» ‹h› „low‚ … • † ‡ ‰ ™",
    "¡¿¢£¤¥¦§¨©ª¬®¯°±²³´µ¶·¸¹º¼½¾×÷",
)


def boxes(scene: Scene, left: float, top: float) -> None:
    """A box of each kind, six to a row, and what can be said of boxes."""
    for i, kind in enumerate(KINDS):
        x, y = left + 40 + i % 6 * 82, top + 10 + i // 6 * 22
        pen.box(scene, x, y, 76, 13, kind, [TEXTS[kind]])
    y = top + 78
    pen.box(scene, left + 40, y, 76, 21, "conv", ["3×3 conv", "64, /2"], bold=[1])
    pen.box(scene, left + 122, y, 76, 21, "pool", ["max", "3×3, /2"], training=True)
    pen.box(scene, left + 204, y, 76, 21, "linear", ["fc", "4096"], thick=True)
    pen.box(scene, left + 286, y, 76, 21, "conv1", ["frozen"], grey=True)
    pen.box(scene, left + 368, y, 40, 21, "conv", ["tight label"], stage=1)
    pen.box(scene, left + 422, y, 40, 21, "stack", ["stage 2"], stage=2)
    pen.box(scene, left + 472, y, 30, 13, "conv1", ["7×1, 192"], size=7.2, stage=3)


def lines(scene: Scene, left: float, top: float) -> None:
    """Every kind of line: round corners, dashes, heads, arcs, brackets, signs."""
    pen.arrow(scene, [(left, top), (left + 30, top), (left + 30, top + 30), (left + 60, top + 30)])
    pen.arrow(scene, [(left, top + 10), (left + 12, top + 10), (left + 12, top + 30)], radius=4)
    pen.arrow(scene, [(left, top + 40), (left + 60, top + 52)], dash=pen.CHANGES, line=pen.SHORTCUT)
    pen.arrow(
        scene,
        [(left + 66, top), (left + 96, top + 20), (left + 66, top + 40), (left + 110, top + 40)],
        radius=8,
        dash=pen.TRAINING,
    )
    pen.midway(scene, left + 30, top + 16)
    pen.arrow(scene, [(left + 104, top), (left + 130, top)], stroke="accent", head=False)
    for i, kind in enumerate(pen.SIGNS):
        pen.sign(scene, left + 110 + i * 12, top + 14, kind)
    for i in range(5):
        x = left + 120 + 16 * i
        arc = [
            (left + 120, top + 50),
            (left + 122, top + 20),
            (x + 30, top + 20),
            (x + 32, top + 50),
        ]
        scene.curve(arc, f"accent{i}", 0.7, pen.DROPPED if i == 4 else None)
    pen.bar(scene, left + 180, left + 262, top + 6, "512×14×14")
    pen.bar(scene, left + 180, left + 262, top + 16)
    pen.bracket(scene, left + 270, top, top + 50, "×6")
    scene.text(left + 302, top + 50, "upwards", 7, "start", turned=True)
    scene.text(left + 312, top + 25, "in the middle", 7, turned=True)
    scene.text(left + 322, top, "ends here", 7, "end", turned=True, bold=True, fill="muted")
    scene.circle(left + 338, top + 10, 6, "accent0", None)
    scene.circle(left + 354, top + 10, 4.3, None, "ink", 1.2)
    solid = [(left + 332, top + 30), (left + 352, top + 30), (left + 358, top + 24)]
    scene.path([*solid, (left + 338, top + 24)], "conv.top", "conv.s")
    scene.path([(left + 352, top + 30), (left + 358, top + 24), (left + 358, top + 44),
                (left + 352, top + 50)], "conv.side", "conv.s")  # fmt: skip
    scene.rect(left + 332, top + 30, 20, 20, "conv.f", "conv.s", dash="2 1", radius=3)
    for i in range(6):
        scene.text(left + 394, top + 4 + i * 9, ("start", "middle", "end")[i % 3], 6 + i * 0.6,
                   ("start", "middle", "end")[i % 3], bold=i > 2, fill="text")  # fmt: skip
    scene.path([(left + 394, top), (left + 394, top + 54)], None, "accent", 0.2, closed=False)


def everything(title: str = "Everything") -> Scene:
    """All primitives, kinds, signs, lines and a legend, in panels."""
    scene = Scene(title, "Each shape that a figure can have, once.")
    pen.panel(scene, 0, 0, 504, 112, "boxes", "64×56×56")
    boxes(scene, 6, 16)
    pen.panel(scene, 0, 118, 430, 84, "lines")
    lines(scene, 10, 140)
    pen.panel(scene, 436, 118, 68, 84, "training", training=True)
    pen.box(scene, 470, 150, 54, 13, "softmax", ["aux 1"], training=True)
    pen.box(scene, 470, 176, 54, 13, "conv", ["café"], thick=True, stage=4)
    entries = [Entry(kind, TEXTS[kind]) for kind in KINDS]
    signs = ("sum", "product", "concat", "shortcut", "changes", "training", "panel", "accent")
    entries += [Entry(f"@{sign}", sign) for sign in (*signs, "repeat")]
    note = "BN and relu follow every convolution inside its box"
    legend.legend(scene, 0, 208, 504, entries, [note, "≈ means about"])
    scene.crop(4)
    return scene


def hostile() -> Scene:
    """Texts that are no harm to anything."""
    scene = Scene(HOSTILE[0] + HOSTILE[2] + HOSTILE[5] + HOSTILE[6], " ".join(HOSTILE))
    for i, text in enumerate(HOSTILE):
        pen.box(scene, 110, 10 + i * 16, 220, 13, "conv1", [text])
    scene.crop()
    return scene


def many(count: int) -> Scene:
    """So many boxes with labels and arrows, in columns of a hundred."""
    scene = Scene("Many")
    for i in range(count):
        x, y = i // 100 * 80, i % 100 * 20
        pen.box(scene, x, y, 60, 12.5, "conv", [f"3×3, {i}"])
        pen.arrow(scene, [(x, y + 6.25), (x, y + 13.75)])
    scene.crop()
    return scene
