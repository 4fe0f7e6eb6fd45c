"""Networks that nobody would draw by hand get their figures too: complete, readable, without fault. How long it
takes is measured by `benchmarks/figure_speed.py`."""

import os
import subprocess
import sys
from collections.abc import Callable

import hostile
import pytest
from diagram_oracle import census
from layout_proof import foreign_lines, meant, missing_lines, steps_of
from svg_facts import svg_facts

import netdsl
from netdsl.backends.diagram.drawing import draw
from netdsl.backends.diagram.formats.svg import svg
from netdsl.backends.diagram.kinds.registry import scene_of
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.theme_file import theme
from netdsl.backends.diagram.settings import LEVELS, Settings

PAGE, COLUMN, HEIGHT = 6.9 * 72, 3.25 * 72, 9.4 * 72
SMALL = [pytest.param(make, sizes[0], id=make.__name__) for make, sizes in hostile.PROGRAMS.items()]
LARGE = [
    pytest.param(make, sizes[1], id=f"{make.__name__}-large", marks=pytest.mark.slow)
    for make, sizes in hostile.PROGRAMS.items()
]
FORMATS = ("svg", "pdf", "tex", "dot", "mermaid", "text")


@pytest.mark.parametrize(("make", "size"), [*SMALL, *LARGE])
def test_a_hostile_network_has_a_figure(make: Callable[[int], str], size: int) -> None:
    design = netdsl.loads(make(size)).design
    wanted = census(design)
    for width in (PAGE, COLUMN):
        settings = Settings(width=width, height=HEIGHT)
        scene, said = draw(design, settings)
        assert steps_of(scene) == wanted
        figure = meant(design, settings, said)
        assert missing_lines(scene, figure) == []
        assert foreign_lines(scene, figure) == []
        assert lint(scene, theme("light")) == []
        assert svg_facts(svg(scene, theme("light"))).smallest >= 7 - 1e-6
        fits = scene.width <= width + 0.01 and scene.height <= HEIGHT + 0.01
        assert fits or "larger than asked for" in said


@pytest.mark.parametrize(("make", "size"), SMALL)
def test_at_every_level_unrolled_and_to_the_right(make: Callable[[int], str], size: int) -> None:
    design = netdsl.loads(make(size)).design
    wanted = census(design)
    asked = [Settings(level=level) for level in LEVELS]
    asked += [Settings(unroll=True), Settings(direction="right", width=PAGE)]
    for settings in asked:
        scene, _ = scene_of((design,), settings)
        assert steps_of(scene) == wanted, settings
        assert lint(scene, theme("light")) == [], settings


@pytest.mark.parametrize(("make", "size"), SMALL)
def test_in_every_format(make: Callable[[int], str], size: int) -> None:
    net = netdsl.loads(make(size))
    for format in FORMATS:
        assert net.diagram(format), format


def test_letters_that_no_core_font_has_are_kept_in_svg() -> None:
    """And the figure is as wide as its title: far eastern letters are counted with their width."""
    text = str(netdsl.loads(hostile.meta(4)).diagram("svg", kind="columns"))
    assert hostile.WIDE_LETTERS + hostile.FACE in text


def test_what_is_too_large_for_a_page_is_said() -> None:
    """By the command, which still writes the file."""
    program = hostile.branches(40)
    _, said = draw(netdsl.loads(program).design, Settings(level="layer", width=100.0, height=100.0))
    assert "larger than asked for" in said


def test_a_figure_does_not_hang_on_the_clock() -> None:
    """What is chosen depends on the network alone: twice the same where the processor is busy elsewhere."""
    run = "import sys, netdsl; sys.stdout.write(str(netdsl.loads(sys.stdin.read()).diagram('svg')))"
    done = {
        subprocess.run(
            [sys.executable, "-c", run],
            input=hostile.crossings(30),
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(done) == 1
