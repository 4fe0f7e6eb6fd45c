"""Cells: parts of networks side by side, each with a caption that tells it apart, and every name once."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.backends.diagram.kinds.cells import cells
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.scene import Scene, Text
from netdsl.backends.diagram.scene.themes import named
from netdsl.backends.diagram.settings import Settings
from netdsl.backends.diagram.text import TIMES
from netdsl.diagnostics import NetError

UNIT = """
block pair(width) { conv(width, 3x3, padding=1) -> relu -> conv(width, 1x1) -> relu }
block unit(width) { first: pair(width) -> second: pair(width) }
net Wide_one { input x: 8x16x16
  stem: unit(16) -> rest: unit(32) }
"""
OTHER = """
block thing(width) {
  residual { conv(width, 3x3, padding=1) -> bn }
  relu
}
net Wide_two { input x: 8x16x16
  stem: thing(8) -> last: thing(8) -> maxpool(2x2) }
"""
WHOLE = "net Third { input x: 8x16x16\n conv(4, 1x1) }"


def figure(sources: list[str], *only: str) -> Scene:
    return cells([netdsl.loads(source).design for source in sources], Settings(only=only))


def captions(scene: Scene) -> list[str]:
    """What stands behind `(a)`, `(b)`, ... ."""
    texts = [item.text for item in scene.items if isinstance(item, Text)]
    return [texts[i + 1] for i, text in enumerate(texts) if text[0] == "(" and len(text) == 3]


@pytest.mark.parametrize(
    ("sources", "only", "expected"),
    [
        ([UNIT], ["stem", "rest"], ["stem", "rest"]),
        ([UNIT, OTHER], ["stem"], ["Wide one", "Wide two"]),  # a word of three letters says little
        ([UNIT, OTHER], ["stem", "last"], ["one, stem", "two, stem", "two, last"]),
        ([UNIT, OTHER], ["rest", "last"], ["rest", "last"]),
        ([UNIT, WHOLE], ["rest"], ["rest", "Third"]),
        ([UNIT], ["rest"], []),
    ],
)
def test_captions(sources: list[str], only: list[str], expected: list[str]) -> None:
    assert captions(figure(sources, *only)) == expected


def test_a_common_beginning_is_left_out() -> None:
    sources = [OTHER.replace("Wide_two", f"Net_{end}") for end in ("before_sum", "after_sum")]
    assert captions(figure(sources, "stem")) == ["before sum", "after sum"]


@pytest.mark.parametrize("theme", ["light", "print"])
def test_every_name_once(theme: str) -> None:
    scene = figure([UNIT, OTHER, WHOLE], "stem", "last")
    names = [*(node.name for node in scene.nodes), *(panel.name for panel in scene.clusters)]
    assert len(set(names)) == len(names) > 10
    assert lint(scene, named(theme)) == []
    known = {node.name for node in scene.nodes}
    assert all(route.tail in known and route.head in known for route in scene.routes)


def test_plain_groups_are_their_layers() -> None:
    """Panels stay where they say something: that they are repeated, or hold what forks."""
    assert [panel.title for panel in figure([UNIT], "stem").clusters] == []
    source = """
block two(w) { conv(w, 3x3, padding=1) -> conv(8, 1x1) }
block all {
  two(8)
  repeat 3 { two(4) }
}
net Repeated { input x: 8x32x32
  part: all }
"""
    scene = figure([source], "part")
    assert [(panel.title, len(panel.members)) for panel in scene.clusters] == [("two", 2)]
    assert f"{TIMES}3" in [item.text for item in scene.items if isinstance(item, Text)]


def test_a_part_that_none_has() -> None:
    with pytest.raises(NetError) as caught:
        figure([UNIT, OTHER], "stem", "rset")
    assert [d.code for d in caught.value.diagnostics] == ["E436"]
    assert "rest" in str(caught.value.diagnostics[0].hint)
