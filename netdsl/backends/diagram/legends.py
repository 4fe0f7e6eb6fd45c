"""What stands in the legend of a figure: the kinds and signs that occur, and what is said about all boxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from netdsl.backends.diagram.figure import Figure, Node, Split, nodes_of, panels_of
from netdsl.backends.diagram.scene.legend import Entry
from netdsl.backends.diagram.scene.legend import height as legend_height
from netdsl.backends.diagram.settings import Settings

TEXTS = {
    "conv": "conv",
    "conv1": "1\N{MULTIPLICATION SIGN}1 conv",
    "grouped": "grouped conv",
    "fixed": "fixed conv",
    "pool": "pooling",
    "up": "upsampling",
    "norm": "normalisation",
    "activation": "activation",
    "linear": "fully connected",
    "softmax": "softmax",
    "stack": "block",
}
SIGNS = {"sum": "sum", "product": "product", "difference": "difference", "quotient": "quotient"}
CONVOLUTIONS = ("conv", "conv1", "grouped", "fixed", "up")


class Keys:
    """What stands in the legend of a figure."""

    def __init__(self, figures: Sequence[Figure], settings: Settings) -> None:
        self.entries: list[Entry] = []
        self.notes: list[str] = []
        if not settings.legend:
            return
        drawn = [node for figure in figures for node in figure.nodes]
        nodes = [node for node in drawn if not node.training or node.kind != "output"]
        panels = [panel for figure in figures for panel in panels_of(figure.children)]
        kinds = {node.kind for node in nodes}
        for kind, text in TEXTS.items():
            if kind in kinds:
                self.entries.append(Entry(kind, text))
        for kind, text in SIGNS.items():
            if kind in kinds:
                self.entries.append(Entry(f"@{kind}", self._after(nodes, kind, text)))
        if "concat" in kinds:
            times = "\N{MULTIPLICATION SIGN}"
            self.entries.append(Entry("@concat", f"concat, C{times}H{times}W"))
        if any(_projects(figure) for figure in figures):
            self.entries.append(Entry("@changes", "projection shortcut"))
        if any(node.training for node in drawn):
            self.entries.append(Entry("@training", "training only"))
        if any(panel.times > 1 for panel in panels):
            self.entries.append(Entry("@repeat", "repeated"))
        if settings.repeats == "paper" and any(panel.times > 1 for panel in panels):
            self.notes.append("strides and projections in the first of a stage only")
        if any(panel.kind == "dense" for panel in panels):
            self.notes.append("each layer of a dense block reads all before it")
        self.notes += _fused(nodes)

    def _after(self, nodes: list[Node], kind: str, text: str) -> str:
        """`sum, then ReLU`, where that holds for all of them."""
        after = {node.fused for node in nodes if node.kind == kind}
        return f"{text}, then {next(iter(after))}" if len(after) == 1 and "" not in after else text

    def height(self, width: float) -> float:
        """The room that it takes at a width."""
        if not self.entries and not self.notes:
            return 0.0
        return legend_height(self.entries, self.notes, width) + 8


def _projects(drawn: Figure) -> bool:
    def of(children: list) -> bool:
        for child in children:
            if isinstance(child, Split):
                if child.kind == "residual" and any(n.lines for n in nodes_of(child.branches[1])):
                    return True
                if any(of(branch) for branch in child.branches):
                    return True
            elif not isinstance(child, Node) and of(child.children):
                return True
        return False

    return of(drawn.children)


def _fused(nodes: list[Node]) -> list[str]:
    """What else is in the boxes of convolutions and linear layers: `BN and ReLU follow every convolution
    inside its box`."""
    said = []
    for kinds, what in ((CONVOLUTIONS, "convolution"), (("linear",), "fully connected layer")):
        boxes = [node for node in nodes if node.kind in kinds and not node.training]
        counted: Counter[str] = Counter()
        for node in boxes:
            counted.update(part for part in node.fused.split(", ") if part and part != "flatten")
        without = {p: [n for n in boxes if p not in n.fused.split(", ")] for p in counted}
        every = [part for part in counted if not without[part]]
        some = [part for part in counted if without[part]]
        if not every and len(boxes) > 2 and all(without[p] == boxes[-1:] for p in some):
            every, what, some = some, f"{what} but the last", []
        if every:
            follow = "follows" if len(every) == 1 else "follow"
            text = f"{' and '.join(every)} {follow} every {what} inside its box"
            if some:
                rare = sum(len(without[part]) for part in some) > len(some) * len(boxes) / 2
                text += f", {' or '.join(some)} {'some' if rare else 'most'} of them"
            said.append(text)
        elif some:
            follow = "follows" if len(some) == 1 else "follow"
            said.append(f"{' or '.join(some)} {follow} some {what}s inside their boxes")
    return said
