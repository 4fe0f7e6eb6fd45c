"""Small scenes, placed by hand with the vocabulary: every kind, panels in panels, shortcuts, bars."""

from __future__ import annotations

from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Cluster, Placed, Point, Route, Scene
from netdsl.backends.diagram.scene.themes import KINDS

HIGH, GAP = 13.0, 8.0
HOSTILE = 'a"b\n<x>'


def node(
    scene: Scene,
    name: str,
    kind: str,
    x: float,
    y: float,
    *lines: str,
    width: float = 70.0,
    training: bool = False,
) -> Placed:
    """A box around a point, painted and noted; the circles of signs, bars and unseen points too."""
    if kind in pen.SIGNS:
        pen.sign(scene, x, y, kind)
        size = (2 * pen.CIRCLE, 2 * pen.CIRCLE)
    elif kind in ("concat", "gather"):
        size = (width, pen.LABELLED_BAR)
        pen.bar(scene, x - width / 2, x + width / 2, y, lines[0])
    elif kind in ("fork", "rail", "entry"):
        size = (0.0, 0.0)
    else:
        size = (width, HIGH + 8.4 * (len(lines) - 1))
        pen.box(scene, x, y, *size, kind, lines, training=training)
    placed = Placed(name, kind, x - size[0] / 2, y - size[1] / 2, *size, lines)
    scene.nodes.append(placed)
    return placed


def edge(
    scene: Scene,
    tail: str,
    head: str,
    *points: Point,
    role: str = "flow",
    dashed: bool = False,
    headed: bool = True,
) -> None:
    """A line through points, painted and noted."""
    pen.arrow(scene, points, head=headed, dash=pen.CHANGES if dashed else None)
    scene.routes.append(Route(tail, head, points, role, dashed, headed))


def panel(
    scene: Scene,
    name: str,
    title: str,
    frame: tuple[float, float, float, float],
    *members: str,
    note: str = "",
    training: bool = False,
) -> None:
    """A panel of left, top, width and height."""
    pen.panel(scene, *frame, title, note, training=training)
    scene.clusters.append(Cluster(name, title, *frame, members, note=note))


def every_kind() -> Scene:
    """One box of each kind, one below the other, and each sign."""
    scene = Scene("kinds", "One box of each kind.")
    last: Placed | None = None
    for i, kind in enumerate((*KINDS, *pen.SIGNS, "concat", "gather", "fork")):
        y = 20.0 + i * 21
        text = f"{kind} {i}"
        here = node(scene, f"box.{kind}", kind, 60, y, text, training=kind == "norm")
        if last is not None:
            edge(scene, last.name, here.name, (60, last.bottom), (60, here.top))
        last = here
    scene.crop()
    return scene


def residual() -> Scene:
    """A stage with two blocks: a projection on the dashed shortcut, and a repeated one with a bare one."""
    scene = Scene("ResNet", "Two residual blocks.")
    x, lane = 60.0, 122.0

    def block(prefix: str, top: float, projection: bool) -> float:
        """The boxes of a block; the result is the bottom of its sum."""
        names = [f"{prefix}.{part}" for part in ("fork", "conv1", "conv2", "add")]
        node(scene, names[0], "fork", x, top)
        first = node(scene, names[1], "conv1", x, top + 18, "1\xd71, 64")
        second = node(scene, names[2], "conv", x, top + 38, "3\xd73, 64, /2")
        total = node(scene, names[3], "sum", x, top + 58)
        edge(scene, names[0], names[1], (x, top), (x, first.top))
        edge(scene, names[1], names[2], (x, first.bottom), (x, second.top))
        edge(scene, names[2], names[3], (x, second.bottom), (x, total.top))
        across = (x, top), (lane, top)
        back = (lane, top + 58), (total.right, top + 58)
        if projection:
            way = node(
                scene, f"{prefix}.downsample", "conv1", lane, top + 28, "1\xd71", "256", width=36
            )
            edge(scene, names[0], way.name, *across, (lane, way.top), role="shortcut", dashed=True)
            edge(scene, way.name, names[3], (lane, way.bottom), *back, role="shortcut", dashed=True)
        else:
            edge(scene, names[0], names[3], *across, *back, role="shortcut")
        frame = (x - 50.0, top - 14.0, lane + 24 - (x - 50.0), 80.0)
        members = (*names, f"{prefix}.downsample")
        title = "bottleneck"
        panel(scene, prefix, title, frame, *members)
        return total.bottom

    image = node(scene, "image", "input", x, 8, "image 3\xd7224\xd7224", width=86)
    first = block("layer1.0", 60, True)
    second = block("layer1.1", 152, False)
    panel(
        scene,
        "layer1",
        "layer1",
        (4, 32, 148, 192),
        "layer1.0",
        "layer1.1",
        note="256\xd756\xd756",
    )
    scene.clusters[1] = scene.clusters[1]._replace(times=2)
    output = node(scene, "output", "output", x, 240, "output")
    edge(scene, "image", "layer1.0.fork", (x, image.bottom), (x, 60), headed=False)
    edge(scene, "layer1.0.add", "layer1.1.fork", (x, first), (x, 152), headed=False)
    edge(scene, "layer1.1.add", "output", (x, second), (x, output.top))
    scene.crop()
    return scene


def inception() -> Scene:
    """Four branches from a rail to a bar with the result's shape in it."""
    scene = Scene("cell", "An Inception cell.")
    xs = (30.0, 84.0, 138.0, 192.0)
    middle = (xs[0] + xs[-1]) / 2
    top = node(scene, "maxpool2", "pool", middle, 10, "3\xd73 max pool, /2")
    rail = node(scene, "3a.rail", "rail", middle, 42)
    edge(scene, top.name, rail.name, (middle, top.bottom), (middle, 42), headed=False)
    lower = [("conv1", "1\xd71, 64"), ("conv", "3\xd73, 128"), ("conv", "5\xd75, 32")]
    lower += [("conv1", "1\xd71, 32")]
    upper = [None, ("conv1", "1\xd71, 96"), ("conv1", "1\xd71, 16"), ("pool", "3\xd73 max")]
    bar = node(scene, "3a.concat", "concat", middle, 102, "256\xd728\xd728", width=214)
    names = ["3a.rail"]
    for i, x in enumerate(xs):
        last = node(scene, f"3a.{i}.b", *(lower[i][0], x, 80.0, lower[i][1]), width=50)
        names.append(last.name)
        before = upper[i]
        start, end = rail.name, (x, last.top)
        bend = [(middle, 42.0), (x, 42.0)]
        if before is not None:
            first = node(scene, f"3a.{i}.a", before[0], x, 58, before[1], width=50)
            names.append(first.name)
            edge(scene, start, first.name, *bend, (x, first.top))
            edge(scene, first.name, last.name, (x, first.bottom), end)
        else:
            edge(scene, start, last.name, *bend, end)
        edge(scene, last.name, bar.name, (x, last.bottom), (x, bar.top))
    panel(scene, "3a", "inception 3a", (2, 28, 218, 84), *names, bar.name)
    out = node(scene, "aux", "output", middle, 134, "aux")
    edge(scene, bar.name, out.name, (middle, bar.bottom), (middle, out.top), role="training")
    scene.crop()
    return scene


def hostile(text: str) -> Scene:
    """Names and texts of every place are one text."""
    scene = Scene(text, text)
    first = node(scene, f"{text}1", "conv", 60, 30, text, width=80)
    second = node(scene, f"{text}2", "pool", 60, 62, text, text, width=80)
    third = node(scene, f"{text}3", "concat", 60, 100, text, width=80)
    scene.nodes[0] = first._replace(times=3, note=text)
    edge(scene, first.name, second.name, (60, first.bottom), (60, second.top))
    edge(scene, second.name, third.name, (60, second.bottom), (60, third.top))
    panel(scene, f"{text}p", text, (4, 8, 120, 80), first.name, second.name, note=text)
    scene.crop()
    return scene
