"""Mutated texts that still are networks go through all backends without a traceback; `big_run.py` has the many."""

from __future__ import annotations

import random

import pytest
from everything import through_backends
from mutations import gently, reference_texts


def sweep(seed: int, count: int) -> int:
    rng, texts, networks = random.Random(seed), reference_texts(), 0
    for i in range(count):
        text, what = gently(rng, rng.choice(texts))
        try:
            networks += through_backends(text)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the text must be seen
            pytest.fail(f"{what} (text {i} of seed {seed}): {error!r}\n{text}", pytrace=True)
    return networks


def test_mutated_networks() -> None:
    assert sweep(31, 16) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3100, 3110))
def test_many_mutated_networks(seed: int) -> None:
    sweep(seed, 100)
