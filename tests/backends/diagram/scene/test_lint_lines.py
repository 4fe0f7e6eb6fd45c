"""Lines: they lead from box to box, through no other, and not on one another."""

from __future__ import annotations

import pytest
from drawn_scenes import TALL, Drawing, kinds

from netdsl.backends.diagram.scene import faults, pen
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.scene import Point, Route
from netdsl.backends.diagram.scene.themes import named

HALF = TALL / 2


def residual(lane: float = 45.0) -> Drawing:
    """A chain with a shortcut around its second and third box, to a sum."""
    scene = Drawing()
    first, *_, last = scene.chain(4)
    scene.sum("sum", 0, 76)
    scene.line(last, "sum", [(0, 57 + HALF), (0, 76 - pen.CIRCLE)])
    way = [(0.0, HALF), (0.0, HALF + 2.5), (lane, HALF + 2.5), (lane, 76.0), (pen.CIRCLE, 76.0)]
    scene.line(first, "sum", way, "shortcut")
    return scene


def merge(gap: float = 70.0, branches: int = 3) -> Drawing:
    """A box, a rail, branches of one box each, and a bar."""
    scene = Drawing()
    scene.put("top", 0, 0, "top")
    middle = gap * (branches - 1) / 2
    for i in range(branches):
        x = gap * i - middle
        scene.put(f"b{i}", x, 30, f"branch {i}")
        way = [(0.0, HALF), (0.0, HALF + 3), (x, HALF + 3), (x, 30 - HALF)]
        scene.line("top", f"b{i}", way)
        scene.line(f"b{i}", "bar", [(x, 30 + HALF), (x, 45 - pen.LABELLED_BAR / 2)])
    scene.bar("bar", -middle - 30, middle + 30, 45, "256")
    return scene


def test_chains_residuals_and_merges_are_fine() -> None:
    chain = Drawing()
    chain.chain(5)
    assert kinds(chain) == []
    assert kinds(residual()) == []
    for branches in (2, 3, 4):
        assert kinds(merge(branches=branches)) == []


def test_a_bar_feeds_the_branches_below_it() -> None:
    """Two merges below one another: the lines of the second start at the bar of the first."""
    scene = merge()
    for i in range(3):
        x = 70.0 * i - 70
        scene.put(f"d{i}", x, 70, f"branch {i}")
        scene.line("bar", f"d{i}", [(x, 45 + pen.LABELLED_BAR / 2), (x, 70 - HALF)])
    assert kinds(scene) == []


# --------------------------------------------------------------------------------- through a box
@pytest.mark.parametrize(("lane", "found"), [(45.0, []), (31.0, []), (28.0, [faults.LINE_BOX])])
def test_a_shortcut_through_the_boxes_it_goes_around(lane: float, found: list[str]) -> None:
    scene = residual(lane)
    assert [kind for kind in kinds(scene) if kind != faults.LINE_TEXT] == found


@pytest.mark.parametrize("kind", ["bar", "sign", "rail", "box"])
def test_a_line_through_what_it_does_not_belong_to(kind: str) -> None:
    for x, found in ((40.0, []), (0.0, [faults.LINE_BOX])):
        scene = Drawing()
        scene.put("a", x, 0)
        scene.put("b", x, 60)
        if kind == "bar":
            scene.bar("c", -30, 30, 30)
        elif kind == "sign":
            scene.sum("c", 0, 30)
        elif kind == "rail":
            scene.place("c", "rail", -20, 29.6, 40, 0.8)
            scene.path([(-20, 30), (20, 30)], None, "edge", 0.8, closed=False)
        else:
            scene.put("c", 0, 30, width=40)
        scene.line("a", "b", [(x, HALF), (x, 60 - HALF)])
        assert kinds(scene) == found


def test_a_line_below_a_box_is_a_line_through_it() -> None:
    """It cannot be seen in the box, but it seems to end there and to go on."""
    scene = Drawing()
    scene.line("a", "b", [(0.0, HALF), (0.0, 60 - HALF)])
    for i, name in enumerate("acb"):
        scene.put(name, 0, 30 * i, name)
    assert kinds(scene) == [faults.LINE_BOX]
    (fault,) = lint(scene, named("light"))
    assert fault.what == "`c` by the line from `a` to `b`"


def test_a_painted_line_through_a_box_that_is_no_route() -> None:
    for y, found in ((8.0, []), (3.0, [faults.LINE_BOX])):
        scene = Drawing()
        scene.put("a", 0, 0)
        scene.path([(-60, y), (60, y)], None, "muted", 0.45, closed=False)
        assert kinds(scene) == found
    behind = Drawing()
    behind.path([(-60, 3), (60, 3)], None, "muted", 0.45, closed=False)  # an axis, say
    behind.put("a", 0, 0)
    assert kinds(behind) == []


def test_what_is_drawn_in_a_box_is_no_line_through_it() -> None:
    scene = Drawing()
    scene.sum("a", 0, 0)
    scene.put("b", 0, 40, height=30)
    scene.path([(-30, 40), (30, 40)], None, "line", 0.4, closed=False)  # a rule from side to side
    assert kinds(scene) == []


def test_a_curve_is_where_its_line_is() -> None:
    """The route has its controls, which are in a box; the painted curve is not."""
    points: list[Point] = [(0, 0), (10, 60), (90, 60), (100, 0)]
    for top, found in ((50.0, []), (40.0, [faults.LINE_BOX])):
        scene = Drawing()
        scene.put("a", 0, -HALF, width=20)
        scene.put("b", 100, -HALF, width=20)
        scene.put("c", 50, top + 10, width=40, height=20)
        scene.curve(points)
        scene.line("a", "b", points, "tap", painted=False)
        assert kinds(scene) == found


def test_a_line_through_a_panel() -> None:
    """From a box beside it to another; into it and out of it is fine."""
    scene = Drawing()
    scene.put("a", 0, 0)
    scene.put("b", 0, 30, "inside")
    scene.put("c", 0, 60)
    scene.put("d", 80, 30, "beside")
    scene.put("e", -80, 30, "beside")
    scene.panel("p", -45, 15, 90, 30, ["b"])
    scene.line("a", "b", [(0, HALF), (0, 30 - HALF)])
    scene.line("b", "c", [(0, 30 + HALF), (0, 60 - HALF)])
    scene.line("a", "d", [(30, 0), (80, 0), (80, 30 - HALF)])
    assert kinds(scene) == []
    scene.line("d", "e", [(50, 30), (48, 30), (48, 41), (-48, 41), (-48, 30), (-50, 30)])
    assert kinds(scene) == [faults.LINE_PANEL]


def test_a_panel_can_be_the_end_of_a_line() -> None:
    """Then its boxes may be entered."""
    scene = Drawing()
    scene.put("a", 0, 0)
    scene.put("b", 0, 30)
    scene.panel("p", -45, 15, 90, 30, ["b"])
    scene.line("a", "p", [(0, HALF), (0, 30)], painted=False)
    assert kinds(scene) == []


# ----------------------------------------------------------------------------------- on each other
def lanes(apart: float, second: tuple[str, str] = ("c", "d"), long: float = 40.0) -> Drawing:
    """Two lines that go down side by side, from two boxes to two others."""
    scene = Drawing()
    for name, x, y in (("a", -60, 0), ("b", -60, 80), ("c", 60, 0), ("d", 60, 80)):
        scene.put(name, x, y, width=40)
    low = 40 - long / 2
    scene.line("a", "b", [(-40, 0), (-20, 0), (-20, low), (0, low), (0, 80), (-40, 80)])
    x = apart
    way = [(40.0, 0.0), (20.0, 0.0), (20.0, low), (x, low), (x, low + long), (30, low + long)]
    scene.line(*second, [*way, (30.0, 80.0), (40.0, 80.0)])
    return scene


@pytest.mark.parametrize(
    ("apart", "long", "found"),
    [
        (3.0, 40.0, []),
        (0.8, 40.0, []),
        (0.5, 40.0, [faults.LINE_LINE]),
        (0.0, 40.0, [faults.LINE_LINE]),
        (0.0, 3.9, []),
        (0.0, 4.2, [faults.LINE_LINE]),
    ],
)
def test_two_lines_on_each_other(apart: float, long: float, found: list[str]) -> None:
    assert kinds(lanes(apart, long=long)) == found


def test_lines_of_one_box_may_be_one() -> None:
    """A fork and a merge; from the end of one to the start of the other is neither."""
    for points in ([("a", "b"), ("a", "c")], [("a", "c"), ("b", "c")]):
        scene = Drawing()
        for i, name in enumerate("abc"):
            scene.place(name, "conv", 0, 100 * i - 5, 4, 5)
        for tail, head in points:
            scene.line(tail, head, [(0.0, 0.0), (50.0, 0.0), (50.0, 95.0)], painted=False)
        assert faults.LINE_LINE not in kinds(scene)
    chained = Drawing()
    for i, name in enumerate("abc"):
        chained.sum(name, 0, 60 * i)
    chained.line("a", "b", [(3.6, 0), (40, 0), (40, 60), (3.6, 60)], "shortcut")
    chained.line("b", "c", [(3.6, 60), (40, 60), (40, 120), (3.6, 120)], "shortcut")
    assert kinds(chained) == [faults.LINE_LINE]


def test_a_bus_that_leads_from_all_to_all() -> None:
    """Two maps that two heads read may share a line, if each head does read each map."""

    def bus(edges: list[tuple[str, str]]) -> Drawing:
        scene = Drawing()
        for name, x, y in (("p", 0, 0), ("q", 0, 40), ("rpn", 140, 10), ("roi", 140, 30)):
            scene.put(name, x, y, name)
        rows = {"p": 0, "q": 40, "rpn": 10, "roi": 30}
        for tail, head in edges:
            way = [(30, rows[tail]), (70, rows[tail]), (70, rows[head]), (110, rows[head])]
            scene.line(tail, head, way)
        return scene

    every = [("p", "rpn"), ("p", "roi"), ("q", "rpn"), ("q", "roi")]
    assert kinds(bus(every)) == []
    assert kinds(bus([("p", "roi"), ("q", "rpn")])) == [faults.LINE_LINE]
    assert kinds(bus(every[:3])) == [faults.LINE_LINE]  # q -> roi is missing but seems to be there
    assert kinds(bus([every[0], every[1], every[3]])) == []  # the lines to roi meet at its height


def test_slanted_lines_on_each_other() -> None:
    for dy, found in ((0.0, [faults.LINE_LINE]), (2.0, [])):
        scene = Drawing()
        for i, name in enumerate("abcd"):
            scene.place(name, "conv", 60.0 * (i % 2), 30.0 * (i % 2) - 200 * (i // 2), 0, 0)
        scene.routes += [
            Route("a", "b", ((0.0, 0.0), (60.0, 30.0))),
            Route("c", "d", ((20.0, 10.0 + dy), (50.0, 25.0 + dy))),
        ]
        assert [k for k in kinds(scene) if k != faults.LOOSE] == found


def test_a_crossing_is_fine() -> None:
    scene = Drawing()
    for name, x, y in (("a", -60, 0), ("b", 60, 0), ("c", 0, -40), ("d", 0, 40)):
        scene.put(name, x, y, width=40)
    scene.line("a", "b", [(-40, 0), (40, 0)])
    scene.line("c", "d", [(0, -40 + HALF), (0, 40 - HALF)])
    assert kinds(scene) == []


# --------------------------------------------------------------------------------------- loose ends
@pytest.mark.parametrize(("gap", "found"), [(0.0, []), (2.9, []), (3.2, [faults.LOOSE])])
def test_a_line_that_ends_before_its_box(gap: float, found: list[str]) -> None:
    for start, end in ((HALF + gap, 40 - HALF), (HALF, 40 - HALF - gap)):
        scene = Drawing()
        scene.put("a", 0, 0)
        scene.put("b", 0, 40)
        scene.line("a", "b", [(0, start), (0, end)])
        assert kinds(scene) == found


def test_a_line_to_the_wrong_box() -> None:
    scene = Drawing()
    scene.put("a", 0, 0)
    scene.put("b", 0, 40)
    scene.put("c", 80, 40)
    scene.line("a", "c", [(0, HALF), (0, 40 - HALF)])
    assert kinds(scene) == [faults.LOOSE]
    (fault,) = lint(scene, named("light"))
    assert fault.what == "the end of the line from `a` to `c` is 50.0 pt from `c`"


def test_a_line_without_length() -> None:
    scene = Drawing()
    scene.put("a", 0, 0)
    scene.put("b", 0, 40)
    scene.line("a", "b", [(0, HALF)])
    assert kinds(scene) == [faults.LOOSE]
    scene.routes[0] = Route("a", "b", ())  # told and not drawn
    assert kinds(scene) == []


def rails(stub: bool = True, join: bool = True) -> Drawing:
    """A merge whose routes have only their own part of the line; stub, rail and collecting line are
    painted by themselves."""
    scene = Drawing()
    scene.put("top", 0, 0, "top")
    scene.put("end", 0, 70, "end")
    if stub:
        pen.arrow(scene, [(0, HALF), (0, 12)], head=False)
    pen.arrow(scene, [(-70, 12), (70, 12)], head=False)
    pen.arrow(scene, [(-70, 52), (70, 52)], head=False)
    if join:
        pen.arrow(scene, [(0, 52), (0, 70 - HALF)])
    for i, x in enumerate((-70.0, 0.0, 70.0)):
        scene.put(f"b{i}", x, 32, f"branch {i}")
        scene.line("top", f"b{i}", [(x, 12), (x, 32 - HALF)])
        pen.arrow(scene, [(x, 32 + HALF), (x, 52)], head=False)
        scene.line(f"b{i}", "end", [(x, 32 + HALF), (x, 52)], painted=False)
    return scene


def test_a_line_may_start_and_end_at_a_rail() -> None:
    assert kinds(rails()) == []


def test_a_rail_that_leads_nowhere() -> None:
    assert kinds(rails(stub=False)) == [faults.LOOSE]
    assert kinds(rails(join=False)) == [faults.LOOSE]


def test_a_rail_leads_one_way() -> None:
    """The lines that leave a rail end at boxes, but nothing comes from there."""
    scene = rails()
    scene.routes[0] = scene.routes[0]._replace(tail="b2")
    assert kinds(scene) == [faults.LOOSE]


def test_rails_before_a_stack_may_end_at_its_plate() -> None:
    scene = Drawing()
    scene.put("a", 0, 0)
    scene.put("b", 0, 40, kind="stack")
    scene.line("a", "b", [(0, HALF), (0, 40 - HALF - pen.PLATE)])
    assert kinds(scene) == []
