"""The DOT text of a scene is its graph, and Graphviz draws it where the scene has it."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pygraphviz
import pytest
import small_scenes
from small_scenes import HOSTILE

import netdsl
from netdsl.backends.diagram.formats.dot import dot
from netdsl.backends.diagram.formats.dot_lines import curves, distinct, shortened
from netdsl.backends.diagram.formats.dot_looks import SIGNS
from netdsl.backends.diagram.formats.engine import rendered
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Cluster, Placed, Route, Scene
from netdsl.backends.diagram.scene.themes import NAMES, named

SCENES = {
    "kinds": small_scenes.every_kind,
    "residual": small_scenes.residual,
    "inception": small_scenes.inception,
    "hostile": lambda: small_scenes.hostile(HOSTILE),
}
SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(netdsl.__file__).parent.parent
TEXTS = (
    HOSTILE,
    "back\\slash \\N \\G \\l \\",
    'quote " quote',
    "&amp; &#955; & <b>bold</b>",
    "<table><tr><td>x</td></tr></table>",
    "node",
    "]; } // /* # -> --",
    "\N{CJK UNIFIED IDEOGRAPH-5377}\N{GREEK SMALL LETTER ALPHA}\N{SNOWMAN} 100 %",
    "\x1b[31mred\x00\u202eturned\ud800",
)


def parsed(scene: Scene, theme: str = "light") -> Any:
    """The graph as Graphviz reads it."""
    return pygraphviz.AGraph(string=dot(scene, named(theme)))


def written(name: str) -> str:
    """A name as Graphviz gives it back: backslashes double, no control characters."""
    name = name.replace("\\", "\\\\")
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in name)


def shown(text: str) -> str:
    return " ".join(written(text).replace("\\\\", "\\").split())


@pytest.mark.parametrize("theme", NAMES)
@pytest.mark.parametrize("name", SCENES)
def test_the_graph_is_that_of_the_scene(name: str, theme: str) -> None:
    scene = SCENES[name]()
    graph = parsed(scene, theme)
    assert sorted(graph.nodes()) == sorted(written(n.name) for n in scene.nodes)
    wanted = Counter((written(r.tail), written(r.head)) for r in scene.routes)
    assert Counter(tuple(e[:2]) for e in graph.edges()) == wanted

    def inside(part: Any) -> dict[str, list[str]]:
        found = {}
        for sub in part.subgraphs():
            found[sub.name.removeprefix("cluster_")] = sorted(sub.nodes())
            found |= inside(sub)
        return found

    clusters = {cluster.name: cluster for cluster in scene.clusters}
    nodes = {node.name for node in scene.nodes}

    def members(cluster: Cluster) -> list[str]:
        names = [written(n) for n in cluster.members if n in nodes]
        return names + [m for n in cluster.members if n in clusters for m in members(clusters[n])]

    wanted_clusters = {written(c.name): sorted(members(c)) for c in scene.clusters}
    assert inside(graph) == wanted_clusters


@pytest.mark.parametrize("name", SCENES)
def test_positions_are_those_of_the_scene(name: str) -> None:
    """As text, and after Graphviz has read and drawn it with `neato -n2` (called "nop2" in there)."""
    scene = SCENES[name]()
    graph = parsed(scene)
    graph.layout(prog="nop2")
    for node in scene.nodes:
        attributes = graph.get_node(written(node.name)).attr
        x, y = map(float, attributes["pos"].split(","))
        assert x == pytest.approx(node.left + node.width / 2 - scene.left, abs=0.5)
        middle = scene.height - (node.top + node.height / 2 - scene.top)
        assert y == pytest.approx(middle, abs=0.5)
        if node.kind != "fork" and node.kind != "rail":
            assert 72 * float(attributes["width"]) == pytest.approx(node.width, abs=0.1)
            assert 72 * float(attributes["height"]) == pytest.approx(node.height, abs=0.1)
    for cluster in scene.clusters:
        found = subgraph(graph, f"cluster_{written(cluster.name)}")
        left, bottom, right, top = map(float, found.graph_attr["bb"].split(","))
        assert (left, right - left) == pytest.approx(
            (cluster.left - scene.left, cluster.width), abs=0.5
        )
        assert top == pytest.approx(scene.height - (cluster.top - scene.top), abs=0.5)
        assert top - bottom == pytest.approx(cluster.height, abs=0.5)
    assert list(map(float, graph.graph_attr["bb"].split(","))) == pytest.approx(
        [0, 0, scene.width, scene.height], abs=6
    )


def subgraph(graph: Any, name: str) -> Any:
    for sub in graph.subgraphs():
        if sub.name == name:
            return sub
        try:
            return subgraph(sub, name)
        except KeyError:
            continue
    raise KeyError(name)


@pytest.mark.parametrize("name", SCENES)
def test_lines_end_where_heads_begin(name: str) -> None:
    """A curve that runs to the tip of its head gives Graphviz nothing to turn the head by."""
    scene = SCENES[name]()
    graph = parsed(scene)
    graph.layout(prog="nop2")
    for route in scene.routes:
        text = graph.get_edge(written(route.tail), written(route.head)).attr["pos"]
        parts = [tuple(map(float, p.removeprefix("e,").split(","))) for p in text.split()]
        tip, *line = parts if text.startswith("e,") else (None, *parts)
        assert (tip is not None) == route.headed
        assert len(line) % 3 == 1 and len(line) >= 4
        first, last = [
            (x - scene.left, scene.height - (y - scene.top))
            for x, y in (route.points[0], route.points[-1])
        ]
        assert math.dist(line[0], first) < 0.5
        if tip is None:
            assert math.dist(line[-1], last) < 0.5
        else:
            assert math.dist(tip, last) < 0.5 and 0.5 < math.dist(tip, line[-1]) < 4.2


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("prog", ["dot", "nop2"])
def test_graphviz_draws_all_of_it(name: str, prog: str) -> None:
    scene = SCENES[name]()
    svg = parsed(scene).draw(format="svg", prog=prog)
    root = ElementTree.fromstring(svg)
    groups = Counter((g.get("class") or "none").split()[0] for g in root.iter(f"{SVG}g"))
    assert groups["node"] == len(scene.nodes) and groups["edge"] == len(scene.routes)
    assert groups["cluster"] == len(scene.clusters)
    shown = " ".join(" ".join((t.text or "").split()) for t in root.iter(f"{SVG}text"))
    for node in scene.nodes:
        for line in [] if node.kind in ("fork", *SIGNS) else node.lines:
            assert " ".join(line.split()) in shown
        assert node.kind not in SIGNS or SIGNS[node.kind] in shown


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_texts_come_out_as_they_went_in(text: str) -> None:
    scene = small_scenes.hostile(text)
    graph = parsed(scene)
    assert sorted(graph.nodes()) == sorted(written(f"{text}{i}") for i in (1, 2, 3))
    root = ElementTree.fromstring(graph.draw(format="svg", prog="dot"))
    wanted = shown(text)
    found = [" ".join((t.text or "").split()) for t in root.iter(f"{SVG}text")]
    assert sum(found_text.count(wanted) for found_text in found) >= 4 + 2 + 1, (wanted, found)
    assert not [e for e in root.iter() if e.tag.endswith(("table", "script", "image"))]


def test_plain_dot_keeps_sizes_and_colours() -> None:
    scene = small_scenes.residual()
    theme = named("light")
    graph = parsed(scene)
    graph.layout(prog="dot")
    boxes = {node.name: node for node in scene.nodes}
    for node in graph.nodes():
        if boxes[node].kind in ("conv", "conv1"):
            assert node.attr["fillcolor"] == theme[f"{boxes[node].kind}.f"]
            assert 72 * float(node.attr["width"]) == pytest.approx(boxes[node].width, abs=0.1)
    dashed = [e for e in graph.edges() if e.attr["style"] == "dashed"]
    assert len(dashed) == 2
    assert graph.get_node("layer1.0.fork").attr["shape"] == "point"
    assert graph.get_node("layer1.0.add").attr["shape"] == "circle"


def test_looks_are_those_that_are_painted() -> None:
    """Stages, dashes and weights of a box are only in what is painted."""
    scene = Scene("one")
    looks: tuple[dict[str, Any], ...] = (
        {"stage": 2},
        {"training": True},
        {"thick": True},
        {"grey": True},
    )
    for i, more in enumerate(looks):
        pen.box(scene, 40, 20 + 30 * i, 60, 13, "conv", ["3\xd73, 64"], size=7.0, **more)
        scene.nodes.append(Placed(f"n{i}", "conv", 10, 13.5 + 30 * i, 60, 13, ("3\xd73, 64",)))
    scene.crop()
    theme = named("stage")
    graph = parsed(scene, "stage")
    nodes = [graph.get_node(f"n{i}").attr for i in range(4)]
    assert nodes[0]["fillcolor"] == theme["conv.f@2"] != theme["conv.f"]
    assert nodes[1]["style"] == "filled,dashed" and nodes[2]["penwidth"] == "1.2"
    assert nodes[3]["fillcolor"] == theme["band"]
    assert {n["fontsize"] for n in nodes} == {"7"}


def test_what_has_no_line_is_drawn_straight() -> None:
    """Edges without corners, edges to nowhere, panels of unknown nodes and panels in themselves."""
    scene = Scene("odd")
    scene.nodes = [Placed(n, "nonsense", 10, y, 40, 10, (n,)) for n, y in (("a", 10), ("b", 40))]
    scene.routes = [Route("a", "b", ()), Route("a", "c", ((0, 0), (1, 1))), Route("b", "b", ())]
    scene.clusters = [Cluster("p", "", 0, 0, 60, 60, ("a", "q", "?")), Cluster("q", "", 0, 0, 9, 9)]
    scene.clusters.append(Cluster("r", "r", 0, 0, 9, 9, ("r", "a")))
    graph = parsed(scene)
    assert sorted(graph.nodes()) == ["a", "b"] and graph.number_of_edges() == 2
    assert graph.draw(format="svg", prog="nop2") and graph.draw(format="svg", prog="dot")
    assert parsed(Scene("")).number_of_nodes() == 0


def test_curves_stay_on_their_lines() -> None:
    points = distinct([(0, 0), (0, 0.01), (0, 10), (10, 10), (10, 11), (30, 11)])
    assert points == [(0, 0), (0, 10), (10, 10), (10, 11), (30, 11)]
    line = curves(points)
    assert len(line) % 3 == 1 and line[0] == (0, 0) and line[-1] == (30, 11)
    for x, y in line:
        assert 0 <= x <= 30 and 0 <= y <= 11
    assert curves([(1, 1), (1, 1)]) == [(1, 1)] * 4
    assert shortened([(0, 0), (0, 10)]) == [(0, 0), (0, 6)]
    assert shortened([(0, 0), (0, 1)])[-1] == pytest.approx((0, 0.2))


def test_the_same_every_time() -> None:
    code = (
        "import hashlib, small_scenes, sys\n"
        "from netdsl.backends.diagram.formats.dot import dot\n"
        "from netdsl.backends.diagram.scene.themes import named\n"
        "text = dot(small_scenes.residual(), named('light'))\n"
        "assert not {'torch', 'numpy', 'graphviz', 'pygraphviz'} & set(sys.modules)\n"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    said = set()
    for seed in ("0", "77"):
        paths = f"{ROOT}:{Path(__file__).parent}"
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": paths, "LC_ALL": "C"}
        said.add(
            subprocess.run(
                [sys.executable, "-c", code], env=environment, check=True, capture_output=True
            ).stdout
        )
    assert len(said) == 1


def test_both_engines_draw_it() -> None:
    text = dot(small_scenes.residual(), named("light"))
    kept, anew = (ElementTree.fromstring(rendered(text, "svg", e)) for e in ("neato", "dot"))
    sizes = [float(root.get("height", "0pt")[:-2]) for root in (kept, anew)]
    assert sizes[0] == pytest.approx(small_scenes.residual().height, abs=9) != sizes[1]
    assert b'sans-serif" font-weight="bold"' in rendered(text, "svg", "neato")
