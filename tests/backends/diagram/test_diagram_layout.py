"""How a figure looks: nothing lies on anything else, lines are straight, columns meet."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from geometry import Box, drawn, layout
from networks import TEXTS, network

from netdsl.backends.diagram.draw import figure
from netdsl.backends.diagram.figure import Node, Split, panels_of

SOME = (
    *TEXTS,
    "zoo:googlenet",
    "zoo:resnet50",
    "zoo:densenet121",
    "zoo:squeezenet1_1",
    "zoo:vgg16",
)
FACTS: dict[str, int] = {}


@pytest.mark.parametrize("name", SOME)
def test_boxes_lie_apart(name: str) -> None:
    boxes = {k: box for k, box in layout(name).nodes.items() if not k.startswith("~")}
    for (a, one), (b, two) in combinations(boxes.items(), 2):
        assert not one.overlaps(two), (a, b)


@pytest.mark.parametrize("name", SOME)
def test_panels_hold_their_boxes_and_nothing_else(name: str) -> None:
    found = layout(name)
    for panel, box in found.panels.items():
        for node, place in found.nodes.items():
            if node in found.members[panel]:
                assert box.holds(place), (panel, node)
            elif not node.startswith("~"):
                assert not box.overlaps(place), (panel, node)
    for (a, one), (b, two) in combinations(found.panels.items(), 2):
        if one.overlaps(two):
            assert one.holds(two) or two.holds(one), (a, b)


@pytest.mark.parametrize("name", SOME)
def test_shapes_beside_lines_are_free(name: str) -> None:
    found = layout(name)
    for ends, label in found.labels.items():
        for node, box in found.nodes.items():
            if not node.startswith("~"):
                assert not box.overlaps(label), (ends, node)
        for other, line in found.lines.items():
            for (x1, y1), (x2, y2) in pairwise(sorted(line, key=lambda p: p[1])):
                if x1 == x2:  # a line straight down
                    assert not label.overlaps(Box(x1 - 0.4, y1, x1 + 0.4, y2), 0.2), (ends, other)
    for (a, one), (b, two) in combinations(found.labels.items(), 2):
        assert not one.overlaps(two), (a, b)


@pytest.mark.parametrize("name", SOME)
def test_columns_meet(name: str) -> None:
    """A line that leaves a column at the right goes on at the left of the next one, at the same height."""
    nodes = layout(name).nodes
    number = sum(1 for node in nodes if node.endswith(".over"))
    assert (number > 1) == any(node.startswith("~column") for node in nodes)
    for i in range(1, number):
        up, left = nodes[f"~column{i - 1}.up"], nodes[f"~column{i}.left"]
        assert abs(up.top - left.top) < 1.1  # whole points
        assert -0.3 <= left.left - up.right < 1.5, (name, i)
    FACTS[name] = number


def test_long_figures_have_columns() -> None:
    assert FACTS["zoo:googlenet"] == 2 and FACTS["zoo:resnet50"] >= 2 and FACTS["plain"] == 0


@pytest.mark.parametrize("name", SOME)
def test_the_trunk_is_straight(name: str) -> None:
    """What follows one another at the top of a figure, with one line between, has one axis."""
    found = layout(name)
    picture = figure(network(name).design)
    plain = {node.name for node in picture.nodes if node.lines or node.kind == "rail"}
    kinds = {node.name: node.kind for node in picture.nodes}
    checked = 0
    for (tail, head), line in found.lines.items():
        into = sum(1 for edge in picture.edges if edge.head == head)
        out = sum(1 for edge in picture.edges if edge.tail == tail)
        if tail not in plain or head not in plain or into > 1 or out > 1:
            continue
        if "output" in (kinds[tail], kinds[head]) or "rail" in (kinds[tail], kinds[head]):
            continue
        assert max(x for x, _ in line) - min(x for x, _ in line) < 1.0, (tail, head)
        checked += 1
    assert checked or name in ("gates", "outputs")


@pytest.mark.parametrize("name", ["merges", "zoo:googlenet", "zoo:squeezenet1_1"])
def test_branches_end_on_a_level_above_their_bar(name: str) -> None:
    """The row above a concat bar reads as a sum, and its bar is as wide as the row, in text order."""
    picture = figure(network(name).design)
    places = layout(name).nodes
    checked = 0

    def splits(children: list) -> list[Split]:
        out = []
        for child in children:
            if isinstance(child, Split):
                out.append(child)
        return out

    whole = [picture.children, *(panel.children for panel in panels_of(picture.children))]
    for split in (s for children in whole for s in splits(children)):
        if split.kind != "merge" or split.join is None or split.join.kind != "concat":
            continue
        last = [branch[-1] for branch in split.branches]
        boxes = [places[node.name] for node in last if isinstance(node, Node)]
        if len(boxes) < len(last):
            continue
        middles = [(box.top + box.bottom) / 2 for box in boxes]
        assert max(middles) - min(middles) < 1
        assert [box.left for box in boxes] == sorted(box.left for box in boxes)
        bar = places[split.join.name]
        assert bar.left <= boxes[0].left + 1 and bar.right >= boxes[-1].right - 1
        checked += 1
    assert checked


@pytest.mark.parametrize("name", ["zoo:googlenet", "zoo:resnet50", "merges", "gates", "plain"])
def test_texts_fit_their_boxes(name: str) -> None:
    svg = network(name).diagram("svg")
    assert isinstance(svg, str)
    boxes = drawn(svg)
    texts = 0
    for title, box, lines in boxes:
        for shown, place in lines:
            texts += 1
            width = place.right - place.left
            assert place.left >= box.left + 0.05 * width, (title, shown)  # room for a wider font
            assert place.right <= box.right - 0.05 * width, (title, shown)
            assert box.top <= place.top and place.bottom <= box.bottom, (title, shown)
        for (a, one), (b, two) in combinations(lines, 2):
            assert not one.overlaps(two), (a, b)
    assert texts >= len(boxes) - sum(1 for b in boxes if not b.texts) > 3
