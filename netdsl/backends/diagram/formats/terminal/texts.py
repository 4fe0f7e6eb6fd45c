"""What is written in a drawing in characters: boxes, titles, references and sizes."""

from __future__ import annotations

from typing import TypedDict

from netdsl.backends.diagram.figure import BARS, Edge, Figure, Node, Panel
from netdsl.backends.diagram.formats.terminal.blocks import Box
from netdsl.backends.diagram.formats.terminal.page import length, shown, wrapped
from netdsl.backends.diagram.formats.terminal.wiring import Wired, WiredPanel, WiredSplit, Wiring
from netdsl.backends.diagram.scene.themes import KINDS

LONG = 44  # columns of a box whose lines are written as one
LONGEST_NAME, LONGEST_SIZE = 28, 24
JOINED, STACKED, TIGHT = DENSITIES = range(3)  # lines as one; as they are; no spaces around them
SIGNS = {"sum": "⊕", "product": "⊗", "difference": "⊖", "quotient": "⊘", "power": "(^)"}
AROUND = {  # what stands around the text of a box, by the shape of its kind
    "square": ("[ ", " ]"),
    "round": ("( ", " )"),
    "stadium": ("( ", " )"),
    "narrow": ("╲ ", " ╱"),
    "wide": ("╱ ", " ╲"),
    "stack": ("[[ ", " ]]"),
    "dashed": ("┊ ", " ┊"),
}
IN_ASCII = {"narrow": ("\\ ", " /"), "wide": ("/ ", " \\"), "dashed": (": ", " :")}


class Join(TypedDict):
    """What joins branches: the text of a bar, a sign or nothing; what stands beside it; its size."""

    join: str | None
    bar: bool
    note: str
    beside: str


class Texts:
    """All texts of a drawing; `fused` says that those are told that stand in the box of a layer."""

    def __init__(self, figure: Figure, wiring: Wiring, ascii: bool, fused: bool = True) -> None:
        self.fused = fused
        self.wiring = wiring
        self.ascii = ascii
        self.dot = f" {self.text('·')} "
        self.names = self._names()
        self.sizes = self._sizes(figure)

    def text(self, text: str) -> str:
        return shown(text, self.ascii)

    def _names(self) -> dict[str, str]:
        """What nodes are called that references lead from: their names, or the ends of long ones."""
        found: dict[str, str] = {}
        for name in self.wiring.named:
            text = self.text(name)
            if length(text) > LONGEST_NAME:
                text = self.text("…") + text[-(LONGEST_NAME - 4) :]
            while text in found.values():
                text += "'"
            found[name] = text
        return found

    def _sizes(self, figure: Figure) -> dict[str, str]:
        """Of nodes whose shape is news: the shape, but for those that have it as their text."""
        nodes = {node.name: node for node in figure.nodes}
        found = {}
        for edge in self.wiring.edges:
            node = nodes.get(edge.tail)
            if edge.shape and node is not None and edge.shape not in node.lines:
                found[edge.tail] = self.text(edge.shape)
        return found

    def size(self, node: Node) -> str:
        """What stands at the right of the page; long formulas stand in the box instead."""
        size = self.sizes.get(node.name, "")
        return size if length(size) <= LONGEST_SIZE else ""

    def sized(self, part: Wired) -> bool:
        """Whether a part has nodes whose sizes stand at the right of the page."""
        if isinstance(part, Node):
            return bool(self.size(part))
        if isinstance(part, WiredPanel):
            return any(self.sized(step.part) for step in part.run.steps)
        join = part.split.join
        inside = any(self.sized(step.part) for run in part.runs for step in run.steps)
        return inside or (join is not None and bool(self.size(join)))

    @property
    def widest_size(self) -> int:
        return max((n for n in map(length, self.sizes.values()) if n <= LONGEST_SIZE), default=0)

    # ------------------------------------------------------------------------------- references
    def references(self, edges: list[Edge]) -> str:
        """`@a, size of @b`."""
        said: list[str] = []
        for edge in edges:
            for name in self.wiring.sources(edge):
                text = f"{'size of ' if edge.role == 'size' else ''}@{self.names[name]}"
                said += [text] if text not in said else []
        return ", ".join(said)

    def beside(self, node: Node, linked: bool) -> str:
        """What stands at the right of a node: how often it occurs, its name if it is read elsewhere, and
        what it reads beside what comes along the line."""
        parts = [self.text(f"×{node.times}")] if node.times > 1 else []
        parts += [node.treated] if node.treated else []
        parts += [f"@{self.names[node.name]}"] if node.name in self.names else []
        others = self.wiring.references.get(node.name, [])
        if linked and others:
            parts.append(f"{self.text('←')} {self.references(others)}")
        return " ".join(parts)

    def before(self, part: Wired, linked: bool) -> Box | None:
        """What a part reads that no line leads to, above it."""
        if linked:
            return None
        if isinstance(part, Node):
            name = part.name
        elif isinstance(part, WiredSplit) and part.split.fork is not None:
            name = part.split.fork.name
        else:
            return None
        return self.starting(self.wiring.references.get(name, []))

    def starting(self, edges: list[Edge]) -> Box | None:
        said = self.references(edges)
        return Box(wrapped(said, LONG)) if said else None

    # ------------------------------------------------------------------------------------ parts
    def box(self, node: Node, linked: bool, density: int) -> Box:
        beside, note = self.beside(node, linked), self.size(node)
        if node.kind in SIGNS:
            return Box([self.text(SIGNS[node.kind])], beside=self.after(node, beside), note=note)
        lines = list(map(self.text, node.told if self.fused else node.lines)) or [""]
        joined = self.dot.join(lines)
        if density == JOINED and length(joined) <= LONG:
            lines = [joined]
        if node.name in self.sizes and not note:
            lines += wrapped(self.sizes[node.name], LONG)
        before, after = self._around(node.kind)
        if density == TIGHT:
            before, after = before.strip(), after.strip()
        return Box(lines, (before, after), beside, note)

    def after(self, node: Node, beside: str) -> str:
        """What stands beside a sign, and before it the activation that follows the sum."""
        return " ".join(filter(None, [self.text(node.fused) if self.fused else "", beside]))

    def _around(self, kind: str) -> tuple[str, str]:
        shape = KINDS[kind].shape if kind in KINDS else "square"
        return IN_ASCII.get(shape, AROUND[shape]) if self.ascii else AROUND[shape]

    def notes(self, panel: Panel) -> list[str]:
        """What is said of a panel beside its title, what matters most first."""
        words = [*panel.notes, panel.treated]
        words += ["training only"] if panel.training and panel.kind != "repeat" else []
        return [self.text(word) for word in words if word]

    def times(self, panel: Panel) -> str:
        return self.text(f"×{panel.times}") if panel.times > 1 else ""

    def join(self, part: WiredSplit) -> Join:
        node = part.split.join
        if node is None:
            return {"join": None, "bar": False, "note": "", "beside": ""}
        beside, note = self.beside(node, True), self.size(node)
        if node.kind in BARS:
            words = [*map(self.text, node.lines), beside]
            return {"join": " ".join(filter(None, words)), "bar": True, "note": note, "beside": ""}
        sign = self.text(SIGNS.get(node.kind, "⊕"))
        beside = self.after(node, beside)
        return {"join": sign, "bar": False, "note": note, "beside": beside}
