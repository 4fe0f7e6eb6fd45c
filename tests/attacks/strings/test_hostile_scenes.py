"""Figures whose every text is hostile: names of boxes, labels, notes, titles, descriptions. Names of the language
are letters, so no `.net` text can say this; the formats hold it off all the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hostile_checks import check
from hostile_texts import harmless_texts, hostile_texts

from netdsl.backends.diagram.figure import Edge, Figure, Node, Panel
from netdsl.backends.diagram.formats import plain
from netdsl.backends.diagram.formats.dot import dot
from netdsl.backends.diagram.formats.mermaid import mermaid
from netdsl.backends.diagram.formats.pdf import pdf
from netdsl.backends.diagram.formats.png import png
from netdsl.backends.diagram.formats.svg import svg
from netdsl.backends.diagram.formats.tikz import tikz
from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.scene import Cluster, Placed, Route, Scene, Text
from netdsl.backends.diagram.scene.themes import named

LIGHT = named("light")


def scene(texts: Sequence[str]) -> Scene:
    """Boxes below each other, named, labelled and noted by texts, in a panel, with lines between them."""
    name, description, title, note, *rest = texts
    found = Scene(name, description)
    boxes = []
    for i, text in enumerate(rest):
        y = 20.0 + 30 * i
        pen.box(found, 60.0, y, 70.0, 13.0, "conv", (text,))
        found.items.append(Text(150.0, y, text, 7.0, room=40.0, bold=i % 2 == 0))
        boxes.append(
            Placed(f"{i} {text}", "conv", 25.0, y - 6, 70.0, 13.0, (text, text), (), 1, text)
        )
    found.nodes.extend(boxes)
    for one, other in pairwise(boxes):
        found.routes.append(Route(one.name, other.name, ((60.0, one.top), (60.0, other.top))))
    members = tuple(box.name for box in boxes)
    found.clusters.append(Cluster(f"0 {title}", title, 0.0, 0.0, 200.0, 100.0, members, 2, note))
    return found


def figure(texts: Sequence[str]) -> Figure:
    name, description, title, note, *rest = texts
    nodes = [Node(f"{i} {t}", "conv", (t, t), shape=t) for i, t in enumerate(rest)]
    edges = [Edge(a.name, b.name, shape=a.shape) for a, b in pairwise(nodes)]
    panel = Panel(f"p {title}", "block", list(nodes), title=title, notes=(note,))
    return Figure(name, [panel], edges, notes=(note,), description=description)


WRITERS = {
    "svg": lambda t: svg(scene(t), LIGHT),
    "pdf": lambda t: pdf(scene(t), LIGHT),
    "png": lambda t: png(scene(t), LIGHT, 40),
    "tex": lambda t: tikz(scene(t), LIGHT),
    "dot": lambda t: dot(scene(t), LIGHT),
    "mermaid": lambda t: mermaid(figure(t)),
    "terminal": lambda t: plain.plain(figure(t)),
}


def sweep(name: str, seed: int, count: int, to_a_file: int = 50) -> None:
    texts = hostile_texts(seed, count)
    for i in range(0, count, to_a_file):
        some = texts[i : i + to_a_file]
        check(name, WRITERS[name](some), WRITERS[name](harmless_texts(some)))


@pytest.mark.parametrize("name", WRITERS)
def test_hostile_labels_stay_labels(name: str) -> None:
    sweep(name, 7, 200)


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_ten_thousand_hostile_labels_stay_labels(name: str) -> None:
    sweep(name, 8, 10_000)


def test_graphviz_reads_the_same_graph() -> None:
    """Its own parser finds our boxes and lines, and our texts as labels."""
    pygraphviz = pytest.importorskip("pygraphviz")
    texts = hostile_texts(7, 100)
    read = [pygraphviz.AGraph(string=dot(scene(t), LIGHT)) for t in (texts, harmless_texts(texts))]
    ours, theirs = read
    assert len(ours.nodes()) == len(theirs.nodes()) == 96
    assert len(ours.edges()) == len(theirs.edges()) == 95
    assert len(ours.subgraphs()) == 1
    for node in ours.nodes():
        assert set(node.attr) == set(theirs.nodes()[0].attr)
        assert "<" not in (node.attr["URL"] or "") and not node.attr["URL"]
