"""Boxes, panels, names and the edge of the figure: what is wrong is found, what is nearly wrong is not."""

from __future__ import annotations

import math

import pytest
from drawn_scenes import TALL, Drawing, kinds

from netdsl.backends.diagram.scene import faults, pen
from netdsl.backends.diagram.scene.lint import lint, report
from netdsl.backends.diagram.scene.scene import Curve, Route
from netdsl.backends.diagram.scene.themes import named


# -------------------------------------------------------------------------------------------- boxes
@pytest.mark.parametrize(
    ("dx", "dy", "found"),
    [
        (60.0, 0.0, []),  # they share a side
        (59.6, 0.0, []),
        (59.0, 0.0, [faults.BOX_BOX]),
        (0.0, TALL, []),
        (0.0, TALL - 1, [faults.BOX_BOX]),
        (59.0, TALL, []),
        (0.0, 0.0, [faults.BOX_BOX]),
    ],
)
def test_two_boxes(dx: float, dy: float, found: list[str]) -> None:
    scene = Drawing()
    scene.put("a", 0, 0)
    scene.put("b", dx, dy)
    assert kinds(scene) == found


def test_a_box_in_a_box() -> None:
    scene = Drawing()
    scene.put("a", 0, 0, width=100, height=40)
    scene.put("b", 0, 0, width=20)
    assert kinds(scene) == [faults.BOX_BOX]


def test_a_bar_or_a_sign_on_a_box() -> None:
    for y, found in ((8.0, []), (5.0, [faults.BOX_BOX])):
        scene = Drawing()
        scene.put("a", 0, 0)
        scene.bar("b", -30, 30, y)
        assert kinds(scene) == found
    for y, found in ((10.0, []), (8.0, [faults.BOX_BOX])):
        scene = Drawing()
        scene.put("a", 0, 0)
        scene.sum("b", 0, y)
        assert kinds(scene) == found


def test_a_point_or_a_rail_without_height_is_no_box() -> None:
    scene = Drawing()
    scene.put("a", 0, 0)
    scene.place("fork", "fork", 0, 2, 0, 0)
    scene.place("rail", "rail", -20, 1, 40, 0)
    assert kinds(scene) == []


# ------------------------------------------------------------------------------------------- panels
def test_boxes_in_their_panels() -> None:
    scene = Drawing()
    scene.put("a", 40, 30)
    scene.put("b", 40, 48)
    scene.panel("inner", 5, 11, 70, 48, ["a", "b"], "block")
    scene.panel("outer", 0, 0, 80, 64, ["inner"], "stage", "64")
    assert kinds(scene) == []


@pytest.mark.parametrize(("right", "found"), [(70.4, []), (68.0, [faults.BOX_PANEL])])
def test_a_box_sticks_out_of_its_panel(right: float, found: list[str]) -> None:
    scene = Drawing()
    scene.put("a", 40, 20)
    scene.panel("p", 0, 0, right, 40, ["a"])
    assert kinds(scene) == found


def test_a_box_far_from_its_panel() -> None:
    scene = Drawing()
    scene.put("a", 40, 200)
    scene.panel("p", 0, 0, 80, 40, ["a"])
    assert kinds(scene) == [faults.BOX_PANEL]


@pytest.mark.parametrize(("x", "found"), [(110.0, []), (105.0, [faults.BOX_PANEL])])
def test_a_box_in_a_panel_that_is_not_its_own(x: float, found: list[str]) -> None:
    scene = Drawing()
    scene.put("a", 40, 20)
    scene.put("b", x, 20)
    scene.panel("p", 0, 0, 80, 40, ["a"])
    assert kinds(scene) == found


def test_panels_that_overlap() -> None:
    for left, found in ((80.0, []), (75.0, [faults.PANEL_PANEL])):
        scene = Drawing()
        scene.panel("p", 0, 0, 80, 40)
        scene.panel("q", left, 0, 80, 40)
        assert kinds(scene) == found


def test_a_panel_that_sticks_out_of_its_panel() -> None:
    for width, found in ((70.0, []), (90.0, [faults.PANEL_PANEL])):
        scene = Drawing()
        scene.panel("inner", 5, 5, width, 30)
        scene.panel("outer", 0, 0, 80, 40, ["inner"])
        assert kinds(scene) == found


def test_panels_in_a_circle_end() -> None:
    scene = Drawing()
    scene.panel("p", 0, 0, 80, 40, ["q"])
    scene.panel("q", 0, 0, 80, 40, ["p"])
    scene.put("a", 40, 20)
    assert kinds(scene) == [faults.BOX_PANEL]


# -------------------------------------------------------------------------------------------- names
def test_names() -> None:
    fine = Drawing()
    fine.chain(3)
    assert kinds(fine) == []
    twice = Drawing()
    twice.put("a", 0, 0)
    twice.put("a", 0, 40)
    assert kinds(twice) == [faults.NAME]
    nameless = Drawing()
    nameless.put("", 0, 0)
    assert kinds(nameless) == [faults.NAME]
    panels = Drawing()
    panels.panel("p", 0, 0, 80, 40)
    panels.panel("p", 0, 50, 80, 40)
    assert kinds(panels) == [faults.NAME]


def test_a_panel_may_be_called_as_a_box() -> None:
    scene = Drawing()
    scene.put("stem", 40, 20)
    scene.panel("stem", 0, 0, 80, 40, ["stem"])
    assert kinds(scene) == []


def test_names_of_nothing() -> None:
    members = Drawing()
    members.put("a", 40, 20)
    members.panel("p", 0, 0, 80, 40, ["a", "b"])
    assert kinds(members) == [faults.NAME]
    ends = Drawing()
    ends.put("a", 0, 0)
    ends.line("a", "b", [(0, TALL / 2), (0, 20)])
    assert kinds(ends) == [faults.NAME]
    (fault,) = lint(ends, named("light"))
    assert fault.what == "`b`, an end of a line, is not there"


def test_a_name_in_a_message_is_short_and_plain() -> None:
    scene = Drawing()
    for _ in range(2):
        scene.put("a\x1b[31m\n" + "b" * 500, 0, 40 * len(scene.nodes))
    scene.crop()
    (fault,) = lint(scene, named("light"))
    assert fault.what == "`a?[31m?" + "b" * 30 + "...` is there twice"


# ------------------------------------------------------------------------------------- the edge
def test_what_is_cut_off() -> None:
    scene = Drawing()
    scene.put("a", 0, 0)
    scene.crop(0.35)  # half of an outline of 0.6, and a bit
    assert kinds(scene) == []
    scene.crop(0.0)
    assert kinds(scene) == [faults.CROPPED]
    scene.crop(0.0)
    assert [fault.what for fault in lint(scene, named("light"))] == ["rect"]


def test_a_text_that_is_cut_off() -> None:
    scene = Drawing()
    scene.put("a", 0, 0)
    scene.crop()
    scene.text(60, 0, "beside")
    (fault,) = lint(scene, named("light"))
    assert (fault.kind, fault.what) == (faults.CROPPED, "`beside`")


def test_a_curve_is_where_its_line_is() -> None:
    """The controls are far outside, the line is not."""
    scene = Drawing()
    scene.curve([(0, 0), (0, 40), (40, 40), (40, 0)])
    scene.left, scene.top, scene.width, scene.height = -2, -2, 44, 34
    assert kinds(scene) == []
    scene.height = 30
    assert kinds(scene) == [faults.CROPPED]


def test_a_figure_that_was_never_cropped() -> None:
    scene = Drawing()
    scene.put("a", 0, 0)
    assert {fault.kind for fault in lint(scene, named("light"))} == {faults.CROPPED}


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_places_that_are_no_numbers(value: float) -> None:
    def drawing() -> Drawing:
        scene = Drawing()
        scene.chain(2)
        pen.panel(scene, -50, -20, 100, 80)
        scene.crop()
        return scene

    shape, node, route, size = drawing(), drawing(), drawing(), drawing()
    shape.items.append(Curve(((0, 0), (value, 0), (0, 0), (0, 0)), "edge"))
    node.nodes[0] = node.nodes[0]._replace(width=value)
    route.routes.append(Route("a", "b", ((0.0, value), (1.0, 1.0))))
    size.height = value
    for scene in (shape, node, route, size):
        assert [fault.kind for fault in lint(scene, named("light"))] == [faults.COORDINATE]
        assert len(report(scene, named("light")).faults) == 1


def test_an_empty_figure() -> None:
    scene = Drawing()
    assert lint(scene, named("light")) == []
    assert report(scene, named("light")).texts == 0
