"""The scene: everything that a figure paints, in points, y downwards, in the order of painting.

A scene knows neither colours nor formats. Fills and strokes are *roles* (`conv.f`, `edge`, `muted`), which a
theme turns into colours (`themes`); arrowheads, signs and hatches are plain shapes. Beside what is painted it
says what that means: which box is which node, which line leads from where to where, which panel holds what.
Output formats are made from the one (`formats.svg`, `pdf`, `tikz`, `png`) or the other (`formats.dot`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import NamedTuple, TypeAlias

from netdsl.backends.diagram.scene.metrics import ASCENT, DESCENT, text_width

Point: TypeAlias = tuple[float, float]


INCH = 72  # points


# --------------------------------------------------------------------------------- what is painted
class Rect(NamedTuple):
    """A rectangle with round corners of that radius; `dash` is `on off` in points."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None = None
    stroke: str | None = None
    line: float = 0.6
    radius: float = 0.0
    dash: str | None = None


class Path(NamedTuple):
    """Straight lines from point to point. Open ones have round corners of that radius."""

    points: tuple[Point, ...]
    fill: str | None = None
    stroke: str | None = None
    line: float = 0.6
    dash: str | None = None
    closed: bool = True
    radius: float = 0.0


class Curve(NamedTuple):
    """A cubic curve: start, two controls, end."""

    points: tuple[Point, ...]
    stroke: str | None = None
    line: float = 0.7
    dash: str | None = None


class Circle(NamedTuple):
    x: float
    y: float
    radius: float
    fill: str | None = None
    stroke: str | None = None
    line: float = 0.7


class Text(NamedTuple):
    """One line. `y` is the line that letters stand on, `anchor` what stands at `x`: "start", "middle" or
    "end" of the text. `turned` texts run upwards. `room` is the width that a text must not leave, if it has
    little: formats may squeeze it."""

    x: float
    y: float
    text: str
    size: float
    anchor: str = "middle"
    bold: bool = False
    fill: str = "text"
    turned: bool = False
    room: float = 0.0


class Hatch(NamedTuple):
    """What a theme without colours draws into a box of a kind; `labels` are the places of its texts."""

    kind: str
    left: float
    top: float
    right: float
    bottom: float
    labels: tuple[tuple[float, float, float, float], ...] = ()


Primitive: TypeAlias = Rect | Path | Curve | Circle | Text | Hatch


# ----------------------------------------------------------------------------------- what it means
class Placed(NamedTuple):
    """A node of the graph and where it stands. `lines` is what is written in it, `steps` are the steps
    of the network that it stands for, by word and number. `times` copies follow one another; `note` is
    what is written beside it."""

    name: str
    kind: str
    left: float
    top: float
    width: float
    height: float
    lines: tuple[str, ...] = ()
    steps: tuple[tuple[str, int], ...] = ()
    times: int = 1
    note: str = ""

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


class Route(NamedTuple):
    """An edge of the graph, from node to node (by name), and the corners of its line. `role` is that of
    the figure's edge: flow, shortcut, tap, operand, size, training. Several edges may share a line's
    beginning."""

    tail: str
    head: str
    points: tuple[Point, ...]
    role: str = "flow"
    dashed: bool = False
    headed: bool = True


class Cluster(NamedTuple):
    """A panel, the nodes and panels directly in it (by name), and its place. `times` copies of it follow
    one another; `note` is what is written at the right of its title."""

    name: str
    title: str
    left: float
    top: float
    width: float
    height: float
    members: tuple[str, ...] = ()
    times: int = 1
    note: str = ""


def hundredth(length: float) -> float:
    """A length, rounded to 0.01: as `round(length, 2)` but for ties, in a third of its time."""
    return floor(length * 100 + 0.5) / 100


def rounded(points: Sequence[Point]) -> tuple[Point, ...]:
    return tuple([(floor(x * 100 + 0.5) / 100, floor(y * 100 + 0.5) / 100) for x, y in points])


class Scene:
    """What is painted: first `under` (panels, bands), then `items`. `left`, `top`, `width` and `height` are
    the part of the plane that is shown (`crop`). Coordinates are rounded here, once, to 0.01 points."""

    def __init__(self, title: str, description: str = "") -> None:
        self.title = title
        self.description = description
        self.under: list[Primitive] = []
        self.items: list[Primitive] = []
        self.nodes: list[Placed] = []
        self.routes: list[Route] = []
        self.clusters: list[Cluster] = []
        self.left = self.top = self.width = self.height = 0.0

    # ------------------------------------------------------------------------------------ painting
    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str | None = None,
        stroke: str | None = None,
        line: float = 0.6,
        radius: float = 0.0,
        dash: str | None = None,
        *,
        under: bool = False,
    ) -> None:
        left, top = floor(x * 100 + 0.5) / 100, floor(y * 100 + 0.5) / 100
        wide, high = floor(width * 100 + 0.5) / 100, floor(height * 100 + 0.5) / 100
        shape = Rect(left, top, wide, high, fill, stroke, line, radius, dash)
        (self.under if under else self.items).append(shape)

    def path(
        self,
        points: Sequence[Point],
        fill: str | None = None,
        stroke: str | None = None,
        line: float = 0.6,
        dash: str | None = None,
        *,
        closed: bool = True,
        radius: float = 0.0,
        under: bool = False,
    ) -> None:
        shape = Path(rounded(points), fill, stroke, line, dash, closed, radius)
        (self.under if under else self.items).append(shape)

    def curve(
        self,
        points: Sequence[Point],
        stroke: str = "edge",
        line: float = 0.7,
        dash: str | None = None,
    ) -> None:
        self.items.append(Curve(rounded(points), stroke, line, dash))

    def circle(
        self,
        x: float,
        y: float,
        radius: float,
        fill: str | None = "paper",
        stroke: str | None = "ink",
        line: float = 0.7,
    ) -> None:
        self.items.append(Circle(hundredth(x), hundredth(y), radius, fill, stroke, line))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 7.2,
        anchor: str = "middle",
        *,
        bold: bool = False,
        fill: str = "text",
        turned: bool = False,
        room: float = 0.0,
    ) -> None:
        """A line of text; `y` is its middle."""
        if not text:
            return
        x, y = (x + size * 0.355, y) if turned else (x, y + size * 0.355)
        item = Text(
            hundredth(x),
            hundredth(y),
            text,
            size,
            anchor,
            bold,
            fill,
            turned,
            room and hundredth(room),
        )
        self.items.append(item)

    # ------------------------------------------------------------------------------------- framing
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of all that is painted."""
        corners: list[Point] = []
        for item in (*self.under, *self.items):
            if isinstance(item, (Path, Curve)):
                corners += item.points
            elif isinstance(item, Rect):
                x, y, width, height = item[:4]
                corners += ((x, y), (x + width, y + height))
            elif isinstance(item, Text):
                left, top, right, bottom = text_extent(item)
                corners += ((left, top), (right, bottom))
            else:
                left, top, right, bottom = extent(item)
                corners += ((left, top), (right, bottom))
        if not corners:
            return (0.0, 0.0, 0.0, 0.0)
        xs, ys = zip(*corners)
        return min(xs), min(ys), max(xs), max(ys)

    def crop(self, margin: float = 2.0, width: float | None = None) -> None:
        """Show all that is painted with a margin; `width` is that of the page, if it is to be filled: the
        drawing is centred in it, never stretched."""
        left, top, right, bottom = self.bounds()
        own = right - left + 2 * margin
        shown = max(own, width or 0.0)
        self.left = hundredth(left - margin - (shown - own) / 2)
        self.top = hundredth(top - margin)
        self.width = hundredth(shown)
        self.height = hundredth(bottom - top + 2 * margin)

    def add(self, other: Scene, dx: float = 0.0, dy: float = 0.0, before: str = "") -> None:
        """Another scene's drawing, moved: panels of a figure of several parts. `before` stands before its
        names, which may be there already."""
        self.under += [moved(item, dx, dy) for item in other.under]
        self.items += [moved(item, dx, dy) for item in other.items]
        for node in other.nodes:
            left, top = node.left + dx, node.top + dy
            self.nodes.append(node._replace(name=before + node.name, left=left, top=top))
        for panel in other.clusters:
            members = tuple(before + name for name in panel.members)
            moved_panel = panel._replace(left=panel.left + dx, top=panel.top + dy, members=members)
            self.clusters.append(moved_panel._replace(name=before + panel.name))
        for route in other.routes:
            points = rounded([(x + dx, y + dy) for x, y in route.points])
            ends = {"tail": before + route.tail, "head": before + route.head}
            self.routes.append(route._replace(points=points, **ends))

    @property
    def size(self) -> str:
        """`6.72 x 5.06 in`."""
        return f"{self.width / INCH:.2f} x {self.height / INCH:.2f} in"

    @property
    def smallest(self) -> float:
        """The size of the smallest letters, in points."""
        sizes = [item.size for item in (*self.under, *self.items) if isinstance(item, Text)]
        return min(sizes, default=0.0)


# ---------------------------------------------------------------------------------------- geometry
def extent(item: Primitive) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is painted."""
    if isinstance(item, Rect):
        return item.x, item.y, item.x + item.width, item.y + item.height
    if isinstance(item, (Path, Curve)):
        xs, ys = zip(*item.points)
        return min(xs), min(ys), max(xs), max(ys)
    if isinstance(item, Circle):
        r = item.radius
        return item.x - r, item.y - r, item.x + r, item.y + r
    if isinstance(item, Text):
        return text_extent(item)
    return item.left, item.top, item.right, item.bottom


SHARES = {"start": 0.0, "middle": 0.5, "end": 1.0}  # of a text's width that lies before its anchor


def text_extent(item: Text) -> tuple[float, float, float, float]:
    """The box of a text's letters."""
    width = text_width(item.text, item.size, item.bold)
    before = SHARES[item.anchor] * width
    up, down = ASCENT * item.size, DESCENT * item.size
    if item.turned:  # it runs upwards from its anchor
        return item.x - up, item.y - width + before, item.x + down, item.y + before
    return item.x - before, item.y - up, item.x - before + width, item.y + down


def moved(item: Primitive, dx: float, dy: float) -> Primitive:
    if isinstance(item, (Path, Curve)):
        return item._replace(points=rounded([(x + dx, y + dy) for x, y in item.points]))
    if isinstance(item, Hatch):
        labels = tuple((a + dx, b + dy, c + dx, d + dy) for a, b, c, d in item.labels)
        return Hatch(
            item.kind,
            *(item.left + dx, item.top + dy, item.right + dx, item.bottom + dy),
            labels,
        )
    return item._replace(x=hundredth(item.x + dx), y=hundredth(item.y + dy))
