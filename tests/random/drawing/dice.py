"""Dice: every choice comes from one generator, so that a seed is a program."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from reading.layer_rules import Invalid


class Dice:
    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def pick(self, entries: Any) -> Any:
        found = list(entries)
        if not found:
            raise Invalid
        return self.rng.choice(found)

    def weighted(self, entries: list[tuple[float, Callable[[], Any]]]) -> Callable[[], Any]:
        return self.rng.choices([e for _, e in entries], [w for w, _ in entries])[0]

    def recent(self, entries: list[Any]) -> Any:
        """One of a list, rather a late one."""
        if not entries:
            raise Invalid
        return entries[max(self.rng.randrange(len(entries)), self.rng.randrange(len(entries)))]
