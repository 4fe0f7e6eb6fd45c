"""Programs broken in one place: one message, at that place."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from breaking import KINDS, Broken, broken, check_broken
from hypothesis import given, settings
from strategies import EACH_ONCE, broken_programs, program_of

PROGRAMS = 200
SWEEP = range(300_000, 301_000)


def failure(wrong: Broken) -> str:
    try:
        check_broken(wrong)
    except AssertionError as error:
        return f"{error}\n{wrong}"
    return ""


def test_one_message_at_the_place() -> None:
    kinds: Counter[str] = Counter()
    failed: list[str] = []

    @settings(EACH_ONCE, max_examples=PROGRAMS)
    @given(broken_programs())
    def take(wrong: Broken) -> None:
        kinds[wrong.kind] += 1
        failed.extend(filter(None, [failure(wrong)]))

    take()
    assert not failed, f"{len(failed)} fail:\n" + "\n\n".join(failed[:5])
    assert len(kinds) > len(KINDS) - 3, set(KINDS) - set(kinds)


@pytest.mark.slow
def test_many_breaks() -> None:
    """A thousand programs, each broken three times."""
    kinds: Counter[str] = Counter()
    failed: list[str] = []
    for seed in SWEEP:
        drawn, rng = program_of(seed), Random(seed)
        for _ in range(3):
            wrong = broken(drawn.text, drawn.net, rng)
            kinds[wrong.kind] += 1
            failed.extend(filter(None, [failure(wrong)]))
    assert not failed, f"{len(failed)} fail:\n" + "\n\n".join(failed[:5])
    assert set(kinds) == set(KINDS)
