"""Where Graphviz puts things: boxes, lines and texts of a figure, in points, y downwards."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, NamedTuple
from xml.etree import ElementTree

from networks import network

from netdsl.backends.diagram.dot import dot_source
from netdsl.backends.diagram.draw import figure
from netdsl.backends.diagram.measure import text_width
from netdsl.backends.diagram.render import render

SVG = "{http://www.w3.org/2000/svg}"


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box, slack: float = 0.5) -> bool:
        return (
            self.left < other.right - slack
            and other.left < self.right - slack
            and self.top < other.bottom - slack
            and other.top < self.bottom - slack
        )

    def holds(self, other: Box, slack: float = 0.5) -> bool:
        return (
            self.left <= other.left + slack
            and self.top <= other.top + slack
            and self.right >= other.right - slack
            and self.bottom >= other.bottom - slack
        )


class Layout(NamedTuple):
    """Boxes of nodes (points that only turn lines begin with `~`) and of clusters, lines as corners of
    their splines, and the boxes of the shapes beside them, by tail and head."""

    nodes: dict[str, Box]
    panels: dict[str, Box]
    members: dict[str, list[str]]
    lines: dict[tuple[str, str], list[tuple[float, float]]]
    labels: dict[tuple[str, str], Box]


@cache
def layout(name: str) -> Layout:
    """What Graphviz makes of a network's figure."""
    found: dict[str, Any] = json.loads(render(dot_source(figure(network(name).design)), "json"))
    nodes, panels, members, lines, labels = {}, {}, {}, {}, {}
    names = {}
    for thing in found["objects"]:
        if "pos" in thing:
            x, y = map(float, thing["pos"].split(","))
            w, h = 36 * float(thing["width"]), 36 * float(thing["height"])
            nodes[thing["name"]] = Box(x - w, -y - h, x + w, -y + h)
            names[thing["_gvid"]] = thing["name"]
    for thing in found["objects"]:
        if thing["name"].startswith("cluster_") and thing.get("style") != "invis":
            left, bottom, right, top = map(float, thing["bb"].split(","))
            panels[thing["name"]] = Box(left, -top, right, -bottom)
            members[thing["name"]] = [names[i] for i in thing.get("nodes", ())]
    for edge in found.get("edges", ()):
        if edge.get("style") == "invis":
            continue
        ends = names[edge["tail"]], names[edge["head"]]
        spots = re.findall(r"(-?[\d.]+),(-?[\d.]+)", edge["pos"])
        lines[ends] = [(float(x), -float(y)) for x, y in spots]
        if "tail_lp" in edge:
            x, y = map(float, edge["tail_lp"].split(","))
            text = re.sub(r"<[^>]*>", "", edge["taillabel"])
            half = text_width(text, 7.5) * 1.17 / 2
            labels[ends] = Box(x - half, -y - 3.5, x + half, -y + 3.5)
    return Layout(nodes, panels, members, lines, labels)


class Drawn(NamedTuple):
    """A box of an SVG with its lines of text."""

    name: str
    box: Box
    texts: list[tuple[str, Box]]


def drawn(svg: str) -> list[Drawn]:
    """The boxes of an SVG. Texts are as wide as in Helvetica."""
    out = []
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        title = group.find(f"{SVG}title")
        shapes = [s for tag in ("polygon", "path", "ellipse") for s in group.findall(f"{SVG}{tag}")]
        if title is None or not shapes:
            continue
        xs, ys = [], []
        for shape in shapes:
            if shape.tag == f"{SVG}ellipse":
                cx, cy, rx, ry = (float(shape.get(k, "0")) for k in ("cx", "cy", "rx", "ry"))
                xs += [cx - rx, cx + rx]
                ys += [cy - ry, cy + ry]
            spots = re.findall(
                r"(-?[\d.]+),(-?[\d.]+)", shape.get("points") or shape.get("d") or ""
            )
            xs += [float(x) for x, _ in spots]
            ys += [float(y) for _, y in spots]
        texts = []
        for text in group.findall(f"{SVG}text"):
            shown = text.text or ""
            size, x, y = (float(text.get(k, "0")) for k in ("font-size", "x", "y"))
            width = text_width(shown, size, text.get("font-weight") == "bold")
            anchor = {"middle": 0.5, "end": 1.0}.get(text.get("text-anchor", "start"), 0.0)
            left = x - anchor * width
            texts.append((shown, Box(left, y - 0.72 * size, left + width, y)))
        out.append(Drawn(title.text or "", Box(min(xs), min(ys), max(xs), max(ys)), texts))
    return out
