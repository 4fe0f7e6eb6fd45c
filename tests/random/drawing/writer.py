"""What all parts of the writer share: what is written so far, trying, and the size of values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from random import Random
from typing import Any

from reading.blocks import Block
from reading.frames import Frame
from reading.layer_rules import WORDS, Invalid
from reading.sentences import Body, Chain
from reading.statements import Let
from reading.values import Val

from drawing.arguments import Arguments

FEATURES = [
    "labels",
    "groups",
    "merges",
    "residual",
    "dense",
    "repeat",
    "for",
    "if",
    "taps",
    "compute",
    "params",
    "modules",
    "inline",
    "lets",
    "blocks",
    "layerargs",
    "arithmetic",
    "odd_layers",
    "longloops",
    "pathtaps",
    "bites",
]
RARE = {"externs": 0.06, "remarks": 0.15}  # with their shares of the programs
LARGEST = 6000  # numbers of a value
MOST_CHANNELS = 48


class Writer(Arguments):
    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.on = {f for f in FEATURES if self.chance(0.55)}
        self.on |= {f for f, share in RARE.items() if self.chance(share)}
        self.favourites = [self.rng.choice(WORDS) for _ in range(self.rng.randrange(0, 5))]
        self.file = Frame(None, "file")
        self.blocks: list[Block] = []
        self.lets: list[Let] = []
        self.budget = 0
        self.unused: list[str] = []  # modules that no step uses yet

    def attempt(self, frame: Frame, make: Callable[[], Any], tries: int = 1) -> Any:
        """What `make` gives; None, and nothing changed, where it is not valid."""
        for _ in range(tries):
            restore = frame.snapshot()
            try:
                return make()
            except Invalid:
                restore()
        return None

    def checked(self, x: Any) -> Any:
        """A value of a reasonable size."""
        if (
            x is None
            or prod(x.shape) > LARGEST
            or (len(x.shape) > 1 and x.shape[0] > MOST_CHANNELS)
            or max(x.shape[1:], default=1) > 16
        ):
            raise Invalid
        return x

    def channels_of(self, frame: Frame, x: Val) -> str:
        """A text for the channels of a value, if it can be read here."""
        if x.said is not None and self.says(frame, x.said, x):
            return x.said
        for text, value in self.values(frame):
            if value is x:
                return f"{text}.channels"
        return str(x.shape[0])

    def says(self, frame: Frame, said: str | None, out: Val) -> bool:
        """Whether a text says the channels of a value here."""
        if said is None:
            return False
        try:
            return frame.evaluate(said) == out.shape[0]
        except Invalid:
            return False

    def body(self, frame: Frame, x: Any, depth: int, length: int) -> tuple[Body, Any]:
        """Statements, run in `frame`; at least one gives a value. What they are is said further up
        (statements.py), and they are made of bodies again."""
        raise NotImplementedError

    def chain(
        self, frame: Frame, x: Any, depth: int, length: int, labels: bool = True, start: bool = True
    ) -> tuple[Chain, Val]:
        """A statement of a few steps, run in `frame`. What they are is said further up (chains.py)."""
        raise NotImplementedError


def sides_text(sides: Sequence[int]) -> str:
    return "x".join(str(s) for s in sides)


def square(size: int, x: Val) -> str:
    """A kernel as it is written for a value: `3x3` for images."""
    return f"{size}x{size}" if len(x.shape) == 3 else str(size)
