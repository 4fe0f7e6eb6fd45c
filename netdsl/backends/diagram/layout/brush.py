"""Paints in lengths along and across the flow, which leads downwards or to the right; texts stay upright."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import hypot
from typing import TYPE_CHECKING, NamedTuple

from netdsl.backends.diagram.figure import Edge, Node
from netdsl.backends.diagram.layout.style import Style
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import (
    Cluster,
    Placed,
    Point,
    Route,
    Scene,
    hundredth,
    rounded,
)

if TYPE_CHECKING:
    from netdsl.backends.diagram.layout.crossing import Crossing

CHANNELLED = ("conv", "conv1", "grouped", "up", "linear")
LETTER = 4.6  # radius of the circle around a letter
WIDE_LETTER = 5.9  # of that around two
ROW = 2 * WIDE_LETTER + 0.6  # from a letter to the next one beside it
MOST = 4  # letters beside a box; how many more there are is said
MORE = 20.0  # the room that this takes
SIDE = 5.0  # from a letter beside a box to the box
DASHES = {"training": pen.TRAINING}
WIDTHS = {"shortcut": pen.SHORTCUT}


def lettered(crossings: Sequence[Crossing]) -> tuple[float, float]:
    """The room that letters need beside a box, on its left and on its right."""

    def room(side: int) -> float:
        count = sum(crossing.letter != "" and crossing.side == side for crossing in crossings)
        return SIDE + ROW * min(count, MOST) + MORE * (count > MOST) if count else 0.0

    return room(-1), room(1)


class Source(NamedTuple):
    """A line on its way: the node that it comes from and its corners so far (across, along)."""

    node: str
    points: tuple[Point, ...]
    role: str = "flow"
    dash: str | None = None
    span: tuple[float, float] | None = None  # of the bar that it leaves
    # it begins at a letter, not at the node
    cut: bool = False
    # the corner from which on it is painted: what is before it belongs to another line too
    begin: int = 0

    def to(self, *points: Point) -> Source:
        return self._replace(points=(*self.points, *points))


GATE = 3.0  # points above a panel


class Brush:
    """A scene, seen along the flow. `origin` is the point of the scene where across and along are 0."""

    def __init__(self, scene: Scene, style: Style, origin: Point = (0.0, 0.0)) -> None:
        self.scene = scene
        self.corner = origin
        self.style = style
        self.right = style.right
        self.taps: dict[str, tuple[Point, ...]] = {}  # how a line to elsewhere leaves
        self.shared: dict[str, int] = {}  # corners of these that belong to another line
        self.boxes: dict[str, tuple[float, float, float, float]] = {}  # u, v, across, along
        self.members: list[list[str]] = [[]]  # what panels hold, from the outermost on
        self.depths: dict[str, int] = {}  # of panels around the places where they leave
        # where lines enter panels, by their nodes and how many panels are around
        self.gates: dict[tuple[str, int], tuple[int, tuple[Point, ...]]] = {}
        self.lanes: dict[Crossing, float] = {}  # where lines run that are on their way, across
        self.around: dict[Crossing, int] = {}  # panels around them
        self.letters: list[tuple[float, float, str]] = []
        self.beside: dict[tuple[str, int], int] = {}  # letters at a side of a box
        self.more: dict[tuple[str, int], tuple[float, float, int]] = {}
        self.begun: set[str] = set()  # points that are passed by lines that begin at letters
        self.origins: dict[
            str, str
        ] = {}  # points that are not seen -> the node whose line passes them
        self.depth = 0  # of panels around

    def at(self, u: float, v: float) -> Point:
        x, y = self.corner
        return (x + v, y + u) if self.right else (x + u, y + v)

    def sides(self, across: float, along: float) -> tuple[float, float]:
        """Width and height of what measures so much across and along."""
        return (along, across) if self.right else (across, along)

    def points(self, points: Sequence[Point]) -> list[Point]:
        x, y = self.corner
        if self.right:
            return [(x + v, y + u) for u, v in points]
        return [(x + u, y + v) for u, v in points]

    # --------------------------------------------------------------------------------------- nodes
    def placed(
        self,
        node: Node,
        u: float,
        v: float,
        across: float,
        along: float,
        lines: Sequence[str] = (),
    ) -> tuple[float, float, float, float]:
        """Note where a node stands, and what is written in it: `u` is its axis, `v` its middle. The result
        is its middle on the page, its width and its height."""
        name = node.name
        self.boxes[name] = (u, v, across, along)
        (x, y), (w, h) = self.at(u, v), self.sides(across, along)
        place = (hundredth(x - w / 2), hundredth(y - h / 2), hundredth(w), hundredth(h))
        self.scene.nodes.append(
            Placed(name, node.kind, *place, tuple(lines), node.steps, node.times)
        )
        self.members[-1].append(name)
        return x, y, w, h

    def box(
        self, node: Node, u: float, v: float, across: float, along: float, lines: Sequence[str]
    ) -> None:
        x, y, w, h = self.placed(node, u, v, across, along, lines)
        tall = node.kind == "stack" and len(lines) > 1
        bold = (0,) if tall else ()
        if self.style.words == "cell" and len(lines) == 2 and node.kind in CHANNELLED:
            bold = (1,)
        stage = node.stage if node.kind in ("conv", "conv1", "grouped", "stack") else None
        pen.box(
            *(self.scene, x, y, w, h, node.kind, lines, self.style.size),
            bold=bold,
            stage=stage,
            training=node.training,
            thick="started" in node.treated,
            grey="frozen" in node.treated,
            sideways=self.right,
        )

    def sign(self, node: Node, u: float, v: float) -> None:
        self.placed(node, u, v, 2 * pen.CIRCLE, 2 * pen.CIRCLE)
        pen.sign(self.scene, *self.at(u, v), node.kind)

    def bar(self, node: Node, low: float, high: float, v: float, along: float, text: str) -> None:
        """A bar from `low` to `high` across, around `v`."""
        self.placed(node, (low + high) / 2, v, high - low, along, (text,) if text else ())
        (x, y), (w, h) = self.at(low, v), self.sides(high - low, along)
        if not self.right:
            pen.bar(self.scene, x, x + w, y, text, along)
            return
        self.scene.rect(x - w / 2, y, w, h, "bar", None, 0, min(1.2, along / 2))
        if text:
            look = {"bold": True, "fill": "bartext", "turned": True}
            self.scene.text(x, y + h / 2, text, pen.SMALL, **look)

    # --------------------------------------------------------------------------------------- lines
    def arrive(
        self, source: Source, head: str, *points: Point, length: float = pen.HEAD, radius: float = 3
    ) -> None:
        """Draw a line to its end, at the node `head`."""
        corners = self.points((*source.points, *points))
        line = WIDTHS.get(source.role, pen.EDGE)
        own = corners[source.begin :]
        pen.arrow(self.scene, own, dash=source.dash, line=line, length=length, radius=radius)
        if source.node:
            whole = () if source.cut else rounded(corners)
            dashed = source.dash is not None
            self.scene.routes.append(Route(source.node, head, whole, source.role, dashed))

    def tapped(self, name: str, u: float, v: float, stub: float = 0.0) -> None:
        """Where a line to elsewhere leaves a node: at a height, over a stub from the node; the first place
        counts."""
        self.taps.setdefault(name, ((u, v), (u, v + stub)) if stub else ((u, v),))
        self.depths.setdefault(name, self.depth)

    def passed(self, name: str, source: Source, u: float, v: float) -> None:
        """Where a line to elsewhere leaves the line of a node, at a point that is not seen: what is before
        the point belongs to both."""
        if name not in self.taps and not source.cut:
            self.shared[name] = len(source.points)
            self.taps[name] = (*source.points, (u, v))
        self.tapped(name, u, v)

    def typed(self, source: Source, edge: Edge | None) -> Source:
        """A line with the looks of its edge."""
        if edge is None or edge.role in ("flow", source.role):
            return source
        return source._replace(role=edge.role, dash=source.dash or DASHES.get(edge.role))

    def head(self, source: Source, v: float) -> float:
        """How long an arrowhead may be."""
        return min(pen.HEAD, max(pen.TIGHT_HEAD, 0.62 * (v - source.points[-1][1])))

    def stands_for(self, point: str, source: Source) -> None:
        """A point that is not seen, on the line of another node."""
        self.origins[point] = source.node
        if source.cut:
            self.begun.add(point)

    def origin(self, name: str) -> str:
        """The node whose line passes a point that is not seen; else the node itself."""
        return self.origins.get(name, name)

    def wait(self, crossing: Crossing, u: float) -> None:
        """The lane of a line that ends later."""
        self.lanes[crossing] = u
        self.around[crossing] = self.depth

    def gate(self, source: Source, u: float, v: float) -> None:
        """Where a line enters a panel."""
        if source.node and not source.cut:
            points = (*source.points, (u, v - GATE))
            self.gates.setdefault((source.node, self.depth), (len(source.points), points))

    def leaving(self, crossing: Crossing) -> tuple[tuple[Point, ...], int]:
        """How a line to elsewhere leaves, and how many corners of it belong to another line. A panel may end
        in what entered it, and never change it: then the line leaves above the panel."""
        tail = crossing.edge.tail
        origin, around = self.origin(tail), self.around.get(crossing)
        if around is not None and around < self.depths[tail]:
            if self.depths.get(origin, around + 1) <= around:
                tail = origin
            elif (origin, around) in self.gates:
                begin, points = self.gates[origin, around]
                return points, begin
        return self.taps[tail], self.shared.get(tail, 0)

    def entering(self, crossing: Crossing, u: float, row: float) -> Source:
        """A line from elsewhere, turned onto an axis at a height."""
        edge = crossing.edge
        name = self.origin(edge.tail)
        dash = DASHES.get(edge.role)
        lane = self.lanes.get(crossing)
        cut = edge.tail in self.begun
        if crossing.inner:
            start, begin = self.leaving(crossing)
            points = (*start, (u, start[-1][1]))
            return Source(name, points, edge.role, dash, cut=cut, begin=begin)
        if lane is None:
            below = row + LETTER
            self.letters.append((u, row, crossing.letter))
            return Source(name, ((u, below),), edge.role, dash, cut=True)
        start, begin = self.leaving(crossing)
        points = (*start, (lane, start[-1][1]), (lane, row), (u, row))
        return Source(name, points, edge.role, dash, cut=cut, begin=begin)

    def is_letter(self, crossing: Crossing) -> bool:
        """Whether a letter stands for a line."""
        return not crossing.inner and crossing not in self.lanes

    def from_side(self, crossing: Crossing, u: float, v: float, half: float) -> None:
        """A line from elsewhere that ends at the side of a box around `u`, `v`."""
        edge, side = crossing.edge, crossing.side
        name = self.origin(edge.tail)
        dash = DASHES.get(edge.role)
        lane = self.lanes.get(crossing)
        if lane is None:
            others = self.beside.get((edge.head, side), 0)
            self.beside[edge.head, side] = others + 1
            if others < MOST:
                at = u + side * (half + SIDE + LETTER + others * ROW)
                self.letters.append((at, v, crossing.letter))
            else:
                at = u + side * (half + SIDE + MOST * ROW)
                self.more[edge.head, side] = at, v, others + 1 - MOST
            if others:  # behind a letter that has a line
                self.scene.routes.append(Route(name, edge.head, (), edge.role))
                return
            line = Source(name, ((at - side * LETTER, v),), edge.role, dash, cut=True)
        else:
            start, begin = self.leaving(crossing)
            points = (*start, (lane, start[-1][1]), (lane, v))
            cut = edge.tail in self.begun
            line = Source(name, points, edge.role, dash, cut=cut, begin=begin)
        self.arrive(line, edge.head, (u + side * half, v))

    def ends_at(self, letter: str, u: float, v: float, end: float) -> None:
        """A line that goes on elsewhere: from `v` to a letter at `end`."""
        pen.arrow(self.scene, self.points([(u, v), (u, end)]), head=False)
        self.letters.append((u, end + LETTER, letter))

    def draw_letters(self) -> None:
        """Circled letters, at both ends of lines that are not drawn. Where two lines of one letter begin on one
        another, the last one stands for both."""
        rows = sorted((letter, u, v) for u, v, letter in self.letters)
        covered = {
            one
            for one, other in itertools.pairwise(rows)
            if one[:2] == other[:2] and other[2] - one[2] < 2 * LETTER
        }
        for u, v, letter in self.letters:
            if (letter, u, v) in covered:
                continue
            x, y = self.at(u, v)
            half = text_width(letter, pen.SMALL, bold=True) / 2
            radius = hypot(half, 0.55 * pen.SMALL) + 0.4
            self.scene.circle(x, y, max(LETTER, min(radius, WIDE_LETTER)))
            self.scene.text(x, y, letter, pen.SMALL, bold=True)
        for (_, side), (u, v, count) in self.more.items():
            x, y = self.at(u, v)
            anchor, text = "start" if side > 0 else "end", f"+ {count}"
            wide, high = text_width(text, pen.SMALL), pen.SMALL
            # a line that arrives here too passes behind it, as behind the letters
            left = x if side > 0 else x - wide
            self.scene.rect(left - 1, y - high / 2, wide + 2, high, "paper")
            self.scene.text(x, y, text, pen.SMALL, anchor, fill="muted")

    # -------------------------------------------------------------------------------------- panels
    def begin(self) -> None:
        self.members.append([])

    def panel(
        self,
        name: str,
        low: float,
        start: float,
        across: float,
        along: float,
        title: str,
        note: str,
        training: bool,
        words: str = "",
        times: int = 1,
    ) -> None:
        """A panel around all that was placed since `begin`."""
        members = tuple(self.members.pop())
        (x, y), (w, h) = self.at(low, start), self.sides(across, along)
        # lines leave panels at their end, where they would cross a note there if they lead upwards
        behind_title = self.right and title and not words
        own, words = ("", note) if behind_title else (note, words)
        pen.panel(self.scene, x, y, w, h, title, own, training=training)
        if words:
            behind = x + 3.2 + text_width(title, pen.TITLE, bold=True) + 3
            self.scene.text(behind, y + 6.2, words, pen.SMALL, "start", fill="muted")
        place = (hundredth(x), hundredth(y), hundredth(w), hundredth(h))
        self.scene.clusters.append(Cluster(name, title, *place, members, times, note))
        self.members[-1].append(name)

    def size_note(self, node: Node, u: float, v: float) -> None:
        """The shape that a box gives, muted beside it: to its right, or below."""
        x, y = self.at(u, v)
        if self.right:
            self.scene.text(x, y + 6, node.size, pen.SMALL, fill="muted")
        else:
            self.scene.text(x + 3.5, y, node.size, pen.SMALL, "start", fill="muted")

    def end(self, node: Node, u: float, v: float, along: float) -> None:
        """The shape of what comes out, behind the tip of the last arrow."""
        self.placed(node, u, v + along / 2, 2 * pen.CIRCLE, along)
        x, y = self.at(u, v + along / 2 + 1)
        self.scene.text(x, y, node.shape, pen.SMALL, fill="muted")

    def word(self, u: float, v: float, text: str) -> None:
        """A muted word before `u`."""
        x, y = self.at(u, v)
        self.scene.text(x, y, text, pen.SMALL, "end", fill="muted")

    def token(self, node: Node, u: float, v: float, across: float, along: float) -> None:
        """A small box that stands for a part elsewhere."""
        self.placed(node, u, v, across, along, node.lines)
        (x, y), (w, h) = self.at(u, v), self.sides(across, along)
        pen.box(
            *(self.scene, x, y, w, h, node.kind, node.lines, self.style.size),
            bold=(0,),
            training=True,
        )

    def scene_route(self, tail: str, head: str) -> None:
        """An edge that has no line."""
        self.scene.routes.append(Route(tail, head, (), "training", True))

    def bracket(self, u: float, start: float, end: float, text: str) -> None:
        """A bracket beside a part that is repeated, and how often."""
        (x, y), (x1, y1) = self.at(u, start), self.at(u, end)
        if not self.right:
            pen.bracket(self.scene, x, y, y1, text)
            return
        points = [(x, y - 2.5), (x, y), (x1, y), (x1, y - 2.5)]
        self.scene.path(points, None, "ink", pen.BRACKET, closed=False)
        self.scene.text((x + x1) / 2, y + 6.5, text, pen.TIMES, bold=True)
