"""What can be read where a sentence stands: names that fit, and values by their texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reading.frames import Frame
from reading.layer_rules import Invalid
from reading.values import Val

from drawing.dice import Dice
from drawing.words import RESERVED


class Reach(Dice):
    def named(self, frame: Frame, fits: Callable[[Any], bool]) -> list[str]:
        return [n for n, v in frame.visible().items() if n not in RESERVED and fits(v)]

    def values(self, frame: Frame, tensors: bool = False) -> list[tuple[str, Val]]:
        """Every value that can be reached, as a text."""
        found: dict[str, Val] = {}

        def add(text: str, value: Val, depth: int) -> None:
            if value.tensor == tensors or not value.tensor:
                found.setdefault(text, value)
            if depth < 3:
                for name, inner in value.inner.items():
                    if inner.tensor:
                        continue  # a path goes down to steps only
                    add(f"{text}.{name}", inner, depth + 1)

        for at in frame.to_block():
            for name, value in at.labels.items():
                add(f"@{name}", value, 0)
            for name, held in at.names.items():
                if isinstance(held, Val):
                    add(f"@{name}", held, 0)
                elif type(held) is list and held and isinstance(held[0], Val):
                    for i, value in enumerate(held):
                        found.setdefault(f"@{name}[{i}]", value)
        entry = frame.block().entry
        if entry is not None:
            found.setdefault("@in", entry)
        return [(text, value) for text, value in found.items() if self._reaches(frame, text, value)]

    def _reaches(self, frame: Frame, text: str, value: Val) -> bool:
        try:
            return frame.evaluate(text) is value
        except Invalid:
            return False


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number_list(value: Any) -> bool:
    return type(value) is list and bool(value) and all(is_int(v) for v in value)
