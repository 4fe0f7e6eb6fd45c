"""Every fault that a text can have: a scene that has it, and one that nearly has it."""

from __future__ import annotations

import pytest
from drawn_scenes import Drawing, kinds

from netdsl.backends.diagram.scene import faults, legend, pen
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.scene import Hatch, Scene
from netdsl.backends.diagram.scene.themes import KINDS, NAMES, Theme, named

WORD, SIZE = "3\N{MULTIPLICATION SIGN}3 conv, 64", 7.2
WIDE = text_width(WORD, SIZE)


@pytest.mark.parametrize("theme", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_label_in_a_box_of_any_kind_is_fine(kind: str, theme: str) -> None:
    scene = Drawing()
    scene.put("a", 0, 0, WORD, WIDE + 6, kind)
    scene.put("b", 0, 40, f"{WORD}\n64", WIDE + 6, kind, 20.9)
    assert kinds(scene, theme) == []


@pytest.mark.parametrize("theme", NAMES)
def test_legend_panel_bracket_and_bar_are_fine(theme: str) -> None:
    scene = Drawing()
    scene.put("a", 40, 20, WORD)
    scene.bar("b", 5, 75, 34, "256")
    scene.line("a", "b", [(40, 26.25), (40, 34 - pen.LABELLED_BAR / 2)])
    scene.panel("p", 0, 0, 90, 44, ["a", "b"], "layer1", "256")
    pen.bracket(scene, 95, 2, 42, "×6")
    signs = ["@sum", "@product", "@concat", "@shortcut", "@changes", "@training", "@panel"]
    entries = [legend.Entry(kind, f"what {kind} is") for kind in [*KINDS, *signs, "@repeat"]]
    legend.legend(scene, 0, 60, 300, entries, ["BN follows every convolution"])
    assert kinds(scene, theme) == []


# ------------------------------------------------------------------------------------ text and text
@pytest.mark.parametrize(("gap", "found"), [(0.0, []), (-0.2, []), (-0.5, [faults.TEXT_TEXT])])
def test_two_texts_side_by_side(gap: float, found: list[str]) -> None:
    scene = Scene("t")
    scene.text(0, 0, WORD, SIZE, "start")
    scene.text(WIDE + gap, 0, WORD, SIZE, "start")
    assert kinds(scene) == found


@pytest.mark.parametrize(("leading", "found"), [(0.95, []), (0.8, [faults.TEXT_TEXT])])
def test_two_lines_of_text(leading: float, found: list[str]) -> None:
    scene = Scene("t")
    scene.text(0, 0, WORD, SIZE)
    scene.text(0, leading * SIZE, WORD, SIZE)
    assert kinds(scene) == found


def test_texts_that_are_turned() -> None:
    """Upright they are far from each other, turned they cross."""
    scene = Scene("t")
    scene.text(0, 0, WORD, SIZE, "start")
    scene.text(40, 20, "softmax softmax", SIZE, turned=True)
    assert kinds(scene) == [faults.TEXT_TEXT]
    apart = Scene("t")
    apart.text(0, 0, WORD, SIZE, "start")
    apart.text(WIDE + 10, 20, "softmax softmax", SIZE, turned=True)
    assert kinds(apart) == []


def test_the_fault_says_what_and_where() -> None:
    scene = Scene("t")
    scene.text(0, 0, "one", SIZE, "start")
    scene.text(5, 0, "two", SIZE, "start")
    scene.crop()
    (fault,) = lint(scene, named("light"))
    assert str(fault).startswith("text over text: `one` and `two` (5.0, -2.6 to ")
    left, top, right, bottom = fault.where
    assert 4.9 < left < 5.1 < right < 12.1 and -3 < top < 0 < bottom < 5


# ------------------------------------------------------------------------------------ lines and text
@pytest.mark.parametrize(("y", "found"), [(-3.4, []), (-2.0, [faults.LINE_TEXT]), (4.9, [])])
def test_a_line_above_across_and_below_a_text(y: float, found: list[str]) -> None:
    scene = Scene("t")
    scene.text(0, 0, WORD, SIZE)
    pen.arrow(scene, [(-40, y), (40, y)], head=False)
    assert kinds(scene) == found


def test_a_wide_line_needs_more_room() -> None:
    for width, found in ((0.7, []), (2.0, [faults.LINE_TEXT])):
        scene = Scene("t")
        scene.text(0, 0, WORD, SIZE)
        pen.arrow(scene, [(-40, -3.2), (40, -3.2)], head=False, line=width)
        assert kinds(scene) == found


def test_a_curve_over_a_text() -> None:
    """Its controls are above the text in both; in one it bends down to it."""
    for low, found in ((30.0, [faults.LINE_TEXT]), (11.0, [])):
        scene = Scene("t")
        scene.text(0, 20, WORD, SIZE)
        scene.curve([(-60, 0), (-20, low), (20, low), (60, 0)])
        assert kinds(scene) == found


def test_an_arrowhead_over_a_text() -> None:
    for x, found in ((WIDE / 2 + 4.5, []), (WIDE / 2 + 2.0, [faults.LINE_TEXT])):
        scene = Scene("t")
        scene.text(0, 0, WORD, SIZE)
        scene.path([(x - 4, 0), (x, -1.7), (x, 1.7)], "edge", None, 0)
        assert kinds(scene) == found


def test_a_text_inside_of_an_arrowhead() -> None:
    scene = Scene("t")
    scene.text(0, 0, "i", SIZE)
    scene.path([(-4, 4.2), (0, -12), (4, 4.2)], "edge", None, 0)
    scene.crop()
    found = {fault.kind for fault in lint(scene, named("light"))}
    assert found & {faults.LINE_TEXT, faults.HIDDEN}


@pytest.mark.parametrize("shape", ["box", "polygon", "circle", "outline"])
def test_the_border_of_another_shape_over_a_text(shape: str) -> None:
    for far, found in ((0.0, [faults.LINE_TEXT]), (9.0, [])):
        scene = Scene("t")
        at = WIDE / 2 + far - 4
        if shape == "box":
            pen.box(scene, at + 30, 0, 60, 12.5, "conv")
        elif shape == "polygon":
            pen.box(scene, at + 30, 0, 60, 12.5, "pool")
        elif shape == "circle":
            pen.sign(scene, at + pen.CIRCLE, 0, "sum")
        else:
            scene.rect(at, -10, 40, 20, None, "ink", 0.6)
        scene.text(0, 0, WORD, SIZE)
        assert kinds(scene) == found


def test_a_cut_corner_over_a_text() -> None:
    """A pooling's lower corners are cut: the same text fits a box that is not cut."""
    text = "ggggggggg"
    for kind, found in (("conv", []), ("pool", [faults.LINE_TEXT])):
        scene = Drawing()
        scene.put("a", 0, 0, text, text_width(text, SIZE) + 2, kind, 9.2)
        assert kinds(scene) == found


def test_a_label_on_a_line_stands_on_its_own_paper() -> None:
    for knocked, found in ((True, []), (False, [faults.LINE_TEXT])):
        scene = Scene("t")
        pen.arrow(scene, [(-60, 0), (60, 0)])
        if knocked:
            scene.rect(-WIDE / 2 - 1, -4.5, WIDE + 2, 9, "paper")
        scene.text(0, 0, WORD, SIZE)
        assert kinds(scene) == found


def test_paper_that_is_too_small_or_too_early_hides_no_line() -> None:
    narrow = Scene("t")
    pen.arrow(narrow, [(-60, 0), (60, 0)])
    narrow.rect(-4, -4.5, 8, 9, "paper")
    narrow.text(0, 0, WORD, SIZE)
    early = Scene("t")
    early.rect(-WIDE / 2 - 1, -4.5, WIDE + 2, 9, "paper")
    pen.arrow(early, [(-60, 0), (60, 0)])
    early.text(0, 0, WORD, SIZE)
    assert kinds(narrow) == kinds(early) == [faults.LINE_TEXT]


def test_round_corners_are_as_they_are_painted() -> None:
    """A text in the bend of a line: a sharp corner would be on it."""
    for radius, found in ((12.0, []), (0.0, [faults.LINE_TEXT])):
        scene = Scene("t")
        scene.text(-1.5, 0.4, "x", SIZE, "start")
        scene.path([(0, 60), (0, -0.5), (60, -0.5)], None, "edge", 0.7, closed=False, radius=radius)
        assert kinds(scene) == found


@pytest.mark.parametrize("kind", [kind for kind, look in KINDS.items() if look.hatch])
def test_hatches_leave_labels_alone(kind: str) -> None:
    """The hatch is painted in print, where the label has its own ground; without it lines cross it."""
    scene = Drawing()
    scene.put("a", 0, 0, WORD, WIDE + 16, kind, 16)
    assert kinds(scene, "print") == []
    (at,) = [i for i, item in enumerate(scene.items) if isinstance(item, Hatch)]
    hatch = scene.items[at]
    assert isinstance(hatch, Hatch)
    scene.items[at] = hatch._replace(labels=())
    bare = kinds(scene, "print")
    assert bare == (
        [] if KINDS[kind].hatch == "=" else [faults.LINE_TEXT]
    )  # that is a rule inside the border
    assert kinds(scene, "light") == []


# ------------------------------------------------------------------------------------------- labels
@pytest.mark.parametrize(("more", "found"), [(2.0, []), (1.0, [faults.OUTSIDE_BOX])])
def test_a_label_keeps_a_point_from_its_box(more: float, found: list[str]) -> None:
    scene = Drawing()
    scene.put("a", 0, 0, WORD, WIDE + more)
    assert kinds(scene) == found


def test_a_label_that_is_far_too_wide_is_one_fault() -> None:
    scene = Drawing()
    scene.put("a", 0, 0, WORD, WIDE - 10)
    assert kinds(scene) == [faults.OUTSIDE_BOX]


def test_a_label_that_is_too_high() -> None:
    scene = Drawing()
    scene.put("a", 0, 0, "3x3\n64", 40, height=17)
    assert kinds(scene) == []
    scene = Drawing()
    scene.put("a", 0, 0, "3x3\n64", 40, height=14)
    assert faults.OUTSIDE_BOX in kinds(scene)


def test_a_turned_label() -> None:
    wide = text_width("softmax", SIZE)
    for height, found in ((wide + 2, []), (wide - 4, [faults.OUTSIDE_BOX])):
        scene = Drawing()
        scene.put("a", 0, 0, "", 14, "softmax", height)
        scene.nodes[0] = scene.nodes[0]._replace(lines=("softmax",))
        scene.text(0, 0, "softmax", SIZE, turned=True)
        assert kinds(scene) == found


def test_a_line_of_a_label_that_was_lost() -> None:
    scene = Drawing()
    scene.put("a", 0, 0, WORD, WIDE + 6)
    scene.nodes[0] = scene.nodes[0]._replace(lines=(WORD, "and more"))
    assert kinds(scene) == [faults.UNWRITTEN]
    scene.nodes[0] = scene.nodes[0]._replace(
        lines=("conv1",)
    )  # as a solid's, whose caption is below
    assert kinds(scene) == []


def test_signs_are_drawn_and_not_written() -> None:
    scene = Drawing()
    scene.sum("a", 0, 0)
    scene.nodes[0] = scene.nodes[0]._replace(lines=("+",))
    assert kinds(scene) == []


# ----------------------------------------------------------------------------------- size and colour
@pytest.mark.parametrize(("size", "found"), [(7.0, []), (6.9, [faults.SMALL])])
def test_the_smallest_size(size: float, found: list[str]) -> None:
    scene = Scene("t")
    scene.text(0, 0, WORD, size)
    assert kinds(scene) == found


@pytest.mark.parametrize(
    ("grey", "found"),
    [("#767676", []), ("#777777", [faults.CONTRAST])],  # 4.54:1 and 4.48:1 on white, as WCAG has it
)
def test_the_lowest_contrast(grey: str, found: list[str]) -> None:
    scene = Scene("t")
    scene.text(0, 0, WORD, SIZE, fill=grey)
    assert kinds(scene) == found


def test_contrast_is_with_what_was_painted_last_below() -> None:
    dark, light = "#202020", "#F0F0F0"
    for order, found in (((dark, light), []), ((light, dark), [faults.CONTRAST])):
        scene = Scene("t")
        for colour in order:
            scene.rect(-60, -10, 120, 20, colour)
        scene.text(0, 0, WORD, SIZE, fill="#101010")
        assert kinds(scene) == found


def test_what_is_painted_under_all_counts() -> None:
    scene = Scene("t")
    scene.text(0, 0, WORD, SIZE)
    scene.rect(-60, -10, 120, 20, "#303030", under=True)
    assert kinds(scene) == [faults.CONTRAST]


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_text_that_straddles_must_be_seen_on_both(side: str) -> None:
    """White letters on a dark rectangle that ends before they do."""
    short = {"left": (-WIDE / 2 + 4, -10, 100, 20), "right": (-100, -10, 100 + WIDE / 2 - 4, 20)}
    short |= {"top": (-100, -1, 200, 12), "bottom": (-100, -10, 200, 12)}
    for place, found in (((-100, -10, 200, 20), []), (short[side], [faults.CONTRAST])):
        scene = Scene("t")
        left, top, width, height = place
        scene.rect(left, top, width, height, "#202020")
        scene.text(0, 0, WORD, SIZE, fill="#FFFFFF")
        assert kinds(scene) == found


def test_a_text_across_two_grounds_that_both_carry_it() -> None:
    scene = Scene("t")
    scene.rect(-100, -10, 100, 20, "#202020")
    scene.rect(0, -10, 100, 20, "#404040")
    scene.text(0, 0, WORD, SIZE, fill="#FFFFFF")
    assert kinds(scene) == []


def test_contrast_on_a_polygon() -> None:
    """On the lower half of a triangle, and across its side."""
    points = [(-100, 50), (0, -150), (100, 50)]
    for y, found in ((40, []), (-120, [faults.CONTRAST])):
        scene = Scene("t")
        scene.path(points, "#202020")
        scene.text(0, y, WORD, SIZE, fill="#FFFFFF")
        assert kinds(scene) == found


def test_a_text_that_is_covered() -> None:
    for first, found in ((True, [faults.HIDDEN]), (False, [])):
        scene = Scene("t")
        if first:
            scene.text(0, 0, WORD, SIZE)
        scene.rect(-60, -10, 120, 20, "paper")
        if not first:
            scene.text(0, 0, WORD, SIZE)
        assert kinds(scene) == found


def test_a_theme_of_low_contrast_is_noticed() -> None:
    colours = {**named("light").colours, "conv.f": "#205080"}
    scene = Drawing()
    scene.put("a", 0, 0, WORD, WIDE + 6)
    assert kinds(scene, Theme("own", colours)) == [faults.CONTRAST]
