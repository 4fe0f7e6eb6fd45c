"""A figure being drawn by hand: boxes, bars and lines that are painted and noted in one go.

`Scene` knows what is painted and what it means, but not that the two belong together. A `Sheet` draws a box
and notes the node, draws a line and notes the edge, and remembers which kinds it used, for the legend.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.legend import Entry, legend
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Cluster, Placed, Point, Route, Scene, rounded
from netdsl.backends.diagram.steps import Steps
from netdsl.backends.diagram.text import TIMES

WORDS = {
    "conv": f"k{TIMES}k conv",
    "conv1": f"1{TIMES}1 conv",
    "grouped": "grouped conv",
    "fixed": "fixed conv",
    "pool": "pooling",
    "up": "upsampling",
    "norm": "normalisation",
    "activation": "activation",
    "linear": "fully connected",
    "softmax": "softmax",
    "stack": "several layers",
    "dropout": "dropout",
    "shape": "reshape, crop",
    "compute": "arithmetic",
    "extern": "extern",
    "@solid": "",  # said in a note
    "@concat": "concat",
    "@sum": "sum",
    "@shortcut": "read again further on",
    "@repeat": "repeated",
}
KEYED = 230.0  # points: a legend below a narrow drawing may be so wide
SPACE = 7.0  # between a drawing and its legend


def fitted(
    lines: Sequence[str], size: float, bold: Sequence[int] = (), least: float = 26.0
) -> float:
    """The width of a box around lines of text."""
    widest = max((text_width(t, size, i in bold) for i, t in enumerate(lines)), default=0.0)
    return max(least, 1.04 * widest + 5.2)


def tall(lines: int, size: float = pen.TEXT) -> float:
    """The height of a box around so many lines."""
    return 5.0 + lines * size * 1.17 if lines else 9.0


class Sheet:
    """A scene, what it says of the network, and what its legend must name."""

    def __init__(self, title: str, description: str = "") -> None:
        self.scene = Scene(title, description)
        self.steps = Steps()
        self.kinds: dict[str, None] = {}
        self.words: dict[str, str] = {}  # legend's words of this figure, over the usual ones
        self.notes: list[str] = []
        self._names: Counter[str] = Counter()

    def name(self, wanted: str) -> str:
        """A name that no node has: this one, or this one with a number."""
        name = wanted or "node"
        while self._names[name]:
            self._names[wanted] += 1
            name = f"{wanted}_{self._names[wanted]}"
        self._names[name] += 1
        return name

    def note(self, text: str) -> None:
        """A sentence for the legend, once."""
        if text and text not in self.notes:
            self.notes.append(text)

    # ---------------------------------------------------------------------------------------- nodes
    def placed(
        self,
        name: str,
        kind: str,
        box: tuple[float, float, float, float],
        lines: Sequence[str] = (),
        steps: Counter[str] | None = None,
    ) -> str:
        """Note a node that stands at (left, top, width, height); the result is its name."""
        name = self.name(name)
        left, top, width, height = (round(v, 2) for v in box)
        counted = tuple((word, count) for word, count in (steps or {}).items() if count)
        self.scene.nodes.append(Placed(name, kind, left, top, width, height, tuple(lines), counted))
        return name

    def box(
        self,
        name: str,
        kind: str,
        x: float,
        y: float,
        width: float,
        height: float,
        lines: Sequence[str] = (),
        steps: Counter[str] | None = None,
        *,
        size: float = pen.TEXT,
        bold: Sequence[int] = (),
        stage: int | None = None,
        sideways: bool = False,
    ) -> str:
        """A box around `x`, `y`, of a stage if it has one; `sideways` where the flow leads to the right."""
        place = (x, y, width, height)
        looks = {"bold": bold, "stage": stage, "sideways": sideways}
        pen.box(self.scene, *place, kind, lines, size, **looks)
        self.kinds[kind] = None
        place = (x - width / 2, y - height / 2, width, height)
        return self.placed(name, kind, place, lines, steps)

    def bar(
        self,
        name: str,
        left: float,
        right: float,
        y: float,
        text: str = "",
        steps: Counter[str] | None = None,
        height: float | None = None,
    ) -> str:
        """A concatenation."""
        pen.bar(self.scene, left, right, y, text, height)
        high = height or (pen.LABELLED_BAR if text else pen.BAR)
        self.kinds["@concat"] = None
        place = (left, y - high / 2, right - left, high)
        return self.placed(name, "concat", place, (text,) if text else (), steps)

    def wall(
        self, name: str, x: float, y: float, height: float, steps: Counter[str] | None = None
    ) -> str:
        """A concatenation in a row: an upright bar."""
        left, top = x - pen.BAR / 2, y - height / 2
        self.scene.rect(left, top, pen.BAR, height, "bar", None, 0, 1.2)
        self.kinds["@concat"] = None
        return self.placed(name, "concat", (left, top, pen.BAR, height), (), steps)

    def sign(
        self, name: str, x: float, y: float, kind: str = "sum", steps: Counter[str] | None = None
    ) -> str:
        """A circle with a sign."""
        pen.sign(self.scene, x, y, kind)
        self.kinds[f"@{kind}"] = None
        r = pen.CIRCLE
        return self.placed(name, kind, (x - r, y - r, 2 * r, 2 * r), (), steps)

    # ---------------------------------------------------------------------------------------- lines
    def edge(
        self,
        tail: str,
        head: str,
        points: Sequence[Point],
        role: str = "flow",
        *,
        headed: bool = True,
        line: float = pen.EDGE,
        dash: str | None = None,
        length: float = pen.HEAD,
        whole: Sequence[Point] | None = None,
    ) -> None:
        """A line from node to node; `whole` is its way if that goes on in panels, where it is not drawn."""
        pen.arrow(self.scene, points, head=headed, line=line, dash=dash, length=length)
        self.route(tail, head, whole or points, role, dashed=dash is not None, headed=headed)

    def route(
        self,
        tail: str,
        head: str,
        points: Sequence[Point],
        role: str = "flow",
        *,
        dashed: bool = False,
        headed: bool = True,
    ) -> None:
        """Note an edge whose line is drawn already."""
        self.scene.routes.append(Route(tail, head, rounded(points), role, dashed, headed))

    def panel(
        self,
        name: str,
        left: float,
        top: float,
        width: float,
        height: float,
        title: str = "",
        members: Sequence[str] = (),
        note: str = "",
    ) -> str:
        """A named group; lines may lead to it by the name that it gets."""
        pen.panel(self.scene, left, top, width, height, title, note)
        place = (round(left, 2), round(top, 2), round(width, 2), round(height, 2))
        name = self.name(name)
        self.scene.clusters.append(Cluster(name, title, *place, tuple(members)))
        return name

    def adopt(self, part: Scene, entries: Sequence[Entry], notes: Sequence[str]) -> None:
        """Take a drawing over, with what its legend says."""
        for node in part.nodes:
            self.name(node.name)
        for cluster in part.clusters:
            self.name(cluster.name)
        self.scene.add(part)
        for entry in entries:
            self.kinds[entry.kind] = None
            self.words.setdefault(entry.kind, entry.text)
        for note in notes:
            self.note(note)

    # --------------------------------------------------------------------------------------- legend
    def entries(self) -> list[Entry]:
        """The kinds and signs that occur, in the order of the vocabulary."""
        words = {**WORDS, **self.words}
        return [Entry(kind, text) for kind, text in words.items() if kind in self.kinds and text]

    def finish(self, width: float | None, *, keyed: bool = True) -> Scene:
        """Put the legend below, centred, and show all of it."""
        left, _, right, bottom = self.scene.bounds()
        if keyed and (self.entries() or self.notes):
            room = max(right - left, min(KEYED, (width or KEYED) - 4))
            start = (left + right - room) / 2
            legend(self.scene, start, bottom + SPACE, room, self.entries(), self.notes)
        self.scene.crop()
        return self.scene
