"""Random programs as figures: nothing is left out, nothing lies on anything else, whatever stands in the text.

The programs are those of tests/random: valid by construction, the same on every machine.
"""

from __future__ import annotations

from random import Random

import pytest
from diagram_oracle import census
from drawing.programs import program
from layout_proof import foreign_lines, meant, missing_lines, steps_of

import netdsl
from netdsl.backends.diagram.drawing import draw
from netdsl.backends.diagram.scene.lint import lint
from netdsl.backends.diagram.scene.theme_file import theme
from netdsl.backends.diagram.settings import LEVELS, Settings

PROGRAMS = range(60)
SWEEP = range(100_000, 101_000)
FOUND = ()  # programs of the sweep in which something was wrong once
PAGE, COLUMN = 6.9 * 72, 3.25 * 72
HEIGHT = 9.4 * 72
SOME = [Settings(width=PAGE), Settings(width=COLUMN), Settings(width=PAGE, level="block")]
ALL = [Settings(width=width, level=level) for width in (PAGE, COLUMN) for level in (None, *LEVELS)]


def check(seed: int, settings: list[Settings]) -> None:
    """The figures of a program are whole and without a fault; what is too large for its page says so."""
    written = program(Random(seed))
    design = netdsl.loads(written.text, written.net).design
    wanted = census(design)
    for one in settings:
        scene, said = draw(design, one.but(height=HEIGHT))
        assert steps_of(scene) == wanted, one
        figure = meant(design, one, said)
        assert missing_lines(scene, figure) == [], one
        assert foreign_lines(scene, figure) == [], one
        assert lint(scene, theme("light")) == [], one
        assert one.width is not None
        fits = scene.width <= one.width + 0.01 and scene.height <= HEIGHT + 0.01
        assert fits or "larger than asked for" in said, one


def check_shown(seed: int, settings: list[Settings]) -> None:
    """With the text of the program that fails."""
    try:
        check(seed, settings)
    except Exception as error:
        raise AssertionError(f"seed {seed}\n{program(Random(seed)).text}") from error


def test_random_programs() -> None:
    for seed in PROGRAMS:
        check_shown(seed, SOME)


@pytest.mark.parametrize("seed", FOUND)
def test_programs_that_were_drawn_wrongly(seed: int) -> None:
    check_shown(seed, ALL)


@pytest.mark.slow
def test_sweep() -> None:
    """A thousand more at all levels; all that fail are told."""
    failed = []
    for seed in SWEEP:
        try:
            check(seed, ALL)
        except Exception as error:  # noqa: BLE001
            said = str(error).partition("\n")[0]
            failed.append(f"seed {seed}: {type(error).__name__} {said}")
    assert not failed, f"{len(failed)} fail:\n" + "\n".join(failed)
