"""Outlines, letters and fonts: what all formats of pictures share."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from format_scenes import HOSTILE

from netdsl.backends.diagram.formats.letters import squeeze
from netdsl.backends.diagram.formats.outline import dashes, flattened, outline, short
from netdsl.backends.diagram.formats.typeface import font_data, measures
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Circle, Path, Rect, Text
from netdsl.escaping.latex import latex
from netdsl.escaping.letters import visible, western


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3.0, "3"),
        (-0.001, "0"),
        (12.5, "12.5"),
        (-1.005, "-1"),
        (0.00001, "0"),
        (1e6 / 3, "333333.33"),
    ],
)
def test_numbers_are_short(value: float, shown: str) -> None:
    assert short(value) == shown


# ---------------------------------------------------------------------------------------- outlines
def test_a_corner_is_a_quarter_of_a_circle() -> None:
    line = Path(((0, 0), (20, 0), (20, 20)), closed=False, radius=5)
    points = flattened(outline(line), 0.1)
    arc = [p for p in points if p[0] > 15.001 and p[1] < 4.999]
    assert len(arc) > 10
    assert max(abs(math.dist(p, (15, 5)) - 5) for p in arc) < 0.01
    assert points[0] == (0, 0) and points[-1] == (20, 20)


@pytest.mark.parametrize("turn", [20, 45, 90, 135, 170])
def test_any_corner_has_the_radius(turn: float) -> None:
    """Both ends of the arc are as far from the corner as a circle of that radius touches the lines."""
    a = math.radians(turn)
    line = Path(((-100, 0), (0, 0), (100 * math.cos(a), 100 * math.sin(a))), closed=False, radius=3)
    arc = outline(line).steps
    cut = 3 * math.tan(a / 2)
    assert arc[0][0] == pytest.approx((-cut, 0))
    assert arc[1][2] == pytest.approx((cut * math.cos(a), cut * math.sin(a)))
    middle = (-cut, 3)
    assert all(
        math.dist(p, middle) == pytest.approx(3, abs=0.06)
        for p in flattened(outline(line), 0.2)[1:-1]
    )


def test_corners_share_the_line_between_them() -> None:
    line = Path(((0, 0), (10, 0), (10, 4), (20, 4)), closed=False, radius=5)
    first, second = outline(line).steps[1], outline(line).steps[3]
    assert first[2] == pytest.approx((10, 2)) and outline(line).steps[2][0] == pytest.approx(
        (10, 2)
    )
    assert second[2] == pytest.approx((12, 4))


def test_lines_that_turn_back_or_stand_still_are_drawn() -> None:
    line = Path(((0, 0), (10, 0), (10, 0), (0, 0), (5, 0)), closed=False, radius=3)
    assert flattened(outline(line), 1) == [(0, 0), (10, 0), (0, 0), (5, 0)]


def test_round_boxes_stay_inside() -> None:
    points = flattened(outline(Rect(2, 3, 20, 8, radius=99)), 0.2)
    assert {min(x for x, _ in points), max(x for x, _ in points)} == {2, 22}
    assert {min(y for _, y in points), max(y for _, y in points)} == {3, 11}
    around = sum(math.dist(a, b) for a, b in zip(points, [*points[1:], points[0]]))
    assert around == pytest.approx(2 * 12 + 2 * math.pi * 4, rel=2e-3)


def test_circles_are_round() -> None:
    points = flattened(outline(Circle(1, 2, 6)), 0.3)
    assert max(abs(math.dist(p, (1, 2)) - 6) for p in points) < 0.01


def test_dashes_begin_at_the_start_and_go_around_corners() -> None:
    pieces = dashes([(0, 0), (3, 0), (3, 3)], False, "2 1")
    assert pieces == [[(0, 0), (2, 0)], [(3, 0), (3, 2)]]
    pieces = dashes([(0, 0), (3, 0), (3, 3)], False, "4 1")
    assert pieces == [[(0, 0), (3, 0), (3, 1)], [(3, 2), (3, 3)]]
    closed = dashes([(0, 0), (4, 0), (4, 4), (0, 4)], True, "3")
    assert sum(math.dist(a, b) for p in closed for a, b in pairwise(p)) == pytest.approx(9)
    assert dashes([(0, 0), (3, 0)], False, "0 0") == [[(0, 0), (3, 0)]]


# ----------------------------------------------------------------------------------------- letters
@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_one_line_of_characters(text: str) -> None:
    for shown in (visible(text), western(text), latex(text)):
        assert all(c.isprintable() or c in "\u2009\u00a0\ufffd" for c in shown)
        assert shown == shown.strip() and "  " not in shown
    western(text).encode("cp1252")
    assert latex(text).isascii()


def test_other_letters_are_written_in_western_ones() -> None:
    assert western("Łódź, naïve ﬁ") == "Lódz, naïve fi"
    assert western("≈ α→Δ, −1 ≥ x′") == "~ alpha->Delta, -1 >= x'"
    assert western("漢字") == "??"
    assert western("e\u0301 \u0301") == "é"
    assert western("a\u2009b\u00a0c") == "a b c"


def test_what_turns_a_line_around_is_gone() -> None:
    assert visible("\u202egnp\u202c \u2066x\u2069\u200f\u200b") == "gnp x"
    assert visible("a\x00b\tc\u2028d") == "a b c d"
    assert visible("עברית 🙂") == "עברית 🙂"


def test_latex_has_no_command_that_the_text_has() -> None:
    shown = latex(r"\input{x} 50 % of $a_1^2$ ~ # & -- ,, `r`")
    assert shown == (
        r"\textbackslash{}input\{x\} 50 \% of {\char36}a\_1\textasciicircum{}2{\char36} "
        r"\textasciitilde{} \# \& -{}- ,{}, {\char96}r{\char96}"
    )
    assert latex("é ç Å ï ő 3×3") == r"\'{e} \c{c} \r{A} \"{\i} \H{o} 3\texttimes{}3"
    assert latex("≈β漢") == r"\ensuremath{\approx}\ensuremath{\beta}?"


def test_little_room_squeezes() -> None:
    text = Text(0, 0, "a long label", 7.2, room=30.0)
    width = text_width("a long label", 7.2)
    assert squeeze(text, text.text) == pytest.approx(30 / width)
    assert squeeze(text._replace(room=width), text.text) == 1
    assert squeeze(text._replace(room=0.0), text.text) == 1
    assert squeeze(text._replace(room=1.0), text.text) == 0.6
    assert squeeze(text._replace(text="≥", room=0.0), ">=") < 1


# ------------------------------------------------------------------------------------------- fonts
@pytest.mark.parametrize("bold", [False, True])
def test_the_bundled_letters_are_as_wide_as_planned(bold: bool) -> None:
    """Boxes are made for Helvetica. What differs are signs that no label has many of."""
    widths = measures(bold).widths
    for code in (*range(32, 127), *range(128, 256)):
        letter = bytes([code]).decode("cp1252", "ignore")
        if letter and letter not in "¯±µ·÷\u00ad":
            assert widths[code - 32] == pytest.approx(text_width(letter, 1000, bold), abs=1), letter
    assert measures(bold).ascent > measures(bold).capitals > 600
    assert measures(bold).descent < 0


def test_the_letters_have_a_name_of_their_own() -> None:
    """Liberation's licence reserves its name."""
    for bold in (False, True):
        assert b"Liberation" not in font_data(bold).replace(b"\0", b"")
        assert len(font_data(bold)) < 20_000
