"""What one stage knows of another without asking it."""

from __future__ import annotations

from netdsl.elaborate.functions import FUNCTIONS
from netdsl.syntax.slips_words import OF_NUMBERS


def test_functions_of_numbers() -> None:
    assert OF_NUMBERS == FUNCTIONS.keys()
