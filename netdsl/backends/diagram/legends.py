"""What stands in the legend of a figure: the kinds and signs that occur, and what is said about all boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.backends.diagram.figure import Child, Figure, Node, Panel, Split, nodes_of, panels_of
from netdsl.backends.diagram.labels import VALID
from netdsl.backends.diagram.notes import fused_notes
from netdsl.backends.diagram.scene.legend import Entry
from netdsl.backends.diagram.scene.legend import height as legend_height
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import TIMES

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
    "dropout": "dropped at random in training",
}
POINTWISE = {
    1: "conv 1",
    3: "1\N{MULTIPLICATION SIGN}1\N{MULTIPLICATION SIGN}1 conv",
}  # by the sides of maps
SIDES = {0: "C", 1: "CxL", 2: "CxHxW", 3: "CxDxHxW"}
DEPTHWISE = "dw conv"
SIGNS = {"sum": "sum", "product": "product", "difference": "difference", "quotient": "quotient"}


class Keys:
    """What stands in the legend of a figure."""

    def __init__(self, figures: Sequence[Figure], settings: Settings, cell: bool = False) -> None:
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
                own = [node for node in nodes if node.kind == kind]
                if kind == "dropout" and all("dropout" in node.lines[0] for node in own):
                    continue  # they say it themselves
                if kind == "grouped" and all(DEPTHWISE in node.lines[0] for node in own):
                    text = "depthwise conv"
                if kind == "conv1":
                    text = POINTWISE.get(_sides(own), text)
                self.entries.append(Entry(kind, text))
        for kind, text in SIGNS.items():
            if kind in kinds:
                self.entries.append(Entry(f"@{kind}", self._after(nodes, kind, text)))
        if "concat" in kinds:
            joined = [node for node in nodes if node.kind == "concat"]
            shape = "" if cell else f", {SIDES[_sides(joined)].replace('x', TIMES)}"
            self.entries.append(Entry("@concat", f"concat{shape}"))
        ways = [node for figure in figures for node in _ways(figure.children)]
        if ways:
            projects = all(node.kind in ("conv", "conv1") for node in ways)
            self.entries.append(
                Entry("@changes", f"{'projection' if projects else 'shape-changing'} shortcut")
            )
        if any(node.training for node in drawn):
            self.entries.append(Entry("@training", "training only"))
        if any(panel.times > 1 for panel in panels):
            self.entries.append(Entry("@repeat", "repeated"))
        if settings.repeats == "paper" and any(panel.times > 1 for panel in panels):
            self.notes.append("strides and projections in the first of a stage only")
        if any(panel.kind == "dense" for panel in panels):
            self.notes.append("each layer of a dense block reads all before it")
        if cell and any(node.cell[-1:] and node.cell[-1].endswith(f" {VALID}") for node in nodes):
            self.notes.append(f"{VALID}: no padding")
        self.notes += fused_notes(figures)
        self.notes += dict.fromkeys(note for figure in figures for note in figure.notes)

    def _after(self, nodes: list[Node], kind: str, text: str) -> str:
        """`sum, then ReLU`, where that holds for all of them; or for all but the last."""
        after = [node.fused for node in nodes if node.kind == kind]
        said = {fused for fused in after if fused}
        if len(said) != 1:
            return text
        if all(after):
            return f"{text}, then {after[0]}"
        return f"{text}, then {after[0]} but for the last" if all(after[:-1]) else text

    def height(self, width: float) -> float:
        """The room that it takes at a width."""
        if not self.entries and not self.notes:
            return 0.0
        return legend_height(self.entries, self.notes, width) + 8


def _sides(nodes: Sequence[Node]) -> int:
    """How many sides the maps of nodes have; 2, an image's, where they differ."""
    found = {node.size.count(TIMES) for node in nodes}
    return min(found) if len(found) == 1 and found <= SIDES.keys() else 2


def _ways(children: Sequence[Child]) -> Iterator[Node]:
    """The boxes on ways around bodies."""
    for child in children:
        if isinstance(child, Split):
            if child.kind == "residual":
                yield from (node for node in nodes_of(child.branches[1]) if node.lines)
            for branch in child.branches:
                yield from _ways(branch)
        elif isinstance(child, Panel):
            yield from _ways(child.children)
