"""Scenes drawn by hand for the lint: boxes and lines that are painted and said at once."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.scene import Cluster, Placed, Point, Route, Scene
from netdsl.backends.diagram.scene.themes import Theme, named

TALL = 12.5


class Drawing(Scene):
    """A scene to which boxes and lines are added with one call each."""

    def __init__(self) -> None:
        super().__init__("Drawn")

    def put(
        self,
        name: str,
        x: float,
        y: float,
        text: str = "",
        width: float = 60.0,
        kind: str = "conv",
        height: float = TALL,
    ) -> str:
        """A box around a point; its name."""
        lines = text.split("\n") if text else []
        pen.box(self, x, y, width, height, kind, lines)
        self.place(name, kind, x - width / 2, y - height / 2, width, height, lines)
        return name

    def place(
        self,
        name: str,
        kind: str,
        left: float,
        top: float,
        width: float,
        height: float,
        lines: Sequence[str] = (),
    ) -> None:
        """A node without a picture."""
        self.nodes.append(Placed(name, kind, left, top, width, height, tuple(lines)))

    def sum(self, name: str, x: float, y: float) -> str:
        pen.sign(self, x, y, "sum")
        self.place(name, "sum", x - pen.CIRCLE, y - pen.CIRCLE, 2 * pen.CIRCLE, 2 * pen.CIRCLE)
        return name

    def bar(self, name: str, left: float, right: float, y: float, text: str = "") -> str:
        pen.bar(self, left, right, y, text)
        tall = pen.LABELLED_BAR if text else pen.BAR
        self.place(name, "concat", left, y - tall / 2, right - left, tall, [text] if text else [])
        return name

    def line(
        self,
        tail: str,
        head: str,
        points: Sequence[Point],
        role: str = "flow",
        painted: bool = True,
    ) -> None:
        """A route and its arrow."""
        self.routes.append(Route(tail, head, tuple(points), role))
        if painted:
            pen.arrow(self, points)

    def panel(
        self,
        name: str,
        left: float,
        top: float,
        width: float,
        height: float,
        members: Sequence[str] = (),
        title: str = "",
        note: str = "",
    ) -> str:
        pen.panel(self, left, top, width, height, title, note)
        self.clusters.append(Cluster(name, title, left, top, width, height, tuple(members)))
        return name

    def chain(self, count: int, x: float = 0.0, y: float = 0.0, text: str = "conv") -> list[str]:
        """Boxes below one another, nineteen points apart, with arrows between them."""
        names = [f"c{len(self.nodes)}_{i}" for i in range(count)]
        for i, name in enumerate(names):
            self.put(name, x, y + 19 * i, text)
            if i:
                top = y + 19 * i - TALL / 2
                self.line(names[i - 1], name, [(x, top - 6.5), (x, top)])
        return names


def kinds(scene: Scene, theme: str | Theme = "light") -> list[str]:
    """The kinds of the faults of a scene, each once, in order; it is shown whole."""
    if not scene.width:
        scene.crop()
    found = lint(scene, named(theme) if isinstance(theme, str) else theme)
    return list(dict.fromkeys(fault.kind for fault in found))
