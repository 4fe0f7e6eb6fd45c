"""Bodies that read another value than the one that enters: no fork is drawn where one line goes on."""

from __future__ import annotations

import pytest
from diagram_oracle import check_figure

import netdsl
from netdsl.backends.diagram import Drawing

BODIES = [
    "dense(1) { (mean(@in, @in)) }",
    "dense(2) { @side -> conv(4, 1x1) }",
    "residual { @side }",
    "concat { | @side -> relu | @side -> tanh | identity }",
    "group: { @side -> (@in + @in) }",
    "mul { | mul { | @side | @side } | { @side } }",
]


@pytest.mark.parametrize("body", BODIES)
def test_no_fork_with_one_exit(body: str) -> None:
    text = f"net N {{\n  input image: 4x8x8\n  side: conv(4, 1x1) -> relu\n  {body}\n}}"
    network = netdsl.loads(text)
    check_figure(Drawing(network.design)._figure(), network.design)
    for format in ("svg", "dot", "mermaid"):
        assert network.diagram(format)


def test_value_of_an_iteration_that_another_stands_for() -> None:
    """A label in a folded `dense`, read from outside, begins at the bar that stands for all of it."""
    text = """\
block grown { dense(3) { stage: conv(4, 3x3, padding=1) } }
net N {
  input image: 4x8x8
  a: grown
  @a.stage2 -> b: relu
  @b -> concat { | @a.stage1 | identity } -> grown
}
"""
    network = netdsl.loads(text)
    for format in ("svg", "dot", "mermaid"):
        assert network.diagram(format)


def test_a_rail_that_goes_was_an_exit() -> None:
    """The bars of `range` read the net's input: nothing leaves their rail, and then one line the fork."""
    text = """\
block same(value) { @value }
net N {
  input image: 4x8x8
  concat { | same(@in) } -> residual {
    range: concat { | same(@in) | same(@in) }
  } shortcut { conv(@range.channels, 1x1) }
}
"""
    network = netdsl.loads(text)
    check_figure(Drawing(network.design)._figure(), network.design)
