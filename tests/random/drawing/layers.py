"""Layers that fit a value: common ones often, a few favourites of the program, and all the others."""

from __future__ import annotations

from reading.frames import Frame
from reading.links import Step
from reading.values import Val

from drawing.layer_texts import FLAT, PLAIN, RESIZING, parsed, texts_of
from drawing.writer import Writer


class Layers(Writer):
    def layer(self, frame: Frame, x: Val) -> tuple[Step, str | None]:
        return self.worded(self._word(x), frame, x)

    def worded(self, word: str, frame: Frame, x: Val) -> tuple[Step, str | None]:
        """A layer called `word`, and how the channels it gives are said."""
        args, said = texts_of(self, word, frame, x)
        return Step(word, args), said

    def _word(self, x: Val) -> str:
        flat = len(x.shape) == 1
        fitting = [w for w in self.favourites if flat or w not in FLAT]
        if fitting and self.chance(0.3):
            return self.pick(fitting)
        kind = self.rng.random()
        if flat:
            if kind < 0.5:
                return "linear"
            if kind < 0.85:
                return self._plain()
            return self.pick(["slice", "pad_channels", "reshape", "rbf"])
        if kind < 0.45:
            return "conv"
        if kind < 0.6:
            return self.pick(["relu", "relu", "bn", "bn"])
        if kind < 0.75 or "odd_layers" not in self.on:
            return self._plain()
        return self.pick(RESIZING)

    def _plain(self) -> str:
        return parsed(self.pick(PLAIN))[0]
