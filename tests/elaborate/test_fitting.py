"""What is said where two ends do not fit and no step can be blamed: a step behind one of them."""

from __future__ import annotations

import pytest

from netdsl.elaborate.fitting import End, Meeting, joined, stride_between
from netdsl.shapes import Open, Shape
from netdsl.source import Source, Span

H = Open.symbol("H")
SOURCE = Source("a.net", "| one | two")
PLACES = (Span(SOURCE, 2, 5), Span(SOURCE, 8, 11))
WHOLE = Span(SOURCE, 0, 11)


def advice(word: str, usual: Shape, odd: Shape, others: bool = False) -> tuple[str, str]:
    """What is said, and the text after the change."""
    ends = End("bar 2", PLACES[1], odd), End("bar 1", PLACES[0], usual)
    said, fix = joined(None, Meeting(word, WHOLE, *ends, others=others))
    text = SOURCE.text
    for edit in fix:
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return said, text


@pytest.mark.parametrize(
    ("word", "usual", "odd", "said", "changed"),
    [
        (
            *("add", (64, 28, 28), (64, 56, 56)),
            "`conv(64, 1x1, stride=2)` at the end of bar 2 would turn 64x56x56 into 64x28x28",
            "| one | two -> conv(64, 1x1, stride=2)",
        ),
        (
            *("add", (64, 7, 7), (128, 4, 4)),
            "`conv(128, 1x1, stride=2)` at the end of bar 1 would turn 64x7x7 into 128x4x4",
            "| one -> conv(128, 1x1, stride=2) | two",
        ),
        (
            *("add", (256, 7, 7), (64, 7, 7)),
            "`conv(256, 1x1)` at the end of bar 2 would turn 64x7x7 into 256x7x7",
            "| one | two -> conv(256, 1x1)",
        ),
        (
            *("concat", (5, 9, 9), (4, 3, 3)),
            "`maxpool(3x3, stride=3, padding=1)` at the end of bar 1 would turn 5x9x9 into 5x3x3",
            "| one -> maxpool(3x3, stride=3, padding=1) | two",
        ),
        ("add", (64, 7, 7), (64, 5, 5), "`center_crop(5x5)` at the end of bar 1", "| one | two"),
        ("add", (8, 7, 7), (64, 5, 5), "their sides must be equal", "| one | two"),
        ("add", (64, 7, 5), (64, 5, 7), "their sides must be equal", "| one | two"),
        ("add", (64, 1, 1), (64,), "write `(@map + @weights)`", "| one | two"),
        ("concat", (64, 1, 1), (64,), "64 is a flat vector and 64x1x1 a map", "| one | two"),
        (
            *("concat", (16, 64, 64), (8, 1, 1)),
            "`upsample(size=64x64)` at the end of bar 2 would turn 8x1x1 into 8x64x64",
            "| one | two -> upsample(size=64x64)",
        ),
        ("mul", (8, 64, 64), (8, 1, 1), "write `(@map * @weights)`", "| one | two"),
        ("mul", (64, 9, 9), (64,), "write `(@map * @weights)`", "| one | two"),
        ("concat", (4, 7), (4, 7, 7), "4x7 and 4x7x7 have different numbers", "| one | two"),
        ("add", (4, H), (4, H - 2), "not equal for every size", "| one | two"),
        (
            *("add", (4, H, 4), (4, 2 * H, 8)),
            "`conv(4, 1x1, stride=2)` at the end of bar 2 would turn 4x(2*H)x8 into 4xHx4",
            "| one | two -> conv(4, 1x1, stride=2)",
        ),
    ],
)
def test_two_ends(
    word: str, usual: tuple[int, ...], odd: tuple[int, ...], said: str, changed: str
) -> None:
    found, text = advice(word, Shape(*usual), Shape(*odd))
    assert said in found
    assert text == changed


@pytest.mark.parametrize(
    ("word", "usual", "odd", "changed"),
    [
        ("concat", (5, 8, 8), (4, 4, 4), "| one | two -> upsample(scale=2)"),
        ("add", (5, 8, 8), (5, 4, 4), "| one | two -> upsample(scale=2)"),
        ("add", (5, 8, 8), (4, 4, 4), "| one | two -> conv(5, 1x1) -> upsample(scale=2)"),
        ("add", (5, 7, 7), (5, 4, 4), "| one | two"),
        ("add", (5, 4, 4), (5, 8, 8), "| one | two -> conv(5, 1x1, stride=2)"),
    ],
)
def test_where_all_others_are_alike_the_odd_one_changes(
    word: str, usual: tuple[int, ...], odd: tuple[int, ...], changed: str
) -> None:
    assert advice(word, Shape(*usual), Shape(*odd), others=True)[1] == changed


def test_strides() -> None:
    assert stride_between(Shape(3, 56, 56), Shape(8, 28, 28)) == 2
    assert stride_between(Shape(3, 57, 57), Shape(8, 29, 29)) == 2
    assert stride_between(Shape(3, 56, 56), Shape(8, 54, 54)) is None
    assert stride_between(Shape(3, 56), Shape(8, 28, 28)) is None
