"""Hypothesis strategies: valid programs, and programs broken in one place.

A program is drawn from a seed, so that every failure can be had again by one number
(`python tests/random/sweep.py --start SEED --programs 1`) and made short by shrinking.py. The seed is
drawn bit by bit: Hypothesis would mix constants of the loaded modules into whole numbers, and so draw
others with every module that happens to be there.
"""

from __future__ import annotations

from random import Random

from breaking import Broken, broken
from drawing.programs import Program, program
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

BITS = 32
EACH_ONCE = settings(  # the same programs every time, none of them again
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[*HealthCheck],
)


def seeds() -> SearchStrategy[int]:
    bits = st.lists(st.booleans(), min_size=BITS, max_size=BITS)
    return bits.map(lambda drawn: sum(bit << i for i, bit in enumerate(drawn)))


def programs() -> SearchStrategy[Program]:
    """Valid programs, with every layer and construct of the language among them."""
    return seeds().map(program_of)


def broken_programs() -> SearchStrategy[Broken]:
    """Programs that are wrong in one known place."""
    return seeds().map(broken_of)


def broken_of(seed: int) -> Broken:
    found = program_of(seed)
    return broken(found.text, found.net, Random(seed))


def program_of(seed: int) -> Program:
    found = program(Random(seed))
    found.seed = seed
    return found
