"""What one stage knows of another without asking it."""

from __future__ import annotations

from netdsl.elaborate.functions import FUNCTIONS, ON_VALUES
from netdsl.syntax import functions


def test_functions_of_numbers() -> None:
    assert functions.OF_NUMBERS == {name: most for name, (_, _, most) in FUNCTIONS.items()}


def test_functions_on_values() -> None:
    assert functions.ON_VALUES == ON_VALUES.keys()
