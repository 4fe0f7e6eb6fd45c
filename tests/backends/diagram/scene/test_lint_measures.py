"""What a figure measures: its size, its smallest letters, how straight its trunk is."""

from __future__ import annotations

import pytest
from drawn_scenes import TALL, Drawing
from test_lint_lines import HALF, merge, residual

from netdsl.backends.diagram.scene import pen
from netdsl.backends.diagram.scene.fallback import fallback_width
from netdsl.backends.diagram.scene.lint import report
from netdsl.backends.diagram.scene.metrics import text_width
from netdsl.backends.diagram.scene.straight import straightness
from netdsl.backends.diagram.scene.themes import contrast, named

WORD = "3\N{MULTIPLICATION SIGN}3 conv, 64"


def test_a_report() -> None:
    scene = Drawing()
    scene.put("a", 0, 0, WORD, 80)
    scene.put("b", 0, 19, WORD, text_width(WORD, pen.TEXT) + 3)
    scene.line("a", "b", [(0, HALF), (0, 19 - HALF)])
    scene.text(60, 0, "note", 7.0, "start", fill="muted")
    scene.crop(2.0, 3.25 * 72)
    found = report(scene, named("light"))
    assert found.width == 3.25 and round(found.height * 72, 2) == 19 + TALL + 4
    assert (found.smallest, found.texts, found.boxes, found.wide) == (7.0, 3, 2, 1)
    muted = contrast(named("light")["muted"], "#FFFFFF")
    assert found.contrast == pytest.approx(muted) and 4.5 < muted < 7
    assert found.trunk.trunk == ("a", "b") and found.trunk.straight and found.faults == ()
    assert str(found) == (
        "3.25 x 0.49 in, smallest label 7.0 pt, 2 boxes, 3 texts, contrast 5.6, "
        "1 too wide in DejaVu Sans, 0 bends, 0 faults"
    )
    scene.put("c", 0, 20)
    lines = str(report(scene, named("light"))).splitlines()
    assert lines[0].endswith(" faults") and any(
        line.startswith("boxes overlap: `b`") for line in lines
    )


def test_the_fallback_font_is_wider() -> None:
    """Widths that its own table has, and the usual ratio on the labels of a figure."""
    assert fallback_width("0", 1000) == 636 and fallback_width("W", 1000, bold=True) == 1103
    labels = [
        "3\N{MULTIPLICATION SIGN}3 conv, 64, /2",
        "global avg pool",
        "fc, 1000",
        "LRN",
        "softmax",
    ]
    ratios = [fallback_width(text, 7) / text_width(text, 7) for text in labels]
    assert 1.0 <= min(ratios) and 1.12 < sum(ratios) / len(ratios) < 1.22
    assert fallback_width("漢", 100) == pytest.approx(117)


# ------------------------------------------------------------------------------------- straightness
def test_trunks_that_are_straight() -> None:
    chain = Drawing()
    names = chain.chain(4)
    assert straightness(chain) == (tuple(names), 0, 0.0)
    found = straightness(residual())
    assert (found.trunk[-1], len(found.trunk), found.bends) == ("sum", 5, 0)
    for branches in (2, 3, 4):
        assert straightness(merge(branches=branches)) == (("top", "bar"), 0, 0.0)


def test_a_box_beside_the_axis() -> None:
    """A line with a jog is one bend, and so is the next one, which leads back."""
    scene = Drawing()
    for i, (name, x) in enumerate((("a", 0.0), ("b", 9.0), ("c", 0.0))):
        scene.put(name, x, 30 * i)
    scene.line("a", "b", [(0, HALF), (0, 15), (9, 15), (9, 30 - HALF)])
    scene.line("b", "c", [(9, 30 + HALF), (9, 45), (0, 45), (0, 60 - HALF)])
    found = straightness(scene)
    assert (found.bends, found.drift, found.straight) == (2, 9.0, False)


def test_a_box_that_is_entered_beside_its_middle() -> None:
    """The lines are straight, but one arrives left of where the other leaves."""
    for off, bends in ((0.4, 0), (6.0, 1)):
        scene = Drawing()
        for i, name in enumerate("abc"):
            scene.put(name, 0, 30 * i)
        scene.line("a", "b", [(-off, HALF), (-off, 30 - HALF)])
        scene.line("b", "c", [(0, 30 + HALF), (0, 60 - HALF)])
        assert straightness(scene).bends == bends


def test_a_line_that_goes_aside_and_comes_back() -> None:
    scene = Drawing()
    scene.put("a", 0, 0)
    scene.put("b", 0, 60)
    scene.line("a", "b", [(0, HALF), (0, 20), (40, 20), (40, 40), (0, 40), (0, 60 - HALF)])
    assert straightness(scene).bends == 4


def test_a_merge_that_wanders() -> None:
    """Bar and box below the first merge stand twelve points to the right."""
    scene = merge()
    scene.put("next", 12, 70)
    scene.line("bar", "next", [(12, 45 + pen.LABELLED_BAR / 2), (12, 70 - HALF)])
    found = straightness(scene)
    assert found.trunk == ("top", "bar", "next") and (found.bends, found.drift) == (1, 12.0)


def test_a_turn_to_the_next_column_is_no_bend() -> None:
    scene = Drawing()
    first = scene.chain(3)
    second = scene.chain(3, x=120)
    way = [(0, 38 + HALF), (0, 52), (60, 52), (60, -14), (120, -14), (120, -HALF)]
    scene.line(first[-1], second[0], way)
    assert straightness(scene) == ((*first, *second), 0, 0.0)


def test_a_flow_to_the_right() -> None:
    for dy, bends in ((0.0, 0), (5.0, 1)):
        scene = Drawing()
        for i, name in enumerate("abcd"):
            scene.put(name, 80 * i, dy if i > 1 else 0.0)
        scene.line("a", "b", [(30, 0), (50, 0)])
        scene.line("b", "c", [(110, 0), (120, 0), (120, dy), (130, dy)])
        scene.line("c", "d", [(190, dy), (210, dy)])
        assert straightness(scene).bends == bends


def test_side_heads_and_parts_apart_are_no_trunk() -> None:
    """What exists in training only leads aside, a legend's box hangs on nothing."""
    scene = Drawing()
    names = scene.chain(3)
    scene.put("aux", 90, 30)
    scene.put("loss", 90, 49)
    scene.put("alone", 200, 0)
    scene.line(names[1], "aux", [(30, 19), (90, 19), (90, 30 - HALF)], "training")
    scene.line("aux", "loss", [(90, 30 + HALF), (90, 49 - HALF)])
    assert straightness(scene).trunk == tuple(names)


def test_a_circle_has_no_trunk() -> None:
    scene = Drawing()
    scene.put("a", 0, 0)
    scene.put("b", 0, 40)
    scene.line("a", "b", [(0, HALF), (0, 40 - HALF)])
    scene.line("b", "a", [(0, 40 - HALF), (0, HALF)])
    assert straightness(scene).trunk == ()


def test_very_many_ways() -> None:
    """Sixty merges of three below one another have 3 ** 60 ways, all through the bars."""
    scene = Drawing()
    scene.place("n0", "concat", 0, 0, 10, 2)
    for i in range(60):
        scene.place(f"n{i + 1}", "concat", 0, 40 * i + 40, 10, 2)
        for k in range(3):
            x, y = 3.0 * k + 2, 40.0 * i
            scene.place(f"b{i}_{k}", "conv", x, y + 20, 2, 2)
            scene.line(f"n{i}", f"b{i}_{k}", [(x, y), (x, y + 20)])
            scene.line(f"b{i}_{k}", f"n{i + 1}", [(x, y + 22), (x, y + 40)])
    assert straightness(scene).trunk == tuple(f"n{i}" for i in range(61))
