"""Why no query answers a fact."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from fact_queries import Query


class Reason(Enum):
    MEASURED = "found by running: an error rate, a speed"
    TRAINING = "how a network was trained or its data prepared"
    HISTORY = "who published what"
    WORDING = "how a text words or writes something"
    VALUES = "about the numbers that flow or their gradients, not about structure"
    DETECTION = "of a detector, of which the zoo has none"
    ALGORITHM = "of an algorithm that is no network"
    REPORTED = (
        "a cost that a paper reports of a network, and that differs from what its text adds up to"
    )


class Reported(NamedTuple):
    """A number that a paper reports, and what the network has instead."""

    ours: Query


Answer = Query | Reason | Reported
Answers = dict[str, dict[str, Answer]]
