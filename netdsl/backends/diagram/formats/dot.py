"""Scene -> DOT: the graph itself, nodes by their names, edges and nested clusters, carrying netdsl's layout.

`neato -n2` draws it as netdsl laid it out: positions and sizes of nodes, corners of edges, places of clusters
and of their titles are all there. Plain `dot` ignores them and lays the same graph out anew. What is said in
painted shapes alone (legends, turns between columns) is no part of a graph and is left to the other formats.
"""

from __future__ import annotations

import math

from netdsl.backends.diagram.figure import POINTS
from netdsl.backends.diagram.formats.dot_lines import curves, distinct, shortened
from netdsl.backends.diagram.formats.dot_looks import Looks, inches, number, settings
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Cluster, Placed, Point, Route, Scene
from netdsl.backends.diagram.scene.themes import Theme
from netdsl.escaping.dot import escaped, identifier, label, quoted

FONT = "Helvetica,Arial,Liberation Sans,Nimbus Sans,sans-serif"
BOLD = f"{FONT} bold"  # not every Graphviz finds "Helvetica-Bold"
SPACE = "\N{NO-BREAK SPACE}"
WIDER = 1.06  # some Graphviz set small letters wider than they are
ARROW = 10.0  # points: the length of an arrowhead of size 1
APART, BELOW = 5.0, 11.0  # points between nodes side by side, and between ranks
UPRIGHT = ("flow", "training")  # edges that `dot` is to make short and straight


def dot(scene: Scene, theme: Theme) -> str:
    """The DOT text of a scene in a theme's colours."""
    return _Writer(scene, theme).text()


class _Writer:
    def __init__(self, scene: Scene, theme: Theme) -> None:
        self.scene = scene
        self.looks = Looks(scene, theme)
        self.nodes = {node.name: node for node in scene.nodes}
        self.clusters = {cluster.name: cluster for cluster in scene.clusters}
        self.written: set[str] = set()
        self.lines: list[str] = []

    def text(self) -> str:
        scene = self.scene
        self.lines = [f"digraph {identifier(scene.title)} {{", *self._defaults()]
        inner = {name for cluster in scene.clusters for name in cluster.members}
        for cluster in scene.clusters:
            if cluster.name not in inner:
                self._cluster(cluster, 1)
        for placed in scene.nodes:
            self._node(placed, 1)
        for route in scene.routes:
            self._edge(route)
        return "\n".join([*self.lines, "}", ""])

    def _defaults(self) -> list[str]:
        """What holds for the graph, and for all nodes and edges that say nothing else."""
        scene, colour = self.scene, self.looks.colour
        graph = {
            "bb": quoted(f"0,0,{number(scene.width)},{number(scene.height)}"),
            "bgcolor": colour("paper"),
            "fontname": quoted(FONT),
            "tooltip": label([scene.description or scene.title]),
            "notranslate": "true",
            "ordering": "out",
            "nodesep": inches(APART),
            "ranksep": inches(BELOW),
        }
        node = {"shape": "box", "style": "filled", "fixedsize": "true", "margin": "0"}
        node |= {"fontname": quoted(FONT), "fontsize": number(pen.TEXT)}
        node |= {"fontcolor": colour("text"), "penwidth": number(pen.OUTLINE)}
        edge = {"color": colour("edge"), "penwidth": number(pen.EDGE)}
        edge |= {"arrowsize": number(pen.HEAD / ARROW)}
        parts = (("graph", graph), ("node", node), ("edge", edge))
        return [f"  {word} [{settings(pairs)}];" for word, pairs in parts]

    def _at(self, x: float, y: float) -> str:
        """A point as Graphviz counts: upwards, from the lower left corner."""
        scene = self.scene
        return f"{number(x - scene.left)},{number(scene.height - (y - scene.top))}"

    def _cluster(self, cluster: Cluster, depth: int) -> None:
        key = f"cluster_{cluster.name}"
        if key in self.written:
            return
        self.written.add(key)
        colour, indent = self.looks.colour, "  " * depth
        right, bottom = cluster.left + cluster.width, cluster.top + cluster.height
        title = _title(cluster)
        painted = self.looks.box(cluster.left, cluster.top, cluster.width, cluster.height)
        fill = painted.fill if painted is not None else None
        dashed = "dashed" if painted is not None and painted.dash else ""
        style = ",".join(filter(None, ("filled" if fill else "", dashed))) or "solid"
        pairs = {
            "bb": f'"{self._at(cluster.left, bottom)},{self._at(right, cluster.top)}"',
            "style": quoted(style),
            "fillcolor": colour(fill) if fill else '"none"',
            "color": colour("line"),
            "penwidth": number(pen.HAIR),
            "label": quoted(title),
            "labeljust": "r",  # where `dot` leads no line into a block with a shortcut; `lp` is ours
            "fontname": quoted(BOLD),
            "fontsize": number(pen.TITLE),
            "fontcolor": colour("text"),
        }
        if title:
            half = WIDER * text_width(title, pen.TITLE, True) / 2
            pairs["lp"] = f'"{self._at(cluster.left + 3.2 + half, cluster.top + 6.2)}"'
        self.lines.append(f"{indent}subgraph {identifier(key)} {{")
        self.lines.append(f"{indent}  graph [{settings(pairs)}];")
        for name in cluster.members:
            if name in self.clusters:
                self._cluster(self.clusters[name], depth + 1)
            elif name in self.nodes:
                self._node(self.nodes[name], depth + 1)
        self.lines.append(f"{indent}}}")

    def _node(self, node: Placed, depth: int) -> None:
        if node.name in self.written:
            return
        self.written.add(node.name)
        x, y = node.left + node.width / 2, node.top + node.height / 2
        pairs = {"pos": f'"{self._at(x, y)}"', **self.looks.node(node), "class": quoted(node.kind)}
        beside = [f"\xd7{node.times}"] if node.times > 1 else []
        beside += [node.note] if node.note else []
        if beside and node.kind not in POINTS:
            half = max(text_width(line, pen.SMALL) for line in beside) / 2
            pairs |= {"xlabel": label(beside), "xlp": f'"{self._at(node.right + 3 + half, y)}"'}
        self.lines.append(f"{'  ' * depth}{identifier(node.name)} [{settings(pairs)}];")

    def _edge(self, route: Route) -> None:
        tail, head = self.nodes.get(route.tail), self.nodes.get(route.head)
        if tail is None or head is None:
            return
        points = distinct(route.points)
        if len(points) < 2:
            points = distinct([_middle(tail), _middle(head)])
        pairs: dict[str, str] = {}
        if len(points) > 1:
            pairs["pos"] = f'"{self._spline(points, route.headed)}"'
            far = math.dist(points[-2], points[-1])
            if route.headed and far < pen.HEAD:
                pairs["arrowsize"] = number(far / ARROW)
        if not route.headed:
            pairs["arrowhead"] = "none"
        if route.dashed:
            pairs["style"] = "dashed"
        if route.role == "shortcut":
            pairs["penwidth"] = number(pen.SHORTCUT)
        if route.role in UPRIGHT:
            pairs["weight"] = "8"
        ends = f"{identifier(route.tail)} -> {identifier(route.head)}"
        self.lines.append(f"  {ends} [{settings(pairs)}];")

    def _spline(self, points: list[Point], headed: bool) -> str:
        """A line as Graphviz writes it: the tip of its head, and curves to the base of the head."""
        shown = curves(shortened(points) if headed else points)
        start = f"e,{self._at(*points[-1])} " if headed else ""
        return start + " ".join(self._at(*point) for point in shown)


def _title(cluster: Cluster) -> str:
    """A cluster's title, and at the other end of its width its note and how often it occurs; escaped."""
    times = f"\xd7{cluster.times}" if cluster.times > 1 else ""
    title = escaped(cluster.title)
    note = f"{SPACE}{SPACE}".join(filter(None, (escaped(cluster.note), times)))
    if not title or not note:
        return title or note
    used = WIDER * text_width(title + note, pen.TITLE, True) + 2 * 3.2
    spaces = int((cluster.width - used) / (WIDER * text_width(SPACE, pen.TITLE, True)))
    return f"{title}{SPACE * max(spaces, 3)}{note}"


def _middle(node: Placed) -> Point:
    return node.left + node.width / 2, node.top + node.height / 2
