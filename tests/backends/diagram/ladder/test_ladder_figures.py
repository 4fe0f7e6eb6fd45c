"""All figures of ladders: they fit, hold every step, and have no fault in any theme."""

from __future__ import annotations

from collections import Counter

import pytest
from diagram_oracle import census
from ladder_networks import NAMES, design
from ladder_random import ladder_text

import netdsl
from netdsl.backends.diagram.kinds.ladder.figure import fpn_part, ladder
from netdsl.backends.diagram.scene import themes
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.scene import Scene
from netdsl.backends.diagram.settings import Settings
from netdsl.design import Design

PAGE, COLUMN = 496.8, 234.0


def drawn(scene: Scene) -> Counter[str]:
    """The steps that the boxes and slabs of a figure stand for."""
    total: Counter[str] = Counter()
    for node in scene.nodes:
        total.update(dict(node.steps))
    return total


def check(found: Design, width: float, names: tuple[str, ...] = themes.NAMES) -> Scene:
    scene = ladder(found, Settings(width=width))
    assert scene.width <= width
    assert scene.smallest >= 7.0
    assert drawn(scene) == census(found)
    for name in names:
        assert lint(scene, themes.named(name)) == []
    return scene


@pytest.mark.parametrize("width", [PAGE, COLUMN])
@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_whole_and_has_no_fault(name: str, width: float) -> None:
    scene = check(design(name), width)
    assert scene.title == design(name).name
    assert scene.description.startswith(f"{scene.title} leads from ")


@pytest.mark.parametrize("width", [PAGE, COLUMN])
@pytest.mark.parametrize("seed", range(8))
def test_so_has_that_of_any_ladder(seed: int, width: float) -> None:
    check(netdsl.loads(ladder_text(seed)).design, width, ("light", "print"))


@pytest.mark.parametrize("name", NAMES)
def test_every_output_is_reached(name: str) -> None:
    """From every box lines lead on to an output, or to a head."""
    scene = ladder(design(name), Settings())
    nodes = {node.name: node for node in scene.nodes}
    onward = {route.tail for route in scene.routes}
    into = {route.head for route in scene.routes}
    ends = [node for name, node in nodes.items() if name not in onward]
    assert onward | into <= set(nodes)
    assert len(ends) <= max(1, len(design(name).outputs))
    assert [n for n in nodes if n not in into] == [n for n in nodes if nodes[n].kind == "input"]


@pytest.mark.parametrize("name", NAMES)
def test_a_part_is_the_body_of_a_detector(name: str) -> None:
    found = design(name)
    part = fpn_part(found, Settings(width=240.0))
    body = Counter(census(found))
    for event in found.heads.values():
        links = [event.link]
        body.subtract(census_of(found, links))
    assert drawn(part.scene) == +body
    assert len({out[0] for out in part.outs}) == len(part.outs)
    for _, x, y in part.outs:
        at = [n for n in part.scene.nodes if abs(n.top + n.height / 2 - y) < 0.02 and n.left < x]
        assert any(-0.02 <= x - n.right <= 2.0 for n in at)


def census_of(found: Design, links: list) -> Counter[str]:
    """The steps of a few links of a network."""
    whole = Counter(census(found))

    class Only:
        net = None

    rest: Counter[str] = Counter()
    for link in links:
        inner = link.scope
        assert inner is not None
        Only.net = inner
        rest.update(census(Only))  # type: ignore[arg-type]
    assert not rest - whole
    return rest


def test_figures_are_the_same_every_time() -> None:
    for name in ("zoo:unet", "zoo:faster_rcnn"):
        first, second = (ladder(design(name), Settings()) for _ in range(2))
        assert (first.under, first.items) == (second.under, second.items)
        assert (first.nodes, first.routes) == (second.nodes, second.routes)


def test_a_legend_can_be_left_out() -> None:
    for name in ("zoo:unet", "zoo:yolov3"):
        full, bare = (ladder(design(name), Settings(legend=on)) for on in (True, False))
        assert bare.height < full.height
        assert bare.nodes == full.nodes
