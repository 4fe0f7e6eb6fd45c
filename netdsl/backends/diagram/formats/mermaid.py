"""Figure -> a flowchart in Mermaid, which GitHub draws in a README below ```` ```mermaid ````.

Only what every version since 9 understands is written: boxes in shapes by kind, subgraphs for panels, classes
with the colours of the light theme. Nodes have colours of text and fill of their own; panels and lines take
theirs from the page, so that the chart is readable on a dark one too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from netdsl.backends.diagram.draw import figure as draw
from netdsl.backends.diagram.figure import BARS, Child, Edge, Figure, Node, Panel, Split, panels_of
from netdsl.backends.diagram.formats.seen import UNSEEN, seen_edges, ways_around
from netdsl.backends.diagram.levels import MOST_NODES, choose
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.scene.themes import KINDS, named
from netdsl.backends.diagram.text import TIMES, clean
from netdsl.backends.diagram.treatment import STARTED
from netdsl.design import Design
from netdsl.diagnostics import Diagnostic, NetError
from netdsl.escaping.mermaid import escaped, spoken
from netdsl.weights import FROZEN

# Mermaid's own settings `maxTextSize` and `maxEdges`; a page can raise them, a chart cannot, and GitHub
# leaves them as they are.
MOST_LETTERS = 50_000
MOST_EDGES = 500

SIGNS = {"sum": "+", "product": TIMES, "difference": "\u2212", "quotient": "\xf7", "power": "^"}
SHAPES = {  # of boxes, by the shape of their kind
    "square": ('["', '"]'),
    "dashed": ('["', '"]'),
    "round": ('("', '")'),
    "stadium": ('(["', '"])'),
    "narrow": ('[\\"', '"/]'),
    "wide": ('[/"', '"\\]'),
    "stack": ('[["', '"]]'),
    "circle": ('(("', '"))'),
}
DASHES = "stroke-dasharray:4 3"
APART = 28  # pixels between boxes side by side
# Pixels between ranks; Mermaid makes no room for titles, nor for titles below titles.
BELOW, TITLED, NESTED = 28, 48, 56
PAD = "#8195;"  # half of a chain's title, so that the line into its middle does not cross it
PANEL = "fill:#80808018,stroke:#80808090"  # grey that lets the page through, light or dark


def mermaid_of(design: Design) -> str:
    """The flowchart of a network, as deep as Mermaid draws it. Raises `NetError` (E425) if even a figure
    without any inside of blocks is too large."""
    plan = Planner(design).scope(design.net)
    most, tried = MOST_NODES, None
    text, edges = "", 0
    while most > 4:
        level = choose(plan, most)
        size = (level.depth, level.length, level.joins)
        if size != tried:
            figure = draw(design, level)
            text, edges = mermaid(figure), len(seen_edges(figure))
            if len(text) < MOST_LETTERS and edges < MOST_EDGES:
                return text
        most, tried = most * 3 // 4, size
    message = f"the flowchart has {edges:,} edges and {len(text):,} letters"
    hint = f"Mermaid draws fewer than {MOST_EDGES} edges and {MOST_LETTERS:,} letters; SVG has no limits"
    raise NetError([Diagnostic("E425", message, hint=hint)])


def mermaid(figure: Figure) -> str:
    """The flowchart of a figure, however large."""
    return _Writer(figure).text()


class _Writer:
    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.ids: dict[str, str] = {}
        self.panels: list[str] = []
        self.classes: dict[str, list[str]] = {}
        self.lines: list[str] = []

    def text(self) -> str:
        figure = self.figure
        panels = list(panels_of(figure.children))
        below = TITLED if any(panel.title for panel in panels) else BELOW
        if any(isinstance(panel.children[0], Panel) for panel in panels):
            below = NESTED
        spacing = {"nodeSpacing": APART, "rankSpacing": below}
        init = json.dumps({"flowchart": spacing})
        self.lines = [f"%%{{init: {init}}}%%", "flowchart TB"]
        if said := spoken(figure.description):
            self.lines.append(f"  accDescr: {said}")
        self._children(figure.children, 1)
        around = ways_around(figure.children)
        told: set[str] = set()  # nodes whose shape stands at an edge
        for edge in seen_edges(figure):
            self._edge(edge if edge.tail not in told else edge.but(shape=""), around)
            if edge.shape:
                told.add(edge.tail)
        self._classes()
        return "\n".join([*self.lines, ""])

    # ------------------------------------------------------------------------------------- nodes
    def _children(self, children: Sequence[Child], depth: int) -> None:
        for child in children:
            if isinstance(child, Node):
                self._node(child, depth)
            elif isinstance(child, Panel):
                self._panel(child, depth)
            else:
                self._split(child, depth)

    def _split(self, split: Split, depth: int) -> None:
        for branch in split.branches:
            self._children(branch, depth)
        if split.join is not None:
            self._node(split.join, depth)

    def _panel(self, panel: Panel, depth: int) -> None:
        number = f"g{len(self.panels)}"
        self.panels.append(number)
        times = f"{TIMES}{panel.times}" if panel.times > 1 else ""
        title = "  ".join(filter(None, (clean(panel.title), times)))
        title = " \xb7 ".join(filter(None, (title, ", ".join(map(clean, panel.notes)))))
        shown, indent = escaped(title), "  " * depth
        if isinstance(panel.children[0], Node):
            shown += PAD * (len(title) // 2 + 2) + "#160;"
        self.lines.append(f'{indent}subgraph {number}["{shown or " "}"]')
        self._children(panel.children, depth + 1)
        self.lines.append(f"{indent}end")
        self._class("panel", number)
        if panel.training:
            self._class("training", number)

    def _node(self, node: Node, depth: int) -> None:
        if node.kind in UNSEEN:
            return
        number = self.ids[node.name] = f"n{len(self.ids)}"
        lines = list(map(escaped, node.told))
        shape, look = "square", node.kind
        if node.kind in SIGNS:
            shape, look, lines = "circle", "sign", [SIGNS[node.kind]]
        elif node.kind in BARS:
            look = "bar"
            lines = [f"{node.kind} {lines[0]}" if node.kind == "concat" else lines[0], *lines[1:]]
        else:
            look = node.kind if node.kind in KINDS else "shape"
            shape = KINDS[look].shape
        if node.times > 1:
            lines[0] += f"  {TIMES}{node.times}"
        before, after = SHAPES[shape]
        self.lines.append(f"{'  ' * depth}{number}{before}{'<br/>'.join(lines)}{after}")
        self._class(look, number)
        if node.training or (look in KINDS and KINDS[look].shape == "dashed"):
            self._class("training", number)
        if FROZEN in node.treated:
            self._class("frozen", number)
        if STARTED in node.treated:
            self._class("started", number)

    def _class(self, name: str, number: str) -> None:
        self.classes.setdefault(name, []).append(number)

    # ------------------------------------------------------------------------------------- edges
    def _edge(self, edge: Edge, around: set[str]) -> None:
        """Dotted in training only, on shortcuts that change what they carry, and where only height and
        width are read."""
        if edge.tail not in self.ids or edge.head not in self.ids:
            return
        changes = edge.role == "shortcut" and (edge.tail in around or edge.head in around)
        dotted = changes or edge.role in ("training", "size")
        said = edge.shape or ("size" if edge.role == "size" else "")
        label = f'|"{escaped(said)}"|' if said else ""
        arrow = "-.->" if dotted else "-->"
        self.lines.append(f"  {self.ids[edge.tail]} {arrow}{label} {self.ids[edge.head]}")

    def _classes(self) -> None:
        """Colours and dashes of what occurs."""
        theme = named("light")
        special = {
            "sign": (theme["paper"], theme["ink"], theme["text"]),
            "bar": (theme["bar"], theme["bar"], theme["bartext"]),
        }
        looks = {"panel": PANEL, "training": DASHES}
        looks |= {"frozen": f"fill:{theme['band']}", "started": "stroke-width:3px"}
        for name, numbers in self.classes.items():
            look = looks.get(name)
            if look is None:
                fill, stroke, ink = special.get(name) or (
                    *(theme[f"{name}.f"], theme[f"{name}.s"]),
                    theme["text"],
                )
                look = f"fill:{fill},stroke:{stroke},color:{ink}"
            self.lines.append(f"  classDef {name} {look}")
            self.lines.append(f"  class {','.join(numbers)} {name}")
