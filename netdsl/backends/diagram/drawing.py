"""Design -> scene: the figure of a network at its printed size."""

from __future__ import annotations

from collections import Counter

from netdsl.backends.diagram.draw import Drawer
from netdsl.backends.diagram.figure import Figure, Node, panels_of
from netdsl.backends.diagram.layout.brush import Brush
from netdsl.backends.diagram.layout.build import build
from netdsl.backends.diagram.layout.fit import MARGIN, PAGE, Plan, best, plans
from netdsl.backends.diagram.layout.style import Style
from netdsl.backends.diagram.levels import level, names_of
from netdsl.backends.diagram.plan import Planner
from netdsl.backends.diagram.scene.legend import Entry
from netdsl.backends.diagram.scene.legend import height as legend_height
from netdsl.backends.diagram.scene.legend import legend as draw_legend
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import plural
from netdsl.design import Design

POINTS = 72  # an inch


def draw(design: Design, settings: Settings | None = None) -> tuple[Scene, str]:
    """The figure of a network, and a sentence that says how it was made to fit."""
    settings = settings or Settings()
    width, height = settings.width or PAGE[0], settings.height or PAGE[1]
    planner = Planner(design, settings)
    plan = planner.scope(design.net)
    wanted = [settings.level] if settings.level else names_of(plan)
    found: list[tuple[str, Plan, Figure]] = []
    for name in wanted:
        drawn = Drawer(planner, level(plan, name, settings.expand)).draw()
        tried: list[Plan] = []
        for free in (False, True):
            built = build(drawn, hidden(design, drawn))
            keys = Keys(drawn, design, settings)
            style = Style(right=settings.direction == "right", sizes=settings.sizes)
            tried += plans(built, width, height, keys.height, style, free)
            chosen = best(tried)
            if chosen is not None:
                return _painted(drawn, chosen, keys, width), said(name, chosen)
            if not built.trunk.lanes:
                break
        nearest = min(tried, key=lambda plan: plan.rank)
        found.append((name, nearest, drawn))
    name, nearest, drawn = min(found, key=lambda entry: entry[1].rank)
    scene = _painted(drawn, nearest, Keys(drawn, design, settings), width)
    return scene, f"{said(name, nearest)} (larger than asked for: nothing smaller can be read)"


def _painted(drawn: Figure, chosen: Plan, keys: Keys, width: float) -> Scene:
    scene = Scene(drawn.name, drawn.description)
    brush = Brush(scene, chosen.style)
    chosen.columns().place(brush)
    left, _, right, bottom = scene.bounds()
    if keys.entries or keys.notes:
        room = max(right - left, min(0.7 * width, width - 2 * MARGIN))
        middle = (left + right) / 2
        draw_legend(scene, middle - room / 2, bottom + 8, room, keys.entries, keys.notes)
    scene.crop(MARGIN)
    return scene


def said(name: str, plan: Plan) -> str:
    """`level layer, 3 columns, short labels, 6.72 x 5.06 in, smallest label 7.0 pt`."""
    parts = plural(len(plan.breaks) + 1, "row" if plan.style.right else "column")
    size = f"{plan.width / POINTS:.2f} x {plan.height / POINTS:.2f} in"
    return f"level {name}, {parts}, {plan.style.words} labels, {size}"


def hidden(design: Design, drawn: Figure) -> frozenset[str]:
    """The end of a network that gives one thing, and has no name for it, is not drawn."""
    if design.net.outputs or design.heads or design.net.aux and len(drawn.nodes) < 3:
        return frozenset()
    return frozenset(n.name for n in drawn.nodes if n.kind == "output" and not n.training)


# -------------------------------------------------------------------------------------------- legend
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

    def __init__(self, drawn: Figure, design: Design, settings: Settings) -> None:
        self.entries: list[Entry] = []
        self.notes: list[str] = []
        if not settings.legend:
            return
        nodes = [node for node in drawn.nodes if not node.training or node.kind != "output"]
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
        if _projects(drawn):
            self.entries.append(Entry("@changes", "projection shortcut"))
        if any(node.training for node in nodes):
            self.entries.append(Entry("@training", "training only"))
        if any(panel.times > 1 for panel in panels_of(drawn.children)):
            self.entries.append(Entry("@repeat", "repeated"))
        if any(panel.kind == "dense" for panel in panels_of(drawn.children)):
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
    from netdsl.backends.diagram.figure import Split, nodes_of

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
                text += f", {' or '.join(some)} some"
            said.append(text)
        elif some:
            follow = "follows" if len(some) == 1 else "follow"
            said.append(f"{' or '.join(some)} {follow} some {what}s inside their boxes")
    return said
