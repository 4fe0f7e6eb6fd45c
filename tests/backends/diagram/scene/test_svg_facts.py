"""The reader of SVGs reads what a browser would draw: sizes through every way of saying and scaling them."""

from __future__ import annotations

import pytest
from svg_facts import svg_facts


def drawn(inside: str, size: str = 'width="3in" height="2in" viewBox="0 0 216 144"') -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{inside}</svg>'


def test_a_figure_in_points() -> None:
    found = svg_facts(
        drawn(
            '<title>no text</title><g font-size="9"><text>one</text>'
            '<text font-size="7.2">3&#215;3 <tspan font-weight="bold">conv</tspan></text></g>'
        )
    )
    assert found == (7.2, 3.0, 2.0, ("one", "3\N{MULTIPLICATION SIGN}3 conv"))


@pytest.mark.parametrize(
    ("inside", "smallest"),
    [
        ('<text font-size="8">a</text>', 8.0),
        ('<g transform="translate(9 9) scale(0.5)"><text font-size="8">a</text></g>', 4.0),
        ('<g transform="scale(2,0.5)"><text font-size="8">a</text></g>', 4.0),
        ('<text font-size="8" transform="rotate(-90 3 4)">a</text>', 8.0),
        ('<g transform="scale(3 1)"><text font-size="8" transform="rotate(90)">a</text></g>', 24.0),
        ('<text font-size="8" transform="matrix(0 -.5 .5 0 7 7)">a</text>', 4.0),
        ('<text style="fill:red; font-size:6.5px">a</text>', 6.5),
        ('<g font-size="10"><text font-size="80%">a</text></g>', 8.0),
        ('<g font-size="10"><text>a<tspan font-size="0.6em">2</tspan></text></g>', 6.0),
        ('<text font-size="10">a<tspan font-size="3"> </tspan></text>', 10.0),
        ('<defs><text font-size="1">a</text></defs><text font-size="10">a</text>', 10.0),
        ("<text>a</text>", 16.0),  # as the standard has it
        ("<rect/>", 0.0),
    ],
)
def test_sizes(inside: str, smallest: float) -> None:
    assert svg_facts(drawn(inside)).smallest == pytest.approx(smallest)


@pytest.mark.parametrize(
    ("size", "smallest", "width"),
    [
        ('width="3in" height="2in" viewBox="0 0 432 288"', 4.0, 3.0),  # printed at half its size
        ('width="3in" height="2in" viewBox="-9 -9 216 288"', 4.0, 3.0),  # the narrower side counts
        ('width="216pt" height="144pt" viewBox="0 0 216 144"', 8.0, 3.0),
        ('width="7.62cm" height="50.8mm" viewBox="0 0 216 144"', 8.0, 3.0),
        ('width="288" height="192px"', 6.0, 3.0),
    ],
)
def test_printed_size(size: str, smallest: float, width: float) -> None:
    found = svg_facts(drawn('<text font-size="8">a</text>', size))
    assert (found.smallest, found.width, found.height) == pytest.approx((smallest, width, 2.0))


@pytest.mark.parametrize(
    "text",
    [
        "<html/>",
        drawn("", 'viewBox="0 0 9 9"'),
        drawn("", 'width="50%" height="2in"'),
        drawn('<text font-size="large">a</text>'),
        drawn('<g transform="skewX(20)"><text>a</text></g>'),
    ],
)
def test_what_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(ValueError):
        svg_facts(text)
